//! One folder a page, and what stands in its place while there is nothing to show.

mod bootstrap;
mod operation;
mod releases;
mod restart;
pub mod secrets;
mod status;
mod troubleshooting;
mod unavailable;
mod users;
mod workloads;

use leptos::prelude::*;
use rootcause_domain::route::Route;

pub use bootstrap::draft::Draft;
pub use releases::operator_notice;
pub use releases::{preflight, smoke::test_after_operations};
pub use status::NOBODY_ACTS;

use crate::{
    app::Navigation,
    live::{Live, Standing},
    ui::{View, show},
};

/// What stands in the page's place.
#[derive(Clone, PartialEq)]
enum Shown {
    Status,
    Releases,
    Backups,
    Bootstrap,
    Secrets,
    Users,
    Troubleshooting,
    Unknown(String),
    Unavailable(Standing),
}

/// The page that the address names, once there is an installation to show.
pub fn page() -> View {
    let live = expect_context::<Live>();
    let navigation = expect_context::<Navigation>();
    let shown = move || match live.standing.get() {
        // Workloads need no custom resource: Status shows them before it is there.
        Standing::Opening if navigation.place().route == Route::Status => Shown::Status,
        // The wizard makes an installation where there is none.
        Standing::NoInstallation if navigation.place().route == Route::Bootstrap => Shown::Bootstrap,
        Standing::Open => match navigation.place().route {
            Route::Status => Shown::Status,
            Route::Releases | Route::Release { .. } | Route::Revision { .. } => Shown::Releases,
            Route::Backups => Shown::Backups,
            Route::Bootstrap => Shown::Bootstrap,
            Route::Secrets { .. } => Shown::Secrets,
            Route::Users => Shown::Users,
            Route::Troubleshooting { .. } => Shown::Troubleshooting,
            Route::NotFound { path } => Shown::Unknown(path),
        },
        standing => Shown::Unavailable(standing),
    };
    show(shown, |shown| match shown {
        Shown::Status => status::status(),
        Shown::Releases => releases::releases(),
        Shown::Backups => releases::backup::backups(),
        Shown::Bootstrap => bootstrap::bootstrap(),
        Shown::Secrets => secrets::secrets(),
        Shown::Users => users::users(),
        Shown::Troubleshooting => troubleshooting::troubleshooting(),
        Shown::Unknown(path) => unavailable::no_page(path),
        Shown::Unavailable(standing) => unavailable::unavailable(standing.clone()),
    })
}
