//! A value in the open, as what it is.

use rootcause_domain::secrets::{
    certificate::Certificate,
    value::{self, Shown},
};

use crate::ui::{El, View, el, facts, p, since, soft};

/// The value of these bytes.
pub fn shown(bytes: &[u8]) -> View {
    match Shown::of(bytes) {
        Shown::Empty => p("The value is empty.").class("soft").into(),
        Shown::Text(text) => plain(&text).into(),
        Shown::Json(text) => View::list([plain(&text), p("JSON, indented for reading.").class("soft")]),
        Shown::Certificates(all) => View::list(all.iter().map(certificate)),
        Shown::Binary { size, hex } => {
            let words = format!("Binary, {}; its beginning in hexadecimal:", value::size(size));
            View::list([p(words).class("soft"), plain(&hex)])
        }
    }
}

fn plain(text: &str) -> El {
    el("pre").class("value").attr("tabindex", "0").child(text)
}

fn certificate(of: &Certificate) -> El {
    let words = |text: &str| View::from(if text.is_empty() { "none" } else { text });
    let end = el("span").child(since(of.not_after)).child(" ").child(soft(of.not_after.to_string()));
    facts([
        ("Subject", words(&of.subject)),
        ("Issuer", words(&of.issuer)),
        ("Hosts", words(&of.hosts.join(", "))),
        ("Expires", end.into()),
    ])
}
