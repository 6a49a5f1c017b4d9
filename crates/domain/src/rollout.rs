//! How far a workload's rollout is, and what it waits for.

use crate::objects::{Metadata, Pod, Workload, WorkloadKind};
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
    /// Pods of the current template that are ready.
    pub new_ready: u32,
    /// Pods of the current template that are not ready yet.
    pub new_not_ready: u32,
    /// Pods of an earlier template that still run.
    pub old: u32,
    /// Pods short of being available.
    pub unavailable: u32,
    /// The controller has seen the current spec.
    pub observed: bool,
    /// All pods are of the current template and ready, no old one is left.
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
    /// In the kubelet's or scheduler's words, with what is known beside (exit code, restarts). May hold secrets.
    pub message: String,
    pub pod: String,
    pub container: Option<String>,
    pub certainty: Evidence,
}

/// Why a pod is not ready, worst first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum WaitReason {
    /// `ImagePullBackOff`, `ErrImagePull`, `InvalidImageName` …: the kubelet's own word.
    Image(String),
    /// A secret or config map that a container needs is missing (`CreateContainerConfigError`).
    Config(String),
    /// Killed for using more memory than its limit.
    OutOfMemory,
    /// Crashes again and again; with the last exit code.
    Crash { exit_code: Option<i32> },
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
    /// In a few words: "image pull (ImagePullBackOff)", "crash loop (exit code 137)", "no node fits".
    pub fn words(&self) -> String {
        todo!()
    }

    /// Whether it resolves itself with time.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Init | Self::Probe | Self::Starting)
    }
}

impl Rollout {
    /// The rollout of `workload`. `pods` are the namespace's (those of other workloads are ignored), `None` where they
    /// may not be listed: then the workload's own status has to do, and what it waits for stays unknown.
    pub fn of(workload: &Workload, pods: Option<&[Pod]>) -> Self {
        let _ = (workload, pods);
        todo!()
    }

    /// Ready pods of the current template in percent of the desired ones; 100 for a workload scaled to zero.
    pub fn percent(&self) -> u8 {
        todo!()
    }

    /// In words: "3 of 4 new, 1 old", "4 of 4 ready", "scaled to zero".
    pub fn sentence(&self) -> String {
        todo!()
    }

    /// The colour family of the bar.
    pub fn tone(&self) -> Tone {
        todo!()
    }
}

/// The pods that belong to `workload`: by controller reference where they have one, else by its selector's labels.
pub fn pods_of<'a>(workload: &'a Workload, pods: &'a [Pod]) -> impl Iterator<Item = &'a Pod> {
    let _ = workload;
    pods.iter()
}

/// The Helm release that an object belongs to: annotation `meta.helm.sh/release-name`, else label
/// `app.kubernetes.io/instance` of an object that Helm manages.
pub fn helm_release(metadata: &Metadata) -> Option<&str> {
    let annotation = metadata.annotations.get("meta.helm.sh/release-name");
    let managed = metadata.labels.get("app.kubernetes.io/managed-by").is_some_and(|by| by == "Helm");
    let label = metadata.labels.get("app.kubernetes.io/instance").filter(|_| managed);
    annotation.or(label).map(String::as_str)
}
