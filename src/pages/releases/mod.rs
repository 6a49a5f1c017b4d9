//! Releases: every version one can move to, and what became of the moves before.

mod history;
mod panel;
mod versions;

use leptos::prelude::*;
use rootcause_domain::{operation::Outcome, operator::OperatorState, phase::Tone, sentence};

use super::{
    operation::OperationSection,
    status::{NOBODY_ACTS, Notices, Opening},
    workloads::WorkloadsSection,
};
use crate::{
    browser::clock::Now,
    live::Live,
    ui::{Notice, part},
};

#[component]
pub fn Releases() -> impl IntoView {
    let live = expect_context::<Live>();
    // The progress of an operation stands where it was asked for, and stays until the next page is opened.
    let followed = RwSignal::new(false);
    Effect::new(move |_| {
        if live.operation.with(|it| it.as_ref().is_some_and(|it| it.outcome == Outcome::Running)) {
            followed.set(true);
        }
    });
    view! {
        <div class="opening">
            <Opening page=sentence::releases />
        </div>
        <OperatorNotice />
        <Notices />
        <div class="facts">
            <OperationSection />
            {part(move || followed.get().then(|| view! { <WorkloadsSection /> }))}
            <versions::VersionsSection />
            <history::HistorySection />
        </div>
        <panel::Panel />
    }
}

/// Says that nobody would carry out a request. Status says it in its first sentence.
#[component]
fn OperatorNotice() -> impl IntoView {
    let live = expect_context::<Live>();
    let now = expect_context::<Now>();
    let absent = Memo::new(move |_| live.operator.with(OperatorState::is_absent));
    part(move || {
        absent.get().then(|| {
            let words = live.operator.with_untracked(|it| it.sentence(now.get_untracked()));
            view! {
                <Notice tone=Tone::Bad title=words>
                    <p>{NOBODY_ACTS}</p>
                </Notice>
            }
        })
    })
}
