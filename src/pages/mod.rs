//! One folder a page, and what stands in its place while there is nothing to show.

pub mod bootstrap;
mod operation;
pub mod releases;
mod restart;
pub mod secrets;
mod status;
pub mod troubleshooting;
mod unavailable;
pub mod users;
mod workloads;

use leptos::prelude::*;
use rootcause_domain::route::Route;

pub use bootstrap::draft::Draft;
pub use releases::operator_notice;
pub use status::NOBODY_ACTS;

use crate::{
    app::Navigation,
    chunks::{self, Chunks},
    live::{Live, Standing},
    ui::{View, show},
};

/// What stands in the page's place.
#[derive(Clone, PartialEq)]
enum Shown {
    Status,
    /// Another page, by its name.
    Page(&'static str),
    Unknown(String),
    Unavailable(Standing),
}

/// The page that the address names, once there is an installation to show.
pub fn page() -> View {
    let live = expect_context::<Live>();
    let navigation = expect_context::<Navigation>();
    let chunks = expect_context::<Chunks>();
    let shown = move || match (live.standing.get(), navigation.place().route) {
        // Workloads need no custom resource: Status shows them before it is there.
        (Standing::Opening | Standing::Open, Route::Status) => Shown::Status,
        // The wizard makes an installation where there is none.
        (Standing::NoInstallation, Route::Bootstrap) => Shown::Page("Bootstrap"),
        (Standing::Open, Route::NotFound { path }) => Shown::Unknown(path),
        (Standing::Open, _) => Shown::Page(navigation.page().unwrap_or_default()),
        (standing, _) => Shown::Unavailable(standing),
    };
    show(shown, move |shown| match shown {
        Shown::Status => status::status(),
        Shown::Page(name) => {
            let page = chunks.page(&navigation.place_untracked().route);
            page.map(|page| chunks::page(name, page)).into()
        }
        Shown::Unknown(path) => unavailable::no_page(path),
        Shown::Unavailable(standing) => unavailable::unavailable(standing.clone()),
    })
}
