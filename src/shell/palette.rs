//! The command palette (Ctrl-K): every page and every action by its name. A combobox with a listbox, as WAI-ARIA's
//! authoring practices describe it.

use std::rc::Rc;

use crate::reactive::RwSignal;

use crate::ui::{El, View, el, key_of, part};

/// One thing that the palette offers.
#[derive(Clone)]
pub struct Entry {
    pub name: String,
    /// Where it leads or what it acts on, said beside the name.
    pub hint: String,
    /// Why it cannot be done now.
    pub disabled: Option<String>,
    pub run: Rc<dyn Fn()>,
}

/// The palette, shown for as long as it is in the page.
pub fn palette(entries: Vec<Entry>, close: impl Fn() + Copy + 'static) -> El {
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
