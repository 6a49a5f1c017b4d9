//! The semantic difference of two JSON values, for reviews.

use serde_json::Value;

use crate::pointer::Pointer;
use crate::sort;

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Where; list indices are of the side that has the value, of the later one where both have.
    pub path: Pointer,
    /// As a reader names it: `spec.auth.users[email=ana@example.com].admin`.
    pub display: String,
    pub kind: ChangeKind,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

/// What became of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    Added,
    Removed,
    Changed,
}

/// What differs between two documents, in order of their keys, down to the smallest changed values.
///
/// Items of a list are paired by the key that tells them apart (`name`, `email` …) where each has one of its own, else
/// by their place after the unchanged beginning and before the unchanged end.
pub fn diff(before: &Value, after: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    compare(&At { path: Pointer::root(), display: String::new() }, Some(before), Some(after), &mut changes);
    changes
}

/// The object without what the API server keeps for itself and without its status.
pub fn without_server_fields(object: &Value) -> Value {
    let mut object = object.clone();
    let own = ["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink"];
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        own.iter().for_each(|field| drop(metadata.remove(*field)));
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
        }
    }
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
    }
    object
}

struct At {
    path: Pointer,
    display: String,
}

impl At {
    fn field(&self, key: &str) -> At {
        let own = Pointer::of([key]).dotted();
        let joint = if self.display.is_empty() || own.starts_with('[') { "" } else { "." };
        At { path: self.path.child(key), display: format!("{}{joint}{own}", self.display) }
    }

    fn item(&self, index: usize, name: Option<(&str, &str)>) -> At {
        let own = name.map_or_else(|| index.to_string(), |(key, value)| format!("{key}={value}"));
        At { path: self.path.child(index.to_string()), display: format!("{}[{own}]", self.display) }
    }
}

fn compare(at: &At, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<Change>) {
    match (before, after) {
        (Some(before), Some(after)) if before == after => {}
        (Some(Value::Object(before)), Some(Value::Object(after))) => {
            let new = after.keys().filter(|key| !before.contains_key(*key));
            let mut keys: Vec<&str> = before.keys().chain(new).map(String::as_str).collect();
            sort::by(&mut keys, Ord::cmp);
            keys.into_iter()
                .for_each(|key| compare(&at.field(key), before.get(key), after.get(key), changes));
        }
        (Some(Value::Array(before)), Some(Value::Array(after))) => lists(at, before, after, changes),
        (None, None) => {}
        (before, after) => changes.push(Change {
            path: at.path.clone(),
            display: at.display.clone(),
            kind: match (before, after) {
                (None, _) => ChangeKind::Added,
                (_, None) => ChangeKind::Removed,
                _ => ChangeKind::Changed,
            },
            before: before.cloned(),
            after: after.cloned(),
        }),
    }
}

fn lists(at: &At, before: &[Value], after: &[Value], changes: &mut Vec<Change>) {
    if let Some(key) = identity(before, after) {
        let name = |item: &Value| item[key].as_str().unwrap_or_default().to_owned();
        let known: Vec<String> = before.iter().map(name).collect();
        let names: Vec<String> = after.iter().map(name).collect();
        let stayed = |from: &[String], other: &[String]| -> Vec<String> {
            from.iter().filter(|name| other.contains(name)).cloned().collect()
        };
        if stayed(&known, &names) != stayed(&names, &known) {
            // Another order is a change of the list as a whole.
            let (before, after) = (Value::from(before), Value::from(after));
            let (path, display) = (at.path.clone(), at.display.clone());
            changes.push(Change {
                path,
                display,
                kind: ChangeKind::Changed,
                before: Some(before),
                after: Some(after),
            });
            return;
        }
        for (index, name) in known.iter().enumerate() {
            if !names.contains(name) {
                compare(&at.item(index, Some((key, name))), before.get(index), None, changes);
            }
        }
        for (index, name) in names.iter().enumerate() {
            let old = known.iter().position(|one| one == name).and_then(|old| before.get(old));
            compare(&at.item(index, Some((key, name))), old, after.get(index), changes);
        }
        return;
    }
    let same = |pairs: &mut dyn Iterator<Item = (&Value, &Value)>| pairs.take_while(|(a, b)| a == b).count();
    let head = same(&mut before.iter().zip(after));
    let shorter = before.len().min(after.len());
    let tail = same(&mut before.iter().rev().zip(after.iter().rev())).min(shorter - head);
    let (before, after) = (&before[head..before.len() - tail], &after[head..after.len() - tail]);
    for index in 0..before.len().max(after.len()) {
        compare(&at.item(head + index, None), before.get(index), after.get(index), changes);
    }
}

/// The key that tells the items of both lists apart.
fn identity(before: &[Value], after: &[Value]) -> Option<&'static str> {
    let unique = |items: &[Value], key: &str| {
        let mut names: Vec<&str> = items.iter().filter_map(|item| item[key].as_str()).collect();
        sort::by(&mut names, Ord::cmp);
        names.len() == items.len() && names.windows(2).all(|pair| pair[0] != pair[1])
    };
    ["name", "email", "type", "key", "id"].into_iter().find(|key| unique(before, key) && unique(after, key))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn changes_are_named_where_a_reader_looks_for_them() {
        let check = |before: Value, after: Value, expect: &[(&str, &str, ChangeKind)]| {
            let changes = diff(&before, &after);
            let found: Vec<_> = changes
                .iter()
                .map(|change| (change.path.to_string(), change.display.clone(), change.kind))
                .collect();
            let expect: Vec<_> = expect
                .iter()
                .map(|(path, display, kind)| ((*path).into(), (*display).into(), *kind))
                .collect();
            assert_eq!(found, expect);
        };
        use ChangeKind::{Added, Changed, Removed};
        check(json!({"a": 1}), json!({"a": 1}), &[]);
        check(
            json!({"spec": {"version": "1"}}),
            json!({"spec": {"version": "2"}}),
            &[("/spec/version", "spec.version", Changed)],
        );
        check(
            json!({"a": {"b.c": 1}}),
            json!({"a": {"d": null}}),
            &[("/a/b.c", "a[b.c]", Removed), ("/a/d", "a.d", Added)],
        );
        check(
            json!({"users": [{"email": "a", "admin": true}, {"email": "b"}]}),
            json!({"users": [{"email": "b", "admin": true}, {"email": "c"}]}),
            &[
                ("/users/0", "users[email=a]", Removed),
                ("/users/0/admin", "users[email=b].admin", Added),
                ("/users/1", "users[email=c]", Added),
            ],
        );
        check(
            json!({"users": [{"name": "a"}, {"name": "b"}]}),
            json!({"users": [{"name": "b"}, {"name": "a"}]}),
            &[("/users", "users", Changed)],
        );
        check(json!(["a", "b"]), json!(["b"]), &[("/0", "[0]", Removed)]);
        check(
            json!(["a", "b", "c"]),
            json!(["a", "x", "y", "c"]),
            &[("/1", "[1]", Changed), ("/2", "[2]", Added)],
        );
        check(json!({"a": [1]}), json!({"a": {"b": 1}}), &[("/a", "a", Changed)]);
    }

    #[test]
    fn the_servers_own_fields_are_no_news() {
        let object = json!({
            "metadata": {"name": "x", "uid": "u", "resourceVersion": "1", "generation": 2, "managedFields": [],
                "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "mine": "1"}},
            "spec": {"a": 1},
            "status": {"phase": "Ready"},
        });
        assert_eq!(
            without_server_fields(&object),
            json!({"metadata": {"name": "x", "annotations": {"mine": "1"}}, "spec": {"a": 1}})
        );
        assert_eq!(without_server_fields(&json!(3)), json!(3));
    }

    proptest! {
        #[test]
        fn documents_differ_exactly_where_there_is_a_change(
            before in crate::pointer::tests::any_json(), after in crate::pointer::tests::any_json(),
        ) {
            let changes = diff(&before, &after);
            prop_assert_eq!(changes.is_empty(), before == after);
            for change in changes {
                let side = if change.after.is_some() { (&after, &change.after) } else { (&before, &change.before) };
                prop_assert_eq!(change.path.get(side.0), side.1.as_ref());
                prop_assert_ne!(change.before, change.after);
            }
        }
    }
}
