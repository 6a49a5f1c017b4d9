//! Helm cannot change a StatefulSet's volume claim templates: Kubernetes allows that for none.

use crate::contract::Concept;
use crate::diagnosis::facts::name;
use crate::diagnosis::{Facts, Finding, Fix, Object, Rule, Severity, Source};
use crate::objects::WorkloadKind;

pub(in crate::diagnosis) const RULE: Rule = Rule {
    checks: "No change needs a StatefulSet to be made anew",
    needs: &[Source::Installation, Source::Workloads],
    find,
};

/// What the API server says of a StatefulSet, since 1.37 and before.
const SIGNS: [&str; 2] = ["field is immutable", "updates to statefulset spec for fields other than"];

/// Whether Helm gave up because a StatefulSet cannot be changed.
pub(super) fn refused(words: &str) -> bool {
    words.contains("StatefulSet.apps ") && SIGNS.iter().any(|it| words.contains(it))
}

fn find(facts: &Facts<'_>, out: &mut Vec<Finding>) {
    let Some((release, words)) = super::helm::failure(facts) else { return };
    if !refused(words) {
        return;
    }
    let named = |name: &str| words.contains(&format!("StatefulSet.apps \"{name}\""));
    let sets = facts.workloads().iter().filter(|it| it.kind == WorkloadKind::StatefulSet);
    let names: Vec<&str> = sets.map(|it| it.metadata.name.as_str()).filter(|it| named(it)).collect();
    let which = if names.is_empty() { "a StatefulSet".to_owned() } else { names.join(", ") };
    let sentence = format!("The volume claim templates of {which} cannot be changed in place; Helm gave up.");
    let mut finding =
        Finding::new("immutable", Severity::Broken, Object::new("Helm release", release), sentence)
            .seen(facts.field(Concept::LastError), words)
            .holding(unbound(facts, release));
    for name in names {
        finding = finding.fix(Fix::command(
            format!("Delete StatefulSet {name}, keep its pods"),
            format!("kubectl delete statefulset {name} --cascade=orphan {}", facts.n()),
        ));
    }
    out.push(finding.fix(super::phase::force(facts)));
}

/// The release's claims that wait for a volume: as long as its StatefulSets cannot be changed, they stay as they are.
fn unbound(facts: &Facts<'_>, release: &str) -> Vec<Object> {
    let claims = facts.list(Source::Claims).iter().filter(|it| it["status"]["phase"] == "Pending");
    let claims = claims.map(|it| Object::new("PersistentVolumeClaim", name(it)));
    let release = Object::new("Helm release", release);
    let of_release = |claim: &Object| {
        let pods = facts.above(claim).into_iter();
        pods.flat_map(|it| facts.above(&it)).any(|it| facts.above(&it).contains(&release))
    };
    claims.filter(of_release).collect()
}
