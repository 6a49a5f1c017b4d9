//! Helm's release history, from the secrets that it keeps (`sh.helm.release.v1.NAME.vREVISION`).
//!
//! Lists read metadata only: name, revision, status and times are labels. The payload (base64 of base64 of gzip of
//! JSON, megabytes of chart) is decoded for a revision when its versions are shown; the browser does the gunzip.

pub mod contents;
pub mod manifest;
pub mod timeline;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

use crate::ago;
use crate::objects::{Metadata, text, time};
use crate::phase::Tone;
use crate::redact::redact;
use crate::sort;
use crate::time::{SignedDuration, Timestamp};
use crate::version::{Direction, same};

/// A release secret, known from its metadata alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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
        let label = |name: &str| metadata.labels.get(name);
        let release = label("name").filter(|_| label("owner") == Some("helm"))?;
        let modified = label("modifiedAt").and_then(|seconds| seconds.parse().ok());
        Some(Self {
            release: release.to_owned(),
            revision: label("version")?.parse().ok()?,
            status: Status::named(label("status")?),
            secret: metadata.name.clone(),
            namespace: metadata.namespace.clone(),
            uid: metadata.uid.clone(),
            resource_version: metadata.resource_version.clone(),
            created: metadata.creation_timestamp,
            modified: modified.and_then(Timestamp::from_second),
        })
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
    #[error("the release payload is not UTF-8: {0}")]
    Text(#[from] std::str::Utf8Error),
    #[error("the release payload is not Helm's JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// The gzip bytes in `data.release` of a release secret, as the API server's JSON writes it (base64 in base64).
pub fn payload(data_release: &str) -> Result<Vec<u8>, HelmError> {
    if data_release.len() > PAYLOAD {
        return Err(HelmError::TooLarge(data_release.len()));
    }
    let helm = STANDARD.decode(data_release).map_err(HelmError::Base64)?;
    STANDARD.decode(helm).map_err(HelmError::Base64)
}

/// Reads the payload's JSON, after gunzip, skipping the chart's templates and values.
pub fn decode(json: &[u8]) -> Result<HelmRelease, HelmError> {
    let Payload { name, namespace, version, info, chart } = serde_json::from_str(std::str::from_utf8(json)?)?;
    let chart = &chart.metadata;
    Ok(HelmRelease {
        name,
        namespace,
        revision: version,
        chart: text(chart, "name"),
        chart_version: text(chart, "version"),
        app_version: Some(text(chart, "appVersion")).filter(|version| !version.is_empty()),
        status: Status::named(&text(&info, "status")),
        first_deployed: time(&info, "first_deployed"),
        last_deployed: time(&info, "last_deployed"),
        description: text(&info, "description"),
    })
}

/// The values that were given to the chart, of the payload's JSON after gunzip. May hold secrets.
pub fn values(json: &[u8]) -> Result<Value, HelmError> {
    #[derive(Deserialize)]
    struct Given {
        #[serde(default)]
        config: Value,
    }
    let Given { config } = serde_json::from_str(std::str::from_utf8(json)?)?;
    Ok(config)
}

/// A row of a release's history.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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
    /// Helm is, or died, at work on it.
    pub pending: Option<Pending>,
    /// The secret, to decode on demand.
    pub secret: ReleaseSecret,
}

/// A pending revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pending {
    pub since: Option<Timestamp>,
    /// Older than [`STUCK_AFTER`]: Helm itself will refuse the next change until somebody repairs it.
    pub stuck: bool,
}

impl HistoryRow {
    /// The colour family of its status; a stuck one is as bad as a failed one.
    pub fn tone(&self) -> Tone {
        match &self.status {
            Status::Deployed => Tone::Ok,
            Status::Failed => Tone::Bad,
            _ if self.pending.is_some_and(|it| it.stuck) => Tone::Bad,
            status if status.is_pending() => Tone::Busy,
            _ => Tone::Off,
        }
    }

    /// Plain words: "Upgrade from 0.1.15 to 0.1.18", "Rollback from 0.1.18 to 0.1.15 failed: …", "Upgrade from 0.1.15 to
    /// 0.1.18, stuck for 12 min: Helm never finished it". Redacted.
    pub fn sentence(&self, now: Timestamp) -> String {
        let what = match (self.direction, &self.from, &self.chart_version) {
            (Some(Direction::Install), _, Some(to)) => format!("Install of {to}"),
            (Some(Direction::Reinstall), _, Some(to)) => format!("{to} again"),
            (Some(direction), Some(from), Some(to)) => {
                format!("{} from {from} to {to}", capitalized(direction.noun()))
            }
            (_, _, Some(to)) => format!("Change to {to}"),
            _ => format!("Revision {}", self.revision),
        };
        let description = self.description.as_deref().filter(|words| !words.is_empty()).map(redact);
        match (&self.status, &self.pending) {
            (Status::Failed, _) => match description {
                Some(words) => format!("{what} failed: {words}"),
                None => format!("{what} failed"),
            },
            (status, Some(pending)) => {
                let gerund =
                    if *status == Status::Uninstalling { "being uninstalled" } else { "in progress" };
                match pending.since.map(|since| ago::duration(now.duration_since(since))) {
                    Some(age) if pending.stuck => format!("{what}, stuck for {age}: Helm never finished it"),
                    Some(age) => format!("{what}, {gerund} for {age}"),
                    None => format!("{what}, {gerund}"),
                }
            }
            (Status::Uninstalled, _) => format!("{what}, uninstalled"),
            (Status::Unknown(word), _) => format!("{what}, {word}"),
            _ => what,
        }
    }
}

fn capitalized(word: &str) -> String {
    let mut word = word.to_owned();
    if let Some(first) = word.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    word
}

/// The part of Helm's release JSON that is shown.
#[derive(Deserialize)]
struct Payload {
    name: String,
    #[serde(default)]
    namespace: String,
    version: u32,
    #[serde(default)]
    info: Value,
    #[serde(default)]
    chart: Chart,
}

/// Without the templates and values, which are nearly all of it.
#[derive(Deserialize, Default)]
struct Chart {
    #[serde(default)]
    metadata: Value,
}

/// The history of one release, newest revision first: every secret, with what its decoded payload adds.
///
/// The direction of a revision is against the one right before it, failed or not, since that is what was last applied.
pub fn history(
    release: &str,
    secrets: &[ReleaseSecret],
    decoded: &[HelmRelease],
    now: Timestamp,
) -> Vec<HistoryRow> {
    let mut secrets: Vec<&ReleaseSecret> =
        secrets.iter().filter(|secret| secret.release == release).collect();
    sort::by(&mut secrets, |a, b| b.revision.cmp(&a.revision));
    let payload = |secret: &ReleaseSecret| {
        decoded.iter().find(|one| {
            one.name == release && one.revision == secret.revision && one.namespace == secret.namespace
        })
    };
    let row = |secret: &&ReleaseSecret| {
        let decoded = payload(secret);
        let before = secret.revision.checked_sub(1);
        let before = secrets.iter().find(|one| Some(one.revision) == before);
        let gone = before.is_some_and(|before| before.status == Status::Uninstalled);
        let from = before.filter(|_| !gone).and_then(|before| Some(payload(before)?.chart_version.clone()));
        let direction = decoded.and_then(|to| {
            let fresh = secret.revision == 1 || gone;
            (fresh || from.is_some()).then(|| Direction::between(from.as_deref(), &to.chart_version))
        });
        let when = secret.created.or_else(|| decoded?.last_deployed);
        let pending = secret.status.is_pending().then(|| Pending {
            since: when,
            stuck: when.is_some_and(|since| now.duration_since(since) >= STUCK_AFTER),
        });
        HistoryRow {
            release: release.to_owned(),
            revision: secret.revision,
            status: secret.status.clone(),
            when,
            took: took(secret, &secrets),
            chart_version: decoded.map(|decoded| decoded.chart_version.clone()),
            app_version: decoded.and_then(|decoded| decoded.app_version.clone()),
            description: decoded.map(|decoded| decoded.description.clone()),
            from,
            direction,
            pending,
            secret: (*secret).clone(),
        }
    };
    secrets.iter().map(row).collect()
}

/// How long Helm took for a revision. A deployed or failed one was last changed when it ended. A superseded one was last
/// changed when it was superseded; but when it had ended, Helm marked the one that it superseded itself.
fn took(secret: &ReleaseSecret, secrets: &[&ReleaseSecret]) -> Option<SignedDuration> {
    let created = secret.created?;
    let ended = match secret.status {
        Status::Deployed | Status::Failed => secret.modified,
        Status::Superseded => {
            let earlier = secrets.iter().filter(|one| one.revision < secret.revision);
            earlier.filter(|one| one.status == Status::Superseded).filter_map(|one| one.modified).max()
        }
        _ => None,
    };
    Some(ended?.duration_since(created)).filter(|took| !took.is_negative())
}

/// The version that was deployed at `at`, by a release's history, newest revision first. `None` where the history does not
/// reach back so far, where the revision's payload is not read, or where Helm was just at work.
pub fn version_at(history: &[HistoryRow], at: Timestamp) -> Option<String> {
    // A failed revision leaves the one before it deployed.
    let began = |row: &&HistoryRow| row.status != Status::Failed && row.when.is_some_and(|when| when <= at);
    let row = history.iter().find(began)?;
    let lasted = matches!(row.status, Status::Deployed | Status::Superseded);
    let ended = row.when?.checked_add(row.took.unwrap_or_default())?;
    row.chart_version.clone().filter(|_| lasted && ended <= at)
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
        (Some(dependencies), Some(platform)) if same(dependencies, platform) => {
            Skew::Same(platform.to_owned())
        }
        (Some(dependencies), Some(platform)) => {
            Skew::Differs { dependencies: dependencies.to_owned(), platform: platform.to_owned() }
        }
        _ => Skew::Unknown,
    }
}

impl Skew {
    /// In one sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::Same(version) => format!("Dependencies and platform are both at {version}."),
            Self::Differs { dependencies, platform } => {
                format!("Dependencies are at {dependencies}, the platform is at {platform}.")
            }
            Self::Unknown => "The version of one of the releases is not known.".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::objects::{FromObject, Partial};

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_772_366_400 + minute * 60).unwrap()
    }

    fn secret(revision: u32, status: &str, created: i64, modified: i64) -> ReleaseSecret {
        let secret = Partial::from_object(&json!({"metadata": {
            "name": format!("sh.helm.release.v1.rootcause-platform.v{revision}"),
            "namespace": "rootcause",
            "creationTimestamp": at(created).to_string(),
            "labels": {"owner": "helm", "name": "rootcause-platform", "status": status,
                "version": revision.to_string(), "modifiedAt": (at(modified).as_millisecond() / 1000).to_string()},
        }}));
        ReleaseSecret::read(&secret.metadata).unwrap()
    }

    fn decoded(revision: u32, version: &str, description: &str) -> HelmRelease {
        let json = json!({"name": "rootcause-platform", "namespace": "rootcause", "version": revision,
            "info": {"status": "deployed", "description": description, "last_deployed": "bad"},
            "chart": {"metadata": {"name": "platform", "version": version, "appVersion": version}, "templates": [{"data": "eA=="}]},
            "config": {"a": 1}});
        decode(&serde_json::to_vec(&json).unwrap()).unwrap()
    }

    #[test]
    fn reads_release_secrets_by_their_labels() {
        let read = secret(7, "pending-upgrade", 0, 0);
        assert_eq!(
            (read.release.as_str(), read.revision, read.status.clone()),
            ("rootcause-platform", 7, Status::PendingUpgrade)
        );
        let other = Partial::from_object(&json!({"metadata": {"name": "regcred", "labels": {"name": "x"}}}));
        assert_eq!(ReleaseSecret::read(&other.metadata), None);
        for word in [
            "deployed",
            "superseded",
            "failed",
            "uninstalled",
            "uninstalling",
            "pending-install",
            "pending-rollback",
            "odd",
        ] {
            assert_eq!(Status::named(word).word(), word);
        }
    }

    #[test]
    fn the_version_at_a_time_is_the_last_one_deployed_before() {
        let secrets = [
            secret(1, "superseded", 0, 10),
            secret(2, "failed", 5, 6),
            secret(3, "superseded", 10, 30),
            secret(4, "deployed", 20, 22),
        ];
        let read: Vec<_> = [(1, "0.1.14"), (2, "0.1.18"), (3, "0.1.15"), (4, "0.1.16")]
            .map(|(revision, version)| decoded(revision, version, ""))
            .into();
        let check = |minute: i64, read: &[HelmRelease], expect: Option<&str>| {
            let rows = history("rootcause-platform", &secrets, read, at(60));
            assert_eq!(version_at(&rows, at(minute)).as_deref(), expect, "minute {minute}");
        };
        check(-1, &read, None);
        check(4, &read, Some("0.1.14"));
        // The failed one changed nothing that lasts.
        check(7, &read, Some("0.1.14"));
        check(15, &read, Some("0.1.15"));
        // Helm is at work until minute 22.
        check(21, &read, None);
        check(22, &read, Some("0.1.16"));
        check(15, &read[..2], None);
    }

    #[test]
    fn a_payload_is_base64_twice() {
        let helm = STANDARD.encode([0x1f, 0x8b, 8]);
        assert_eq!(payload(&STANDARD.encode(&helm)).unwrap(), [0x1f, 0x8b, 8]);
        assert!(matches!(payload("%"), Err(HelmError::Base64(_))));
        assert!(matches!(payload(&"A".repeat(PAYLOAD + 1)), Err(HelmError::TooLarge(_))));
        assert!(matches!(decode(b"[]"), Err(HelmError::Json(_))));
    }

    #[test]
    fn history_names_directions_against_the_revision_before() {
        let secrets = [
            secret(1, "superseded", 0, 12),
            secret(2, "superseded", 10, 33),
            secret(3, "failed", 20, 25),
            secret(4, "superseded", 30, 41),
            secret(5, "deployed", 40, 41),
        ];
        let payloads = [
            decoded(1, "0.1.15", ""),
            decoded(2, "0.1.16", ""),
            decoded(3, "0.1.18", "Upgrade failed: password=x refused"),
            decoded(4, "0.1.15", ""),
            decoded(5, "0.1.15", ""),
        ];
        let rows = history("rootcause-platform", &secrets, &payloads, at(60));
        let sentences: Vec<_> = rows.iter().map(|row| row.sentence(at(60))).collect();
        assert_eq!(
            sentences,
            [
                "0.1.15 again",
                "Rollback from 0.1.18 to 0.1.15",
                "Upgrade from 0.1.16 to 0.1.18 failed: Upgrade failed: password=••• refused",
                "Upgrade from 0.1.15 to 0.1.16",
                "Install of 0.1.15",
            ]
        );
        let took: Vec<_> = rows.iter().map(|row| row.took.map(|took| took.as_secs() / 60)).collect();
        assert_eq!(took, [Some(1), Some(3), Some(5), Some(2), None]);
    }

    #[test]
    fn what_is_not_decoded_is_not_guessed() {
        let secrets = [secret(8, "superseded", 0, 5), secret(9, "deployed", 4, 5)];
        let rows = history("rootcause-platform", &secrets, &[decoded(9, "0.1.18", "")], at(9));
        assert_eq!((rows[0].direction, rows[1].direction), (None, None));
        assert_eq!(
            (rows[0].sentence(at(9)), rows[1].sentence(at(9))),
            ("Change to 0.1.18".into(), "Revision 8".into())
        );
        assert_eq!(history("another", &secrets, &[], at(9)), []);
    }

    #[test]
    fn a_pending_revision_is_stuck_after_a_while_and_a_fresh_one_after_uninstall_is_an_install() {
        let secrets = [secret(3, "uninstalled", 0, 1), secret(4, "pending-upgrade", 10, 10)];
        let payloads = [decoded(3, "0.1.18", ""), decoded(4, "0.1.15", "")];
        let check = |now: i64, expect: &str| {
            let rows = history("rootcause-platform", &secrets, &payloads, at(now));
            assert_eq!(rows[0].sentence(at(now)), expect);
            assert_eq!(rows[0].direction, Some(Direction::Install));
        };
        check(12, "Install of 0.1.15, in progress for 2 min");
        check(22, "Install of 0.1.15, stuck for 12 min: Helm never finished it");
    }

    #[test]
    fn skew_is_said() {
        let check = |dependencies, platform, expect: &str| {
            assert_eq!(skew(dependencies, platform).sentence(), expect)
        };
        check(Some("0.1.18"), Some("v0.1.18"), "Dependencies and platform are both at v0.1.18.");
        check(Some("0.1.18"), Some("0.1.15"), "Dependencies are at 0.1.18, the platform is at 0.1.15.");
        check(None, Some("0.1.15"), "The version of one of the releases is not known.");
    }
}
