//! Whether this version was tried before, and failed.

use super::{Facts, Finding, Verdict};
use crate::helm::Status;
use crate::version::same;

pub(super) fn check(facts: &Facts<'_>) -> Finding {
    if let Some(why) = facts.history_denied {
        return Finding::new(Verdict::Unknown, format!("Could not be checked: {why}"));
    }
    let of_target = |it: &&crate::helm::HistoryRow| {
        it.chart_version.as_deref().is_some_and(|version| same(version, facts.to))
    };
    let last = |history: &'_ [crate::helm::HistoryRow]| history.iter().find(of_target).cloned();
    let failed = [last(facts.platform), last(facts.dependencies)]
        .into_iter()
        .flatten()
        .find(|it| it.status == Status::Failed);
    match failed {
        Some(row) => Finding::new(
            Verdict::Warn,
            format!("{}, revision {}: {}.", row.release, row.revision, row.sentence(facts.now)),
        )
        .fix("Remove the cause of that failure first."),
        None => Finding::passed(format!("No failed attempt at {} is on record.", facts.to)),
    }
}
