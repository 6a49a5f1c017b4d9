//! How far a workload's rollout is, and what it waits for.

use crate::objects::{ContainerStatus, Metadata, Pod, Terminated, Workload, WorkloadKind};
use crate::phase::Tone;

/// A workload's rollout, for a live bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Rollout {
    pub kind: WorkloadKind,
    pub name: String,
    /// The Helm release that it belongs to.
    pub helm_release: Option<String>,
    /// Pods asked for.
    pub desired: u32,
    /// Pods of the current template that are ready. Without the pods, the fewest that the workload's status allows.
    pub new_ready: u32,
    /// Pods of the current template that are not ready yet.
    pub new_not_ready: u32,
    /// Pods of an earlier template that still run.
    pub old: u32,
    /// Pods short of being available.
    pub unavailable: u32,
    /// The controller has seen the current spec.
    pub observed: bool,
    /// All pods are of the current template and available, no old one is left (the rule of `kubectl rollout status`).
    pub complete: bool,
    pub paused: bool,
    pub scaled_to_zero: bool,
    /// The controller gave up waiting (`ProgressDeadlineExceeded`), in its words.
    pub stalled: Option<String>,
    /// What the rollout waits for; `None` when nothing is said to hold it.
    pub waits: Option<Wait>,
    /// Images of the template.
    pub images: Vec<String>,
}

/// What keeps a pod from being ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    pub reason: WaitReason,
    /// In the words of the kubelet, the scheduler or the controller. May be empty, may hold secrets.
    pub message: String,
    /// Empty where no pod could be created.
    pub pod: String,
    pub container: Option<String>,
    pub certainty: Evidence,
}

/// Why a pod is not ready, worst first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum WaitReason {
    /// `ImagePullBackOff`, `ErrImagePull`, `InvalidImageName` …: the kubelet's own word.
    Image(String),
    /// A container cannot be created, mostly for want of a secret or config map (`CreateContainerConfigError`).
    Config(String),
    /// Killed for using more memory than its limit.
    OutOfMemory,
    /// Ends again and again; with the last exit code.
    Crash { exit_code: Option<i32> },
    /// The controller may not create the pod (quota, admission): its reason.
    NotCreated(String),
    /// No volume to mount: a PersistentVolumeClaim is not bound.
    Volume,
    /// No node takes it.
    Unschedulable,
    /// Evicted, or failed as a whole: the pod's own reason.
    PodFailed(String),
    /// Any other reason the kubelet gives.
    Other(String),
    /// An init container is still at work.
    Init,
    /// The container runs and is not ready: its readiness probe does not pass yet.
    Probe,
    /// On its way: being scheduled, pulled or created.
    Starting,
}

/// On what a statement rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// The cluster says so.
    Reported,
    /// Concluded from what the cluster says.
    Inferred,
}

impl WaitReason {
    /// In a few words: "image pull (ImagePullBackOff)", "crash loop (exit code 1)", "no node takes it".
    pub fn words(&self) -> String {
        match self {
            Self::Image(word) => format!("image pull ({word})"),
            Self::Config(word) => format!("container configuration ({word})"),
            Self::OutOfMemory => "out of memory (OOMKilled)".to_owned(),
            Self::Crash { exit_code: Some(code) } => format!("crash loop (exit code {code})"),
            Self::Crash { exit_code: None } => "crash loop".to_owned(),
            Self::NotCreated(word) => format!("pod not created ({word})"),
            Self::Volume => "volume not bound".to_owned(),
            Self::Unschedulable => "no node takes it".to_owned(),
            Self::PodFailed(word) if word.is_empty() => "pod failed".to_owned(),
            Self::PodFailed(word) => format!("pod failed ({word})"),
            Self::Other(word) => word.clone(),
            Self::Init => "init container".to_owned(),
            Self::Probe => "readiness probe".to_owned(),
            Self::Starting => "starting".to_owned(),
        }
    }

    /// Whether it mostly resolves itself with time.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Init | Self::Probe | Self::Starting)
    }
}

impl Rollout {
    /// The rollout of `workload`. `pods` are the namespace's (those of other workloads are ignored), `None` where they
    /// may not be listed: then the workload's own status has to do, and what it waits for stays unknown.
    pub fn of(workload: &Workload, pods: Option<&[Pod]>) -> Self {
        let (spec, status) = (&workload.spec, &workload.status);
        let desired = spec.replicas.unwrap_or(1);
        let observed = workload.metadata.generation <= status.observed_generation;
        let settled =
            workload.kind == WorkloadKind::StatefulSet && status.current_revision == status.update_revision;
        let updated = if settled { status.replicas } else { status.updated_replicas };
        let counts = match (pods, current_template(workload)) {
            (Some(pods), Some(template)) => count(workload, pods, template),
            _ => {
                let old = status.replicas.saturating_sub(updated);
                let new_ready = status.ready_replicas.saturating_sub(old).min(updated);
                Counts { new_ready, new_not_ready: updated - new_ready, old }
            }
        };
        let keeps = match workload.kind {
            WorkloadKind::Deployment => 0,
            WorkloadKind::StatefulSet => spec.strategy.rolling_update.partition.min(desired),
        };
        // A StatefulSet of an older API server has no availableReplicas: its ready ones are what counts there.
        let available = match workload.kind {
            WorkloadKind::Deployment => status.available_replicas,
            WorkloadKind::StatefulSet => status.available_replicas.max(status.ready_replicas),
        };
        let complete = observed
            && updated >= desired - keeps
            && status.replicas <= updated + keeps
            && available >= desired;
        let condition =
            |kind, reason| status.conditions.iter().find(|one| one.kind == kind && one.reason == reason);
        let waits = if complete { None } else { waits(workload, pods.unwrap_or_default()) };
        Self {
            kind: workload.kind,
            name: workload.metadata.name.clone(),
            helm_release: helm_release(&workload.metadata).map(str::to_owned),
            desired,
            new_ready: counts.new_ready,
            new_not_ready: counts.new_not_ready,
            old: counts.old,
            unavailable: desired.saturating_sub(available),
            observed,
            complete,
            paused: spec.paused,
            scaled_to_zero: desired == 0,
            stalled: condition("Progressing", "ProgressDeadlineExceeded")
                .map(|stalled| stalled.message.clone()),
            waits,
            images: spec.template.spec.containers.iter().map(|container| container.image.clone()).collect(),
        }
    }

    /// Ready pods of the current template in percent of the desired ones, rounded down; 100 only when complete.
    pub fn percent(&self) -> u8 {
        if self.complete {
            return 100;
        }
        let share = u64::from(self.new_ready) * 100 / u64::from(self.desired.max(1));
        u8::try_from(share.min(99)).unwrap_or(99)
    }

    /// In words: "3 of 4 new, 1 old", "2 of 2 ready", "scaled to zero".
    pub fn sentence(&self) -> String {
        let mut words = if self.complete && self.scaled_to_zero {
            "scaled to zero".to_owned()
        } else if self.complete {
            format!("{} of {} ready", self.new_ready, self.desired)
        } else if !self.observed {
            "its controller has not seen the change yet".to_owned()
        } else if self.old > 0 {
            format!("{} of {} new, {} old", self.new_ready, self.desired, self.old)
        } else {
            format!("{} of {} ready", self.new_ready, self.desired)
        };
        if self.paused {
            words.push_str(", paused");
        }
        if self.stalled.is_some() && !self.complete {
            words.push_str(", stalled");
        }
        words
    }

    /// The colour family of the bar.
    pub fn tone(&self) -> Tone {
        let held = self.waits.as_ref().is_some_and(|wait| !wait.reason.is_passing());
        match self {
            _ if self.complete && self.scaled_to_zero => Tone::Off,
            _ if self.complete => Tone::Ok,
            _ if self.stalled.is_some() => Tone::Bad,
            _ if held || self.paused => Tone::Warn,
            _ => Tone::Busy,
        }
    }
}

/// The pods that belong to `workload`.
pub fn pods_of<'a>(workload: &'a Workload, pods: &'a [Pod]) -> impl Iterator<Item = &'a Pod> {
    pods.iter().filter(move |pod| owns(workload, pod))
}

/// Whether `pod` belongs to `workload`: by its controller reference where it has one, else by the selector's labels.
pub fn owns(workload: &Workload, pod: &Pod) -> bool {
    let (own, pod) = (&workload.metadata, &pod.metadata);
    if pod.namespace != own.namespace {
        return false;
    }
    match pod.owner_references.iter().find(|owner| owner.controller == Some(true)) {
        Some(owner) => match workload.kind {
            WorkloadKind::StatefulSet => owner.kind == "StatefulSet" && owner.name == own.name,
            // A ReplicaSet is named after its Deployment and a hash, which has no dash.
            WorkloadKind::Deployment => {
                owner.kind == "ReplicaSet"
                    && owner.name.rsplit_once('-').is_some_and(|(name, _)| name == own.name)
            }
        },
        None => {
            let labels = &workload.spec.selector.match_labels;
            labels.iter().next().is_some()
                && labels.iter().all(|(key, value)| pod.labels.get(key) == Some(value))
        }
    }
}

/// The Helm release that an object belongs to: annotation `meta.helm.sh/release-name`, else label
/// `app.kubernetes.io/instance` of an object that Helm manages.
pub fn helm_release(metadata: &Metadata) -> Option<&str> {
    let annotation = metadata.annotations.get("meta.helm.sh/release-name");
    let managed = metadata.labels.get("app.kubernetes.io/managed-by").is_some_and(|by| by == "Helm");
    let label = metadata.labels.get("app.kubernetes.io/instance").filter(|_| managed);
    annotation.or(label)
}

/// The hash that pods of the current template carry in a label: label and value.
///
/// A StatefulSet's status names its revision. A Deployment's does not, but the message of its condition `Progressing`
/// names the current ReplicaSet in quotes, whose name ends in the hash.
fn current_template(workload: &Workload) -> Option<(&'static str, &str)> {
    match workload.kind {
        WorkloadKind::StatefulSet => {
            let revision = workload.status.update_revision.as_str();
            (!revision.is_empty()).then_some(("controller-revision-hash", revision))
        }
        WorkloadKind::Deployment => {
            let progressing = workload.status.conditions.iter().find(|one| one.kind == "Progressing")?;
            let replica_set = progressing.message.split('"').nth(1)?;
            let (name, hash) = replica_set.rsplit_once('-')?;
            (name == workload.metadata.name).then_some(("pod-template-hash", hash))
        }
    }
}

struct Counts {
    new_ready: u32,
    new_not_ready: u32,
    old: u32,
}

fn count(workload: &Workload, pods: &[Pod], template: (&str, &str)) -> Counts {
    let mut counts = Counts { new_ready: 0, new_not_ready: 0, old: 0 };
    for pod in live(workload, pods) {
        let into = match (is_new(pod, template), pod.is_ready()) {
            (true, true) => &mut counts.new_ready,
            (true, false) => &mut counts.new_not_ready,
            (false, _) => &mut counts.old,
        };
        *into += 1;
    }
    counts
}

/// The workload's pods that its controller counts: not ended, and not on their way out.
fn live<'a>(workload: &'a Workload, pods: &'a [Pod]) -> impl Iterator<Item = &'a Pod> {
    pods_of(workload, pods).filter(|pod| {
        pod.metadata.deletion_timestamp.is_none()
            && !matches!(pod.status.phase.as_str(), "Succeeded" | "Failed")
    })
}

fn is_new(pod: &Pod, (label, hash): (&str, &str)) -> bool {
    pod.metadata.labels.get(label).is_some_and(|value| value == hash)
}

/// What holds the worst of the pods: new ones before old ones, then by reason.
fn waits(workload: &Workload, pods: &[Pod]) -> Option<Wait> {
    let template = current_template(workload);
    let old = |pod: &Pod| template.is_some_and(|template| !is_new(pod, template));
    let pods = pods_of(workload, pods)
        .filter(|pod| pod.metadata.deletion_timestamp.is_none() && !pod.is_ready())
        .filter_map(|pod| Some((old(pod), wait(pod)?)));
    let worst =
        pods.min_by(|(a_old, a), (b_old, b)| (a_old, &a.reason, &a.pod).cmp(&(b_old, &b.reason, &b.pod)));
    let failure = workload.status.conditions.iter().find(|one| one.kind == "ReplicaFailure" && one.is_true());
    let not_created = failure.map(|failure| Wait {
        reason: WaitReason::NotCreated(failure.reason.clone()),
        message: failure.message.clone(),
        pod: String::new(),
        container: None,
        certainty: Evidence::Reported,
    });
    match (worst, not_created) {
        (Some((_, wait)), Some(not_created)) if wait.reason > not_created.reason => Some(not_created),
        (Some((_, wait)), _) => Some(wait),
        (None, not_created) => not_created,
    }
}

fn wait(pod: &Pod) -> Option<Wait> {
    let status = &pod.status;
    let say = |reason, message: &str, container: Option<&ContainerStatus>, certainty| Wait {
        reason,
        message: message.to_owned(),
        pod: pod.metadata.name.clone(),
        container: container.map(|container| container.name.clone()),
        certainty,
    };
    if status.phase == "Failed" {
        let reason = WaitReason::PodFailed(status.reason.clone());
        return Some(say(reason, &status.message, None, Evidence::Reported));
    }
    if status.phase == "Succeeded" {
        return None;
    }
    let scheduled = status.conditions.iter().find(|one| one.kind == "PodScheduled" && one.is_false());
    if let Some(scheduled) = scheduled {
        let volume = scheduled.message.to_ascii_lowercase().contains("persistentvolumeclaim");
        let reason = if volume { WaitReason::Volume } else { WaitReason::Unschedulable };
        return Some(say(reason, &scheduled.message, None, Evidence::Reported));
    }
    let unfinished = |container: &&ContainerStatus| {
        container.state.terminated.as_ref().is_none_or(|ended| ended.exit_code != 0) && !container.ready
    };
    let init = status.init_container_statuses.iter().find(unfinished);
    let initializing = init.is_some();
    let held = init.into_iter().chain(status.container_statuses.iter().filter(|container| !container.ready));
    let one = |container: &ContainerStatus| {
        let (reason, message, certainty) = container_wait(container, initializing);
        say(reason, &message, Some(container), certainty)
    };
    let starting = || say(WaitReason::Starting, "", None, Evidence::Inferred);
    Some(held.map(one).min_by(|a, b| a.reason.cmp(&b.reason)).unwrap_or_else(starting))
}

/// Why this container is not ready, in its kubelet's words.
fn container_wait(container: &ContainerStatus, initializing: bool) -> (WaitReason, String, Evidence) {
    let ended = |ended: Option<&Terminated>| match ended {
        Some(ended) if ended.reason == "OOMKilled" => WaitReason::OutOfMemory,
        ended => WaitReason::Crash { exit_code: ended.map(|ended| ended.exit_code) },
    };
    let last = container.last_state.terminated.as_ref();
    let state = &container.state;
    if let Some(waiting) = &state.waiting {
        let message = waiting.message.clone();
        let reason = match waiting.reason.as_str() {
            "ImagePullBackOff"
            | "ErrImagePull"
            | "InvalidImageName"
            | "ErrImageNeverPull"
            | "ImageInspectError"
            | "RegistryUnavailable"
            | "SignatureValidationFailed" => WaitReason::Image(waiting.reason.clone()),
            "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" => {
                WaitReason::Config(waiting.reason.clone())
            }
            "CrashLoopBackOff" => {
                return (ended(last), crash_message(container, last, &message), Evidence::Reported);
            }
            "PodInitializing" => WaitReason::Init,
            "ContainerCreating" | "" if initializing => WaitReason::Init,
            "ContainerCreating" | "" => WaitReason::Starting,
            other => WaitReason::Other(other.to_owned()),
        };
        return (reason, message, Evidence::Reported);
    }
    if let Some(now) = &state.terminated {
        return (ended(Some(now)), crash_message(container, Some(now), ""), Evidence::Reported);
    }
    if state.running.is_some() && initializing {
        return (WaitReason::Init, String::new(), Evidence::Reported);
    }
    if state.running.is_some() {
        let message = match last {
            Some(last) => crash_message(container, Some(last), ""),
            None => String::new(),
        };
        return (WaitReason::Probe, message, Evidence::Inferred);
    }
    (WaitReason::Starting, String::new(), Evidence::Inferred)
}

/// "1 restart", "3 restarts".
pub fn restarts(count: u32) -> String {
    if count == 1 { "1 restart".to_owned() } else { format!("{count} restarts") }
}

/// "3 restarts, last exit code 137 (OOMKilled)", with the container's own last words.
fn crash_message(container: &ContainerStatus, last: Option<&Terminated>, words: &str) -> String {
    let restarts = restarts(container.restart_count);
    let Some(last) = last else {
        return if words.is_empty() { restarts } else { format!("{restarts}: {words}") };
    };
    let reason = if last.reason.is_empty() { String::new() } else { format!(" ({})", last.reason) };
    let own = if last.message.is_empty() { words } else { last.message.trim() };
    let own = if own.is_empty() { String::new() } else { format!(": {own}") };
    format!("{restarts}, last exit code {}{reason}{own}", last.exit_code)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::objects::{Condition, FromObject};

    fn deployment(replicas: u32, status: Value) -> Workload {
        let mut status = status;
        status["observedGeneration"] = json!(2);
        status["conditions"] = json!([{
            "type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated",
            "message": "ReplicaSet \"data-service-6b7f\" is progressing.",
        }]);
        Workload::from_object(&json!({
            "metadata": {"name": "data-service", "namespace": "rootcause", "generation": 2,
                "annotations": {"meta.helm.sh/release-name": "rootcause-platform"}},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "data-service"}}},
            "status": status,
        }))
    }

    fn stateful_set(status: Value) -> Workload {
        Workload::from_object(&json!({
            "kind": "StatefulSet",
            "metadata": {"name": "mongo", "namespace": "rootcause", "generation": 1},
            "spec": {"replicas": 3},
            "status": status,
        }))
    }

    fn pod(name: &str, replica_set: &str, status: Value) -> Pod {
        Pod::from_object(&json!({
            "metadata": {"name": name, "namespace": "rootcause",
                "labels": {"pod-template-hash": replica_set.rsplit('-').next().unwrap()},
                "ownerReferences": [{"kind": "ReplicaSet", "name": replica_set, "uid": "u", "controller": true}]},
            "status": status,
        }))
    }

    fn ready() -> Value {
        json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]})
    }

    fn waiting(reason: &str, message: &str) -> Value {
        json!({"phase": "Pending", "containerStatuses": [{"name": "main", "ready": false, "restartCount": 4,
            "state": {"waiting": {"reason": reason, "message": message}}}]})
    }

    #[test]
    fn counts_new_and_old_pods_by_their_template() {
        let workload = deployment(
            4,
            json!({"replicas": 5, "updatedReplicas": 4, "readyReplicas": 4, "availableReplicas": 4}),
        );
        let mut leaving = pod("e", "data-service-0aaa", ready());
        leaving.metadata.deletion_timestamp = "2026-03-01T12:00:00Z".parse().ok();
        let pods = [
            pod("a", "data-service-6b7f", ready()),
            pod("b", "data-service-6b7f", ready()),
            pod("c", "data-service-6b7f", ready()),
            pod("d", "data-service-6b7f", waiting("ImagePullBackOff", "no such image")),
            pod("old", "data-service-0aaa", ready()),
            leaving,
            pod("other", "data-service-cache-6b7f", ready()),
        ];
        let rollout = Rollout::of(&workload, Some(&pods));
        assert_eq!((rollout.new_ready, rollout.new_not_ready, rollout.old), (3, 1, 1));
        assert_eq!((rollout.percent(), rollout.sentence().as_str()), (75, "3 of 4 new, 1 old"));
        assert_eq!(rollout.helm_release.as_deref(), Some("rootcause-platform"));
        let wait = rollout.waits.clone().unwrap();
        assert_eq!((wait.reason.words().as_str(), wait.pod.as_str()), ("image pull (ImagePullBackOff)", "d"));
        assert_eq!((wait.container.as_deref(), wait.certainty), (Some("main"), Evidence::Reported));
        assert_eq!(rollout.tone(), Tone::Warn);
    }

    #[test]
    fn without_pods_the_status_has_to_do() {
        let workload = deployment(
            4,
            json!({"replicas": 5, "updatedReplicas": 2, "readyReplicas": 4, "availableReplicas": 4}),
        );
        let rollout = Rollout::of(&workload, None);
        assert_eq!((rollout.new_ready, rollout.new_not_ready, rollout.old), (1, 1, 3));
        assert_eq!((rollout.complete, rollout.waits.clone(), rollout.tone()), (false, None, Tone::Busy));
    }

    #[test]
    fn completes_by_kubectls_rule() {
        let check = |workload: Workload, complete: bool, sentence: &str| {
            let rollout = Rollout::of(&workload, None);
            assert_eq!((rollout.complete, rollout.sentence().as_str()), (complete, sentence));
            assert_eq!(rollout.percent() == 100, complete);
        };
        let full = json!({"replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, "availableReplicas": 2});
        check(deployment(2, full.clone()), true, "2 of 2 ready");
        check(deployment(0, json!({})), true, "scaled to zero");
        check(deployment(3, full.clone()), false, "2 of 3 ready");
        let mut unseen = deployment(2, full);
        unseen.metadata.generation = Some(3);
        check(unseen, false, "its controller has not seen the change yet");
        let rolled = json!({"observedGeneration": 1, "replicas": 3, "readyReplicas": 3, "currentRevision": "b", "updateRevision": "b"});
        check(stateful_set(rolled), true, "3 of 3 ready");
        let rolling = json!({"observedGeneration": 1, "replicas": 3, "readyReplicas": 3, "updatedReplicas": 1,
            "currentRevision": "a", "updateRevision": "b"});
        check(stateful_set(rolling.clone()), false, "1 of 3 new, 2 old");
        let mut partitioned = stateful_set(rolling);
        partitioned.spec.strategy.rolling_update.partition = 2;
        check(partitioned, true, "1 of 3 ready");
    }

    #[test]
    fn stalled_and_paused_are_said() {
        let mut workload =
            deployment(2, json!({"replicas": 2, "updatedReplicas": 1, "availableReplicas": 1}));
        workload.status.conditions[0].reason = "ProgressDeadlineExceeded".into();
        workload.spec.paused = true;
        let rollout = Rollout::of(&workload, None);
        assert_eq!(rollout.sentence(), "0 of 2 new, 1 old, paused, stalled");
        assert_eq!(rollout.tone(), Tone::Bad);
    }

    #[test]
    fn a_pod_says_what_it_waits_for() {
        let check = |status: Value, words: &str, message: &str| {
            let found = wait(&pod("a", "data-service-6b7f", status)).unwrap();
            assert_eq!((found.reason.words().as_str(), found.message.as_str()), (words, message));
        };
        check(waiting("ErrImagePull", "denied"), "image pull (ErrImagePull)", "denied");
        check(
            waiting("CreateContainerConfigError", "secret \"regcred\" not found"),
            "container configuration (CreateContainerConfigError)",
            "secret \"regcred\" not found",
        );
        check(waiting("ContainerCreating", ""), "starting", "");
        check(waiting("Strange", "x"), "Strange", "x");
        let crash = |reason: &str, code: i32| {
            json!({"containerStatuses": [{"name": "main", "restartCount": 3,
                "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}},
                "lastState": {"terminated": {"reason": reason, "exitCode": code, "message": "boom\n"}}}]})
        };
        check(crash("Error", 1), "crash loop (exit code 1)", "3 restarts, last exit code 1 (Error): boom");
        check(
            crash("OOMKilled", 137),
            "out of memory (OOMKilled)",
            "3 restarts, last exit code 137 (OOMKilled): boom",
        );
        let unscheduled = |message: &str| {
            json!({"phase": "Pending", "conditions": [
                {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}]})
        };
        check(
            unscheduled("0/2 nodes are available: 2 Insufficient cpu."),
            "no node takes it",
            "0/2 nodes are available: 2 Insufficient cpu.",
        );
        let volume = "0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims.";
        check(unscheduled(volume), "volume not bound", volume);
        check(
            json!({"phase": "Failed", "reason": "Evicted", "message": "disk"}),
            "pod failed (Evicted)",
            "disk",
        );
        check(json!({"phase": "Pending"}), "starting", "");
        check(
            json!({"containerStatuses": [{"name": "main", "restartCount": 0, "state": {"running": {}}}]}),
            "readiness probe",
            "",
        );
        check(
            json!({"initContainerStatuses": [
                    {"name": "done", "ready": true, "state": {"terminated": {"exitCode": 0}}},
                    {"name": "migrate", "state": {"running": {}}}],
                "containerStatuses": [{"name": "main", "state": {"waiting": {"reason": "PodInitializing"}}}]}),
            "init container",
            "",
        );
        check(
            json!({"initContainerStatuses": [{"name": "migrate", "restartCount": 1, "state": {"terminated": {"exitCode": 2}}}],
                "containerStatuses": [{"name": "main", "state": {"waiting": {"reason": "PodInitializing"}}}]}),
            "crash loop (exit code 2)",
            "1 restart, last exit code 2",
        );
    }

    #[test]
    fn a_pod_that_may_not_be_created_is_a_reason_too() {
        let mut workload = deployment(2, json!({}));
        workload.status.conditions.push(Condition::of(
            &json!({"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate",
                "message": "exceeded quota"}),
        ));
        let wait = Rollout::of(&workload, Some(&[])).waits.unwrap();
        assert_eq!(
            (wait.reason.words().as_str(), wait.message.as_str()),
            ("pod not created (FailedCreate)", "exceeded quota")
        );
    }

    #[test]
    fn pods_without_a_controller_belong_by_their_labels() {
        let workload = deployment(1, json!({}));
        let loose = Pod::from_object(&json!({"metadata": {"name": "loose", "namespace": "rootcause",
            "labels": {"app": "data-service", "x": "y"}}}));
        assert_eq!(pods_of(&workload, std::slice::from_ref(&loose)).count(), 1);
        let mut elsewhere = loose;
        elsewhere.metadata.namespace = "other".into();
        assert_eq!(pods_of(&workload, &[elsewhere]).count(), 0);
    }
}
