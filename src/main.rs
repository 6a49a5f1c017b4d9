//! RootCause Admin: a browser-only admin UI that talks straight to the Kubernetes API.

mod app;
mod browser;
mod bundle;
mod diagnosis;
mod live;
mod logs;
mod pages;
mod reactive;
mod requests;
mod session;
mod shell;
mod ui;
mod wire;
mod words;
mod writes;

fn main() {
    browser::panic::install();
    app::mount();
}
