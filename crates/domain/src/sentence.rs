//! Each page's opening sentence: the answer before the list.

use crate::ago::ago;
use crate::contract::Contract;
use crate::installation::Installation;
use crate::operation::{Operation, StepName, StepState};
use crate::operator::OperatorState;
use crate::phase::{Phase, Tone};
use crate::redact::redact;
use crate::rollout::Rollout;
use crate::time::Timestamp;
use crate::version::update_available;

/// What a page opens with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The sentence, redacted.
    pub words: String,
    pub tone: Tone,
    /// The one action that matters now.
    pub next: Option<Next>,
}

/// An action that an opening offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Review the move to this version.
    Review {
        version: String,
    },
    ForceReconcile,
    CheckUpdates,
}

/// What is known when a page opens.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    pub contract: &'a Contract,
    pub installation: &'a Installation,
    pub operator: &'a OperatorState,
    pub operation: Option<&'a Operation>,
    /// `None` while loading or where workloads are not readable.
    pub rollouts: Option<&'a [Rollout]>,
    pub now: Timestamp,
}

/// The Status page's opening.
pub fn status(facts: &Facts<'_>) -> Opening {
    let installation = facts.installation;
    if let Some(since) = installation.deleting {
        let holders = match installation.finalizers.as_slice() {
            [] => String::new(),
            holders => format!(", held by {}", holders.join(", ")),
        };
        let words = format!("The installation is being deleted since {}{holders}.", ago(since, facts.now));
        return Opening { words, tone: Tone::Warn, next: None };
    }
    if facts.operator.is_absent() {
        let open = match installation.applied_unseen() {
            Some(true) => " The last change waits for it.".to_owned(),
            _ => version(installation, " Last reported: RootCause ", "."),
        };
        let words = format!("{}{open}", facts.operator.sentence(facts.now));
        return Opening { words, tone: Tone::Bad, next: None };
    }
    if let Some(operation) = facts.operation.filter(|operation| operation.is_running()) {
        return running(facts, operation);
    }
    let open = |words: String, tone, next| Opening { words, tone, next };
    match &installation.phase {
        Phase::Ready => {
            let (words, tone) = ready(facts);
            let update = update_available(installation);
            let news = update.map(|version| format!(" {version} is available.")).unwrap_or_default();
            let next = update.map(|version| Next::Review { version: version.to_owned() });
            open(format!("{words}{news}"), tone, next)
        }
        Phase::Degraded => {
            let error = installation.last_error.as_deref().map(first_line);
            let words = error.unwrap_or_else(|| "the operator gives no reason.".to_owned());
            open(format!("Degraded: {words}"), Tone::Bad, Some(Next::ForceReconcile))
        }
        Phase::Blocked => open(blocked(facts), Tone::Warn, None),
        Phase::Uninstalled => {
            open("RootCause is uninstalled; its configuration is kept.".to_owned(), Tone::Off, None)
        }
        Phase::Reconciling => open(
            format!("The operator is reconciling{}.", version(installation, " RootCause ", "")),
            Tone::Busy,
            None,
        ),
        Phase::Unknown(word) if word.is_empty() => {
            open("The operator has not reported on this installation yet.".to_owned(), Tone::Unknown, None)
        }
        Phase::Unknown(word) => open(
            format!("The operator reports the phase {word}, which the contract does not know."),
            Tone::Unknown,
            None,
        ),
    }
}

/// The Releases page's opening.
pub fn releases(facts: &Facts<'_>) -> Opening {
    let installation = facts.installation;
    if let Some(operation) = facts.operation.filter(|operation| operation.is_running()) {
        return running(facts, operation);
    }
    let now = match (&installation.phase, &installation.deployed_version) {
        (Phase::Ready, Some(deployed)) => format!("RootCause {deployed} is running."),
        (phase, Some(deployed)) => format!("RootCause {deployed} is deployed, phase {phase}."),
        (_, None) => "No RootCause version is deployed.".to_owned(),
    };
    let error = installation.registry.as_ref().and_then(|registry| registry.error.as_deref());
    if let Some(error) = error {
        let words = format!("{now} The registry could not be read: {}", first_line(error));
        return Opening { words, tone: Tone::Warn, next: Some(Next::CheckUpdates) };
    }
    if let Some(update) = update_available(installation) {
        let words = format!("{now} {update} is available.");
        return Opening { words, tone: Tone::Ok, next: Some(Next::Review { version: update.to_owned() }) };
    }
    let (news, tone) = match &installation.available {
        None => ("The operator has not listed the registry's versions yet.", Tone::Unknown),
        Some(versions) if versions.is_empty() => ("The registry lists no version.", Tone::Warn),
        Some(_) if installation.deployed_version.is_some() => ("No newer version is available.", Tone::Ok),
        Some(_) => ("Choose a version to install.", Tone::Off),
    };
    Opening { words: format!("{now} {news}"), tone, next: None }
}

/// The opening while nothing has answered yet.
pub fn loading(namespace: &str, name: &str) -> Opening {
    Opening {
        words: format!("Reading installation {name} in namespace {namespace}."),
        tone: Tone::Unknown,
        next: None,
    }
}

/// "RootCause 0.1.15 is running.", with what of it does not.
fn ready(facts: &Facts<'_>) -> (String, Tone) {
    let running = format!("RootCause{} is running", version(facts.installation, " ", ""));
    if facts.installation.applied_unseen() == Some(true) {
        return (format!("{running}; the operator has not seen the last change yet."), Tone::Busy);
    }
    let open: Vec<&Rollout> =
        facts.rollouts.unwrap_or_default().iter().filter(|rollout| !rollout.complete).collect();
    match open.as_slice() {
        [] => (format!("{running}."), Tone::Ok),
        [one] => (format!("{running}, but {} is not ready{}.", one.name, held(one)), Tone::Warn),
        [first, ..] => {
            let names = format!("{} workloads are not ready, among them {}", open.len(), first.name);
            (format!("{running}, but {names}{}.", held(first)), Tone::Warn)
        }
    }
}

/// "Upgrading to 0.1.18: dependencies are done, platform is rolling, 2 of 5 workloads ready."
fn running(facts: &Facts<'_>, operation: &Operation) -> Opening {
    let title = operation.title();
    let blocked_or = |tone| if facts.installation.phase == Phase::Blocked { Tone::Warn } else { tone };
    if operation.current().is_none_or(|step| step.name == StepName::Seen) {
        let words = format!("{title}: requested, but the operator has not seen it yet.");
        return Opening { words, tone: blocked_or(Tone::Busy), next: None };
    }
    if facts.installation.phase == Phase::Blocked {
        return Opening { words: format!("{title}: {}", blocked(facts)), tone: Tone::Warn, next: None };
    }
    let mut clauses = Vec::new();
    for step in &operation.steps {
        let (name, plural) = match step.name {
            StepName::Dependencies => ("dependencies", true),
            StepName::Platform => ("platform", false),
            StepName::Requested | StepName::Seen | StepName::Ready => continue,
        };
        clauses.extend(match (step.state, plural) {
            (StepState::Done, true) => Some(format!("{name} are done")),
            (StepState::Done, false) => Some(format!("{name} is done")),
            (StepState::Active, true) => Some(format!("{name} are rolling")),
            (StepState::Active, false) => Some(format!("{name} is rolling")),
            _ => None,
        });
    }
    let current = operation.current().map(|step| step.name);
    let release = match current {
        Some(StepName::Dependencies) => Some(&facts.contract.releases.dependencies),
        Some(StepName::Platform) => Some(&facts.contract.releases.platform),
        _ => None,
    };
    let mine = |rollout: &&Rollout| release.is_some() && rollout.helm_release.as_ref() == release;
    let rollouts: Vec<&Rollout> = facts.rollouts.unwrap_or_default().iter().filter(mine).collect();
    let done = rollouts.iter().filter(|rollout| rollout.complete).count();
    if !rollouts.is_empty() {
        clauses.push(format!("{done} of {} workloads ready", rollouts.len()));
    }
    let stuck = rollouts.iter().find(|one| one.waits.as_ref().is_some_and(|wait| !wait.reason.is_passing()));
    clauses.extend(
        stuck.and_then(|stuck| {
            Some(format!("{} waits: {}", stuck.name, stuck.waits.as_ref()?.reason.words()))
        }),
    );
    if current == Some(StepName::Ready) {
        clauses.push("the operator is finishing".to_owned());
    }
    let tone = if stuck.is_some() { Tone::Warn } else { Tone::Busy };
    Opening { words: format!("{title}: {}.", clauses.join(", ")), tone, next: None }
}

/// What the operator is blocked by, in its words.
fn blocked(facts: &Facts<'_>) -> String {
    let conditions = &facts.contract.conditions;
    let secrets = facts.installation.condition(&conditions.secrets).filter(|condition| condition.is_false());
    match secrets.map(|secrets| first_line(&secrets.message)) {
        Some(message) if message.is_empty() => "Blocked: a required secret is missing.".to_owned(),
        Some(message) => format!("Blocked until a person supplies its secrets. {message}"),
        None => match &facts.installation.last_error {
            Some(error) => format!("Blocked: {}", first_line(error)),
            None => "Blocked: the operator gives no reason.".to_owned(),
        },
    }
}

/// ", waits: image pull (ImagePullBackOff)", where something holds it.
fn held(rollout: &Rollout) -> String {
    rollout.waits.as_ref().map(|wait| format!(", waits: {}", wait.reason.words())).unwrap_or_default()
}

fn version(installation: &Installation, before: &str, after: &str) -> String {
    installation
        .deployed_version
        .as_ref()
        .map(|version| format!("{before}{version}{after}"))
        .unwrap_or_default()
}

/// The first line of the cluster's words, redacted, with a full stop; a line that ends in a colon takes the next along.
fn first_line(words: &str) -> String {
    let words = redact(words);
    let mut line = String::new();
    for next in words.lines().map(str::trim).filter(|next| !next.is_empty()) {
        line.push_str(if line.is_empty() { "" } else { " " });
        line.push_str(next);
        if !next.ends_with(':') {
            break;
        }
    }
    if !line.is_empty() && !line.ends_with(['.', '!', '?', '…']) {
        line.push('.');
    }
    line
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::objects::{FromObject, Workload};
    use crate::operation::{self, operation};
    use crate::rollout::{Evidence, Wait, WaitReason};

    fn now() -> Timestamp {
        "2026-03-01T12:10:00Z".parse().unwrap()
    }

    fn cr(phase: &str, version: &str, deployed: &str) -> Value {
        json!({
            "metadata": {"name": "rootcause", "namespace": "rootcause", "generation": 2, "managedFields": [
                {"manager": "kubectl", "time": "2026-03-01T12:00:00Z", "fieldsV1": {"f:spec": {"f:version": {}}}}]},
            "spec": {"version": version},
            "status": {"phase": phase, "deployedVersion": deployed, "observedGeneration": 2,
                "availableVersions": [{"version": "0.1.15"}, {"version": "0.1.18"}]},
        })
    }

    fn rollout(name: &str, complete: bool, held: Option<WaitReason>) -> Rollout {
        let workload = json!({"metadata": {"name": name, "annotations": {"meta.helm.sh/release-name": "rootcause-platform"}}});
        let wait = |reason| Wait {
            reason,
            message: String::new(),
            pod: "p".into(),
            container: None,
            certainty: Evidence::Reported,
        };
        Rollout { complete, waits: held.map(wait), ..Rollout::of(&Workload::from_object(&workload), None) }
    }

    fn check_with(
        cr: Value,
        operator: OperatorState,
        rollouts: &[Rollout],
        status_words: &str,
        releases_words: &str,
    ) {
        let contract = Contract::builtin();
        let installation = Installation::read(&contract, &cr);
        let (dependencies, platform) = (&[], &[]);
        let judged = operation::Facts {
            contract: &contract,
            installation: &installation,
            dependencies,
            platform,
            rollouts,
        };
        let operation = operation(&judged);
        let facts = Facts {
            contract: &contract,
            installation: &installation,
            operator: &operator,
            operation: operation.as_ref(),
            rollouts: Some(rollouts),
            now: now(),
        };
        assert_eq!(status(&facts).words, status_words);
        assert_eq!(releases(&facts).words, releases_words);
    }

    fn check(cr: Value, status_words: &str, releases_words: &str) {
        check_with(
            cr,
            OperatorState::Alive { holder: None, renewed: None },
            &[],
            status_words,
            releases_words,
        );
    }

    #[test]
    fn a_running_installation_names_its_version_and_the_news() {
        let news = "RootCause 0.1.15 is running. 0.1.18 is available.";
        check(cr("Ready", "0.1.15", "0.1.15"), news, news);
        check(
            cr("Ready", "0.1.18", "0.1.18"),
            "RootCause 0.1.18 is running.",
            "RootCause 0.1.18 is running. No newer version is available.",
        );
        check_with(
            cr("Ready", "0.1.18", "0.1.18"),
            OperatorState::Loading,
            &[rollout("platform", true, None), rollout("ml-jobs", false, Some(WaitReason::OutOfMemory))],
            "RootCause 0.1.18 is running, but ml-jobs is not ready, waits: out of memory (OOMKilled).",
            "RootCause 0.1.18 is running. No newer version is available.",
        );
    }

    #[test]
    fn an_operation_tells_how_far_it_is() {
        let mut going = cr("Reconciling", "0.1.18", "0.1.15");
        going["status"]["conditions"] = json!([
            {"type": "Reconciling", "status": "True", "lastTransitionTime": "2026-03-01T12:00:02Z"},
            {"type": "DependenciesReady", "status": "True", "lastTransitionTime": "2026-03-01T12:01:00Z"},
            {"type": "PlatformReady", "status": "False", "lastTransitionTime": "2026-03-01T12:01:00Z"},
        ]);
        let words = "Upgrading to 0.1.18: dependencies are done, platform is rolling, 1 of 2 workloads ready, data-service waits: image pull (ErrImagePull).";
        check_with(
            going.clone(),
            OperatorState::Loading,
            &[
                rollout("platform", true, None),
                rollout("data-service", false, Some(WaitReason::Image("ErrImagePull".into()))),
            ],
            words,
            words,
        );
        going["metadata"]["generation"] = json!(3);
        let unseen = "Upgrading to 0.1.18: requested, but the operator has not seen it yet.";
        check(going.clone(), unseen, unseen);
        check_with(
            going,
            OperatorState::Absent { why: "there is none".into() },
            &[],
            "The operator is not running: there is none. The last change waits for it.",
            unseen,
        );
    }

    #[test]
    fn trouble_is_told_in_the_operators_words_without_secrets() {
        let mut degraded = cr("Degraded", "0.1.18", "0.1.15");
        degraded["status"]["lastError"] = json!("values of the chart:\n- password=hunter2 refused\nmore");
        check(
            degraded,
            "Degraded: values of the chart: - password=••• refused.",
            "RootCause 0.1.15 is deployed, phase Degraded. 0.1.18 is available.",
        );
        let mut blocked = cr("Blocked", "0.1.15", "0.1.15");
        blocked["status"]["conditions"] =
            json!([{"type": "SecretsReady", "status": "False", "message": "Missing: secret regcred"}]);
        let words = "Applying the configuration: Blocked until a person supplies its secrets. Missing: secret regcred.";
        check(blocked, words, words);
        let mut unreachable = cr("Ready", "0.1.15", "0.1.15");
        unreachable["status"]["registry"] = json!({"error": "connection refused"});
        check(
            unreachable,
            "RootCause 0.1.15 is running. 0.1.18 is available.",
            "RootCause 0.1.15 is running. The registry could not be read: connection refused.",
        );
    }

    #[test]
    fn what_is_not_known_is_not_made_up() {
        check(
            json!({}),
            "The operator has not reported on this installation yet.",
            "No RootCause version is deployed. The operator has not listed the registry's versions yet.",
        );
        check(
            json!({"metadata": {"generation": 1}, "status": {"phase": "Odd", "observedGeneration": 1}}),
            "The operator reports the phase Odd, which the contract does not know.",
            "No RootCause version is deployed. The operator has not listed the registry's versions yet.",
        );
        check(
            json!({"metadata": {"deletionTimestamp": "2026-03-01T12:00:00Z", "finalizers": ["a/b"]}}),
            "The installation is being deleted since 10 min ago, held by a/b.",
            "No RootCause version is deployed. The operator has not listed the registry's versions yet.",
        );
        let gone = json!({"metadata": {"generation": 1}, "spec": {"undeploy": true},
            "status": {"phase": "Uninstalled", "observedGeneration": 1, "availableVersions": ["0.1.18"]}});
        check(
            gone,
            "RootCause is uninstalled; its configuration is kept.",
            "No RootCause version is deployed. Choose a version to install.",
        );
        assert_eq!(loading("a", "b").words, "Reading installation b in namespace a.");
    }
}
