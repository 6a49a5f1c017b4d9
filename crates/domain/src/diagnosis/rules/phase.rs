//! The installation is degraded, and nothing else says why.

use crate::contract::Concept;
use crate::diagnosis::{Act, Facts, Finding, Fix, Rule, Severity, Source};
use crate::phase::Phase;

pub(in crate::diagnosis) const RULE: Rule =
    Rule { checks: "The installation is neither degraded nor blocked", needs: &[Source::Installation], find };

fn find(facts: &Facts<'_>, out: &mut Vec<Finding>) {
    let installation = facts.installation;
    let sentence = match &installation.phase {
        Phase::Degraded => {
            let words = installation.last_error.as_deref().and_then(|it| it.lines().next());
            format!(
                "The installation is degraded: {}.",
                words.unwrap_or("the operator gives no reason").trim_end_matches('.')
            )
        }
        Phase::Blocked => {
            "The installation is blocked: the operator waits for something that a person must supply."
                .to_owned()
        }
        _ => return,
    };
    let mut finding = Finding::new("phase", Severity::Broken, facts.root(), sentence)
        .seen(facts.field(Concept::Phase), installation.phase.word())
        .seen(facts.field(Concept::LastError), installation.last_error.as_deref().unwrap_or_default());
    for condition in installation.conditions.iter().filter(|it| it.is_false()) {
        finding = finding.seen(format!("condition {}", condition.kind), &condition.message);
    }
    out.push(finding.symptom().fix(force(facts)));
}

/// Has the operator work although nothing has changed.
pub(super) fn force(facts: &Facts<'_>) -> Fix {
    let config = facts.config;
    let mark = config.contract.marks.force_reconcile.as_ref();
    let stamp = "\"'$(date -u +%Y-%m-%dT%H:%M:%SZ)'\"";
    let patch = mark.map(|it| it.merge_patch("@".into()).to_string().replace("\"@\"", stamp));
    Fix::here("Force reconcile", Act::ForceReconcile, facts.merge_command(patch.as_deref()))
}
