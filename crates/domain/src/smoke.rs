//! The smoke test after a version change: the operations guide's step 9, judged from the cluster.
//!
//! Its report is kept in an annotation of the custom resource, newest first, so that it is there with the operation in
//! any browser.

use serde_json::{Value, json};

use crate::ago;
use crate::objects::{Pod, text, time};
use crate::operation::{Operation, Outcome};
use crate::phase::Tone;
use crate::redact::redact;
use crate::request::Action;
use crate::rollout::Rollout;
use crate::sort;
use crate::time::{SignedDuration, Timestamp};

/// An operation that ended longer ago is not tested by itself.
const RECENT: SignedDuration = SignedDuration::from_mins(10);

/// Reports that are kept.
const KEPT: usize = 5;

/// Characters of what an item says that are kept: all annotations of an object together hold 256 KiB at most.
const WORDS: usize = 600;

/// How an item came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Failed,
    /// Could not be read.
    Unknown,
    /// For a person to look at.
    ByHand,
    Passed,
}

impl Verdict {
    const ALL: [Self; 4] = [Self::Failed, Self::Unknown, Self::ByHand, Self::Passed];

    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Unknown => "not checked",
            Self::ByHand => "by hand",
            Self::Passed => "passed",
        }
    }

    /// Its colour family.
    pub fn tone(self) -> Tone {
        match self {
            Self::Failed => Tone::Bad,
            Self::Unknown => Tone::Off,
            Self::ByHand => Tone::Warn,
            Self::Passed => Tone::Ok,
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub title: String,
    pub verdict: Verdict,
    /// Redacted.
    pub said: String,
}

impl Item {
    fn new(title: &str, verdict: Verdict, said: impl Into<String>) -> Self {
        Self { title: title.to_owned(), verdict, said: said.into() }
    }
}

/// An endpoint that was asked, by the name of what it serves: an answer, or why there was none; `None` where
/// `config.json` names no path.
pub type Answer = (&'static str, Option<Result<(), String>>);

/// What is to be asked, in the order of the guide: the key in `config.json` and the name.
pub const ENDPOINTS: [(&str, &str); 3] =
    [("login", "Platform login"), ("llm", "LLM responds"), ("data", "Data loads")];

/// A failed hook of a chart and what its container said last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    pub job: String,
    pub pod: Option<String>,
    pub log: Vec<String>,
}

/// The hooks' Jobs among these that failed at or after `since`, without their logs.
pub fn failed_hooks(jobs: &[Value], pods: &[Pod], since: Option<Timestamp>) -> Vec<Hook> {
    let failed = |job: &&Value| {
        let conditions = job["status"]["conditions"].as_array();
        let failed =
            conditions.into_iter().flatten().find(|it| it["type"] == "Failed" && it["status"] == "True");
        let is_hook = job["metadata"]["annotations"]["helm.sh/hook"].is_string();
        is_hook && failed.is_some_and(|it| time(it, "lastTransitionTime") >= since)
    };
    let hook = |job: &Value| {
        let name = text(&job["metadata"], "name");
        let pod = crate::backup::pod_of(&name, pods).map(|it| it.metadata.name.clone());
        Hook { job: name, pod, log: Vec::new() }
    };
    jobs.iter().filter(failed).map(hook).collect()
}

/// What the smoke test judges by.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    pub now: Timestamp,
    pub who: &'a str,
    pub operation: &'a Operation,
    /// `None` where workloads may not be read.
    pub rollouts: Option<&'a [Rollout]>,
    /// `None` where pods may not be read.
    pub pods: Option<&'a [Pod]>,
    /// The failed hooks; why the Jobs may not be read.
    pub hooks: &'a Result<Vec<Hook>, String>,
    pub answers: &'a [Answer],
}

/// What a smoke test found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub version: String,
    /// The version before.
    pub from: Option<String>,
    /// When the operation was requested that it belongs to.
    pub requested: Option<Timestamp>,
    pub at: Option<Timestamp>,
    pub who: String,
    pub items: Vec<Item>,
}

/// Whether an operation is a version change that is to be tested by itself: one that is under way, or that ended so
/// recently that what is found now is its doing.
pub fn due(operation: &Operation, now: Timestamp) -> bool {
    let recent = |ended| now.duration_since(ended) < RECENT;
    operation.action == Action::Upgrade
        && (operation.is_running() || operation.outcome.ended().is_some_and(recent))
}

/// Runs the test.
pub fn run(facts: &Facts<'_>) -> Report {
    let Facts { operation, .. } = facts;
    let mut items = vec![outcome(facts), hooks(facts), running(facts), restarts(facts)];
    items.push(Item::new("Admin UI", Verdict::Passed, "This page is part of it, and is served."));
    for (name, answer) in facts.answers {
        items.push(match answer {
            None => Item::new(name, Verdict::ByHand, "config.json names no address; look at it yourself."),
            Some(Ok(())) => Item::new(name, Verdict::Passed, "It answers."),
            Some(Err(why)) => Item::new(name, Verdict::Failed, redact(why)),
        });
    }
    Report {
        version: operation.to.clone().unwrap_or_default(),
        from: operation.from.clone(),
        requested: operation.requested,
        at: Some(facts.now),
        who: facts.who.to_owned(),
        items,
    }
}

fn outcome(facts: &Facts<'_>) -> Item {
    let (verdict, said) = match &facts.operation.outcome {
        Outcome::Succeeded { .. } => (Verdict::Passed, "The operator is done.".to_owned()),
        Outcome::Failed { reason, .. } => (Verdict::Failed, redact(reason)),
        Outcome::Running => (Verdict::Unknown, "It is still under way.".to_owned()),
        Outcome::Unknown => (Verdict::Unknown, "The operator does not say.".to_owned()),
    };
    Item::new("Operation", verdict, said)
}

/// The failed hooks, or what became of them.
fn hooks(facts: &Facts<'_>) -> Item {
    const TITLE: &str = "Charts' hooks";
    let blamed =
        matches!(&facts.operation.outcome, Outcome::Failed { reason, .. } if reason.contains("hook"));
    match facts.hooks {
        Err(why) => Item::new(TITLE, Verdict::Unknown, why.as_str()),
        Ok(hooks) if hooks.is_empty() && blamed => {
            let said = "Helm reports a failed hook, and its Job is no longer there: it was deleted between the failure and \
                        this look, by its chart's hook-delete-policy, its time to live or a person. The API server \
                        keeps no record of which.";
            Item::new(TITLE, Verdict::Failed, said)
        }
        Ok(hooks) if hooks.is_empty() => Item::new(TITLE, Verdict::Passed, "None failed."),
        Ok(hooks) => {
            let one = |hook: &Hook| {
                let pod = hook
                    .pod
                    .as_ref()
                    .map_or_else(|| "its pod is gone".to_owned(), |pod| format!("pod {pod}"));
                let log = redact(&hook.log.join("\n"));
                format!("Job {} failed, {pod}. {log}", hook.job)
            };
            Item::new(TITLE, Verdict::Failed, hooks.iter().map(one).collect::<Vec<_>>().join("\n"))
        }
    }
}

fn running(facts: &Facts<'_>) -> Item {
    const TITLE: &str = "All pods running and ready";
    let Some(rollouts) = facts.rollouts else {
        return Item::new(TITLE, Verdict::Unknown, "Workloads may not be read.");
    };
    let waiting = rollouts.iter().filter(|it| !it.complete && !it.scaled_to_zero);
    let words = waiting.map(|it| match &it.waits {
        Some(wait) => format!("{}: {}. {}", it.name, wait.reason.words(), redact(&wait.message)),
        None => format!("{} is not ready.", it.name),
    });
    let words: Vec<_> = words.collect();
    match words.is_empty() {
        true => Item::new(TITLE, Verdict::Passed, format!("{} workloads.", rollouts.len())),
        false => Item::new(TITLE, Verdict::Failed, words.join("\n")),
    }
}

/// Containers that ended and were started again since the operation was requested.
fn restarts(facts: &Facts<'_>) -> Item {
    const TITLE: &str = "None restarted since";
    let Some(pods) = facts.pods else {
        return Item::new(TITLE, Verdict::Unknown, "Pods may not be read.");
    };
    let since = facts.operation.requested;
    let mut words = Vec::new();
    for pod in pods {
        for container in pod.status.container_statuses.iter().filter(|it| it.restart_count > 0) {
            let last = container.last_state.terminated.as_ref().and_then(|it| it.finished_at);
            // Without a time of its own it cannot be told from one before.
            if last.is_some() && last >= since {
                let (name, count) = (&pod.metadata.name, container.restart_count);
                words.push(format!("{name}, {}: {count} times.", container.name));
            }
        }
    }
    match words.is_empty() {
        true => Item::new(TITLE, Verdict::Passed, format!("{} pods.", pods.len())),
        false => Item::new(TITLE, Verdict::Failed, words.join("\n")),
    }
}

impl Report {
    /// Whether anything failed.
    pub fn failed(&self) -> bool {
        self.items.iter().any(|it| it.verdict == Verdict::Failed)
    }

    /// In one sentence.
    pub fn sentence(&self) -> String {
        let count = |verdict| self.items.iter().filter(|it| it.verdict == verdict).count();
        let titles = |verdict| {
            let of = self.items.iter().filter(|it| it.verdict == verdict);
            of.map(|it| it.title.as_str()).collect::<Vec<_>>().join(", ")
        };
        let mut said = match count(Verdict::Failed) {
            0 => format!("{} of {} passed.", count(Verdict::Passed), self.items.len()),
            _ => format!("Failed: {}.", titles(Verdict::Failed)),
        };
        if count(Verdict::ByHand) > 0 {
            said += &format!(" To be looked at by hand: {}.", titles(Verdict::ByHand));
        }
        if count(Verdict::Unknown) > 0 {
            said += &format!(" Not checked: {}.", titles(Verdict::Unknown));
        }
        said
    }

    /// As a text to hand on.
    pub fn text(&self) -> String {
        let at = self.at.map_or_else(String::new, |it| it.to_string());
        let mut text =
            format!("Smoke test of {}, {at}, by {}\n{}\n", self.version, self.who, self.sentence());
        for item in &self.items {
            text += &format!("\n[{}] {}\n", item.verdict.word(), item.title);
            for line in item.said.lines() {
                text += &format!("    {line}\n");
            }
        }
        text
    }

    /// How long after the request it was run, in words.
    pub fn after(&self) -> Option<String> {
        Some(ago::duration(self.at?.duration_since(self.requested?)))
    }

    fn to_json(&self) -> Value {
        let item = |it: &Item| {
            let said: String = it.said.chars().take(WORDS).collect();
            json!([it.title, it.verdict.word(), said])
        };
        let when = |at: Option<Timestamp>| at.map(|it| it.to_string());
        json!({
            "version": self.version,
            "from": self.from,
            "requested": when(self.requested),
            "at": when(self.at),
            "who": self.who,
            "items": self.items.iter().map(item).collect::<Vec<_>>(),
        })
    }

    fn from_json(from: &Value) -> Self {
        let item = |it: &Value| {
            let word = it[1].as_str().unwrap_or_default();
            let verdict = Verdict::ALL.into_iter().find(|it| it.word() == word)?;
            Some(Item::new(it[0].as_str()?, verdict, it[2].as_str().unwrap_or_default()))
        };
        Self {
            version: text(from, "version"),
            from: from["from"].as_str().map(str::to_owned),
            requested: time(from, "requested"),
            at: time(from, "at"),
            who: text(from, "who"),
            items: from["items"].as_array().into_iter().flatten().filter_map(item).collect(),
        }
    }
}

/// The reports of the annotation, newest first.
pub fn read(annotation: &str) -> Vec<Report> {
    let reports: Value = serde_json::from_str(annotation).unwrap_or_default();
    reports.as_array().into_iter().flatten().map(Report::from_json).collect()
}

/// The annotation with this report in front of those before. One of the same operation is replaced.
pub fn with(reports: &[Report], report: &Report) -> String {
    let others = reports.iter().filter(|it| it.requested != report.requested);
    let mut all: Vec<&Report> = others.chain([report]).collect();
    sort::by(&mut all, |a, b| b.at.cmp(&a.at));
    Value::from_iter(all.into_iter().take(KEPT).map(Report::to_json)).to_string()
}

/// The report of this operation.
pub fn of<'a>(reports: &'a [Report], operation: &Operation) -> Option<&'a Report> {
    // An annotation keeps microseconds, a record milliseconds at most.
    let millisecond = |at: Option<Timestamp>| at.map(Timestamp::as_millisecond);
    reports.iter().find(|it| millisecond(it.requested) == millisecond(operation.requested))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::FromObject;
    use crate::operation::Origin;
    use crate::request::Action;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn operation(outcome: Outcome) -> Operation {
        Operation {
            action: Action::Upgrade,
            direction: None,
            from: Some("0.1.16".into()),
            to: Some("0.1.18".into()),
            origin: Origin::Recorded { who: "ana".into() },
            why: None,
            requested: Some(at("2026-03-01T12:00:00Z")),
            steps: Vec::new(),
            outcome,
        }
    }

    fn pod(restarted: Option<&str>) -> Pod {
        Pod::from_object(&json!({"metadata": {"name": "platform-1"}, "status": {"containerStatuses": [
            {"name": "main", "restartCount": u32::from(restarted.is_some()),
                "lastState": {"terminated": {"finishedAt": restarted}}}]}}))
    }

    fn report(
        outcome: Outcome,
        pods: &[Pod],
        hooks: &Result<Vec<Hook>, String>,
        answers: &[Answer],
    ) -> Report {
        run(&Facts {
            now: at("2026-03-01T12:01:00Z"),
            who: "ana",
            operation: &operation(outcome),
            rollouts: Some(&[]),
            pods: Some(pods),
            hooks,
            answers,
        })
    }

    #[test]
    fn what_failed_is_named() {
        let done = || Outcome::Succeeded { ended: None };
        let none = Ok(Vec::new());
        let good = report(done(), &[pod(None)], &none, &[("LLM responds", Some(Ok(())))]);
        assert_eq!((good.failed(), good.sentence().as_str()), (false, "6 of 6 passed."));
        let restarted = report(done(), &[pod(Some("2026-03-01T12:00:30Z"))], &none, &[]);
        assert_eq!(restarted.sentence(), "Failed: None restarted since.");
        // A restart from before is the old version's.
        assert!(!report(done(), &[pod(Some("2026-03-01T11:00:30Z"))], &none, &[]).failed());
        let hand = report(done(), &[], &Err("You may not list jobs.".into()), &[("Data loads", None)]);
        assert_eq!(
            hand.sentence(),
            "4 of 6 passed. To be looked at by hand: Data loads. Not checked: Charts' hooks."
        );
        let dead = report(done(), &[], &none, &[("Data loads", Some(Err("no endpoints".into())))]);
        assert_eq!(dead.sentence(), "Failed: Data loads.");
    }

    #[test]
    fn a_failed_hook_is_told_with_its_last_words_or_that_it_is_gone() {
        let failed = || Outcome::Failed { ended: None, reason: "pre-upgrade hooks failed".into() };
        let job = |when: &str| {
            json!({"metadata": {"name": "platform-migrate", "annotations": {"helm.sh/hook": "pre-upgrade"}},
            "status": {"conditions": [{"type": "Failed", "status": "True", "lastTransitionTime": when}]}})
        };
        let since = Some(at("2026-03-01T12:00:00Z"));
        assert!(failed_hooks(&[job("2026-03-01T11:00:00Z")], &[], since).is_empty());
        let mut hooks = failed_hooks(&[job("2026-03-01T12:00:10Z")], &[], since);
        hooks[0].log = vec!["migrating".into(), "column exists already".into()];
        let told = report(failed(), &[], &Ok(hooks), &[]);
        assert!(told.items[1].said.contains("column exists already"), "{:?}", told.items);
        let gone = report(failed(), &[], &Ok(Vec::new()), &[]);
        assert!(gone.items[1].said.contains("no longer there"), "{:?}", gone.items);
    }

    #[test]
    fn reports_are_kept_newest_first_and_one_an_operation() {
        let one = report(Outcome::Running, &[], &Ok(Vec::new()), &[]);
        let again = Report { at: Some(at("2026-03-01T13:00:00Z")), ..one.clone() };
        let kept = read(&with(std::slice::from_ref(&one), &again));
        assert_eq!(kept.len(), 1);
        assert_eq!(of(&kept, &operation(Outcome::Running)), Some(&again));
        let mut all = String::from("[]");
        for day in 1..9 {
            let at = at(&format!("2026-03-0{day}T12:00:00Z"));
            all = with(&read(&all), &Report { requested: Some(at), at: Some(at), ..one.clone() });
        }
        let kept = read(&all);
        assert_eq!((kept.len(), kept[0].at), (5, Some(at("2026-03-08T12:00:00Z"))));
        assert!(read("no json").is_empty());
        assert!(one.text().contains("[passed] Admin UI\n"));
    }
}
