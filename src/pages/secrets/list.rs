//! All secrets but Helm's own.

use std::sync::Arc;

use leptos::prelude::*;
use rootcause_domain::{
    phase::Tone,
    route::{Place, Route},
    secrets::{Row, required::some},
};

use super::store::Store;
use crate::{
    app::Navigation,
    reactive::{Memo, RwSignal},
    ui::{
        Columns, El, Heads, View, button, el, empty, link, notice, p, rows, said, section, show, skeleton,
        text, value_of,
    },
};

const HEADS: Heads = Heads {
    label: "Secrets",
    columns: &[
        ("Name", "minmax(0, 3fr)"),
        ("Type", "minmax(0, 2fr)"),
        ("Keys", "4rem"),
        ("Used by", "minmax(0, 3fr)"),
        ("Age", "5rem"),
    ],
};

pub fn list_section() -> El {
    let store = expect_context::<Store>();
    let navigation = expect_context::<Navigation>();
    let columns = Columns::of(&HEADS);
    let filter = RwSignal::new(navigation.place_untracked().filter().to_owned());
    let keys = Memo::new(move || {
        let names = |rows: &[Row]| {
            filter.with(|filter| {
                rows.iter().filter(|it| it.matches(filter)).map(|it| it.name.clone()).collect::<Vec<_>>()
            })
        };
        Arc::new(store.list.with(|it| names(it.slice())))
    });
    let search = el("input")
        .class("input")
        .attr("type", "search")
        .attr("aria-label", "Filter secrets")
        .attr("placeholder", "Filter by name, type or maker")
        .bind(filter)
        .on("input", move |event| {
            navigation.replace(&navigation.place_untracked().with("filter", &value_of(&event)));
        });
    let state = move || {
        let (denied, loading, all) = store.list.with(|it| {
            (it.denied().cloned(), it.items.is_none(), it.items.as_ref().map_or(0, |it| it.len()))
        });
        (denied, loading, all == 0, keys.with(|it| it.is_empty()))
    };
    let body = show(state, move |(denied, loading, none, nothing)| -> View {
        if let Some(problem) = denied {
            let words = View::list([said(&problem.said), p("You can still open one by its name.")]);
            let title = format!("The secrets are not known. {}", problem.title);
            return View::list([notice(Tone::Unknown, &title, words), by_name()]);
        }
        match (loading, none, nothing) {
            (true, ..) => skeleton(6).into(),
            (_, true, _) => {
                empty("There is no secret in this namespace: “Create secret…” above makes the first one.")
                    .into()
            }
            (_, _, true) => empty("No secret matches the filter. Clear it to see all of them.").into(),
            _ => rows(columns, keys, move |name| row(store, name)).into(),
        }
    });
    let folded = show(
        move || store.folded().filter(|it| *it > 0),
        |count| {
            let releases = link(&Place::at(Route::Releases).hash(), "their history");
            count.map(|it| {
                let words = if it == 1 {
                    "1 secret of Helm's is".to_owned()
                } else {
                    format!("{it} secrets of Helm's are")
                };
                p(format!("{words} not listed: Releases shows ")).class("soft").child(releases).child(".")
            })
        },
    );
    section("all-secrets", "All secrets", text(move || keys.with(|it| it.len().to_string())))
        .child(el("div").class("filter").child(search).child(columns.chooser()))
        .child(body)
        .child(folded)
}

fn row(store: Store, name: &str) -> Vec<El> {
    let own = Memo::new({
        let name = name.to_owned();
        move || store.row(&name)
    });
    let of = move |part: fn(&Row) -> String| {
        el("span").child(text(move || own.with(|it| it.as_ref().map(part).unwrap_or_default())))
    };
    let owned = name.to_owned();
    let users = move || {
        store.graph.with(|graph| {
            let names: Vec<_> = graph.of(&owned).iter().map(|it| it.name.clone()).collect();
            match names.is_empty() && !graph.unknown.is_empty() {
                true => "not known".to_owned(),
                false => some(&names),
            }
        })
    };
    let hash = Place::at(Route::Secrets { name: Some(name.to_owned()) }).hash();
    let maker = show(
        move || own.with(|it| it.as_ref()?.managed_by.clone()),
        |it| it.as_deref().map(|it| el("span").class("tag").child(it)),
    );
    vec![
        el("span").child(link(&hash, name).class("mono")).child(" ").child(maker),
        of(|it| it.kind.clone()),
        of(|it| it.keys.to_string()),
        el("span").child(text(users)),
        of(|it| it.age.clone()),
    ]
}

/// Opens a secret that cannot be listed.
fn by_name() -> El {
    let navigation = expect_context::<Navigation>();
    let name = RwSignal::new(String::new());
    let go = move || {
        let name = name.get_untracked().trim().to_owned();
        if !name.is_empty() {
            navigation.go(&Place::at(Route::Secrets { name: Some(name) }));
        }
    };
    let field = el("input")
        .class("input mono")
        .attr("aria-label", "Name of a secret")
        .attr("autocomplete", "off")
        .bind(name);
    let field = field.on("keydown", move |event| {
        if crate::ui::key_of(&event) == "Enter" {
            go();
        }
    });
    let open = button("Open")
        .disabled(move || name.with(|it| it.trim().is_empty()).then(|| "Type a name first.".to_owned()));
    el("div").class("actions").child(field).child(open.on_press(go))
}
