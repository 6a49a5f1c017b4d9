//! Which containers' logs are read.

use crate::objects::{ContainerState, ContainerStatus, Pod, Workload};
use crate::rollout;

/// Whose logs one looks at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Every pod of the namespace.
    All,
    /// The pods of a workload, spelled `Deployment/platform`.
    Workload(String),
    Pod(String),
    /// The operator's own.
    Operator,
}

impl Subject {
    /// Reads what [`Subject::spelling`] writes; anything else is everything.
    pub fn parse(text: &str) -> Self {
        match text.split_once('/') {
            Some(("pod", name)) if !name.is_empty() => Self::Pod(name.to_owned()),
            Some((kind, name)) if !kind.is_empty() && !name.is_empty() => Self::Workload(text.to_owned()),
            _ if text == "operator" => Self::Operator,
            _ => Self::All,
        }
    }

    /// As it stands in the page's address: `Deployment/platform`, `pod/platform-0`, `operator`, empty for everything.
    pub fn spelling(&self) -> String {
        match self {
            Self::All => String::new(),
            Self::Workload(name) => name.clone(),
            Self::Pod(name) => format!("pod/{name}"),
            Self::Operator => "operator".to_owned(),
        }
    }

    /// Those of `pods` that it is about. `workloads` are those of the namespace, or for the operator its own.
    pub fn pods<'a>(&self, pods: &'a [Pod], workloads: &'a [Workload]) -> Vec<&'a Pod> {
        match self {
            Self::All => pods.iter().collect(),
            Self::Pod(name) => pods.iter().filter(|pod| pod.metadata.name == *name).collect(),
            Self::Workload(name) => {
                let of = |it: &&Workload| format!("{}/{}", it.kind.name(), it.metadata.name) == *name;
                workloads.iter().find(of).map(|it| rollout::pods_of(it, pods).collect()).unwrap_or_default()
            }
            Self::Operator => workloads.iter().flat_map(|it| rollout::pods_of(it, pods)).collect(),
        }
    }
}

/// A container whose log can be read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Source {
    pub pod: String,
    pub container: String,
    /// Grows with each start: a container that starts again begins a new log.
    pub restarts: u32,
    /// Whether it has a log at all: it runs or ran. One that waits for its image has none.
    pub started: bool,
    /// Whether it runs now: else no line is added to its log.
    pub running: bool,
    /// Whether a run before this one left a log.
    pub has_previous: bool,
}

impl Source {
    /// Whether both are the same container, whatever became of it.
    pub fn is(&self, other: &Self) -> bool {
        (&self.pod, &self.container) == (&other.pod, &other.container)
    }

    /// `platform-0`, or `platform-0/init` where the pod's name does not say which of its containers it is.
    pub fn name(&self) -> String {
        if self.pod.starts_with(&self.container) {
            self.pod.clone()
        } else {
            format!("{}/{}", self.pod, self.container)
        }
    }
}

/// The containers of `pods`, in their order, init containers first.
pub fn sources(pods: &[&Pod]) -> Vec<Source> {
    let of = |pod: &Pod, status: &ContainerStatus| {
        let ran = |state: &ContainerState| state.running.is_some() || state.terminated.is_some();
        Source {
            pod: pod.metadata.name.clone(),
            container: status.name.clone(),
            restarts: status.restart_count,
            started: ran(&status.state) || ran(&status.last_state),
            running: status.state.running.is_some(),
            has_previous: status.last_state.terminated.is_some() || status.restart_count > 0,
        }
    };
    let mut all = Vec::new();
    for pod in pods {
        let status = &pod.status;
        let containers = status.init_container_statuses.iter().chain(&status.container_statuses);
        all.extend(containers.map(|status| of(pod, status)));
    }
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::objects::FromObject;

    fn pod(name: &str, app: &str, containers: serde_json::Value) -> Pod {
        Pod::from_object(&json!({
            "metadata": {"name": name, "labels": {"app": app}},
            "status": {"containerStatuses": containers},
        }))
    }

    #[test]
    fn subjects_are_spelled_as_they_are_read() {
        for text in ["", "Deployment/platform", "pod/platform-0", "operator"] {
            assert_eq!(Subject::parse(text).spelling(), text);
        }
        assert_eq!(Subject::parse("nonsense"), Subject::All);
        assert_eq!(Subject::parse("pod/"), Subject::All);
    }

    #[test]
    fn the_containers_of_a_subject_are_found() {
        let running = json!({"running": {"startedAt": "2026-03-01T12:00:00Z"}});
        let pods = [
            pod(
                "a-1",
                "a",
                json!([{"name": "a", "state": running, "restartCount": 2}, {"name": "proxy", "state": running}]),
            ),
            pod("b-1", "b", json!([{"name": "b", "state": {"waiting": {"reason": "ImagePullBackOff"}}}])),
        ];
        let workload = Workload::from_object(&json!({
            "kind": "StatefulSet", "metadata": {"name": "a"}, "spec": {"selector": {"matchLabels": {"app": "a"}}},
        }));
        let names = |subject: &str| -> Vec<String> {
            let pods = Subject::parse(subject).pods(&pods, std::slice::from_ref(&workload));
            sources(&pods).iter().map(Source::name).collect()
        };
        assert_eq!(names(""), ["a-1", "a-1/proxy", "b-1"]);
        assert_eq!(names("StatefulSet/a"), ["a-1", "a-1/proxy"]);
        assert_eq!(names("operator"), ["a-1", "a-1/proxy"]);
        assert_eq!(names("Deployment/a"), [""; 0]);
        assert_eq!(names("pod/b-1"), ["b-1"]);
        let all = sources(&pods.iter().collect::<Vec<_>>());
        assert_eq!(
            all.iter().map(|it| (it.started, it.has_previous)).collect::<Vec<_>>(),
            [(true, true), (true, false), (false, false)]
        );
    }
}
