//! Bootstrap: the configuration of the whole installation as a form that is drawn from the cluster's schema.

mod capacity;
mod choices;
mod danger;
pub mod draft;
pub mod field;
mod form;
mod overrides;
mod patches;
mod presets;
mod review;
mod search;
mod together;
mod views;

use std::{sync::Arc, time::Duration};

use leptos::prelude::*;
use rootcause_domain::{operation::Operation, phase::Tone, pointer::Pointer, schema::Schema};

use self::{choices::Choices, draft::Draft, views::Shown};
use super::operation::operation_section;
use crate::{
    live::{Live, Scope, Standing, sleep},
    reactive::{Memo, RwSignal, effect},
    session::Session,
    shell::rights::why,
    ui::{View, alert, button, el, heading, notice, p, said, show, skeleton, text},
};

/// Between two looks at whether the kind's schema has changed.
const LOOK: Duration = Duration::from_secs(30);

/// Fields that are listed as wrong.
const WRONG: usize = 8;

pub fn bootstrap() -> View {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let draft = Draft::current();
    let choices = Choices::provide(session);
    let shown = RwSignal::new(Shown::Form);
    let form = move || match live.schema.get() {
        Some(Ok(schema)) if choices.are_known() => Some(Ok(schema)),
        Some(Err(words)) => Some(Err(words)),
        _ => None,
    };
    let renewed = RwSignal::new(false);
    follow_schema(live, renewed);
    let form = show(form, move |form| match form {
        None => skeleton(6).into(),
        Some(Err(words)) => {
            let body = View::list([
                said(words),
                p("Without it there is no form. The installation can be changed with kubectl edit."),
            ]);
            alert(Tone::Warn, "The installation's schema cannot be read.", body).into()
        }
        Some(Ok(_)) => View::list::<View>([
            views::chooser(draft, shown).into(),
            show(
                move || shown.get(),
                move |shown| match shown {
                    Shown::Yaml => views::yaml_view(draft).into(),
                    Shown::Diff => views::diff_view(draft).into(),
                    Shown::Form => View::list::<View>([
                        search::search_field(draft).into(),
                        presets::presets_section(draft).into(),
                        form::form_sections(draft),
                        form::known_versions(live).into(),
                    ]),
                },
            ),
            views::files_section(draft, live).into(),
        ]),
    });
    effect(move || {
        if draft.reveals(&Pointer::root()) {
            shown.set(Shown::Form);
        }
    });
    // The progress of what is applied stands here until the next page is opened.
    let followed = RwSignal::new(false);
    effect(move || {
        if live.operation.with(|it| it.as_ref().is_some_and(Operation::is_running)) {
            followed.set(true);
        }
    });
    let reviewing = RwSignal::new(false);
    let discard = button("Discard changes")
        .disabled(move || draft.edits.with(|it| it.is_empty()).then(|| "Nothing was changed.".to_owned()))
        .on_press(move || draft.discard());
    let apply =
        button("Apply configuration…").primary().disabled(move || draft.locked()).on_press(move || {
            draft.deploy_again();
            reviewing.set(true);
        });
    let review = show(
        move || reviewing.get(),
        move |open| open.then(|| review::review(draft, move || reviewing.set(false))),
    );
    let locked = move || draft.locked().filter(|_| draft.edits.with(|it| !it.is_empty()));
    View::list::<View>([
        el("div")
            .class("opening")
            .child(heading(text(move || opening(draft, live))))
            .child(el("div").class("actions").child(discard).child(apply))
            .into(),
        show(locked, |it| it.as_deref().map(|it| p(why(it)))),
        restored(draft),
        show(
            move || renewed.get(),
            |renewed| {
                renewed.then(|| {
                let words = p("The form follows it, and your changes are kept. What has no place in it any more stands in the YAML.");
                notice(Tone::Busy, "The cluster's schema of the installation has changed.", words)
            })
            },
        ),
        together::together(draft),
        wrong(draft),
        el("div")
            .class("facts")
            .child(show(move || followed.get(), |followed| followed.then(operation_section)))
            .child(form)
            .child(capacity::capacity(move || draft.value().as_ref().clone()))
            .child(show(move || live.standing.get() == Standing::Open, |open| open.then(danger::danger_zone)))
            .into(),
        review,
    ])
}

/// Looks for another schema now and then, and as soon as the page is looked at again; notes when there was one.
fn follow_schema(live: Live, renewed: RwSignal<bool>) {
    Scope::here().spawn(async move {
        loop {
            live.look_at_schema().await;
            sleep(LOOK).await;
        }
    });
    let scope = Scope::here();
    let listener = window_event_listener_untyped("visibilitychange", move |_| {
        scope.spawn(async move { live.look_at_schema().await });
    });
    on_cleanup(move || listener.remove());
    Effect::new(move |before: Option<Option<Arc<Schema>>>| {
        let now = live.schema.with(|it| it.as_ref()?.as_ref().ok().cloned());
        match before {
            Some(Some(before)) if now.as_ref().is_some_and(|now| !Arc::ptr_eq(&before, now)) => {
                renewed.set(true)
            }
            _ => {}
        }
        now
    });
}

/// Says that edits of a visit before are in the draft.
fn restored(draft: Draft) -> View {
    show(
        move || draft.restored.get() && draft.edits.with(|it| !it.is_empty()),
        move |restored| {
            restored.then(|| {
                let words = p("They were kept in this browser. Values that look like secrets were not.");
                notice(Tone::Busy, "Your unfinished changes are back.", words)
            })
        },
    )
}

/// What is wrong with the draft, each a way to its field.
fn wrong(draft: Draft) -> View {
    let wrong = Memo::new(move || draft.wrong());
    show(
        move || wrong.get(),
        move |wrong| {
            let row = |(pointer, words): &(Pointer, String)| {
                let to = pointer.clone();
                let go = move || draft.reveal(to.clone());
                el("li").child(button(pointer.dotted()).quiet().small().on_press(go)).child(words.as_str())
            };
            (!wrong.is_empty()).then(|| {
                let rows = el("ul").class("plain").children(wrong.iter().take(WRONG).map(row));
                let more = wrong.len().saturating_sub(WRONG);
                let more = (more > 0).then(|| p(format!("And {more} more.")));
                notice(Tone::Warn, "These fields need attention.", View::list([Some(rows), more]))
            })
        },
    )
}

/// How the draft stands, in a sentence.
fn opening(draft: Draft, live: Live) -> String {
    if live.standing.get() == Standing::NoInstallation {
        return "There is no installation yet: fill in what it needs, then apply it.".to_owned();
    }
    let plural =
        |count: usize, one: &str, more: &str| format!("{count} {}", if count == 1 { one } else { more });
    let wrong = draft.wrong().len();
    let edits = draft.edits.with(|it| it.len());
    match (edits, wrong) {
        (0, 0) if draft.undeployed().is_some() => {
            "The installation is undeployed: applying its configuration deploys it again.".to_owned()
        }
        (0, 0) => "The configuration is as it was applied.".to_owned(),
        (edits, 0) => format!("{} not applied yet.", plural(edits, "change is", "changes are")),
        (_, wrong) => {
            format!("{} attention before this can be applied.", plural(wrong, "field needs", "fields need"))
        }
    }
}
