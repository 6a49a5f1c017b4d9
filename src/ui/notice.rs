//! A boxed message that stays: what happened, what it means, what to do.

use super::{El, Glyph, Tone, View, el, icon};

/// `title` says what is so, `body` says more.
pub fn notice(tone: Tone, title: &str, body: impl Into<View>) -> El {
    framed(tone, title, body.into(), "note")
}

/// A notice that a screen reader reads out at once.
pub fn alert(tone: Tone, title: &str, body: impl Into<View>) -> El {
    framed(tone, title, body.into(), "alert")
}

fn framed(tone: Tone, title: &str, body: View, role: &str) -> El {
    let words = el("div").class("words").child(el("strong").child(title)).child(body);
    el("div")
        .class(&format!("notice {}", tone.name()))
        .attr("role", role)
        .child(icon(Glyph::from(tone)))
        .child(words)
}

/// A paragraph.
pub fn p(content: impl Into<View>) -> El {
    el("p").child(content)
}

/// A paragraph in the server's own words.
pub fn said(words: &str) -> El {
    p(words).class("mono")
}
