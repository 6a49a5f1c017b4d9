//! No node takes a pod: which resource lacks on which nodes, taints, selectors, volumes.

use serde_json::Value;

use crate::contract::Concept;
use crate::diagnosis::facts::name;
use crate::diagnosis::{Facts, Finding, Fix, Object, Rule, Severity, Source};
use crate::objects::{Pod, items};
use crate::time::SignedDuration;

pub(in crate::diagnosis) const RULE: Rule =
    Rule { checks: "A node takes every pod", needs: &[Source::Pods, Source::Nodes], find };

/// The scheduler needs a moment for a pod whose volume has just been made.
const PATIENCE: SignedDuration = SignedDuration::from_secs(10);

/// Nodes that evidence names.
const NODES: usize = 4;

fn find(facts: &Facts<'_>, out: &mut Vec<Finding>) {
    let mut mine: Vec<Finding> = Vec::new();
    // The pod before, what the scheduler said of it, and the place of its finding.
    let mut last: Option<(&Pod, &str, usize)> = None;
    for pod in facts.unwell().filter(|it| it.spec.node_name.is_empty()) {
        let unscheduled = pod.status.conditions.iter().find(|it| it.kind == "PodScheduled" && it.is_false());
        let Some(unscheduled) = unscheduled.filter(|it| facts.since(it.last_transition_time, PATIENCE))
        else {
            continue;
        };
        let object = Object::new("Pod", &pod.metadata.name);
        // Thousands of pods may wait, of few kinds, and those of one kind stand together.
        if let Some((before, said, at)) = last
            && said == unscheduled.message
            && before.spec == pod.spec
            && mine[at].object.kind == "Nodes"
        {
            mine[at].holds.push(object);
            continue;
        }
        let reasons = reasons(&unscheduled.message);
        let finding = judge(facts, pod, &reasons);
        let key = finding.key();
        let known = mine.iter().position(|it| it.key() == key);
        last = Some((pod, &unscheduled.message, known.unwrap_or(mine.len())));
        match known {
            Some(known) => mine[known].holds.push(object),
            None => {
                let from = format!("{}, status.conditions[PodScheduled]", object.words());
                let mut finding = finding.seen(from, &unscheduled.message).holding([object]);
                // Most telling first: the scheduler's own words.
                finding.evidence.rotate_right(1);
                mine.push(finding);
            }
        }
    }
    out.append(&mut mine);
}

/// What the scheduler says, by number of nodes: `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) …. preemption: …`.
fn reasons(message: &str) -> Vec<&str> {
    let message = message.split_once("available: ").map_or(message, |(_, rest)| rest);
    let end = message.find(". ").unwrap_or(message.len());
    message[..end].trim_end_matches('.').split(", ").collect()
}

fn judge(facts: &Facts<'_>, pod: &Pod, reasons: &[&str]) -> Finding {
    let about = |word: &str| reasons.iter().find(|it| it.contains(word)).copied();
    let all = reasons.join(", ");
    let new = |kind: &str, sentence: String| {
        Finding::new("scheduling", Severity::Broken, Object::new("Nodes", kind), sentence)
    };
    let lacks: Vec<&str> =
        reasons.iter().filter_map(|it| Some(it.split_once("Insufficient ")?.1.trim())).collect();
    if let Some(word) = about("ersistentvolumeclaim").or_else(|| about("ersistentVolumeClaim")) {
        // The claim's own finding explains it, where claims may be read.
        let object = Object::new("Pod", &pod.metadata.name);
        let sentence = format!("No node takes {}: {word}.", pod.metadata.name);
        return Finding::new("scheduling", Severity::Broken, object, sentence)
            .symptom()
            .fix(Fix::command("Look at the volume claims", format!("kubectl get pvc {}", facts.n())));
    }
    if let Some(resource) = lacks.first() {
        let workload = facts.workload_of(pod).map(|it| it.metadata.name.as_str()).unwrap_or_default();
        let wants: Vec<&str> =
            pod.spec.containers.iter().filter_map(|it| it.requests.get(resource)).collect();
        let sentence = format!("No node has enough {} left ({all}).", lacks.join(" and "));
        let mut finding = new(resource, sentence);
        if !wants.is_empty() {
            let from = format!("Pod {}, spec.containers[].resources.requests.{resource}", pod.metadata.name);
            finding = finding.seen(from, wants.join(" + "));
        }
        for node in facts.list(Source::Nodes).iter().take(NODES) {
            let allocatable = node["status"]["allocatable"][*resource].as_str().unwrap_or("none");
            finding =
                finding.seen(format!("Node {}, status.allocatable.{resource}", name(node)), allocatable);
        }
        return finding
            .fix(Fix::here(
                "Ask for fewer replicas or less",
                facts.resources(workload, "requests", resource),
                "kubectl describe nodes | grep -A 9 'Allocated resources'",
            ))
            .fix(Fix::command("See what the nodes have left", "kubectl top nodes"));
    }
    let fit: Vec<&Value> = facts.list(Source::Nodes).iter().filter(|it| fits(pod, it)).collect();
    // A node is said to be tainted, whether the pod would ask for it or not.
    let nowhere = fit.is_empty()
        && pod.spec.node_selector.iter().next().is_some()
        && facts.around(Source::Nodes).is_ok();
    // Control planes are always tainted, so what somebody has cordoned says more.
    if about("unschedulable").is_some() && !nowhere {
        return cordoned(&fit, &all);
    }
    if about("untolerated taint").is_some() && !nowhere {
        return tainted(facts, &fit, &all);
    }
    if nowhere || about("affinity").is_some() || about("selector").is_some() {
        return new("selector", format!("No node has the labels that the pods ask for ({all})."))
            .fix(tolerate(facts))
            .fix(Fix::command("See the nodes' labels", "kubectl get nodes --show-labels"));
    }
    new("other", format!("No node takes {}: {all}.", pod.metadata.name)).fix(Fix::command(
        "Look at what the scheduler says",
        format!("kubectl describe pod {} {}", pod.metadata.name, facts.n()),
    ))
}

/// Whether a node has the labels of the pod's node selector.
fn fits(pod: &Pod, node: &Value) -> bool {
    pod.spec.node_selector.iter().all(|(key, value)| node["metadata"]["labels"][key] == value)
}

fn cordoned(fit: &[&Value], all: &str) -> Finding {
    let nodes = fit.iter().filter(|it| it["spec"]["unschedulable"] == true);
    let names: Vec<&str> = nodes.map(|it| name(it)).collect();
    let which = if names.is_empty() { String::new() } else { format!(", {}", names.join(", ")) };
    let sentence = format!("The nodes that would fit are cordoned{which} ({all}).");
    let object = Object::new("Nodes", "cordoned");
    let mut finding = Finding::new("scheduling", Severity::Broken, object, sentence);
    for node in names.iter().take(NODES) {
        finding = finding
            .seen(format!("Node {node}, spec.unschedulable"), "true")
            .fix(Fix::command(format!("Let pods on {node} again"), format!("kubectl uncordon {node}")));
    }
    finding
}

/// Newer schedulers do not say which taint: the nodes do.
fn tainted(facts: &Facts<'_>, fit: &[&Value], all: &str) -> Finding {
    let mut taints = Vec::new();
    for node in fit {
        for taint in items(&node["spec"], "taints") {
            let part = |field: &str| taint[field].as_str().unwrap_or_default();
            if part("effect") == "PreferNoSchedule" {
                continue;
            }
            let value = if part("value").is_empty() { String::new() } else { format!("={}", part("value")) };
            taints.push((name(node), part("key").to_owned(), value, part("effect").to_owned()));
        }
    }
    let words: Vec<_> =
        taints.iter().map(|(_, key, value, effect)| format!("{key}{value}:{effect}")).collect();
    let which = if words.is_empty() { String::new() } else { format!(", {}", words.join(", ")) };
    let sentence =
        format!("The nodes that would fit have a taint that the pods do not tolerate{which} ({all}).");
    let mut finding = Finding::new("scheduling", Severity::Broken, Object::new("Nodes", "taint"), sentence);
    for ((node, key, _, effect), words) in taints.iter().zip(&words).take(NODES) {
        finding = finding.seen(format!("Node {node}, spec.taints"), words).fix(Fix::command(
            format!("Take the taint off {node}"),
            format!("kubectl taint node {node} {key}:{effect}-"),
        ));
    }
    finding.fix(tolerate(facts))
}

fn tolerate(facts: &Facts<'_>) -> Fix {
    Fix::here("Look at the Resource Patches", facts.form(Concept::ResourcePatches), facts.command("edit"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_schedulers_sentence_falls_apart() {
        let check = |message: &str, expect: &[&str]| assert_eq!(super::reasons(message), expect);
        check(
            "0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available: 2 No victims.",
            &["2 Insufficient cpu"],
        );
        check(
            "0/3 nodes are available: 1 node(s) had untolerated taint(s) {dedicated: gpu}, 2 node(s) didn't match \
             Pod's node affinity/selector. no new claims to deallocate, preemption: none",
            &[
                "1 node(s) had untolerated taint(s) {dedicated: gpu}",
                "2 node(s) didn't match Pod's node affinity/selector",
            ],
        );
        check("odd", &["odd"]);
    }
}
