//! The checklist before an upgrade: what to keep, and the exact commands for this cluster.

use serde_json::{Value, json};

use super::manifest::Instance;
use super::{Database, EMPTY, Proof, is_digest, manifest};
use crate::ago::ago;
use crate::contract::Contract;
use crate::objects::{text, time};
use crate::phase::Tone;
use crate::pointer::Pointer;
use crate::request::{Target, WHO, shell};
use crate::secrets::value::size;
use crate::time::Timestamp;
use crate::yaml;

/// Something to do before an upgrade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Under which it is marked as done.
    pub key: &'static str,
    pub title: &'static str,
    pub why: String,
    /// The command that does it; empty where there is none.
    pub command: String,
}

/// That somebody did an item: an entry of the checklist annotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The item's key.
    pub item: String,
    pub who: String,
    /// When it was begun.
    pub when: Timestamp,
    /// Of the file that this client saved; `None` for somebody's word.
    pub bytes: Option<u64>,
    /// The same file's, in hex, where the browser could sum it up.
    pub sha256: Option<String>,
}

/// Characters of an item's key that are kept.
const KEY: usize = 64;

impl Mark {
    fn read(entry: &Value) -> Option<Self> {
        let cut = |key: &str, length: usize| text(entry, key).chars().take(length).collect::<String>();
        Some(Self {
            item: Some(cut("item", KEY)).filter(|it| !it.is_empty())?,
            who: cut("who", WHO),
            when: time(entry, "when")?,
            bytes: entry["bytes"].as_u64(),
            sha256: Some(text(entry, "sha256")).filter(|it| is_digest(it)),
        })
    }

    fn to_json(&self) -> Value {
        let mut entry = json!({"item": self.item, "who": self.who, "when": self.when.to_string()});
        if let Some(bytes) = self.bytes {
            entry["bytes"] = bytes.into();
        }
        if let Some(sum) = &self.sha256 {
            entry["sha256"] = sum.as_str().into();
        }
        entry
    }
}

/// The marks in this custom resource, one an item; what is no mark is left out.
pub fn marks(contract: &Contract, cr: &Value) -> Vec<Mark> {
    let text = contract.marks.checklist.as_ref().and_then(|it| it.get(cr)?.as_str()).unwrap_or_default();
    let entries: Value = serde_json::from_str(text).unwrap_or_default();
    let mut marks: Vec<Mark> = Vec::new();
    for mark in entries.as_array().into_iter().flatten().filter_map(Mark::read) {
        if marks.len() < KEPT && !marks.iter().any(|it| it.item == mark.item) {
            marks.push(mark);
        }
    }
    marks
}

/// Marks that are kept: more than there are items.
const KEPT: usize = 20;

/// The merge patch that marks `item` in this custom resource, or with `None` takes the mark away; for nothing else than the
/// state that was read. `None` where the contract has no place for marks.
pub fn mark_patch(contract: &Contract, cr: &Value, item: &str, mark: Option<&Mark>) -> Option<Value> {
    let pointer = contract.marks.checklist.as_ref()?;
    let others = marks(contract, cr).into_iter().filter(|it| it.item != item);
    let entries: Vec<Value> =
        mark.cloned().into_iter().chain(others).take(KEPT).map(|it| it.to_json()).collect();
    let text = if entries.is_empty() { Value::Null } else { Value::Array(entries).to_string().into() };
    let mut patch = pointer.merge_patch(text);
    if let Some(version) = cr.pointer("/metadata/resourceVersion").and_then(Value::as_str) {
        let pointer = Pointer::of(["metadata", "resourceVersion"]);
        crate::pointer::apply_merge_patch(&mut patch, &pointer.merge_patch(version.into()));
    }
    Some(patch)
}

/// How an item stands: its tone, that in a word, and what shows it. `proof` is of a database's item, `changed` the last
/// change of the installation.
pub fn standing(
    item: &str,
    marks: &[Mark],
    proof: Option<&Result<Proof, String>>,
    changed: Option<Timestamp>,
    now: Timestamp,
) -> (Tone, &'static str, String) {
    let mark = marks.iter().find(|it| it.item == item);
    let by = |mark: &Mark| format!("by {} {}", mark.who, ago(mark.when, now));
    match (proof, mark) {
        (Some(Ok(Proof { at, saved_by: None })), _) => {
            (Tone::Ok, "verified", format!("A Job backed it up {}.", ago(*at, now)))
        }
        (_, Some(mark)) if changed.is_some_and(|changed| mark.when <= changed) => {
            (Tone::Warn, "outdated", format!("Done {}, before the last change.", by(mark)))
        }
        (_, Some(mark)) => match mark.bytes {
            Some(bytes) if bytes <= EMPTY => (Tone::Bad, "empty", format!("Saved {}, and empty.", by(mark))),
            Some(bytes) => {
                let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
                let sum = mark.sha256.as_ref().map(|it| format!(", sha256 {}…", &it[..12]));
                let sum = sum.unwrap_or_default();
                (Tone::Ok, "saved", format!("{}{sum}, saved {}.", size(bytes), by(mark)))
            }
            None => (Tone::Ok, "by hand", format!("Marked as done {}.", by(mark))),
        },
        (Some(Err(why)), None) => (Tone::Off, "open", format!("{why}.")),
        (_, None) => (Tone::Off, "open", String::new()),
    }
}

/// The custom resource as it can be applied again: without what the API server and the operator keep in it, and without
/// this client's `records`.
pub fn export<'a>(cr: &Value, records: impl Iterator<Item = &'a Pointer>) -> String {
    let mut object = cr.clone();
    if let Some(map) = object.as_object_mut() {
        map.remove("status");
    }
    if let Some(metadata) = object["metadata"].as_object_mut() {
        let own = ["name", "namespace", "labels", "annotations"];
        metadata.retain(|key, _| own.contains(&key.as_str()));
    }
    let last_applied = Pointer::annotation("kubectl.kubernetes.io/last-applied-configuration");
    for pointer in records.cloned().chain([last_applied]) {
        crate::pointer::apply_merge_patch(&mut object, &pointer.merge_patch(Value::Null));
    }
    let empty = object["metadata"]["annotations"].as_object().is_some_and(serde_json::Map::is_empty);
    if let Some(metadata) = object["metadata"].as_object_mut().filter(|_| empty) {
        metadata.remove("annotations");
    }
    yaml::document(&object)
}

/// The name of a file with the day in it: `rootcause-20260301.yaml`.
pub fn file_name(stem: &str, now: Timestamp, ending: &str) -> String {
    format!("{stem}-{}.{ending}", &manifest::stamp(now)[..8])
}

/// The checklist, in the order of the operations guide. Databases that are not found have no command.
pub fn items(target: &Target, instances: &[Instance], now: Timestamp) -> Vec<Item> {
    let namespace = shell(&target.namespace);
    let dump = |database: Database, command: &str, stem: &str, ending: &str| {
        let found = instances.iter().find(|it| it.database == database);
        found.map_or_else(String::new, |it| {
            let command = command.replace("USER", &shell(&it.user));
            let (pod, container) = (shell(&it.pod), shell(&it.container));
            let file = file_name(stem, now, ending);
            format!("kubectl exec -n {namespace} {pod} -c {container} -- {command} > {file}")
        })
    };
    let item = |key, title, why: &str, command| Item { key, title, why: why.to_owned(), command };
    vec![
        item(
            "export",
            "Export of the custom resource",
            "All of the configuration, ready to be applied again.",
            format!(
                "kubectl get {} {} -n {namespace} -o yaml > {}",
                shell(&target.resource),
                shell(&target.name),
                file_name(&target.name, now, "yaml")
            ),
        ),
        item(
            "postgresql",
            "PostgreSQL dump",
            "Platform data and LiteLLM's model configuration.",
            dump(Database::PostgreSql, "pg_dumpall -U USER --clean --if-exists", "postgresql", "sql"),
        ),
        item(
            "mongodb",
            "MongoDB dump",
            "What the data service keeps.",
            dump(Database::MongoDb, "mongodump --gzip --archive", "mongodb", "archive.gz"),
        ),
        item(
            "litellm",
            "LiteLLM's model configuration",
            "It is in the PostgreSQL dump; a screenshot of models, keys and fallbacks is quicker to re-enter from.",
            String::new(),
        ),
        item(
            "notes",
            "Release notes of the target",
            "What changes, and whether data is migrated.",
            String::new(),
        ),
        item("staging", "Tried in a staging environment", "If you have one.", String::new()),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_export_can_be_applied_again() {
        let cr = json!({
            "apiVersion": "a/v1", "kind": "K",
            "metadata": {"name": "rootcause", "namespace": "apps", "uid": "u", "resourceVersion": "7", "generation": 2,
                "managedFields": [], "creationTimestamp": "2026-03-01T12:00:00Z",
                "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "x/requests": "[]"}},
            "spec": {"version": "0.1.15"},
            "status": {"phase": "Ready"},
        });
        let requests = Pointer::annotation("x/requests");
        let expect = "apiVersion: a/v1\nkind: K\nmetadata:\n  name: rootcause\n  namespace: apps\nspec:\n  version: \"0.1.15\"\n";
        assert_eq!(export(&cr, [&requests].into_iter()), expect);
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn mark(item: &str, bytes: Option<u64>) -> Mark {
        let when = at("2026-03-01T12:00:00Z");
        Mark { item: item.into(), who: "ana".into(), when, bytes, sha256: bytes.map(|_| "ab".repeat(32)) }
    }

    #[test]
    fn marks_are_kept_one_an_item_and_taken_back() {
        let contract = Contract::builtin();
        let mut cr = json!({"metadata": {"resourceVersion": "7"}, "spec": {"version": "1"}});
        let patch = |cr: &mut Value, item: &str, mark: Option<&Mark>| {
            let patch = mark_patch(&contract, cr, item, mark).unwrap();
            assert_eq!(patch["metadata"]["resourceVersion"], "7");
            crate::pointer::apply_merge_patch(cr, &patch);
        };
        patch(&mut cr, "staging", Some(&mark("staging", None)));
        patch(&mut cr, "postgresql", Some(&mark("postgresql", Some(1))));
        patch(&mut cr, "postgresql", Some(&mark("postgresql", Some(2000))));
        assert_eq!(marks(&contract, &cr), [mark("postgresql", Some(2000)), mark("staging", None)]);
        patch(&mut cr, "postgresql", None);
        assert_eq!(marks(&contract, &cr), [mark("staging", None)]);
        patch(&mut cr, "staging", None);
        assert_eq!(cr["metadata"]["annotations"], json!({}));

        cr["metadata"]["annotations"]["admin.rootcause.dev/checklist"] =
            r#"[3, {"item": "notes"}, {"item": "notes", "when": "2026-03-01T12:00:00Z", "sha256": "short"},
                {"item": "export", "when": "2026-03-01T12:00:00Z", "sha256": "äääääääääääääääääääääääääääääääz"}]"#
                .into();
        let read = marks(&contract, &cr);
        assert_eq!((read.len(), read[0].sha256.as_ref(), read[1].sha256.as_ref()), (2, None, None));
        let mut nowhere = Contract::builtin();
        nowhere.marks.checklist = None;
        assert_eq!(mark_patch(&nowhere, &cr, "notes", None), None);
    }

    #[test]
    fn an_item_stands_as_what_shows_it() {
        let now = at("2026-03-01T12:05:00Z");
        let check = |item: &str,
                     marks: &[Mark],
                     proof: Option<Result<Proof, String>>,
                     changed: Option<&str>,
                     expect: (&str, &str)| {
            let (_, word, said) = standing(item, marks, proof.as_ref(), changed.map(at), now);
            assert_eq!((word, said.as_str()), expect);
        };
        let none = || Some(Err("there is no backup yet".to_owned()));
        let (by_hand, saved) = (mark("postgresql", None), mark("postgresql", Some(2048)));
        check("staging", std::slice::from_ref(&by_hand), None, None, ("open", ""));
        check("postgresql", &[], none(), None, ("open", "there is no backup yet."));
        check(
            "postgresql",
            std::slice::from_ref(&by_hand),
            none(),
            None,
            ("by hand", "Marked as done by ana 5 min ago."),
        );
        let told = "2.0 KiB, sha256 abababababab…, saved by ana 5 min ago.";
        check("postgresql", std::slice::from_ref(&saved), none(), None, ("saved", told));
        let changed = Some("2026-03-01T12:00:30Z");
        let told = "Done by ana 5 min ago, before the last change.";
        check("postgresql", std::slice::from_ref(&saved), none(), changed, ("outdated", told));
        check(
            "postgresql",
            &[mark("postgresql", Some(20))],
            none(),
            None,
            ("empty", "Saved by ana 5 min ago, and empty."),
        );
        let job = || Some(Ok(Proof { at: at("2026-03-01T12:04:00Z"), saved_by: None }));
        check("postgresql", &[saved], job(), changed, ("verified", "A Job backed it up 1 min ago."));
    }

    #[test]
    fn commands_name_what_is_there() {
        let target = Target {
            api_version: "a/v1".into(),
            kind: "K".into(),
            resource: "ks.a".into(),
            namespace: "apps".into(),
            name: "rootcause".into(),
        };
        let instance = Instance::find(Database::PostgreSql, &[super::super::tests::stateful_set()]).unwrap();
        let items = items(&target, &[instance], "2026-03-01T12:00:00Z".parse().unwrap());
        let command = |key: &str| items.iter().find(|it| it.key == key).unwrap().command.clone();
        assert_eq!(
            command("postgresql"),
            "kubectl exec -n apps postgres-0 -c postgres -- pg_dumpall -U postgres --clean --if-exists > postgresql-20260301.sql"
        );
        assert_eq!(command("export"), "kubectl get ks.a rootcause -n apps -o yaml > rootcause-20260301.yaml");
        assert_eq!(command("mongodb"), "");
    }
}
