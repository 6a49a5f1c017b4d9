//! Short messages about what just happened, in a live region so that a screen reader says them too.

use std::time::Duration;

use leptos::prelude::*;

use crate::reactive::RwSignal;

use super::{El, Glyph, View, button, each, el, icon};

/// How long a message stays.
const STAYS: Duration = Duration::from_secs(6);

/// How long one stays that says why something cannot be done: there may be something to do about it.
const REASON_STAYS: Duration = Duration::from_secs(20);

/// Where messages are said from; a context of the whole app.
#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<(u64, String)>>,
    next: StoredValue<u64>,
}

impl Toasts {
    pub fn provide() -> Self {
        let toasts = Self { shown: RwSignal::new(Vec::new()), next: StoredValue::new(0) };
        provide_context(toasts);
        toasts
    }

    /// Shows `message` for a few seconds.
    pub fn say(self, message: impl Into<String>) {
        self.show(message.into(), STAYS);
    }

    /// Shows why something that was pressed cannot be done. Said again, it is still said once.
    pub fn refuse(self, reason: String) {
        if self.shown.with_untracked(|it| it.iter().all(|(_, words)| *words != reason)) {
            self.show(reason, REASON_STAYS);
        }
    }

    fn show(self, message: String, stays: Duration) {
        let id = self.next.get_value();
        self.next.set_value(id + 1);
        self.shown.update(|it| it.push((id, message)));
        set_timeout(move || self.drop(id), stays);
    }

    fn drop(self, id: u64) {
        self.shown.update(|it| it.retain(|(other, _)| *other != id));
    }
}

/// The corner that messages appear in. There from the start, or the first message would not be read out. `offer` gives
/// what can be done about a message.
pub fn toast_region(offer: fn(&str) -> View) -> El {
    let toasts = expect_context::<Toasts>();
    let toast = move |(id, words): (u64, String)| {
        let dismiss = button(icon(Glyph::Close)).quiet().small().label("Dismiss");
        let offer = offer(&words);
        let words = el("span").child(words).child(" ").child(offer);
        el("p").class("toast").child(words).child(dismiss.on_press(move || toasts.drop(id)))
    };
    el("div").class("toasts").attr("role", "status").attr("aria-live", "polite").child(each(
        move || toasts.shown.get(),
        |(id, _)| id.to_string(),
        toast,
    ))
}
