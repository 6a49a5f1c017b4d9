//! What this tab has asked of the API server beyond reading.

use leptos::prelude::expect_context;
use rootcause_domain::activity::{Entry, lines};

use super::Open;
use crate::{
    live::Live,
    ui::{El, View, copy_button, dialog, el, empty, mark, p, part, row_head, table, td, time_of_day},
    wire::Activity,
};

/// The log, newest first, in a dialog at the side.
pub fn activity() -> View {
    let open = expect_context::<Open>();
    let live = expect_context::<Live>();
    let activity = expect_context::<Activity>();
    let log = part(move || {
        let entries = activity.entries.get();
        if entries.is_empty() {
            return View::from(empty("Nothing so far: this tab has only read."));
        }
        let who = live.user.get().unwrap_or_default();
        let copy = el("div")
            .class("actions")
            .child(copy_button(lines(&entries, &who)))
            .child("Copy all of it as JSON, one request to a line.");
        let rows: Vec<_> = entries.iter().rev().map(row).collect();
        View::list([copy, table(&["Time", "Request", "Result"], "", Some("Requests of this tab"), rows)])
    });
    let words = "What this tab has sent that changes something, or only tries to. Not what it contained. It ends with \
                 the tab; the cluster's audit log does not.";
    dialog("Activity of this tab", View::list([p(words).into(), log]))
        .side()
        .on_close(move || open.activity.set(false))
        .into()
}

fn row(entry: &Entry) -> El {
    let (tone, words) = entry.result();
    let request = el("code").child(format!("{} {}", entry.method, entry.path));
    let tried = entry.dry_run.then(|| el("span").class("tag").child("dry run"));
    el("tr")
        .child(row_head(time_of_day(entry.at)))
        .child(td(request).child(" ").child(tried))
        .child(td(mark(tone, &words)))
}
