//! The guide's presets: what each would change, before it does.

use leptos::prelude::*;
use rootcause_domain::{
    diff,
    form::{Edit, apply},
    preset::{Preset, presets},
};

use super::draft::Draft;
use crate::{
    reactive::Memo,
    session::Session,
    ui::{El, View, button, changes, el, p, section, show},
};

pub fn presets_section(draft: Draft) -> El {
    section("presets", "Presets", "Each says what it would change; nothing is applied before you do.")
        .child(el("div").class("presets").child(View::list(presets().map(|it| preset(draft, it)))))
}

fn preset(draft: Draft, of: &'static Preset) -> El {
    let session = expect_context::<Session>();
    let edits = Memo::new(move || {
        let Some(schema) = draft.schema() else { return Vec::new() };
        of.edits(&session.config().contract, schema.root(), &draft.value())
    });
    let body = show(
        move || edits.get(),
        move |edits: &Vec<Edit>| {
            if edits.is_empty() {
                return p("The draft has these values.").class("soft").into();
            }
            let before = untrack(|| draft.value());
            let mut after = (*before).clone();
            apply(edits, &mut after);
            let taken = edits.clone();
            let take =
                button(format!("Take {}", of.name)).small().on_press(move || draft.preset(of.name, &taken));
            View::list([changes(&diff::diff(&before, &after)), take])
        },
    );
    let count = show(
        move || edits.with(Vec::len),
        |count| {
            let words = match count {
                0 => "as it is".to_owned(),
                1 => "1 change".to_owned(),
                count => format!("{count} changes"),
            };
            el("span").class("tag").child(words)
        },
    );
    let summary = el("summary")
        .child(el("strong").child(of.name))
        .child(" ")
        .child(el("span").class("soft").child(of.about))
        .child(" ")
        .child(count);
    el("details").class("preset").child(summary).child(body)
}
