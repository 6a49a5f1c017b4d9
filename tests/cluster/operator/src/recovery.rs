//! What to do with a release that an interrupted Helm left behind.
//!
//! Helm marks a release as pending before it works and refuses every later operation while the mark stands ("another
//! operation (install/upgrade/rollback) is in progress"). A Helm that was killed never takes it away.

/// One revision of a release, from the labels of Helm's release secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    pub number: u32,
    pub status: String,
}

/// The step that makes a release fit for the next operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// Nothing stands in the way.
    None,
    /// No revision was ever deployed, or an uninstall stopped half way: remove the rest.
    Uninstall,
    /// Go back to the last revision that was deployed.
    Rollback { to: u32 },
}

/// Decides from all known revisions. Only to be asked while no Helm works on the release.
pub fn decide(revisions: &[Revision]) -> Recovery {
    match last(revisions).map(|revision| revision.status.as_str()) {
        Some("pending-install" | "uninstalling") => Recovery::Uninstall,
        Some("pending-upgrade" | "pending-rollback") => match last_deployed(revisions) {
            Some(to) => Recovery::Rollback { to },
            None => Recovery::Uninstall,
        },
        _ => Recovery::None,
    }
}

/// Whether the release is deployed, or someone is at work on it.
pub fn stands(revisions: &[Revision]) -> bool {
    last(revisions)
        .is_some_and(|revision| revision.status == "deployed" || revision.status.starts_with("pending-"))
}

fn last(revisions: &[Revision]) -> Option<&Revision> {
    revisions.iter().max_by_key(|revision| revision.number)
}

/// A rollback marks the deployed revision as superseded before it works, so that one counts when none is deployed.
fn last_deployed(revisions: &[Revision]) -> Option<u32> {
    let newest = |status: &str| revisions.iter().filter(|r| r.status == status).map(|r| r.number).max();
    newest("deployed").or_else(|| newest("superseded"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovery_follows_the_newest_revision() {
        let check = |history: &[&str], expect: Recovery| {
            let revisions: Vec<_> = (1..)
                .zip(history)
                .map(|(number, status)| Revision { number, status: (*status).into() })
                .collect();
            assert_eq!(decide(&revisions), expect, "{history:?}");
        };
        check(&[], Recovery::None);
        check(&["deployed"], Recovery::None);
        check(&["failed"], Recovery::None);
        check(&["superseded", "deployed", "failed"], Recovery::None);
        check(&["pending-install"], Recovery::Uninstall);
        check(&["deployed", "pending-upgrade"], Recovery::Rollback { to: 1 });
        check(&["superseded", "deployed", "failed", "pending-upgrade"], Recovery::Rollback { to: 2 });
        check(&["superseded", "superseded", "pending-rollback"], Recovery::Rollback { to: 2 });
        check(&["failed", "pending-upgrade"], Recovery::Uninstall);
        check(&["superseded", "uninstalling"], Recovery::Uninstall);
    }
}
