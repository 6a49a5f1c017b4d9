//! Rotation: a new value, then a restart of each of its users in order, each proven ready before the next.
//!
//! What is to be done stands in an annotation of the secret that is written together with the value, and how far it has
//! come is told by the workloads themselves. So nothing is lost with a tab or a connection: whoever looks next goes on
//! from what the cluster shows. The value before is no part of it; only the page that rotated has that.

use serde_json::{Value, json};

use super::consumers::{Graph, How};
use crate::objects::{Workload, WorkloadKind};
use crate::restart;
use crate::rollout::Rollout;
use crate::sort;
use crate::time::Timestamp;

/// The annotation with the record: who rotated which keys when, and who is to be restarted.
pub const RECORD: &str = "admin.rootcause.dev/rotation";

/// The label of secrets whose rotation has not ended, by which they are found without reading all.
pub const OPEN: (&str, &str) = ("admin.rootcause.dev/rotation", "open");

/// A rotation as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    pub when: Timestamp,
    pub who: String,
    pub keys: Vec<String>,
    /// In the order of their restart.
    pub steps: Vec<Step>,
}

/// A workload to restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub kind: WorkloadKind,
    pub name: String,
}

impl Step {
    /// "StatefulSet postgres".
    pub fn words(&self) -> String {
        format!("{} {}", self.kind.name(), self.name)
    }
}

/// Who must be restarted for new values of these keys: whoever reads them when it starts. Image pulls and Ingresses read a
/// secret each time they use it. Databases come before what talks to them.
pub fn plan(graph: &Graph, secret: &str, keys: &[String]) -> Vec<Step> {
    let mut steps = Vec::new();
    for consumer in &graph.consumers {
        let kind = match consumer.kind.as_str() {
            "StatefulSet" => WorkloadKind::StatefulSet,
            "Deployment" => WorkloadKind::Deployment,
            _ => continue,
        };
        let reads = consumer.of(secret).any(|usage| {
            let named = usage.keys.is_empty() || usage.keys.iter().any(|key| keys.contains(key));
            named && matches!(usage.how, How::Env | How::EnvFrom | How::Volume)
        });
        if reads {
            steps.push(Step { kind, name: consumer.name.clone() });
        }
    }
    sort::by(&mut steps, |a, b| (b.kind, &a.name).cmp(&(a.kind, &b.name)));
    steps
}

impl Rotation {
    /// What is merged into the secret together with the new values.
    pub fn record(&self) -> Value {
        let steps: Vec<_> = self.steps.iter().map(|it| json!([it.kind.name(), it.name])).collect();
        let record =
            json!({"when": self.when.to_string(), "who": self.who, "keys": self.keys, "restart": steps});
        let label = if self.steps.is_empty() { Value::Null } else { OPEN.1.into() };
        json!({"metadata": {"annotations": {RECORD: record.to_string()}, "labels": {OPEN.0: label}}})
    }

    /// What is merged into the secret when nothing is left to do.
    pub fn closing() -> Value {
        json!({"metadata": {"labels": {OPEN.0: Value::Null}}})
    }

    /// Reads the record of a secret's metadata, and whether it is still open.
    pub fn read(metadata: &Value) -> Option<(Self, bool)> {
        let record: Value = serde_json::from_str(metadata["annotations"][RECORD].as_str()?).ok()?;
        let texts = |of: &Value| -> Vec<String> {
            of.as_array().into_iter().flatten().filter_map(|it| it.as_str().map(str::to_owned)).collect()
        };
        let step = |of: &Value| match texts(of).as_slice() {
            [kind, name] => {
                let kinds = [WorkloadKind::Deployment, WorkloadKind::StatefulSet];
                let kind = kinds.into_iter().find(|it| it.name() == kind)?;
                Some(Step { kind, name: name.clone() })
            }
            _ => None,
        };
        let rotation = Self {
            when: record["when"].as_str()?.parse().ok()?,
            who: record["who"].as_str().unwrap_or_default().to_owned(),
            keys: texts(&record["keys"]),
            steps: record["restart"].as_array().into_iter().flatten().filter_map(step).collect(),
        };
        Some((rotation, metadata["labels"][OPEN.0] == OPEN.1))
    }
}

/// How far one restart is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Not restarted yet.
    Waits,
    /// Asked for, in the rollout's words.
    Restarting(String),
    /// All its pods started after the rotation and are ready.
    Ready,
    /// It will not get there by itself; why.
    Stopped(String),
    /// There is no such workload any more.
    Gone,
}

impl State {
    /// In words.
    pub fn words(&self) -> String {
        match self {
            Self::Waits => "waits its turn".to_owned(),
            Self::Restarting(words) => format!("restarting: {words}"),
            Self::Ready => "restarted and ready".to_owned(),
            Self::Stopped(why) => format!("stopped: {why}"),
            Self::Gone => "gone: there is nothing to restart".to_owned(),
        }
    }

    fn is_over(&self) -> bool {
        matches!(self, Self::Ready | Self::Gone)
    }
}

/// What is to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Restart the step of this index.
    Restart(usize),
    /// Something is on its way.
    Wait,
    /// The step of this index stopped: nothing after it is touched.
    Stopped(usize),
    Done,
}

/// How far a rotation is, by what the cluster shows. `sent` are the steps that this page has asked to restart: their
/// workloads may be seen only later.
pub fn progress(
    rotation: &Rotation,
    workloads: &[Workload],
    rollouts: &[Rollout],
    sent: &[usize],
) -> (Vec<State>, Next) {
    let mut states = Vec::new();
    let mut next = None;
    for (index, step) in rotation.steps.iter().enumerate() {
        let mine = |kind: WorkloadKind, name: &str| kind == step.kind && name == step.name;
        let workload = workloads.iter().find(|it| mine(it.kind, &it.metadata.name));
        let rollout = rollouts.iter().find(|it| mine(it.kind, &it.name));
        let state = match (workload, rollout) {
            (Some(workload), Some(rollout)) => state(rotation, workload, rollout, sent.contains(&index)),
            _ => State::Gone,
        };
        if next.is_none() && !state.is_over() {
            next = Some(match &state {
                State::Waits => Next::Restart(index),
                State::Stopped(_) => Next::Stopped(index),
                _ => Next::Wait,
            });
        }
        states.push(state);
    }
    (states, next.unwrap_or(Next::Done))
}

fn state(rotation: &Rotation, workload: &Workload, rollout: &Rollout, sent: bool) -> State {
    // The annotation has whole seconds.
    let second = |it: Timestamp| it.as_millisecond().div_euclid(1000);
    let restarted = workload.spec.template.restarted_at.is_some_and(|it| second(it) >= second(rotation.when));
    if !restarted {
        return match restart::impossible(workload) {
            // Without pods there is nothing that holds the old value.
            Some(_) if rollout.scaled_to_zero => State::Ready,
            Some(why) => State::Stopped(why.to_owned()),
            None if sent => State::Restarting("asked for".to_owned()),
            None => State::Waits,
        };
    }
    if rollout.complete {
        return State::Ready;
    }
    if let Some(why) = &rollout.stalled {
        return State::Stopped(why.clone());
    }
    match &rollout.waits {
        Some(wait) if !wait.reason.is_passing() => {
            State::Stopped(format!("{} ({})", wait.reason.words(), wait.pod))
        }
        _ => State::Restarting(rollout.sentence()),
    }
}

/// In a sentence: how far it is.
pub fn sentence(secret: &str, rotation: &Rotation, states: &[State], next: &Next) -> String {
    let done = states.iter().filter(|it| it.is_over()).count();
    let all = states.len();
    match next {
        Next::Done if all == 0 => format!("{secret} was changed; nobody needs a restart."),
        Next::Done => format!("{secret} was rotated: {done} of {all} restarted and ready."),
        Next::Stopped(at) => {
            let step = rotation.steps.get(*at).map(Step::words).unwrap_or_default();
            format!("The rotation of {secret} stopped at {step}: {done} of {all} restarted and ready.")
        }
        Next::Wait | Next::Restart(_) => {
            format!("{secret} is being rotated: {done} of {all} restarted and ready.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::FromObject;
    use crate::pointer::apply_merge_patch;

    const WHEN: &str = "2026-03-01T12:00:00.5Z";

    fn rotation(names: &[&str]) -> Rotation {
        let step = |name: &&str| Step { kind: WorkloadKind::Deployment, name: (*name).to_owned() };
        Rotation {
            when: WHEN.parse().unwrap(),
            who: "ana".into(),
            keys: vec!["password".into()],
            steps: names.iter().map(step).collect(),
        }
    }

    /// A Deployment, restarted at that second, with so many of its two pods updated and available.
    fn workload(name: &str, restarted: Option<&str>, ready: u32) -> Workload {
        Workload::from_object(&json!({
            "metadata": {"name": name, "generation": 2},
            "spec": {"replicas": 2, "template": {"metadata": {"annotations": {restart::RESTARTED_AT: restarted}}}},
            "status": {"observedGeneration": 2, "replicas": 2, "updatedReplicas": ready, "readyReplicas": 2,
                "availableReplicas": 2},
        }))
    }

    fn check(names: &[&str], workloads: &[Workload], sent: &[usize], states: &[&str], next: Next) {
        let rollouts: Vec<_> = workloads.iter().map(|it| Rollout::of(it, None)).collect();
        let (found, then) = progress(&rotation(names), workloads, &rollouts, sent);
        assert_eq!(found.iter().map(State::words).collect::<Vec<_>>(), states);
        assert_eq!(then, next);
    }

    #[test]
    fn one_after_another_each_proven_ready() {
        const AFTER: Option<&str> = Some("2026-03-01T12:00:00Z");
        const BEFORE: Option<&str> = Some("2026-03-01T11:59:59Z");
        let names = ["a", "b"];
        let old = || workload("b", BEFORE, 2);
        check(
            &names,
            &[workload("a", None, 2), old()],
            &[],
            &["waits its turn", "waits its turn"],
            Next::Restart(0),
        );
        check(
            &names,
            &[workload("a", None, 2), old()],
            &[0],
            &["restarting: asked for", "waits its turn"],
            Next::Wait,
        );
        check(
            &names,
            &[workload("a", AFTER, 1), old()],
            &[0],
            &["restarting: 1 of 2 new, 1 old", "waits its turn"],
            Next::Wait,
        );
        check(
            &names,
            &[workload("a", AFTER, 2), old()],
            &[0],
            &["restarted and ready", "waits its turn"],
            Next::Restart(1),
        );
        check(
            &names,
            &[workload("a", AFTER, 2), workload("b", AFTER, 2)],
            &[],
            &["restarted and ready"; 2],
            Next::Done,
        );
        check(
            &names,
            &[old()],
            &[],
            &["gone: there is nothing to restart", "waits its turn"],
            Next::Restart(1),
        );
        check(&[], &[], &[], &[], Next::Done);
    }

    #[test]
    fn what_does_not_get_ready_stops_the_rest() {
        let mut stuck = workload("a", Some("2026-03-01T12:00:01Z"), 1);
        stuck.status.conditions = vec![crate::objects::Condition {
            kind: "Progressing".into(),
            status: "False".into(),
            reason: "ProgressDeadlineExceeded".into(),
            message: "it took too long".into(),
            ..Default::default()
        }];
        let expect = ["stopped: it took too long", "waits its turn"];
        check(&["a", "b"], &[stuck, workload("b", None, 2)], &[0], &expect, Next::Stopped(0));
        let mut paused = workload("a", None, 2);
        paused.spec.paused = true;
        let expect = ["stopped: The workload is paused: nothing rolls until it is resumed."];
        check(&["a"], &[paused], &[], &expect, Next::Stopped(0));
        let (states, next) = ([State::Ready, State::Stopped("x".into())], Next::Stopped(1));
        assert_eq!(
            sentence("db", &rotation(&["a", "b"]), &states, &next),
            "The rotation of db stopped at Deployment b: 1 of 2 restarted and ready."
        );
    }

    #[test]
    fn a_record_is_found_again_until_it_is_closed() {
        let mut secret = json!({"metadata": {"labels": {"a": "b"}}});
        apply_merge_patch(&mut secret, &rotation(&["a"]).record());
        assert_eq!(Rotation::read(&secret["metadata"]), Some((rotation(&["a"]), true)));
        apply_merge_patch(&mut secret, &Rotation::closing());
        assert_eq!(Rotation::read(&secret["metadata"]), Some((rotation(&["a"]), false)));
        assert_eq!(secret["metadata"]["labels"], json!({"a": "b"}));
        assert_eq!(Rotation::read(&json!({"annotations": {RECORD: "odd"}})), None);
        assert_eq!(Rotation::read(&Value::Null), None);
    }

    #[test]
    fn who_reads_a_key_at_its_start_is_restarted_databases_first() {
        let mut graph = Graph::default();
        let pod = |env: Value, pull: &str| {
            json!({"spec": {"template": {"spec": {"containers": [{"name": "main", "env": [env]}],
                "imagePullSecrets": [{"name": pull}]}}}})
        };
        let env = |key: &str| json!({"name": "A", "valueFrom": {"secretKeyRef": {"name": "db", "key": key}}});
        let named = |name: &str, mut of: Value| {
            of["metadata"] = json!({"name": name});
            Workload::from_object(&of)
        };
        graph.workloads(
            WorkloadKind::Deployment,
            &[
                named("web", pod(env("password"), "x")),
                named("other-key", pod(env("user"), "x")),
                named("pulls", pod(Value::Null, "db")),
            ],
        );
        graph.workloads(WorkloadKind::StatefulSet, &[named("store", pod(env("password"), "x"))]);
        let plan: Vec<_> = plan(&graph, "db", &["password".to_owned()]).iter().map(Step::words).collect();
        assert_eq!(plan, ["StatefulSet store", "Deployment web"]);
    }
}
