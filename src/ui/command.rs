//! A command or a text to copy.

use leptos::prelude::*;

use super::{El, Glyph, button, button::Button, el, icon, toast::Toasts};
use crate::{browser::clipboard, live::spawn_scoped};

/// A line for the terminal, under a caption, with a button that copies it.
pub fn command(text: &str, caption: Option<&str>) -> El {
    el("div").class("field").child(caption.map(|it| el("span").class("reason").child(it))).child(
        el("div")
            .class("command")
            .child(el("pre").attr("tabindex", "0").child(text))
            .child(copy_button(text.to_owned())),
    )
}

/// A button that copies `text` and says that it did.
pub fn copy_button(text: String) -> El {
    copies(button(icon(Glyph::Copy)).quiet().small().label("Copy"), text)
}

/// `button` as one that copies `text` and says that it did.
pub fn copies(button: Button, text: String) -> El {
    let toasts = expect_context::<Toasts>();
    button.on_press(move || {
        let text = text.clone();
        spawn_scoped(async move {
            match clipboard::copy(&text).await {
                Ok(()) => toasts.say("Copied."),
                Err(clipboard::ClipboardRefused) => {
                    toasts.say("The browser did not allow copying. Select the text and press Ctrl-C.");
                }
            }
        });
    })
}
