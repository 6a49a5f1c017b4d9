//! Slim types of the Kubernetes objects that pages show, read from the API server's JSON.
//!
//! Only shown fields are read. A missing field, a `null` where Go leaves out an empty list, and a value of another type
//! or form are all the same as absent: none of them may lose the object it stands in.
//!
//! Reading is by hand and through few functions, since derived decoders of these types would be a fifth of the bundle.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use crate::restart::RESTARTED_AT;
use crate::secrets::consumers::{self, Use};
use crate::texts::Texts;
use crate::time::Timestamp;
use crate::users;

use serde_json::Value;

/// A view of an API object.
pub trait FromObject: Sized {
    /// Reads the view. It cannot fail: what is not there is absent or empty.
    fn from_object(object: &Value) -> Self;
}

/// The whole object is a view of it, too.
impl FromObject for Value {
    fn from_object(object: &Value) -> Self {
        object.clone()
    }
}

/// `ObjectMeta`, as far as pages show it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metadata {
    pub name: String,
    pub namespace: String,
    pub uid: String,
    pub resource_version: String,
    pub generation: Option<i64>,
    pub creation_timestamp: Option<Timestamp>,
    pub deletion_timestamp: Option<Timestamp>,
    pub labels: Texts,
    pub annotations: Texts,
    pub owner_references: Vec<OwnerReference>,
    pub finalizers: Vec<String>,
}

impl Metadata {
    fn of(object: &Value) -> Self {
        let from = &object["metadata"];
        Self {
            name: text(from, "name"),
            namespace: text(from, "namespace"),
            uid: text(from, "uid"),
            resource_version: text(from, "resourceVersion"),
            generation: number(from, "generation"),
            creation_timestamp: time(from, "creationTimestamp"),
            deletion_timestamp: time(from, "deletionTimestamp"),
            labels: texts(from, "labels"),
            annotations: texts(from, "annotations"),
            owner_references: list(from, "ownerReferences", OwnerReference::of),
            finalizers: items(from, "finalizers")
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
        }
    }
}

/// An object that another one belongs to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OwnerReference {
    pub kind: String,
    pub name: String,
    pub uid: String,
    pub controller: Option<bool>,
}

impl OwnerReference {
    fn of(from: &Value) -> Self {
        Self {
            kind: text(from, "kind"),
            name: text(from, "name"),
            uid: text(from, "uid"),
            controller: flag(from, "controller"),
        }
    }
}

/// An object read for its metadata alone, as `PartialObjectMetadata` or any other kind.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Partial {
    pub metadata: Metadata,
}

impl FromObject for Partial {
    fn from_object(object: &Value) -> Self {
        Self { metadata: Metadata::of(object) }
    }
}

/// A Deployment or a StatefulSet.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Workload {
    /// As read; a list's items carry none, so whoever lists sets it.
    pub kind: WorkloadKind,
    pub metadata: Metadata,
    pub spec: WorkloadSpec,
    pub status: WorkloadStatus,
}

impl FromObject for Workload {
    fn from_object(object: &Value) -> Self {
        Self {
            kind: match object["kind"].as_str() {
                Some("StatefulSet") => WorkloadKind::StatefulSet,
                _ => WorkloadKind::Deployment,
            },
            metadata: Metadata::of(object),
            spec: WorkloadSpec::of(&object["spec"]),
            status: WorkloadStatus::of(&object["status"]),
        }
    }
}

/// The kinds of [`Workload`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WorkloadKind {
    #[default]
    Deployment,
    StatefulSet,
}

impl WorkloadKind {
    /// The kind's name, as Kubernetes writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
        }
    }
}

/// What a workload asks for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WorkloadSpec {
    /// Absent means 1 (the API server's default).
    pub replicas: Option<u32>,
    pub selector: Selector,
    pub template: Template,
    pub paused: bool,
    /// A Deployment's `strategy`, a StatefulSet's `updateStrategy`.
    pub strategy: Strategy,
}

impl WorkloadSpec {
    fn of(from: &Value) -> Self {
        let strategy = if from["strategy"].is_object() { "strategy" } else { "updateStrategy" };
        Self {
            replicas: count(from, "replicas"),
            selector: Selector { match_labels: texts(&from["selector"], "matchLabels") },
            template: Template::of(&from["template"]),
            paused: flag(from, "paused").unwrap_or_default(),
            strategy: Strategy::of(&from[strategy]),
        }
    }
}

/// A label selector; expressions are not used by Helm charts' workloads and are not decoded.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Selector {
    pub match_labels: Texts,
}

/// A pod template, as far as its containers and the secrets that it names.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Template {
    pub labels: Texts,
    /// When its pods were last asked to be replaced without another change ([`crate::restart`]).
    pub restarted_at: Option<Timestamp>,
    pub spec: TemplateSpec,
    pub secrets: Vec<Use>,
    /// The platform admin emails that its pods are given.
    pub admin_emails: Option<String>,
}

impl Template {
    fn of(from: &Value) -> Self {
        Self {
            labels: texts(&from["metadata"], "labels"),
            restarted_at: time(&from["metadata"]["annotations"], RESTARTED_AT),
            spec: TemplateSpec { containers: list(&from["spec"], "containers", Container::of) },
            secrets: consumers::pod_spec(&from["spec"]),
            admin_emails: users::admins_of_pod(&from["spec"]),
        }
    }
}

/// The containers of a pod template.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TemplateSpec {
    pub containers: Vec<Container>,
}

/// A container as asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Container {
    pub name: String,
    pub image: String,
    /// What the scheduler reserves, by resource.
    pub requests: Texts,
    /// What it may use at most, by resource.
    pub limits: Texts,
}

impl Container {
    fn of(from: &Value) -> Self {
        Self {
            name: text(from, "name"),
            image: text(from, "image"),
            requests: texts(&from["resources"], "requests"),
            limits: texts(&from["resources"], "limits"),
        }
    }
}

/// How a workload replaces its pods.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Strategy {
    /// `RollingUpdate`, `Recreate` or `OnDelete`.
    pub kind: String,
    pub rolling_update: RollingUpdate,
}

impl Strategy {
    fn of(from: &Value) -> Self {
        Self {
            kind: text(from, "type"),
            rolling_update: RollingUpdate {
                partition: count(&from["rollingUpdate"], "partition").unwrap_or_default(),
                max_unavailable: number_or_text(&from["rollingUpdate"]["maxUnavailable"]),
            },
        }
    }
}

/// The bounds of a rolling update.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RollingUpdate {
    /// Pods with a lower ordinal are left as they are.
    pub partition: u32,
    /// How many pods may be missing meanwhile: a number or a share such as `25%`; empty where it does not say.
    pub max_unavailable: String,
}

/// What a workload's controller reports.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WorkloadStatus {
    pub observed_generation: Option<i64>,
    pub replicas: u32,
    pub updated_replicas: u32,
    pub ready_replicas: u32,
    pub available_replicas: u32,
    pub unavailable_replicas: u32,
    /// A StatefulSet's revision before the update.
    pub current_revision: String,
    /// A StatefulSet's revision that is being rolled out.
    pub update_revision: String,
    pub conditions: Vec<Condition>,
}

impl WorkloadStatus {
    fn of(from: &Value) -> Self {
        let count = |key| count(from, key).unwrap_or_default();
        Self {
            observed_generation: number(from, "observedGeneration"),
            replicas: count("replicas"),
            updated_replicas: count("updatedReplicas"),
            ready_replicas: count("readyReplicas"),
            available_replicas: count("availableReplicas"),
            unavailable_replicas: count("unavailableReplicas"),
            current_revision: text(from, "currentRevision"),
            update_revision: text(from, "updateRevision"),
            conditions: list(from, "conditions", Condition::of),
        }
    }
}

/// A condition of any object.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Condition {
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    pub reason: String,
    pub message: String,
    pub last_transition_time: Option<Timestamp>,
    pub observed_generation: Option<i64>,
}

impl Condition {
    pub(crate) fn of(from: &Value) -> Self {
        Self {
            kind: text(from, "type"),
            status: text(from, "status"),
            reason: text(from, "reason"),
            message: text(from, "message"),
            last_transition_time: time(from, "lastTransitionTime"),
            observed_generation: number(from, "observedGeneration"),
        }
    }

    /// Whether the condition holds.
    pub fn is_true(&self) -> bool {
        self.status == "True"
    }

    /// Whether the condition is said not to hold (`Unknown` is neither).
    pub fn is_false(&self) -> bool {
        self.status == "False"
    }
}

/// A pod. Cheap to clone and to compare with what it was a moment ago: thousands of them are handed on whenever one changes.
#[derive(Debug, Clone, Default)]
pub struct Pod(Arc<PodObject>);

/// What is read of a [`Pod`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PodObject {
    pub metadata: Metadata,
    pub spec: PodSpec,
    pub status: PodStatus,
}

impl PartialEq for Pod {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Deref for Pod {
    type Target = PodObject;

    fn deref(&self) -> &PodObject {
        &self.0
    }
}

impl DerefMut for Pod {
    fn deref_mut(&mut self) -> &mut PodObject {
        Arc::make_mut(&mut self.0)
    }
}

impl FromObject for Pod {
    fn from_object(object: &Value) -> Self {
        Self(Arc::new(PodObject {
            metadata: Metadata::of(object),
            spec: PodSpec::of(&object["spec"]),
            status: PodStatus::of(&object["status"]),
        }))
    }
}

impl Pod {
    /// Whether every condition that makes the pod serve holds: its `Ready` condition, and it is not being deleted.
    pub fn is_ready(&self) -> bool {
        self.metadata.deletion_timestamp.is_none()
            && self.status.conditions.iter().any(|condition| condition.kind == "Ready" && condition.is_true())
    }

    /// Whether it serves, and so does each of its containers: whatever was wrong before is over.
    pub fn is_well(&self) -> bool {
        self.status.container_statuses.iter().all(|it| it.ready) && self.is_ready()
    }
}

/// Where a pod runs, and what it needs for that.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PodSpec {
    pub node_name: String,
    pub containers: Vec<Container>,
    /// The names of the secrets with which its images are pulled; those of its service account are among them.
    pub image_pull_secrets: Vec<String>,
    /// The names of the PersistentVolumeClaims that it mounts.
    pub claims: Vec<String>,
    /// The labels that its node must have.
    pub node_selector: Texts,
}

impl PodSpec {
    fn of(from: &Value) -> Self {
        let claims = items(from, "volumes").iter().map(|it| text(&it["persistentVolumeClaim"], "claimName"));
        Self {
            node_name: text(from, "nodeName"),
            containers: list(from, "containers", Container::of),
            image_pull_secrets: list(from, "imagePullSecrets", |it| text(it, "name")),
            claims: claims.filter(|it| !it.is_empty()).collect(),
            node_selector: texts(from, "nodeSelector"),
        }
    }
}

/// What the kubelet and the scheduler report.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PodStatus {
    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
    pub phase: String,
    pub reason: String,
    pub message: String,
    pub start_time: Option<Timestamp>,
    pub conditions: Vec<Condition>,
    pub init_container_statuses: Vec<ContainerStatus>,
    pub container_statuses: Vec<ContainerStatus>,
}

impl PodStatus {
    fn of(from: &Value) -> Self {
        Self {
            phase: text(from, "phase"),
            reason: text(from, "reason"),
            message: text(from, "message"),
            start_time: time(from, "startTime"),
            conditions: list(from, "conditions", Condition::of),
            init_container_statuses: list(from, "initContainerStatuses", ContainerStatus::of),
            container_statuses: list(from, "containerStatuses", ContainerStatus::of),
        }
    }
}

/// What the kubelet reports of one container.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ContainerStatus {
    pub name: String,
    pub image: String,
    pub ready: bool,
    pub restart_count: u32,
    pub state: ContainerState,
    pub last_state: ContainerState,
}

impl ContainerStatus {
    fn of(from: &Value) -> Self {
        Self {
            name: text(from, "name"),
            image: text(from, "image"),
            ready: flag(from, "ready").unwrap_or_default(),
            restart_count: count(from, "restartCount").unwrap_or_default(),
            state: ContainerState::of(&from["state"]),
            last_state: ContainerState::of(&from["lastState"]),
        }
    }
}

/// One of waiting, running, terminated; none of them before the kubelet has looked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ContainerState {
    pub waiting: Option<Waiting>,
    pub running: Option<Running>,
    pub terminated: Option<Terminated>,
}

impl ContainerState {
    fn of(from: &Value) -> Self {
        Self {
            waiting: object(from, "waiting").map(Waiting::of),
            running: object(from, "running").map(|from| Running { started_at: time(from, "startedAt") }),
            terminated: object(from, "terminated").map(Terminated::of),
        }
    }
}

/// Why a container does not run yet.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Waiting {
    pub reason: String,
    pub message: String,
}

impl Waiting {
    fn of(from: &Value) -> Self {
        Self { reason: text(from, "reason"), message: text(from, "message") }
    }
}

/// Since when a container runs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Running {
    pub started_at: Option<Timestamp>,
}

/// How a container ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Terminated {
    pub reason: String,
    pub message: String,
    pub exit_code: i32,
    pub signal: i32,
    pub finished_at: Option<Timestamp>,
}

impl Terminated {
    fn of(from: &Value) -> Self {
        let number = |key| number(from, key).and_then(|it| i32::try_from(it).ok()).unwrap_or_default();
        Self {
            reason: text(from, "reason"),
            message: text(from, "message"),
            exit_code: number("exitCode"),
            signal: number("signal"),
            finished_at: time(from, "finishedAt"),
        }
    }
}

/// A core/v1 Event.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Event {
    pub metadata: Metadata,
    pub reason: String,
    pub message: String,
    /// `Normal` or `Warning`.
    pub kind: String,
    pub count: u32,
    pub first_timestamp: Option<Timestamp>,
    pub last_timestamp: Option<Timestamp>,
    pub event_time: Option<Timestamp>,
    pub series: Option<EventSeries>,
    pub involved_object: ObjectRef,
    pub source: EventSource,
    pub reporting_component: String,
}

impl FromObject for Event {
    fn from_object(object: &Value) -> Self {
        Self {
            metadata: Metadata::of(object),
            reason: text(object, "reason"),
            message: text(object, "message"),
            kind: text(object, "type"),
            count: count(object, "count").unwrap_or_default(),
            first_timestamp: time(object, "firstTimestamp"),
            last_timestamp: time(object, "lastTimestamp"),
            event_time: time(object, "eventTime"),
            series: self::object(object, "series").map(EventSeries::of),
            involved_object: ObjectRef::of(&object["involvedObject"]),
            source: EventSource { component: text(&object["source"], "component") },
            reporting_component: text(object, "reportingComponent"),
        }
    }
}

impl Event {
    /// When it last happened: the series' last time, else `lastTimestamp`, `eventTime`, `firstTimestamp` or the
    /// object's creation, whichever its writer filled in.
    pub fn last_seen(&self) -> Option<Timestamp> {
        let series = self.series.as_ref().and_then(|series| series.last_observed_time);
        series
            .or(self.last_timestamp)
            .or(self.event_time)
            .or(self.first_timestamp)
            .or(self.metadata.creation_timestamp)
    }

    /// How often it happened, at least once.
    pub fn times(&self) -> u32 {
        self.series.as_ref().map_or(self.count, |series| series.count).max(1)
    }

    /// Who reported it: `reportingComponent` of the newer API, else the older `source`.
    pub fn reporter(&self) -> &str {
        if self.reporting_component.is_empty() { &self.source.component } else { &self.reporting_component }
    }

    /// Whether it warns.
    pub fn is_warning(&self) -> bool {
        self.kind == "Warning"
    }
}

/// Repetitions of an event.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventSeries {
    pub count: u32,
    pub last_observed_time: Option<Timestamp>,
}

impl EventSeries {
    fn of(from: &Value) -> Self {
        Self {
            count: count(from, "count").unwrap_or_default(),
            last_observed_time: time(from, "lastObservedTime"),
        }
    }
}

/// The object an event is about.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ObjectRef {
    pub kind: String,
    pub namespace: String,
    pub name: String,
    pub uid: String,
}

impl ObjectRef {
    fn of(from: &Value) -> Self {
        Self {
            kind: text(from, "kind"),
            namespace: text(from, "namespace"),
            name: text(from, "name"),
            uid: text(from, "uid"),
        }
    }
}

/// The older form of an event's reporter.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventSource {
    pub component: String,
}

/// A coordination.k8s.io Lease: who leads, and since when not heard of.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lease {
    pub metadata: Metadata,
    pub spec: LeaseSpec,
}

impl FromObject for Lease {
    fn from_object(object: &Value) -> Self {
        let from = &object["spec"];
        let spec = LeaseSpec {
            holder_identity: text(from, "holderIdentity"),
            renew_time: time(from, "renewTime"),
            lease_duration_seconds: count(from, "leaseDurationSeconds"),
        };
        Self { metadata: Metadata::of(object), spec }
    }
}

/// A lease's holder and times.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LeaseSpec {
    pub holder_identity: String,
    pub renew_time: Option<Timestamp>,
    /// Seconds after `renew_time` at which the lease is free.
    pub lease_duration_seconds: Option<u32>,
}

/// The text at `key`, empty if absent.
pub(crate) fn text(from: &Value, key: &str) -> String {
    from[key].as_str().unwrap_or_default().to_owned()
}

/// The RFC 3339 time at `key`.
pub(crate) fn time(from: &Value, key: &str) -> Option<Timestamp> {
    from[key].as_str()?.parse().ok()
}

/// The whole number at `key`.
pub(crate) fn number(from: &Value, key: &str) -> Option<i64> {
    from[key].as_i64()
}

/// The number of things at `key`.
pub(crate) fn count(from: &Value, key: &str) -> Option<u32> {
    number(from, key)?.try_into().ok()
}

/// An `IntOrString`, as text; empty if absent.
pub(crate) fn number_or_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

fn flag(from: &Value, key: &str) -> Option<bool> {
    from[key].as_bool()
}

/// What is at `key`, if it is an object at all.
fn object<'a>(from: &'a Value, key: &str) -> Option<&'a Value> {
    Some(&from[key]).filter(|it| it.is_object())
}

/// The list at `key`, empty if absent.
pub(crate) fn items<'a>(from: &'a Value, key: &str) -> &'a [Value] {
    from[key].as_array().map_or(&[], Vec::as_slice)
}

fn list<T>(from: &Value, key: &str, read: fn(&Value) -> T) -> Vec<T> {
    items(from, key).iter().map(read).collect()
}

/// The names and texts of the object at `key`, such as labels.
fn texts(from: &Value, key: &str) -> Texts {
    let mut texts = Texts::default();
    for (name, text) in from[key].as_object().into_iter().flatten() {
        if let Some(text) = text.as_str() {
            texts.set(name, text);
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_missing_null_or_malformed_loses_nothing_else() {
        let pod = Pod::from_object(&json!({
            "metadata": {"name": "mongo-0", "namespace": null, "creationTimestamp": "yesterday",
                "labels": {"app": "mongo", "odd": 1}, "ownerReferences": null},
            "spec": "odd",
            "status": {"conditions": null, "containerStatuses": [{"name": "main", "restartCount": -1,
                "state": {"waiting": null, "terminated": {"exitCode": 137}}}]},
        }));
        let metadata = &pod.metadata;
        assert_eq!((metadata.name.as_str(), metadata.namespace.as_str()), ("mongo-0", ""));
        assert_eq!(
            (metadata.creation_timestamp, metadata.labels.get("app"), metadata.labels.get("odd")),
            (None, Some("mongo"), None)
        );
        let [container] = pod.status.container_statuses.as_slice() else { panic!("one container") };
        assert_eq!((container.restart_count, &container.state.waiting), (0, &None));
        assert_eq!(container.state.terminated.as_ref().map(|it| it.exit_code), Some(137));
        assert_eq!(Pod::from_object(&Value::Null), Pod::default());
    }

    #[test]
    fn both_kinds_of_workload_say_how_they_replace_pods() {
        let check = |field: &str, expect: &str| {
            let workload =
                Workload::from_object(&json!({"kind": "StatefulSet", "spec": {field: {"type": expect}}}));
            assert_eq!(
                (workload.kind, workload.spec.strategy.kind.as_str()),
                (WorkloadKind::StatefulSet, expect)
            );
        };
        check("strategy", "Recreate");
        check("updateStrategy", "OnDelete");
    }
}
