//! The checklist before an upgrade: what to keep, and the exact commands for this cluster.

use serde_json::Value;

use super::manifest::Instance;
use super::{Database, manifest};
use crate::pointer::Pointer;
use crate::request::{Target, shell};
use crate::time::Timestamp;
use crate::yaml;

/// Something to do before an upgrade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Under which a mark by hand is kept.
    pub key: &'static str,
    pub title: &'static str,
    pub why: String,
    /// The command that does it; empty where there is none.
    pub command: String,
}

/// The custom resource as it can be applied again: without what the API server and the operator keep in it, and without
/// this client's `records`.
pub fn export(cr: &Value, records: &[Option<&Pointer>]) -> String {
    let mut object = cr.clone();
    if let Some(map) = object.as_object_mut() {
        map.remove("status");
    }
    if let Some(metadata) = object["metadata"].as_object_mut() {
        let own = ["name", "namespace", "labels", "annotations"];
        metadata.retain(|key, _| own.contains(&key.as_str()));
    }
    let last_applied = Pointer::annotation("kubectl.kubernetes.io/last-applied-configuration");
    for pointer in records.iter().copied().flatten().chain([&last_applied]) {
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
        assert_eq!(export(&cr, &[Some(&requests), None]), expect);
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
