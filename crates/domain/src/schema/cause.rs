//! Where in an object the API server's words about a field point: `spec.users[0].email`, `.spec.users[email="a"].admin`.

use serde_json::Value;

use super::node::Node;
use crate::pointer::Pointer;

/// The place that a cause of a 422 (`spec.labels.a.b/c`, `spec.users[0]`) or of a field manager conflict
/// (`.spec.ports[port=80,protocol="TCP"].name`, `.spec.names[="a"]`) is about. A branch's verdict names no field but in
/// its message: `"spec.source" must validate …`, `… in spec.count`.
///
/// Keys with dots are told by what the schema and the object have there. What cannot be followed to its end gives the
/// deepest place on the way; `None` where nothing is named.
pub fn locate(node: Node<'_>, object: &Value, field: &str, message: &str) -> Option<Pointer> {
    let field = match field {
        "" | "<nil>" => named_in(message)?,
        field => field,
    };
    let mut rest = field.strip_prefix('.').unwrap_or(field);
    let mut at = Pointer::root();
    let (mut node, mut value) = (Some(node), Some(object));
    while !rest.is_empty() {
        let (token, after) = match rest.strip_prefix('[') {
            Some(inner) => {
                let end = closing(inner)?;
                let token = item(value, &inner[..end]);
                (token, inner.get(end + 1..).unwrap_or_default())
            }
            None => {
                let length = key_length(node, value, rest);
                (Some(rest[..length].to_owned()), &rest[length..])
            }
        };
        let Some(token) = token.filter(|token| !token.is_empty()) else { break };
        node = node.and_then(|node| node.child(&token));
        value = value.and_then(|value| Pointer::of([token.as_str()]).get(value));
        at = at.child(token);
        rest = after.strip_prefix('.').unwrap_or(after);
    }
    (at != Pointer::root()).then_some(at)
}

/// The field that a message names, between quotes or at its end.
fn named_in(message: &str) -> Option<&str> {
    let starts = |it: &&str| it.starts_with("spec.") || it.starts_with("spec[");
    let quoted = message.split('"').skip(1).step_by(2).find(starts);
    quoted.or_else(|| message.rsplit(" in ").next().filter(starts))
}

/// Where the bracket ends that `inner` stands in; quotes may hold brackets.
fn closing(inner: &str) -> Option<usize> {
    let mut quoted = false;
    let mut escaped = false;
    for (index, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ']' if !quoted => return Some(index),
            _ => {}
        }
    }
    None
}

/// The token of an index, of a list item told by its keys or its value, or of a map's key.
fn item(list: Option<&Value>, inner: &str) -> Option<String> {
    let items = list.and_then(Value::as_array);
    let Some((first, _)) = inner.split_once('=') else {
        return Some(serde_json::from_str::<String>(inner).unwrap_or_else(|_| inner.to_owned()));
    };
    let is = |item: &Value, json: &str| serde_json::from_str::<Value>(json).is_ok_and(|value| value == *item);
    let matches = |item: &Value| {
        if first.is_empty() {
            return is(item, &inner[1..]);
        }
        pairs(inner).iter().all(|(key, value)| item.get(key).is_none_or(|it| is(it, value)))
    };
    items?.iter().position(matches).map(|index| index.to_string())
}

/// `port=80,protocol="T,CP"` as its pairs.
fn pairs(inner: &str) -> Vec<(&str, &str)> {
    let mut pairs = Vec::new();
    let mut from = 0;
    let mut quoted = false;
    for (index, byte) in inner.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b',' if !quoted => {
                pairs.extend(inner[from..index].split_once('='));
                from = index + 1;
            }
            _ => {}
        }
    }
    pairs.extend(inner[from..].split_once('='));
    pairs
}

/// How long the key at the beginning of `rest` is: the longest that is known here, else up to the next dot or bracket.
fn key_length(node: Option<Node<'_>>, value: Option<&Value>, rest: &str) -> usize {
    let ends = |length: usize| matches!(rest.as_bytes().get(length), None | Some(b'.' | b'['));
    let declared = node.map(Node::names).unwrap_or_default();
    let present = value.and_then(Value::as_object).into_iter().flatten().map(|(key, _)| key.as_str());
    let known = declared.into_iter().chain(present).filter(|key| rest.starts_with(key) && ends(key.len()));
    let longest = known.map(str::len).max().filter(|length| *length > 0);
    longest.unwrap_or_else(|| rest.find(['.', '[']).unwrap_or(rest.len()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn follows_the_servers_paths() {
        let schema = json!({"properties": {"spec": {"properties": {
            "labels": {"additionalProperties": {"type": "string"}},
            "ports": {"items": {"properties": {"name": {}}}},
        }}}});
        let object = json!({"spec": {
            "labels": {"a.b/c": "x"},
            "ports": [{"port": 80, "protocol": "UDP"}, {"port": 80, "protocol": "TCP"}, {"port": 9}],
            "names": ["a]", "b"],
            "free": {"x.y": {"z": 1}},
        }});
        let check = |field: &str, message: &str, expect: Option<&str>| {
            let found = locate(Node::new(&schema, &schema), &object, field, message);
            assert_eq!(found.map(|it| it.to_string()).as_deref(), expect, "{field}");
        };
        check("spec.replicas", "", Some("/spec/replicas"));
        check("spec.labels.a.b/c", "", Some("/spec/labels/a.b~1c"));
        check("spec.labels[a.b/c]", "", Some("/spec/labels/a.b~1c"));
        check("spec.labels.new.key", "", Some("/spec/labels/new/key"));
        check("spec.ports[1].name", "", Some("/spec/ports/1/name"));
        check(".spec.ports[port=80,protocol=\"TCP\"].name", "", Some("/spec/ports/1/name"));
        check(".spec.ports[port=81]", "", Some("/spec/ports"));
        check(".spec.names[=\"a]\"]", "", Some("/spec/names/0"));
        check(".spec.free.x.y.z", "", Some("/spec/free/x.y/z"));
        check("<nil>", "Invalid value: \"\": \"spec.source\" must validate", Some("/spec/source"));
        check("<nil>", "Checked value must be of type integer with format int32 in spec.n", Some("/spec/n"));
        check("<nil>", "something", None);
        check("", "", None);
        check("spec.ports[", "", None);
    }
}
