//! Walking the cluster's OpenAPI v3 schema of the custom resource.

use serde_json::Value;

use crate::pointer::Pointer;

/// The schema of this kind in the document of `/openapi/v3/apis/GROUP/VERSION`, found by the
/// `x-kubernetes-group-version-kind` that the API server puts on each top-level object.
pub fn find<'a>(document: &'a Value, group: &str, version: &str, kind: &str) -> Option<&'a Value> {
    let schemas = document.pointer("/components/schemas")?.as_object()?;
    schemas.values().find(|schema| {
        let names = schema.get("x-kubernetes-group-version-kind").and_then(Value::as_array);
        names.is_some_and(|names| {
            names
                .iter()
                .any(|name| name["group"] == group && name["version"] == version && name["kind"] == kind)
        })
    })
}

/// Whether `schema` has a place for what `pointer` points at; where it has not, the pointer to the deepest object
/// that it does have.
///
/// A free-form object (`x-kubernetes-preserve-unknown-fields`, `additionalProperties`, or an object without declared
/// properties) has a place for anything. `/metadata` is the API server's own and always has one.
pub fn lacks(schema: &Value, pointer: &Pointer) -> Option<Pointer> {
    let mut at = schema;
    let mut known = Pointer::root();
    for token in pointer.tokens() {
        if known == Pointer::root() && token == "metadata" {
            return None;
        }
        let Some(next) = step(at, token) else { return (!free_form(at)).then_some(known) };
        at = next;
        known = known.child(token);
    }
    None
}

fn step<'a>(schema: &'a Value, token: &str) -> Option<&'a Value> {
    let declared = schema.get("properties").and_then(|properties| properties.get(token));
    declared.or_else(|| schema.get("additionalProperties").filter(|values| values.is_object())).or_else(
        || {
            let index = !token.is_empty() && token.bytes().all(|b| b.is_ascii_digit());
            if index { schema.get("items") } else { None }
        },
    )
}

fn free_form(schema: &Value) -> bool {
    let open = |key: &str| schema.get(key).and_then(Value::as_bool) == Some(true);
    open("x-kubernetes-preserve-unknown-fields")
        || open("additionalProperties")
        || (schema.get("properties").is_none()
            && schema.get("items").is_none()
            && schema.get("type").is_none_or(|kind| kind == "object"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn crd() -> Value {
        json!({
            "type": "object",
            "x-kubernetes-group-version-kind": [{"group": "g.example", "version": "v1", "kind": "Thing"}],
            "properties": {
                "metadata": {"allOf": [{"$ref": "#/components/schemas/ObjectMeta"}]},
                "spec": {"type": "object", "properties": {
                    "version": {"type": "string"},
                    "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
                    "map": {"type": "object", "additionalProperties": {"type": "string"}},
                    "users": {"type": "array", "items": {"type": "object", "properties": {"email": {}}}},
                }},
            },
        })
    }

    #[test]
    fn knows_what_the_schema_has_a_place_for() {
        let check = |pointer: &str, expect: Option<&str>| {
            let known = lacks(&crd(), &Pointer::parse(pointer).unwrap());
            assert_eq!(known.map(|known| known.to_string()).as_deref(), expect, "{pointer}");
        };
        check("/spec/version", None);
        check("/spec/free/any/thing", None);
        check("/spec/map/key", None);
        check("/spec/map/key/deeper", Some("/spec/map/key"));
        check("/spec/users/0/email", None);
        check("/spec/users/0/name", Some("/spec/users/0"));
        check("/metadata/annotations/a.b~1c", None);
        check("/spec/target", Some("/spec"));
        check("/spec/version/major", Some("/spec/version"));
        check("/status/phase", Some(""));
    }

    #[test]
    fn finds_the_kind_in_the_document() {
        let document = json!({"components": {"schemas": {"List": {"type": "object"}, "Thing": crd()}}});
        assert_eq!(find(&document, "g.example", "v1", "Thing"), Some(&crd()));
        assert_eq!(find(&document, "g.example", "v2", "Thing"), None);
        assert_eq!(find(&json!([]), "g.example", "v2", "Thing"), None);
    }
}
