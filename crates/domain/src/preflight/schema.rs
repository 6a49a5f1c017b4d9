//! The custom resource with the request is valid: the API server is the judge (`dryRun=All`).

use super::{Facts, Finding, Verdict};
use crate::certainty::Read;

pub(super) fn check(facts: &Facts<'_>) -> Finding {
    match facts.judged {
        Read::Loading => Finding::new(Verdict::Waiting, "The API server is judging it."),
        Read::Absent => Finding::passed("The API server accepts the request in a dry run."),
        Read::Found(refusal) => Finding::new(Verdict::Block, refusal.clone()).fix("Change what it names."),
        Read::Unreadable(words) => Finding::new(Verdict::Unknown, format!("Could not be checked: {words}")),
    }
}
