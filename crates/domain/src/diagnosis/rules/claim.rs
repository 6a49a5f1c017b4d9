//! A volume claim is not bound: its StorageClass is missing, or none is the default.

use crate::contract::Concept;
use crate::diagnosis::facts::{moment, name};
use crate::diagnosis::{Act, Facts, Finding, Fix, Object, Rule, Severity, Source};
use crate::objects::text;
use crate::time::SignedDuration;

pub(in crate::diagnosis) const RULE: Rule =
    Rule { checks: "Every volume claim is bound", needs: &[Source::Claims, Source::StorageClasses], find };

/// A provisioner that works takes no longer than this to begin.
const PATIENCE: SignedDuration = SignedDuration::from_secs(20);

/// Marks the StorageClass that claims without one get.
const DEFAULT: &str = "storageclass.kubernetes.io/is-default-class";

fn find(facts: &Facts<'_>, out: &mut Vec<Finding>) {
    let classes = facts.around(Source::StorageClasses);
    let offered: Vec<&str> = classes.unwrap_or_default().iter().map(name).collect();
    let default = classes
        .unwrap_or_default()
        .iter()
        .find(|it| it["metadata"]["annotations"][DEFAULT] == "true")
        .map(name);
    // One finding for each class: many claims wait for the same.
    let mut mine: Vec<(String, Finding)> = Vec::new();
    for claim in facts.list(Source::Claims) {
        if claim["status"]["phase"] != "Pending" || claim["metadata"]["deletionTimestamp"].is_string() {
            continue;
        }
        let object = Object::new("PersistentVolumeClaim", name(claim));
        let class = text(&claim["spec"], "storageClassName");
        let gone = classes.is_ok() && !class.is_empty() && !offered.contains(&class.as_str());
        let none = classes.is_ok() && class.is_empty() && default.is_none();
        let waiting =
            facts.since(moment(claim, "creationTimestamp"), PATIENCE) && !waits_for_pod(facts, &class);
        if !gone && !none && !waiting {
            continue;
        }
        if let Some((_, known)) = mine.iter_mut().find(|(one, _)| *one == class) {
            known.fixes.push(delete(facts, &object));
            known.holds.push(object);
            continue;
        }
        let list = offered.join(", ");
        let sentence = if gone {
            format!("Volumes wait for StorageClass {class}, which the cluster does not have; it has {list}.")
        } else if none {
            format!(
                "Volumes wait for a StorageClass: none is named and none is the cluster's default; it has {list}."
            )
        } else {
            format!("The volume claim {} is not bound.", object.name)
        };
        let mut finding = Finding::new("claim", Severity::Broken, object.clone(), sentence).seen(
            format!("{}, spec.storageClassName", object.words()),
            if class.is_empty() { "none" } else { &class },
        );
        if let Some(event) = facts.warnings(&object).first() {
            finding = finding.seen(format!("{}, event {}", object.words(), event.reason), &event.message);
        }
        let asked = facts.text(Concept::StorageClass).unwrap_or_default();
        // Once the configuration names a class that there is, only the claims made before stand in the way; or a
        // StatefulSet that Helm cannot change, which would make them so again.
        if offered.contains(&asked) && asked != class {
            finding = finding.symptom().fix(delete(facts, &object));
        } else if gone || none {
            let best = default.into_iter().chain(offered.iter().copied()).next();
            finding = best.into_iter().fold(finding, |it, class| it.fix(set(facts, class)));
            for other in offered.iter().filter(|it| Some(**it) != best) {
                finding = finding.fix(set(facts, other));
            }
        } else {
            finding = finding.fix(Fix::command(
                "Look at what its provisioner says",
                format!("kubectl describe pvc {} {}", object.name, facts.n()),
            ));
        }
        mine.push((class, finding));
    }
    for (_, mut finding) in mine {
        // Those of further claims stand only where the first has one, too.
        let mends = finding.fixes.first().is_some_and(|it| matches!(it.act, Some(Act::Delete(_))));
        finding.fixes.retain(|it| mends || !matches!(it.act, Some(Act::Delete(_))));
        out.push(finding);
    }
}

/// Whether claims of the class are bound only when a pod is scheduled: then the pod is what there is to say.
fn waits_for_pod(facts: &Facts<'_>, class: &str) -> bool {
    let found = facts.list(Source::StorageClasses).iter().find(|it| name(it) == class);
    found.is_some_and(|it| it["volumeBindingMode"] == "WaitForFirstConsumer")
}

fn set(facts: &Facts<'_>, class: &str) -> Fix {
    let config = facts.config;
    let pointer = config.contract.pointer(Concept::StorageClass);
    let patch = pointer.map(|it| it.merge_patch(class.into()).to_string());
    Fix::here(
        format!("Set the storage class to {class}"),
        Act::Set(Concept::StorageClass, class.to_owned()),
        facts.merge_command(patch.as_deref()),
    )
}

/// A claim that was never bound holds no data; its StatefulSet makes it again.
fn delete(facts: &Facts<'_>, claim: &Object) -> Fix {
    Fix::here(
        format!("Delete the unbound claim {}", claim.name),
        Act::Delete(claim.clone()),
        format!("kubectl delete pvc {} {}", claim.name, facts.n()),
    )
}
