//! A semantic diff, folded to what changes.

use leptos::prelude::*;
use rootcause_domain::diff::Change;
use serde_json::Value;

/// One line for each change: where, what was, what will be.
#[component]
pub fn Changes(changes: Vec<Change>) -> impl IntoView {
    let line = |change: Change| {
        let both = change.before.is_some() && change.after.is_some();
        view! {
            <li>
                <span>{change.display}</span>
                <span>
                    {change.before.as_ref().map(|it| view! { <del>{text(it)}</del> })}
                    {both.then_some(" → ")}
                    {change.after.as_ref().map(|it| view! { <ins>{text(it)}</ins> })}
                </span>
            </li>
        }
    };
    view! {
        <ul class="changes" aria-label="Changes">
            {changes.into_iter().map(line).collect_view()}
        </ul>
    }
}

/// A value as a reader would write it: strings without quotes.
pub fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
