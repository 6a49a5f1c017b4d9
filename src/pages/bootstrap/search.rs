//! Search over all fields, by name, path and description.

use rootcause_domain::form::{Found, search};

use super::draft::Draft;
use crate::{
    reactive::{Memo, RwSignal},
    ui::{El, View, button, el, show, soft},
};

pub fn search_field(draft: Draft) -> El {
    let query = RwSignal::new(String::new());
    let found = Memo::new(move || {
        let query = query.get();
        if query.trim().is_empty() {
            return Vec::new();
        }
        let Some(schema) = draft.schema() else { return Vec::new() };
        search(schema.root(), &draft.value(), &query)
    });
    let input = el("input")
        .class("input")
        .attr("type", "search")
        .attr("aria-label", "Search all fields")
        .attr("placeholder", "Search all fields")
        .bind(query);
    let row = move |it: &Found| {
        let pointer = it.pointer.clone();
        let go = button(it.path.as_str()).quiet().small().on_press(move || draft.reveal(pointer.clone()));
        let help: String = it.help.chars().take(HELP).collect();
        el("li").child(go).child(soft(help))
    };
    let results = show(
        move || found.get(),
        move |found: &Vec<Found>| {
            let rows = || {
                el("ul")
                    .class("plain found")
                    .attr("aria-label", "Fields found")
                    .children(found.iter().map(row))
            };
            (!found.is_empty()).then(rows)
        },
    );
    let none = show(
        move || query.with(|it| !it.trim().is_empty()) && found.with(Vec::is_empty),
        |none| none.then(|| el("p").class("soft").child("No field has these words.")),
    );
    el("div").class("search").attr("role", "search").child(input).child(View::list([results, none]))
}

/// Characters of a description that are shown.
const HELP: usize = 120;
