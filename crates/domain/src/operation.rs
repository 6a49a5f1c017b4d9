//! The timeline of the current or last operation: requested → seen → dependencies → platform → Ready.
//!
//! Nothing of it is remembered by the client: it is computed from the newest request record (or, for a change made
//! elsewhere, the API server's managedFields), the conditions' transition times, the phase, the generations and Helm's
//! history. So it is there after a reload, in another browser, and after it ended.

use crate::contract::Contract;
use crate::helm::{HistoryRow, Status};
use crate::installation::Installation;
use crate::objects::Condition;
use crate::owner::MANAGER;
use crate::phase::Phase;
use crate::redact::redact;
use crate::request::{Action, Record};
use crate::rollout::Rollout;
use crate::time::{SignedDuration, Timestamp};
use crate::version::{Direction, same};

/// What an operation is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    pub contract: &'a Contract,
    pub installation: &'a Installation,
    /// Newest first; empty where the release secrets are not readable.
    pub dependencies: &'a [HistoryRow],
    /// Newest first; empty where the release secrets are not readable.
    pub platform: &'a [HistoryRow],
    pub rollouts: &'a [Rollout],
}

/// A change on its way through the operator, or the last one that went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    pub action: Action,
    pub direction: Option<Direction>,
    pub from: Option<String>,
    pub to: Option<String>,
    pub origin: Origin,
    pub why: Option<String>,
    pub requested: Option<Timestamp>,
    pub steps: Vec<Step>,
    pub outcome: Outcome,
}

/// Where an operation came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Requested through this client, by this user.
    Recorded { who: String },
    /// Written by another tool, such as kubectl; its field manager, where the API server tells.
    Outside { manager: Option<String> },
}

/// The steps of an operation. An undeploy takes the platform before the dependencies and ends with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepName {
    Requested,
    Seen,
    Dependencies,
    Platform,
    Ready,
}

impl StepName {
    /// The step's label.
    pub fn label(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Seen => "seen",
            Self::Dependencies => "dependencies",
            Self::Platform => "platform",
            Self::Ready => "Ready",
        }
    }
}

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StepState {
    Done,
    Active,
    Waiting,
    Failed,
    /// The operation went on, or ended, without it.
    Skipped,
}

/// One step. Times are `None` where the cluster's bookkeeping does not tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub name: StepName,
    pub state: StepState,
    pub started: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    /// What it waits for, or why it failed, in the cluster's words, redacted.
    pub waits_for: Option<String>,
    /// How long it took the last time.
    pub usual: Option<SignedDuration>,
}

impl Step {
    /// How long it took, or has taken so far.
    pub fn duration(&self, now: Timestamp) -> Option<SignedDuration> {
        let ended = match self.state {
            StepState::Active => Some(now),
            _ => self.ended,
        };
        Some(ended?.duration_since(self.started?)).filter(|took| !took.is_negative())
    }
}

/// How an operation stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Running,
    Succeeded {
        ended: Option<Timestamp>,
    },
    Failed {
        ended: Option<Timestamp>,
        reason: String,
    },
    /// The operator does not say.
    Unknown,
}

impl Outcome {
    /// When it came to its end, where that is known.
    pub fn ended(&self) -> Option<Timestamp> {
        match self {
            Self::Succeeded { ended } | Self::Failed { ended, .. } => *ended,
            Self::Running | Self::Unknown => None,
        }
    }
}

impl Operation {
    /// The step of this name.
    pub fn step(&self, name: StepName) -> Option<&Step> {
        self.steps.iter().find(|step| step.name == name)
    }

    /// Whether it is still on its way.
    pub fn is_running(&self) -> bool {
        self.outcome == Outcome::Running
    }

    /// The step at work, or the one that failed.
    pub fn current(&self) -> Option<&Step> {
        self.steps.iter().find(|step| matches!(step.state, StepState::Active | StepState::Failed))
    }

    /// What it does, in progress: "Upgrading to 0.1.18", "Reconciling on request", "Undeploying".
    pub fn title(&self) -> String {
        match (&self.action, self.direction, &self.to) {
            (Action::Upgrade, Some(direction), Some(to)) => format!("{} {to}", direction.progress()),
            (Action::Upgrade, _, Some(to)) => format!("Changing to {to}"),
            (Action::Other(name), ..) if name == UNDEPLOY => "Undeploying".to_owned(),
            (Action::Other(_) | Action::Upgrade, ..) => "Applying the configuration".to_owned(),
            (Action::ForceReconcile | Action::CheckUpdates, ..) => "Reconciling on request".to_owned(),
        }
    }
}

/// The name of an undeploy as an [`Action::Other`].
pub const UNDEPLOY: &str = "undeploy";

/// The name of a change of anything but the version as an [`Action::Other`].
pub const CONFIGURATION: &str = "configuration";

/// The API server's times are whole seconds, so a transition right after a request may seem to lie before it.
const SLACK: SignedDuration = SignedDuration::from_secs(2);

/// The current or last operation; `None` for an installation of which nothing was ever asked.
pub fn operation(facts: &Facts<'_>) -> Option<Operation> {
    let asked = asked(facts)?;
    let view = View { facts, asked: &asked };
    let (steps, outcome) = view.steps();
    let Asked { action, direction, from, to, origin, why, at } = asked;
    Some(Operation { action, direction, from, to, origin, why, requested: at, steps, outcome })
}

/// What was asked for.
struct Asked {
    action: Action,
    direction: Option<Direction>,
    from: Option<String>,
    to: Option<String>,
    origin: Origin,
    why: Option<String>,
    at: Option<Timestamp>,
}

fn asked(facts: &Facts<'_>) -> Option<Asked> {
    let installation = facts.installation;
    let record = installation.requests.iter().find(|record| record.action != Action::CheckUpdates);
    let record = record.filter(|record| is_last(record, installation));
    let written = installation.spec_writer.as_ref().and_then(|writer| writer.time);
    let newest = record.and_then(|record| record.when).max(if record.is_some() { None } else { written });
    if let Some(at) = forced_outside(installation, newest) {
        let (direction, from, to) = (None, None, installation.target_version.clone());
        let origin = Origin::Outside { manager: None };
        return Some(Asked { action: Action::ForceReconcile, direction, from, to, origin, why: None, at });
    }
    let Some(record) = record else { return outside(facts) };
    // The API server's clock is the one that conditions are written by; this browser's may be ahead.
    let writer = installation.target_writer.as_ref().filter(|writer| writer.manager == MANAGER);
    let stamped = writer.and_then(|writer| writer.time).filter(|_| record.action == Action::Upgrade);
    let direction = record.to.as_deref().map(|to| Direction::between(record.from.as_deref(), to));
    Some(Asked {
        action: record.action.clone(),
        direction,
        from: record.from.clone(),
        to: record.to.clone().or_else(|| installation.target_version.clone()),
        origin: Origin::Recorded { who: record.who.clone() },
        why: record.why.clone(),
        at: record.when.into_iter().chain(stamped).min(),
    })
}

/// Whether nothing but the record's own change was made to the spec since it was written.
fn is_last(record: &Record, installation: &Installation) -> bool {
    let same_target = match (&record.to, &installation.target_version) {
        (Some(to), Some(target)) => to == target,
        _ => true,
    };
    let own = i64::from(record.action != Action::ForceReconcile);
    let generations = record.generation.zip(installation.generation);
    same_target && generations.is_none_or(|(then, now)| now <= then + own)
}

/// When a reconcile was forced by somebody else (`kubectl annotate`) after everything else; `Some(None)` at an unknown
/// time, where the mark is no time and not handled yet.
fn forced_outside(installation: &Installation, newest: Option<Timestamp>) -> Option<Option<Timestamp>> {
    let mark = installation.force_reconcile.as_ref()?;
    match mark.parse::<Timestamp>() {
        Ok(at) => newest.is_none_or(|newest| at > newest).then_some(Some(at)),
        Err(_) => (installation.force_reconcile_seen.as_ref() != Some(mark)).then_some(None),
    }
}

/// A change of the spec without a record.
fn outside(facts: &Facts<'_>) -> Option<Asked> {
    let installation = facts.installation;
    let target = installation.target_version.clone();
    if target.is_none() && !installation.undeploy && facts.platform.is_empty() {
        return None;
    }
    let deployed = installation.deployed_version.clone();
    let last = facts.platform.first();
    let arrived = matches!((&deployed, &target), (Some(deployed), Some(to)) if same(deployed, to));
    let from = if arrived { last.and_then(|row| row.from.clone()) } else { deployed };
    let direction = match &target {
        Some(to) if arrived && from.is_none() => {
            last.and_then(|row| row.direction).filter(|_| !to.is_empty())
        }
        Some(to) => Some(Direction::between(from.as_deref(), to)),
        None => None,
    };
    let action = match direction {
        _ if installation.undeploy => Action::Other(UNDEPLOY.to_owned()),
        None | Some(Direction::Reinstall) => Action::Other(CONFIGURATION.to_owned()),
        Some(_) => Action::Upgrade,
    };
    let writer = installation.spec_writer.as_ref();
    Some(Asked {
        action,
        direction,
        from,
        to: target,
        origin: Origin::Outside { manager: writer.map(|writer| writer.manager.clone()) },
        why: None,
        at: writer.and_then(|writer| writer.time),
    })
}

/// The Helm revisions of one release that this operation made.
#[derive(Clone, Copy)]
struct Run<'a> {
    first: &'a HistoryRow,
    last: &'a HistoryRow,
}

/// One release's part of the operation.
#[derive(Clone, Copy)]
struct Part<'a> {
    name: StepName,
    history: &'a [HistoryRow],
    run: Option<Run<'a>>,
    /// The release's condition, where it changed since the request.
    condition: Option<&'a Condition>,
    release: &'a str,
}

struct View<'a> {
    facts: &'a Facts<'a>,
    asked: &'a Asked,
}

impl<'a> View<'a> {
    fn since(&self, time: Option<Timestamp>) -> bool {
        match (self.asked.at, time) {
            (Some(at), Some(time)) => time.duration_since(at) >= -SLACK,
            (None, _) => true,
            (_, None) => false,
        }
    }

    fn condition(&self, kind: &str) -> Option<&'a Condition> {
        let condition = self.facts.installation.condition(kind);
        condition.filter(|condition| self.since(condition.last_transition_time))
    }

    fn run(&self, history: &'a [HistoryRow]) -> Option<Run<'a>> {
        let last = history.first().filter(|row| self.since(row.when))?;
        if self.asked.at.is_none() {
            return Some(Run { first: last, last });
        }
        let first = history.iter().take_while(|row| self.since(row.when)).last()?;
        Some(Run { first, last })
    }

    fn part(&self, name: StepName, history: &'a [HistoryRow]) -> Part<'a> {
        let contract = self.facts.contract;
        let (kind, release) = match name {
            StepName::Dependencies => (&contract.conditions.dependencies, &contract.releases.dependencies),
            _ => (&contract.conditions.platform, &contract.releases.platform),
        };
        Part { name, history, run: self.run(history), condition: self.condition(kind), release }
    }

    fn undeploys(&self) -> bool {
        self.asked.action == Action::Other(UNDEPLOY.to_owned())
    }

    /// Whether the operator has looked at what was asked.
    fn seen(&self, parts: &[Part<'_>]) -> bool {
        let installation = self.facts.installation;
        let touched = self.condition(&self.facts.contract.conditions.reconciling).is_some()
            || parts.iter().any(|part| part.condition.is_some() || part.run.is_some());
        let forced = match &installation.force_reconcile {
            Some(mark) if mark.parse().is_ok_and(|at| self.since(Some(at))) || self.asked.at.is_none() => {
                Some(mark)
            }
            _ => None,
        };
        let force_seen = match (forced, &installation.force_reconcile_seen) {
            (Some(mark), Some(seen)) => mark == seen,
            (Some(_), None) => touched,
            (None, _) => true,
        };
        force_seen && installation.applied_unseen().map_or(touched, |unseen| !unseen)
    }

    fn steps(&self) -> (Vec<Step>, Outcome) {
        let installation = self.facts.installation;
        let dependencies = self.part(StepName::Dependencies, self.facts.dependencies);
        let platform = self.part(StepName::Platform, self.facts.platform);
        let parts = if self.undeploys() { [platform, dependencies] } else { [dependencies, platform] };
        let seen = self.seen(&parts);
        let reached = match (&installation.deployed_version, &self.asked.to) {
            (Some(deployed), Some(to)) if self.asked.action == Action::Upgrade => same(deployed, to),
            _ => true,
        };
        let finished = seen
            && match installation.phase {
                Phase::Ready => !self.undeploys() && reached,
                Phase::Uninstalled => self.undeploys(),
                _ => false,
            };
        let failed = seen && installation.phase == Phase::Degraded;

        let mut steps = vec![
            self.step(StepName::Requested, StepState::Done, self.asked.at, self.asked.at),
            self.seen_step(seen, &parts),
        ];
        // Whether everything so far is done, and when the last of it ended.
        let mut open = seen;
        let mut before = steps[1].ended;
        for (index, part) in parts.iter().enumerate() {
            let begun_next = parts.get(index + 1).is_some_and(|next| next.run.is_some() && !self.undeploys());
            let done = open && (finished || self.done(part) || begun_next);
            let state = match () {
                () if done => StepState::Done,
                () if !open && failed => StepState::Skipped,
                () if !open => StepState::Waiting,
                () if failed => StepState::Failed,
                () => StepState::Active,
            };
            let started = self.started(part).or(before).filter(|_| open);
            let ended = match state {
                StepState::Done => self.ended(part).or_else(|| self.started(parts.get(index + 1)?)),
                StepState::Failed => self.failed_at(part),
                _ => None,
            };
            let mut step = self.step(part.name, state, started, ended);
            step.usual = self.usual(part);
            step.waits_for = self.waits_for(part, state);
            before = ended;
            open = open && done;
            steps.push(step);
        }
        let ready = self.condition(&self.facts.contract.conditions.ready);
        let ended =
            ready.filter(|ready| ready.is_true()).and_then(|ready| ready.last_transition_time).or(before);
        if !self.undeploys() {
            let state = match () {
                () if finished => StepState::Done,
                () if failed && open => StepState::Failed,
                () if failed => StepState::Skipped,
                () if open => StepState::Active,
                () => StepState::Waiting,
            };
            let started = before.filter(|_| open);
            let mut step = self.step(StepName::Ready, state, started, ended.filter(|_| finished));
            step.waits_for = self.ready_waits(state);
            steps.push(step);
        }
        let outcome = match &installation.phase {
            _ if finished => Outcome::Succeeded { ended: if self.undeploys() { before } else { ended } },
            _ if failed => Outcome::Failed { ended: self.settled(), reason: self.reason(&parts) },
            Phase::Unknown(_) if seen => Outcome::Unknown,
            _ => Outcome::Running,
        };
        (steps, outcome)
    }

    fn step(
        &self,
        name: StepName,
        state: StepState,
        started: Option<Timestamp>,
        ended: Option<Timestamp>,
    ) -> Step {
        Step { name, state, started, ended, waits_for: None, usual: None }
    }

    fn seen_step(&self, seen: bool, parts: &[Part<'_>]) -> Step {
        let reconciling = self.condition(&self.facts.contract.conditions.reconciling);
        let began =
            reconciling.filter(|condition| condition.is_true()).and_then(|one| one.last_transition_time);
        // Once the operator is done, the beginning of its first step is the best that is known.
        let ended = began.or_else(|| self.started(parts.first()?));
        let state = if seen { StepState::Done } else { StepState::Active };
        let mut step = self.step(StepName::Seen, state, self.asked.at, ended.filter(|_| seen));
        if !seen {
            step.waits_for = Some("the operator has not seen it yet".to_owned());
        }
        step
    }

    fn started(&self, part: &Part<'_>) -> Option<Timestamp> {
        let helm = part.run.and_then(|run| run.first.when);
        let condition = part.condition.filter(|condition| !condition.is_true());
        helm.or_else(|| condition?.last_transition_time)
    }

    fn done(&self, part: &Part<'_>) -> bool {
        let installation = self.facts.installation;
        if self.undeploys() {
            return match part.name {
                StepName::Platform => installation.deployed_version.is_none(),
                _ => installation.dependencies_version.is_none(),
            };
        }
        let deployed = part.run.is_some_and(|run| run.last.status == Status::Deployed);
        match part.condition {
            Some(condition) => condition.is_true(),
            None => deployed,
        }
    }

    fn ended(&self, part: &Part<'_>) -> Option<Timestamp> {
        let settled = part.condition.filter(|condition| condition.is_true() || self.undeploys());
        settled.and_then(|condition| condition.last_transition_time).or_else(|| {
            let last = part.run?.last;
            last.when?.checked_add(last.took?)
        })
    }

    fn failed_at(&self, part: &Part<'_>) -> Option<Timestamp> {
        part.condition
            .filter(|one| one.is_false())
            .and_then(|one| one.last_transition_time)
            .or_else(|| self.settled())
    }

    /// When the operator laid its work down.
    fn settled(&self) -> Option<Timestamp> {
        let reconciling = self.condition(&self.facts.contract.conditions.reconciling);
        reconciling
            .filter(|condition| condition.is_false())
            .and_then(|condition| condition.last_transition_time)
    }

    /// How long Helm took for the last revision before this operation that went well.
    fn usual(&self, part: &Part<'_>) -> Option<SignedDuration> {
        if self.undeploys() {
            return None;
        }
        let first = part.run.map_or(u32::MAX, |run| run.first.revision);
        let well = |row: &&HistoryRow| matches!(row.status, Status::Deployed | Status::Superseded);
        part.history.iter().filter(|row| row.revision < first).filter(well).find_map(|row| row.took)
    }

    fn waits_for(&self, part: &Part<'_>, state: StepState) -> Option<String> {
        match state {
            StepState::Failed => Some(self.reason(std::slice::from_ref(part))),
            StepState::Active => {
                let mut words = Vec::new();
                words.extend(self.held());
                words.extend(progress(self.facts.rollouts, part.release).filter(|_| !self.undeploys()));
                if words.is_empty() {
                    let condition = part.condition.map(|condition| redact(&condition.message));
                    words.extend(condition.filter(|message| !message.is_empty()));
                }
                (!words.is_empty()).then(|| words.join("; "))
            }
            _ => None,
        }
    }

    /// What holds the operator itself: a missing secret, or an error after which it tries again.
    fn held(&self) -> Option<String> {
        let installation = self.facts.installation;
        if installation.phase == Phase::Blocked {
            let secrets = installation.condition(&self.facts.contract.conditions.secrets);
            let message =
                secrets.filter(|secrets| secrets.is_false()).map(|secrets| redact(&secrets.message));
            return Some(message.unwrap_or_else(|| "the operator is blocked".to_owned()));
        }
        installation.last_error.as_deref().map(|error| format!("trying again after: {}", redact(error)))
    }

    fn ready_waits(&self, state: StepState) -> Option<String> {
        match state {
            StepState::Failed => Some(self.reason(&[])),
            StepState::Active => {
                let conditions = self.facts.installation.conditions.iter();
                let types = &self.facts.contract.conditions;
                let mut open = conditions
                    .filter(|one| one.is_false() && one.kind != types.ready && one.kind != types.reconciling);
                self.held()
                    .or_else(|| open.next().map(|one| format!("{}: {}", one.kind, redact(&one.message))))
            }
            _ => None,
        }
    }

    fn reason(&self, parts: &[Part<'_>]) -> String {
        let condition = parts.iter().filter_map(|part| part.condition).find(|one| one.is_false());
        let helm = parts.iter().filter_map(|part| part.run).find(|run| run.last.status == Status::Failed);
        let error = self.facts.installation.last_error.as_deref();
        let words = error.or_else(|| condition.map(|one| one.message.as_str()));
        let words = words.or_else(|| helm.and_then(|run| run.last.description.as_deref()));
        redact(words.unwrap_or("the operator gives no reason"))
    }
}

/// "2 of 5 workloads ready; data-service: image pull (ImagePullBackOff)" of one release; `None` without workloads.
fn progress(rollouts: &[Rollout], release: &str) -> Option<String> {
    let mut count = 0;
    let mut done = 0;
    let mut held = Vec::new();
    for rollout in rollouts.iter().filter(|rollout| rollout.helm_release.as_deref() == Some(release)) {
        count += 1;
        done += usize::from(rollout.complete);
        if let Some(wait) = rollout.waits.as_ref().filter(|wait| !wait.reason.is_passing()) {
            held.push(format!("; {}: {}", rollout.name, wait.reason.words()));
        }
    }
    (count > 0).then(|| format!("{done} of {count} workloads ready{}", held.concat()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::helm::{HelmRelease, ReleaseSecret, history};
    use crate::objects::{FromObject, Partial};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_772_366_400 + seconds).unwrap()
    }

    /// An upgrade from 0.1.15 to 0.1.18 by ana at second 0, with this status.
    fn upgraded(status: Value) -> Value {
        let record = json!([{"action": "upgrade", "who": "ana", "when": at(0).to_string(), "from": "0.1.15",
            "to": "0.1.18", "why": "CVE", "generation": 2}]);
        json!({
            "metadata": {"generation": 3, "annotations": {"admin.rootcause.dev/requests": record.to_string()},
                "managedFields": [{"manager": MANAGER, "time": at(0).to_string(), "fieldsV1": {"f:spec": {"f:version": {}}}}]},
            "spec": {"version": "0.1.18"},
            "status": status,
        })
    }

    fn condition(kind: &str, status: &str, seconds: i64, message: &str) -> Value {
        json!({"type": kind, "status": status, "message": message, "lastTransitionTime": at(seconds).to_string()})
    }

    /// A revision: number, status, seconds of its beginning and of its last change, version.
    type Revision = (u32, &'static str, i64, i64, &'static str);

    fn rows(release: &str, revisions: &[Revision]) -> Vec<HistoryRow> {
        let secret = |(revision, status, created, modified, _): &Revision| {
            let metadata = json!({"creationTimestamp": at(*created).to_string(), "labels": {"owner": "helm", "name": release,
                "status": status, "version": revision.to_string(), "modifiedAt": (at(*modified).as_millisecond() / 1000).to_string()}});
            let secret = Partial::from_object(&json!({"metadata": metadata}));
            ReleaseSecret::read(&secret.metadata).unwrap()
        };
        let payload = |(revision, status, _, _, version): &Revision| HelmRelease {
            name: release.into(),
            namespace: String::new(),
            revision: *revision,
            chart: String::new(),
            chart_version: (*version).into(),
            app_version: None,
            status: Status::named(status),
            first_deployed: None,
            last_deployed: None,
            description: format!("helm says {status}"),
        };
        let secrets: Vec<_> = revisions.iter().map(secret).collect();
        let payloads: Vec<_> = revisions.iter().map(payload).collect();
        history(release, &secrets, &payloads, at(0))
    }

    fn judge(cr: &Value, dependencies: &[Revision], platform: &[Revision]) -> Option<Operation> {
        let contract = Contract::builtin();
        operation(&Facts {
            contract: &contract,
            installation: &Installation::read(&contract, cr),
            dependencies: &rows("rootcause-dependencies", dependencies),
            platform: &rows("rootcause-platform", platform),
            rollouts: &[],
        })
    }

    /// The steps in one line: `requested:Done seen:Done+2 dependencies:Active …`, with seconds where both times are known.
    fn line(operation: &Operation) -> String {
        let step = |step: &Step| {
            let took = step.duration(at(100)).map(|took| format!("+{}", took.as_secs())).unwrap_or_default();
            format!("{}:{:?}{took}", step.name.label(), step.state)
        };
        operation.steps.iter().map(step).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn an_upgrade_runs_through_its_steps() {
        let check = |status: Value, dependencies: &[Revision], platform: &[Revision], expect: &str| {
            let operation = judge(&upgraded(status), dependencies, platform).unwrap();
            assert_eq!(line(&operation), expect);
            assert_eq!(operation.origin, Origin::Recorded { who: "ana".into() });
            assert_eq!(
                (operation.title().as_str(), operation.why.as_deref()),
                ("Upgrading to 0.1.18", Some("CVE"))
            );
            operation.outcome
        };
        let status = |phase: &str, observed: i64, deployed: &str, conditions: Value| json!({"phase": phase, "observedGeneration": observed, "deployedVersion": deployed, "conditions": conditions});
        let old = condition("DependenciesReady", "True", -500, "");
        let outcome = check(
            status("Ready", 2, "0.1.15", json!([old])),
            &[(1, "deployed", -600, -500, "0.1.15")],
            &[],
            "requested:Done+0 seen:Active+100 dependencies:Waiting platform:Waiting Ready:Waiting",
        );
        assert_eq!(outcome, Outcome::Running);
        check(
            status("Reconciling", 3, "0.1.15", json!([condition("Reconciling", "True", 2, ""), old])),
            &[(2, "pending-upgrade", 3, 3, "0.1.18"), (1, "deployed", -600, -500, "0.1.15")],
            &[],
            "requested:Done+0 seen:Done+2 dependencies:Active+97 platform:Waiting Ready:Waiting",
        );
        let working = json!([
            condition("Reconciling", "True", 2, ""),
            condition("DependenciesReady", "True", 41, ""),
            condition("PlatformReady", "False", 41, "Helm is deploying"),
        ]);
        check(
            status("Reconciling", 3, "0.1.15", working.clone()),
            &[],
            &[],
            "requested:Done+0 seen:Done+2 dependencies:Done+39 platform:Active+59 Ready:Waiting",
        );
        // The operator saw the change and has not taken its phase back yet.
        let early = check(
            status("Ready", 3, "0.1.15", working),
            &[],
            &[],
            "requested:Done+0 seen:Done+2 dependencies:Done+39 platform:Active+59 Ready:Waiting",
        );
        assert_eq!(early, Outcome::Running);
        let done = json!([
            condition("Reconciling", "False", 72, ""),
            condition("DependenciesReady", "True", 41, ""),
            condition("PlatformReady", "True", 70, ""),
            condition("Ready", "True", 72, ""),
        ]);
        let outcome = check(
            status("Ready", 3, "0.1.18", done),
            &[(2, "deployed", 3, 40, "0.1.18"), (1, "superseded", -600, 40, "0.1.15")],
            &[(2, "deployed", 42, 69, "0.1.18"), (1, "superseded", -600, 69, "0.1.15")],
            "requested:Done+0 seen:Done+3 dependencies:Done+38 platform:Done+28 Ready:Done+2",
        );
        assert_eq!(outcome, Outcome::Succeeded { ended: Some(at(72)) });
    }

    #[test]
    fn a_failure_ends_with_its_reason_and_without_secrets() {
        let failed = json!({"phase": "Degraded", "observedGeneration": 3, "deployedVersion": "0.1.15",
            "lastError": "UPGRADE FAILED: token=abcdef",
            "conditions": [condition("Reconciling", "False", 50, ""), condition("DependenciesReady", "True", 41, ""),
                condition("PlatformReady", "False", 50, "boom")]});
        let operation = judge(&upgraded(failed.clone()), &[], &[(9, "failed", 42, 50, "0.1.18")]).unwrap();
        assert_eq!(
            line(&operation),
            "requested:Done+0 seen:Done dependencies:Done platform:Failed+8 Ready:Skipped"
        );
        let reason = "UPGRADE FAILED: token=•••".to_owned();
        assert_eq!(operation.outcome, Outcome::Failed { ended: Some(at(50)), reason: reason.clone() });
        assert_eq!(operation.current().and_then(|step| step.waits_for.clone()), Some(reason));

        let mut unseen = upgraded(failed.clone());
        unseen["status"]["observedGeneration"] = json!(2);
        let operation = judge(&unseen, &[], &[]).unwrap();
        assert_eq!(
            (operation.is_running(), operation.current().map(|step| step.name)),
            (true, Some(StepName::Seen))
        );

        let mut retried = failed;
        retried["phase"] = json!("Reconciling");
        retried["conditions"][0] = condition("Reconciling", "True", 60, "");
        let operation = judge(&upgraded(retried), &[], &[]).unwrap();
        let waits = operation.current().and_then(|step| step.waits_for.clone());
        assert_eq!(waits.as_deref(), Some("trying again after: UPGRADE FAILED: token=•••"));
    }

    #[test]
    fn the_usual_duration_is_the_last_good_one() {
        let status = json!({"phase": "Reconciling", "observedGeneration": 3, "deployedVersion": "0.1.15"});
        let dependencies = [
            (4, "pending-upgrade", 3, 3, "0.1.18"),
            (3, "failed", -100, -90, "0.1.18"),
            (2, "deployed", -300, -260, "0.1.15"),
        ];
        let operation = judge(&upgraded(status), &dependencies, &[]).unwrap();
        let usual = operation.step(StepName::Dependencies).and_then(|step| step.usual);
        assert_eq!(usual, Some(SignedDuration::from_secs(40)));
    }

    #[test]
    fn a_change_by_kubectl_has_a_timeline_too() {
        let mut cr =
            upgraded(json!({"phase": "Reconciling", "observedGeneration": 4, "deployedVersion": "0.1.18",
            "conditions": [condition("Reconciling", "True", 22, "")]}));
        cr["metadata"]["generation"] = json!(4);
        cr["spec"]["version"] = json!("0.1.15");
        cr["metadata"]["managedFields"][0] = json!({"manager": "kubectl-patch", "time": at(20).to_string(),
            "fieldsV1": {"f:spec": {"f:version": {}}}});
        let operation = judge(&cr, &[], &[]).unwrap();
        assert_eq!(operation.origin, Origin::Outside { manager: Some("kubectl-patch".into()) });
        assert_eq!(
            (operation.title().as_str(), operation.requested),
            ("Rolling back to 0.1.15", Some(at(20)))
        );
        assert_eq!(
            line(&operation),
            "requested:Done+0 seen:Done+2 dependencies:Active+78 platform:Waiting Ready:Waiting"
        );

        cr["status"]["deployedVersion"] = json!("0.1.15");
        let applied = judge(&cr, &[], &[]).unwrap();
        assert_eq!(applied.title(), "Applying the configuration");
    }

    #[test]
    fn a_forced_reconcile_is_seen_by_its_mark() {
        let mut cr = upgraded(json!({"phase": "Ready", "observedGeneration": 3, "deployedVersion": "0.1.18",
            "conditions": [condition("Ready", "True", 10, "")]}));
        cr["metadata"]["annotations"]["admin.rootcause.dev/force-reconcile"] = json!(at(50).to_string());
        let operation = judge(&cr, &[], &[]).unwrap();
        assert_eq!((operation.action.clone(), operation.requested), (Action::ForceReconcile, Some(at(50))));
        assert_eq!(operation.current().map(|step| step.name), Some(StepName::Seen));
        cr["status"]["lastForceReconcile"] = json!("an earlier one");
        cr["status"]["conditions"] = json!([condition("Reconciling", "True", 51, "")]);
        assert_eq!(judge(&cr, &[], &[]).unwrap().current().map(|step| step.name), Some(StepName::Seen));
        cr["status"]["lastForceReconcile"] = json!(at(50).to_string());
        cr["status"]["phase"] = json!("Reconciling");
        assert_eq!(
            judge(&cr, &[], &[]).unwrap().current().map(|step| step.name),
            Some(StepName::Dependencies)
        );
        cr["status"]["phase"] = json!("Ready");
        assert!(matches!(judge(&cr, &[], &[]).unwrap().outcome, Outcome::Succeeded { .. }));
    }

    #[test]
    fn an_undeploy_takes_the_platform_first() {
        let cr = |phase: &str, deployed: Value, dependencies: Value| {
            json!({"metadata": {"generation": 2}, "spec": {"version": "0.1.18", "undeploy": true},
                "status": {"phase": phase, "observedGeneration": 2, "deployedVersion": deployed, "dependenciesVersion": dependencies}})
        };
        let check = |cr: Value, expect: &str| {
            let operation = judge(&cr, &[], &[]).unwrap();
            assert_eq!((operation.title().as_str(), line(&operation).as_str()), ("Undeploying", expect));
        };
        check(
            cr("Reconciling", json!(null), json!("0.1.18")),
            "requested:Done seen:Done platform:Done dependencies:Active",
        );
        check(
            cr("Uninstalled", json!(null), json!(null)),
            "requested:Done seen:Done platform:Done dependencies:Done",
        );
    }

    #[test]
    fn nothing_asked_is_no_operation() {
        assert_eq!(judge(&json!({}), &[], &[]), None);
    }
}
