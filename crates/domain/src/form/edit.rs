//! Edits of a JSON document: made, found between two documents, applied, and written as patches.

use serde_json::{Map, Value, json};

use crate::pointer::{Pointer, apply_merge_patch};
use crate::sort;

/// One edit: another value at a place, or (`None`) none any more.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    pub pointer: Pointer,
    pub value: Option<Value>,
}

/// The fewest edits that make `after` of `before`: one for each field that differs. Lists are edited as a whole.
pub fn edits(before: &Value, after: &Value) -> Vec<Edit> {
    let mut edits = Vec::new();
    compare(&Pointer::root(), before, after, &mut edits);
    edits
}

fn compare(at: &Pointer, before: &Value, after: &Value, edits: &mut Vec<Edit>) {
    if before == after {
        return;
    }
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        edits.push(Edit { pointer: at.clone(), value: Some(after.clone()) });
        return;
    };
    let added = new.keys().filter(|key| !old.contains_key(*key));
    let mut keys: Vec<&String> = old.keys().chain(added).collect();
    sort::by(&mut keys, |a, b| a.cmp(b));
    for key in keys {
        match (old.get(key), new.get(key)) {
            (Some(before), Some(after)) => compare(&at.child(key), before, after, edits),
            (_, after) => edits.push(Edit { pointer: at.child(key), value: after.cloned() }),
        }
    }
}

/// Makes the edits.
pub fn apply(edits: &[Edit], target: &mut Value) {
    for edit in edits {
        match &edit.value {
            Some(value) => set(target, &edit.pointer, value.clone()),
            None => take(target, edit.pointer.tokens()),
        }
    }
}

/// Puts `value` at the place, making the objects on the way; an index one past a list's end appends.
pub fn set(target: &mut Value, pointer: &Pointer, value: Value) {
    let mut at = target;
    for token in pointer.tokens() {
        let index = token.parse::<usize>().ok();
        let length = at.as_array().map(Vec::len);
        let index = index.filter(|index| length.is_some_and(|length| *index <= length));
        if index.is_none() && !at.is_object() {
            *at = Value::Object(Map::new());
        }
        at = match (at, index) {
            (Value::Array(items), Some(index)) => {
                if index == items.len() {
                    items.push(Value::Null);
                }
                &mut items[index]
            }
            (Value::Object(fields), _) => fields.entry(token.clone()).or_insert(Value::Null),
            // It is one of the two by now.
            _ => return,
        };
    }
    *at = value;
}

/// Takes away what is at the place, and the objects around it that hold nothing then and that `base` does not have; where
/// that has something else, such as a `null`, it stands there again.
pub fn remove(target: &mut Value, pointer: &Pointer, base: &Value) {
    take(target, pointer.tokens());
    let mut at = pointer.parent();
    while let Some(parent) = at {
        let empty = parent.get(target).and_then(Value::as_object).is_some_and(Map::is_empty);
        match parent.get(base) {
            _ if !empty => return,
            Some(Value::Object(_)) => return,
            Some(other) => return set(target, &parent, other.clone()),
            None => take(target, parent.tokens()),
        }
        at = parent.parent();
    }
}

fn take(target: &mut Value, tokens: &[String]) {
    let [parents @ .., last] = tokens else { return };
    let parent = parents.iter().try_fold(target, |at, token| match at {
        Value::Object(fields) => fields.get_mut(token),
        Value::Array(items) => token.parse::<usize>().ok().and_then(|index| items.get_mut(index)),
        _ => None,
    });
    match parent {
        Some(Value::Object(fields)) => drop(fields.remove(last)),
        Some(Value::Array(items)) => {
            if let Some(index) = last.parse().ok().filter(|index| *index < items.len()) {
                items.remove(index);
            }
        }
        _ => {}
    }
}

/// The edits as a JSON patch (RFC 6902), which says everything exactly, `null`s too.
pub fn json_patch(edits: &[Edit]) -> Value {
    edits
        .iter()
        .map(|edit| match &edit.value {
            Some(value) => json!({"op": "add", "path": edit.pointer.to_string(), "value": value}),
            None => json!({"op": "remove", "path": edit.pointer.to_string()}),
        })
        .collect()
}

/// The edits as a JSON merge patch (RFC 7386), which people read more easily. A `null` in it removes, so one that is to
/// be set is lost: [`json_patch`] is for writing.
pub fn merge_patch(edits: &[Edit]) -> Value {
    let mut patch = Value::Object(Map::new());
    for edit in edits {
        let value = edit.value.clone().unwrap_or(Value::Null);
        // Not applied as a patch: a `null` has to stay in it.
        if edit.pointer.tokens().is_empty() {
            apply_merge_patch(&mut patch, &value);
        } else {
            set(&mut patch, &edit.pointer, value);
        }
    }
    patch
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pointer::tests::any_json;

    #[test]
    fn edits_are_as_small_as_the_fields_that_differ() {
        let before = json!({"a": {"b": 1, "c": [1, 2]}, "d": null, "e": 1});
        let after = json!({"a": {"b": 2, "c": [2]}, "e": 1, "f": {"g": null}});
        let edit = |at: &str, value: Option<Value>| Edit { pointer: Pointer::parse(at).unwrap(), value };
        let found = edits(&before, &after);
        assert_eq!(
            found,
            [
                edit("/a/b", Some(json!(2))),
                edit("/a/c", Some(json!([2]))),
                edit("/d", None),
                edit("/f", Some(json!({"g": null}))),
            ]
        );
        assert_eq!(
            json_patch(&found[2..]),
            json!([{"op": "remove", "path": "/d"}, {"op": "add", "path": "/f", "value": {"g": null}}])
        );
        assert_eq!(merge_patch(&found), json!({"a": {"b": 2, "c": [2]}, "d": null, "f": {"g": null}}));
    }

    #[test]
    fn setting_makes_what_is_on_the_way_and_removing_leaves_no_empty_shells() {
        let base = json!({"spec": {"kept": {}}});
        let mut draft = base.clone();
        let at = |text: &str| Pointer::parse(text).unwrap();
        set(&mut draft, &at("/spec/a/b/c"), json!(1));
        set(&mut draft, &at("/spec/kept/d"), json!(2));
        set(&mut draft, &at("/spec/list"), json!([]));
        set(&mut draft, &at("/spec/list/0"), json!({}));
        set(&mut draft, &at("/spec/list/0/name"), json!("x"));
        assert_eq!(draft, json!({"spec": {"a": {"b": {"c": 1}}, "kept": {"d": 2}, "list": [{"name": "x"}]}}));
        remove(&mut draft, &at("/spec/a/b/c"), &base);
        remove(&mut draft, &at("/spec/kept/d"), &base);
        remove(&mut draft, &at("/spec/list/0"), &base);
        remove(&mut draft, &at("/spec/nothing/there"), &base);
        assert_eq!(draft, json!({"spec": {"kept": {}, "list": []}}));
    }

    /// What a server makes of a JSON patch (RFC 6902, sections 4.1 and 4.2); lists are never gone into.
    fn patched(mut document: Value, patch: &Value) -> Value {
        for operation in patch.as_array().unwrap() {
            let path = operation["path"].as_str().unwrap();
            let Some((parent, key)) = path.rsplit_once('/') else {
                document = operation["value"].clone();
                continue;
            };
            let parent = document.pointer_mut(parent).unwrap().as_object_mut().unwrap();
            let key = key.replace("~1", "/").replace("~0", "~");
            match operation["op"].as_str().unwrap() {
                "add" => drop(parent.insert(key, operation["value"].clone())),
                _ => assert!(parent.remove(&key).is_some(), "{path} is not there"),
            }
        }
        document
    }

    fn has_null(value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::Array(_) => false,
            Value::Object(fields) => fields.values().any(has_null),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn a_server_makes_the_same_of_the_patches(before in any_json(), after in any_json()) {
            let edits = edits(&before, &after);
            prop_assert_eq!(patched(before.clone(), &json_patch(&edits)), after.clone());
            // A merge patch cannot say a null, nor anything but an object.
            if after.is_object() && before.is_object() && !has_null(&after) {
                let mut merged = before.clone();
                apply_merge_patch(&mut merged, &merge_patch(&edits));
                prop_assert_eq!(merged, after);
            }
        }

        #[test]
        fn edits_make_the_one_of_the_other_and_touch_nothing_else(before in any_json(), after in any_json()) {
            let edits = edits(&before, &after);
            let mut made = before.clone();
            apply(&edits, &mut made);
            prop_assert_eq!(&made, &after);
            for edit in &edits {
                prop_assert_ne!(edit.pointer.get(&before), edit.value.as_ref());
                // No edit lies within another: each field is touched once.
                prop_assert_eq!(edits.iter().filter(|other| other.pointer.is_within(&edit.pointer)).count(), 1);
            }
        }

        #[test]
        fn no_edit_of_anything_breaks(mut target in any_json(), pointer in prop::collection::vec("[a-c0-2]", 0..4), value in any_json()) {
            let pointer = Pointer::of(pointer);
            let base = target.clone();
            set(&mut target, &pointer, value.clone());
            prop_assert_eq!(pointer.get(&target), Some(&value));
            remove(&mut target, &pointer, &base);
        }
    }
}
