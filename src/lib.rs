//! RootCause Admin: a browser-only admin UI that talks straight to the Kubernetes API.

mod app;
mod browser;
mod bundle;
pub mod chunks;
pub mod diagnosis;
mod live;
mod logs;
pub mod pages;
mod reactive;
mod requests;
mod session;
pub mod shell;
pub mod ui;
mod wire;
mod words;
mod writes;

/// Opens the app in the page that loaded it.
pub fn start(chunks: chunks::Chunks) {
    browser::panic::install();
    app::mount(chunks);
}
