//! The nodes have room for the pods that a rollout runs beside the old ones.

use serde_json::Value;

use super::{Facts, Finding, Source, Verdict};
use crate::quantity::Quantity;

/// Cores and bytes.
type Amount = [Quantity; 2];

pub(super) fn check(facts: &Facts<'_>) -> Finding {
    let read = |source| facts.objects.get(source);
    let (nodes, pods, deployments) =
        match (read(Source::Nodes), read(Source::Pods), read(Source::Deployments)) {
            (Ok(nodes), Ok(pods), Ok(deployments)) => (nodes, pods, deployments),
            (Err(finding), ..) | (_, Err(finding), _) | (.., Err(finding)) => return finding,
        };
    let mut free: Vec<Amount> = Vec::new();
    for node in nodes.iter().filter(|it| it["spec"]["unschedulable"] != true) {
        let own = node["metadata"]["name"].as_str();
        let on_it = pods.iter().filter(|pod| pod["spec"]["nodeName"].as_str() == own && !has_ended(pod));
        let used = on_it.map(|pod| requests(&pod["spec"])).fold(Amount::default(), plus);
        let all = &node["status"]["allocatable"];
        free.push([amount(&all["cpu"]) - used[0], amount(&all["memory"]) - used[1]]);
    }
    // Rollouts begin together: each surge takes its place from what the ones before have left.
    for deployment in deployments {
        let surge = requests(&deployment["spec"]["template"]["spec"]);
        let fits = free.iter_mut().find(|it| it[0] >= surge[0] && it[1] >= surge[1]);
        match fits {
            Some(node) if surges(deployment) => *node = [node[0] - surge[0], node[1] - surge[1]],
            None if surges(deployment) => {
                let name = deployment["metadata"]["name"].as_str().unwrap_or_default();
                let (cores, bytes) = (surge[0].cores(), surge[1].bytes());
                return Finding::new(
                    Verdict::Warn,
                    format!("No node has {cores} and {bytes} to spare for one more pod of {name}."),
                )
                .fix("Add a node, or lower the requests: the new pod stays Pending until an old one is gone.");
            }
            _ => {}
        }
    }
    Finding::passed(format!("{} nodes have room for one more pod of each Deployment.", free.len()))
}

/// Whether new pods run beside the old ones; without a strategy of its own a Deployment surges by a quarter.
fn surges(deployment: &Value) -> bool {
    let strategy = &deployment["spec"]["strategy"];
    let surge = &strategy["rollingUpdate"]["maxSurge"];
    strategy["type"] != "Recreate" && *surge != 0 && *surge != "0%" && deployment["spec"]["replicas"] != 0
}

fn has_ended(pod: &Value) -> bool {
    matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"))
}

/// What a pod's containers ask for together.
fn requests(spec: &Value) -> Amount {
    let containers = spec["containers"].as_array().into_iter().flatten();
    let each = containers.map(|it| &it["resources"]["requests"]).map(|it| [amount(&it["cpu"]), amount(&it["memory"])]);
    each.fold(Amount::default(), plus)
}

fn plus(a: Amount, b: Amount) -> Amount {
    [a[0] + b[0], a[1] + b[1]]
}

fn amount(value: &Value) -> Quantity {
    Quantity::of(value).unwrap_or_default()
}
