//! The part of the address after `#`, which holds the app's route: `kubectl proxy --www` answers 404 for any path
//! that is not a file.

use leptos::{ev, prelude::*};

use crate::reactive::RwSignal;

/// The hash without its `#`, as a signal that follows the back and forward buttons.
pub fn follow() -> RwSignal<String> {
    let hash = RwSignal::new(read());
    let listener = window_event_listener(ev::hashchange, move |_| hash.set(read()));
    on_cleanup(move || listener.remove());
    hash
}

fn read() -> String {
    super::window().location().hash().unwrap_or_default().trim_start_matches('#').to_owned()
}

/// Goes to `hash`, as a new entry of the tab's history.
pub fn go(hash: &str) {
    let _ = super::window().location().set_hash(hash);
}

/// Puts `hash` in place of the current entry of the tab's history: for what the user would not go back through,
/// such as each letter typed into a filter.
pub fn replace(hash: &str) {
    let Ok(history) = super::window().history() else { return };
    let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&format!("#{hash}")));
}
