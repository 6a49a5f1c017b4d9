//! Helm cannot change a StatefulSet's volume claim templates: Kubernetes allows that for none.

use crate::contract::Concept;
use crate::diagnosis::{Facts, Finding, Fix, Object, Rule, Severity, Source};
use crate::objects::WorkloadKind;

pub(in crate::diagnosis) const RULE: Rule = Rule {
    checks: "No change needs a StatefulSet to be made anew",
    needs: &[Source::Installation, Source::Workloads],
    find,
};

/// The API server's words.
pub(super) const SIGN: &str = "updates to statefulset spec for fields other than";

fn find(facts: &Facts<'_>, out: &mut Vec<Finding>) {
    let Some((release, words)) = super::helm::failure(facts) else { return };
    if !words.contains(SIGN) {
        return;
    }
    // `… StatefulSet.apps "postgres" is invalid: …` or `… conflict/apply of apps/v1, Kind=StatefulSet NS/postgres: …`
    let named = |name: &str| {
        let name = name.to_owned();
        words.contains(&format!("\"{name}\"")) || words.contains(&format!("/{name}"))
    };
    let sets = facts.workloads().iter().filter(|it| it.kind == WorkloadKind::StatefulSet);
    let names: Vec<&str> = sets.map(|it| it.metadata.name.as_str()).filter(|it| named(it)).collect();
    let which = if names.is_empty() { "a StatefulSet".to_owned() } else { names.join(", ") };
    let sentence = format!("The volume claim templates of {which} cannot be changed in place; Helm gave up.");
    let mut finding =
        Finding::new("immutable", Severity::Broken, Object::new("Helm release", release), sentence)
            .seen(facts.field(Concept::LastError), words);
    for name in names {
        finding = finding.fix(Fix::command(
            format!("Delete StatefulSet {name}, keep its pods"),
            format!("kubectl delete statefulset {name} --cascade=orphan {}", facts.n()),
        ));
    }
    out.push(finding.fix(super::phase::force(facts)));
}
