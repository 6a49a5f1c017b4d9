//! Events of the namespace: repeated ones together, the newest first, live.

use leptos::prelude::expect_context;
use rootcause_domain::events::{Group, groups};

use crate::{
    live::Live,
    reactive::{Memo, RwSignal},
    ui::{
        Columns, El, Heads, Tone, View, each, el, empty, list_table, mark, notice, p, section, show, since,
        skeleton, soft, td, text,
    },
    words::Problem,
};

/// Groups that are shown at once.
const SHOWN: usize = 200;

const HEADS: Heads = Heads {
    label: "Events",
    columns: &[("Last seen", ""), ("Reason", ""), ("Object", ""), ("Times", ""), ("Message", "")],
};

pub fn events() -> View {
    let live = expect_context::<Live>();
    let columns = Columns::of(&HEADS);
    let filter = RwSignal::new(String::new());
    let warnings = RwSignal::new(false);
    let all = Memo::new(move || {
        let events = live.events.with(|it| it.items.clone())?;
        Some(filter.with(|text| groups(&events, text, warnings.get())))
    });
    let search = el("input")
        .class("input")
        .attr("type", "search")
        .attr("aria-label", "Filter events")
        .attr("placeholder", "Filter by reason, object or words")
        .bind(filter);
    let only = el("input")
        .id("only-warnings")
        .attr("type", "checkbox")
        .on("change", move |event| warnings.set(crate::ui::dom::is_checked(&event)));
    let label = el("label").attr("for", "only-warnings").child("Warnings only");
    let state = move || {
        let denied = live.events.with(|it| it.denied().map(Problem::line));
        (denied, all.with(|it| it.is_none()), all.with(|it| it.as_ref().is_some_and(Vec::is_empty)))
    };
    let body = show(state, move |(denied, loading, none)| -> View {
        match denied {
            Some(words) => notice(Tone::Unknown, "Events are not known.", p(words.as_str())).into(),
            None if *loading => skeleton(4).into(),
            None if *none => empty("No event matches; the cluster keeps them for an hour or so.").into(),
            None => {
                let shown = move || {
                    all.with(|it| it.as_deref().unwrap_or_default().iter().take(SHOWN).cloned().collect())
                };
                let rows = each(shown, Group::key, move |group: Group| row(all, &group.key()));
                list_table(columns, "events", rows).into()
            }
        }
    });
    let count = move || {
        all.with(|it| match it.as_ref().map_or(0, Vec::len) {
            more if more > SHOWN => format!("the newest {SHOWN} of {more}"),
            count => count.to_string(),
        })
    };
    let filters = el("div")
        .class("filter")
        .child(search)
        .child(el("span").child(only).child(label))
        .child(columns.chooser());
    section("events", "Events", text(count)).child(filters).child(body).into()
}

/// The row of a group, kept current while it is there.
fn row(all: Memo<Option<Vec<Group>>>, key: &str) -> El {
    let own = key.to_owned();
    let group = Memo::new(move || all.with(|it| it.as_ref()?.iter().find(|it| it.key() == own).cloned()));
    let of = move |read: fn(&Group) -> String| {
        text(move || group.with(|it| it.as_ref().map(read).unwrap_or_default()))
    };
    let state = move || group.with(|it| it.as_ref().map(|it| (it.warning, it.reason.clone())));
    el("tr")
        .child(td(show(move || group.with(|it| it.as_ref()?.last), |it| it.map(since))))
        .child(td(show(state, |it| {
            let (warning, reason) = it.as_ref()?;
            Some(mark(if *warning { Tone::Warn } else { Tone::Off }, reason))
        })))
        .child(td(soft(of(|it| it.object.kind.clone()))).child(" ").child(of(|it| it.object.name.clone())))
        .child(td(of(|it| it.times.to_string())))
        .child(td(of(|it| it.message.clone())).child(" ").child(soft(of(|it| it.reporter.clone()))))
}
