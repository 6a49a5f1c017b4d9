//! No operation is under way.

use super::{Facts, Finding, Verdict};

pub(super) fn check(facts: &Facts<'_>) -> Finding {
    match facts.operation.filter(|it| it.is_running()) {
        Some(operation) => Finding::new(Verdict::Warn, format!("{} is under way.", operation.title()))
            .fix("Wait for its end; the operator turns to this request only then."),
        None => Finding::passed("Nothing is under way."),
    }
}
