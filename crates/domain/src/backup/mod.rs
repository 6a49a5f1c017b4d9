//! Backups of the databases: taken by Jobs, found again by their labels, and believed only on evidence.
//!
//! A backup is its Job: the Job's labels say of which database, its annotations from which version and into which claim,
//! and what its container left as its last words says how large the dump is and what its checksum is. A Job's pod may be
//! gone long before the Job, so those words are copied into an annotation of the Job as soon as anybody sees them.

pub mod checklist;
pub mod manifest;
pub mod restore;
pub mod schedule;
pub mod stream;

use serde_json::{Value, json};

use self::checklist::Mark;

use crate::ago::ago;
use crate::helm::{self, HistoryRow};
use crate::installation::Installation;
use crate::objects::{Pod, text, time};
use crate::phase::Tone;
use crate::redact::redact;
use crate::sort;
use crate::time::Timestamp;

/// The label of a backup's Job and of its schedule: the database's key.
pub const BACKUP: &str = "admin.rootcause.dev/backup";

/// The label of a Job that restores or deletes: the database's key.
pub const RESTORE: &str = "admin.rootcause.dev/restore";

/// The label of a Job that deletes a backup's file.
pub const DELETE: &str = "admin.rootcause.dev/delete-backup";

/// The annotation that names the version that was deployed when a backup began.
pub const VERSION: &str = "admin.rootcause.dev/version";

/// The annotation that names who asked for it.
pub const WHO: &str = "admin.rootcause.dev/who";

/// The annotation that keeps what the container said of its dump.
pub const EVIDENCE: &str = "admin.rootcause.dev/evidence";

/// The annotation that names the backup that a restore reads.
pub const OF: &str = "admin.rootcause.dev/of-backup";

/// Bytes of a gzip file with nothing in it.
const EMPTY: u64 = 20;

/// The databases that are backed up. Redis is a queue and a cache: what it holds is not worth a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    PostgreSql,
    MongoDb,
}

impl Database {
    pub const ALL: [Self; 2] = [Self::PostgreSql, Self::MongoDb];

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::PostgreSql => "PostgreSQL",
            Self::MongoDb => "MongoDB",
        }
    }

    /// Its name in labels and in names of objects.
    pub fn key(self) -> &'static str {
        match self {
            Self::PostgreSql => "postgresql",
            Self::MongoDb => "mongodb",
        }
    }

    /// The program that dumps it.
    pub fn program(self) -> &'static str {
        match self {
            Self::PostgreSql => "pg_dumpall",
            Self::MongoDb => "mongodump",
        }
    }

    /// Whether this image runs it.
    pub fn is_image(self, image: &str) -> bool {
        let word = match self {
            Self::PostgreSql => "postgres",
            Self::MongoDb => "mongo",
        };
        image.rsplit('/').next().unwrap_or_default().contains(word)
    }

    /// The database of this key.
    pub fn keyed(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.key() == key)
    }
}

/// Whether this is SHA-256 in hex.
fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What a dump's container said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The file's name in the claim.
    pub file: String,
    pub bytes: u64,
    /// Of the file, in hex.
    pub sha256: String,
}

impl Evidence {
    /// Reads a container's last words; the last line that is JSON counts.
    pub fn read(words: &str) -> Option<Self> {
        let said: Value = words.lines().rev().find_map(|line| serde_json::from_str(line).ok())?;
        let (file, sha256) = (text(&said, "file"), text(&said, "sha256"));
        let whole = !file.is_empty() && is_digest(&sha256);
        Some(Self { file, sha256, bytes: said["bytes"].as_u64()? }).filter(|_| whole)
    }

    /// As the container says it.
    pub fn line(&self) -> String {
        json!({"file": self.file, "bytes": self.bytes, "sha256": self.sha256}).to_string()
    }
}

/// How a backup's, a restore's or any other Job stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Asked for, no container runs yet.
    Starting,
    Running,
    /// In the container's or the Job controller's words, redacted.
    Failed(String),
    /// Ended well and proved what it wrote.
    Proved(Evidence),
    /// Ended well, and nothing proves that a dump was written.
    Unproved,
}

impl State {
    /// The state in a word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Failed(_) => "failed",
            Self::Proved(it) if it.bytes <= EMPTY => "empty",
            Self::Proved(_) => "verified",
            Self::Unproved => "not verified",
        }
    }

    /// Its colour family.
    pub fn tone(&self) -> Tone {
        match self {
            Self::Starting | Self::Running => Tone::Busy,
            Self::Failed(_) => Tone::Bad,
            Self::Proved(it) if it.bytes <= EMPTY => Tone::Bad,
            Self::Proved(_) => Tone::Ok,
            Self::Unproved => Tone::Warn,
        }
    }

    /// Whether it has not ended.
    pub fn is_running(&self) -> bool {
        matches!(self, Self::Starting | Self::Running)
    }
}

/// A backup, taken, failed or under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// The Job's name.
    pub job: String,
    /// The Job's uid.
    pub uid: String,
    pub database: Database,
    pub started: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    /// The version that was deployed when it began.
    pub version: Option<String>,
    /// The version is not in the Job's record but told by Helm's history.
    pub derived: bool,
    /// Who asked for it; `None` for a schedule's.
    pub who: Option<String>,
    /// The claim that the file is in.
    pub claim: String,
    /// The Job's pod, while there is one.
    pub pod: Option<String>,
    pub state: State,
    /// Its evidence is known from its pod alone, which may go at any time.
    pub unkept: bool,
}

/// The backups of these Jobs (those without the label [`BACKUP`] are ignored), newest first.
pub fn backups(jobs: &[Value], pods: &[Pod]) -> Vec<Backup> {
    let mut backups: Vec<Backup> = jobs.iter().filter_map(|job| Backup::read(job, pods)).collect();
    sort::by(&mut backups, |a, b| b.started.cmp(&a.started).then_with(|| b.job.cmp(&a.job)));
    backups
}

/// Tells by Helm's history of the platform from which version the backups were taken whose Jobs do not say: those of a
/// schedule, which knows no version when it is made.
pub fn derive_versions(backups: &mut [Backup], platform: &[HistoryRow]) {
    for backup in backups.iter_mut().filter(|it| it.version.is_none()) {
        backup.version = backup.started.and_then(|at| helm::version_at(platform, at));
        backup.derived = backup.version.is_some();
    }
}

impl Backup {
    fn read(job: &Value, pods: &[Pod]) -> Option<Self> {
        let metadata = &job["metadata"];
        let annotation = |name: &str| metadata["annotations"][name].as_str().map(str::to_owned);
        let name = text(metadata, "name");
        let pod = pod_of(&name, pods);
        let claim = job.pointer("/spec/template/spec/volumes/0/persistentVolumeClaim/claimName");
        Some(Self {
            database: Database::keyed(metadata["labels"][BACKUP].as_str()?)?,
            started: time(metadata, "creationTimestamp"),
            ended: ended(job, pod),
            version: annotation(VERSION).filter(|it| !it.is_empty()),
            derived: false,
            who: annotation(WHO),
            claim: claim.and_then(Value::as_str).unwrap_or_default().to_owned(),
            pod: pod.map(|it| it.metadata.name.clone()),
            state: state(job, pod),
            unkept: annotation(EVIDENCE).is_none() && pod.and_then(said).is_some(),
            uid: text(metadata, "uid"),
            job: name,
        })
    }

    /// Whether it may be relied on, after a last change at `changed`; if not, why.
    pub fn counts(&self, changed: Option<Timestamp>) -> Result<Timestamp, String> {
        let at = match (&self.state, self.ended.or(self.started)) {
            (State::Proved(it), Some(at)) if it.bytes > EMPTY => at,
            (State::Proved(_), _) => return Err("the newest backup is empty".to_owned()),
            (State::Failed(words), _) => return Err(format!("the newest backup failed ({words})")),
            (State::Unproved, _) => {
                return Err("the newest backup left no size and checksum behind".to_owned());
            }
            (State::Starting | State::Running, _) => return Err("the newest backup is under way".to_owned()),
        };
        // A dump shows what was there when it began.
        match (changed, self.started) {
            (Some(changed), Some(started)) if started <= changed => {
                Err(format!("the newest backup is older than the last change, by {}", ago(started, changed)))
            }
            _ => Ok(at),
        }
    }
}

/// How a Job stands. `pod` is the one it runs in, while there is one.
pub fn state(job: &Value, pod: Option<&Pod>) -> State {
    if let Some(words) = condition(job, "Failed") {
        let own = pod.and_then(said).filter(|it| !it.is_empty());
        let code = pod.and_then(exit_code).filter(|code| *code != 0);
        return State::Failed(match (own, code) {
            (Some(own), _) => redact(own.lines().last().unwrap_or_default()),
            (None, Some(code)) => format!("exit code {code}"),
            (None, None) => redact(&words),
        });
    }
    if condition(job, "Complete").is_some() {
        let kept = job["metadata"]["annotations"][EVIDENCE].as_str();
        let evidence = kept.or_else(|| pod.and_then(said)).and_then(Evidence::read);
        return evidence.map_or(State::Unproved, State::Proved);
    }
    match pod {
        Some(pod) if pod.status.phase != "Pending" => State::Running,
        _ => State::Starting,
    }
}

/// The pod of this Job that was made last.
pub fn pod_of<'a>(job: &str, pods: &'a [Pod]) -> Option<&'a Pod> {
    let of = |pod: &&Pod| {
        let owner = |it: &crate::objects::OwnerReference| it.kind == "Job" && it.name == job;
        pod.metadata.owner_references.iter().any(owner)
    };
    pods.iter().filter(of).max_by_key(|it| it.metadata.creation_timestamp)
}

fn terminated(pod: &Pod) -> Option<&crate::objects::Terminated> {
    pod.status.container_statuses.first()?.state.terminated.as_ref()
}

fn said(pod: &Pod) -> Option<&str> {
    terminated(pod).map(|it| it.message.as_str()).filter(|it| !it.trim().is_empty())
}

fn exit_code(pod: &Pod) -> Option<i32> {
    terminated(pod).map(|it| it.exit_code)
}

fn ended(job: &Value, pod: Option<&Pod>) -> Option<Timestamp> {
    let failed = || {
        let conditions = job["status"]["conditions"].as_array()?;
        conditions.iter().find(|it| it["type"] == "Failed").and_then(|it| time(it, "lastTransitionTime"))
    };
    let stopped = || pod.and_then(terminated)?.finished_at;
    time(&job["status"], "completionTime").or_else(failed).or_else(stopped)
}

/// The message of a Job's condition that holds.
fn condition(job: &Value, kind: &str) -> Option<String> {
    let conditions = job["status"]["conditions"].as_array()?;
    conditions.iter().find(|it| it["type"] == kind && it["status"] == "True").map(|it| text(it, "message"))
}

/// What the pod of this backup said of its dump, to be kept in the annotation [`EVIDENCE`].
pub fn evidence_patch(backup: &Backup) -> Option<Value> {
    match &backup.state {
        State::Proved(evidence) if backup.unkept => {
            Some(json!({"metadata": {"annotations": {EVIDENCE: evidence.line()}}}))
        }
        _ => None,
    }
}

/// A backup to rely on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    pub at: Timestamp,
    /// Whose disk it is on; `None` for one that a Job took.
    pub saved_by: Option<String>,
}

impl Proof {
    /// As a sentence.
    pub fn sentence(&self, database: Database, now: Timestamp) -> String {
        let (name, when) = (database.name(), ago(self.at, now));
        match &self.saved_by {
            None => format!("{name} was backed up {when}."),
            Some(who) => format!("{name} was saved to a disk by {who} {when}."),
        }
    }
}

/// The newest backup of `database` that may be relied on; if there is none, why. What somebody only marked as done by hand
/// shows nothing.
pub fn evidence(
    backups: &[Backup],
    marks: &[Mark],
    database: Database,
    changed: Option<Timestamp>,
) -> Result<Proof, String> {
    let mut of = backups.iter().filter(|it| it.database == database);
    // One that is under way takes nothing from the one before it.
    let newest = of.clone().find(|it| !it.state.is_running()).or_else(|| of.next());
    let taken = newest.ok_or_else(|| "there is no backup yet".to_owned()).and_then(|it| it.counts(changed));
    let saved = marks.iter().find(|it| {
        let current = changed.is_none_or(|changed| it.when > changed);
        it.item == database.key() && it.bytes.is_some_and(|bytes| bytes > EMPTY) && current
    });
    match (taken, saved) {
        (Ok(at), _) => Ok(Proof { at, saved_by: None }),
        (Err(_), Some(mark)) => Ok(Proof { at: mark.when, saved_by: Some(mark.who.clone()) }),
        (Err(why), None) => Err(why),
    }
}

/// The page's sentence: whether there is a backup to rely on, of every database. `found` are those that run here.
pub fn sentence(
    backups: &[Backup],
    marks: &[Mark],
    found: &[Database],
    changed: Option<Timestamp>,
    now: Timestamp,
) -> (Tone, String) {
    if let Some(running) = backups.iter().find(|it| it.state.is_running()) {
        return (Tone::Busy, format!("{} is being backed up.", running.database.name()));
    }
    let mut tone = Tone::Ok;
    let mut said = Vec::new();
    for &database in found {
        match evidence(backups, marks, database, changed) {
            Ok(proof) => said.push(proof.sentence(database, now)),
            Err(why) => {
                tone = Tone::Warn;
                said.push(format!("{}: {why}.", database.name()));
            }
        }
    }
    if found.is_empty() {
        return (Tone::Unknown, "No database to back up is found.".to_owned());
    }
    (tone, said.join(" "))
}

/// When the installation was last changed: the newest Helm revision, or request recorded. A backup from before does not
/// show what is there now. `None` where neither can be read.
pub fn last_change(
    installation: &Installation,
    dependencies: &[HistoryRow],
    platform: &[HistoryRow],
) -> Option<Timestamp> {
    // Helm copies `modifiedAt` from revision to revision, so a new one may seem older than it is.
    let times = |row: &HistoryRow| row.secret.modified.max(row.when).max(row.secret.created);
    let helm = dependencies.iter().chain(platform).filter_map(times);
    let asked = installation.requests.iter().filter(|it| it.generation.is_some()).filter_map(|it| it.when);
    helm.chain(asked).max()
}

#[cfg(test)]
mod tests;
