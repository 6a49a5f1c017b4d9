//! A backup that counts as evidence: complete, not empty, and newer than the last change.

use super::{Facts, Finding, Source, Verdict};
use crate::backup::{self, Database, checklist};

pub(super) fn check(facts: &Facts<'_>) -> Finding {
    let jobs = match facts.objects.get(Source::Jobs) {
        Ok(jobs) => jobs,
        Err(finding) => return finding,
    };
    let backups = backup::backups(jobs, facts.pods);
    let changed = backup::last_change(facts.installation, facts.dependencies, facts.platform);
    let marks = checklist::marks(facts.contract, facts.cr);
    let mut said = Vec::new();
    let mut verdict = Verdict::Passed;
    // Where workloads may not be read, both are taken to be here.
    let here = |it: &Database| {
        let mut images = facts.rollouts.iter().flat_map(|it| &it.images);
        facts.rollouts.is_empty() || images.any(|image| it.is_image(image))
    };
    for database in Database::ALL.into_iter().filter(here) {
        match backup::evidence(&backups, &marks, database, changed) {
            Ok(proof) => said.push(proof.sentence(database, facts.now)),
            Err(why) => {
                verdict = Verdict::Warn;
                said.push(format!("{}: {why}.", database.name()));
            }
        }
    }
    if said.is_empty() {
        return Finding::passed("No database runs here.");
    }
    Finding::new(verdict, said.join(" ")).fix(if verdict == Verdict::Passed {
        ""
    } else {
        "Back up now, on the Backups page."
    })
}
