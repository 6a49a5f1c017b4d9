//! Writes as data: what is patched, the kubectl command that does the same, and what belongs into Git instead.
//!
//! A write is a JSON merge patch of the contract's fields and nothing else, with the resourceVersion it was decided on,
//! so that the API server refuses it (409) when anything has changed since.

use serde_json::{Map, Value, json};

use crate::contract::{Concept, Contract};
use crate::installation::Installation;
use crate::operation;
use crate::pointer::{Pointer, apply_merge_patch};
use crate::time::Timestamp;
use crate::users;
use crate::yaml;

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
    /// Anything else, such as an action of another version of this client.
    Other(String),
}

impl Action {
    /// The action's name in a record.
    pub fn name(&self) -> &str {
        match self {
            Self::Upgrade => "upgrade",
            Self::ForceReconcile => "force-reconcile",
            Self::CheckUpdates => "check-updates",
            Self::Other(name) => name,
        }
    }

    fn named(name: &str) -> Self {
        match name {
            "upgrade" => Self::Upgrade,
            "force-reconcile" => Self::ForceReconcile,
            "check-updates" => Self::CheckUpdates,
            other => Self::Other(other.to_owned()),
        }
    }
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
    /// The resource's generation that the request was decided on; a changed spec makes the next one.
    pub generation: Option<i64>,
}

/// Records kept in the annotation: all annotations of an object together hold 256 KiB at most (Kubernetes), and a
/// record is bounded by [`WHY`], [`WHO`] and [`VERSION`].
pub const RECORDS: usize = 20;

/// Characters of a reason that are kept.
pub const WHY: usize = 500;

/// Characters of a user's name that are kept.
pub const WHO: usize = 256;

/// Characters of a version: an OCI tag has at most 128.
pub const VERSION: usize = 128;

/// Why a write cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    #[error("A version is needed.")]
    NoVersion,
    #[error("A version has no spaces or control characters: `{0}`.")]
    Spaces(String),
    #[error("A version has at most {VERSION} characters, this one has {0}.")]
    TooLong(usize),
    /// The contract has no place for it; the concept's or mark's key.
    #[error("config.json switches `{0}` off.")]
    NoPlace(&'static str),
    #[error(transparent)]
    Users(#[from] users::Refused),
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

/// A version that may be requested: trimmed, not empty, no whitespace or control characters, at most [`VERSION`].
pub fn valid_version(version: &str) -> Result<&str, RequestError> {
    let version = version.trim();
    let length = version.chars().count();
    if length == 0 {
        Err(RequestError::NoVersion)
    } else if length > VERSION {
        Err(RequestError::TooLong(length))
    } else if version.chars().any(|c| c.is_whitespace() || c.is_control()) {
        Err(RequestError::Spaces(version.to_owned()))
    } else {
        Ok(version)
    }
}

/// Requests the version `to`, forward or back. Where the spec asks for it already, nothing in the spec changes, so the
/// reconcile is forced as well (where the contract has a mark for that): a reinstall shall install.
pub fn upgrade(
    contract: &Contract,
    target: &Target,
    installation: &Installation,
    to: &str,
    asker: Asker<'_>,
) -> Result<Write, RequestError> {
    let to = valid_version(to)?;
    let pointer = contract
        .pointer(Concept::TargetVersion)
        .ok_or(RequestError::NoPlace(Concept::TargetVersion.key()))?;
    let mut sets = vec![(pointer.clone(), Value::from(to))];
    if installation.target_version.as_deref() == Some(to) {
        let mark = contract.marks.force_reconcile.clone();
        sets.extend(mark.map(|mark| (mark, Value::from(asker.now.to_string()))));
    }
    // Without a place for the deployed version, the one asked for before is the best that is known.
    let before = match contract.pointer(Concept::DeployedVersion) {
        Some(_) => &installation.deployed_version,
        None => &installation.target_version,
    };
    let from = before.clone();
    let record = record(Action::Upgrade, installation, asker, from, Some(to.to_owned()));
    Ok(write(contract, target, installation, sets, record))
}

/// Asks the operator to reconcile without a change of the spec.
pub fn force_reconcile(
    contract: &Contract,
    target: &Target,
    installation: &Installation,
    asker: Asker<'_>,
) -> Result<Write, RequestError> {
    let mark = contract.marks.force_reconcile.clone().ok_or(RequestError::NoPlace("forceReconcile"))?;
    let record = record(Action::ForceReconcile, installation, asker, None, None);
    Ok(write(contract, target, installation, vec![(mark, Value::from(asker.now.to_string()))], record))
}

/// Asks the operator to look for new versions now.
pub fn check_updates(
    contract: &Contract,
    target: &Target,
    installation: &Installation,
    asker: Asker<'_>,
) -> Result<Write, RequestError> {
    let mark = contract.marks.check_updates.clone().ok_or(RequestError::NoPlace("checkUpdates"))?;
    let record = record(Action::CheckUpdates, installation, asker, None, None);
    Ok(write(contract, target, installation, vec![(mark, Value::from(asker.now.to_string()))], record))
}

/// Requests the undeploy of both releases or, with `false`, that they are deployed again.
///
/// # Errors
/// [`RequestError::NoPlace`] where the contract has no place for it.
pub fn undeploy(
    contract: &Contract,
    target: &Target,
    installation: &Installation,
    undeploy: bool,
    asker: Asker<'_>,
) -> Result<Write, RequestError> {
    let pointer =
        contract.pointer(Concept::Undeploy).ok_or(RequestError::NoPlace(Concept::Undeploy.key()))?;
    let name = if undeploy { operation::UNDEPLOY } else { operation::CONFIGURATION };
    let record = record(Action::Other(name.to_owned()), installation, asker, None, None);
    Ok(write(contract, target, installation, vec![(pointer.clone(), Value::from(undeploy))], record))
}

/// Changes who may enter.
///
/// # Errors
/// [`RequestError::Users`] where a change does not fit what is there.
pub fn people(
    contract: &Contract,
    target: &Target,
    installation: &Installation,
    cr: &Value,
    changes: &[users::Change],
    asker: Asker<'_>,
) -> Result<Write, RequestError> {
    let sets = users::apply(contract, cr, changes)?;
    let record = record(Action::Other("users".to_owned()), installation, asker, None, None);
    Ok(write(contract, target, installation, sets, record))
}

pub(crate) fn record(
    action: Action,
    installation: &Installation,
    asker: Asker<'_>,
    from: Option<String>,
    to: Option<String>,
) -> Record {
    let why = asker.why.map(str::trim).filter(|why| !why.is_empty());
    Record {
        action,
        who: cut(asker.who, WHO),
        when: Some(asker.now),
        from: from.map(|from| cut(&from, VERSION)),
        to,
        why: why.map(|why| cut(why, WHY)),
        generation: installation.generation,
    }
}

fn write(
    contract: &Contract,
    target: &Target,
    installation: &Installation,
    sets: Vec<(Pointer, Value)>,
    record: Record,
) -> Write {
    let mut change = Value::Object(Map::new());
    for (pointer, value) in &sets {
        apply_merge_patch(&mut change, &pointer.merge_patch(value.clone()));
    }
    let mut patch = change.clone();
    if !installation.resource_version.is_empty() {
        let version = Pointer::of(["metadata", "resourceVersion"]);
        apply_merge_patch(&mut patch, &version.merge_patch(installation.resource_version.clone().into()));
    }
    if let Some(mark) = &contract.marks.requests {
        apply_merge_patch(&mut patch, &mark.merge_patch(records(installation, &record)));
    }
    Write {
        patch,
        kubectl: kubectl(target, &sets, &change),
        git_snippet: git_snippet(target, &change),
        touches: sets.into_iter().map(|(pointer, _)| pointer).collect(),
    }
}

/// The annotation's text with one record more, the oldest of too many left out.
pub(crate) fn records(installation: &Installation, record: &Record) -> Value {
    let kept = installation.requests.iter().take(RECORDS - 1);
    let records: Value = std::iter::once(record).chain(kept).map(Record::to_json).collect();
    records.to_string().into()
}

/// `kubectl annotate` where only annotations are set, else `kubectl patch`.
fn kubectl(target: &Target, sets: &[(Pointer, Value)], change: &Value) -> String {
    let object =
        format!("{} {} -n {}", shell(&target.resource), shell(&target.name), shell(&target.namespace));
    let annotations: Option<Vec<String>> = sets
        .iter()
        .map(|(pointer, value)| Some(shell(&format!("{}={}", pointer.annotation_name()?, value.as_str()?))))
        .collect();
    match annotations {
        Some(annotations) => format!("kubectl annotate {object} --overwrite {}", annotations.join(" ")),
        None => kubectl_patch(target, change),
    }
}

/// The command that sends a merge patch.
pub(crate) fn kubectl_patch(target: &Target, change: &Value) -> String {
    let Target { resource, name, namespace, .. } = target;
    let object = format!("{} {} -n {}", shell(resource), shell(name), shell(namespace));
    format!("kubectl patch {object} --type merge -p {}", shell(&change.to_string()))
}

/// Quotes one word for a POSIX shell, where it needs it.
pub(crate) fn shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

pub(crate) fn git_snippet(target: &Target, change: &Value) -> String {
    let mut manifest = change.clone();
    let identity = json!({
        "apiVersion": target.api_version,
        "kind": target.kind,
        "metadata": {"name": target.name, "namespace": target.namespace},
    });
    apply_merge_patch(&mut manifest, &identity);
    yaml::document(&manifest)
}

fn cut(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}

/// Whether the fields that a refused write touches are the same in the resource it was decided on and in the fresh one:
/// only then may it be built again on the fresh one without asking.
pub fn touched_unchanged(base: &Value, fresh: &Value, touches: &[Pointer]) -> bool {
    touches.iter().all(|pointer| pointer.get(base) == pointer.get(fresh))
}

/// A field manager, by the API server's bookkeeping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    /// Such as `kubectl-patch` or `argocd-controller`.
    pub manager: String,
    /// When that manager last changed anything of what it owns, by the API server's clock.
    pub time: Option<Timestamp>,
}

/// Who last wrote the field at `pointer`, or anything inside it, by the `managedFields` of the resource.
pub fn who_changed(cr: &Value, pointer: &Pointer) -> Option<Writer> {
    writers(cr, pointer).max_by_key(|writer| writer.time)
}

/// All managers that own the field at `pointer`, or anything inside it.
pub fn writers<'a>(cr: &'a Value, pointer: &'a Pointer) -> impl Iterator<Item = Writer> + 'a {
    let entries = cr.pointer("/metadata/managedFields").and_then(Value::as_array);
    entries.into_iter().flatten().filter(|entry| owns(&entry["fieldsV1"], pointer)).filter_map(|entry| {
        Some(Writer {
            manager: entry["manager"].as_str()?.to_owned(),
            time: entry["time"].as_str().and_then(|time| time.parse().ok()),
        })
    })
}

/// Whether a FieldsV1 set has the field: keys are `f:NAME`, and an empty set owns all below it.
fn owns(fields: &Value, pointer: &Pointer) -> bool {
    let mut at = fields;
    for (depth, token) in pointer.tokens().iter().enumerate() {
        let Some(map) = at.as_object() else { return false };
        if map.is_empty() && depth > 0 {
            return true;
        }
        let Some(next) = map.get(&format!("f:{token}")) else { return false };
        at = next;
    }
    at.is_object()
}

/// Whether `fresh` shows that `write`, decided on `before`, was carried out: its record has joined those that were there or,
/// in a contract without records, what it touches is as asked. Records keep whole seconds, so one like it may be of an
/// earlier request.
pub fn arrived(contract: &Contract, before: &Value, fresh: &Value, write: &Write) -> bool {
    let records = |object: &Value| Installation::read(contract, object).requests;
    let Some(ours) = records(&write.patch).into_iter().next() else {
        return write.touches.iter().all(|pointer| pointer.get(fresh) == pointer.get(&write.patch));
    };
    let alike = |object: &Value| records(object).iter().filter(|it| **it == ours).count();
    alike(fresh) > alike(before)
}

/// The records of the requests annotation, newest first; what is no record is left out.
pub fn read_records(annotation: &str) -> Vec<Record> {
    let records: Value = serde_json::from_str(annotation).unwrap_or_default();
    records.as_array().into_iter().flatten().filter_map(Record::from_json).take(RECORDS).collect()
}

impl Record {
    fn to_json(&self) -> Value {
        let mut fields = Map::new();
        let mut set = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                fields.insert(key.to_owned(), value);
            }
        };
        set("action", Some(self.action.name().into()));
        set("who", Some(self.who.clone().into()));
        set("when", self.when.map(|when| when.to_string().into()));
        set("from", self.from.clone().map(Value::from));
        set("to", self.to.clone().map(Value::from));
        set("why", self.why.clone().map(Value::from));
        set("generation", self.generation.map(Value::from));
        Value::Object(fields)
    }

    fn from_json(item: &Value) -> Option<Self> {
        let text = |key, length| item.get(key).and_then(Value::as_str).map(|text| cut(text, length));
        Some(Self {
            action: Action::named(&text("action", VERSION)?),
            who: text("who", WHO).unwrap_or_default(),
            when: item.get("when").and_then(Value::as_str).and_then(|when| when.parse().ok()),
            from: text("from", VERSION),
            to: text("to", VERSION),
            why: text("why", WHY),
            generation: item.get("generation").and_then(Value::as_i64),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn target() -> Target {
        Target {
            api_version: "example.org/v1".into(),
            kind: "RootCauseInstallation".into(),
            resource: "rootcauseinstallations.example.org".into(),
            namespace: "rootcause".into(),
            name: "rootcause".into(),
        }
    }

    fn cr() -> Value {
        json!({
            "metadata": {"name": "rootcause", "resourceVersion": "7", "generation": 3, "annotations": {"mine": "kept"}},
            "spec": {"version": "0.1.15", "unknown": {"to": "us"}},
            "status": {"deployedVersion": "0.1.15"},
        })
    }

    fn asker() -> Asker<'static> {
        Asker { who: "ana@example.com", now: "2026-03-01T12:00:00Z".parse().unwrap(), why: Some(" CVE ") }
    }

    fn built(to: &str) -> Write {
        let contract = Contract::builtin();
        upgrade(&contract, &target(), &Installation::read(&contract, &cr()), to, asker()).unwrap()
    }

    #[test]
    fn an_upgrade_patches_the_version_under_its_resource_version_and_records_who_asked() {
        let write = built(" 0.1.18 ");
        assert_eq!(write.patch["spec"], json!({"version": "0.1.18"}));
        assert_eq!(write.patch["metadata"]["resourceVersion"], "7");
        assert_eq!(write.touches, [Pointer::of(["spec", "version"])]);
        let record = &read_records(
            write.patch["metadata"]["annotations"]["admin.rootcause.dev/requests"].as_str().unwrap(),
        )[0];
        assert_eq!((record.who.as_str(), record.why.as_deref()), ("ana@example.com", Some("CVE")));
        assert_eq!((record.from.as_deref(), record.to.as_deref()), (Some("0.1.15"), Some("0.1.18")));
        assert_eq!((record.generation, record.when), (Some(3), Some(asker().now)));
        assert_eq!(
            write.kubectl,
            r#"kubectl patch rootcauseinstallations.example.org rootcause -n rootcause --type merge -p '{"spec":{"version":"0.1.18"}}'"#
        );
        assert_eq!(
            write.git_snippet,
            "apiVersion: example.org/v1\nkind: RootCauseInstallation\nmetadata:\n  name: rootcause\n  namespace: \
             rootcause\nspec:\n  version: \"0.1.18\"\n"
        );
    }

    #[test]
    fn a_write_has_arrived_when_its_own_record_has_joined_those_before() {
        let contract = Contract::builtin();
        let write = built("0.1.18");
        let mut after = cr();
        apply_merge_patch(&mut after, &write.patch);
        assert!(arrived(&contract, &cr(), &after, &write));
        assert!(!arrived(&contract, &cr(), &cr(), &write));
        // Another request of the same person within the same second left a record that is alike.
        assert!(!arrived(&contract, &after, &after, &write));

        let mut unrecorded = Contract::builtin();
        unrecorded.marks.requests = None;
        let same = json!({"spec": {"version": "0.1.18"}});
        assert!(arrived(&unrecorded, &cr(), &same, &write));
        assert!(!arrived(&unrecorded, &cr(), &cr(), &write));
    }

    #[test]
    fn a_reinstall_forces_the_reconcile_too() {
        let write = built("0.1.15");
        assert_eq!(write.touches.len(), 2);
        assert_eq!(
            write.patch["metadata"]["annotations"]["admin.rootcause.dev/force-reconcile"],
            "2026-03-01T12:00:00Z"
        );
        assert!(write.kubectl.starts_with("kubectl patch "));
    }

    #[test]
    fn marks_are_annotations_for_kubectl_too() {
        let contract = Contract::builtin();
        let installation = Installation::read(&contract, &cr());
        let write = force_reconcile(&contract, &target(), &installation, asker()).unwrap();
        assert_eq!(
            write.kubectl,
            "kubectl annotate rootcauseinstallations.example.org rootcause -n rootcause --overwrite \
             admin.rootcause.dev/force-reconcile=2026-03-01T12:00:00Z"
        );
        assert_eq!(write.patch.get("spec"), None);
        assert!(
            check_updates(&contract, &target(), &installation, asker())
                .unwrap()
                .kubectl
                .contains("/check-updates=")
        );
    }

    #[test]
    fn an_undeploy_sets_its_field_and_keeps_the_rest() {
        let contract = Contract::builtin();
        let installation = Installation::read(&contract, &cr());
        let write = undeploy(&contract, &target(), &installation, true, asker()).unwrap();
        assert_eq!(write.patch["spec"], json!({"undeploy": true}));
        let records =
            write.patch["metadata"]["annotations"]["admin.rootcause.dev/requests"].as_str().unwrap();
        assert_eq!(read_records(records)[0].action, Action::Other("undeploy".into()));
        let again = undeploy(&contract, &target(), &installation, false, asker()).unwrap();
        assert_eq!(again.patch["spec"], json!({"undeploy": false}));
        let nowhere = Contract::builtin().with_overrides([(Concept::Undeploy, None)]);
        let refused = undeploy(&nowhere, &target(), &installation, true, asker());
        assert_eq!(refused, Err(RequestError::NoPlace("undeploy")));
    }

    #[test]
    fn what_the_contract_lacks_cannot_be_asked_for() {
        let mut contract = Contract::builtin().with_overrides([(Concept::TargetVersion, None)]);
        contract.marks.force_reconcile = None;
        let installation = Installation::read(&contract, &cr());
        let upgraded = upgrade(&contract, &target(), &installation, "1", asker());
        assert_eq!(upgraded, Err(RequestError::NoPlace("targetVersion")));
        let forced = force_reconcile(&contract, &target(), &installation, asker());
        assert_eq!(forced.unwrap_err().to_string(), "config.json switches `forceReconcile` off.");
    }

    #[test]
    fn versions_are_checked() {
        let check =
            |version: &str, expect: Result<&str, RequestError>| assert_eq!(valid_version(version), expect);
        check(" 0.1.18\n", Ok("0.1.18"));
        check("  ", Err(RequestError::NoVersion));
        check("0.1 18", Err(RequestError::Spaces("0.1 18".into())));
        check("0.1\u{7}", Err(RequestError::Spaces("0.1\u{7}".into())));
        assert_eq!(valid_version(&"1".repeat(129)), Err(RequestError::TooLong(129)));
    }

    #[test]
    fn the_shell_sees_one_word() {
        let check = |word: &str, expect: &str| assert_eq!(shell(word), expect);
        check("plain-1.2/x", "plain-1.2/x");
        check("", "''");
        check("it's $HOME", "'it'\\''s $HOME'");
    }

    #[test]
    fn records_are_bounded_and_keep_the_newest() {
        let contract = Contract::builtin();
        let mut fresh = cr();
        for number in 0..30 {
            let installation = Installation::read(&contract, &fresh);
            let asker = Asker { why: Some(&"é".repeat(2000)), ..asker() };
            let write =
                upgrade(&contract, &target(), &installation, &format!("1.0.{number}"), asker).unwrap();
            apply_merge_patch(&mut fresh, &write.patch);
        }
        let records = Installation::read(&contract, &fresh).requests;
        assert_eq!(records.len(), RECORDS);
        assert_eq!(records[0].to.as_deref(), Some("1.0.29"));
        assert_eq!(records[19].to.as_deref(), Some("1.0.10"));
        let size = fresh["metadata"]["annotations"].to_string().len();
        assert!(size < 64 << 10, "{size}");
        assert_eq!(read_records("no json"), []);
        assert_eq!(read_records("[1, {\"who\": 2}]"), []);
    }

    #[test]
    fn a_conflict_may_be_retried_only_where_the_touched_fields_are_untouched() {
        let write = built("0.1.18");
        let mut fresh = cr();
        fresh["status"]["phase"] = "Ready".into();
        fresh["spec"]["host"] = "other".into();
        assert!(touched_unchanged(&cr(), &fresh, &write.touches));
        fresh["spec"]["version"] = "0.1.17".into();
        assert!(!touched_unchanged(&cr(), &fresh, &write.touches));
    }

    #[test]
    fn managed_fields_tell_who_changed_a_field() {
        let managed = json!({"metadata": {"managedFields": [
            {"manager": "kubectl-create", "time": "2026-03-01T10:00:00Z",
             "fieldsV1": {"f:spec": {".": {}, "f:version": {}, "f:host": {}}}},
            {"manager": "argocd-controller", "time": "2026-03-01T11:00:00Z", "fieldsV1": {"f:spec": {"f:version": {}}}},
            {"manager": "operator", "time": "2026-03-01T12:00:00Z", "subresource": "status",
             "fieldsV1": {"f:status": {"f:phase": {}}}},
            {"manager": "whole", "time": "2026-03-01T09:00:00Z", "fieldsV1": {"f:spec": {}}},
            {"manager": "odd", "fieldsV1": {}}, 3,
        ]}});
        let check = |pointer: &str, expect: Option<&str>| {
            let writer = who_changed(&managed, &Pointer::parse(pointer).unwrap());
            assert_eq!(writer.map(|writer| writer.manager).as_deref(), expect);
        };
        check("/spec/version", Some("argocd-controller"));
        check("/spec/host", Some("kubectl-create"));
        check("/spec", Some("argocd-controller"));
        check("/spec/replicas", Some("whole"));
        check("/status/phase", Some("operator"));
        check("/status/lastError", None);
    }

    proptest! {
        #[test]
        fn a_write_touches_its_fields_and_its_marks_and_nothing_else(
            mut document in crate::pointer::tests::any_json(),
            to in "[0-9a-z.]{1,8}",
        ) {
            if let Value::Object(map) = &mut document {
                map.insert("spec".into(), json!({"other": 1, "deep": {"x": []}}));
                map.insert("metadata".into(), json!({"annotations": {"mine": "kept"}, "labels": {"a": "b"}}));
            } else {
                document = cr();
            }
            let contract = Contract::builtin();
            let installation = Installation::read(&contract, &document);
            let write = upgrade(&contract, &target(), &installation, &to, asker()).unwrap();
            let mut after = document.clone();
            apply_merge_patch(&mut after, &write.patch);
            prop_assert_eq!(after.pointer("/spec/version"), Some(&Value::from(to)));
            // Undone by hand, nothing else differs.
            for (place, key) in [
                ("/spec", "version"),
                ("/metadata", "resourceVersion"),
                ("/metadata/annotations", "admin.rootcause.dev/requests"),
                ("/metadata/annotations", "admin.rootcause.dev/force-reconcile"),
            ] {
                for side in [&mut after, &mut document] {
                    if let Some(map) = side.pointer_mut(place).and_then(Value::as_object_mut) {
                        map.remove(key);
                    }
                }
            }
            prop_assert_eq!(after, document);
        }
    }
}
