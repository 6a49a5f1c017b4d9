//! The checklist before an upgrade, each item with its evidence.

use leptos::prelude::expect_context;
use rootcause_domain::{
    ago::ago,
    backup::{
        self, Database,
        checklist::{self, Item},
    },
    secrets::value::size,
    time::Timestamp,
    version::update_available,
};

use super::backup::Backups;
use crate::{
    browser::{clock::Now, download, storage},
    live::Live,
    reactive::{Memo, RwSignal},
    session::Session,
    ui::{El, Tone, View, button, command, el, mark, out_link, p, section, show, soft},
};

/// What was done by hand, and when: remembered by this browser, for this installation.
fn key(session: Session, item: &str) -> String {
    let config = session.config();
    format!("checklist/{}/{}/{item}", config.namespace, config.installation)
}

pub fn checklist_section(backups: Backups) -> El {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    // Counts what was done by hand, so that the list is drawn anew.
    let done = RwSignal::new(0_u32);
    let items = move || {
        done.get();
        let target = live.target()?;
        Some(backups.instances.with(|it| checklist::items(&target, it, session.server_now())))
    };
    section("checklist", "Before an upgrade", "recommended, not required").child(show(items, move |items| {
        let rows = items.iter().flatten().map(|it| row(it, backups, done));
        el("ul").class("checks").attr("aria-label", "Checklist").children(rows.collect::<Vec<_>>())
    }))
}

fn row(item: &Item, backups: Backups, done: RwSignal<u32>) -> El {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let now = expect_context::<Now>();
    let stored = key(session, item.key);
    let database = Database::keyed(item.key);
    let by_hand = {
        let stored = stored.clone();
        // `2026-03-01T12:00:00Z 1234`: when, and how many bytes.
        move || {
            let text = storage::get(&stored)?;
            let (at, bytes) = text.split_once(' ').unwrap_or((text.as_str(), ""));
            Some((at.parse::<Timestamp>().ok()?, bytes.parse::<usize>().ok()))
        }
    };
    let state = Memo::new(move || {
        done.get();
        let changed = backups.changed(live);
        let newest = database.map(|it| backups.list.with(|list| backup::evidence(list, it, changed)));
        let (tone, word, said) = match (newest, by_hand()) {
            (Some(Ok(at)), _) => {
                (Tone::Ok, "verified", format!("A Job backed it up {}.", ago(at, now.get())))
            }
            (_, Some((at, _))) if changed.is_some_and(|changed| at <= changed) => {
                (Tone::Warn, "outdated", format!("Done {}, before the last change.", ago(at, now.get())))
            }
            (_, Some((at, Some(bytes)))) => {
                (Tone::Ok, "saved", format!("{} {}.", size(bytes), ago(at, now.get())))
            }
            (_, Some((at, None))) => (Tone::Ok, "by hand", format!("Marked as done {}.", ago(at, now.get()))),
            (Some(Err(why)), None) => (Tone::Off, "open", format!("{why}.")),
            (None, None) => (Tone::Off, "open", String::new()),
        };
        (tone, word, said)
    });
    let remember = move |bytes: Option<usize>| {
        let bytes = bytes.map_or_else(String::new, |it| format!(" {it}"));
        storage::set(&stored, &format!("{}{bytes}", session.server_now()));
        done.update(|it| *it += 1);
    };
    let mark_done = {
        let remember = remember.clone();
        button("Mark as done").small().on_press(move || remember(None))
    };
    let act: Option<View> = match item.key {
        "export" => {
            let save = move || {
                let Some(cr) = live.current() else { return };
                let config = session.config();
                let marks = &config.contract.marks;
                let marks =
                    [marks.requests.as_ref(), marks.force_reconcile.as_ref(), marks.check_updates.as_ref()];
                let yaml = checklist::export(&cr, &marks);
                let name = checklist::file_name(&config.installation, session.server_now(), "yaml");
                download::save(&name, &[yaml.as_bytes()]);
                remember(Some(yaml.len()));
            };
            Some(button("Save as YAML").small().on_press(save).into())
        }
        "notes" => live.installation.with_untracked(|it| {
            let it = it.as_ref()?;
            let version = update_available(it)?;
            let own = it.available.iter().flatten().find(|it| it.version == version)?.notes_url.clone();
            let href = own.or_else(|| session.config().links.release_notes(version))?;
            Some(out_link(&href, &format!("Release notes of {version}"))?.into())
        }),
        _ => None,
    };
    let shown = (!item.command.is_empty()).then(|| {
        let summary = el("summary").child("The command");
        el("details").child(summary).child(command(&item.command, None))
    });
    let words = el("div")
        .child(el("strong").child(item.title))
        .child(p(item.why.as_str()))
        .child(show(move || state.get().2, |said| p(soft(said.as_str()))))
        .child(el("span").class("actions").child(act).child(mark_done))
        .child(shown);
    el("li")
        .child(show(
            move || {
                let (tone, word, _) = state.get();
                (tone, word)
            },
            |(tone, word)| mark(*tone, word),
        ))
        .child(words)
}
