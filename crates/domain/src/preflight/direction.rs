//! Whether selecting the version before will be a way back, and whether this rollback is one.

use serde_json::Value;

use super::{Facts, Finding, Verdict};
use crate::contract::Concept;
use crate::version::{Direction, same};

pub(super) fn check(facts: &Facts<'_>) -> Finding {
    let Some(from) = facts.installation.deployed_version.as_deref() else {
        return Finding::passed("Nothing is deployed yet.");
    };
    let direction = Direction::between(Some(from), facts.to);
    let (low, high) = match direction {
        Direction::Upgrade => (from, facts.to),
        Direction::Rollback => (facts.to, from),
        _ => return Finding::passed(format!("A {} from {from}.", direction.noun())),
    };
    let keys = &facts.contract.items.available_versions;
    let listed = facts.contract.get(Concept::AvailableVersions, facts.cr).and_then(Value::as_array);
    let marked = |it: &&Value| {
        let version = it[&*keys.version].as_str().unwrap_or_default();
        let above = Direction::between(Some(low), version) == Direction::Upgrade;
        let within = same(version, high) || Direction::between(Some(version), high) == Direction::Upgrade;
        it[&*keys.one_way] == true && above && within
    };
    let marked = listed.into_iter().flatten().find(marked).and_then(|it| it[&*keys.version].as_str());
    match (marked, direction) {
        (Some(version), Direction::Rollback) => Finding::new(
            Verdict::Block,
            format!("{version} migrated the data one way: {} cannot be expected to read it.", facts.to),
        )
        .fix("Restore the databases from a backup taken before that upgrade, then request this version."),
        (Some(version), _) => Finding::new(
            Verdict::Warn,
            format!("{version} migrates the data one way: going back takes a restore of the databases."),
        )
        .fix("Back up now, right before the upgrade."),
        (None, _) => Finding::passed("No version on the way is marked as a one-way migration."),
    }
}
