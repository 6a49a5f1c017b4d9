//! Thin wrappers of web APIs, one small module per capability. Nothing here knows Kubernetes, routes or pages.

pub mod address;
pub mod clipboard;
pub mod clock;
pub mod deflate;
pub mod download;
pub mod file;
pub mod gunzip;
pub mod host;
pub mod http;
pub mod object;
pub mod panic;
pub mod random;
pub mod regex;
pub mod save;
pub mod storage;
pub mod theme;
pub mod yaml;
pub mod zone;

/// The browser window. The app is only ever started inside one.
pub fn window() -> web_sys::Window {
    leptos::prelude::window()
}
