//! Restoring a backup, step by step: stop what writes, restore, start it again, then the version.
//!
//! Where a restore stands is read from the cluster alone: Deployments that were stopped carry how many pods they had and
//! which backup is being restored, and the Job says the rest. So any browser can go on with it.

use serde_json::{Value, json};

use super::{Backup, OF, RESTORE, State, pod_of, state};
use crate::objects::{Pod, Workload, text, time};
use crate::phase::Tone;
use crate::request::shell;

use crate::version::same;

/// The annotation of a stopped Deployment: how many pods it had.
const REPLICAS: &str = "admin.rootcause.dev/restore-replicas";

/// How a step stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Waits for the ones before it.
    Later,
    /// Is the next to be done.
    Next,
    /// Under way in the cluster.
    Running,
    Done,
    /// In the cluster's words.
    Failed(String),
}

impl Progress {
    /// In a word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Later => "later",
            Self::Next => "next",
            Self::Running => "under way",
            Self::Done => "done",
            Self::Failed(_) => "failed",
        }
    }

    /// Its colour family.
    pub fn tone(&self) -> Tone {
        match self {
            Self::Later => Tone::Off,
            Self::Next | Self::Running => Tone::Busy,
            Self::Done => Tone::Ok,
            Self::Failed(_) => Tone::Bad,
        }
    }
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepName {
    Stop,
    Restore,
    Start,
    Version,
}

/// A step of a restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub name: StepName,
    pub title: String,
    pub progress: Progress,
    /// What it waits for, or what it did.
    pub said: String,
}

/// A restore that was begun, or could be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restore {
    pub steps: Vec<Step>,
    /// The Job, once there is one.
    pub job: Option<String>,
}

/// The Deployments that write into the databases: all of the two releases.
pub fn writers<'a>(deployments: &'a [Workload], releases: &[&str]) -> Vec<&'a Workload> {
    let ours = |it: &&Workload| {
        let release = it.metadata.annotations.get("meta.helm.sh/release-name");
        release.is_some_and(|name| releases.contains(&name))
    };
    deployments.iter().filter(ours).collect()
}

/// The backup that is being restored, by what was stopped for it; `None` where no restore is under way.
pub fn under_way(writers: &[&Workload]) -> Option<String> {
    writers.iter().find_map(|it| it.metadata.annotations.get(OF)).map(str::to_owned)
}

/// The patch that stops a Deployment and keeps what it had.
pub fn stop(writer: &Workload, backup: &str) -> Value {
    let kept = writer.metadata.annotations.get(REPLICAS).map(str::to_owned);
    let replicas = kept.unwrap_or_else(|| writer.spec.replicas.unwrap_or(1).to_string());
    json!({"metadata": {"annotations": {REPLICAS: replicas, OF: backup}}, "spec": {"replicas": 0}})
}

/// The patch that starts it again.
pub fn start(writer: &Workload) -> Value {
    let kept = writer.metadata.annotations.get(REPLICAS).and_then(|it| it.parse::<u32>().ok());
    let replicas = kept.unwrap_or_else(|| writer.spec.replicas.unwrap_or(1));
    json!({"metadata": {"annotations": {REPLICAS: null, OF: null}}, "spec": {"replicas": replicas}})
}

/// The commands that stop or start these Deployments.
pub fn scale_command(writers: &[&Workload], namespace: &str, stop: bool) -> String {
    let line = |it: &&Workload| {
        let replicas = if stop { Value::from(0) } else { start(it)["spec"]["replicas"].clone() };
        format!(
            "kubectl scale deployment {} -n {} --replicas {replicas}",
            shell(&it.metadata.name),
            shell(namespace)
        )
    };
    writers.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Where the restore of `backup` stands. `deployed` is the version that runs.
pub fn restore(
    backup: &Backup,
    writers: &[&Workload],
    jobs: &[Value],
    pods: &[Pod],
    deployed: Option<&str>,
) -> Restore {
    let begun = under_way(writers).as_deref() == Some(&*backup.job);
    let up: Vec<&str> = writers
        .iter()
        .filter(|it| it.spec.replicas != Some(0) || it.status.replicas > 0)
        .map(|it| it.metadata.name.as_str())
        .collect();
    let stopping = writers.iter().all(|it| it.spec.replicas == Some(0));
    let newest = |jobs: &[Value]| -> Option<Value> {
        let of = |it: &&Value| {
            it["metadata"]["labels"][RESTORE].is_string() && it["metadata"]["annotations"][OF] == *backup.job
        };
        let at = |it: &&Value| time(&it["metadata"], "creationTimestamp");
        jobs.iter().filter(of).max_by_key(at).cloned()
    };
    let job = newest(jobs);
    let name = job.as_ref().map(|it| text(&it["metadata"], "name"));
    let run = job.as_ref().map(|it| state(it, name.as_deref().and_then(|name| pod_of(name, pods))));
    let restored = match &run {
        None => Progress::Later,
        Some(State::Starting | State::Running) => Progress::Running,
        Some(State::Failed(words)) => Progress::Failed(words.clone()),
        Some(State::Proved(_) | State::Unproved) => Progress::Done,
    };
    let finished = restored == Progress::Done;
    let stopped = if finished || up.is_empty() {
        Progress::Done
    } else if stopping && !writers.is_empty() {
        Progress::Running
    } else {
        Progress::Next
    };
    let ready = stopped == Progress::Done;
    let started = match (begun, finished) {
        (true, true) => Progress::Next,
        (false, true) if up.len() < writers.len() => Progress::Running,
        (false, true) => Progress::Done,
        _ => Progress::Later,
    };
    let version = match (&backup.version, deployed) {
        (Some(then), Some(now)) if !same(then, now) => {
            let words = format!("It was taken from {then}; {now} is deployed.");
            (if started == Progress::Done { Progress::Next } else { Progress::Later }, words)
        }
        (Some(then), _) => {
            (if finished { Progress::Done } else { Progress::Later }, format!("It was taken from {then}."))
        }
        (None, _) => (Progress::Later, "Which version it was taken from is not known.".to_owned()),
    };
    let step =
        |name, title: &str, progress, said: String| Step { name, title: title.to_owned(), progress, said };
    let names = |list: &[&str]| {
        if list.is_empty() { "Nothing that writes is running.".to_owned() } else { list.join(", ") }
    };
    Restore {
        steps: vec![
            step(StepName::Stop, "Stop what writes", stopped, names(&up)),
            step(
                StepName::Restore,
                &format!("Restore {}", backup.database.name()),
                if restored == Progress::Later && ready { Progress::Next } else { restored.clone() },
                match (&restored, &name) {
                    (Progress::Failed(words), _) => words.clone(),
                    (_, Some(name)) => format!("Job {name}"),
                    _ => format!("It overwrites all that {} holds now.", backup.database.name()),
                },
            ),
            step(StepName::Start, "Start it again", started, "With as many pods as before.".to_owned()),
            step(StepName::Version, "Select the version", version.0, version.1),
        ],
        job: name,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{backup, proved};
    use super::*;
    use crate::objects::FromObject;

    fn writer(spec: u32, running: u32, of: Option<&str>) -> Workload {
        let mut it = json!({"metadata": {"name": "platform", "annotations": {
                "meta.helm.sh/release-name": "rootcause-platform"}},
            "spec": {"replicas": spec}, "status": {"replicas": running}});
        if let Some(of) = of {
            it["metadata"]["annotations"][OF] = of.into();
            it["metadata"]["annotations"][REPLICAS] = "2".into();
        }
        Workload::from_object(&it)
    }

    fn job(condition: Option<&str>) -> Value {
        let mut it = json!({"metadata": {"name": "restore-1", "labels": {RESTORE: "postgresql"},
            "annotations": {OF: "b1"}, "creationTimestamp": "2026-03-01T12:00:00Z"}, "status": {}});
        if let Some(kind) = condition {
            it["status"]["conditions"] = json!([{"type": kind, "status": "True", "message": "it broke"}]);
        }
        it
    }

    #[test]
    fn each_step_follows_from_the_cluster() {
        let check = |writer: Workload, jobs: &[Value], expect: [&str; 4]| {
            let all = [writer];
            let writers = writers(&all, &["rootcause-platform"]);
            let now = restore(&backup(proved()), &writers, jobs, &[], Some("0.1.16"));
            let words: Vec<_> = now.steps.iter().map(|it| it.progress.word()).collect();
            assert_eq!(words, expect);
        };
        check(writer(2, 2, None), &[], ["next", "later", "later", "later"]);
        check(writer(0, 2, Some("b1")), &[], ["under way", "later", "later", "later"]);
        check(writer(0, 0, Some("b1")), &[], ["done", "next", "later", "later"]);
        check(writer(0, 0, Some("b1")), &[job(None)], ["done", "under way", "later", "later"]);
        check(writer(0, 0, Some("b1")), &[job(Some("Failed"))], ["done", "failed", "later", "later"]);
        check(writer(0, 0, Some("b1")), &[job(Some("Complete"))], ["done", "done", "next", "later"]);
        check(writer(2, 2, None), &[job(Some("Complete"))], ["done", "done", "done", "next"]);
    }

    #[test]
    fn what_was_stopped_starts_as_it_was() {
        let fresh = writer(3, 3, None);
        let patch = stop(&fresh, "b1");
        assert_eq!(patch["metadata"]["annotations"][REPLICAS], "3");
        assert_eq!(patch["spec"]["replicas"], 0);
        // A second stop must not forget the first one's number.
        let stopped = writer(0, 0, Some("b1"));
        assert_eq!(stop(&stopped, "b1")["metadata"]["annotations"][REPLICAS], "2");
        assert_eq!(start(&stopped)["spec"]["replicas"], 2);
        assert_eq!(under_way(&[&stopped]).as_deref(), Some("b1"));
        assert_eq!(
            scale_command(&[&stopped], "apps", false),
            "kubectl scale deployment platform -n apps --replicas 2"
        );
    }
}
