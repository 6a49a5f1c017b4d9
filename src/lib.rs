//! RootCause Admin: a browser-only admin UI that talks straight to the Kubernetes API.

mod app;
mod browser;
mod bundle;
pub mod chunks;
pub mod diagnosis;
mod embed;
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

/// Gets the app ready to be opened, with its chunks: `boot.js` and `element.js` then say where.
pub fn start(chunks: chunks::Chunks) {
    browser::panic::install();
    embed::CHUNKS.set(Some(chunks));
}
