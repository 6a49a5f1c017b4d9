//! The wall clock, and a signal of it that ticks once a second while the page can be seen.

use std::{cell::Cell, time::Duration};

use leptos::prelude::*;

use crate::reactive::RwSignal;
use rootcause_domain::time::Timestamp;

thread_local! {
    /// How far the cluster's clock is ahead of the browser's, in milliseconds.
    static AHEAD: Cell<i64> = const { Cell::new(0) };
}

/// Tells how far the cluster's clock is ahead of the browser's, in milliseconds, once that is known.
pub fn set_ahead(milliseconds: Option<i64>) {
    AHEAD.set(milliseconds.unwrap_or_default());
}

/// Now by the cluster's clock, as far as it is known: what is shown here was mostly written there, and this machine's
/// clock may be wrong.
pub fn now() -> Timestamp {
    Timestamp::from_millisecond(js_sys::Date::now() as i64 + AHEAD.get()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Milliseconds of the browser's own clock, to tell how long something takes.
pub fn milliseconds() -> f64 {
    js_sys::Date::now()
}

/// The time that relative times on the page are reckoned from.
#[derive(Clone, Copy)]
pub struct Now(RwSignal<()>);

impl Now {
    /// Starts the clock; it stops with the current reactive owner.
    pub fn start() -> Self {
        let signal = RwSignal::new(());
        if let Ok(timer) = set_interval_with_handle(
            move || {
                if !document().hidden() {
                    signal.set(());
                }
            },
            Duration::from_secs(1),
        ) {
            on_cleanup(move || timer.clear());
        }
        Self(signal)
    }

    /// Now, without running again.
    pub fn get_untracked(self) -> Timestamp {
        now()
    }

    /// Now, tracked: the caller runs again each second.
    pub fn get(self) -> Timestamp {
        self.0.track();
        now()
    }
}

/// `at` in full, in the browser's own locale and time zone.
pub fn absolute(at: Timestamp) -> String {
    let date = js_sys::Date::new(&(at.as_millisecond() as f64).into());
    String::from(date.to_locale_string("default", &wasm_bindgen::JsValue::UNDEFINED))
}

/// `at` as short as a date and a time of day can be, in the browser's own locale and time zone.
pub fn short(at: Timestamp) -> String {
    let date = js_sys::Date::new(&(at.as_millisecond() as f64).into());
    let style = super::object::of(&[("dateStyle", "short"), ("timeStyle", "short")]);
    String::from(date.to_locale_string("default", &style))
}

/// The time of day of `at`, hours to seconds, in the browser's own locale and time zone.
pub fn time_of_day(at: Timestamp) -> String {
    let date = js_sys::Date::new(&(at.as_millisecond() as f64).into());
    String::from(date.to_locale_time_string("default"))
}

/// The time of day of `at` to the millisecond, in the browser's own time zone: `20:54:17.123`.
pub fn precise(at: Timestamp) -> String {
    let date = js_sys::Date::new(&(at.as_millisecond() as f64).into());
    let (hour, minute, second) = (date.get_hours(), date.get_minutes(), date.get_seconds());
    format!("{hour:02}:{minute:02}:{second:02}.{:03}", date.get_milliseconds())
}
