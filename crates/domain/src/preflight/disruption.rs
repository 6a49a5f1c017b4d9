//! PodDisruptionBudgets that allow no disruption: they do not hold up a rolling update, but every drain of a node.

use super::{Facts, Finding, Source, Verdict};

pub(super) fn check(facts: &Facts<'_>) -> Finding {
    let budgets = match facts.objects.get(Source::Budgets) {
        Ok(budgets) => budgets,
        Err(finding) => return finding,
    };
    let none = |it: &&serde_json::Value| {
        it["status"]["disruptionsAllowed"] == 0 && it["status"]["expectedPods"].as_i64() > Some(0)
    };
    let names: Vec<_> =
        budgets.iter().filter(none).filter_map(|it| it["metadata"]["name"].as_str()).collect();
    if names.is_empty() {
        return Finding::passed(format!("{} budgets, none exhausted.", budgets.len()));
    }
    Finding::new(Verdict::Warn, format!("No pod may be evicted now: {}.", names.join(", ")))
        .fix("Make its pods ready or add replicas: a node that has to be drained meanwhile would hang.")
}
