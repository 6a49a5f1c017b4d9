//! Bootstrap: the configuration of the whole installation as a form that is drawn from the cluster's schema.

mod capacity;
mod choices;
mod danger;
pub mod draft;
mod field;
mod form;
mod overrides;

use leptos::prelude::*;
use rootcause_domain::phase::Tone;

use self::{choices::Choices, draft::Draft};
use crate::{
    live::Live,
    session::Session,
    ui::{View, alert, button, el, heading, p, said, show, skeleton, text},
};

pub fn bootstrap() -> View {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let draft = expect_context::<Draft>();
    let choices = Choices::provide(session);
    let form = move || match live.schema.get() {
        Some(Ok(_)) if choices.are_known() => Some(Ok(())),
        Some(Err(words)) => Some(Err(words)),
        _ => None,
    };
    let form = show(form, move |form| match form {
        None => skeleton(6).into(),
        Some(Err(words)) => {
            let body = View::list([
                said(words),
                p("Without it there is no form. The installation can be changed with kubectl edit."),
            ]);
            alert(Tone::Warn, "The installation's schema cannot be read.", body).into()
        }
        Some(Ok(())) => View::list([form::form_sections(draft), form::known_versions(live).into()]),
    });
    let discard = button("Discard changes")
        .disabled(move || draft.edits.with(|it| it.is_empty()).then(|| "Nothing was changed.".to_owned()))
        .on_press(move || draft.discard());
    View::list::<View>([
        el("div")
            .class("opening")
            .child(heading(text(move || opening(draft))))
            .child(el("div").class("actions").child(discard))
            .into(),
        el("div")
            .class("facts")
            .child(form)
            .child(capacity::capacity(move || draft.value().as_ref().clone()))
            .child(danger::danger_zone())
            .into(),
    ])
}

/// How the draft stands, in a sentence.
fn opening(draft: Draft) -> String {
    let plural =
        |count: usize, one: &str, more: &str| format!("{count} {}", if count == 1 { one } else { more });
    let wrong = draft.wrong().len();
    let edits = draft.edits.with(|it| it.len());
    match (edits, wrong) {
        (0, 0) => "The configuration is as it was applied.".to_owned(),
        (edits, 0) => format!("{} not applied yet.", plural(edits, "change is", "changes are")),
        (_, wrong) => {
            format!("{} attention before this can be applied.", plural(wrong, "field needs", "fields need"))
        }
    }
}
