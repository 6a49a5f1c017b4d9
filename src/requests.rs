//! Writing intent into the installation: prepared by a dry run, reviewed, sent once, and reconciled by reading back
//! where the answer was lost. Every write of the app goes through here.

pub mod configuration;

use std::sync::Arc;

use kube_web::{Api, Error, Patch, WriteParams, Written};
use leptos::prelude::*;
use rootcause_domain::{
    contract::Concept,
    diff::{self, Change},
    installation::Installation,
    owner,
    request::{self, Asker, RequestError, Write},
    time::Timestamp,
    users,
};
use serde_json::Value;

use crate::{
    live::{Live, surely},
    reactive::RwSignal,
    session::Session,
    ui::changes,
    words::Problem,
};

/// How often a write is built afresh because something else of the object changed meanwhile.
const RETRIES: usize = 5;

/// What the user wants of the installation.
#[derive(Clone, Debug, PartialEq)]
pub enum Intent {
    /// This version, whichever direction.
    Version(String),
    ForceReconcile,
    CheckUpdates,
    /// Both releases uninstalled or, with `false`, deployed again.
    Undeploy(bool),
    /// Changes of who may enter.
    People(Arc<Vec<users::Change>>),
}

impl Intent {
    /// Why it cannot be asked for in this cluster; `None` where it can.
    pub fn lacking(&self, live: Live, session: Session) -> Option<String> {
        let marks = &session.config().contract.marks;
        match self {
            Self::Version(_) => live.lacks(Concept::TargetVersion),
            Self::ForceReconcile if marks.force_reconcile.is_none() => {
                Some("config.json names no mark that forces a reconcile.".to_owned())
            }
            Self::CheckUpdates if marks.check_updates.is_none() => {
                Some("config.json names no mark that asks for a check.".to_owned())
            }
            Self::Undeploy(_) => live.lacks(Concept::Undeploy),
            Self::People(changes) => changes.iter().find_map(|it| live.lacks(it.concept())),
            Self::ForceReconcile | Self::CheckUpdates => None,
        }
    }

    /// Why it cannot be done now, for whatever reason; `None` where it can.
    pub fn disabled(&self, live: Live, session: Session) -> Option<String> {
        self.lacking(live, session).or_else(|| live.write_locked())
    }
}

/// A write as the API server would carry it out.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The object that the write was decided on.
    base: Value,
    pub write: Write,
    pub changes: Vec<Change>,
    /// The API server's warnings.
    pub warnings: Vec<String>,
}

/// Why a write did not happen. Nothing was changed in any of these but the last two.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// It cannot be built.
    Impossible(String),
    /// The API server refused it.
    Refused(Problem),
    /// Somebody changed the same field first: who, and to what.
    Overtaken(String),
    /// Of several writes the first were carried out, and this one was not.
    HalfWay(String),
    /// Its answer was lost, and what became of it cannot be read back.
    Unknown(Problem),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Refused(Problem::from(&error))
    }
}

impl Refusal {
    /// Of a write whose answer was lost: this is why it cannot be read back.
    pub fn unknown(error: Error) -> Self {
        Self::Unknown(Problem::from(&error))
    }
}

/// Prepares a write: builds it on the object that the page shows and has the API server judge it (`dryRun=All`).
pub async fn prepare(live: Live, session: Session, intent: &Intent) -> Result<Prepared, Refusal> {
    let api = live.installation_api().ok_or_else(not_open)?;
    let mut base = live.current().ok_or_else(not_open)?;
    for _ in 0..RETRIES {
        let write = build(live, session, intent, &base, session.server_now(), None)?;
        match patch(&api, session, &write, WriteParams::by(owner::MANAGER).dry_run()).await {
            Ok(written) => {
                let after = written.item.object.map_err(|error| Refusal::Impossible(error.to_string()))?;
                let record = session.config().contract.marks.requests.clone();
                let mut changes =
                    diff::diff(&diff::without_server_fields(&base), &diff::without_server_fields(&after));
                changes.retain(|it| record.as_ref().is_none_or(|record| it.path != *record));
                return Ok(Prepared { base, write, changes, warnings: written.warnings });
            }
            // The page's object is older than the server's; the watch is about to say so.
            Err(Error::Conflict { .. }) => base = read(&api, session).await?,
            Err(error) => return Err(error.into()),
        }
    }
    Err(too_busy())
}

/// Sends a prepared write. While the API server does not answer it reads back until it knows what became of it;
/// `waiting` is told so, because nothing else may be sent meanwhile.
///
/// The write carries the resourceVersion that it was decided on, so of a lost one and its repetition the API server
/// takes at most one.
pub async fn send(
    live: Live,
    session: Session,
    intent: &Intent,
    prepared: &Prepared,
    why: &str,
    waiting: RwSignal<Option<Problem>>,
) -> Result<(), Refusal> {
    let api = live.installation_api().ok_or_else(not_open)?;
    let why = Some(why.trim()).filter(|it| !it.is_empty());
    let now = session.server_now();
    let arrived = |before: &Value, fresh: &Value, write: &Write| {
        request::arrived(&session.config().contract, before, fresh, write)
    };
    let mut base = prepared.base.clone();
    for _ in 0..RETRIES {
        let write = build(live, session, intent, &base, now, why)?;
        match patch(&api, session, &write, WriteParams::by(owner::MANAGER)).await {
            Ok(_) => return Ok(()),
            Err(Error::Conflict { .. }) => {
                let fresh = read_surely(&api, session, waiting).await?;
                if arrived(&prepared.base, &fresh, &write) {
                    return Ok(());
                }
                let untouched = match intent {
                    Intent::People(changes) => {
                        users::untouched(&session.config().contract, &prepared.base, &fresh, changes)
                    }
                    _ => request::touched_unchanged(&prepared.base, &fresh, &write.touches),
                };
                if !untouched {
                    return Err(Refusal::Overtaken(overtaken(session, &fresh, &write)));
                }
                base = fresh;
            }
            Err(error) if error.outcome_unknown() => {
                waiting.set(Some(Problem::from(&error)));
                let fresh = read_surely(&api, session, waiting).await.map_err(Refusal::unknown)?;
                return if arrived(&prepared.base, &fresh, &write) { Ok(()) } else { Err(error.into()) };
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(too_busy())
}

fn build(
    live: Live,
    session: Session,
    intent: &Intent,
    base: &Value,
    now: Timestamp,
    why: Option<&str>,
) -> Result<Write, Refusal> {
    let config = session.config();
    let target = untrack(|| live.target()).ok_or_else(not_open)?;
    let installation = Installation::read(&config.contract, base);
    let user = live.user.get_untracked();
    let asker = Asker { who: asker(user.as_ref()), now, why };
    let built = match intent {
        Intent::Version(to) => request::upgrade(&config.contract, &target, &installation, to, asker),
        Intent::ForceReconcile => request::force_reconcile(&config.contract, &target, &installation, asker),
        Intent::CheckUpdates => request::check_updates(&config.contract, &target, &installation, asker),
        Intent::People(changes) => {
            request::people(&config.contract, &target, &installation, base, changes, asker)
        }
        Intent::Undeploy(wanted) => {
            request::undeploy(&config.contract, &target, &installation, *wanted, asker)
        }
    };
    built.map_err(|error: RequestError| Refusal::Impossible(error.to_string()))
}

/// Who asks, where the API server has not told who one is.
fn asker(user: Option<&String>) -> &str {
    user.map_or("unknown", String::as_str)
}

/// Who changed what this write would have changed, and to what: a person where a request records it, else the field
/// manager.
fn overtaken(session: Session, fresh: &Value, write: &Write) -> String {
    let Some(pointer) = write.touches.first() else { return String::new() };
    let contract = &session.config().contract;
    let value = match pointer.get(fresh) {
        None => "nothing".to_owned(),
        Some(list @ Value::Array(_)) => format!("a list of {}", list.as_array().map_or(0, Vec::len)),
        Some(value) => changes::text(value),
    };
    let writer = request::who_changed(fresh, pointer);
    let ours = writer.as_ref().is_some_and(|it| it.manager == owner::MANAGER);
    let asked = Installation::read(contract, fresh).requests.into_iter().next().filter(|_| ours);
    let by = asked.map(|it| it.who).or(writer.map(|it| it.manager)).unwrap_or_else(|| "Somebody".to_owned());
    format!("{by} set {} to {value} first.", pointer.dotted())
}

async fn patch(
    api: &Api,
    session: Session,
    write: &Write,
    params: WriteParams,
) -> Result<Written<Value>, Error> {
    api.patch(&session.config().installation, &Patch::Merge(write.patch.clone()), &params).await
}

async fn read(api: &Api, session: Session) -> Result<Value, Error> {
    let item = api.get::<Value>(&session.config().installation).await?;
    item.object.map_err(|error| Error::Decode { what: "installation", message: error.to_string() })
}

/// Reads the object, trying until the API server says how it is.
async fn read_surely(
    api: &Api,
    session: Session,
    waiting: RwSignal<Option<Problem>>,
) -> Result<Value, Error> {
    surely(|| read(api, session), |error| waiting.set(error.map(Problem::from))).await
}

fn too_busy() -> Refusal {
    Refusal::Overtaken("The installation changes too often to be written just now.".to_owned())
}

fn not_open() -> Refusal {
    Refusal::Impossible("The installation is not open.".to_owned())
}
