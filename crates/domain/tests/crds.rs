//! The form on kinds in the style of well-known CRDs (`crds/`): every field has a place in it, an edit of any of them
//! comes to the draft, and going from one object to another is written exactly. What the API server says of the same
//! objects is compared in the browser (`verdicts.spec.ts`).

#![allow(clippy::unwrap_used, reason = "what is not as expected fails the test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use rootcause_domain::contract::Contract;
use rootcause_domain::form::{self, Field, edits, json_patch, sections};
use rootcause_domain::pointer::Pointer;
use rootcause_domain::schema::{Kind, Node, check};
use serde_json::{Map, Value, json};

/// Each file's name, its schema with `spec` in it, and its objects.
fn kinds() -> Vec<(String, Value, Vec<Value>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crds");
    let read = |path: std::path::PathBuf| {
        let file: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let objects = file["objects"].as_array().unwrap().iter().map(|it| json!({"spec": it}));
        let schema = json!({"type": "object", "properties": {"spec": file["schema"]}});
        (path.file_stem().unwrap().to_string_lossy().into_owned(), schema, objects.collect())
    };
    let kinds: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| read(entry.unwrap().path())).collect();
    assert!(kinds.len() >= 9);
    kinds
}

/// A value with every field, and one entry in every list and map.
fn whole(node: Node<'_>, depth: usize) -> Value {
    if depth == 0 {
        return Value::Null;
    }
    match node.kind() {
        Kind::Object => {
            let fields = node.names().into_iter().map(|name| {
                (name.to_owned(), node.property(name).map_or(Value::Null, |it| whole(it, depth - 1)))
            });
            Value::Object(fields.collect())
        }
        Kind::Map => json!({"a.b/c": node.values().map_or(Value::Null, |it| whole(it, depth - 1))}),
        Kind::List(_) => json!([node.items().map_or(Value::Null, |it| whole(it, depth - 1))]),
        Kind::Choice => node.choices()[0].clone(),
        Kind::Integer | Kind::Number | Kind::IntOrString => json!(1),
        Kind::Boolean => json!(true),
        Kind::Text => json!("text"),
        Kind::Any => json!({"free": [1]}),
    }
}

/// Where a schema, read by itself, has fields for `value`.
fn declared(schema: &Value, value: &Value, at: &Pointer, found: &mut BTreeSet<Pointer>) {
    found.insert(at.clone());
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let below = schema["properties"].get(name).unwrap_or(&schema["additionalProperties"]);
                if below.is_object() {
                    declared(below, value, &at.child(name), found);
                }
            }
        }
        Value::Array(items) if schema["items"].is_object() => {
            for (index, value) in items.iter().enumerate() {
                declared(&schema["items"], value, &at.child(index.to_string()), found);
            }
        }
        _ => {}
    }
}

/// Every field of the form and all that is within it.
fn drawn(root: Node<'_>, draft: &Value) -> Vec<Field> {
    let mut open: Vec<Field> = sections(root, &Contract::builtin())
        .into_iter()
        .flat_map(|section| section.groups.into_iter().flat_map(|group| group.fields))
        .collect();
    let mut all = Vec::new();
    while let Some(field) = open.pop() {
        open.extend(field.children(root, draft));
        all.push(field);
    }
    all
}

/// Makes a JSON patch's operations, as far as the client writes them.
fn patched(mut document: Value, patch: &Value) -> Value {
    for operation in patch.as_array().unwrap() {
        let at = Pointer::parse(operation["path"].as_str().unwrap()).unwrap();
        let Some(parent) = at.parent() else {
            document = operation["value"].clone();
            continue;
        };
        let parent =
            document.pointer_mut(&parent.to_string()).expect("it is there before it is written into");
        let name = at.tokens().last().unwrap().clone();
        let fields = parent.as_object_mut().expect("lists are written as a whole");
        match operation["op"].as_str() {
            Some("add") => drop(fields.insert(name, operation["value"].clone())),
            _ => drop(fields.remove(&name).expect("it is there before it is removed")),
        }
    }
    document
}

#[test]
fn every_field_has_a_place_in_the_form() {
    for (name, schema, _) in kinds() {
        let root = Node::new(&schema, &schema);
        let draft = whole(root, 30);
        let places: BTreeSet<Pointer> = drawn(root, &draft).into_iter().map(|it| it.pointer).collect();
        let mut wanted = BTreeSet::new();
        declared(&schema, &draft, &Pointer::root(), &mut wanted);
        // The section's headings stand for what holds everything.
        let missing: Vec<_> = wanted
            .iter()
            .filter(|it| it.tokens().len() > 1 && !places.contains(it))
            .map(Pointer::to_string)
            .collect();
        assert!(missing.is_empty(), "{name}: {missing:?}");
    }
}

#[test]
fn an_edit_of_any_field_comes_to_the_draft_and_to_nothing_else() {
    for (name, schema, objects) in kinds() {
        let root = Node::new(&schema, &schema);
        for object in objects {
            for field in drawn(root, &object) {
                let was = field.pointer.get(&object);
                let typed = match field.kind {
                    Kind::Integer | Kind::Number => "7",
                    Kind::Boolean => "false",
                    _ => "typed",
                };
                let value = match field.is_group() {
                    true => Some(field.blank(root)),
                    false => form::parse(field.kind, typed, was),
                };
                let mut draft = object.clone();
                form::set(&mut draft, &field.pointer, value.clone().unwrap());
                let edits = edits(&object, &draft);
                assert_eq!(field.pointer.get(&draft), value.as_ref());
                for edit in &edits {
                    assert!(
                        edit.pointer.is_within(&field.pointer) || field.pointer.is_within(&edit.pointer),
                        "{name}: {} for {}",
                        edit.pointer,
                        field.pointer
                    );
                }
                assert_eq!(patched(object.clone(), &json_patch(&edits)), draft, "{name}: {}", field.pointer);
                // Taken back, all is as it was.
                match was {
                    Some(was) => form::set(&mut draft, &field.pointer, was.clone()),
                    None => form::remove(&mut draft, &field.pointer, &object),
                }
                assert_eq!(draft, object, "{name}: {}", field.pointer);
            }
        }
    }
}

#[test]
fn from_one_object_to_another_and_back() {
    for (name, _, objects) in kinds() {
        for (before, after) in objects.iter().flat_map(|it| objects.iter().map(move |other| (it, other))) {
            let edits = edits(before, after);
            let mut made = before.clone();
            form::apply(&edits, &mut made);
            assert_eq!(&made, after, "{name}");
            assert_eq!(&patched(before.clone(), &json_patch(&edits)), after, "{name}");
        }
    }
}

#[test]
fn good_objects_are_found_good_and_have_a_form_of_each_union() {
    for (name, schema, objects) in kinds() {
        let root = Node::new(&schema, &schema);
        for object in objects {
            assert_eq!(check(root, &object, &|_, _| None), [], "{name}");
            let mut fields = drawn(root, &object);
            fields.push(Field::new(
                root.property("spec").unwrap(),
                Pointer::of(["spec"]),
                String::new(),
                true,
            ));
            for field in fields {
                let (Some(node), Some(value)) = (root.at(&field.pointer), field.pointer.get(&object)) else {
                    continue;
                };
                for union in &field.unions {
                    let taken = union.taken(node, Some(value));
                    assert!(union.optional || !taken.is_empty(), "{name}: {}: {union:?}", field.pointer);
                    // Taking what is taken already changes nothing.
                    let (mut same, mut kept) = (value.clone(), Map::new());
                    union.take(node, &taken, &mut same, &mut kept);
                    assert_eq!((&same, kept.is_empty()), (value, true), "{name}: {}", field.pointer);
                }
            }
        }
    }
}
