//! Each page's opening sentence: the answer before the list.

use jiff::Timestamp;

use crate::installation::Installation;
use crate::operation::Operation;
use crate::operator::OperatorState;
use crate::phase::Tone;
use crate::rollout::Rollout;

/// What a page opens with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The sentence, redacted.
    pub words: String,
    pub tone: Tone,
    /// The one action that matters now.
    pub next: Option<Next>,
}

/// An action that an opening offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Review the move to this version.
    Review {
        version: String,
    },
    ForceReconcile,
    CheckUpdates,
}

/// What is known when a page opens.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    pub installation: &'a Installation,
    pub operator: &'a OperatorState,
    pub operation: Option<&'a Operation>,
    /// `None` while loading or where workloads are not readable.
    pub rollouts: Option<&'a [Rollout]>,
    pub now: Timestamp,
}

/// The Status page's opening.
pub fn status(facts: &Facts<'_>) -> Opening {
    let _ = facts;
    todo!()
}

/// The Releases page's opening.
pub fn releases(facts: &Facts<'_>) -> Opening {
    let _ = facts;
    todo!()
}

/// The opening while nothing has answered yet.
pub fn loading(namespace: &str, name: &str) -> Opening {
    Opening {
        words: format!("Reading installation {name} in namespace {namespace}."),
        tone: Tone::Unknown,
        next: None,
    }
}
