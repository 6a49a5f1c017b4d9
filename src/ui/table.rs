//! What stands where rows will be.

use leptos::prelude::*;

/// Grey lines in place of `lines` rows that are still loading; they only show after 200 ms.
#[component]
pub fn Skeleton(#[prop(default = 3)] lines: usize) -> impl IntoView {
    view! {
        <div aria-busy="true" class="stack">
            <span class="visually-hidden">"Loading…"</span>
            {(0..lines).map(|_| view! { <span class="skeleton"></span> }).collect_view()}
        </div>
    }
}
