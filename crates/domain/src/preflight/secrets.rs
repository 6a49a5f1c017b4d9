//! The secrets that the operator needs are there: it says so in a condition.

use super::{Facts, Finding, Verdict};

pub(super) fn check(facts: &Facts<'_>) -> Finding {
    match facts.installation.condition(&facts.contract.conditions.secrets) {
        Some(it) if it.is_true() => Finding::passed("All are there."),
        Some(it) if it.is_false() => Finding::new(Verdict::Block, it.message.clone())
            .fix("Create what is missing on the Secrets page."),
        _ => Finding::new(Verdict::Unknown, "The operator does not say."),
    }
}
