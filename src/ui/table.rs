//! Tables, and what stands where rows will be.

use leptos::prelude::*;

/// A table with a row of headings; the children are its body's rows. Scrolls sideways by itself where it is too wide.
#[component]
pub fn Table(
    heads: &'static [&'static str],
    #[prop(optional)] class: &'static str,
    /// What a screen reader calls it, where the heading above it is not enough.
    #[prop(optional, into)]
    label: Option<String>,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="table-wrap">
            <table class=class aria-label=label>
                <thead>
                    <tr>{heads.iter().map(|it| view! { <th scope="col">{*it}</th> }).collect_view()}</tr>
                </thead>
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
}

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
