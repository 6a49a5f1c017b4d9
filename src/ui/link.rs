//! Links out of the app.

use leptos::prelude::*;

/// A link to another site, in a tab of its own. Only `https` and `http` addresses become links: others could run a
/// script in this page, and what is linked to may come from the cluster.
#[component]
pub fn OutLink(href: String, #[prop(into)] text: String) -> impl IntoView {
    let scheme = href.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("https" | "http")).then(|| {
        view! {
            <a href=href target="_blank" rel="noopener noreferrer" on:click=|event| event.stop_propagation()>
                {text}
            </a>
        }
    })
}
