//! A modal dialog: the browser's own, which traps focus, closes on Escape and gives focus back.

use leptos::{ev, html, prelude::*};

use super::{Button, Glyph, Icon, Kind, Press};

/// A dialog that is shown for as long as it is mounted; `on_close` is called when the user leaves it by Escape or
/// the close button, and must unmount it.
#[component]
pub fn Dialog(
    #[prop(into)] title: Signal<String>,
    #[prop(into)] on_close: Press,
    /// Set while leaving would lose sight of something under way.
    #[prop(optional, into)]
    locked: Signal<bool>,
    /// At the side of the page, for details of what is in a list.
    #[prop(optional)]
    side: bool,
    /// The row of buttons at the end.
    #[prop(optional, into)]
    footer: ViewFn,
    children: Children,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        if let Some(dialog) = node.get()
            && !dialog.open()
        {
            // Only fails for an element that is not in the document.
            let _ = dialog.show_modal();
        }
    });
    view! {
        <dialog
            node_ref=node
            class:side=side
            aria-labelledby="dialog-title"
            on:cancel=move |event: ev::Event| {
                event.prevent_default();
                if !locked.get_untracked() {
                    on_close.run(());
                }
            }
        >
            <div class="frame">
                <header>
                    <h2 id="dialog-title">{title}</h2>
                    <Button on_press=on_close kind=Kind::Quiet small=true label="Close".to_owned()>
                        <Icon glyph=Glyph::Close />
                    </Button>
                </header>
                <div class="body">{children()}</div>
                <footer>{footer.run()}</footer>
            </div>
        </dialog>
    }
}
