//! Objects as they come from the wire: identity first, then the caller's view of them.

use crate::json::Pieces;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What identifies an object and its state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// The name, unique in its namespace and kind.
    pub name: String,
    /// The namespace, empty for what lives in none.
    pub namespace: String,
    /// Unique over all time: an object deleted and created again has another.
    pub uid: String,
    /// The state that these bytes show. Compare it for equality only.
    pub resource_version: String,
}

impl Meta {
    /// Reads the text of a `metadata`, and of it no more than is kept.
    fn read(json: &str) -> Self {
        let mut meta = Self::default();
        let mut members = Pieces::of_object(json);
        while let Ok(Some((name, value))) = members.next() {
            let field = match name {
                "name" => &mut meta.name,
                "namespace" => &mut meta.namespace,
                "uid" => &mut meta.uid,
                "resourceVersion" => &mut meta.resource_version,
                _ => continue,
            };
            if let Ok(Value::String(text)) = serde_json::from_str(value) {
                *field = text;
            }
        }
        meta
    }

    /// The key under which a [`Store`](crate::Store) keeps the object.
    pub fn key(&self) -> Key {
        Key { namespace: self.namespace.clone(), name: self.name.clone() }
    }
}

/// Namespace and name of an object. Sorts by namespace, then by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The namespace, empty for what lives in none.
    pub namespace: String,
    /// The name.
    pub name: String,
}

/// One object: who it is, and the caller's view of it, or why that view could not be read.
///
/// One object that does not fit the view is one bad item, never the end of a list or a watch.
#[derive(Clone, Debug, PartialEq)]
pub struct Item<T> {
    /// Its identity, read apart from the view.
    pub meta: Meta,
    /// The view, or why it could not be read.
    pub object: Result<T, Malformed>,
}

impl<T> Item<T> {
    /// The view, if it could be read.
    pub fn ok(&self) -> Option<&T> {
        self.object.as_ref().ok()
    }

    /// The same object seen through another view.
    pub fn map<U>(self, view: impl FnOnce(T) -> U) -> Item<U> {
        Item { meta: self.meta, object: self.object.map(view) }
    }
}

/// Why an object could not be read into the caller's view. Carries no value of the object: it may be a secret's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Malformed {
    /// What the decoder said.
    pub message: String,
}

impl Malformed {
    pub(crate) fn new(error: &serde_json::Error) -> Self {
        Self { message: without_values(&error.to_string()) }
    }
}

/// serde quotes an offending string ("invalid type: string \"hunter2\", expected u32"): cut it out.
pub(crate) fn without_values(message: &str) -> String {
    let quoted = message.find("string \"").map(|at| at + "string".len());
    let end = message.rfind("\", expected").map(|at| at + 1);
    match (quoted, end) {
        (Some(start), Some(end)) if start < end => format!("{}{}", &message[..start], &message[end..]),
        _ => message.to_owned(),
    }
}

/// Reads one object.
pub(crate) fn read<T: DeserializeOwned>(json: &str) -> Item<T> {
    Item { meta: scan_meta(json), object: serde_json::from_str(json).map_err(|error| Malformed::new(&error)) }
}

/// Reads one object as if it had no `managedFields`: of most objects these are about half, and take longer to read than all
/// the rest.
pub(crate) fn read_unmanaged<T: DeserializeOwned>(json: &str) -> Item<T> {
    let managed = member(json, "metadata").and_then(|it| member(it, "managedFields"));
    let Some(managed) = managed else { return read(json) };
    let start = managed.as_ptr().addr() - json.as_ptr().addr();
    let (before, after) = (&json[..start], &json[start + managed.len()..]);
    read(&[before, "[]", after].concat())
}

/// Reads `metadata` and stops there: the rest of a large object is not looked at. What cannot be read is empty.
pub(crate) fn scan_meta(json: &str) -> Meta {
    member(json, "metadata").map(Meta::read).unwrap_or_default()
}

/// The text of an object's member.
fn member<'a>(json: &'a str, wanted: &str) -> Option<&'a str> {
    let mut members = Pieces::of_object(json);
    while let Ok(Some((name, value))) = members.next() {
        if name == wanted {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Replicas {
        spec: Spec,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Spec {
        replicas: u32,
    }

    #[test]
    fn identity_is_read_wherever_metadata_stands() {
        let check = |json: &str| {
            let meta = scan_meta(json);
            assert_eq!((meta.name.as_str(), meta.resource_version.as_str()), ("a", "7"), "{json}");
        };
        check(r#"{"metadata":{"name":"a","resourceVersion":"7"},"spec":{}}"#);
        check(
            r#"{"apiVersion":"v1","kind":"Pod","spec":{"metadata":{"name":"no"}},"metadata":{"name":"a","resourceVersion":"7"}}"#,
        );
        check(
            r#"{"metadata":{"managedFields":[{"fieldsV1":{"f:name":{}}}],"name":"a","resourceVersion":"7"}"#,
        );
    }

    #[test]
    fn what_has_no_identity_is_empty_not_an_error() {
        for json in ["{}", "[]", "null", "3", "", r#"{"metadata":{"name":7}}"#, r#"{"metadata":null}"#] {
            assert_eq!(scan_meta(json), Meta::default(), "{json}");
        }
    }

    #[test]
    fn an_object_can_be_read_without_its_managed_fields() {
        let check = |json: &str, expect: Value| {
            let item: Item<Value> = read_unmanaged(json);
            assert_eq!((item.meta.name.as_str(), item.object), ("a", Ok(expect)), "{json}");
        };
        check(
            r#"{"metadata":{"name":"a","managedFields":[{"fieldsV1":{"f:ä":{}}},{}],"uid":"u"},"spec":{"managedFields":[1]}}"#,
            json!({"metadata": {"name": "a", "managedFields": [], "uid": "u"}, "spec": {"managedFields": [1]}}),
        );
        check(r#"{"spec":{},"metadata":{"name":"a"}}"#, json!({"spec": {}, "metadata": {"name": "a"}}));
        assert!(read_unmanaged::<Value>(r#"{"metadata":{"managedFields":[}}"#).object.is_err());
    }

    #[test]
    fn a_malformed_object_keeps_its_identity() {
        let item: Item<Replicas> =
            read(r#"{"metadata":{"name":"bad","uid":"u"},"spec":{"replicas":"many"}}"#);
        assert_eq!(item.meta.name, "bad");
        assert!(item.object.is_err());
    }

    #[test]
    fn an_error_message_carries_no_value() {
        let item: Item<Replicas> =
            read(r#"{"metadata":{"name":"bad"},"spec":{"replicas":"hun\"ter2, expected"}}"#);
        let message = item.object.unwrap_err().message;
        assert!(!message.contains("ter2"), "{message}");
        assert!(message.contains("expected u32"), "{message}");
    }
}
