//! A PodDisruptionBudget that never allows an eviction: a node that is drained waits for ever.

use crate::diagnosis::facts::name;
use crate::diagnosis::{Facts, Finding, Fix, Object, Rule, Severity, Source};
use crate::objects::number;

pub(in crate::diagnosis) const RULE: Rule =
    Rule { checks: "No disruption budget blocks the draining of nodes", needs: &[Source::Budgets], find };

fn find(facts: &Facts<'_>, out: &mut Vec<Finding>) {
    for budget in facts.list(Source::Budgets) {
        let status = &budget["status"];
        let of = |key: &str| number(status, key).unwrap_or_default();
        let (expected, healthy) = (of("expectedPods"), of("currentHealthy"));
        // With pods missing the budget does what it is for; with all there it can never allow anything.
        if expected == 0 || of("disruptionsAllowed") > 0 || healthy < expected {
            continue;
        }
        let object = Object::new("PodDisruptionBudget", name(budget));
        let sentence = format!(
            "The disruption budget {} can never allow an eviction: it wants {} of {expected} pods, so no node with one of them can be drained.",
            object.name,
            of("desiredHealthy")
        );
        let spec = |key: &str| match &budget["spec"][key] {
            serde_json::Value::Null => String::new(),
            value => value.to_string(),
        };
        let from = object.words();
        out.push(
            Finding::new("budget", Severity::Warning, object.clone(), sentence)
                .seen(format!("{from}, spec.minAvailable"), spec("minAvailable"))
                .seen(format!("{from}, spec.maxUnavailable"), spec("maxUnavailable"))
                .seen(format!("{from}, status.disruptionsAllowed"), "0")
                .fix(Fix::command(
                    "Allow one pod to be missing",
                    format!(
                        "kubectl patch pdb {} {} --type merge -p '{{\"spec\":{{\"minAvailable\":null,\"maxUnavailable\":1}}}}'",
                        object.name,
                        facts.n()
                    ),
                )),
        );
    }
}
