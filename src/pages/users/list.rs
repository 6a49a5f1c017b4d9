//! The managed users with what the operator says of each.

use std::sync::Arc;

use leptos::prelude::*;
use rootcause_domain::{
    redact::redact,
    users::{Change, Row},
};

use super::{People, form::Form};
use crate::{
    reactive::{Memo, RwSignal},
    requests::Intent,
    shell::review::Reviews,
    ui::{Columns, El, Heads, View, button, el, empty, mark, rows, section, show, soft, text},
};

const HEADS: Heads = Heads {
    label: "Users",
    columns: &[
        ("Email", "minmax(0, 3fr)"),
        ("Name", "minmax(0, 2fr)"),
        ("Role", "5rem"),
        ("Account", "minmax(0, 2fr)"),
        ("Actions", "12rem"),
    ],
};

pub fn list_section() -> El {
    let people = expect_context::<People>();
    let columns = Columns::of(&HEADS);
    let filter = RwSignal::new(String::new());
    let keys = Memo::new(move || {
        let filter = filter.with(|it| it.trim().to_lowercase());
        let matches =
            |it: &&Row| format!("{} {}", it.user.email, it.user.name()).to_lowercase().contains(&filter);
        let all = people.rows.get().unwrap_or_default();
        Arc::new(all.iter().filter(matches).map(|it| it.user.email.clone()).collect::<Vec<_>>())
    });
    let search = el("input")
        .class("input")
        .attr("type", "search")
        .attr("aria-label", "Filter users")
        .attr("placeholder", "Filter by email or name")
        .bind(filter);
    let state =
        move || (people.rows.with(|it| it.as_ref().is_none_or(Vec::is_empty)), keys.with(|it| it.is_empty()));
    let body = show(state, move |(none, nothing)| -> View {
        match (none, nothing) {
            (true, _) => empty("There are no users yet: “Add user…” above makes the first account.").into(),
            (_, true) => empty("No user matches the filter. Clear it to see all of them.").into(),
            _ => rows(columns, keys, move |email| row(people, email)).into(),
        }
    });
    let paste = button("Paste or CSV…")
        .small()
        .disabled(move || people.disabled(Change::Add(Default::default())))
        .on_press(move || people.form.set(Some(Form::Paste)));
    section("users", "Users", paste)
        .child(el("div").class("filter").child(search).child(columns.chooser()))
        .child(body)
}

fn row(people: People, email: &str) -> Vec<El> {
    let reviews = expect_context::<Reviews>();
    let own = email.to_owned();
    let row = Memo::new(move || {
        people.rows.with(|it| it.as_ref()?.iter().find(|it| it.user.email == own).cloned())
    });
    let of = move |part: fn(&Row) -> String| {
        el("span").child(text(move || row.with(|it| it.as_ref().map(part).unwrap_or_default())))
    };
    let state = show(
        move || row.get(),
        |row| {
            let row = row.as_ref()?;
            let state = mark(row.tone(), row.state.as_deref().unwrap_or("not told yet"));
            let why = row.message.as_deref().map(|it| soft(format!(" {}", redact(it))));
            Some(el("span").child(state).child(why))
        },
    );
    let (edited, removed) = (email.to_owned(), email.to_owned());
    let gone = move || {
        row.with(|it| it.as_ref().is_none_or(|it| it.leaving))
            .then(|| "The operator is removing it.".to_owned())
    };
    let cannot = move || gone().or_else(|| people.disabled(Change::Remove(String::new())));
    let edit = button("Edit…").small().label(&format!("Edit {email}")).disabled(cannot);
    let edit = edit.on_press(move || people.form.set(Some(Form::Edit(edited.clone()))));
    let remove = button("Remove…").quiet().small().label(&format!("Remove {email}")).disabled(cannot);
    let remove = remove.on_press(move || {
        reviews.open(Intent::People(Arc::new(vec![Change::Remove(removed.clone())])));
    });
    vec![
        of(|it| it.user.email.clone()).class("mono"),
        of(|it| it.user.name()),
        of(|it| if it.user.admin { "admin" } else { "" }.to_owned()),
        el("span").child(state),
        el("span").child(edit).child(" ").child(remove),
    ]
}
