//! Keys pressed anywhere on the page.

use leptos::{ev, prelude::*};

/// Calls `on_press` for Ctrl-K (Cmd-K on a Mac), wherever the focus is.
pub fn on_ctrl_k(on_press: impl Fn() + 'static) {
    let listener = window_event_listener(ev::keydown, move |event| {
        if (event.ctrl_key() || event.meta_key()) && event.key().eq_ignore_ascii_case("k") {
            event.prevent_default();
            on_press();
        }
    });
    on_cleanup(move || listener.remove());
}
