//! The YAML editor: one value, shown and changed as text with comments, with what is wrong with it by line.

use std::rc::Rc;

use leptos::prelude::*;
use rootcause_domain::pointer::Pointer;
use serde_json::{Value, json};

use super::{El, Tone, View, alert, button, el, mark, p, part, skeleton};
use crate::{
    browser::yaml::{self, Editor, Fault, NotLoaded, Yaml},
    live::spawn_scoped,
    reactive::{RwSignal, render_effect},
};

/// What an editor shows and whom it tells.
#[derive(Clone)]
pub struct Document {
    /// What a screen reader calls the editor.
    pub label: String,
    /// The text with its comments, kept by whoever keeps the value: it outlives the editor.
    pub text: RwSignal<String>,
    /// The value as it stands now; where it is changed elsewhere, the text follows.
    pub value: Rc<dyn Fn() -> Value>,
    /// Told the value after each change of the user's that leaves the text readable; `null` for an empty text.
    pub changed: Rc<dyn Fn(Value)>,
    /// What is wrong with a value; judged again when what it reads changes.
    pub judge: Judge,
    /// The JSON schema that completion follows.
    pub schema: Rc<dyn Fn() -> Option<Value>>,
}

/// Says what is wrong with a value.
pub type Judge = Rc<dyn Fn(&Value) -> Vec<Problem>>;

/// Something wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub pointer: Pointer,
    pub message: String,
    /// Worth knowing, but not wrong.
    pub warning: bool,
}

/// A problem with its place in the text.
#[derive(Debug, Clone, PartialEq)]
struct Found {
    line: u32,
    column: u32,
    message: String,
    warning: bool,
}

/// How far the editor is.
#[derive(Clone, PartialEq)]
enum Stage {
    Loading,
    Open,
    Failed,
}

/// The editor and, under it, the list of what is wrong; each entry leads to its line.
pub fn editor(document: Document) -> El {
    let stage = RwSignal::new(Stage::Loading);
    let found = RwSignal::new(Vec::<Found>::new());
    let editor = StoredValue::new_local(None::<Editor>);
    let host = el("div").class("yaml");
    let place = host.element().clone();
    let label = document.label.clone();
    let load = move || {
        let (document, place) = (document.clone(), place.clone());
        stage.set(Stage::Loading);
        spawn_scoped(async move {
            match yaml::load().await {
                Ok(yaml) => {
                    open(&yaml, &place, document, editor, found);
                    stage.set(Stage::Open);
                }
                Err(NotLoaded) => stage.set(Stage::Failed),
            }
        });
    };
    load();
    let select = move |line, column| editor.with_value(|it| it.iter().for_each(|it| it.select(line, column)));
    let waiting = part(move || match stage.get() {
        Stage::Open => View::from(()),
        Stage::Loading => skeleton(4).into(),
        Stage::Failed => {
            let words = "The server did not give editor.js, or not as it was built. Nothing was changed.";
            let again = button("Load the editor again").small().on_press(load.clone());
            alert(Tone::Bad, "The editor could not be loaded.", View::list([p(words), again])).into()
        }
    });
    let problems = part(move || {
        let found = found.get();
        let entry = |it: &Found| {
            let (line, column) = (it.line, it.column);
            let tone = if it.warning { Tone::Warn } else { Tone::Bad };
            let words = format!("Line {line}, column {column}");
            let to = button(words).quiet().small().on_press(move || select(line, column));
            el("li")
                .child(mark(tone, if it.warning { "warning" } else { "error" }))
                .child(to)
                .child(it.message.as_str())
        };
        (!found.is_empty()).then(|| el("ul").class("problems").children(found.iter().map(entry)))
    });
    let problems =
        el("div").attr("role", "status").attr("aria-label", &format!("Problems of {label}")).child(problems);
    el("div").class("stack").child(waiting).child(host).child(problems)
}

/// Puts the editor into the page and keeps text, value and problems in step.
fn open(
    yaml: &Yaml,
    place: &web_sys::Element,
    document: Document,
    editor: StoredValue<Option<Editor>, LocalStorage>,
    found: RwSignal<Vec<Found>>,
) {
    let Document { label, text, value, changed, judge, schema } = document;
    let before = text.get_untracked();
    let start = match untrack(|| value()) {
        Value::Null => before,
        value => yaml.write(&before, &value),
    };
    text.set(start.clone());
    let read = RwSignal::new(yaml.read(&start));
    let reader = yaml.clone();
    let heard = move |now: String| {
        let told = reader.read(&now);
        text.set(now);
        if let Ok(value) = &told {
            changed(value.clone());
        }
        read.set(told);
    };
    editor.set_value(Some(yaml.mount(place, &label, &start, heard)));

    let reader = yaml.clone();
    render_effect(move || {
        let value = value();
        // A text that cannot be read is the user's, who is about to mend it.
        if read.with_untracked(|it| {
            it.as_ref().is_ok_and(|it| *it != value && !(it.is_null() && is_empty(&value)))
        }) {
            editor.with_value(|it| it.iter().for_each(|it| it.set_value(&value)));
            let now = editor.with_value(|it| it.as_ref().map(Editor::text)).unwrap_or_default();
            read.set(reader.read(&now));
            text.set(now);
        }
    });
    render_effect(move || {
        let schema = schema().unwrap_or_default();
        editor.with_value(|it| it.iter().for_each(|it| it.set_schema(&schema)));
    });
    render_effect(move || {
        let problems: Vec<(Value, String, bool)> = read.with(|it| match it {
            Ok(value) => {
                let marked = |it: Problem| (json!({"path": it.pointer.tokens()}), it.message, it.warning);
                judge(value).into_iter().map(marked).collect()
            }
            Err(faults) => {
                let marked =
                    |it: &Fault| (json!({"line": it.line, "column": it.column}), it.message.clone(), false);
                faults.iter().map(marked).collect()
            }
        });
        let marks: Value = problems
            .iter()
            .map(|(place, message, warning)| {
                let mut mark = place.clone();
                mark["message"] = message.as_str().into();
                mark["severity"] = if *warning { "warning" } else { "error" }.into();
                mark
            })
            .collect();
        let places =
            editor.with_value(|it| it.as_ref().map(|it| it.set_problems(&marks))).unwrap_or_default();
        let located = problems.into_iter().zip(places);
        found.set(
            located
                .map(|((_, message, warning), (line, column))| Found { line, column, message, warning })
                .collect(),
        );
    });
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty)
}
