//! The operator reconciles far longer than usual, or has not looked at the last change.

use crate::ago::duration;
use crate::contract::Concept;
use crate::diagnosis::{Facts, Finding, Fix, LogRef, Object, Rule, Severity, Source};
use crate::operation::{StepName, StepState};
use crate::phase::Phase;
use crate::time::SignedDuration;

pub(in crate::diagnosis) const RULE: Rule =
    Rule { checks: "The operator is not stuck", needs: &[Source::Installation, Source::Operator], find };

/// Helm's default limit for one release, and a little: no step takes longer in a cluster that is well.
const LONG: SignedDuration = SignedDuration::from_mins(10);

/// An operator that is alive looks at a change within seconds.
const SEEN: SignedDuration = SignedDuration::from_mins(1);

fn find(facts: &Facts<'_>, out: &mut Vec<Finding>) {
    let installation = facts.installation;
    let contract = &facts.config.contract;
    let logs = Fix::command(
        "Read the operator's log",
        format!(
            "kubectl logs deployment/{} --tail=50 -n {}",
            facts.config.operator.deployment, facts.config.operator.namespace
        ),
    );
    let changed = installation.spec_writer.as_ref().and_then(|it| it.time);
    if installation.applied_unseen() == Some(true) && facts.since(changed, SEEN) {
        let seen = installation.observed_generation.map_or_else(|| "none".to_owned(), |it| it.to_string());
        let mut finding = Finding::new(
            "stuck",
            Severity::Broken,
            facts.root(),
            "The operator has not looked at the last change for more than a minute.",
        )
        .seen("metadata.generation", installation.generation.unwrap_or_default().to_string())
        .seen(facts.field(Concept::ObservedGeneration), seen)
        .symptom()
        .fix(super::phase::force(facts))
        .fix(logs.clone());
        finding.log = operator_log(facts);
        out.push(finding);
    }
    if installation.phase != Phase::Reconciling {
        return;
    }
    let condition = installation.condition(&contract.conditions.reconciling).filter(|it| it.is_true());
    let active = facts.operation.and_then(|it| it.steps.iter().find(|it| it.state == StepState::Active));
    // From the beginning of the whole operation, where the operator tells it.
    let since = condition.and_then(|it| it.last_transition_time).or_else(|| active?.started);
    let steps = facts.operation.map(|it| it.steps.as_slice()).unwrap_or_default();
    let usual = steps.iter().filter_map(|it| Some(it.usual?.as_secs())).reduce(|a, b| a + b);
    let limit = usual.map_or(LONG, |it| SignedDuration::from_secs((it * 3).max(LONG.as_secs())));
    let Some(since) = since.filter(|it| facts.since(Some(*it), limit)) else { return };
    let usually = usual
        .map(|it| format!("; here it usually takes {}", duration(SignedDuration::from_secs(it))))
        .unwrap_or_default();
    // A step's own release is what holds it: what its pods suffer from explains it.
    let object = match active.map(|it| it.name) {
        Some(StepName::Dependencies) => Object::new("Helm release", &contract.releases.dependencies),
        Some(StepName::Platform) => Object::new("Helm release", &contract.releases.platform),
        _ => facts.root(),
    };
    let step = active.map(|it| format!(" (step {})", it.name.label())).unwrap_or_default();
    let age = facts.minutes_since(since);
    let mut finding = Finding::new(
        "stuck",
        Severity::Broken,
        object,
        format!("The operator has been reconciling for {age}{step}{usually}."),
    )
    .symptom()
    .fix(super::phase::force(facts))
    .fix(logs);
    if let Some(condition) = condition {
        finding = finding.seen(format!("condition {}", condition.kind), &condition.message);
    }
    finding =
        finding.seen("what it waits for", active.and_then(|it| it.waits_for.as_deref()).unwrap_or_default());
    finding.log = operator_log(facts);
    out.push(finding);
}

/// The operator's last lines, where its pod is among those that are read.
fn operator_log(facts: &Facts<'_>) -> Option<LogRef> {
    let pod = facts.operator_pod()?;
    Some(LogRef { pod: pod.metadata.name.clone(), container: String::new(), previous: false })
}
