//! The cluster's OpenAPI v3 schema of the custom resource: finding it, walking it, judging values by it.
//!
//! Whatever a schema says, nothing here fails on it: what is not understood is left to the API server, which judges
//! every write again.

mod cause;
mod check;
mod node;

pub use cause::locate;
pub use check::{Issue, Matches, check};
pub use node::{Kind, ListType, Node};

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

/// A kind's schema with the document that its references lead into.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    document: Value,
    /// Where the kind's schema is in the document.
    at: Pointer,
}

impl Schema {
    /// The schema of this kind, as [`find`].
    pub fn read(document: Value, group: &str, version: &str, kind: &str) -> Option<Self> {
        let found = find(&document, group, version, kind)?;
        let schemas = document.pointer("/components/schemas")?.as_object()?;
        let name = schemas.iter().find(|(_, schema)| std::ptr::eq(*schema, found))?.0;
        let at = Pointer::of(["components", "schemas", name]);
        Some(Self { document, at })
    }

    /// The place of the whole object.
    pub fn root(&self) -> Node<'_> {
        Node::new(&self.document, self.value())
    }

    /// The schema itself.
    pub fn value(&self) -> &Value {
        self.at.get(&self.document).unwrap_or(&Value::Null)
    }
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
pub(crate) mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, json};

    use super::*;

    /// Schemas of all keywords that the engine knows, sensible and not, with references that may go in a circle.
    pub(crate) fn any_schema() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            crate::pointer::tests::any_json(),
            Just(json!({"$ref": "#"})),
            Just(json!({"$ref": "#/properties/a"})),
            prop::sample::select(vec!["string", "integer", "number", "boolean", "object", "array", "null"])
                .prop_map(|kind| json!({"type": kind})),
        ];
        leaf.prop_recursive(4, 60, 6, |inner| {
            let one = inner.clone();
            let field = prop_oneof![
                (prop::sample::select(vec!["items", "additionalProperties", "not"]), one)
                    .prop_map(|(key, schema)| (key, schema)),
                (
                    prop::sample::select(vec!["allOf", "anyOf", "oneOf"]),
                    prop::collection::vec(inner.clone(), 0..3)
                )
                    .prop_map(|(key, list)| (key, Value::from(list))),
                prop::collection::btree_map("[a-c]", inner.clone(), 0..3)
                    .prop_map(|fields| ("properties", Value::Object(fields.into_iter().collect()))),
                (
                    prop::sample::select(vec![
                        "type",
                        "format",
                        "pattern",
                        "title",
                        "description",
                        "x-kubernetes-list-type",
                        "x-kubernetes-map-type"
                    ]),
                    "(map|set|atomic|object|array|string|email|date-time|date|uri|byte|password|uuid|mac|ipv4|ipv6|cidr|int32|int64|float|double|duration|int-or-string|granular|[^a])"
                )
                    .prop_map(|(key, text)| (key, Value::from(text))),
                (
                    prop::sample::select(vec![
                        "minimum",
                        "maximum",
                        "minLength",
                        "maxLength",
                        "minItems",
                        "maxItems",
                        "minProperties",
                        "maxProperties",
                        "multipleOf",
                        "exclusiveMaximum",
                        "default"
                    ]),
                    prop_oneof![(-3..5_i64).prop_map(Value::from), any::<f64>().prop_map(Value::from)]
                )
                    .prop_map(|(key, number)| (key, number)),
                (
                    prop::sample::select(vec!["required", "enum", "x-kubernetes-list-map-keys", "type"]),
                    prop::collection::vec(
                        prop_oneof![Just(json!(null)), "[a-c]".prop_map(Value::from)],
                        0..3
                    )
                )
                    .prop_map(|(key, list)| (key, Value::from(list))),
                // Defaults that fit nothing, choices of mixed types, rules of any shape.
                (prop::sample::select(vec!["default", "const"]), crate::pointer::tests::any_json())
                    .prop_map(|(key, value)| (key, value)),
                prop::collection::vec(crate::pointer::tests::any_json(), 0..3)
                    .prop_map(|list| ("enum", Value::from(list))),
                prop::sample::select(vec![
                    json!([{"rule": "self > 1", "messageExpression": "'odd'", "fieldPath": ".a", "reason": "FieldValueInvalid"}]),
                    json!([{"rule": "r", "message": "m"}, {"message": 1}, null]),
                    json!({"rule": "r"}),
                ])
                .prop_map(|rules| ("x-kubernetes-validations", rules)),
                (
                    prop::sample::select(vec![
                        "nullable",
                        "exclusiveMinimum",
                        "uniqueItems",
                        "additionalProperties",
                        "deprecated",
                        "x-kubernetes-int-or-string",
                        "x-kubernetes-preserve-unknown-fields",
                        "x-kubernetes-embedded-resource"
                    ]),
                    any::<bool>()
                )
                    .prop_map(|(key, flag)| (key, Value::from(flag))),
            ];
            prop::collection::vec(field, 0..5).prop_map(|fields| {
                Value::Object(
                    fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>(),
                )
            })
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn no_schema_and_no_value_breaks_the_engine(
            schema in any_schema(), value in crate::pointer::tests::any_json(), field in r#"[.a-c"=\[\]0-9]{0,9}"#,
        ) {
            let node = Node::new(&schema, &schema);
            let _ = (node.kind(), node.facts(), node.names(), node.is_deprecated(), node.default());
            let _ = locate(node, &value, &field, &field);
            let _ = lacks(&schema, &Pointer::of(["a", "0", "b"]));
            for issue in check(node, &value, &|_, _| None) {
                prop_assert!(issue.message.ends_with('.'));
            }
        }
    }

    #[test]
    fn a_schema_that_is_all_references_to_itself_ends() {
        let me = json!({"$ref": "#"});
        for keyword in ["allOf", "anyOf", "oneOf"] {
            let schema = json!({keyword: vec![me.clone(); 1000], "properties": {"a": me}});
            let node = Node::new(&schema, &schema);
            assert_eq!(node.names(), ["a"]);
            assert!(node.property("b").is_none());
            // It would take longer than anybody waits; what is not known is not said.
            assert_eq!(check(node, &json!({"a": 1}), &|_, _| None), []);
        }
    }

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
        assert!(Schema::read(document.clone(), "g.example", "v2", "Thing").is_none());
        let schema = Schema::read(document, "g.example", "v1", "Thing").unwrap();
        assert_eq!((schema.value(), schema.root().names()), (&crd(), vec!["metadata", "spec"]));
        assert_eq!(find(&json!([]), "g.example", "v2", "Thing"), None);
    }
}
