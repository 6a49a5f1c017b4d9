//! Both releases are deployed, on the same version, and their workloads run.

use super::{Facts, Finding, Verdict};
use crate::helm::Status;
use crate::version::same;

pub(super) fn check(facts: &Facts<'_>) -> Finding {
    let newest: Vec<_> = [facts.dependencies.first(), facts.platform.first()].into_iter().flatten().collect();
    if let Some(row) = newest.iter().find(|it| it.status == Status::Failed) {
        return Finding::new(Verdict::Warn, format!("{}: {}.", row.release, row.sentence(facts.now)))
            .fix("Find out why it failed: the same may happen again.");
    }
    let waiting = facts.rollouts.iter().find(|it| !it.complete && !it.scaled_to_zero);
    if let Some(rollout) = waiting {
        let why = rollout.waits.as_ref().map_or_else(String::new, |it| format!(": {}", it.reason.words()));
        return Finding::new(Verdict::Warn, format!("{} is not ready{why}.", rollout.name))
            .fix("Helm waits for every workload; let this one become ready first.");
    }
    let installation = facts.installation;
    match (&installation.dependencies_version, &installation.deployed_version) {
        (Some(dependencies), Some(platform)) if !same(dependencies, platform) => Finding::new(
            Verdict::Warn,
            format!("Dependencies are {dependencies}, the platform is {platform}."),
        )
        .fix("Both are brought to the target; if that fails, see why the last operation stopped half-way."),
        (Some(_), Some(platform)) => Finding::passed(format!("Both are at {platform} and ready.")),
        _ => match facts.history_denied {
            Some(why) => Finding::new(Verdict::Unknown, format!("Could not be checked: {why}")),
            None => Finding::passed("Nothing is deployed yet."),
        },
    }
}
