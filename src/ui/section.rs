//! Sections of a page.

use super::{El, View, el};

/// A section under its heading, with `beside` the heading what is said in a line. `id` is the heading's.
pub fn section(id: &str, heading: &str, beside: impl Into<View>) -> El {
    let head = el("div")
        .class("section-head")
        .child(el("h2").id(id).child(heading))
        .child(el("span").class("reason").child(beside));
    el("section").attr("aria-labelledby", id).child(head)
}

/// The page's heading, which opens it with a sentence.
pub fn heading(words: impl Into<View>) -> El {
    el("h1").attr("tabindex", "-1").child(words)
}

/// Text beside something, in a softer tone.
pub fn soft(words: impl Into<View>) -> El {
    el("span").class("soft").child(words)
}

/// Text that only a screen reader says.
pub fn hidden(words: &str) -> El {
    el("span").class("visually-hidden").child(words)
}
