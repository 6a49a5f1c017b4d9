//! One folder a page, and what stands in its place while there is nothing to show.

mod operation;
mod releases;
mod status;
mod unavailable;
mod workloads;

use leptos::prelude::*;
use rootcause_domain::route::Route;

use crate::{
    app::Navigation,
    live::{Live, Standing},
    ui::part,
};

/// The page that the address names, once there is an installation to show.
#[component]
pub fn Page() -> impl IntoView {
    let live = expect_context::<Live>();
    let navigation = expect_context::<Navigation>();
    #[derive(Clone, PartialEq)]
    enum Shown {
        Status,
        Releases,
        Unknown(String),
        Unavailable(Standing),
    }
    let shown = Memo::new(move |_| match live.standing.get() {
        // Workloads need no custom resource: Status shows them before it is there.
        Standing::Opening if navigation.place().route == Route::Status => Shown::Status,
        Standing::Open => match navigation.place().route {
            Route::Status => Shown::Status,
            Route::Releases | Route::Release { .. } | Route::Revision { .. } => Shown::Releases,
            Route::NotFound { path } => Shown::Unknown(path),
        },
        standing => Shown::Unavailable(standing),
    });
    part(move || match shown.get() {
        Shown::Status => view! { <status::Status /> }.into_any(),
        Shown::Releases => view! { <releases::Releases /> }.into_any(),
        Shown::Unknown(path) => view! { <unavailable::NoPage path /> }.into_any(),
        Shown::Unavailable(standing) => view! { <unavailable::Unavailable standing /> }.into_any(),
    })
}
