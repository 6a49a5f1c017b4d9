//! The wall clock, and a signal of it that ticks once a second while the page can be seen.

use std::{cell::Cell, time::Duration};

use js_sys::Date;
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
    Timestamp::from_millisecond(Date::now() as i64 + AHEAD.get()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Milliseconds of the browser's own clock, to tell how long something takes.
pub fn milliseconds() -> f64 {
    Date::now()
}

/// How long ago that was, for a time of [`milliseconds`].
pub fn passed(since: f64) -> Duration {
    Duration::from_millis((milliseconds() - since) as u64)
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

/// `at` to the second, in the browser's own time zone: `2026-11-25 20:54:17`.
///
/// Not in the browser's language: to look up how that writes times takes it 12 to 80 ms the first time, as long as all else
/// that the first page does.
pub fn absolute(at: Timestamp) -> String {
    format!("{} {}", day(&date(at)), time_of_day(at))
}

/// `at` to the minute, in the browser's own time zone: `2026-11-25 20:54`.
pub fn short(at: Timestamp) -> String {
    let date = date(at);
    format!("{} {:02}:{:02}", day(&date), date.get_hours(), date.get_minutes())
}

/// The time of day of `at`, in the browser's own time zone: `20:54:17`.
pub fn time_of_day(at: Timestamp) -> String {
    let date = date(at);
    format!("{:02}:{:02}:{:02}", date.get_hours(), date.get_minutes(), date.get_seconds())
}

/// The time of day of `at` to the millisecond, in the browser's own time zone: `20:54:17.123`.
pub fn precise(at: Timestamp) -> String {
    format!("{}.{:03}", time_of_day(at), date(at).get_milliseconds())
}

fn day(date: &Date) -> String {
    format!("{}-{:02}-{:02}", date.get_full_year(), date.get_month() + 1, date.get_date())
}

fn date(at: Timestamp) -> Date {
    Date::new(&(at.as_millisecond() as f64).into())
}
