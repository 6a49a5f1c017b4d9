//! Nobody reconciles: the operator is absent, scaled to zero or crashes.

use crate::diagnosis::{Act, Facts, Finding, Fix, LogRef, Object, Rule, Severity, Source};
use crate::operator::OperatorState;

pub(in crate::diagnosis) const RULE: Rule =
    Rule { checks: "The operator is alive", needs: &[Source::Operator], find };

fn find(facts: &Facts<'_>, out: &mut Vec<Finding>) {
    let OperatorState::Absent { why } = facts.operator else { return };
    let place = &facts.config.operator;
    let n = format!("-n {}", place.namespace);
    let object = Object::new("Operator", &place.deployment);
    let mut finding = Finding::new("operator", Severity::Broken, object, facts.operator.sentence(facts.now))
        .seen(
            format!(
                "Lease {} and Deployment {} in namespace {}",
                place.lease, place.deployment, place.namespace
            ),
            why,
        );
    if let Some(pod) = facts.operator_pod() {
        let crashed = !super::crash::ended(pod).is_empty();
        finding.log =
            Some(LogRef { pod: pod.metadata.name.clone(), container: String::new(), previous: crashed });
        finding = finding.fix(Fix::here(
            "Restart the operator",
            Act::Restart(Object::new("Deployment", &place.deployment)),
            format!("kubectl rollout restart deployment {} {n}", place.deployment),
        ));
    }
    out.push(
        // A pod of it that crashes says why.
        finding
            .symptom()
            .fix(Fix::command(
                "Scale the operator up",
                format!("kubectl scale deployment {} --replicas=1 {n}", place.deployment),
            ))
            .fix(Fix::command(
                "Read the operator's log",
                format!("kubectl logs deployment/{} --tail=100 {n}", place.deployment),
            )),
    );
}
