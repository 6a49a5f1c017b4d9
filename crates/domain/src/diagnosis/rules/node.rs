//! A node is not ready or under pressure, and pods of the installation run on it; or they were evicted from one.

use crate::diagnosis::facts::{condition, name};
use crate::diagnosis::{Act, Facts, Finding, Fix, Object, Rule, Severity, Source};
use crate::objects::{Pod, text};

pub(in crate::diagnosis) const RULE: Rule =
    Rule { checks: "The nodes are ready and under no pressure", needs: &[Source::Nodes, Source::Pods], find };

/// The kubelet's conditions that are bad when they hold.
const PRESSURE: [(&str, &str); 4] = [
    ("MemoryPressure", "is short of memory"),
    ("DiskPressure", "is short of disk space"),
    ("PIDPressure", "is short of process ids"),
    ("NetworkUnavailable", "has no network"),
];

/// Evicted pods that have a button each.
const BUTTONS: usize = 5;

fn find(facts: &Facts<'_>, out: &mut Vec<Finding>) {
    for node in facts.list(Source::Nodes) {
        let object = Object::new("Node", name(node));
        let pods = || {
            let here = facts.pods().iter().filter(|it| it.spec.node_name == object.name);
            here.map(|it| Object::new("Pod", &it.metadata.name))
        };
        let ready = condition(node, "Ready", "False").or_else(|| condition(node, "Ready", "Unknown"));
        let held = PRESSURE.iter().filter_map(|(kind, words)| Some((condition(node, kind, "True")?, *words)));
        let all: Vec<_> = ready.map(|it| (it, "is not ready")).into_iter().chain(held).collect();
        if all.is_empty() || pods().next().is_none() {
            continue;
        }
        let what: Vec<_> = all.iter().map(|it| it.1).collect();
        let sentence =
            format!("The node {} {}; pods of the installation run on it.", object.name, what.join(" and "));
        let severity = if ready.is_some() { Severity::Broken } else { Severity::Warning };
        let mut finding = Finding::new("node", severity, object.clone(), sentence);
        for (condition, _) in all {
            let from = format!("{}, status.conditions[{}]", object.words(), text(condition, "type"));
            finding =
                finding.seen(from, format!("{}: {}", text(condition, "reason"), text(condition, "message")));
        }
        out.push(
            finding
                .holding(pods())
                .fix(Fix::command("Look at the node", format!("kubectl describe node {}", object.name))),
        );
    }
    evicted(facts, out);
}

/// One finding for each node that pods were evicted from: a node that runs out of something evicts many.
fn evicted(facts: &Facts<'_>, out: &mut Vec<Finding>) {
    let gone = |it: &&Pod| it.status.phase == "Failed" && it.status.reason == "Evicted";
    let all: Vec<&Pod> = facts.unwell().filter(gone).collect();
    for (at, first) in all.iter().enumerate() {
        let node = &first.spec.node_name;
        if all[..at].iter().any(|it| it.spec.node_name == *node) {
            continue;
        }
        let pods: Vec<&str> = all[at..]
            .iter()
            .filter(|it| it.spec.node_name == *node)
            .map(|it| it.metadata.name.as_str())
            .collect();
        let who = match pods.as_slice() {
            [one] => format!("Pod {one} was"),
            more => format!("{} pods were", more.len()),
        };
        let why = first.status.message.split(". ").next().unwrap_or_default().trim_end_matches('.');
        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
        let mut finding = Finding::new(
            "evicted",
            Severity::Warning,
            Object::new("Node", node),
            format!("{who} evicted from node {node}{why}."),
        )
        .seen(format!("Pod {}, status.message", first.metadata.name), &first.status.message)
        // The node's own trouble, while it lasts, says why.
        .symptom();
        for pod in pods.iter().take(BUTTONS) {
            finding = finding.fix(Fix::here(
                format!("Delete the evicted pod {pod}"),
                Act::Delete(Object::new("Pod", pod)),
                format!("kubectl delete pod {pod} {}", facts.n()),
            ));
        }
        if pods.len() > BUTTONS {
            finding = finding.fix(Fix::command(
                "Delete all pods that have failed",
                format!("kubectl delete pods --field-selector status.phase=Failed {}", facts.n()),
            ));
        }
        out.push(finding);
    }
}
