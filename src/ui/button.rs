//! Buttons.

use leptos::prelude::*;

use super::{Glyph, Icon, part};

/// What a press does. Unsync, because pages hand in what lives on the browser's one thread.
pub type Press = UnsyncCallback<()>;

/// How much a button asks for attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Kind {
    /// The one action that matters here.
    Primary,
    #[default]
    Plain,
    /// Without a border, for what stands beside other things.
    Quiet,
}

/// A button that stays in place when it may not be used, and then says why: the reason is its description and its
/// tooltip, and it keeps its place in the tab order.
#[component]
pub fn Button(
    #[prop(into)] on_press: Press,
    #[prop(optional)] kind: Kind,
    #[prop(optional)] small: bool,
    #[prop(optional, into)] disabled: Signal<Option<String>>,
    #[prop(optional, into)] busy: Signal<bool>,
    #[prop(optional, into)] label: Option<String>,
    children: Children,
) -> impl IntoView {
    let class = match kind {
        Kind::Primary => "button primary",
        Kind::Plain => "button",
        Kind::Quiet => "button quiet",
    };
    let off = move || busy.get() || disabled.with(Option::is_some);
    view! {
        <button
            type="button"
            class=class
            class:small=small
            aria-label=label
            aria-disabled=move || off().then_some("true")
            aria-busy=move || busy.get().then_some("true")
            title=move || disabled.get()
            on:click=move |_| {
                if !off() {
                    on_press.run(());
                }
            }
        >
            {part(move || busy.get().then(|| view! { <Icon glyph=Glyph::Half /> }))}
            {children()}
        </button>
    }
}
