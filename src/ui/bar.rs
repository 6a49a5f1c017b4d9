//! A bar of segments whose widths are counts.

use leptos::prelude::*;

use super::{Tone, part};

/// One part of a bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    pub count: u32,
    pub tone: Tone,
    /// Drawn with a hatch, so that two segments of one tone can be told apart without colour.
    pub hatched: bool,
}

/// A bar. `text` says in words what it shows; segments of zero are left out.
#[component]
pub fn Bar(
    #[prop(into)] segments: Signal<Vec<Segment>>,
    #[prop(into)] text: Signal<String>,
) -> impl IntoView {
    view! {
        <div class="bar" role="img" aria-label=text>
            {part(move || {
                segments
                    .get()
                    .into_iter()
                    .filter(|it| it.count > 0)
                    .map(|it| {
                        view! {
                            <i
                                class=it.tone.name()
                                class:hatched=it.hatched
                                style:flex-grow=it.count.to_string()
                            ></i>
                        }
                    })
                    .collect_view()
            })}
        </div>
    }
}
