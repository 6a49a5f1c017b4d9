//! Schemas and documents: of the custom resource and of charts.

use rootcause_domain::contract::Contract;
use rootcause_domain::diff;
use rootcause_domain::form::{self, edits, holds, json_patch, merge_patch};
use rootcause_domain::merge::{Side, merge as merged};
use rootcause_domain::overrides::{Chart, insertions, judge};
use rootcause_domain::pointer::{Pointer, apply_merge_patch};
use rootcause_domain::preset;
use rootcause_domain::redact::redact_value;
use rootcause_domain::schema::{Schema, check, locate};
use rootcause_domain::yaml;
use serde_json::Value;

/// `{"document": …, "value": …, "field": …}`: an OpenAPI document, what is to be judged by the schema of its kind `Thing`,
/// and a field that the API server names.
pub fn schema(data: &[u8]) {
    let Ok(input) = serde_json::from_slice::<Value>(data) else { return };
    let (document, value) = (input["document"].clone(), input["value"].clone());
    let field = input["field"].as_str().unwrap_or_default().to_owned();
    // A pattern that cannot be read leaves the verdict to the API server.
    let matches = |pattern: &str, text: &str| (pattern.len() < 9).then(|| text.contains(pattern));
    let chart = Chart {
        version: "1".into(),
        schema: Some(document.clone()),
        values: value.clone(),
        subcharts: vec!["a".into()],
    };
    let _ = (judge(&chart, &value, &matches), insertions(Some(&chart)));
    let contract = Contract::builtin();
    let _ = contract.check(&document).iter().count();
    let Some(schema) = Schema::read(document, "g", "v1", "Thing") else { return };
    let root = schema.root();
    let _ = contract.check(schema.value()).iter().count();
    for issue in check(root, &value, &matches) {
        assert!(issue.message.ends_with('.'));
    }
    let _ = locate(root, &value, &field, &field);
    let mut draft = value.clone();
    for section in form::sections(root, &contract) {
        for field in section.groups.into_iter().flat_map(|group| group.fields) {
            let blank = field.blank(root);
            for child in field.children(root, &value) {
                let _ =
                    (child.children(root, &value), form::parse(child.kind, "1e3", child.default.as_ref()));
            }
            form::set(&mut draft, &field.pointer, blank);
        }
    }
    let _ = form::search(root, &draft, "a");
    let _ = form::search(root, &draft, "no such field");
    let _ = preset::advice(&contract, root, &draft);
    for one in preset::presets() {
        let _ = one.edits(&contract, root, &draft);
    }
    patched(&value, &draft);
}

/// Edits make the one of the other, whichever way they are written.
fn patched(before: &Value, after: &Value) {
    let edits = edits(before, after);
    let mut made = before.clone();
    form::apply(&edits, &mut made);
    assert_eq!(&made, after);
    assert!(holds(&edits, before, after));
    let _ = json_patch(&edits);
    if !has_null(after) && before.is_object() && after.is_object() {
        let mut patched = before.clone();
        apply_merge_patch(&mut patched, &merge_patch(&edits));
        assert_eq!(&patched, after);
    }
    let _ = diff::diff(before, after);
    let _ = diff::without_server_fields(after);
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(fields) => fields.values().any(has_null),
        _ => false,
    }
}

/// `{"schema": …, "base": …, "mine": …, "theirs": …}`: what both sides made of one document.
pub fn merge(data: &[u8]) {
    let Ok(input) = serde_json::from_slice::<Value>(data) else { return };
    let [schema, base, mine, theirs] = ["schema", "base", "mine", "theirs"].map(|key| &input[key]);
    let node = rootcause_domain::schema::Node::new(schema, schema);
    for node in [None, Some(node)] {
        assert_eq!(merged(node, base, mine, base).settled(&[]), *mine);
        assert_eq!(merged(node, base, base, theirs).settled(&[]), *theirs);
        assert_eq!(merged(node, base, mine, mine).settled(&[]), *mine);
        let both = merged(node, base, mine, theirs);
        let chosen = both.settled(&vec![Side::Theirs; both.conflicts.len()]);
        for (side, result) in [(mine, &both.settled(&[])), (theirs, &chosen)] {
            for edit in edits(base, side).iter().filter(|it| it.pointer != Pointer::root()) {
                let asked = |it: &Pointer| it.is_within(&edit.pointer) || edit.pointer.is_within(it);
                // Lists are merged item by item, and what replaces an object field by field.
                let whole = |it: Option<&Value>| it.is_some_and(|it| it.is_array() || it.is_object());
                let open = whole(edit.value.as_ref()) || whole(edit.pointer.get(base));
                assert!(
                    open || both.conflicts.iter().any(|it| asked(&it.pointer))
                        || edit.pointer.get(result) == edit.value.as_ref(),
                    "{edit:?} is lost"
                );
            }
        }
    }
    patched(base, mine);
    patched(mine, theirs);
    let masked = redact_value(mine);
    assert_eq!(redact_value(&masked), masked);
    let _ = yaml::document(mine);
}
