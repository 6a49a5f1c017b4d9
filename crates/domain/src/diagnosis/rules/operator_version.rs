//! The operator is too old for what it deploys. The operations guide names two versions: 0.1.14 is the first to switch
//! FusionAuth's silent mode on, without which it stays in Maintenance Mode; 0.1.16 is the first to allow wildcards in
//! redirect URLs, without which sign-in answers `invalid_redirect_uri`. What the operator, events or logs say of either
//! is shown with it, and makes of what may happen what does.

use std::cmp::Ordering;

use serde_json::Value;

use crate::config::Config;
use crate::contract::Concept;
use crate::diagnosis::{Facts, Finding, Fix, Object, Rule, Severity, Source};
use crate::installation::Installation;
use crate::objects::text;
use crate::version;

pub(in crate::diagnosis) const RULE: Rule = Rule {
    checks: "The operator knows FusionAuth's silent mode and wildcard redirects",
    needs: &[Source::Installation],
    find,
};

/// The containers whose logs tell of these faults, by name.
pub const SPEAKERS: [&str; 2] = ["fusionauth", "platform"];

/// What operators did wrong before a version.
struct Fault {
    /// The first operator version without it.
    mended: &'static str,
    what: &'static str,
    /// What the operator does not set yet.
    setting: &'static str,
    /// The words by which conditions, events and logs tell of it, in lower case.
    sign: &'static str,
    /// Whether who logs it does not become ready.
    blocks: bool,
}

const FAULTS: [Fault; 2] = [
    Fault {
        mended: "0.1.14",
        what: "FusionAuth stays in Maintenance Mode",
        setting: "silentMode",
        sign: "maintenance mode",
        blocks: true,
    },
    Fault {
        mended: "0.1.16",
        what: "signing in answers invalid_redirect_uri",
        setting: "authorizedURLValidationPolicy: AllowWildcards",
        sign: "invalid_redirect_uri",
        blocks: false,
    },
];

impl Fault {
    fn is_told(&self, words: &str) -> bool {
        words.to_ascii_lowercase().contains(self.sign)
    }
}

/// Whether the operator's version has a fault that logs may confirm; without one none need be read.
pub fn is_suspect(config: &Config, installation: &Installation, cr: &Value) -> bool {
    !faults(config, installation, cr).is_empty()
}

/// Whether a line of a log tells of a fault.
pub fn tells(line: &str) -> bool {
    FAULTS.iter().any(|it| it.is_told(line))
}

/// The faults of the operator's version.
fn faults(config: &Config, installation: &Installation, cr: &Value) -> Vec<&'static Fault> {
    // FusionAuth is there only where the operator manages the accounts; the reference's default.
    let mode = config.contract.get(Concept::AuthMode, cr).and_then(Value::as_str);
    let version = installation.operator_version.as_deref().filter(|_| mode != Some("external"));
    let older = |it: &&Fault| version.is_some_and(|own| version::order(own, it.mended) == Ordering::Less);
    FAULTS.iter().filter(older).collect()
}

fn find(facts: &Facts<'_>, out: &mut Vec<Finding>) {
    let faults = faults(facts.config, facts.installation, facts.cr);
    let (Some(needed), Some(version)) = (faults.last(), &facts.installation.operator_version) else { return };
    let of = |part: fn(&Fault) -> &'static str, between: &str| {
        faults.iter().map(|it| part(it)).collect::<Vec<_>>().join(between)
    };
    let place = &facts.config.operator;
    let sentence =
        format!("The operator {version} is older than {}: {}.", needed.mended, of(|it| it.what, ", and "));
    let object = Object::new("Operator version", version);
    let mut finding = Finding::new("operator-version", Severity::Warning, object, sentence)
        .seen(facts.field(Concept::OperatorVersion), version)
        .seen("what it does not set yet", of(|it| it.setting, ", "));
    let known = finding.evidence.len();
    for fault in &faults {
        finding = told(facts, fault, finding);
    }
    if finding.evidence.len() > known {
        finding.severity = Severity::Broken;
    }
    out.push(finding.fix(Fix::command(
        format!("Upgrade the operator to {} or later", needed.mended),
        format!("helm list --all-namespaces --filter {}", place.deployment),
    )));
}

/// With what the operator, events and logs say of a fault.
fn told(facts: &Facts<'_>, fault: &Fault, mut finding: Finding) -> Finding {
    let installation = facts.installation;
    for condition in installation.conditions.iter().filter(|it| fault.is_told(&it.message)) {
        finding = finding.seen(format!("condition {}", condition.kind), &condition.message);
    }
    if let Some(error) = installation.last_error.as_deref().filter(|it| fault.is_told(it)) {
        finding = finding.seen(facts.field(Concept::LastError), error);
    }
    let events = facts.events.unwrap_or_default();
    for event in events.iter().filter(|it| it.is_warning() && fault.is_told(&it.message)) {
        let of = &event.involved_object;
        finding = finding.seen(format!("{} {}, event {}", of.kind, of.name, event.reason), &event.message);
    }
    for line in facts.list(Source::Symptoms).iter().filter(|it| fault.is_told(&text(it, "line"))) {
        let pod = Object::new("Pod", &text(line, "pod"));
        let from = format!("{}, log of {}", pod.words(), text(line, "container"));
        finding = finding.seen(from, text(line, "line"));
        if fault.blocks && !finding.holds.contains(&pod) {
            finding.holds.push(pod);
        }
    }
    finding
}
