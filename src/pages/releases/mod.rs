//! Releases: every version one can move to, and what became of the moves before.

pub mod backup;
mod checklist;
mod history;
mod panel;
pub mod preflight;
mod restore;
pub mod schedule;
pub mod smoke;
mod stream;
mod timeline;
mod versions;

use leptos::prelude::*;
use rootcause_domain::{operation::Outcome, operator::OperatorState, phase::Tone, sentence};

use super::{
    operation::operation_section,
    status::{NOBODY_ACTS, notices, opening},
    workloads::workloads_section,
};
use crate::{
    browser::clock::Now,
    live::Live,
    reactive::{RwSignal, effect},
    ui::{View, el, notice, p, show},
};

pub fn releases() -> View {
    let live = expect_context::<Live>();
    // The progress of an operation stands where it was asked for, and stays until the next page is opened.
    let followed = RwSignal::new(false);
    effect(move || {
        if live.operation.with(|it| it.as_ref().is_some_and(|it| it.outcome == Outcome::Running)) {
            followed.set(true);
        }
    });
    let facts = el("div")
        .class("facts")
        .child(operation_section())
        .child(show(move || followed.get(), |followed| followed.then(workloads_section)))
        .child(smoke::smoke_section())
        .child(versions::versions_section())
        .child(history::history_section());
    View::list([
        el("div").class("opening").child(opening(sentence::releases)).into(),
        operator_notice(),
        notices(),
        facts.into(),
        panel::panel(),
    ])
}

/// Says that nobody would carry out a request. Status says it in its first sentence.
pub fn operator_notice() -> View {
    let live = expect_context::<Live>();
    let now = expect_context::<Now>();
    let absent = move || live.operator.with(OperatorState::is_absent);
    show(absent, move |absent| {
        absent.then(|| {
            let words = live.operator.with_untracked(|it| it.sentence(now.get_untracked()));
            notice(Tone::Bad, &words, p(NOBODY_ACTS))
        })
    })
}
