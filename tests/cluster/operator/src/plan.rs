//! Whether there is work to do for the custom resource, and why. Pure.

use serde_json::Value;

use crate::{
    helm,
    mapping::Mapping,
    recovery::{self, Revision},
    spec::{Request, Spec},
};

/// The revisions that Helm keeps of both releases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revisions {
    pub dependencies: Vec<Revision>,
    pub platform: Vec<Revision>,
}

/// What is to be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Everything asked for was done, or has failed in a way that only a new request can change.
    Settled,
    /// Deploy or undeploy.
    Work(Reason),
    /// Look whether the secrets that were missing are there.
    CheckSecrets,
    /// Try again what failed for a reason outside of the spec, once its time has come.
    Retry,
}

/// Why an operation runs; it becomes the reason of the condition `Reconciling`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    Installing,
    VersionChanged,
    SpecChanged,
    Forced,
    Undeploying,
    /// An operation was cut off, or waited for a secret.
    Resumed,
    /// A release is not as it was left.
    Drift,
    Retrying,
}

impl Reason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Installing => "Installing",
            Self::VersionChanged => "VersionChanged",
            Self::SpecChanged => "SpecChanged",
            Self::Forced => "Forced",
            Self::Undeploying => "Undeploying",
            Self::Resumed => "Resumed",
            Self::Drift => "Drift",
            Self::Retrying => "Retrying",
        }
    }
}

/// The request that the custom resource makes now.
pub fn request(object: &Value, mapping: &Mapping) -> Request {
    let annotation = &mapping.annotations.force_reconcile;
    let force = object.pointer("/metadata/annotations").and_then(|annotations| annotations.get(annotation));
    Request {
        generation: object.pointer("/metadata/generation").and_then(Value::as_i64).unwrap_or_default(),
        force: force.and_then(Value::as_str).map(str::to_owned),
    }
}

/// Compares the request with what the status says was done for it, and with what Helm has.
pub fn plan(object: &Value, mapping: &Mapping, revisions: &Revisions) -> Plan {
    let spec = Spec::new(object, mapping);
    let status = |pointer: &str| object.pointer(pointer).filter(|value| !value.is_null());
    let text = |pointer: &str| status(pointer).and_then(Value::as_str).unwrap_or_default();
    let request = request(object, mapping);
    let at = &mapping.status;

    if status(&at.observed_generation).and_then(Value::as_i64) != Some(request.generation) {
        let deployed = text(&at.deployed_version);
        return Plan::Work(if spec.undeploy() {
            Reason::Undeploying
        } else if deployed.is_empty() {
            Reason::Installing
        } else if spec.version() != Some(deployed) {
            Reason::VersionChanged
        } else {
            Reason::SpecChanged
        });
    }
    if request.force.as_deref().is_some_and(|token| token != text(&at.last_force_reconcile)) {
        return Plan::Work(if spec.undeploy() { Reason::Undeploying } else { Reason::Forced });
    }

    let phase = text(&at.phase);
    let phases = &mapping.phases;
    if phase == phases.ready {
        let stands = recovery::stands(&revisions.dependencies) && recovery::stands(&revisions.platform);
        if stands { Plan::Settled } else { Plan::Work(Reason::Drift) }
    } else if phase == phases.uninstalled {
        Plan::Settled
    } else if phase == phases.blocked {
        Plan::CheckSecrets
    } else if phase == phases.degraded {
        if helm::Error::is_transient(text(&at.last_error)) { Plan::Retry } else { Plan::Settled }
    } else {
        Plan::Work(if spec.undeploy() { Reason::Undeploying } else { Reason::Resumed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(
        generation: i64,
        force: Option<&str>,
        spec: Value,
        status: Value,
        revisions: [&str; 2],
        expect: Plan,
    ) {
        let mut object = json!({"metadata": {"generation": generation, "annotations": {}}, "spec": spec, "status": status});
        if let Some(token) = force {
            object["metadata"]["annotations"]["admin.rootcause.dev/force-reconcile"] = json!(token);
        }
        let history = |status: &str| vec![Revision { number: 1, status: status.to_owned() }];
        let revisions = Revisions { dependencies: history(revisions[0]), platform: history(revisions[1]) };
        assert_eq!(plan(&object, &Mapping::default(), &revisions), expect, "{object}");
    }

    const DEPLOYED: [&str; 2] = ["deployed", "deployed"];

    #[test]
    fn a_new_generation_is_work_with_its_reason() {
        let status = json!({"observedGeneration": 1, "phase": "Ready", "deployedVersion": "0.1.15"});
        let work = |reason| Plan::Work(reason);
        check(1, None, json!({"version": "0.1.15"}), json!({}), DEPLOYED, work(Reason::Installing));
        check(2, None, json!({"version": "0.1.16"}), status.clone(), DEPLOYED, work(Reason::VersionChanged));
        check(2, None, json!({"version": "0.1.15"}), status.clone(), DEPLOYED, work(Reason::SpecChanged));
        check(
            2,
            None,
            json!({"version": "0.1.15", "undeploy": true}),
            status,
            DEPLOYED,
            work(Reason::Undeploying),
        );
    }

    #[test]
    fn a_force_token_asks_once() {
        let status = |token: &str| json!({"observedGeneration": 1, "phase": "Ready", "deployedVersion": "1.0.0", "lastForceReconcile": token});
        let spec = json!({"version": "1.0.0"});
        check(1, Some("t2"), spec.clone(), status("t1"), DEPLOYED, Plan::Work(Reason::Forced));
        check(1, Some("t2"), spec.clone(), status("t2"), DEPLOYED, Plan::Settled);
        check(1, None, spec, status("t2"), DEPLOYED, Plan::Settled);
    }

    #[test]
    fn an_unchanged_request_depends_on_the_phase() {
        let status =
            |phase: &str, error: &str| json!({"observedGeneration": 1, "phase": phase, "lastError": error});
        let spec = json!({"version": "1.0.0"});
        let refused = "dial tcp: connect: connection refused";
        let check = |phase, error, revisions, expect| {
            check(1, None, spec.clone(), status(phase, error), revisions, expect)
        };
        check("Ready", "", DEPLOYED, Plan::Settled);
        check("Ready", "", ["deployed", "failed"], Plan::Work(Reason::Drift));
        check("Reconciling", "", DEPLOYED, Plan::Work(Reason::Resumed));
        check("Degraded", "values don't meet the schema", DEPLOYED, Plan::Settled);
        check("Degraded", refused, DEPLOYED, Plan::Retry);
        check("Blocked", "", DEPLOYED, Plan::CheckSecrets);
        check("Uninstalled", "", DEPLOYED, Plan::Settled);
    }
}
