//! Pods in one line each, as `kubectl get pods` has them, and what they use.

use serde_json::Value;

use crate::objects::{ContainerStatus, Pod, items};
use crate::phase::Tone;
use crate::quantity::Quantity;
use crate::time::Timestamp;

/// A pod in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Ready containers of all: "1/2".
    pub ready: String,
    /// kubectl's word: `Running`, `CrashLoopBackOff`, `Init:ImagePullBackOff`, `Terminating`.
    pub status: String,
    pub tone: Tone,
    pub restarts: u32,
    /// When a container last ended to be restarted.
    pub restarted: Option<Timestamp>,
}

/// The line of this pod.
pub fn line(pod: &Pod) -> Line {
    let status = &pod.status;
    let containers = &status.container_statuses;
    let count = pod.spec.containers.len().max(containers.len());
    let ready = containers.iter().filter(|it| it.ready).count();
    let restarts = containers.iter().map(|it| it.restart_count).sum();
    let ends = containers.iter().filter_map(|it| it.last_state.terminated.as_ref()?.finished_at);
    let word = if pod.metadata.deletion_timestamp.is_some() {
        "Terminating".to_owned()
    } else {
        let init = status.init_container_statuses.iter().find_map(held).map(|it| format!("Init:{it}"));
        init.or_else(|| containers.iter().find_map(held).map(str::to_owned)).unwrap_or_else(|| {
            if status.reason.is_empty() { status.phase.clone() } else { status.reason.clone() }
        })
    };
    let tone = match word.as_str() {
        "Terminating" | "Completed" | "Succeeded" => Tone::Off,
        "Running" if pod.is_ready() => Tone::Ok,
        "Pending" | "Running" | "ContainerCreating" | "PodInitializing" => Tone::Busy,
        _ => Tone::Bad,
    };
    Line { ready: format!("{ready}/{count}"), status: word, tone, restarts, restarted: ends.max() }
}

/// The word for what keeps a container from running.
fn held(container: &ContainerStatus) -> Option<&str> {
    let state = &container.state;
    if let Some(waiting) = &state.waiting {
        return Some(waiting.reason.as_str()).filter(|it| !it.is_empty());
    }
    let ended = state.terminated.as_ref().filter(|_| !container.ready)?;
    match ended.reason.as_str() {
        // An init container that is done, and a Job's.
        "Completed" => None,
        "" => Some("Error"),
        reason => Some(reason),
    }
}

/// What a pod uses, as the metrics API tells: cores and bytes of all its containers.
pub fn usage(metrics: &Value) -> (Quantity, Quantity) {
    let sum = |resource: &str| {
        let each = items(metrics, "containers").iter().filter_map(|it| Quantity::of(&it["usage"][resource]));
        each.fold(Quantity::ZERO, |sum, it| sum + it)
    };
    (sum("cpu"), sum("memory"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::objects::FromObject;

    #[test]
    fn a_pods_line_is_kubectls() {
        let check = |status: Value, expect: (&str, &str, Tone, u32)| {
            let pod = Pod::from_object(&json!({"metadata": {"name": "a"},
                "spec": {"containers": [{"name": "a"}]}, "status": status}));
            let line = line(&pod);
            assert_eq!((line.ready.as_str(), line.status.as_str(), line.tone, line.restarts), expect);
        };
        check(json!({"phase": "Pending"}), ("0/1", "Pending", Tone::Busy, 0));
        check(
            json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}],
                "containerStatuses": [{"ready": true, "restartCount": 2, "state": {"running": {}}}]}),
            ("1/1", "Running", Tone::Ok, 2),
        );
        check(
            json!({"phase": "Running", "containerStatuses": [{"restartCount": 3, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}),
            ("0/1", "CrashLoopBackOff", Tone::Bad, 3),
        );
        check(
            json!({"phase": "Pending", "initContainerStatuses": [{"state": {"waiting": {"reason": "ImagePullBackOff"}}}]}),
            ("0/1", "Init:ImagePullBackOff", Tone::Bad, 0),
        );
        check(
            json!({"phase": "Succeeded", "initContainerStatuses": [{"ready": true, "state": {"terminated": {"reason": "Completed"}}}],
                "containerStatuses": [{"state": {"terminated": {"reason": "Completed"}}}]}),
            ("0/1", "Succeeded", Tone::Off, 0),
        );
        check(json!({"phase": "Failed", "reason": "Evicted"}), ("0/1", "Evicted", Tone::Bad, 0));
    }

    #[test]
    fn usage_is_that_of_all_containers() {
        let (cpu, memory) = usage(&json!({"containers": [
            {"usage": {"cpu": "250m", "memory": "1Gi"}}, {"usage": {"cpu": "5n", "memory": "1024Ki"}}, {"usage": null}]}));
        assert_eq!((cpu, memory), ("250000005n".parse().unwrap(), "1025Mi".parse().unwrap()));
    }
}
