//! What the user sees when the app itself breaks: that it did, that the cluster was not touched by it, and a way on.

use std::cell::RefCell;

use leptos::prelude::document;
use web_sys::Element;

thread_local! {
    /// What the app is drawn in, wherever it is in the page.
    static ROOTS: RefCell<Vec<Element>> = const { RefCell::new(Vec::new()) };
}

/// Has a panic shown at the top of `root` too.
pub fn shown_in(root: &Element) {
    ROOTS.with_borrow_mut(|it| {
        it.retain(|it| it.is_connected());
        it.push(root.clone());
    });
}

/// Shows a bar at the top of the app for a panic. The place in the source goes with it, for a report; the panic's
/// own words do not, since they could quote data.
pub fn install() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default();
        for root in ROOTS.with_borrow(Vec::clone) {
            let Ok(bar) = document().create_element("p") else { return };
            bar.set_class_name("broken");
            let _ = bar.set_attribute("role", "alert");
            bar.set_text_content(Some(&format!(
                "This page broke ({place}). Nothing was changed in the cluster by that. Reload it to go on."
            )));
            let _ = root.prepend_with_node_1(&bar);
        }
    }));
}
