//! JSON by pointer: reading, writing, merging, and the merge patch between two documents.

use serde_json::{Map, Value};

/// Writes `value` at a JSON pointer and makes the objects on its way.
pub fn set(document: &mut Value, pointer: &str, value: Value) {
    let mut place = document;
    for token in tokens(pointer) {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        let Value::Object(fields) = place else { return };
        place = fields.entry(token).or_insert(Value::Null);
    }
    *place = value;
}

/// Takes the field at a JSON pointer away, if it is there.
pub fn remove(document: &mut Value, pointer: &str) {
    let Some((parent, _)) = pointer.rsplit_once('/') else { return };
    let Some(last) = tokens(pointer).last() else { return };
    if let Some(fields) = document.pointer_mut(parent).and_then(Value::as_object_mut) {
        fields.remove(&last);
    }
}

/// Lays `over` on `base` as Helm lays values: objects merge key by key, everything else is replaced.
pub fn merge(base: &mut Value, over: &Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                merge(base.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over.clone(),
    }
}

/// The RFC 7386 merge patch that turns `before` into `after`, or nothing when they are equal.
pub fn merge_patch(before: &Value, after: &Value) -> Option<Value> {
    if before == after {
        return None;
    }
    let (Value::Object(old), Value::Object(new)) = (before, after) else { return Some(after.clone()) };
    let gone = old.keys().filter(|key| !new.contains_key(*key)).map(|key| (key.clone(), Value::Null));
    let changed = new.iter().filter_map(|(key, value)| {
        let patch = match old.get(key) {
            Some(earlier) => merge_patch(earlier, value)?,
            None => value.clone(),
        };
        Some((key.clone(), patch))
    });
    Some(Value::Object(gone.chain(changed).collect()))
}

fn tokens(pointer: &str) -> impl Iterator<Item = String> + '_ {
    pointer.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn set_makes_the_way() {
        let mut document = json!({"status": {"phase": "Ready"}});
        set(&mut document, "/status/registry/url", json!("oci://x"));
        set(&mut document, "/status/a~1b", json!(1));
        assert_eq!(document, json!({"status": {"phase": "Ready", "registry": {"url": "oci://x"}, "a/b": 1}}));
    }

    #[test]
    fn remove_leaves_the_neighbours() {
        let mut document = json!({"status": {"phase": "Ready", "lastError": "x"}});
        remove(&mut document, "/status/lastError");
        remove(&mut document, "/status/not/there");
        assert_eq!(document, json!({"status": {"phase": "Ready"}}));
    }

    #[test]
    fn merge_replaces_lists_and_merges_objects() {
        let mut base = json!({"a": {"b": 1, "c": [1, 2]}, "d": 1});
        merge(&mut base, &json!({"a": {"c": [3]}, "d": {"e": 1}}));
        assert_eq!(base, json!({"a": {"b": 1, "c": [3]}, "d": {"e": 1}}));
    }

    #[test]
    fn a_patch_names_only_what_changed() {
        let check = |before: Value, after: Value, expect: Option<Value>| {
            assert_eq!(merge_patch(&before, &after), expect, "{before} to {after}");
        };
        check(json!({"a": 1}), json!({"a": 1}), None);
        check(json!({"a": 1, "b": 2}), json!({"a": 1}), Some(json!({"b": null})));
        check(json!({"a": {"x": 1, "y": 2}}), json!({"a": {"x": 1, "y": 3}}), Some(json!({"a": {"y": 3}})));
        check(json!({"a": [1]}), json!({"a": [1, 2]}), Some(json!({"a": [1, 2]})));
        check(json!({}), json!({"a": {"b": 1}}), Some(json!({"a": {"b": 1}})));
    }
}
