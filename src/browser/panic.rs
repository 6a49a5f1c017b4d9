//! What the user sees when the app itself breaks: that it did, that the cluster was not touched by it, and a way on.

use leptos::prelude::document;

/// Shows a bar at the top of the page for a panic. The place in the source goes with it, for a report; the panic's
/// own words do not, since they could quote data.
pub fn install() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default();
        let Some(body) = document().body() else { return };
        let Ok(bar) = document().create_element("p") else { return };
        bar.set_class_name("broken");
        let _ = bar.set_attribute("role", "alert");
        bar.set_text_content(Some(&format!(
            "This page broke ({place}). Nothing was changed in the cluster by that. Reload it to go on."
        )));
        let _ = body.prepend_with_node_1(&bar);
    }));
}
