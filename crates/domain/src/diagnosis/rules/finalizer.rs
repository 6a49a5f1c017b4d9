//! Something is being deleted and is held by a finalizer, or by a node that does not answer.

use crate::diagnosis::facts::{moment, name};
use crate::diagnosis::{Facts, Finding, Fix, Object, Rule, Severity, Source};
use crate::objects::items;
use crate::time::{SignedDuration, Timestamp};

pub(in crate::diagnosis) const RULE: Rule =
    Rule { checks: "No deletion hangs", needs: &[Source::Pods, Source::Claims], find };

/// Twice Kubernetes' default grace period of 30 s.
const PATIENCE: SignedDuration = SignedDuration::from_mins(1);

fn find(facts: &Facts<'_>, out: &mut Vec<Finding>) {
    let mut look = |object: Object, since: Option<Timestamp>, finalizers: Vec<String>| {
        let Some(since) = since.filter(|it| facts.since(Some(*it), PATIENCE)) else { return };
        let age = facts.minutes_since(since);
        let kind = object.kind.to_lowercase();
        let by = match finalizers.as_slice() {
            [] => "its node does not confirm it".to_owned(),
            some => format!("held by {}", some.join(", ")),
        };
        let sentence = format!("{} has been being deleted for {age}: {by}.", object.words());
        let fix = match finalizers.as_slice() {
            [] => Fix::command(
                "Delete it without waiting for its node",
                format!("kubectl delete {kind} {} --grace-period=0 --force {}", object.name, facts.n()),
            ),
            _ => Fix::command(
                "Let go of it, once whoever set the finalizer cannot",
                format!(
                    "kubectl patch {kind} {} {} --type merge -p '{{\"metadata\":{{\"finalizers\":null}}}}'",
                    object.name,
                    facts.n()
                ),
            ),
        };
        let from = object.words();
        out.push(
            Finding::new("finalizer", Severity::Warning, object, sentence)
                .seen(format!("{from}, metadata.deletionTimestamp"), since.to_string())
                .seen(format!("{from}, metadata.finalizers"), finalizers.join(", "))
                .fix(fix),
        );
    };
    let installation = facts.installation;
    look(facts.root(), installation.deleting, installation.finalizers.clone());
    for pod in facts.unwell() {
        let metadata = &pod.metadata;
        look(Object::new("Pod", &metadata.name), metadata.deletion_timestamp, metadata.finalizers.clone());
    }
    for claim in facts.list(Source::Claims) {
        let finalizers = items(&claim["metadata"], "finalizers").iter().filter_map(|it| it.as_str());
        let object = Object::new("PersistentVolumeClaim", name(claim));
        look(object, moment(claim, "deletionTimestamp"), finalizers.map(str::to_owned).collect());
    }
}
