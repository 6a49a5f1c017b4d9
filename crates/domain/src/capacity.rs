//! Whether the cluster has room for a configuration: what it requests against what the nodes can allocate and what other
//! pods already request. An estimate of the scheduler's work by requests alone; affinities and topology are left out.

use serde_json::Value;

use crate::certainty::Read;
use crate::contract::{Concept, Contract};
use crate::objects::{items, text};
use crate::quantity::Quantity;

/// CPU and memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amount {
    pub cpu: Quantity,
    /// Bytes.
    pub memory: Quantity,
}

impl Amount {
    fn read(from: &Value) -> Self {
        let of = |key: &str| Quantity::of(&from[key]).unwrap_or_default();
        Self { cpu: of("cpu"), memory: of("memory") }
    }

    fn plus(self, other: Self) -> Self {
        Self { cpu: self.cpu + other.cpu, memory: self.memory + other.memory }
    }

    pub(crate) fn minus(self, other: Self) -> Self {
        Self { cpu: self.cpu - other.cpu, memory: self.memory - other.memory }
    }

    fn larger(self, other: Self) -> Self {
        Self { cpu: self.cpu.max(other.cpu), memory: self.memory.max(other.memory) }
    }

    fn times(self, count: u32) -> Self {
        Self { cpu: self.cpu.times(count), memory: self.memory.times(count) }
    }

    pub(crate) fn holds(self, other: Self) -> bool {
        self.cpu >= other.cpu && self.memory >= other.memory
    }

    /// "2 CPU and 4Gi".
    pub fn words(self) -> String {
        format!("{} CPU and {}", self.cpu.cores(), self.memory.bytes())
    }
}

/// A component of the configuration: name, replicas, pods beside the replicas, resources, storage of each pod, and what
/// its pods' names hold.
type Component = (&'static str, Option<Concept>, u32, Concept, Option<Concept>, &'static str);

/// In the order in which the operator deploys them, so that what does not fit is named where it would be seen.
const COMPONENTS: [Component; 6] = [
    (
        "MongoDB",
        Some(Concept::MongodbMembers),
        0,
        Concept::MongodbResources,
        Some(Concept::MongodbStorage),
        "mongo",
    ),
    (
        "PostgreSQL",
        Some(Concept::PostgresqlReadReplicas),
        1,
        Concept::PostgresqlResources,
        Some(Concept::PostgresqlStorage),
        "postgres",
    ),
    ("Redis", None, 1, Concept::RedisResources, None, "redis"),
    ("Platform", Some(Concept::PlatformReplicas), 0, Concept::PlatformResources, None, "platform"),
    (
        "Data Service",
        Some(Concept::DataServiceReplicas),
        0,
        Concept::DataServiceResources,
        None,
        "data-service",
    ),
    ("ML Jobs", Some(Concept::MlJobsReplicas), 0, Concept::MlJobsResources, None, "ml-jobs"),
];

/// Where the number of pods and the resources are set of the component that has the workload of this name.
pub(crate) fn concepts(workload: &str) -> Option<(Option<Concept>, Concept)> {
    COMPONENTS.iter().find(|it| workload.contains(it.5)).map(|it| (it.1, it.3))
}

/// What one component asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    pub name: &'static str,
    pub pods: u32,
    /// Of each pod.
    pub each: Amount,
    /// Of all pods together.
    pub storage: Quantity,
    /// What the configuration leaves to the chart: `CPU` and `memory` count as nothing, the `number of pods` as one.
    pub unsaid: Vec<&'static str>,
}

/// What the configuration in this custom resource, or draft of one, asks for.
pub fn demands(contract: &Contract, cr: &Value) -> Vec<Demand> {
    let demand = |&(name, replicas, fixed, resources, storage, _): &Component| {
        let mut unsaid = Vec::new();
        let said = replicas.map(|it| contract.get(it, cr).and_then(Value::as_u64));
        let pods = match said {
            None => fixed,
            Some(Some(count)) => fixed.saturating_add(u32::try_from(count).unwrap_or(u32::MAX)),
            Some(None) => {
                // Followers are none unless asked for.
                if fixed == 0 {
                    unsaid.push("number of pods");
                }
                fixed.max(1)
            }
        };
        let resources = contract.get(resources, cr).unwrap_or(&Value::Null);
        // Kubernetes takes a limit without a request as the request.
        let mut request = |key: &str, word| {
            let found = ["requests", "limits"].iter().find_map(|part| Quantity::of(&resources[*part][key]));
            found.unwrap_or_else(|| {
                unsaid.push(word);
                Quantity::ZERO
            })
        };
        let each = Amount { cpu: request("cpu", "CPU"), memory: request("memory", "memory") };
        let storage = storage.and_then(|it| Quantity::of(contract.get(it, cr)?)).unwrap_or_default();
        Demand { name, pods, each, storage: storage.times(pods), unsaid }
    };
    COMPONENTS.iter().map(demand).collect()
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub name: String,
    pub allocatable: Amount,
    /// How many pods it takes.
    pub pods: u32,
    /// Why it takes no new pods: not ready, cordoned or tainted.
    pub closed: Option<String>,
}

impl Node {
    /// Reads a core/v1 Node.
    pub fn read(node: &Value) -> Self {
        let allocatable = &node["status"]["allocatable"];
        let ready = items(&node["status"], "conditions")
            .iter()
            .any(|it| it["type"] == "Ready" && it["status"] == "True");
        let taint = items(&node["spec"], "taints")
            .iter()
            .find(|it| it["effect"] == "NoSchedule" || it["effect"] == "NoExecute");
        let closed = if !ready {
            Some("not ready".to_owned())
        } else if node["spec"]["unschedulable"] == true {
            Some("cordoned".to_owned())
        } else {
            taint.map(|it| format!("tainted {}", text(it, "key")))
        };
        let pods = Quantity::of(&allocatable["pods"]).map_or(u32::MAX, |it| it.as_f64() as u32);
        Self { name: text(&node["metadata"], "name"), allocatable: Amount::read(allocatable), pods, closed }
    }
}

/// A pod's requests, and where it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    pub namespace: String,
    pub name: String,
    /// Empty while it waits for a node.
    pub node: String,
    pub requests: Amount,
}

impl Placed {
    /// Reads a core/v1 Pod; `None` for one that has ended and so requests nothing any more.
    ///
    /// By Kubernetes' rule: the sum of the containers, or the largest init container where that is more, with sidecars
    /// (init containers that are restarted) in both, and the pod's overhead.
    pub fn read(pod: &Value) -> Option<Self> {
        if matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed")) {
            return None;
        }
        let spec = &pod["spec"];
        let of = |container: &Value| Amount::read(&container["resources"]["requests"]);
        let mut running = Amount::default();
        let mut peak = Amount::default();
        for init in items(spec, "initContainers") {
            if init["restartPolicy"] == "Always" {
                running = running.plus(of(init));
                peak = peak.larger(running);
            } else {
                peak = peak.larger(running.plus(of(init)));
            }
        }
        let sum = items(spec, "containers").iter().fold(running, |sum, it| sum.plus(of(it)));
        Some(Self {
            namespace: text(&pod["metadata"], "namespace"),
            name: text(&pod["metadata"], "name"),
            node: text(spec, "nodeName"),
            requests: sum.larger(peak).plus(Amount::read(&spec["overhead"])),
        })
    }
}

/// What a node really uses, by metrics.k8s.io.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    pub node: String,
    pub used: Amount,
}

impl Usage {
    /// Reads a metrics.k8s.io/v1beta1 NodeMetrics.
    pub fn read(metrics: &Value) -> Self {
        Self { node: text(&metrics["metadata"], "name"), used: Amount::read(&metrics["usage"]) }
    }
}

/// What the picture is drawn from.
#[derive(Debug, Clone, Copy)]
pub struct Cluster<'a> {
    /// The installation's namespace: its pods of the configured components are replaced, not added to.
    pub namespace: &'a str,
    pub nodes: &'a Read<Vec<Node>>,
    pub pods: &'a Read<Vec<Placed>>,
    /// Whether `pods` are those of all namespaces.
    pub everywhere: bool,
    pub usage: &'a Read<Vec<Usage>>,
}

/// One resource over all nodes that take pods.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Total {
    pub allocatable: Amount,
    /// Requested by pods that the configuration does not replace.
    pub others: Amount,
    /// Requested by the configuration.
    pub wanted: Amount,
    /// Really used now, by metrics.k8s.io.
    pub used: Option<Amount>,
}

/// How one component fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    pub demand: Demand,
    /// How many of its pods find a node; `None` while nodes are unknown.
    pub placed: Option<u32>,
    /// What is wrong, as a sentence that names the workload and the node it needs.
    pub problem: Option<String>,
}

/// The capacity picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// `None` while the nodes may not be read.
    pub total: Option<Total>,
    pub fits: Vec<Fit>,
    /// Of all volumes of the configuration.
    pub storage: Quantity,
    /// What is not known or left out, each as a sentence.
    pub notes: Vec<String>,
}

impl Picture {
    /// What room there is for `demands`.
    pub fn of(demands: Vec<Demand>, cluster: Cluster<'_>) -> Self {
        let storage = demands.iter().map(|it| it.storage).sum();
        let mut notes: Vec<String> = demands
            .iter()
            .filter(|it| !it.unsaid.is_empty())
            .map(|it| {
                format!(
                    "{} leaves its {} to the chart: the picture may be too small.",
                    it.name,
                    it.unsaid.join(" and ")
                )
            })
            .collect();
        let nodes = match cluster.nodes {
            Read::Found(nodes) => nodes,
            other => {
                notes.push(match other {
                    Read::Unreadable(why) => format!("What the nodes have is not known. {why}"),
                    Read::Absent => "The cluster has no nodes.".to_owned(),
                    _ => "The nodes are being read.".to_owned(),
                });
                let fits = demands.into_iter().map(|demand| Fit { demand, placed: None, problem: None });
                return Self { total: None, fits: fits.collect(), storage, notes };
            }
        };
        let pods: &[Placed] = match cluster.pods {
            Read::Found(pods) => {
                if !cluster.everywhere {
                    notes.push(
                        "Pods of other namespaces are not readable for you, so there may be less room than shown."
                            .to_owned(),
                    );
                }
                pods
            }
            Read::Unreadable(why) => {
                notes.push(format!("What other pods request is not known, so there may be less room. {why}"));
                &[]
            }
            Read::Absent | Read::Loading => &[],
        };
        let own = |pod: &Placed| {
            pod.namespace == cluster.namespace && COMPONENTS.iter().any(|it| pod.name.contains(it.5))
        };
        let mut rooms: Vec<Room> = Vec::new();
        let mut total = Total::default();
        for node in nodes {
            if let Some(why) = &node.closed {
                notes.push(format!("Node {} is left out: it is {why}.", node.name));
                continue;
            }
            let here = pods.iter().filter(|it| it.node == node.name && !own(it));
            let (count, others) =
                here.fold((0_u32, Amount::default()), |(count, sum), it| (count + 1, sum.plus(it.requests)));
            total.allocatable = total.allocatable.plus(node.allocatable);
            total.others = total.others.plus(others);
            rooms.push(Room {
                free: node.allocatable.minus(others),
                pods: node.pods.saturating_sub(count),
                whole: node.allocatable,
            });
        }
        match cluster.usage {
            Read::Found(usage) => match used(nodes, usage) {
                Ok(sum) => total.used = Some(sum),
                Err(node) => notes.push(format!(
                    "What is really used is not known: metrics.k8s.io does not tell of node {node}."
                )),
            },
            Read::Unreadable(why) => {
                notes.push(format!("What is really used is not known: metrics.k8s.io cannot be read. {why}"))
            }
            // Nobody measures it.
            Read::Absent | Read::Loading => {}
        }
        total.wanted = demands.iter().fold(Amount::default(), |sum, it| sum.plus(it.each.times(it.pods)));
        let short = !total.allocatable.holds(total.others.plus(total.wanted));
        let fits = demands.into_iter().map(|demand| fit(demand, &mut rooms, short)).collect();
        Self { total: Some(total), fits, storage, notes }
    }

    /// The opening words: whether everything fits, or the first thing that does not.
    pub fn sentence(&self) -> String {
        let problems: Vec<&str> = self.fits.iter().filter_map(|it| it.problem.as_deref()).collect();
        match (&self.total, problems.as_slice()) {
            (None, _) => "Whether the nodes have room for it is not known.".to_owned(),
            (Some(_), []) => "The nodes have room for all of it.".to_owned(),
            (Some(_), [problem]) => (*problem).to_owned(),
            (Some(_), [first, rest @ ..]) => {
                let (count, noun) = (rest.len(), if rest.len() == 1 { "workload" } else { "workloads" });
                format!("{first} {count} more {noun} will not fit.")
            }
        }
    }
}

/// What the nodes that take pods use together, or the first of them that is not measured: a node that has just joined, or
/// whose kubelet does not answer, would look idle.
fn used<'a>(nodes: &'a [Node], usage: &[Usage]) -> Result<Amount, &'a str> {
    nodes.iter().filter(|it| it.closed.is_none()).try_fold(Amount::default(), |sum, node| {
        let measured = usage.iter().find(|it| it.node == node.name).ok_or(node.name.as_str())?;
        Ok(sum.plus(measured.used))
    })
}

/// What is left of a node.
struct Room {
    free: Amount,
    pods: u32,
    whole: Amount,
}

/// Places a component's pods, each where most memory is left, as the scheduler spreads them.
fn fit(demand: Demand, rooms: &mut [Room], short: bool) -> Fit {
    let mut placed = 0;
    while placed < demand.pods {
        let room = rooms.iter_mut().filter(|it| it.pods > 0 && it.free.holds(demand.each));
        let Some(room) = room.max_by_key(|it| it.free.memory) else { break };
        room.free = room.free.minus(demand.each);
        room.pods -= 1;
        placed += 1;
    }
    let problem = (placed < demand.pods).then(|| {
        let (name, left, each) = (demand.name, demand.pods - placed, demand.each.words());
        let pods = if demand.pods == 1 { "pod" } else { "pods" };
        let largest = rooms.iter().max_by_key(|it| (it.whole.memory, it.whole.cpu)).map(|it| it.whole);
        if !rooms.iter().any(|it| it.whole.holds(demand.each)) {
            let largest = largest.map_or_else(String::new, |it| format!("; the largest has {}", it.words()));
            return format!(
                "{name} will not fit: each pod needs a node of at least {each}, and no node is that large{largest}."
            );
        }
        // By sums alone nothing can be wrong with it; then it is only this way of placing that fails.
        let will = if short || placed == 0 { "will" } else { "may" };
        format!(
            "{name}: {left} of {} {pods} {will} not fit; each needs a node with {each} free, together {}.",
            demand.pods,
            demand.each.times(left).words(),
        )
    });
    Fit { demand, placed: Some(placed), problem }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn amount(cpu: &str, memory: &str) -> Amount {
        Amount { cpu: cpu.parse().unwrap(), memory: memory.parse().unwrap() }
    }

    fn node(name: &str, cpu: &str, memory: &str) -> Node {
        Node { name: name.into(), allocatable: amount(cpu, memory), pods: 110, closed: None }
    }

    fn cr() -> Value {
        let resources = |cpu: &str, memory: &str| json!({"requests": {"cpu": cpu, "memory": memory}});
        json!({"spec": {
            "components": {
                "platform": {"replicas": 2, "resources": resources("500m", "1Gi")},
                "dataService": {"replicas": 3, "resources": {"limits": {"cpu": 1, "memory": "2Gi"}}},
                "mlJobs": {"replicas": 5, "resources": resources("2", "4Gi")},
            },
            "dependencies": {
                "mongodb": {"members": 3, "storage": "100Gi", "resources": resources("500m", "1Gi")},
                "postgresql": {"storage": "20Gi", "readReplicas": 1, "resources": resources("500m", "1Gi")},
            },
        }})
    }

    fn picture(nodes: Vec<Node>, pods: Vec<Placed>) -> Picture {
        Picture::of(
            demands(&Contract::builtin(), &cr()),
            Cluster {
                namespace: "rootcause",
                nodes: &Read::Found(nodes),
                pods: &Read::Found(pods),
                everywhere: true,
                usage: &Read::Absent,
            },
        )
    }

    fn placed(namespace: &str, name: &str, node: &str, cpu: &str, memory: &str) -> Placed {
        Placed {
            namespace: namespace.into(),
            name: name.into(),
            node: node.into(),
            requests: amount(cpu, memory),
        }
    }

    #[test]
    fn a_configuration_is_pods_with_requests_and_storage() {
        let demands = demands(&Contract::builtin(), &cr());
        let lines: Vec<String> = demands
            .iter()
            .map(|it| {
                format!(
                    "{} {}× {}, {} {:?}",
                    it.name,
                    it.pods,
                    it.each.words(),
                    it.storage.bytes(),
                    it.unsaid
                )
            })
            .collect();
        assert_eq!(
            lines,
            [
                "MongoDB 3× 0.5 CPU and 1Gi, 300Gi []",
                "PostgreSQL 2× 0.5 CPU and 1Gi, 40Gi []",
                "Redis 1× 0 CPU and 0, 0 [\"CPU\", \"memory\"]",
                "Platform 2× 0.5 CPU and 1Gi, 0 []",
                "Data Service 3× 1 CPU and 2Gi, 0 []",
                "ML Jobs 5× 2 CPU and 4Gi, 0 []",
            ]
        );
    }

    #[test]
    fn what_does_not_fit_is_named_with_the_node_it_needs() {
        let check =
            |nodes: Vec<Node>, expect: &str| assert_eq!(picture(nodes, Vec::new()).sentence(), expect);
        check(vec![node("a", "32", "128Gi")], "The nodes have room for all of it.");
        check(
            vec![node("a", "8", "64Gi"), node("b", "4", "64Gi")],
            "ML Jobs: 3 of 5 pods will not fit; each needs a node with 2 CPU and 4Gi free, together 6 CPU and 12Gi.",
        );
        check(
            (0..20).map(|it| node(&it.to_string(), "1", "2Gi")).collect(),
            "ML Jobs will not fit: each pod needs a node of at least 2 CPU and 4Gi, and no node is that large; the largest \
             has 1 CPU and 2Gi.",
        );
        // Room enough by sums, but in pieces.
        check(
            (0..10).map(|it| node(&it.to_string(), "3.5", "128Gi")).collect(),
            "The nodes have room for all of it.",
        );
        check(
            vec![],
            "MongoDB will not fit: each pod needs a node of at least 0.5 CPU and 1Gi, and no node is that large. \
             5 more workloads will not fit.",
        );
    }

    #[test]
    fn other_pods_take_room_and_the_installations_own_are_replaced() {
        let nodes = || vec![node("a", "20", "64Gi")];
        assert_eq!(picture(nodes(), Vec::new()).total.map(|it| it.wanted), Some(amount("16500m", "33Gi")));
        let own = placed("rootcause", "ml-jobs-5d-x", "a", "10", "20Gi");
        assert_eq!(picture(nodes(), vec![own]).sentence(), "The nodes have room for all of it.");
        let other = placed("elsewhere", "ml-jobs-5d-x", "a", "10", "20Gi");
        assert!(picture(nodes(), vec![other]).sentence().starts_with("ML Jobs: 4 of 5 pods will not fit"));
    }

    #[test]
    fn what_may_not_be_read_is_said() {
        let denied = || "You may not list nodes.".to_owned();
        let of = |nodes: &Read<Vec<Node>>, pods: &Read<Vec<Placed>>| {
            let cluster = Cluster { namespace: "n", nodes, pods, everywhere: false, usage: &Read::Absent };
            Picture::of(demands(&Contract::builtin(), &cr()), cluster)
        };
        let blind = of(&Read::Unreadable(denied()), &Read::Loading);
        assert_eq!(blind.sentence(), "Whether the nodes have room for it is not known.");
        assert_eq!(blind.notes.last().unwrap(), "What the nodes have is not known. You may not list nodes.");
        let nodes = Read::Found(vec![
            node("a", "64", "256Gi"),
            Node { closed: Some("cordoned".into()), ..node("b", "64", "256Gi") },
        ]);
        let partial = of(&nodes, &Read::Found(Vec::new()));
        assert_eq!(
            partial.notes[1..],
            [
                "Pods of other namespaces are not readable for you, so there may be less room than shown.",
                "Node b is left out: it is cordoned.",
            ]
        );
        let unknown = of(&nodes, &Read::Unreadable("Forbidden.".into()));
        assert!(unknown.notes[1].starts_with("What other pods request is not known"));
    }

    #[test]
    fn usage_counts_on_nodes_that_take_pods() {
        let nodes = Read::Found(vec![
            node("a", "8", "8Gi"),
            Node { closed: Some("x".into()), ..node("b", "8", "8Gi") },
        ]);
        let metrics = |name: &str| {
            Usage::read(
                &json!({"metadata": {"name": name}, "usage": {"cpu": "1500m", "memory": "1048576Ki"}}),
            )
        };
        let of = |usage: Read<Vec<Usage>>| {
            let (pods, usage) = (&Read::Absent, &usage);
            let cluster = Cluster { namespace: "n", nodes: &nodes, pods, everywhere: true, usage };
            let Picture { total, notes, .. } = Picture::of(Vec::new(), cluster);
            (total.unwrap().used, notes.into_iter().filter(|it| it.contains("used")).collect::<Vec<_>>())
        };
        assert_eq!(of(Read::Found(vec![metrics("a"), metrics("b")])), (Some(amount("1.5", "1Gi")), vec![]));
        assert_eq!(of(Read::Absent), (None, vec![]));
        let unmeasured = "What is really used is not known: metrics.k8s.io does not tell of node a.";
        assert_eq!(of(Read::Found(vec![metrics("b")])), (None, vec![unmeasured.to_owned()]));
        let unreadable = Read::Unreadable("You may not list nodes.".to_owned());
        let words =
            "What is really used is not known: metrics.k8s.io cannot be read. You may not list nodes.";
        assert_eq!(of(unreadable), (None, vec![words.to_owned()]));
    }

    #[test]
    fn nodes_and_pods_are_read_as_kubernetes_counts_them() {
        let read = Node::read(&json!({"metadata": {"name": "a"}, "spec": {},
            "status": {"allocatable": {"cpu": "31850m", "memory": "128Gi", "pods": "110"},
                "conditions": [{"type": "Ready", "status": "True"}]}}));
        assert_eq!(read, Node { pods: 110, ..node("a", "31850m", "128Gi") });
        let closed = |spec: Value| {
            Node::read(
                &json!({"spec": spec, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}),
            )
            .closed
        };
        assert_eq!(closed(json!({"unschedulable": true})).as_deref(), Some("cordoned"));
        let taint = json!({"taints": [{"key": "gpu", "effect": "NoSchedule"}]});
        assert_eq!(closed(taint).as_deref(), Some("tainted gpu"));
        assert_eq!(closed(json!({"taints": [{"key": "gpu", "effect": "PreferNoSchedule"}]})), None);
        assert_eq!(Node::read(&json!({})).closed.as_deref(), Some("not ready"));

        let container = |cpu: &str| json!({"resources": {"requests": {"cpu": cpu, "memory": "1Gi"}}});
        let mut sidecar = container("1");
        sidecar["restartPolicy"] = "Always".into();
        let pod = json!({"metadata": {"namespace": "n", "name": "p"}, "spec": {"nodeName": "a",
            "initContainers": [sidecar, container("4")], "containers": [container("500m"), {"name": "bare"}],
            "overhead": {"cpu": "250m"}}});
        assert_eq!(Placed::read(&pod), Some(placed("n", "p", "a", "5250m", "2Gi")));
        assert_eq!(Placed::read(&json!({"status": {"phase": "Succeeded"}})), None);
    }

    proptest! {
        #[test]
        fn no_node_is_given_more_than_it_has(
            sizes in prop::collection::vec((1_i64..64, 1_i64..256), 0..6),
            pods in prop::collection::vec((0_u32..30, 0_i64..16, 0_i64..32), 6),
        ) {
            let nodes: Vec<Node> = sizes.iter().enumerate().map(|(index, (cpu, memory))| Node {
                name: index.to_string(),
                allocatable: Amount { cpu: Quantity::units(*cpu), memory: Quantity::units(*memory) },
                pods: 50,
                closed: None,
            }).collect();
            let demands: Vec<Demand> = pods.iter().map(|(pods, cpu, memory)| Demand {
                name: "x",
                pods: *pods,
                each: Amount { cpu: Quantity::units(*cpu), memory: Quantity::units(*memory) },
                storage: Quantity::ZERO,
                unsaid: Vec::new(),
            }).collect();
            let cluster = Cluster {
                namespace: "n", nodes: &Read::Found(nodes), pods: &Read::Absent, everywhere: true, usage: &Read::Absent,
            };
            let picture = Picture::of(demands, cluster);
            let total = picture.total.unwrap();
            let given = picture.fits.iter().fold(Amount::default(), |sum, it| {
                sum.plus(it.demand.each.times(it.placed.unwrap()))
            });
            prop_assert!(total.allocatable.holds(given));
            for it in &picture.fits {
                prop_assert_eq!(it.problem.is_some(), it.placed.unwrap() < it.demand.pods);
            }
        }
    }
}
