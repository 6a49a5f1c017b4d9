//! Whether the operator is alive.

use jiff::Timestamp;

use crate::certainty::Read;
use crate::config::OperatorPlace;
use crate::objects::{Lease, Pod, Workload};

/// The operator's life, as far as the cluster tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperatorState {
    /// Not answered yet.
    Loading,
    /// It renews its lease, or (where the lease tells nothing) its pod is ready.
    Alive { holder: Option<String>, renewed: Option<Timestamp> },
    /// Its lease ran out a short while ago: it may be restarting.
    Late { holder: Option<String>, renewed: Timestamp },
    /// Nobody reconciles.
    Absent { why: String },
    /// Nothing readable tells.
    Unknown { why: String },
}

/// What the operator is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Signs<'a> {
    pub place: &'a OperatorPlace,
    pub lease: &'a Read<Lease>,
    pub deployment: &'a Read<Workload>,
    /// The pods of the operator's namespace.
    pub pods: &'a Read<Vec<Pod>>,
}

/// Judges the operator by its Lease first, then by its Deployment and pods.
pub fn operator_state(signs: Signs<'_>, now: Timestamp) -> OperatorState {
    let _ = (signs, now);
    todo!()
}

impl OperatorState {
    /// In one sentence.
    pub fn sentence(&self, now: Timestamp) -> String {
        let _ = now;
        todo!()
    }

    /// Whether a change written now would wait for nobody.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent { .. })
    }
}
