//! A node is not ready or under pressure, and pods of the installation run on it; or they were evicted from one.

use crate::diagnosis::facts::{condition, name};
use crate::diagnosis::{Act, Facts, Finding, Fix, Object, Rule, Severity, Source};
use crate::objects::text;

pub(in crate::diagnosis) const RULE: Rule =
    Rule { checks: "The nodes are ready and under no pressure", needs: &[Source::Nodes, Source::Pods], find };

/// The kubelet's conditions that are bad when they hold.
const PRESSURE: [(&str, &str); 4] = [
    ("MemoryPressure", "is short of memory"),
    ("DiskPressure", "is short of disk space"),
    ("PIDPressure", "is short of process ids"),
    ("NetworkUnavailable", "has no network"),
];

fn find(facts: &Facts<'_>, out: &mut Vec<Finding>) {
    for node in facts.list(Source::Nodes) {
        let object = Object::new("Node", name(node));
        let pods = || {
            let here = facts.pods().iter().filter(|it| it.spec.node_name == object.name);
            here.map(|it| Object::new("Pod", &it.metadata.name))
        };
        if pods().next().is_none() {
            continue;
        }
        let ready = condition(node, "Ready", "False").or_else(|| condition(node, "Ready", "Unknown"));
        let held = PRESSURE.iter().filter_map(|(kind, words)| Some((condition(node, kind, "True")?, *words)));
        let all = ready.map(|it| (it, "is not ready")).into_iter().chain(held);
        for (condition, words) in all {
            let kind = text(condition, "type");
            let from = format!("{}, status.conditions[{kind}]", object.words());
            let sentence = format!("The node {} {words}; pods of the installation run on it.", object.name);
            let severity = if kind == "Ready" { Severity::Broken } else { Severity::Warning };
            out.push(
                Finding::new("node", severity, object.clone(), sentence)
                    .seen(from, format!("{}: {}", text(condition, "reason"), text(condition, "message")))
                    .holding(pods())
                    .fix(Fix::command("Look at the node", format!("kubectl describe node {}", object.name))),
            );
        }
    }
    for pod in facts.pods().iter().filter(|it| it.status.phase == "Failed" && it.status.reason == "Evicted") {
        let object = Object::new("Pod", &pod.metadata.name);
        out.push(
            Finding::new(
                "node",
                Severity::Warning,
                object.clone(),
                format!("{} was evicted from its node.", object.name),
            )
            .seen(format!("{}, status.message", object.words()), &pod.status.message)
            .fix(Fix::here(
                format!("Delete the evicted pod {}", object.name),
                Act::Delete(object.clone()),
                format!("kubectl delete pod {} {}", object.name, facts.n()),
            )),
        );
    }
}
