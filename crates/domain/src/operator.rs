//! Whether the operator is alive.

use crate::ago::ago;
use crate::certainty::Read;
use crate::config::OperatorPlace;
use crate::objects::{Lease, Pod, Workload};
use crate::rollout::Rollout;
use crate::time::{SignedDuration, Timestamp};

/// The operator's life, as far as the cluster tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperatorState {
    /// Not answered yet.
    Loading,
    /// It renews its lease, or (where there is none to read) its Deployment has a ready pod.
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
    /// The pods of the operator's namespace; `None` where they are not known.
    pub pods: Option<&'a [Pod]>,
}

/// client-go's default of a lease's duration, for one that does not say.
const DURATION: SignedDuration = SignedDuration::from_secs(15);

/// Two machines' clocks, and a watch's delay.
const SLACK: SignedDuration = SignedDuration::from_secs(5);

/// A restart takes this long at most: an image pull and a lease to run out.
const RESTART: SignedDuration = SignedDuration::from_mins(2);

/// Judges the operator by its Lease first, then by its Deployment and pods.
pub fn operator_state(signs: Signs<'_>, now: Timestamp) -> OperatorState {
    let place = signs.place;
    let lease = match signs.lease {
        Read::Loading => return OperatorState::Loading,
        Read::Found(lease) => by_lease(lease, now),
        Read::Absent => Err(format!("there is no Lease {} in namespace {}", place.lease, place.namespace)),
        Read::Unreadable(words) => Err(format!("its Lease is not readable ({words})")),
    };
    let doubt = match lease {
        Ok(state) => return state,
        Err(doubt) => doubt,
    };
    let renews = matches!(signs.lease, Read::Found(_));
    match signs.deployment {
        Read::Loading => OperatorState::Loading,
        Read::Found(deployment) => {
            let rollout = Rollout::of(deployment, signs.pods);
            let why = match &rollout.waits {
                _ if rollout.scaled_to_zero => {
                    format!("its Deployment {} is scaled to zero", place.deployment)
                }
                Some(wait) => format!("its pod is not ready: {}", wait.reason.words()),
                None => format!("its Deployment {} has no ready pod", place.deployment),
            };
            match deployment.status.ready_replicas {
                0 => OperatorState::Absent { why },
                _ if renews => OperatorState::Unknown { why: format!("its pod is ready, but {doubt}") },
                _ => OperatorState::Alive { holder: None, renewed: None },
            }
        }
        Read::Absent if renews => OperatorState::Absent { why: doubt },
        Read::Absent if *signs.lease == Read::Absent => OperatorState::Absent {
            why: format!(
                "namespace {} has neither a Lease {} nor a Deployment {}",
                place.namespace, place.lease, place.deployment
            ),
        },
        Read::Absent => OperatorState::Unknown { why: doubt },
        Read::Unreadable(_) if renews => OperatorState::Absent { why: doubt },
        Read::Unreadable(words) => {
            OperatorState::Unknown { why: format!("{doubt}, and its Deployment is not readable ({words})") }
        }
    }
}

/// The verdict of a lease, or what speaks against the operator being alive.
fn by_lease(lease: &Lease, now: Timestamp) -> Result<OperatorState, String> {
    let spec = &lease.spec;
    let holder = Some(spec.holder_identity.clone()).filter(|holder| !holder.is_empty());
    let Some(renewed) = spec.renew_time else { return Err("its lease was never renewed".to_owned()) };
    let duration =
        spec.lease_duration_seconds.map_or(DURATION, |secs| SignedDuration::from_secs(secs.into()));
    let age = now.duration_since(renewed);
    match holder {
        Some(_) if age <= duration + SLACK => Ok(OperatorState::Alive { holder, renewed: Some(renewed) }),
        _ if age <= duration + RESTART => Ok(OperatorState::Late { holder, renewed }),
        _ => Err(format!("its lease was last renewed {}", ago(renewed, now))),
    }
}

impl OperatorState {
    /// In one sentence.
    pub fn sentence(&self, now: Timestamp) -> String {
        match self {
            Self::Loading => "Looking for the operator.".to_owned(),
            Self::Alive { renewed: Some(renewed), .. } => {
                format!("The operator is alive, heard of {}.", ago(*renewed, now))
            }
            Self::Alive { .. } => "The operator's pod is ready.".to_owned(),
            Self::Late { renewed, .. } => {
                format!("The operator was last heard of {}; it may be restarting.", ago(*renewed, now))
            }
            Self::Absent { why } => format!("The operator is not running: {why}."),
            Self::Unknown { why } => format!("Whether the operator runs is unknown: {why}."),
        }
    }

    /// Whether a change written now would wait for nobody.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent { .. })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::Config;
    use crate::objects::FromObject;

    fn now() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    fn lease(holder: &str, age: i64) -> Read<Lease> {
        let renewed = now().checked_add(-SignedDuration::from_secs(age)).unwrap().to_string();
        let lease =
            json!({"spec": {"holderIdentity": holder, "renewTime": renewed, "leaseDurationSeconds": 15}});
        Read::Found(Lease::from_object(&lease))
    }

    fn deployment(replicas: u32, ready: u32) -> Read<Workload> {
        let deployment = json!({"metadata": {"name": "rootcause-operator"}, "spec": {"replicas": replicas},
            "status": {"readyReplicas": ready}});
        Read::Found(Workload::from_object(&deployment))
    }

    #[test]
    fn the_lease_decides_then_the_deployment() {
        let check = |lease: Read<Lease>, deployment: Read<Workload>, expect: &str| {
            let place = Config::default().operator;
            let signs = Signs { place: &place, lease: &lease, deployment: &deployment, pods: None };
            assert_eq!(operator_state(signs, now()).sentence(now()), expect);
        };
        let denied = || Read::Unreadable("leases is forbidden".to_owned());
        check(Read::Loading, Read::Absent, "Looking for the operator.");
        check(lease("a", 10), Read::Absent, "The operator is alive, heard of 10 s ago.");
        check(lease("a", -20), Read::Absent, "The operator is alive, heard of just now.");
        check(
            lease("a", 60),
            Read::Absent,
            "The operator was last heard of 1 min ago; it may be restarting.",
        );
        check(lease("", 10), Read::Absent, "The operator was last heard of 10 s ago; it may be restarting.");
        check(
            lease("a", 600),
            Read::Absent,
            "The operator is not running: its lease was last renewed 10 min ago.",
        );
        check(
            lease("a", 600),
            deployment(0, 0),
            "The operator is not running: its Deployment rootcause-operator is scaled to zero.",
        );
        check(
            lease("a", 600),
            deployment(1, 1),
            "Whether the operator runs is unknown: its pod is ready, but its lease was last renewed 10 min ago.",
        );
        check(denied(), deployment(1, 1), "The operator's pod is ready.");
        check(denied(), Read::Loading, "Looking for the operator.");
        check(
            denied(),
            Read::Absent,
            "Whether the operator runs is unknown: its Lease is not readable (leases is forbidden).",
        );
        check(
            Read::Absent,
            Read::Absent,
            "The operator is not running: namespace rootcause has neither a Lease rootcause-operator nor a Deployment \
             rootcause-operator.",
        );
        check(
            Read::Absent,
            Read::Unreadable("forbidden".into()),
            "Whether the operator runs is unknown: there is no Lease rootcause-operator in namespace rootcause, and its \
             Deployment is not readable (forbidden).",
        );
    }
}
