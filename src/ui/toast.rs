//! Short messages about what just happened, in a live region so that a screen reader says them too.

use std::time::Duration;

use leptos::prelude::*;

use super::{Button, Glyph, Icon, Kind};

/// How long a message stays.
const STAYS: Duration = Duration::from_secs(6);

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
        let id = self.next.get_value();
        self.next.set_value(id + 1);
        self.shown.update(|it| it.push((id, message.into())));
        set_timeout(move || self.drop(id), STAYS);
    }

    fn drop(self, id: u64) {
        // The app may be gone by the time the timer fires.
        let _ = self.shown.try_update(|it| it.retain(|(other, _)| *other != id));
    }
}

/// The corner that messages appear in. There from the start, or the first message would not be read out.
#[component]
pub fn ToastRegion() -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    view! {
        <div class="toasts" role="status" aria-live="polite">
            <For each=move || toasts.shown.get() key=|(id, _)| *id let:toast>
                <p class="toast">
                    <span>{toast.1}</span>
                    <Button
                        on_press=move |()| toasts.drop(toast.0)
                        kind=Kind::Quiet
                        small=true
                        label="Dismiss".to_owned()
                    >
                        <Icon glyph=Glyph::Close />
                    </Button>
                </p>
            </For>
        </div>
    }
}
