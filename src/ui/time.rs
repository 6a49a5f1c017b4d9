//! Times: relative in the text, absolute on hover.

use leptos::prelude::*;
use rootcause_domain::ago;
use rootcause_domain::time::Timestamp;

use super::part;
use crate::browser::clock::{self, Now};

/// How long ago `at` was, kept current.
#[component]
pub fn Ago(#[prop(into)] at: Signal<Timestamp>) -> impl IntoView {
    let now = expect_context::<Now>();
    view! {
        <time datetime=move || at.get().to_string() title=move || clock::absolute(at.get())>
            {part(move || ago::ago(at.get(), now.get()))}
        </time>
    }
}
