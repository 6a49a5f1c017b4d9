//! The nodes have room for the pods that a rollout runs beside the old ones.

use serde_json::Value;

use super::{Facts, Finding, Source, Verdict};
use crate::capacity::{Node, Placed};

pub(super) fn check(facts: &Facts<'_>) -> Finding {
    let read = |source| facts.objects.get(source);
    let (nodes, pods, deployments) =
        match (read(Source::Nodes), read(Source::Pods), read(Source::Deployments)) {
            (Ok(nodes), Ok(pods), Ok(deployments)) => (nodes, pods, deployments),
            (Err(finding), ..) | (_, Err(finding), _) | (.., Err(finding)) => return finding,
        };
    let placed: Vec<Placed> = pods.iter().filter_map(Placed::read).collect();
    let mut free = Vec::new();
    for node in nodes.iter().map(Node::read).filter(|it| it.closed.is_none()) {
        let here = placed.iter().filter(|it| it.node == node.name);
        free.push(here.fold(node.allocatable, |left, pod| left.minus(pod.requests)));
    }
    // Rollouts begin together: each takes its place from what the ones before have left.
    for deployment in deployments.iter().filter(|it| surges(it)) {
        let Some(pod) = Placed::read(&deployment["spec"]["template"]) else { continue };
        match free.iter_mut().find(|it| it.holds(pod.requests)) {
            Some(node) => *node = node.minus(pod.requests),
            None => {
                let name = deployment["metadata"]["name"].as_str().unwrap_or_default();
                let words = pod.requests.words();
                return Finding::new(
                    Verdict::Warn,
                    format!("No node has {words} to spare for one more pod of {name}."),
                )
                .fix(
                    "Add a node or lower the requests: the new pod stays Pending until an old one is gone.",
                );
            }
        }
    }
    Finding::passed(format!(
        "The nodes that take pods ({}) have room for one more of each Deployment.",
        free.len()
    ))
}

/// Whether new pods run beside the old ones; without a strategy of its own a Deployment surges by a quarter.
fn surges(deployment: &Value) -> bool {
    let strategy = &deployment["spec"]["strategy"];
    let surge = &strategy["rollingUpdate"]["maxSurge"];
    strategy["type"] != "Recreate" && *surge != 0 && *surge != "0%" && deployment["spec"]["replicas"] != 0
}
