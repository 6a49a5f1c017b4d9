//! What stands in the way of a version change, judged before it is requested: one check a file, facts in, verdict,
//! evidence and fix out.
//!
//! What may not be read is never passed: such a check says which right was missing.

mod attempts;
mod backup;
mod capacity;
mod certificates;
mod direction;
mod disruption;
mod operation;
mod operator;
mod pull_secret;
mod releases;
mod schema;
mod secrets;
mod stuck;
mod values;
mod volumes;

use serde_json::Value;

use crate::certainty::Read;
use crate::contract::Contract;
use crate::helm::HistoryRow;
use crate::installation::Installation;
use crate::objects::Pod;
use crate::operation::Operation;
use crate::operator::OperatorState;
use crate::phase::Tone;
use crate::request::WHY;
use crate::rollout::Rollout;
use crate::time::Timestamp;

pub use certificates::slim as slim_certificate;
pub use pull_secret::slim as slim_pull_secret;

/// Objects that are read for the preflight alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Claims,
    Nodes,
    /// The pods of all namespaces, for what the nodes still hold.
    Pods,
    Budgets,
    Deployments,
    /// The image pull secret through [`slim_pull_secret`].
    PullSecret,
    /// The ingresses' certificates through [`slim_certificate`].
    Certificates,
    /// Helm's values of the newest revisions: `{"platform": …, "dependencies": …}`.
    Values,
    /// The backups' Jobs.
    Jobs,
}

impl Source {
    pub const ALL: [Self; 9] = [
        Self::Claims,
        Self::Nodes,
        Self::Pods,
        Self::Budgets,
        Self::Deployments,
        Self::PullSecret,
        Self::Certificates,
        Self::Values,
        Self::Jobs,
    ];
}

/// What came of reading each [`Source`].
#[derive(Debug, Clone, PartialEq)]
pub struct Objects(Vec<Read<Vec<Value>>>);

impl Default for Objects {
    fn default() -> Self {
        Self(Source::ALL.iter().map(|_| Read::Loading).collect())
    }
}

impl Objects {
    /// Keeps what came of reading a source.
    pub fn set(&mut self, source: Source, read: Read<Vec<Value>>) {
        self.0[source as usize] = read;
    }

    /// The objects of a source, or the verdict on a check that cannot do without them.
    fn get(&self, source: Source) -> Result<&[Value], Finding> {
        match &self.0[source as usize] {
            Read::Found(objects) => Ok(objects),
            Read::Absent => Ok(&[]),
            Read::Loading => Err(Finding::new(Verdict::Waiting, "Being read.")),
            Read::Unreadable(words) => {
                Err(Finding::new(Verdict::Unknown, format!("Could not be checked: {words}")))
            }
        }
    }
}

/// What the preflight judges by.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    pub now: Timestamp,
    /// The version that is to be requested.
    pub to: &'a str,
    pub contract: &'a Contract,
    pub cr: &'a Value,
    pub installation: &'a Installation,
    pub operator: &'a OperatorState,
    pub operation: Option<&'a Operation>,
    /// Why Helm's history may not be read; `None` where it may.
    pub history_denied: Option<&'a str>,
    /// Newest first.
    pub dependencies: &'a [HistoryRow],
    /// Newest first.
    pub platform: &'a [HistoryRow],
    pub rollouts: &'a [Rollout],
    /// The namespace's pods; empty where they may not be listed.
    pub pods: &'a [Pod],
    /// What the API server says to the request in a dry run: what it refuses.
    pub judged: &'a Read<String>,
    pub objects: &'a Objects,
}

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The request should not be made like this; it can be, with a reason.
    Block,
    Warn,
    /// Could not be checked.
    Unknown,
    /// Still being read.
    Waiting,
    Passed,
}

impl Verdict {
    /// The verdict in a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Block => "blocks",
            Self::Warn => "warns",
            Self::Unknown => "not checked",
            Self::Waiting => "checking",
            Self::Passed => "passed",
        }
    }

    /// Its colour family.
    pub fn tone(self) -> Tone {
        match self {
            Self::Block => Tone::Bad,
            Self::Warn => Tone::Warn,
            Self::Unknown => Tone::Off,
            Self::Waiting => Tone::Busy,
            Self::Passed => Tone::Ok,
        }
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    verdict: Verdict,
    evidence: String,
    fix: &'static str,
}

impl Finding {
    fn new(verdict: Verdict, evidence: impl Into<String>) -> Self {
        Self { verdict, evidence: evidence.into(), fix: "" }
    }

    fn passed(evidence: impl Into<String>) -> Self {
        Self::new(Verdict::Passed, evidence)
    }

    fn fix(mut self, fix: &'static str) -> Self {
        self.fix = fix;
        self
    }
}

/// One check of the preflight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Its name in a recorded override.
    pub id: &'static str,
    pub title: &'static str,
    pub verdict: Verdict,
    /// What was found, in a sentence or two.
    pub evidence: String,
    /// What to do about it; empty where nothing is to be done.
    pub fix: &'static str,
}

type Judge = fn(&Facts<'_>) -> Finding;

const CHECKS: [(&str, &str, Judge); 15] = [
    ("operator", "Operator", operator::check),
    ("operation", "No operation under way", operation::check),
    ("stuck", "No release is stuck", stuck::check),
    ("releases", "Both releases are healthy", releases::check),
    ("schema", "The request is valid", schema::check),
    ("values", "Values fit the target", values::check),
    ("attempts", "Earlier attempts", attempts::check),
    ("secrets", "Required secrets", secrets::check),
    ("volumes", "Volumes are bound", volumes::check),
    ("capacity", "Room for the rollout", capacity::check),
    ("disruption", "Disruption budgets", disruption::check),
    ("pull-secret", "Image pull secret", pull_secret::check),
    ("certificates", "TLS certificates", certificates::check),
    ("backup", "Backup", backup::check),
    ("direction", "Way back", direction::check),
];

/// All checks, the worst first, otherwise in the order in which they matter.
pub fn checks(facts: &Facts<'_>) -> Vec<Check> {
    let judged = |&(id, title, judge): &(&'static str, &'static str, Judge)| {
        let Finding { verdict, evidence, fix } = judge(facts);
        Check { id, title, verdict, evidence, fix }
    };
    let mut checks: Vec<Check> = CHECKS.iter().map(judged).collect();
    crate::sort::by(&mut checks, |a, b| a.verdict.cmp(&b.verdict));
    checks
}

/// The preflight in one sentence.
pub fn sentence(checks: &[Check]) -> String {
    let count = |verdict| checks.iter().filter(|it| it.verdict == verdict).count();
    let titles = |verdict| {
        let of = checks.iter().filter(|it| it.verdict == verdict).map(|it| it.title);
        of.collect::<Vec<_>>().join(", ")
    };
    let (passed, all) = (count(Verdict::Passed), checks.len());
    let mut said = match (count(Verdict::Block), count(Verdict::Warn)) {
        (0, 0) => format!("{passed} of {all} checks passed."),
        (0, _) => format!("Nothing blocks; to be considered: {}.", titles(Verdict::Warn)),
        _ => format!("Blocked: {}.", titles(Verdict::Block)),
    };
    match (count(Verdict::Waiting), count(Verdict::Unknown)) {
        (0, 0) => {}
        (0, unknown) => said += &format!(" {unknown} could not be checked."),
        (waiting, _) => said += &format!(" Still being read: {waiting}."),
    }
    said
}

/// Whether anything blocks.
pub fn blocks(checks: &[Check]) -> bool {
    checks.iter().any(|it| it.verdict == Verdict::Block)
}

/// The reason that is kept with a request that goes over blocking checks: which ones, and why.
pub fn reason(checks: &[Check], why: &str) -> String {
    let blocking = checks.iter().filter(|it| it.verdict == Verdict::Block).map(|it| it.id);
    let blocking: Vec<_> = blocking.collect();
    if blocking.is_empty() {
        return why.trim().to_owned();
    }
    let said = format!("[despite {}] {}", blocking.join(", "), why.trim());
    said.chars().take(WHY).collect()
}

#[cfg(test)]
pub(crate) mod tests;
