//! What JavaScript calls: opens the app in its own page, or in an element of somebody else's.

use std::cell::Cell;

use js_sys::Reflect;
use leptos::prelude::Owner;
use rootcause_domain::config::Embedding;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use web_sys::{Element, HtmlElement};

use crate::{
    app,
    browser::{host::Host, object, panic, theme::Theme},
    chunks::Chunks,
};

thread_local! {
    pub static CHUNKS: Cell<Option<Chunks>> = const { Cell::new(None) };
}

/// Opens the app in its own page, in place of what `root` holds, until the page is left.
#[wasm_bindgen]
pub fn open(root: Element) {
    panic::shown_in(&root);
    let Some(chunks) = CHUNKS.get() else { return };
    let place = root.clone();
    // The page closes with the tab, and nobody else does it.
    std::mem::forget(app::mount(chunks, &root, Embedding::default(), move || Host::page(place)));
}

/// An app in an element.
#[wasm_bindgen]
pub struct Embedded {
    host: Host,
    close: Option<Box<dyn FnOnce()>>,
}

/// Opens the app in `root`, which is inside of `element` and of nobody else's styles. `options` has the texts `base` (the
/// folder of the app's files), `apiBase`, `installation`, `route` and `theme`, and the flag `readonly`; none is needed but the
/// first.
#[wasm_bindgen]
pub fn embed(root: Element, element: HtmlElement, options: &JsValue) -> Option<Embedded> {
    let text = |name: &str| object::text(options, name);
    panic::shown_in(&root);
    let embedding = Embedding {
        api_base: text("apiBase"),
        installation: text("installation"),
        read_only: Reflect::get(options, &"readonly".into()).is_ok_and(|it| it.is_truthy()),
    };
    let (base, route) = (text("base").unwrap_or_default(), text("route").unwrap_or_default());
    // Above the app's own owner: many hold on to that one, so dropping it would end nothing.
    let owner = Owner::new();
    let host = owner.with(|| Host::element(root.clone(), element, base, route));
    host.apply_theme(text("theme").and_then(|it| Theme::named(&it)).unwrap_or(Theme::System));
    let chunks = CHUNKS.get()?;
    let unmount = owner.with(|| app::mount(chunks, &root, embedding, move || host));
    let close: Box<dyn FnOnce()> = Box::new(move || {
        owner.cleanup();
        unmount();
    });
    Some(Embedded { host, close: Some(close) })
}

#[wasm_bindgen]
impl Embedded {
    /// Goes to a place of the app, such as `/releases`.
    pub fn go(&self, route: &str) {
        self.host.go(route);
    }

    /// Draws the app `light`, `dark` or as the `system` has it.
    pub fn theme(&self, word: &str) {
        self.host.apply_theme(Theme::named(word).unwrap_or(Theme::System));
    }

    /// Ends all that the app does and empties its element.
    pub fn close(&mut self) {
        if let Some(close) = self.close.take() {
            close();
        }
    }
}
