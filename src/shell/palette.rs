//! The command palette (Ctrl-K): every page and every action by its name. A combobox with a listbox, as WAI-ARIA's
//! authoring practices describe it.

use leptos::{ev, html, prelude::*};

use crate::ui::{Press, part};

/// One thing that the palette offers.
#[derive(Clone)]
pub struct Entry {
    pub name: String,
    /// Where it leads or what it acts on, said beside the name.
    pub hint: String,
    /// Why it cannot be done now.
    pub disabled: Option<String>,
    pub run: Press,
}

/// The palette, shown for as long as it is mounted.
#[component]
pub fn Palette(entries: Vec<Entry>, #[prop(into)] on_close: Press) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        if let Some(dialog) = dialog.get()
            && !dialog.open()
        {
            let _ = dialog.show_modal();
        }
    });

    let entries = StoredValue::new_local(entries);
    let query = RwSignal::new(String::new());
    let active = RwSignal::new(0_usize);
    let found = Memo::new(move |_| {
        let query = query.get().to_ascii_lowercase();
        let words: Vec<_> = query.split_whitespace().collect();
        entries.with_value(|all| {
            let matches = |entry: &Entry| {
                let name = entry.name.to_ascii_lowercase();
                words.iter().all(|word| name.contains(word))
            };
            (0..all.len()).filter(|&index| matches(&all[index])).collect::<Vec<_>>()
        })
    });
    let run = move |index: usize| {
        let Some(entry) = entries.with_value(|all| all.get(index).cloned()) else { return };
        if entry.disabled.is_none() {
            on_close.run(());
            entry.run.run(());
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        let count = found.with_untracked(Vec::len);
        match event.key().as_str() {
            "ArrowDown" if count > 0 => active.update(|it| *it = (*it + 1) % count),
            "ArrowUp" if count > 0 => active.update(|it| *it = (*it + count - 1) % count),
            "Enter" => {
                if let Some(&index) =
                    found.with_untracked(|it| it.get(active.get_untracked()).copied()).as_ref()
                {
                    run(index);
                }
            }
            _ => return,
        }
        event.prevent_default();
    };
    view! {
        <dialog
            node_ref=dialog
            class="palette"
            aria-label="Commands"
            on:cancel=move |event: ev::Event| {
                event.prevent_default();
                on_close.run(());
            }
        >
            <input
                class="input"
                type="text"
                role="combobox"
                aria-label="Command"
                aria-expanded="true"
                aria-controls="palette-list"
                aria-autocomplete="list"
                aria-activedescendant=move || format!("palette-{}", active.get())
                placeholder="Type a page or an action"
                autocomplete="off"
                autofocus
                prop:value=query
                on:input=move |event| {
                    query.set(event_target_value(&event));
                    active.set(0);
                }
                on:keydown=on_key
            />
            <ul id="palette-list" role="listbox" aria-label="Commands">
                {part(move || {
                    found
                        .get()
                        .into_iter()
                        .enumerate()
                        .filter_map(|(place, index)| {
                            let entry = entries.with_value(|all| all.get(index).cloned())?;
                            let hint = entry.disabled.clone().unwrap_or(entry.hint);
                            Some(view! {
                                <li
                                    id=format!("palette-{place}")
                                    role="option"
                                    aria-selected=move || (active.get() == place).to_string()
                                    aria-disabled=entry.disabled.is_some().then_some("true")
                                    on:click=move |_| run(index)
                                    on:mousemove=move |_| active.set(place)
                                >
                                    <span>{entry.name}</span>
                                    <span class="reason">{hint}</span>
                                </li>
                            })
                        })
                        .collect_view()
                })}
                {part(move || found.with(Vec::is_empty).then(|| view! {
                    <li role="option" aria-selected="false" aria-disabled="true">"Nothing of that name."</li>
                }))}
            </ul>
        </dialog>
    }
}
