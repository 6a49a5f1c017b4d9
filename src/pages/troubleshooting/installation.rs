//! The whole custom resource: as a tree, as YAML, its conditions, and who wrote which of its fields. Values that look like
//! secrets are masked: overrides may hold them.

use leptos::prelude::expect_context;
use rootcause_domain::{
    managed::{Manager, managers},
    redact::redact,
    yaml,
};
use serde_json::Value;

use crate::{
    live::Live,
    pages::status::conditions_section,
    reactive::Memo,
    ui::{El, View, copy_button, el, row_head, section, show, since, soft, table, td},
};

/// Levels of the tree that are open at first.
const OPEN: usize = 2;

pub fn installation() -> View {
    let live = expect_context::<Live>();
    let whole = Memo::new(move || live.cr.with(|it| it.items.as_ref()?.first().cloned()));
    // The bookkeeping has a table of its own, and is longer than all the rest.
    let object = move || {
        let mut object = whole.get()?;
        if let Some(metadata) = object["metadata"].as_object_mut() {
            metadata.remove("managedFields");
        }
        Some(object)
    };
    let as_yaml = move || object().map(|it| redact(&yaml::document(&it))).unwrap_or_default();
    let tree = section("tree", "Tree", ()).child(show(object, |it| {
        let fields = it.as_ref()?.as_object()?;
        Some(el("ul").class("tree").children(fields.iter().map(|(key, value)| node(key, value, 0))))
    }));
    let text = section("yaml", "YAML", ()).child(show(as_yaml, |it| {
        let text = el("pre").class("mono yaml").attr("tabindex", "0").child(it.as_str());
        el("div").class("command").child(text).child(copy_button(it.clone()))
    }));
    let written = move || whole.with(|it| it.as_ref().map(managers).unwrap_or_default());
    let written = section("managed-fields", "Who wrote what", ()).child(show(written, |all| {
        let rows: Vec<El> = all.iter().map(manager).collect();
        table(&["Manager", "How", "When", "Fields"], "", Some("Field managers"), rows)
    }));
    View::list([conditions_section(), written, tree, text])
}

/// A field of the tree, with what is below it.
fn node(key: &str, value: &Value, depth: usize) -> El {
    let inner: Vec<El> = match value {
        Value::Object(fields) => fields.iter().map(|(key, value)| node(key, value, depth + 1)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(at, value)| node(&at.to_string(), value, depth + 1)).collect()
        }
        value => {
            let line = redact(&format!("{key}: {}", plain(value)));
            let words = line.strip_prefix(&format!("{key}: ")).unwrap_or(&line);
            return el("li").child(soft(format!("{key}: "))).child(el("code").child(words));
        }
    };
    if inner.is_empty() {
        return el("li").child(soft(format!("{key}: "))).child(soft("empty"));
    }
    let count = if value.is_array() { format!(" ({})", inner.len()) } else { String::new() };
    let open = (depth < OPEN).then_some("");
    let below = el("details")
        .maybe("open", open)
        .child(el("summary").child(key).child(soft(count)))
        .child(el("ul").children(inner));
    el("li").child(below)
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn manager(of: &Manager) -> El {
    let how = match of.subresource.is_empty() {
        true => of.operation.clone(),
        false => format!("{} of {}", of.operation, of.subresource),
    };
    let fields = el("details")
        .child(el("summary").child(format!("{} fields", of.fields.len())))
        .child(el("ul").class("mono").children(of.fields.iter().map(|it| el("li").child(it.as_str()))));
    el("tr").child(row_head(of.name.as_str())).child(td(how)).child(td(of.time.map(since))).child(td(fields))
}
