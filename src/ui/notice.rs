//! A boxed message that stays: what happened, what it means, what to do.

use leptos::prelude::*;

use super::{Glyph, Icon, Tone};

/// `title` says what is so; the children say more. `alert` reads it out at once.
#[component]
pub fn Notice(
    tone: Tone,
    #[prop(into)] title: Signal<String>,
    #[prop(optional)] alert: bool,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class=format!("notice {}", tone.name()) role=if alert { "alert" } else { "note" }>
            <Icon glyph=Glyph::from(tone) />
            <div class="words">
                <strong>{title}</strong>
                {children.map(|it| it())}
            </div>
        </div>
    }
}
