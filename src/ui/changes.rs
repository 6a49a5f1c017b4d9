//! A semantic diff, folded to what changes.

use rootcause_domain::diff::Change;
use serde_json::Value;

use super::{El, el};

/// One line for each change: where, what was, what will be.
pub fn changes(changes: &[Change]) -> El {
    let line = |change: &Change| {
        let both = change.before.is_some() && change.after.is_some();
        let value = |tag: &str, value: &Option<Value>| value.as_ref().map(|it| el(tag).child(text(it)));
        el("li").child(el("span").child(change.display.as_str())).child(
            el("span")
                .child(value("del", &change.before))
                .child(both.then_some(" → "))
                .child(value("ins", &change.after)),
        )
    };
    el("ul").class("changes").attr("aria-label", "Changes").children(changes.iter().map(line))
}

/// A value as a reader would write it: strings without quotes.
pub fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
