//! Helm's release history, from the secrets that it keeps (`sh.helm.release.v1.NAME.vREVISION`).
//!
//! Lists read metadata only: name, revision, status and times are labels. The payload (base64 of base64 of gzip of
//! JSON, megabytes of chart) is decoded for a revision when its versions are shown; the browser does the gunzip.

use jiff::{SignedDuration, Timestamp};

use crate::objects::Metadata;
use crate::version::Direction;

/// A release secret, known from its metadata alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseSecret {
    /// The Helm release.
    pub release: String,
    pub revision: u32,
    pub status: Status,
    /// The secret's own name.
    pub secret: String,
    pub namespace: String,
    /// With `resource_version`: the key under which a decoded payload may be kept.
    pub uid: String,
    pub resource_version: String,
    /// When Helm began this revision.
    pub created: Option<Timestamp>,
    /// When Helm last changed its status (label `modifiedAt`).
    pub modified: Option<Timestamp>,
}

/// Helm's release statuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    Deployed,
    Superseded,
    Failed,
    Uninstalled,
    Uninstalling,
    PendingInstall,
    PendingUpgrade,
    PendingRollback,
    /// Another word of Helm's.
    Unknown(String),
}

impl Status {
    /// Helm's own word read.
    pub fn named(word: &str) -> Self {
        match word {
            "deployed" => Self::Deployed,
            "superseded" => Self::Superseded,
            "failed" => Self::Failed,
            "uninstalled" => Self::Uninstalled,
            "uninstalling" => Self::Uninstalling,
            "pending-install" => Self::PendingInstall,
            "pending-upgrade" => Self::PendingUpgrade,
            "pending-rollback" => Self::PendingRollback,
            other => Self::Unknown(other.to_owned()),
        }
    }

    /// Helm's own word.
    pub fn word(&self) -> &str {
        match self {
            Self::Deployed => "deployed",
            Self::Superseded => "superseded",
            Self::Failed => "failed",
            Self::Uninstalled => "uninstalled",
            Self::Uninstalling => "uninstalling",
            Self::PendingInstall => "pending-install",
            Self::PendingUpgrade => "pending-upgrade",
            Self::PendingRollback => "pending-rollback",
            Self::Unknown(word) => word,
        }
    }

    /// Whether Helm is, or died, at work on it.
    pub fn is_pending(&self) -> bool {
        matches!(
            self,
            Self::PendingInstall | Self::PendingUpgrade | Self::PendingRollback | Self::Uninstalling
        )
    }
}

impl ReleaseSecret {
    /// Reads a secret's metadata; `None` for a secret that is not a Helm release.
    pub fn read(metadata: &Metadata) -> Option<Self> {
        let _ = metadata;
        todo!()
    }
}

/// What a payload says of its revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelmRelease {
    pub name: String,
    pub namespace: String,
    pub revision: u32,
    pub chart: String,
    pub chart_version: String,
    pub app_version: Option<String>,
    pub status: Status,
    pub first_deployed: Option<Timestamp>,
    pub last_deployed: Option<Timestamp>,
    /// Helm's own words: "Upgrade complete", or why it failed. May hold secrets.
    pub description: String,
}

/// Bytes of a payload's text that are read: Helm's secrets hold at most 1 MiB (etcd's limit), which base64 makes 4/3.
pub const PAYLOAD: usize = 2 << 20;

/// A pending revision older than this has lost its Helm process: twice Helm's default `--timeout` of 5 minutes.
pub const STUCK_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// Why a payload cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum HelmError {
    #[error("the release payload has {0} bytes, more than a secret can hold")]
    TooLarge(usize),
    #[error("the release payload is not base64: {0}")]
    Base64(base64::DecodeError),
    #[error("the release payload is not Helm's JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// The gzip bytes in `data.release` of a release secret, as the API server's JSON writes it (base64 in base64).
pub fn payload(data_release: &str) -> Result<Vec<u8>, HelmError> {
    let _ = data_release;
    todo!()
}

/// Reads the payload's JSON, after gunzip, skipping the chart's templates and values.
pub fn decode(json: &[u8]) -> Result<HelmRelease, HelmError> {
    let _ = json;
    todo!()
}

/// A row of a release's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryRow {
    pub release: String,
    pub revision: u32,
    pub status: Status,
    /// When Helm began it.
    pub when: Option<Timestamp>,
    /// How long Helm took, where its bookkeeping tells.
    pub took: Option<SignedDuration>,
    /// Of the decoded payload; `None` until it is decoded.
    pub chart_version: Option<String>,
    pub app_version: Option<String>,
    pub description: Option<String>,
    /// The chart version of the revision before.
    pub from: Option<String>,
    /// Which way from the revision before; `None` while either is not decoded or no longer kept.
    pub direction: Option<Direction>,
    /// Helm has been at it since then.
    pub pending: Option<Pending>,
    /// The secret, to decode on demand.
    pub secret: ReleaseSecret,
}

/// A pending revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    pub since: Option<Timestamp>,
    /// Older than [`STUCK_AFTER`]: Helm itself will refuse the next change until somebody repairs it.
    pub stuck: bool,
}

impl HistoryRow {
    /// Plain words: "Upgrade from 0.1.15 to 0.1.18", "Rollback …, failed: …", "Upgrade …, stuck since …".
    pub fn sentence(&self, now: Timestamp) -> String {
        let _ = now;
        todo!()
    }
}

/// The history of one release, newest revision first: every secret, with what its decoded payload adds.
pub fn history(
    release: &str,
    secrets: &[ReleaseSecret],
    decoded: &[HelmRelease],
    now: Timestamp,
) -> Vec<HistoryRow> {
    let _ = (release, secrets, decoded, now);
    todo!()
}

/// Whether both releases are at the same version: they are upgraded as a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Skew {
    Same(String),
    Differs {
        dependencies: String,
        platform: String,
    },
    /// One of them is not known.
    Unknown,
}

/// Compares the two releases' deployed chart versions.
pub fn skew(dependencies: Option<&str>, platform: Option<&str>) -> Skew {
    match (dependencies, platform) {
        (Some(dependencies), Some(platform)) if crate::version::same(dependencies, platform) => {
            Skew::Same(platform.to_owned())
        }
        (Some(dependencies), Some(platform)) => {
            Skew::Differs { dependencies: dependencies.to_owned(), platform: platform.to_owned() }
        }
        _ => Skew::Unknown,
    }
}
