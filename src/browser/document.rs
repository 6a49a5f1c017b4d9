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

/// Whether an element of this CSS selector is in the page.
pub fn holds(selector: &str) -> bool {
    document().query_selector(selector).is_ok_and(|it| it.is_some())
}

/// Whether the element of this id has the focus.
pub fn has_focus(id: &str) -> bool {
    document().active_element().is_some_and(|it| it.id() == id)
}

/// Moves focus to the element of this id, where there is one.
pub fn focus_id(id: &str) {
    let element = document().get_element_by_id(id);
    if let Some(element) = element.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
        // Nothing to do where the browser refuses focus.
        let _ = element.focus();
    }
}
