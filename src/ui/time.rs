//! Times: relative in the text, absolute on hover.

use leptos::prelude::*;
use rootcause_domain::ago;
use rootcause_domain::time::Timestamp;

use super::{El, el, text};
use crate::browser::clock::{self, Now};

/// How long ago `at` was, kept current.
pub fn since(at: Timestamp) -> El {
    let now = expect_context::<Now>();
    time(at).child(text(move || ago::ago(at, now.get())))
}

/// The time of day of `at`.
pub fn time_of_day(at: Timestamp) -> El {
    time(at).child(clock::time_of_day(at))
}

fn time(at: Timestamp) -> El {
    el("time").attr("datetime", &at.to_string()).attr("title", &clock::absolute(at))
}
