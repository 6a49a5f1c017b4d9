//! Releases: every version one can move to, and what became of the moves before.

mod history;
mod panel;
mod versions;

use leptos::prelude::*;
use rootcause_domain::{operation::Outcome, sentence};

use super::{
    operation::OperationSection,
    status::{Notices, Opening},
    workloads::WorkloadsSection,
};
use crate::live::Live;

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
        <Notices />
        <div class="facts">
            <OperationSection />
            {move || followed.get().then(|| view! { <WorkloadsSection /> })}
            <versions::VersionsSection />
            <history::HistorySection />
        </div>
        <panel::Panel />
    }
}
