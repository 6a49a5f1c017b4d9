//! The timeline of the current or last operation: requested → seen → dependencies → platform → Ready.

use jiff::{SignedDuration, Timestamp};

use crate::contract::Contract;
use crate::helm::HistoryRow;
use crate::installation::Installation;
use crate::request::Action;
use crate::rollout::Rollout;
use crate::version::Direction;

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

/// The steps of every operation.
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
    /// What it waits for, or why it failed, in the cluster's words. May hold secrets.
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

/// The current or last operation; `None` for an installation of which nothing was ever asked.
pub fn operation(facts: &Facts<'_>) -> Option<Operation> {
    let _ = facts;
    todo!()
}
