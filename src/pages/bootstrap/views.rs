//! The draft as YAML and as a diff, as a file to take along, and from a file.

use std::rc::Rc;

use rootcause_domain::{
    diff,
    form::{import, manifest},
    phase::Tone,
    schema::check,
};
use serde_json::Value;

use super::draft::{Draft, Text};
use crate::{
    browser::{
        file, regex,
        yaml::{self, NotLoaded},
    },
    live::{Live, spawn_scoped},
    reactive::RwSignal,
    ui::{
        El, View, alert, changes, command,
        editor::{Document, Problem, editor},
        el, p, part, section, show, text,
    },
};

/// One of the draft's views.
#[derive(Clone, Copy, PartialEq)]
pub enum Shown {
    Form,
    Yaml,
    Diff,
}

/// Whether the `details` that `event` came from is open.
pub fn is_open(event: &web_sys::Event) -> bool {
    let open = event.target().and_then(|it| js_sys::Reflect::get(&it, &"open".into()).ok());
    open.is_some_and(|it| it.is_truthy())
}

/// The buttons that choose the view.
pub fn chooser(draft: Draft, shown: RwSignal<Shown>) -> El {
    let choice = move |which: Shown, words: View| {
        let name = el("span").child(words);
        el("button")
            .attr("type", "button")
            .class("button small")
            .attr_live("aria-pressed", move || Some((shown.get() == which).to_string()))
            .on("click", move |_| shown.set(which))
            .child(name)
    };
    let count = text(move || match draft.edits.with(|it| it.len()) {
        0 => "Diff".to_owned(),
        count => format!("Diff ({count})"),
    });
    el("div")
        .class("views")
        .attr("role", "group")
        .attr("aria-label", "View of the draft")
        .child(choice(Shown::Form, "Form".into()))
        .child(choice(Shown::Yaml, "YAML".into()))
        .child(choice(Shown::Diff, count))
}

/// The whole configuration as YAML. Comments live as long as the draft.
pub fn yaml_view(draft: Draft) -> El {
    let judge = move |value: &Value| {
        let Some(schema) = draft.schema() else { return Vec::new() };
        let issues = check(schema.root(), value, &regex::matches).into_iter();
        issues.map(|it| Problem { pointer: it.pointer, message: it.message, warning: false }).collect()
    };
    let body = editor(Document {
        label: "Configuration as YAML".to_owned(),
        text: draft.text(Text::Configuration),
        value: Rc::new(move || (*draft.value()).clone()),
        changed: Rc::new(move |value| draft.replace(value)),
        judge: Rc::new(judge),
        schema: Rc::new(move || draft.schema().map(|it| it.value().clone())),
    });
    section("yaml", "YAML", "Comments are kept with the draft; Kubernetes keeps none.").child(body)
}

/// What the draft changes.
pub fn diff_view(draft: Draft) -> El {
    let changed = part(move || {
        let before = draft.before.get();
        let before = if before.is_null() { &serde_json::json!({}) } else { &*before };
        let changed = diff::diff(before, &draft.value());
        match changed.is_empty() {
            true => p("The draft changes nothing.").class("soft"),
            false => changes(&changed),
        }
    });
    section("diff", "Diff", "The configuration as it is applied, and as it is in the draft.").child(changed)
}

/// Taking the configuration along, and taking one over from a file.
pub fn files_section(draft: Draft, live: Live) -> El {
    let problem = RwSignal::new(None::<String>);
    // Only while it is looked at: it is the whole configuration, at every keystroke.
    let opened = RwSignal::new(false);
    let exported = move || {
        let target = live.target().filter(|_| opened.get())?;
        Some(manifest(&target, &draft.value()))
    };
    let export = show(exported, |yaml| {
        let yaml = yaml.as_ref()?;
        let link = el("a")
            .class("button small")
            .attr("href", &file::address(yaml))
            .attr("download", "rootcause.yaml")
            .child("Download rootcause.yaml");
        Some(View::list([
            command(yaml, Some("The draft as a file, ready for kubectl and for Git")),
            command("kubectl apply --server-side -f rootcause.yaml", Some("To apply the file")),
            link,
        ]))
    });
    let take = move |event: web_sys::Event| {
        spawn_scoped(async move {
            let Some(content) = file::chosen(&event).await else { return };
            file::forget(&event);
            let content = String::from_utf8_lossy(&content);
            let taken = match yaml::load().await {
                Ok(yaml) => yaml.read(&content).map_err(|faults| {
                    let words = faults.iter().map(|it| format!("Line {}: {}", it.line, it.message));
                    words.collect::<Vec<_>>().join(" ")
                }),
                Err(NotLoaded) => Err("What reads YAML could not be loaded.".to_owned()),
            };
            let kind = live.target().map(|it| it.kind).unwrap_or_default();
            let configuration =
                taken.and_then(|value| import(&value, &kind).map_err(|error| error.to_string()));
            match configuration {
                Ok(configuration) => {
                    problem.set(None);
                    draft.replace(configuration);
                }
                Err(words) => problem.set(Some(words)),
            }
        });
    };
    let field =
        el("input").id("import").attr("type", "file").attr("accept", ".yaml,.yml,.json").on("change", take);
    let import = el("div")
        .class("field")
        .child(el("label").attr("for", "import").child("Take the configuration of a file into the draft"))
        .child(field)
        .child(show(
            move || problem.get(),
            |words| {
                words.as_ref().map(|it| {
                    alert(
                        Tone::Bad,
                        "The file was not taken.",
                        View::list([p(it.as_str()), p("The draft is as it was.")]),
                    )
                })
            },
        ));
    let folded = el("details")
        .child(el("summary").child("As a file"))
        .child(el("div").class("stack").child(export))
        .on("toggle", move |event| opened.set(is_open(&event)));
    section("files", "Export and import", "").child(folded).child(import)
}
