//! A modal dialog: the browser's own, which traps focus, closes on Escape and gives focus back.

use std::{cell::Cell, rc::Rc};

use super::{El, Glyph, View, button, el, icon};

thread_local! {
    /// Dialogs so far: one may open over another, and each is named by its own title.
    static MADE: Cell<u32> = const { Cell::new(0) };
}

/// A dialog that is being built, shown for as long as it is in the page.
pub struct Dialog {
    title: View,
    body: View,
    footer: View,
    class: &'static str,
    locked: Box<dyn Fn() -> bool>,
}

pub fn dialog(title: impl Into<View>, body: impl Into<View>) -> Dialog {
    Dialog {
        title: title.into(),
        body: body.into(),
        footer: ().into(),
        class: "",
        locked: Box::new(|| false),
    }
}

impl Dialog {
    /// At the side of the page, for details of what is in a list.
    pub fn side(mut self) -> Self {
        self.class = "side";
        self
    }

    /// The row of buttons at the end.
    pub fn footer(mut self, footer: impl Into<View>) -> Self {
        self.footer = footer.into();
        self
    }

    /// Whether leaving would lose sight of something under way.
    pub fn locked(mut self, locked: impl Fn() -> bool + 'static) -> Self {
        self.locked = Box::new(locked);
        self
    }

    /// The dialog. `close` is called when the user leaves it by Escape or the close button, and must take it away.
    pub fn on_close(self, close: impl Fn() + 'static) -> El {
        self.finish(Rc::new(close))
    }

    fn finish(self, close: Rc<dyn Fn()>) -> El {
        let Self { title, body, footer, class, locked } = self;
        let pressed = Rc::clone(&close);
        let title_id = format!("dialog-title-{}", MADE.replace(MADE.get() + 1));
        // No header and footer, which would be landmarks of the whole page.
        let head = el("div")
            .class("head")
            .child(el("h2").id(&title_id).child(title))
            .child(button(icon(Glyph::Close)).quiet().small().label("Close").on_press(move || pressed()));
        el("dialog")
            .class(class)
            .attr("aria-labelledby", &title_id)
            .on("cancel", move |event| {
                event.prevent_default();
                if !locked() {
                    close();
                }
            })
            .child(
                el("div")
                    .class("frame")
                    .child(head)
                    .child(el("div").class("body").child(body))
                    .child(el("div").class("foot").child(footer)),
            )
            .modal()
    }
}
