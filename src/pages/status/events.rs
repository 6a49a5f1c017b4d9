//! The namespace's recent events, newest first.

use leptos::prelude::*;
use rootcause_domain::{objects::Event, phase::Tone, redact::redact, sort};

use crate::{
    live::Live,
    reactive::Memo,
    ui::{El, el, empty, mark, notice, p, part, section, since, skeleton, soft, table, td, text},
};

/// Events that are shown.
const SHOWN: usize = 12;

pub fn events_section() -> El {
    let live = expect_context::<Live>();
    let newest = Memo::new(move || {
        let mut all = live.events.with(|it| it.items.clone())?.as_ref().clone();
        sort::by(&mut all, |a, b| b.last_seen().cmp(&a.last_seen()));
        let total = all.len();
        all.truncate(SHOWN);
        Some((all, total))
    });
    let count = move || match newest.get() {
        Some((shown, total)) if shown.len() < total => format!("newest {} of {total}", shown.len()),
        _ => String::new(),
    };
    section("events", "Recent events", text(count)).child(part(move || {
        match (newest.get(), live.events.with(|it| it.denied().cloned())) {
            (_, Some(problem)) => notice(Tone::Unknown, "Events are not known.", p(problem.line())),
            (None, None) => skeleton(4),
            (Some((shown, _)), None) if shown.is_empty() => {
                empty("No events in the last hour or so; the cluster keeps no older ones.")
            }
            (Some((shown, _)), None) => {
                let rows: Vec<_> = shown.into_iter().map(row).collect();
                table(&["Last seen", "Reason", "Object", "Message"], "events", None, rows)
            }
        }
    }))
}

fn row(event: Event) -> El {
    let tone = if event.is_warning() { Tone::Warn } else { Tone::Off };
    let (times, at) = (event.times(), event.last_seen());
    let Event { reason, message, involved_object: object, .. } = event;
    el("tr")
        .child(td(at.map(since)))
        .child(td(mark(tone, &reason)))
        .child(td(soft(format!("{} ", object.kind))).child(object.name))
        .child(td(redact(&message)).child((times > 1).then(|| soft(format!(" × {times}")))))
}
