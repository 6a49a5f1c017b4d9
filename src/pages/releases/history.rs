//! What Helm did to both releases, by the secrets that it keeps.

use std::sync::Arc;

use leptos::prelude::*;
use rootcause_domain::{
    helm::HistoryRow,
    phase::Tone,
    redact::redact,
    route::{Place, Route},
};

use super::timeline::picture_of_versions;
use crate::{
    browser::clock::Now,
    live::Live,
    reactive::RwSignal,
    session::Session,
    ui::{
        El, View, button, el, empty, link, mark, notice, p, part, row_head, section, show, since, skeleton,
        soft, table, td, text,
    },
};

/// Revisions of each release shown at first.
const SHOWN: usize = 5;

pub fn history_section() -> El {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let names = session.config().contract.releases.clone();
    let shown = RwSignal::new(SHOWN);
    let rows = move |platform: bool| {
        live.history.with(|it| Arc::clone(if platform { &it.platform } else { &it.dependencies }))
    };
    let longest = move || rows(true).len().max(rows(false).len());
    let more = move || {
        shown.update(|it| *it += SHOWN);
        let wanted = [rows(false), rows(true)];
        let wanted = wanted.iter().flat_map(|it| it.iter().take(shown.get_untracked() + 1));
        live.read_payloads(wanted.map(|it| it.secret.clone()).collect());
    };
    let state = move || live.secrets.with(|it| (it.denied().map(|it| it.line()), it.items.is_none()));
    section("history", "History", ()).child(show(state, move |(denied, loading)| -> View {
        if let Some(line) = denied {
            let words = [p(line.as_str()), p("Helm keeps it in secrets of the namespace.")];
            return notice(Tone::Unknown, "The history is not known.", View::list(words)).into();
        }
        if *loading {
            return skeleton(5).into();
        }
        let older = show(
            move || longest() > shown.get(),
            move |more_there| {
                let button = || button("Show older revisions").quiet().on_press(more);
                more_there.then(|| el("div").child(button()))
            },
        );
        View::list([
            picture_of_versions(SHOWN),
            release(&names.platform, move || rows(true), shown).into(),
            release(&names.dependencies, move || rows(false), shown).into(),
            older,
        ])
    }))
}

fn release(
    name: &str,
    rows: impl Fn() -> Arc<Vec<HistoryRow>> + Clone + 'static,
    shown: RwSignal<usize>,
) -> El {
    let label = format!("History of {name}");
    let none = {
        let rows = rows.clone();
        move || rows().is_empty()
    };
    let table = show(none, move |none| {
        if *none {
            return empty("Helm keeps no revision of this release yet: its first deployment makes one.");
        }
        let rows = rows.clone();
        let visible = move || rows().iter().take(shown.get()).cloned().collect::<Vec<_>>();
        let body = show(visible, |rows| View::list(rows.iter().cloned().map(revision)));
        let heads = ["Revision", "Status", "What", "When", "Helm's words"];
        table(&heads, "history", Some(&label), body)
    });
    el("div").class("stack").child(el("h3").class("mono").child(name)).child(table)
}

fn revision(row: HistoryRow) -> El {
    let live = expect_context::<Live>();
    let now = expect_context::<Now>();
    let href = Place::at(Route::Revision { release: row.release.clone(), revision: row.revision }).hash();
    let (secret, words) = (row.secret.clone(), row.description.clone());
    let said = part(move || match (&words, live.payload_problem(&secret)) {
        (Some(words), _) => el("span").child(redact(words)),
        (None, Some(problem)) => soft(format!("not readable: {problem}")),
        (None, None) => soft("reading…"),
    });
    el("tr")
        .child(row_head(link(&href, &row.revision.to_string())))
        .child(td(mark(row.tone(), row.status.word())))
        .child(td(text({
            let row = row.clone();
            move || row.sentence(now.get())
        })))
        .child(td(row.when.map(since)))
        .child(td(said))
}
