//! The document's title and the page's heading.

use leptos::prelude::document;
use wasm_bindgen::JsCast;

/// Sets the title of the tab.
pub fn set_title(title: &str) {
    document().set_title(title);
}

/// Moves focus to the page's `h1`, as a navigation in a browser would: the next Tab starts at the page's top
/// and a screen reader says where it is.
pub fn focus_heading() {
    let heading = document().query_selector("h1").ok().flatten();
    if let Some(heading) = heading.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
        // Nothing to do where the browser refuses focus.
        let _ = heading.focus();
    }
}

/// Moves focus to this element as soon as it is drawn.
pub fn focus(element: &web_sys::Element) {
    if let Ok(element) = element.clone().dyn_into::<web_sys::HtmlElement>() {
        leptos::prelude::request_animation_frame(move || {
            // Nothing to do where the browser refuses focus.
            let _ = element.focus();
        });
    }
}
