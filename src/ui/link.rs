//! Links.

use super::{El, el};

/// A link within the app; `hash` is a place's.
pub fn link(hash: &str, text: &str) -> El {
    el("a").attr("href", hash).child(text)
}

/// A link to another site, in a tab of its own. Only `https` and `http` addresses become links: others could run a
/// script in this page, and what is linked to may come from the cluster.
pub fn out_link(href: &str, text: &str) -> Option<El> {
    let scheme = href.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("https" | "http")).then(|| {
        link(href, text)
            .attr("target", "_blank")
            .attr("rel", "noopener noreferrer")
            .on("click", |event| event.stop_propagation())
    })
}
