//! A command or a text to copy.

use leptos::prelude::*;

use super::{Button, Glyph, Icon, Kind, toast::Toasts};
use crate::{browser::clipboard, live::spawn_scoped};

/// A line for the terminal, under a caption, with a button that copies it.
#[component]
pub fn Command(
    #[prop(into)] text: Signal<String>,
    #[prop(optional, into)] caption: Option<&'static str>,
) -> impl IntoView {
    view! {
        <div class="field">
            {caption.map(|it| view! { <span class="reason">{it}</span> })}
            <div class="command">
                <pre tabindex="0">{text}</pre>
                <Copy text=text />
            </div>
        </div>
    }
}

/// A button that copies `text` and says that it did.
#[component]
pub fn Copy(#[prop(into)] text: Signal<String>) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let copy = move |()| {
        let text = text.get_untracked();
        spawn_scoped(async move {
            match clipboard::copy(&text).await {
                Ok(()) => toasts.say("Copied."),
                Err(clipboard::ClipboardRefused) => {
                    toasts.say("The browser did not allow copying. Select the text and press Ctrl-C.");
                }
            }
        });
    };
    view! {
        <Button on_press=copy kind=Kind::Quiet small=true label="Copy".to_owned()>
            <Icon glyph=Glyph::Copy />
        </Button>
    }
}
