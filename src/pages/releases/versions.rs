//! The registry's versions: one is chosen, then requested.

use leptos::prelude::*;
use rootcause_domain::{
    phase::Tone,
    redact::redact,
    route::{Place, Route},
    version::{self, ReleaseRow},
};

use crate::{
    app::Navigation,
    live::Live,
    pages::status::action,
    reactive::{Memo, RwSignal},
    requests::Intent,
    session::Session,
    shell::{review::Reviews, rights::why},
    ui::{
        Columns, El, Heads, View, button, el, empty, key_of, link, list_table, notice, out_link, p, row_head,
        said, show, since, soft, td, value_of,
    },
};

const HEADS: Heads = Heads {
    label: "Versions",
    columns: &[("Version", ""), ("State", ""), ("Published", ""), ("Digest", ""), ("Notes", "")],
};

pub fn versions_section() -> El {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let navigation = expect_context::<Navigation>();
    let reviews = expect_context::<Reviews>();
    let rows = Memo::new(move || {
        live.installation.with(|it| it.as_ref().map(|it| version::releases(it)).unwrap_or_default())
    });
    let filter = RwSignal::new(navigation.place_untracked().filter().to_owned());
    let shown = move || {
        rows.with(|rows| filter.with(|it| version::filter(rows, it).into_iter().cloned().collect::<Vec<_>>()))
    };
    let none = move || match (rows.with(Vec::is_empty), shown().is_empty()) {
        (true, _) => Some(
            "The operator has reported no versions yet: “Check for updates now” has it ask the registry.",
        ),
        (false, true) => Some("No version matches the filter. Clear it to see all of them."),
        (false, false) => None,
    };
    let chosen = RwSignal::new(None::<String>);
    let cannot = move || match chosen.get() {
        None => Some("Choose a version first.".to_owned()),
        Some(version) => Intent::Version(version).disabled(live, session),
    };
    let request = move || {
        if let Some(version) = chosen.get_untracked()
            && untrack(cannot).is_none()
        {
            reviews.open(Intent::Version(version));
        }
    };
    let lacking = move || Intent::Version(String::new()).disabled(live, session);
    let search = el("input")
        .class("input")
        .attr("type", "search")
        .attr("aria-label", "Filter versions")
        .attr("placeholder", "Filter versions")
        .bind(filter)
        .on("input", move |event| {
            navigation.replace(&navigation.place_untracked().with("filter", &value_of(&event)));
        });
    let actions = el("span")
        .class("actions")
        .child(action(Intent::CheckUpdates, button("Check for updates now")))
        .child(button("Request upgrade").primary().disabled(cannot).on_press(request));
    let columns = Columns::of(&HEADS);
    let body = show(shown, move |rows| View::list(rows.iter().map(|it| version_row(it.clone(), chosen))));
    let table = list_table(columns, "versions", body)
        .attr_live("hidden", move || none().map(|_| String::new()))
        // Enter on a chosen version asks for it: its button is many links away.
        .on("keydown", move |event| {
            if key_of(&event) == "Enter" && event_target::<web_sys::Element>(&event).tag_name() == "INPUT" {
                request();
            }
        });
    el("section")
        .attr("aria-labelledby", "versions")
        .child(
            el("div")
                .class("section-head")
                .child(el("h2").id("versions").child("Versions"))
                .child(registry_line(live)),
        )
        .child(el("div").class("toolbar").child(search).child(columns.chooser()).child(actions))
        .child(show(lacking, |it| it.as_deref().map(|it| p(why(it)))))
        .child(show(none, |it| it.map(empty)))
        .child(table)
}

fn version_row(row: ReleaseRow, chosen: RwSignal<Option<String>>) -> El {
    let session = expect_context::<Session>();
    let version = row.version;
    let notes = row.notes_url.or_else(|| session.config().links.release_notes(&version));
    let tag = |shown: bool, tone: &str, word: &str| {
        shown.then(|| el("span").class(&format!("tag {tone}")).child(word))
    };
    let href = Place::at(Route::Release { version: version.clone() }).hash();
    let value = StoredValue::new(version.clone());
    let is_chosen = move || chosen.with(|it| it.as_ref() == Some(&value.get_value()));
    let choose = move |_| chosen.set(Some(value.get_value()));
    let radio = el("input")
        .attr("type", "radio")
        .attr("name", "version")
        .attr("aria-label", &format!("Choose {version}"))
        .prop_live("checked", is_chosen)
        .on("change", choose);
    let tags = el("span")
        .class("tags")
        .child(tag(row.deployed, "ok", "deployed"))
        .child(tag(row.requested && !row.deployed, "busy", "requested"))
        .child(tag(row.newest, "off", "newest"))
        .child(tag(row.prerelease, "warn", "prerelease"))
        .child(tag(!row.listed, "warn", "not in the registry"))
        .child((!row.deployed).then(|| soft(row.direction.noun())));
    el("tr")
        .class("selectable")
        .class_live("chosen", is_chosen)
        .on("click", choose)
        .child(row_head(radio).child(link(&href, &version).on("click", |event| event.stop_propagation())))
        .child(td(tags))
        .child(td(row.published.map(since)))
        .child(td(row.digest.map(|it| short(&it))).class("mono soft"))
        .child(td(notes.and_then(|href| out_link(&href, "Release notes"))))
}

/// A digest cut to what one compares by eye.
fn short(digest: &str) -> String {
    digest.chars().take("sha256:".len() + 12).collect()
}

/// When the operator last asked the registry, and what went wrong.
fn registry_line(live: Live) -> View {
    let registry = move || live.installation.with(|it| it.as_ref()?.registry.clone());
    show(registry, |registry| {
        let registry = registry.as_ref()?;
        let checked =
            registry.last_checked.map(|at| View::list([View::from(", checked "), since(at).into()]));
        let line = el("span")
            .class("reason")
            .child(registry.url.as_deref().map(|it| el("code").child(it)))
            .child(checked);
        let failed = registry.error.as_deref().map(|error| {
            let then = p("The versions below are those of the check before.");
            let words = View::list([said(&redact(error)), then]);
            notice(Tone::Warn, "The last check of the registry failed.", words)
        });
        Some(View::list([Some(line), failed]))
    })
}
