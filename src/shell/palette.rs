//! The command palette (Ctrl-K): every page and every action by its name. A combobox with a listbox, as WAI-ARIA's
//! authoring practices describe it.

use std::rc::Rc;

use leptos::prelude::*;
use rootcause_domain::{route::Place, version};

use super::{Open, PAGES, review::Reviews};
use crate::{
    app::Navigation,
    live::Live,
    reactive::RwSignal,
    requests::Intent,
    session::Session,
    ui::{El, View, el, key_of, part},
};

/// One thing that the palette offers.
#[derive(Clone)]
struct Entry {
    name: String,
    /// Where it leads or what it acts on, said beside the name.
    hint: String,
    /// Why it cannot be done now.
    disabled: Option<String>,
    run: Rc<dyn Fn()>,
}

/// The palette, shown for as long as it is in the page.
pub fn palette() -> View {
    let open = expect_context::<Open>();
    of(entries(open), move || open.palette.set(false)).into()
}

fn of(entries: Vec<Entry>, close: impl Fn() + Copy + 'static) -> El {
    let entries = Rc::new(entries);
    let query = RwSignal::new(String::new());
    let active = RwSignal::new(0_usize);
    let found = {
        let entries = Rc::clone(&entries);
        move || {
            let query = query.get().to_ascii_lowercase();
            let words: Vec<_> = query.split_whitespace().collect();
            let matches = |entry: &Entry| {
                let name = entry.name.to_ascii_lowercase();
                words.iter().all(|word| name.contains(word))
            };
            (0..entries.len()).filter(|&index| matches(&entries[index])).collect::<Vec<_>>()
        }
    };
    let run = {
        let entries = Rc::clone(&entries);
        move |index: usize| {
            if let Some(entry) = entries.get(index).filter(|it| it.disabled.is_none()) {
                close();
                (entry.run)();
            }
        }
    };
    let on_key = {
        let (found, run) = (found.clone(), run.clone());
        move |event: web_sys::Event| {
            let found = found();
            let count = found.len();
            match key_of(&event).as_str() {
                "ArrowDown" if count > 0 => active.update(|it| *it = (*it + 1) % count),
                "ArrowUp" if count > 0 => active.update(|it| *it = (*it + count - 1) % count),
                "Enter" => {
                    if let Some(&index) = found.get(active.get()) {
                        run(index);
                    }
                }
                _ => return,
            }
            event.prevent_default();
        }
    };
    let input = el("input")
        .class("input")
        .attr("type", "text")
        .attr("role", "combobox")
        .attr("aria-label", "Command")
        .attr("aria-expanded", "true")
        .attr("aria-controls", "palette-list")
        .attr("aria-autocomplete", "list")
        .attr_live("aria-activedescendant", move || Some(format!("palette-{}", active.get())))
        .attr("placeholder", "Type a page or an action")
        .attr("autocomplete", "off")
        .attr("autofocus", "")
        .bind(query)
        .on("input", move |_| active.set(0))
        .on("keydown", on_key);
    let option = move |place: usize, index: usize| {
        let entry = &entries[index];
        let run = run.clone();
        el("li")
            .id(&format!("palette-{place}"))
            .attr("role", "option")
            .attr_live("aria-selected", move || Some((active.get() == place).to_string()))
            .maybe("aria-disabled", entry.disabled.is_some().then_some("true"))
            .on("click", move |_| run(index))
            .on("mousemove", move |_| active.set(place))
            .child(el("span").child(entry.name.as_str()))
            .child(el("span").class("reason").child(entry.disabled.as_ref().unwrap_or(&entry.hint).as_str()))
    };
    let options = part(move || {
        let found = found();
        if found.is_empty() {
            let nothing = el("li").attr("role", "option").attr("aria-selected", "false");
            return nothing.attr("aria-disabled", "true").child("Nothing of that name.").into();
        }
        View::list(found.into_iter().enumerate().map(|(place, index)| option(place, index)))
    });
    el("dialog")
        .class("palette")
        .attr("aria-label", "Commands")
        .on("cancel", move |event| {
            event.prevent_default();
            close();
        })
        .child(input)
        .child(
            el("ul").id("palette-list").attr("role", "listbox").attr("aria-label", "Commands").child(options),
        )
        .modal()
}

/// What the palette offers now.
fn entries(open: Open) -> Vec<Entry> {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let navigation = expect_context::<Navigation>();
    let reviews = expect_context::<Reviews>();
    let mut entries: Vec<_> = PAGES
        .into_iter()
        .map(|(name, route, _)| Entry {
            name: format!("Go to {name}"),
            hint: "page".to_owned(),
            disabled: None,
            run: Rc::new(move || navigation.go(&Place::at(route.clone()))),
        })
        .collect();
    entries.push(Entry {
        name: "Activity of this tab".to_owned(),
        hint: "page".to_owned(),
        disabled: None,
        run: Rc::new(move || open.activity.set(true)),
    });
    entries.push(Entry {
        name: "Print this page".to_owned(),
        hint: "page".to_owned(),
        disabled: None,
        // A browser that does not print has said so.
        run: Rc::new(|| drop(crate::browser::window().print())),
    });
    let mut action = |name: String, hint: String, intent: Intent| {
        entries.push(Entry {
            name,
            hint,
            disabled: untrack(|| intent.disabled(live, session)),
            run: Rc::new(move || reviews.open(intent.clone())),
        });
    };
    action("Force reconcile".to_owned(), "action".to_owned(), Intent::ForceReconcile);
    action("Check for updates now".to_owned(), "action".to_owned(), Intent::CheckUpdates);
    let rows = live.installation.with_untracked(|it| it.as_ref().map(|it| version::releases(it)));
    for row in rows.into_iter().flatten().filter(|it| !it.deployed) {
        let hint = row.direction.noun().to_owned();
        action(format!("Request upgrade to {}", row.version), hint, Intent::Version(row.version));
    }
    entries
}
