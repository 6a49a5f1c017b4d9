//! Writes as data: what is patched, the kubectl command that does the same, and what belongs into Git instead.
//!
//! A write is a JSON merge patch of the contract's fields and nothing else, with the resourceVersion it was decided on,
//! so that the API server refuses it (409) when anything has changed since.

use jiff::Timestamp;
use serde_json::Value;

use crate::contract::Contract;
use crate::installation::Installation;
use crate::pointer::Pointer;

/// The custom resource that is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// `group/version`, as discovered.
    pub api_version: String,
    pub kind: String,
    /// `plural.group`, as kubectl takes it.
    pub resource: String,
    pub namespace: String,
    pub name: String,
}

/// One write, ready to be reviewed and sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Write {
    /// The JSON merge patch (`application/merge-patch+json`).
    pub patch: Value,
    /// The fields that the user means to change, for [`touched_unchanged`]. The record is not among them.
    pub touches: Vec<Pointer>,
    /// The same change as a shell command, without the resourceVersion and without the record.
    pub kubectl: String,
    /// The same change as YAML for a Git repository that owns the resource.
    pub git_snippet: String,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Another target version, whichever direction.
    Upgrade,
    ForceReconcile,
    CheckUpdates,
    /// An action of another version of this client.
    Other(String),
}

/// Who asked for what, when, from what to what and why: an item of the requests annotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub action: Action,
    pub who: String,
    pub when: Option<Timestamp>,
    pub from: Option<String>,
    pub to: Option<String>,
    pub why: Option<String>,
    /// The resource's generation that the request was decided on; an upgrade makes the next one.
    pub generation: Option<i64>,
}

/// Records kept in the annotation: all annotations of an object together hold 256 KiB at most (Kubernetes), a record
/// takes at most about 2 KiB.
pub const RECORDS: usize = 20;

/// Characters of a reason that are kept.
pub const WHY: usize = 500;

/// Why a write cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    #[error("A version is needed.")]
    NoVersion,
    #[error("A version has no spaces or control characters: `{0}`.")]
    Spaces(String),
    #[error("A version has at most 128 characters, this one has {0}.")]
    TooLong(usize),
    /// The contract has no place for it; the concept's or mark's key.
    #[error("config.json switches `{0}` off.")]
    NoPlace(&'static str),
}

/// Who asks, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asker<'a> {
    /// The user's name, as the API server knows it.
    pub who: &'a str,
    pub now: Timestamp,
    /// Free words, optional.
    pub why: Option<&'a str>,
}

/// A version that may be requested: not empty, no whitespace or control characters, at most 128 characters (an OCI tag
/// has no more), trimmed.
pub fn valid_version(version: &str) -> Result<&str, RequestError> {
    let version = version.trim();
    match version.chars().count() {
        0 => Err(RequestError::NoVersion),
        length @ 129.. => Err(RequestError::TooLong(length)),
        _ if version.chars().any(|c| c.is_whitespace() || c.is_control()) => {
            Err(RequestError::Spaces(version.to_owned()))
        }
        _ => Ok(version),
    }
}

/// Requests the version `to`, forward or back.
pub fn upgrade(
    contract: &Contract,
    target: &Target,
    installation: &Installation,
    to: &str,
    asker: Asker<'_>,
) -> Result<Write, RequestError> {
    let _ = (contract, target, installation, to, asker);
    todo!()
}

/// Asks the operator to reconcile without a change of the spec.
pub fn force_reconcile(
    contract: &Contract,
    target: &Target,
    installation: &Installation,
    asker: Asker<'_>,
) -> Result<Write, RequestError> {
    let _ = (contract, target, installation, asker);
    todo!()
}

/// Asks the operator to look for new versions now.
pub fn check_updates(
    contract: &Contract,
    target: &Target,
    installation: &Installation,
    asker: Asker<'_>,
) -> Result<Write, RequestError> {
    let _ = (contract, target, installation, asker);
    todo!()
}

/// Whether the fields that a refused write touches are the same in the resource it was decided on and in the fresh one:
/// only then may it be built again on the fresh one without asking.
pub fn touched_unchanged(base: &Value, fresh: &Value, touches: &[Pointer]) -> bool {
    touches.iter().all(|pointer| pointer.get(base) == pointer.get(fresh))
}

/// A field's last writer by the API server's bookkeeping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    /// The field manager, such as `kubectl-patch` or `argocd-controller`.
    pub manager: String,
    /// When that manager last changed anything of what it owns.
    pub time: Option<Timestamp>,
}

/// Who last wrote the field at `pointer`, or anything inside it, by the `managedFields` of the resource.
pub fn who_changed(cr: &Value, pointer: &Pointer) -> Option<Writer> {
    let _ = (cr, pointer);
    None
}

/// The records of the requests annotation, newest first; what is no record is left out.
pub fn read_records(annotation: &str) -> Vec<Record> {
    let _ = annotation;
    Vec::new()
}
