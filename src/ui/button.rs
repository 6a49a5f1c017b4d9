//! Buttons.

use std::rc::Rc;

use leptos::prelude::use_context;

use super::{El, Glyph, Toasts, View, el, icon, part};

/// A button that is being built. It stays in place when it may not be used, and then says why: the reason is its
/// description and its tooltip, and is said when it is pressed all the same. It keeps its place in the tab order.
pub struct Button {
    content: View,
    class: String,
    label: Option<String>,
    disabled: Rc<dyn Fn() -> Option<String>>,
    busy: Rc<dyn Fn() -> bool>,
}

pub fn button(content: impl Into<View>) -> Button {
    Button {
        content: content.into(),
        class: "button".to_owned(),
        label: None,
        disabled: Rc::new(|| None),
        busy: Rc::new(|| false),
    }
}

impl Button {
    /// The one action that matters here.
    pub fn primary(self) -> Self {
        self.class(" primary")
    }

    /// Without a border, for what stands beside other things.
    pub fn quiet(self) -> Self {
        self.class(" quiet")
    }

    /// For what data dies of.
    pub fn danger(self) -> Self {
        self.class(" danger")
    }

    pub fn small(self) -> Self {
        self.class(" small")
    }

    fn class(mut self, name: &str) -> Self {
        self.class.push_str(name);
        self
    }

    /// The name of a button that shows an icon alone, or that says too little without what stands around it.
    pub fn label(mut self, label: &str) -> Self {
        self.label = Some(label.to_owned());
        self
    }

    /// Why it may not be used now; `None` when it may.
    pub fn disabled(mut self, reason: impl Fn() -> Option<String> + 'static) -> Self {
        self.disabled = Rc::new(reason);
        self
    }

    /// Whether what it started is under way.
    pub fn busy(mut self, busy: impl Fn() -> bool + 'static) -> Self {
        self.busy = Rc::new(busy);
        self
    }

    /// The button, with what a press does.
    pub fn on_press(self, press: impl Fn() + 'static) -> El {
        self.finish(Box::new(press))
    }

    fn finish(self, press: Box<dyn Fn()>) -> El {
        let Self { content, class, label, disabled, busy } = self;
        let off = {
            let (disabled, busy) = (Rc::clone(&disabled), Rc::clone(&busy));
            Rc::new(move || busy() || disabled().is_some())
        };
        let (is_off, why) = (Rc::clone(&off), Rc::clone(&disabled));
        let is_busy = Rc::clone(&busy);
        el("button")
            .attr("type", "button")
            .class(&class)
            .maybe("aria-label", label.as_deref())
            .attr_live("aria-disabled", move || off().then(|| "true".to_owned()))
            .attr_live("aria-busy", move || is_busy().then(|| "true".to_owned()))
            .attr_live("title", move || disabled())
            .on("click", move |_| {
                if !is_off() {
                    press();
                } else if let (Some(reason), Some(toasts)) = (why(), use_context::<Toasts>()) {
                    // A tooltip is nothing on a phone.
                    toasts.refuse(reason);
                }
            })
            .child(part(move || busy().then(|| icon(Glyph::Half))))
            .child(content)
    }
}
