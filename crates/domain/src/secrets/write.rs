//! Changes of secrets as data: manifests and merge patches of the touched keys, guarded by the resourceVersion that they
//! were decided on, and the kubectl commands that do the same with the values left to whoever runs them.

use serde_json::{Map, Value, json};

use super::kinds::{self, SERVICE_ACCOUNT};
use super::value;

/// What happens to one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    pub key: String,
    /// The bytes that it is to have; `None` removes it.
    pub value: Option<Vec<u8>>,
}

/// The merge patch of these keys and no other.
pub fn patch(edits: &[Edit], resource_version: &str) -> Value {
    let mut data = Map::new();
    for Edit { key, value } in edits {
        data.insert(key.clone(), value.as_deref().map_or(Value::Null, |bytes| value::encode(bytes).into()));
    }
    json!({"metadata": {"resourceVersion": resource_version}, "data": data})
}

/// The edits that change something: a value equal to the one that is there is no change.
pub fn changed(edits: Vec<Edit>, before: &[(String, Vec<u8>)]) -> Vec<Edit> {
    let there = |key: &str| before.iter().find(|(known, _)| known == key).map(|(_, value)| value);
    edits.into_iter().filter(|edit| there(&edit.key) != edit.value.as_ref()).collect()
}

/// The edits that put these keys back to what they were.
pub fn undo(edits: &[Edit], before: &[(String, Vec<u8>)]) -> Vec<Edit> {
    let was = |key: &str| before.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone());
    edits.iter().map(|edit| Edit { key: edit.key.clone(), value: was(&edit.key) }).collect()
}

/// A new secret.
pub fn manifest(name: &str, kind: &str, data: &[(String, Vec<u8>)], account: &str) -> Value {
    let encoded =
        crate::sort::object(data.iter().map(|(key, bytes)| (key.clone(), value::encode(bytes).into())));
    let mut manifest = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "type": kind, "data": encoded,
    });
    if kind == kinds::SERVICE_ACCOUNT_TOKEN {
        manifest["metadata"]["annotations"] = json!({SERVICE_ACCOUNT: account});
    }
    manifest
}

/// What one line of a review says of an edit: the key and how much changes, never to what.
pub fn describe(edit: &Edit, before: &[(String, Vec<u8>)]) -> String {
    let was = before.iter().find(|(key, _)| *key == edit.key).map(|(_, value)| value.len());
    let key = &edit.key;
    match (was, &edit.value) {
        (None, Some(value)) => format!("{key}: new, {}", value::size(value.len())),
        (Some(was), Some(value)) => {
            format!("{key}: changed, {} → {}", value::size(was), value::size(value.len()))
        }
        (_, None) => format!("{key}: removed"),
    }
}

/// `kubectl create` with the values read from files named as their keys.
pub fn create_command(name: &str, kind: &str, keys: &[String], namespace: &str, account: &str) -> String {
    let files: String = keys.iter().map(|key| format!(" --from-file={key}=./{key}")).collect();
    match kind {
        kinds::DOCKER_CONFIG => format!(
            "kubectl create secret docker-registry {name} -n {namespace} --from-file=.dockerconfigjson=./.dockerconfigjson"
        ),
        kinds::TLS => {
            format!("kubectl create secret tls {name} -n {namespace} --cert=./tls.crt --key=./tls.key")
        }
        kinds::SERVICE_ACCOUNT_TOKEN => format!(
            "kubectl create secret generic {name} -n {namespace} --type={kind} --dry-run=client -o yaml | kubectl annotate --local -f - {SERVICE_ACCOUNT}={account} -o yaml | kubectl create -f -"
        ),
        kinds::OPAQUE => format!("kubectl create secret generic {name} -n {namespace}{files}"),
        _ => format!("kubectl create secret generic {name} -n {namespace} --type={kind}{files}"),
    }
}

/// `kubectl patch` with the values read from files named as their keys.
pub fn patch_command(name: &str, edits: &[Edit], namespace: &str) -> String {
    let fields: Vec<_> = edits
        .iter()
        .map(|Edit { key, value }| match value {
            Some(_) => format!("\"{key}\":\"'\"$(base64 -w0 ./{key})\"'\""),
            None => format!("\"{key}\":null"),
        })
        .collect();
    format!(
        "kubectl patch secret {name} -n {namespace} --type merge -p '{{\"data\":{{{}}}}}'",
        fields.join(",")
    )
}

/// The names of a secret's keys by the API server's bookkeeping (`managedFields`), which is metadata and holds no value;
/// `None` where it says nothing of data.
pub fn keys_of(metadata: &Value) -> Option<Vec<String>> {
    let mut keys: Vec<String> = Vec::new();
    let mut told = false;
    for entry in metadata["managedFields"].as_array().into_iter().flatten() {
        let fields = &entry["fieldsV1"];
        for data in ["f:data", "f:stringData"] {
            let Some(fields) = fields[data].as_object() else { continue };
            told = true;
            for key in fields.keys().filter_map(|key| key.strip_prefix("f:")) {
                if !keys.iter().any(|known| known == key) {
                    keys.push(key.to_owned());
                }
            }
        }
    }
    crate::sort::by(&mut keys, Ord::cmp);
    told.then_some(keys)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pointer::apply_merge_patch;

    fn edit(key: &str, value: Option<&str>) -> Edit {
        Edit { key: key.into(), value: value.map(|it| it.as_bytes().to_vec()) }
    }

    #[test]
    fn only_what_changes_is_sent() {
        let before = [("a".to_owned(), b"1".to_vec()), ("b".to_owned(), b"2".to_vec())];
        let edits = vec![edit("a", Some("1")), edit("b", Some("3")), edit("c", None), edit("d", Some("4"))];
        let changed = changed(edits, &before);
        assert_eq!(changed, [edit("b", Some("3")), edit("d", Some("4"))]);
        assert_eq!(undo(&changed, &before), [edit("b", Some("2")), edit("d", None)]);
        assert_eq!(
            patch(&changed, "7"),
            json!({"metadata": {"resourceVersion": "7"}, "data": {"b": "Mw==", "d": "NA=="}})
        );
        let said: Vec<_> =
            [&changed[0], &changed[1], &edit("a", None)].map(|it| describe(it, &before)).into();
        assert_eq!(said, ["b: changed, 1 byte → 1 byte", "d: new, 1 byte", "a: removed"]);
    }

    #[test]
    fn commands_name_files_and_hold_no_value() {
        let edits = [edit("a", Some("hunter2")), edit("b", None)];
        let command = patch_command("db", &edits, "rootcause");
        assert_eq!(
            command,
            r#"kubectl patch secret db -n rootcause --type merge -p '{"data":{"a":"'"$(base64 -w0 ./a)"'","b":null}}'"#
        );
        let keys = ["username".to_owned(), "password".to_owned()];
        assert_eq!(
            create_command("x", "kubernetes.io/basic-auth", &keys, "n", ""),
            "kubectl create secret generic x -n n --type=kubernetes.io/basic-auth --from-file=username=./username --from-file=password=./password"
        );
    }

    #[test]
    fn a_manifest_has_what_its_type_needs() {
        let data = [("a".to_owned(), vec![0, 255])];
        let expect = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}, "type": "Opaque",
            "data": {"a": "AP8="}});
        assert_eq!(manifest("x", kinds::OPAQUE, &data, "ignored"), expect);
        let token = manifest("t", kinds::SERVICE_ACCOUNT_TOKEN, &[], "default");
        assert_eq!(token["metadata"]["annotations"][SERVICE_ACCOUNT], "default");
    }

    #[test]
    fn keys_are_known_by_the_bookkeeping() {
        let metadata = json!({"managedFields": [
            {"manager": "kubectl", "fieldsV1": {"f:data": {".": {}, "f:b": {}, "f:.dockerconfigjson": {}}, "f:type": {}}},
            {"manager": "other", "fieldsV1": {"f:data": {"f:a": {}, "f:b": {}}}},
        ]});
        assert_eq!(keys_of(&metadata).unwrap(), [".dockerconfigjson", "a", "b"]);
        assert_eq!(keys_of(&json!({"managedFields": [{"fieldsV1": {"f:metadata": {}}}]})), None);
        assert_eq!(keys_of(&Value::Null), None);
    }

    proptest! {
        #[test]
        fn an_edit_of_one_key_leaves_the_others_byte_for_byte(
            values in prop::collection::btree_map("[a-z._-]{1,12}", prop::collection::vec(any::<u8>(), 0..80), 1..6),
            new in prop::option::of(prop::collection::vec(any::<u8>(), 0..80)),
            at in any::<prop::sample::Index>(),
        ) {
            let before: Vec<_> = values.into_iter().collect();
            let key = before[at.index(before.len())].0.clone();
            let mut secret = manifest("s", kinds::OPAQUE, &before, "");
            apply_merge_patch(&mut secret, &patch(&[Edit { key: key.clone(), value: new.clone() }], "1"));
            let after = value::data(&secret);
            for (other, bytes) in before.iter().filter(|(other, _)| *other != key) {
                prop_assert!(after.contains(&(other.clone(), bytes.clone())));
            }
            let got = after.iter().find(|(known, _)| *known == key).map(|(_, bytes)| bytes.clone());
            prop_assert_eq!(got, new);
            prop_assert_eq!(secret["kind"].as_str(), Some("Secret"));
        }
    }
}
