//! One place in a schema, seen through its `$ref`s: what may stand there, and what a reader should know of it.

use serde_json::Value;

use crate::pointer::Pointer;

/// How many `$ref`s in a row are followed: a schema may refer to itself.
const REFS: usize = 16;

/// How deep branches of branches are looked into, for the same reason.
const NESTED: usize = 3;

/// How many branches are looked into in all for a field.
const BRANCHED: usize = 500;

/// The keywords under which a schema keeps further schemas of the same value.
const BRANCHES: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// A place in the schema of a document. Cheap to copy.
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    document: &'a Value,
    schema: &'a Value,
}

/// What may stand at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Fields with names of their own in the schema.
    Object,
    /// Names of the user's choice, values of one schema.
    Map,
    List(ListType),
    Text,
    Integer,
    Number,
    Boolean,
    /// `x-kubernetes-int-or-string`: a number, or a text such as a quantity or a percentage.
    IntOrString,
    /// One of the values of [`Node::choices`].
    Choice,
    /// Anything: free-form, or a schema that says nothing of its type.
    Any,
}

/// How a list's items are told apart (`x-kubernetes-list-type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListType {
    /// By the fields of [`Node::list_keys`].
    Map,
    /// By their value.
    Set,
    /// Not at all: the list is replaced as a whole.
    Atomic,
}

impl<'a> Node<'a> {
    /// The place of `schema`, whose `$ref`s lead into `document`.
    pub fn new(document: &'a Value, schema: &'a Value) -> Self {
        Self { document, schema: follow(document, schema) }
    }

    /// The place of another schema of the same document.
    pub(super) fn to(self, schema: &'a Value) -> Self {
        Self::new(self.document, schema)
    }

    /// A keyword's value: of the schema itself or, as with the `allOf` around a `$ref`, of the one schema that all of
    /// it is.
    pub(crate) fn keyword(self, key: &str) -> Option<&'a Value> {
        self.schema.get(key).or_else(|| match self.schema.get("allOf")?.as_array()?.as_slice() {
            [only] => follow(self.document, only).get(key),
            _ => None,
        })
    }

    fn text(self, key: &str) -> &'a str {
        self.keyword(key).and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn flag(self, key: &str) -> bool {
        self.keyword(key).and_then(Value::as_bool).unwrap_or_default()
    }

    pub(crate) fn list(self, key: &str) -> &'a [Value] {
        self.keyword(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The schemas of a branch keyword of this very schema.
    pub(crate) fn branches(self, key: &str) -> impl Iterator<Item = Node<'a>> {
        let list = self.schema.get(key).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        list.iter().map(move |schema| self.to(schema))
    }

    pub(super) fn all_branches(self) -> impl Iterator<Item = Node<'a>> {
        BRANCHES.into_iter().flat_map(move |key| self.branches(key))
    }

    /// `type`, the first that is not `null` where there are several (OpenAPI 3.1).
    pub(crate) fn type_name(self) -> &'a str {
        match self.keyword("type") {
            Some(Value::String(name)) => name,
            Some(Value::Array(names)) => {
                names.iter().filter_map(Value::as_str).find(|name| *name != "null").unwrap_or_default()
            }
            _ => "",
        }
    }

    /// What may stand here.
    pub fn kind(self) -> Kind {
        if self.is_int_or_string() {
            return Kind::IntOrString;
        }
        if !self.choices().is_empty() {
            return Kind::Choice;
        }
        match self.type_name() {
            "string" => Kind::Text,
            "integer" => Kind::Integer,
            "number" => Kind::Number,
            "boolean" => Kind::Boolean,
            "array" => Kind::List(self.list_type()),
            "object" | "" => {
                if !self.names().is_empty() {
                    Kind::Object
                } else if self.values().is_some() {
                    Kind::Map
                } else {
                    Kind::Any
                }
            }
            _ => Kind::Any,
        }
    }

    /// Whether a number and a text may stand here: marked so, or `anyOf` of the two as older generators write it.
    pub(super) fn is_int_or_string(self) -> bool {
        let both = |key: &str| {
            let mut types: Vec<&str> = self.branches(key).map(Node::type_name).collect();
            crate::sort::by(&mut types, Ord::cmp);
            types == ["integer", "string"]
        };
        self.flag("x-kubernetes-int-or-string")
            || self.text("format") == "int-or-string"
            || (self.type_name().is_empty() && (both("anyOf") || both("oneOf")))
    }

    /// The names of the fields that this very schema declares.
    pub(crate) fn declared(self) -> Vec<&'a str> {
        let fields = self.schema.get("properties").and_then(Value::as_object);
        fields.into_iter().flatten().map(|(name, _)| name.as_str()).collect()
    }

    /// The names of the declared fields, of the branches' too, in the order of the alphabet.
    pub fn names(self) -> Vec<&'a str> {
        let mut names = Vec::new();
        self.collect_names(&mut names, NESTED, &mut { BRANCHED });
        crate::sort::by(&mut names, Ord::cmp);
        names.dedup();
        names
    }

    fn collect_names(self, names: &mut Vec<&'a str>, depth: usize, left: &mut usize) {
        names.extend(self.declared());
        if depth > 0 {
            for branch in self.all_branches() {
                let Some(fewer) = left.checked_sub(1) else { return };
                *left = fewer;
                branch.collect_names(names, depth - 1, left);
            }
        }
    }

    /// The declared field of this name: the schema's own, else the first branch's.
    pub fn property(self, name: &str) -> Option<Node<'a>> {
        self.find_property(name, NESTED, &mut { BRANCHED })
    }

    fn find_property(self, name: &str, depth: usize, left: &mut usize) -> Option<Node<'a>> {
        if let Some(schema) = self.schema.get("properties").and_then(|fields| fields.get(name)) {
            return Some(self.to(schema));
        }
        if depth == 0 {
            return None;
        }
        self.all_branches().find_map(|branch| {
            *left = left.checked_sub(1)?;
            branch.find_property(name, depth - 1, left)
        })
    }

    /// The schema of a list's items.
    pub fn items(self) -> Option<Node<'a>> {
        self.keyword("items").filter(|schema| schema.is_object()).map(|schema| self.to(schema))
    }

    /// The schema of a map's values.
    pub fn values(self) -> Option<Node<'a>> {
        self.keyword("additionalProperties").filter(|schema| schema.is_object()).map(|schema| self.to(schema))
    }

    /// The place that one token of a pointer leads to from here; `None` where the schema says nothing of it.
    pub fn child(self, token: &str) -> Option<Node<'a>> {
        let index = !token.is_empty() && token.bytes().all(|b| b.is_ascii_digit());
        self.property(token).or_else(|| self.values()).or_else(|| self.items().filter(|_| index))
    }

    /// The place that `pointer` leads to from here.
    pub fn at(self, pointer: &Pointer) -> Option<Node<'a>> {
        pointer.tokens().iter().try_fold(self, |node, token| node.child(token))
    }

    /// Whether fields that the schema does not name are kept.
    pub fn preserves_unknown(self) -> bool {
        self.flag("x-kubernetes-preserve-unknown-fields")
            || self.keyword("additionalProperties").and_then(Value::as_bool) == Some(true)
    }

    /// Whether a whole Kubernetes object stands here, with apiVersion, kind and metadata.
    pub fn is_embedded(self) -> bool {
        self.flag("x-kubernetes-embedded-resource")
    }

    /// Whether an object is replaced as a whole (`x-kubernetes-map-type: atomic`).
    pub fn is_atomic(self) -> bool {
        self.text("x-kubernetes-map-type") == "atomic"
    }

    fn list_type(self) -> ListType {
        match self.text("x-kubernetes-list-type") {
            "map" if !self.list_keys().is_empty() => ListType::Map,
            "set" => ListType::Set,
            _ => ListType::Atomic,
        }
    }

    /// The fields that tell the items of a [`ListType::Map`] apart.
    pub fn list_keys(self) -> Vec<&'a str> {
        self.list("x-kubernetes-list-map-keys").iter().filter_map(Value::as_str).collect()
    }

    /// The only values that may stand here, `null` left out; empty where others may.
    pub fn choices(self) -> Vec<&'a Value> {
        self.list("enum").iter().filter(|value| !value.is_null()).collect()
    }

    /// Whether the field `name` must be there.
    pub fn requires(self, name: &str) -> bool {
        self.list("required").iter().any(|one| one == name)
    }

    /// Whether `null` may stand here.
    pub fn is_nullable(self) -> bool {
        self.flag("nullable")
            || self
                .keyword("type")
                .and_then(Value::as_array)
                .is_some_and(|names| names.iter().any(|name| name == "null"))
    }

    /// What the API server fills in where nothing stands.
    pub fn default(self) -> Option<&'a Value> {
        // The API server publishes `default: {}` and `default: null` beside `$ref`s of its own types.
        self.keyword("default").filter(|value| !value.is_null())
    }

    pub fn title(self) -> &'a str {
        self.text("title")
    }

    pub fn description(self) -> &'a str {
        self.text("description")
    }

    pub fn format(self) -> &'a str {
        self.text("format")
    }

    /// Marked as deprecated, by the keyword or, as Kubernetes' own types do, by the first word of the description.
    pub fn is_deprecated(self) -> bool {
        self.flag("deprecated")
            || self.description().get(..10).is_some_and(|start| start.eq_ignore_ascii_case("deprecated"))
    }

    /// The smallest and largest number that may stand here.
    pub fn range(self) -> (Option<f64>, Option<f64>) {
        let number = |key| self.keyword(key).and_then(Value::as_f64);
        (number("minimum"), number("maximum"))
    }

    /// The rules that only the API server judges (CEL), in their authors' words.
    pub fn rules(self) -> Vec<&'a str> {
        let rules = self.list("x-kubernetes-validations").iter();
        rules.filter_map(|it| it["message"].as_str().or_else(|| it["rule"].as_str())).collect()
    }

    /// What the schema asks of a value, one phrase each, beside [`Node::alternatives`]. Patterns and lengths are left out: what breaks one names it.
    pub fn facts(self) -> Vec<String> {
        let mut facts = Vec::new();
        let plain = |key: &str| self.keyword(key).filter(|it| it.is_number()).map(Value::to_string);
        let mut range = |least: &str, most: &str, unit: &str| match (plain(least), plain(most)) {
            (Some(least), Some(most)) if least == most => facts.push(format!("exactly {least}{unit}")),
            (Some(least), Some(most)) => facts.push(format!("{least} to {most}{unit}")),
            (Some(least), None) if least != "0" => facts.push(format!("at least {least}{unit}")),
            (None, Some(most)) => facts.push(format!("at most {most}{unit}")),
            _ => {}
        };
        range("minimum", "maximum", "");
        range("minItems", "maxItems", " items");
        range("minProperties", "maxProperties", " entries");
        if self.flag("exclusiveMinimum") {
            facts.push("more than the minimum".to_owned());
        }
        if self.flag("exclusiveMaximum") {
            facts.push("less than the maximum".to_owned());
        }
        if let Some(step) = plain("multipleOf") {
            facts.push(format!("a multiple of {step}"));
        }
        if let Some(words) = format_words(self.format()) {
            facts.push(words.to_owned());
        }
        facts.extend(
            self.rules().into_iter().map(|rule| format!("the API server may refuse it with “{rule}”")),
        );
        facts
    }

    /// The fields that branches ask for, one phrase for each keyword: `exactly one of: a, b`.
    pub fn alternatives(self) -> Vec<String> {
        let mut phrases = Vec::new();
        // A branch that asks for none of the others makes them optional.
        let none = self.branches("oneOf").any(|branch| branch.schema.get("not").is_some());
        let exclusive = self.branches("oneOf").map(|branch| branch.required_words());
        alternatives(
            exclusive.collect(),
            if none { "at most one of" } else { "exactly one of" },
            &mut phrases,
        );
        let open = self.branches("anyOf").map(|branch| branch.required_words());
        alternatives(open.collect(), "at least one of", &mut phrases);
        phrases
    }

    /// The fields that a branch asks for, in words.
    fn required_words(self) -> String {
        let names: Vec<&str> = self.list("required").iter().filter_map(Value::as_str).collect();
        names.join(" and ")
    }
}

fn alternatives(branches: Vec<String>, words: &str, phrases: &mut Vec<String>) {
    let named: Vec<String> = branches.into_iter().filter(|it| !it.is_empty()).collect();
    if named.len() > 1 {
        phrases.push(format!("{words}: {}", named.join(", ")));
    }
}

/// What a format means to somebody who fills it in.
fn format_words(format: &str) -> Option<&'static str> {
    Some(match format {
        "date-time" => "a time such as 2026-03-01T12:00:00Z",
        "date" => "a date such as 2026-03-01",
        "duration" => "a duration such as 1h30m",
        "email" => "an email address",
        "uri" => "an address with its scheme, such as https://example.com",
        "hostname" => "a host name",
        "ipv4" => "an IPv4 address",
        "ipv6" => "an IPv6 address",
        "cidr" => "a network such as 10.0.0.0/8",
        "byte" => "base64",
        "uuid" => "a UUID",
        "mac" => "a MAC address",
        _ => return None,
    })
}

fn follow<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let mut at = schema;
    for _ in 0..REFS {
        let target = at.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix('#'));
        let Some(next) = target.and_then(|text| document.pointer(text)) else { break };
        at = next;
    }
    at
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tells_what_may_stand_there() {
        let check = |schema: Value, expect: Kind| {
            assert_eq!(Node::new(&json!({}), &schema).kind(), expect, "{schema}");
        };
        check(json!({"type": "object", "properties": {"a": {}}}), Kind::Object);
        check(json!({"properties": {"a": {}}}), Kind::Object);
        check(json!({"type": "object", "additionalProperties": {"type": "string"}}), Kind::Map);
        check(json!({"type": "object", "additionalProperties": true}), Kind::Any);
        check(json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true}), Kind::Any);
        check(json!({}), Kind::Any);
        check(json!(null), Kind::Any);
        check(json!({"type": ["null", "string"]}), Kind::Text);
        check(json!({"type": "string", "enum": ["a", null]}), Kind::Choice);
        check(json!({"enum": [null]}), Kind::Any);
        check(json!({"x-kubernetes-int-or-string": true}), Kind::IntOrString);
        check(json!({"anyOf": [{"type": "integer"}, {"type": "string"}]}), Kind::IntOrString);
        check(json!({"type": "array"}), Kind::List(ListType::Atomic));
        check(json!({"type": "array", "x-kubernetes-list-type": "set"}), Kind::List(ListType::Set));
        check(json!({"type": "array", "x-kubernetes-list-type": "map"}), Kind::List(ListType::Atomic));
        check(
            json!({"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}),
            Kind::List(ListType::Map),
        );
    }

    #[test]
    fn follows_references_and_survives_those_in_a_circle() {
        let document = json!({"components": {"schemas": {
            "Meta": {"type": "object", "description": "About it", "properties": {"name": {"type": "string"}}},
            "Loop": {"$ref": "#/components/schemas/Loop"},
            "Tree": {"allOf": [{"$ref": "#/components/schemas/Tree"}], "anyOf": [{"$ref": "#/components/schemas/Tree"}],
                "properties": {"left": {"$ref": "#/components/schemas/Tree"}}},
        }}});
        let node = |name: &str| Node::new(&document, &document["components"]["schemas"][name]);
        let wrapped = json!({"allOf": [{"$ref": "#/components/schemas/Meta"}], "default": {}});
        let wrapped = Node::new(&document, &wrapped);
        assert_eq!(
            (wrapped.description(), wrapped.names(), wrapped.kind()),
            ("About it", vec!["name"], Kind::Object)
        );
        assert_eq!(node("Loop").kind(), Kind::Any);
        assert!(node("Tree").at(&Pointer::of(vec!["left"; 50])).is_some());
        assert!(node("Tree").property("right").is_none());
    }

    #[test]
    fn fields_of_branches_are_fields() {
        let schema = json!({"type": "object", "properties": {"a": {"type": "string"}},
            "oneOf": [{"required": ["b"], "properties": {"b": {"type": "integer"}, "a": {"minLength": 2}}},
                      {"required": ["c", "d"]}]});
        let node = Node::new(&schema, &schema);
        assert_eq!(node.names(), ["a", "b"]);
        assert_eq!(node.property("a").map(Node::kind), Some(Kind::Text));
        assert_eq!(node.alternatives(), ["exactly one of: b, c and d"]);
        let none = json!({"not": {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}});
        let schema = json!({"oneOf": [none, {"required": ["a"]}, {"required": ["b"]}], "anyOf": [{"required": ["c"]}]});
        assert_eq!(Node::new(&schema, &schema).alternatives(), ["at most one of: a, b"]);
    }

    #[test]
    fn says_what_is_asked_of_a_value() {
        let check = |schema: Value, expect: &[&str]| {
            assert_eq!(Node::new(&schema, &schema).facts(), expect, "{schema}");
        };
        check(json!({"minimum": 1, "maximum": 100}), &["1 to 100"]);
        check(json!({"minimum": 0}), &[]);
        check(json!({"maxLength": 3, "pattern": "^a"}), &[]);
        check(json!({"minItems": 2, "maxItems": 2}), &["exactly 2 items"]);
        check(
            json!({"format": "email", "x-kubernetes-validations": [{"rule": "self > 1", "message": "odd"}, {"rule": "r"}]}),
            &[
                "an email address",
                "the API server may refuse it with “odd”",
                "the API server may refuse it with “r”",
            ],
        );
    }
}
