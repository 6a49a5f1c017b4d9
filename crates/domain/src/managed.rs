//! Who wrote which fields of an object, by the API server's own bookkeeping (managedFields).

use serde_json::Value;

use crate::objects::{items, text, time};
use crate::pointer::Pointer;
use crate::sort;
use crate::time::Timestamp;

/// One entry of managedFields.
#[derive(Debug, Clone, PartialEq)]
pub struct Manager {
    pub name: String,
    /// `Update` or `Apply`.
    pub operation: String,
    /// `status` for what was written through that subresource.
    pub subresource: String,
    pub time: Option<Timestamp>,
    /// The fields as a reader names them, without what contains them: `spec.version`.
    pub fields: Vec<String>,
}

/// The managers of an object, the newest first.
pub fn managers(object: &Value) -> Vec<Manager> {
    let manager = |entry: &Value| {
        let mut fields = Vec::new();
        leaves(&entry["fieldsV1"], &Pointer::root(), &mut fields);
        Manager {
            name: text(entry, "manager"),
            operation: text(entry, "operation"),
            subresource: text(entry, "subresource"),
            time: time(entry, "time"),
            fields,
        }
    };
    let mut all: Vec<Manager> = items(&object["metadata"], "managedFields").iter().map(manager).collect();
    sort::by(&mut all, |a, b| b.time.cmp(&a.time));
    all
}

/// The paths of a FieldsV1 set that have none below them: `f:NAME` is a field, `k:{…}` an item of a list by its keys,
/// `v:…` one by its value, and `.` the thing itself.
fn leaves(set: &Value, at: &Pointer, fields: &mut Vec<String>) {
    let mut inner = set.as_object().into_iter().flatten().filter(|(key, _)| *key != ".").peekable();
    if inner.peek().is_none() {
        if *at != Pointer::root() {
            fields.push(at.dotted());
        }
        return;
    }
    for (key, below) in inner {
        let token =
            key.strip_prefix("f:").or_else(|| key.strip_prefix("k:")).or_else(|| key.strip_prefix("v:"));
        leaves(below, &at.child(token.unwrap_or(key)), fields);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn managers_are_listed_with_their_fields() {
        let object = json!({"metadata": {"managedFields": [
            {"manager": "kubectl", "operation": "Apply", "time": "2026-03-01T12:00:00Z", "fieldsV1": {
                "f:spec": {".": {}, "f:version": {}, "f:auth": {"f:users": {"k:{\"email\":\"a@x.io\"}": {".": {}, "f:admin": {}}}}}}},
            {"manager": "operator", "operation": "Update", "subresource": "status", "time": "2026-03-01T13:00:00Z",
                "fieldsV1": {"f:status": {"f:phase": {}}}},
            {"manager": "odd", "fieldsV1": null},
        ]}});
        let all = managers(&object);
        let found: Vec<_> = all.iter().map(|it| (it.name.as_str(), it.subresource.as_str())).collect();
        assert_eq!(found, [("operator", "status"), ("kubectl", ""), ("odd", "")]);
        assert_eq!(all[0].fields, ["status.phase"]);
        assert_eq!(all[1].fields, ["spec.auth.users[{\"email\":\"a@x.io\"}].admin", "spec.version"]);
        assert!(all[2].fields.is_empty() && managers(&Value::Null).is_empty());
    }
}
