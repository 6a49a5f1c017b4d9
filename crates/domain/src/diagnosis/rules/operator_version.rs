//! The operator is too old for what it deploys. The operations guide names two versions: 0.1.14 is the first to switch
//! FusionAuth's silent mode on, without which it stays in Maintenance Mode; 0.1.16 is the first to allow wildcards in
//! redirect URLs, without which sign-in answers `invalid_redirect_uri`.

use std::cmp::Ordering;

use crate::contract::Concept;
use crate::diagnosis::{Facts, Finding, Fix, Object, Rule, Severity, Source};
use crate::version;

pub(in crate::diagnosis) const RULE: Rule = Rule {
    checks: "The operator knows FusionAuth's silent mode and wildcard redirects",
    needs: &[Source::Installation],
    find,
};

/// The first operator version without the fault, the fault, and what fixes it in the operator.
const FAULTS: [(&str, &str, &str); 2] = [
    ("0.1.14", "FusionAuth stays in Maintenance Mode", "silentMode"),
    ("0.1.16", "signing in answers invalid_redirect_uri", "authorizedURLValidationPolicy: AllowWildcards"),
];

fn find(facts: &Facts<'_>, out: &mut Vec<Finding>) {
    let Some(version) = facts.installation.operator_version.as_deref() else { return };
    // FusionAuth is there only where the operator manages the accounts; the reference's default.
    if facts.text(Concept::AuthMode).is_some_and(|it| it == "external") {
        return;
    }
    let older = |than: &str| version::order(version, than) == Ordering::Less;
    let faults: Vec<_> = FAULTS.iter().filter(|it| older(it.0)).collect();
    let Some(needed) = faults.last() else { return };
    let consequences: Vec<&str> = faults.iter().map(|it| it.1).collect();
    let missing: Vec<&str> = faults.iter().map(|it| it.2).collect();
    let place = &facts.config.operator;
    let sentence =
        format!("The operator {version} is older than {}: {}.", needed.0, consequences.join(", and "));
    out.push(
        Finding::new(
            "operator-version",
            Severity::Warning,
            Object::new("Operator version", version),
            sentence,
        )
        .seen(facts.field(Concept::OperatorVersion), version)
        .seen("what it does not set yet", missing.join(", "))
        .fix(Fix::command(
            format!("Upgrade the operator to {} or later", needed.0),
            format!("helm list --all-namespaces --filter {}", place.deployment),
        )),
    );
}
