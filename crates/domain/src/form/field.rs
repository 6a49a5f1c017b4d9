//! One field of the form: what it is called, what it takes, and how what is typed becomes JSON.

use serde_json::Value;

use crate::contract::Concept;
use crate::pointer::Pointer;
use crate::schema::{Kind, ListType, Node};
use crate::sort;

use super::union::{Union, unions};

/// A field of the form, or a group of such.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub pointer: Pointer,
    pub label: String,
    /// The concept that the contract has here.
    pub concept: Option<Concept>,
    pub kind: Kind,
    /// The schema's description.
    pub help: String,
    /// What the schema asks of the value, one phrase each.
    pub facts: Vec<String>,
    pub required: bool,
    pub deprecated: bool,
    pub default: Option<Value>,
    /// The only values there are, for [`Kind::Choice`].
    pub choices: Vec<Value>,
    /// The forms that an object may have.
    pub unions: Vec<Union>,
    /// A text that is not to be read over somebody's shoulder.
    pub secret: bool,
}

impl Field {
    /// The field at `pointer`, where `node` is.
    pub fn new(node: Node<'_>, pointer: Pointer, label: String, required: bool) -> Self {
        let unions = unions(node);
        let mut facts = node.facts();
        if unions.is_empty() {
            // Else the choice between them says it.
            facts.extend(node.alternatives());
        }
        Self {
            concept: None,
            kind: node.kind(),
            help: node.description().trim().to_owned(),
            facts,
            required,
            deprecated: node.is_deprecated(),
            default: node.default().cloned(),
            choices: node.choices().into_iter().cloned().collect(),
            unions,
            secret: node.format() == SECRET,
            pointer,
            label,
        }
    }

    /// Whether the field holds others.
    pub fn is_group(&self) -> bool {
        matches!(self.kind, Kind::Object | Kind::Map | Kind::List(_))
    }

    /// The fields within, where `root` is the document's schema and `draft` has what is in it: declared fields, a map's
    /// entries, a list's items.
    pub fn children(&self, root: Node<'_>, draft: &Value) -> Vec<Field> {
        let Some(node) = root.at(&self.pointer) else { return Vec::new() };
        let value = self.pointer.get(draft);
        match self.kind {
            Kind::Object => {
                let mut names = node.names();
                // What one switches on comes first, and what is reserved before what is the most.
                sort::by(&mut names, |a, b| rank(a).cmp(&rank(b)));
                let names = names.into_iter();
                let field = |name: &str| {
                    Some(Self::new(
                        node.property(name)?,
                        self.pointer.child(name),
                        label(node.property(name)?, name),
                        node.requires(name),
                    ))
                };
                names.filter_map(field).collect()
            }
            Kind::Map => {
                let Some(values) = node.values() else { return Vec::new() };
                let keys = value.and_then(Value::as_object).into_iter().flatten().map(|(key, _)| key);
                keys.map(|key| Self::new(values, self.pointer.child(key), key.clone(), false)).collect()
            }
            Kind::List(_) => {
                let Some(schema) = node.items() else { return Vec::new() };
                let items = value.and_then(Value::as_array).into_iter().flatten().enumerate();
                items
                    .map(|(index, item)| {
                        let name = item_name(node, item).unwrap_or_else(|| format!("{}", index + 1));
                        Self::new(schema, self.pointer.child(index.to_string()), name, false)
                    })
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// What a new entry of this list or map begins with.
    pub fn blank(&self, root: Node<'_>) -> Value {
        let Some(node) = root.at(&self.pointer) else { return Value::Null };
        match node.items().or_else(|| node.values()) {
            Some(entry) => blank(entry),
            None => Value::Null,
        }
    }
}

/// The format of texts that are secret (OpenAPI).
const SECRET: &str = "password";

/// Whether `value`, at `pointer`, is a text that the schema calls a password, or holds one.
pub fn is_secret(root: Node<'_>, pointer: &Pointer, value: &Value) -> bool {
    root.at(pointer).is_some_and(|node| holds_secret(node, value))
}

fn holds_secret(node: Node<'_>, value: &Value) -> bool {
    let within = |token: &str, value: &Value| node.child(token).is_some_and(|it| holds_secret(it, value));
    match value {
        Value::Object(fields) => fields.iter().any(|(name, value)| within(name, value)),
        Value::Array(items) => {
            items.iter().enumerate().any(|(index, value)| within(&index.to_string(), value))
        }
        value => value.is_string() && node.format() == SECRET,
    }
}

/// Where a field stands among its neighbours, which are in the order of the alphabet otherwise.
fn rank(name: &str) -> u8 {
    match name {
        "enabled" | "name" => 0,
        "limits" => 2,
        _ => 1,
    }
}

/// The least value of a kind.
fn blank(node: Node<'_>) -> Value {
    match (node.default(), node.kind()) {
        (Some(default), _) => default.clone(),
        (None, Kind::Object | Kind::Map) => Value::Object(serde_json::Map::new()),
        (None, Kind::Any) if node.preserves_unknown() => Value::Object(serde_json::Map::new()),
        (None, Kind::List(_)) => Value::Array(Vec::new()),
        (None, Kind::Boolean) => Value::Bool(false),
        (None, Kind::Choice) => node.choices().first().copied().cloned().unwrap_or_default(),
        _ => Value::from(""),
    }
}

/// How a list's item is told from the others: by its keys, or by what people call it.
fn item_name(list: Node<'_>, item: &Value) -> Option<String> {
    let keys = list.list_keys();
    let own = ["name", "email", "key", "id", "type"];
    let named = |key: &str| item.get(key).filter(|value| !value.is_object() && !value.is_array()).map(shown);
    let name = match list.kind() {
        Kind::List(ListType::Map) => keys.iter().filter_map(|key| named(key)).collect::<Vec<_>>().join(" "),
        _ => own.iter().find_map(|key| named(key)).unwrap_or_default(),
    };
    (!name.is_empty()).then_some(name)
}

/// The schema's title where it has one, else the name in words: `imagePullSecret` is `Image pull secret`.
pub(super) fn label(node: Node<'_>, name: &str) -> String {
    if node.title().is_empty() { humanize(name) } else { node.title().to_owned() }
}

/// Names that are written in capitals.
const ACRONYMS: [&str; 32] = [
    "api", "ca", "cidr", "cpu", "crd", "db", "dns", "fs", "gpu", "grpc", "ha", "http", "https", "id", "ip",
    "jwt", "ldap", "ml", "oidc", "pvc", "s3", "saml", "sql", "ssl", "sso", "tcp", "tls", "ttl", "udp", "ui",
    "uri", "url",
];

/// `imagePullSecret` in words: `Image pull secret`.
pub(super) fn humanize(name: &str) -> String {
    let mut words: Vec<String> = vec![String::new()];
    let chars: Vec<char> = name.chars().collect();
    for (index, &c) in chars.iter().enumerate() {
        let before = index.checked_sub(1).map(|it| chars[it]);
        // As in `HTTPPort`, not as in `URLs`.
        let lower_next = chars.get(index + 1).is_some_and(|it| it.is_lowercase()) && index + 2 < chars.len();
        let starts = c.is_uppercase()
            && before.is_some_and(|it| it.is_lowercase() || it.is_ascii_digit() || lower_next);
        if starts || "-_ ".contains(c) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| !"-_ ".contains(c)) {
            word.push(c);
        }
    }
    let mut text = String::new();
    for word in words.into_iter().filter(|word| !word.is_empty()) {
        let lower = word.to_lowercase();
        let mut letters = lower.chars();
        let word = match letters.next() {
            _ if ACRONYMS.contains(&lower.as_str()) => lower.to_uppercase(),
            Some(first) if text.is_empty() => first.to_uppercase().chain(letters).collect(),
            _ => lower,
        };
        text.push_str(if text.is_empty() { "" } else { " " });
        text.push_str(&word);
    }
    text
}

/// A value as a reader writes it into a field: texts without quotes.
pub fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What tells a choice from the others in a control that has only texts: as [`shown`], where that is not empty and no
/// other choice looks the same.
pub fn choice_key(choices: &[Value], choice: &Value) -> String {
    let text = shown(choice);
    let alike = choices.iter().filter(|it| shown(it) == text).count();
    if text.is_empty() || alike > 1 { choice.to_string() } else { text }
}

/// What is typed into a field, as JSON; `None` where it is empty and stands for nothing. What is not of the field's
/// kind becomes a text, which the schema finds fault with. `before` is what stood there, or its default: a number that
/// was written as a text stays one.
pub fn parse(kind: Kind, typed: &str, before: Option<&Value>) -> Option<Value> {
    if typed.is_empty() {
        return None;
    }
    let text = || Value::from(typed);
    let number = || serde_json::from_str::<Value>(typed.trim()).ok().filter(Value::is_number);
    Some(match kind {
        Kind::Integer | Kind::Number => number().unwrap_or_else(text),
        Kind::IntOrString if before.is_some_and(Value::is_string) => text(),
        Kind::IntOrString => number().filter(Value::is_i64).unwrap_or_else(text),
        Kind::Boolean => match typed {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => text(),
        },
        _ => text(),
    })
}

/// A field that a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub pointer: Pointer,
    /// The names on the way to it.
    pub path: String,
    pub help: String,
}

/// How deep declared fields are searched, how many are looked at in all, and how many are found at most. A schema may
/// refer to itself.
const SEARCH_DEPTH: usize = 12;
const LOOKED_AT: usize = 20_000;
const FOUND: usize = 50;

/// The fields whose name, path or description has all words of `query`, those by name first. Entries of lists and maps
/// are found where `draft` has them.
pub fn search(root: Node<'_>, draft: &Value, query: &str) -> Vec<Found> {
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    let mut found = (Vec::new(), Vec::new());
    let mut left = LOOKED_AT;
    if words.is_empty() {
        return Vec::new();
    }
    for name in root.names() {
        if ["apiVersion", "kind", "metadata", "status"].contains(&name) {
            continue;
        }
        let Some(node) = root.property(name) else { continue };
        let field = Field::new(node, Pointer::of([name]), String::new(), false);
        look(root, draft, &field, &words, SEARCH_DEPTH, &mut left, &mut found);
    }
    let (mut by_name, by_help) = found;
    by_name.extend(by_help);
    by_name.truncate(FOUND);
    by_name
}

fn look(
    root: Node<'_>,
    draft: &Value,
    field: &Field,
    words: &[String],
    depth: usize,
    left: &mut usize,
    found: &mut (Vec<Found>, Vec<Found>),
) {
    let way = if field.label.is_empty() { String::new() } else { format!("{} › ", field.label) };
    for child in field.children(root, draft) {
        let Some(fewer) = left.checked_sub(1) else { return };
        *left = fewer;
        let path = format!("{way}{}", child.label);
        let names = format!("{path} {}", child.pointer.dotted()).to_lowercase();
        let hit = Found { pointer: child.pointer.clone(), path: path.clone(), help: child.help.clone() };
        if words.iter().all(|word| names.contains(word.as_str())) {
            found.0.push(hit);
        } else if words
            .iter()
            .all(|word| names.contains(word.as_str()) || hit.help.to_lowercase().contains(word))
        {
            found.1.push(hit);
        }
        if depth > 0 && found.0.len() < FOUND && child.is_group() {
            look(root, draft, &Field { label: path, ..child }, words, depth - 1, left, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_search_through_a_schema_within_itself_ends() {
        let fields: serde_json::Map<_, _> =
            (0..9).map(|it| (format!("f{it}"), json!({"$ref": "#/properties/spec"}))).collect();
        let schema = json!({"properties": {"spec": {"properties": fields}}});
        let root = Node::new(&schema, &schema);
        assert_eq!(search(root, &json!({}), "nothing is called so"), []);
        assert_eq!(search(root, &json!({}), "f8").len(), FOUND);
    }

    #[test]
    fn names_become_words() {
        let check = |name: &str, expect: &str| assert_eq!(humanize(name), expect);
        check("imagePullSecret", "Image pull secret");
        check("tlsSecret", "TLS secret");
        check("externalURLs", "External urls");
        check("HTTPPort", "HTTP port");
        check("max_size-limit", "Max size limit");
        check("s3", "S3");
        check("oidc2Client", "Oidc2 client");
        check("", "");
    }

    #[test]
    fn what_is_typed_becomes_json() {
        let check = |kind: Kind, typed: &str, before: Option<Value>, expect: Option<Value>| {
            assert_eq!(parse(kind, typed, before.as_ref()), expect, "{kind:?} {typed}");
        };
        check(Kind::Text, "", None, None);
        check(Kind::Text, "12", None, Some(json!("12")));
        check(Kind::Integer, " 12", None, Some(json!(12)));
        check(Kind::Integer, "1e3", None, Some(json!(1e3)));
        check(Kind::Integer, "many", None, Some(json!("many")));
        check(Kind::Number, "0.5", None, Some(json!(0.5)));
        check(Kind::IntOrString, "80", None, Some(json!(80)));
        check(Kind::IntOrString, "2", Some(json!("500m")), Some(json!("2")));
        check(Kind::IntOrString, "2.5", None, Some(json!("2.5")));
        check(Kind::Boolean, "true", None, Some(json!(true)));
    }

    #[test]
    fn choices_are_told_apart_whatever_their_types() {
        let choices = [json!("1"), json!(1), json!(""), json!("a"), json!(true)];
        let keys = choices.iter().map(|it| choice_key(&choices, it)).collect::<Vec<_>>();
        assert_eq!(keys, ["\"1\"", "1", "\"\"", "a", "true"]);
    }

    #[test]
    fn a_secret_is_known_by_its_format_however_deep() {
        let schema = json!({"properties": {"spec": {"properties": {
            "plain": {"type": "string"},
            "users": {"items": {"properties": {"key": {"type": "string", "format": "password"}}}},
        }}}});
        let root = Node::new(&schema, &schema);
        let check = |at: &str, value: Value, expect: bool| {
            assert_eq!(is_secret(root, &Pointer::parse(at).unwrap(), &value), expect, "{at}");
        };
        check("/spec/users/0/key", json!("x"), true);
        check("/spec", json!({"users": [{}, {"key": "x"}]}), true);
        check("/spec/users", json!([{"key": null}, {"other": "x"}]), false);
        check("/spec/plain", json!("x"), false);
        check("/status", json!("x"), false);
    }

    #[test]
    fn fields_within_are_declared_ones_entries_and_items() {
        let schema = json!({"properties": {"spec": {"required": ["b"], "properties": {
            "b": {"type": "string", "title": "Bee"},
            "map": {"additionalProperties": {"type": "integer"}},
            "list": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["port", "proto"],
                "items": {"properties": {"port": {"type": "integer"}}}},
            "plain": {"type": "array", "items": {"type": "string", "default": "new"}},
        }}}});
        let draft =
            json!({"spec": {"map": {"x": 1}, "list": [{"port": 80, "proto": "TCP"}], "plain": ["a"]}});
        let root = Node::new(&schema, &schema);
        let spec = Field::new(root.property("spec").unwrap(), Pointer::of(["spec"]), "Spec".into(), true);
        let labels = |field: &Field| {
            field.children(root, &draft).into_iter().map(|it| (it.label, it.required)).collect::<Vec<_>>()
        };
        let no = |label: &str| (label.to_owned(), false);
        assert_eq!(labels(&spec), [("Bee".to_owned(), true), no("List"), no("Map"), no("Plain")]);
        let children = spec.children(root, &draft);
        assert_eq!(labels(&children[1]), [no("80 TCP")]);
        assert_eq!(labels(&children[2]), [no("x")]);
        assert_eq!(labels(&children[3]), [no("1")]);
        assert_eq!(children[1].blank(root), json!({}));
        assert_eq!(children[3].blank(root), json!("new"));
        let paths: Vec<String> = search(root, &draft, "list PORT").into_iter().map(|it| it.path).collect();
        assert_eq!(paths, ["List › 80 TCP › Port"]);
    }
}
