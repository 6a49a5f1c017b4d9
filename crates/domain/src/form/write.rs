//! Writing a configuration: as a server-side apply of what this client manages, or, where that cannot take away what
//! others wrote, as a JSON patch.

use serde_json::{Map, Value, json};

use super::edit::{Edit, apply, json_patch, merge_patch, set};
use crate::contract::{Concept, Contract};
use crate::installation::Installation;
use crate::operation::CONFIGURATION;
use crate::owner::MANAGER;
use crate::pointer::Pointer;
use crate::request::{self, Action, Asker, Target};
use crate::{sort, yaml};

/// One write of a configuration, ready to be reviewed and sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Applying {
    /// The body of a server-side apply by [`MANAGER`]: the edits, and all that it manages already, which it would give
    /// up by leaving it out.
    pub apply: Value,
    /// The same edits as a JSON patch, which also takes away what others manage.
    pub patch: Value,
    /// The same change as a shell command, without the record and the resourceVersion.
    pub kubectl: String,
    /// The same change as YAML for a Git repository that owns the resource.
    pub git_snippet: String,
}

/// The write of `edits` to `resource`, refused by the API server if it is no longer as it is here.
pub fn configure(
    contract: &Contract,
    target: &Target,
    resource: &Value,
    edits: &[Edit],
    asker: Asker<'_>,
) -> Applying {
    let installation = Installation::read(contract, resource);
    let change = merge_patch(edits);
    let mut body = applied(resource);
    apply(edits, &mut body);
    let mut patch = json_patch(edits);
    let mut put = |pointer: &Pointer, value: Value| {
        set(&mut body, pointer, value.clone());
        if let Some(operations) = patch.as_array_mut() {
            operations.push(json!({"op": "add", "path": pointer.to_string(), "value": value}));
        }
    };
    if !installation.resource_version.is_empty() {
        put(&Pointer::of(["metadata", "resourceVersion"]), installation.resource_version.clone().into());
    }
    if let Some(mark) = &contract.marks.requests {
        let annotations = Pointer::of(["metadata", "annotations"]);
        if mark.annotation_name().is_some() && annotations.get(resource).is_none() {
            put(&annotations, json!({}));
        }
        put(mark, request::records(&installation, &record(contract, &installation, edits, asker)));
    }
    identify(&mut body, target);
    Applying {
        kubectl: request::kubectl_patch(target, &change),
        git_snippet: request::git_snippet(target, &change),
        apply: body,
        patch,
    }
}

/// The resource that is made of `configuration` where there is none.
pub fn create(contract: &Contract, target: &Target, configuration: &Value, asker: Asker<'_>) -> Value {
    let mut body = configuration.clone();
    if let Some(mark) = &contract.marks.requests {
        let installation = Installation::read(contract, &Value::Null);
        let record =
            request::record(Action::Other(CONFIGURATION.to_owned()), &installation, asker, None, None);
        set(&mut body, mark, request::records(&installation, &record));
    }
    identify(&mut body, target);
    body
}

/// The whole resource as a file, without what the API server keeps for itself.
pub fn manifest(target: &Target, configuration: &Value) -> String {
    let mut body = configuration.clone();
    identify(&mut body, target);
    yaml::document(&body)
}

/// Why a file is no configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    #[error("It holds no object.")]
    NoObject,
    #[error("It is of kind {0}, not {1}.")]
    OtherKind(String, String),
    #[error("It has no configuration: nothing beside its metadata.")]
    Empty,
}

/// The configuration in a file's object, whatever it is named and wherever it comes from.
pub fn import(object: &Value, kind: &str) -> Result<Value, ImportError> {
    if !object.is_object() {
        return Err(ImportError::NoObject);
    }
    if let Some(other) = object["kind"].as_str().filter(|other| *other != kind) {
        return Err(ImportError::OtherKind(other.to_owned(), kind.to_owned()));
    }
    let configuration = super::configuration(object);
    let empty = configuration.as_object().is_none_or(Map::is_empty);
    if empty { Err(ImportError::Empty) } else { Ok(configuration) }
}

fn identify(body: &mut Value, target: &Target) {
    let fields = [
        (Pointer::of(["apiVersion"]), &target.api_version),
        (Pointer::of(["kind"]), &target.kind),
        (Pointer::of(["metadata", "name"]), &target.name),
        (Pointer::of(["metadata", "namespace"]), &target.namespace),
    ];
    for (pointer, value) in fields {
        set(body, &pointer, value.clone().into());
    }
}

/// A change of the version is an upgrade, whatever else changes with it.
fn record(
    contract: &Contract,
    installation: &Installation,
    edits: &[Edit],
    asker: Asker<'_>,
) -> request::Record {
    let pointer = contract.pointer(Concept::TargetVersion);
    let version = edits
        .iter()
        .find(|edit| Some(&edit.pointer) == pointer)
        .and_then(|edit| edit.value.as_ref()?.as_str());
    match version {
        Some(to) => {
            let from = installation.deployed_version.clone();
            request::record(Action::Upgrade, installation, asker, from, Some(to.to_owned()))
        }
        None => request::record(Action::Other(CONFIGURATION.to_owned()), installation, asker, None, None),
    }
}

/// What of `resource` this client manages by server-side applies before.
pub fn applied(resource: &Value) -> Value {
    let entries = resource.pointer("/metadata/managedFields").and_then(Value::as_array);
    let ours = entries.into_iter().flatten().find(|entry| {
        entry["manager"] == MANAGER
            && entry["operation"] == "Apply"
            && entry["subresource"].as_str().is_none()
    });
    let fields = ours.and_then(|entry| entry["fieldsV1"].as_object());
    fields.and_then(|fields| extract(resource, fields)).unwrap_or_else(|| json!({}))
}

/// What a FieldsV1 set names of `value`: `f:NAME` a field, `k:KEYS` the list item with these keys, `v:VALUE` the item of
/// this value, `.` the thing itself; an empty set is all of it.
fn extract(value: &Value, fields: &Map<String, Value>) -> Option<Value> {
    if fields.keys().all(|key| key == ".") {
        return Some(match value {
            // A map that was applied empty; what is in it by now is others'.
            Value::Object(_) if fields.contains_key(".") => json!({}),
            other => other.clone(),
        });
    }
    match value {
        Value::Object(map) => {
            let field = |(key, inner): (&String, &Value)| {
                let name = key.strip_prefix("f:")?;
                Some((name.to_owned(), extract(map.get(name)?, inner.as_object()?)?))
            };
            Some(sort::object(fields.iter().filter_map(field)))
        }
        Value::Array(items) => {
            let named = |item: &Value| {
                fields.iter().find_map(|(key, inner)| {
                    let fits = match key.split_at_checked(2)? {
                        ("k:", keys) => {
                            let keys: Value = serde_json::from_str(keys).ok()?;
                            keys.as_object()?
                                .iter()
                                .all(|(key, value)| item.get(key).is_none_or(|it| it == value))
                        }
                        ("v:", text) => serde_json::from_str::<Value>(text).ok()? == *item,
                        _ => false,
                    };
                    fits.then(|| extract(item, inner.as_object()?))?
                })
            };
            Some(items.iter().filter_map(named).collect())
        }
        // The set is about a structure that is no longer there.
        _ => None,
    }
}

/// Whether `after` has what the edits of `before` mean. Fields that the API server fills in beside them are none of
/// theirs; a field that was taken away may have come back with another value, its default.
pub fn holds(edits: &[Edit], before: &Value, after: &Value) -> bool {
    edits.iter().all(|edit| {
        let found = edit.pointer.get(after);
        match &edit.value {
            Some(value) => found.is_some_and(|found| has(found, value)),
            None => found.is_none() || found != edit.pointer.get(before),
        }
    })
}

fn has(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => {
            // A `null` may be taken out again.
            wanted
                .iter()
                .all(|(key, wanted)| found.get(key).map_or(wanted.is_null(), |found| has(found, wanted)))
        }
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len() && found.iter().zip(wanted).all(|(found, wanted)| has(found, wanted))
        }
        (Value::Number(found), Value::Number(wanted)) => found.as_f64() == wanted.as_f64(),
        (found, wanted) => found == wanted,
    }
}

/// What a change of each concept comes to for what runs.
const EFFECTS: [(Concept, &str); 17] = [
    (Concept::Undeploy, "Both releases are deployed again; their databases start empty."),
    (
        Concept::TargetVersion,
        "Both releases move to this version; pods whose image or settings change are replaced.",
    ),
    (Concept::ImagePullSecret, "All pods are replaced, with images pulled by the other secret."),
    (Concept::Host, "The platform answers under the new host name only; sign-in redirects follow it."),
    (Concept::Ingress, "The Ingress is changed; pods stay as they are."),
    (Concept::PlatformReplicas, "Platform is scaled; pods that stay are not restarted."),
    (Concept::PlatformResources, "Platform's pods are replaced one after another."),
    (Concept::DataServiceReplicas, "Data Service is scaled; pods that stay are not restarted."),
    (Concept::DataServiceResources, "Data Service's pods are replaced one after another."),
    (Concept::MlJobsReplicas, "ML Jobs are scaled; jobs on pods that go are started again elsewhere."),
    (Concept::MlJobsResources, "ML Jobs' pods are replaced; jobs on them are started again."),
    (Concept::MongodbMembers, "MongoDB's replica set gets other members and copies its data to new ones."),
    (Concept::MongodbStorage, "MongoDB's volumes grow, where their storage class allows it."),
    (Concept::MongodbResources, "MongoDB restarts member by member."),
    (Concept::PostgresqlStorage, "PostgreSQL's volume grows, where its storage class allows it."),
    (Concept::PostgresqlResources, "PostgreSQL restarts; the platform is without it meanwhile."),
    (Concept::RedisResources, "Redis restarts; queues and caches are without it meanwhile."),
];

/// What the edits come to for what runs, one sentence each.
pub fn effects(contract: &Contract, edits: &[Edit]) -> Vec<&'static str> {
    let touches = |concept: Concept| {
        let pointer = contract.pointer(concept);
        pointer.is_some_and(|pointer| {
            edits.iter().any(|edit| edit.pointer.is_within(pointer) || pointer.is_within(&edit.pointer))
        })
    };
    EFFECTS.iter().filter(|(concept, _)| touches(*concept)).map(|(_, words)| *words).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pointer::tests::any_json;

    fn resource() -> Value {
        json!({
            "metadata": {"name": "rootcause", "resourceVersion": "7", "managedFields": [
                {"manager": "kubectl", "operation": "Apply", "fieldsV1": {"f:spec": {"f:host": {}}}},
                {"manager": MANAGER, "operation": "Update", "fieldsV1": {"f:spec": {"f:version": {}}}},
                {"manager": MANAGER, "operation": "Apply", "fieldsV1": {
                    "f:metadata": {"f:annotations": {"f:mine": {}}},
                    "f:spec": {
                        "f:size": {}, "f:gone": {},
                        "f:empty": {".": {}},
                        "f:users": {"k:{\"email\":\"b\"}": {".": {}, "f:email": {}, "f:admin": {}}},
                        "f:names": {"v:\"y\"": {}},
                    },
                }},
            ]},
            "spec": {
                "host": "a", "version": "1", "size": "10Gi", "empty": {"others": 1}, "names": ["x", "y"],
                "users": [{"email": "a"}, {"email": "b", "admin": true, "firstName": "Bo"}],
            },
        })
    }

    fn target() -> Target {
        Target {
            api_version: "example.org/v1".into(),
            kind: "Thing".into(),
            resource: "things.example.org".into(),
            namespace: "ns".into(),
            name: "x".into(),
        }
    }

    #[test]
    fn what_was_applied_before_is_applied_again() {
        let expect = json!({
            "spec": {"size": "10Gi", "empty": {}, "users": [{"email": "b", "admin": true}], "names": ["y"]},
            "metadata": {},
        });
        assert_eq!(applied(&resource()), expect);
        assert_eq!(applied(&json!({})), json!({}));
    }

    #[test]
    fn both_ways_of_writing_carry_the_edits_the_record_and_the_version_they_were_decided_on() {
        let at = |text: &str| Pointer::parse(text).unwrap();
        let edits = [
            Edit { pointer: at("/spec/host"), value: Some(json!("b")) },
            Edit { pointer: at("/spec/size"), value: None },
        ];
        let asker = Asker { who: "ana", now: "2026-03-01T12:00:00Z".parse().unwrap(), why: None };
        let write = configure(&Contract::builtin(), &target(), &resource(), &edits, asker);
        assert_eq!((&write.apply["spec"]["host"], write.apply["spec"].get("size")), (&json!("b"), None));
        assert_eq!(write.apply["spec"].get("version"), None);
        assert_eq!(
            (&write.apply["kind"], &write.apply["metadata"]["resourceVersion"]),
            (&json!("Thing"), &json!("7"))
        );
        let record = write.apply["metadata"]["annotations"]["admin.rootcause.dev/requests"].as_str().unwrap();
        assert_eq!(request::read_records(record)[0].action, Action::Other("configuration".into()));
        let operations = write.patch.as_array().unwrap();
        assert_eq!(operations[1], json!({"op": "remove", "path": "/spec/size"}));
        assert_eq!(operations[2]["path"], "/metadata/resourceVersion");
        assert_eq!(operations[3], json!({"op": "add", "path": "/metadata/annotations", "value": {}}));
        assert_eq!(operations.len(), 5);
        assert_eq!(
            write.kubectl,
            "kubectl patch things.example.org x -n ns --type merge -p '{\"spec\":{\"host\":\"b\",\"size\":null}}'"
        );
    }

    #[test]
    fn a_new_version_is_an_upgrade() {
        let version = Edit { pointer: Pointer::of(["spec", "version"]), value: Some(json!("2")) };
        let asker = Asker { who: "ana", now: "2026-03-01T12:00:00Z".parse().unwrap(), why: None };
        let contract = Contract::builtin();
        let installation = Installation::read(&contract, &resource());
        let record = record(&contract, &installation, std::slice::from_ref(&version), asker);
        assert_eq!((record.action, record.to.as_deref()), (Action::Upgrade, Some("2")));
        assert_eq!(effects(&contract, &[version]).len(), 1);
    }

    #[test]
    fn what_the_server_fills_in_is_no_difference() {
        let edit = |value: Option<Value>| [Edit { pointer: Pointer::of(["a"]), value }];
        let before = json!({"a": 1});
        let check = |value: Option<Value>, after: Value, expect: bool| {
            assert_eq!(holds(&edit(value), &before, &after), expect, "{after}");
        };
        check(Some(json!({"b": 1, "n": null})), json!({"a": {"b": 1.0, "filled": 2}}), true);
        check(Some(json!([1])), json!({"a": [1, 2]}), false);
        check(None, json!({}), true);
        check(None, json!({"a": 1}), false);
        check(None, json!({"a": 3}), true);
    }

    #[test]
    fn a_file_gives_its_configuration_or_says_why_not() {
        let check = |object: Value, expect: Result<Value, &str>| {
            let found = import(&object, "Thing").map_err(|error| error.to_string());
            assert_eq!(found, expect.map_err(str::to_owned));
        };
        check(
            json!({"kind": "Thing", "metadata": {}, "spec": {"a": 1}, "status": {}}),
            Ok(json!({"spec": {"a": 1}})),
        );
        check(json!({"spec": {}}), Ok(json!({"spec": {}})));
        check(json!({"kind": "Other", "spec": {}}), Err("It is of kind Other, not Thing."));
        check(
            json!({"kind": "Thing", "metadata": {}}),
            Err("It has no configuration: nothing beside its metadata."),
        );
        check(json!([]), Err("It holds no object."));
        let file = manifest(&target(), &json!({"spec": {"a": 1}}));
        assert_eq!(
            file,
            "apiVersion: example.org/v1\nkind: Thing\nmetadata:\n  name: x\n  namespace: ns\nspec:\n  a: 1\n"
        );
    }

    proptest! {
        #[test]
        fn no_bookkeeping_breaks_it(spec in any_json(), fields in any_json()) {
            let resource = json!({"metadata": {"managedFields": [
                {"manager": MANAGER, "operation": "Apply", "fieldsV1": {"f:spec": fields}},
            ]}, "spec": spec});
            let _ = applied(&resource);
        }
    }
}
