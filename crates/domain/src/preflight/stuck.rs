//! No release is stuck in a pending state: Helm refuses every further change of such a release.

use super::{Facts, Finding, Verdict};

pub(super) fn check(facts: &Facts<'_>) -> Finding {
    if let Some(why) = facts.history_denied {
        return Finding::new(Verdict::Unknown, format!("Could not be checked: {why}"));
    }
    let newest = [facts.dependencies.first(), facts.platform.first()];
    let stuck = newest.into_iter().flatten().find(|it| it.pending.is_some_and(|pending| pending.stuck));
    match stuck {
        Some(row) => Finding::new(
            Verdict::Block,
            format!("{}, revision {}: {}.", row.release, row.revision, row.sentence(facts.now)),
        )
        .fix("Force a reconcile; if the release stays pending, see the operator's log."),
        None => Finding::passed("Neither release is pending."),
    }
}
