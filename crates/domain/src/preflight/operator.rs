//! The operator is alive, and recent enough for what the installation uses.

use super::{Facts, Finding, Verdict};
use crate::contract::Concept;
use crate::operator::OperatorState;
use crate::version::Direction;

/// What an operator before this version gets wrong (the operations guide, "Common issues"), and for which sign-in.
const SINCE: [(&str, &str, &str); 2] = [
    ("0.1.14", "managed", "FusionAuth may stay in maintenance mode, because silent mode is not set"),
    ("0.1.16", "external", "sign-in may fail with invalid_redirect_uri"),
];

pub(super) fn check(facts: &Facts<'_>) -> Finding {
    let said = facts.operator.sentence(facts.now);
    match facts.operator {
        OperatorState::Loading => return Finding::new(Verdict::Waiting, "Being read."),
        OperatorState::Unknown { .. } => return Finding::new(Verdict::Unknown, said),
        OperatorState::Late { .. } | OperatorState::Absent { .. } => {
            return Finding::new(Verdict::Warn, said)
                .fix("Start the operator first: until it runs, the request is kept and nothing happens.");
        }
        OperatorState::Alive { .. } => {}
    }
    let Some(version) = facts.installation.operator_version.as_deref() else {
        return Finding::passed(said);
    };
    let mode = facts.contract.get(Concept::AuthMode, facts.cr).and_then(|it| it.as_str());
    let old = SINCE.iter().find(|(since, auth, _)| {
        Some(*auth) == mode && Direction::between(Some(version), since) == Direction::Upgrade
    });
    match old {
        Some((since, _, trouble)) => {
            Finding::new(Verdict::Warn, format!("The operator is {version}; before {since}, {trouble}."))
                .fix("Update the operator first.")
        }
        None => Finding::passed(format!("{said} It is version {version}.")),
    }
}
