//! The checklist before an upgrade, each item with its evidence. What was done is recorded in the installation, where
//! others see it.

use kube_web::{Error, Patch, WriteParams};
use leptos::prelude::{GetValue as _, StoredValue, expect_context};
use rootcause_domain::{
    backup::{
        self, Database,
        checklist::{self, Item, Mark},
    },
    version::update_available,
};
use serde_json::Value;

use super::{backup::Backups, backup::who, preflight::words, stream::stream_button};
use crate::{
    browser::{clock::Now, download},
    live::{Live, Scope},
    reactive::{Memo, RwSignal},
    session::Session,
    ui::{El, Toasts, View, button, command, el, mark, out_link, p, section, show, soft},
};

/// The field manager of the record: of its own, so that the writer of the spec stays known.
const MANAGER: &str = "rootcause-admin-checklist";

/// How often a record is tried when others change the installation at the same time.
const TRIES: usize = 4;

/// Why nothing can be recorded; `None` where it can.
fn cannot_record(live: Live, session: Session) -> Option<String> {
    let nowhere = session.config().contract.marks.checklist.is_none();
    nowhere.then(|| "config.json switches `checklist` off.".to_owned()).or_else(|| live.write_locked())
}

/// Records that an item was done, or with `None` that it was not.
///
/// # Errors
/// Why it is not recorded, in words.
pub async fn record(live: Live, session: Session, item: &str, mark: Option<Mark>) -> Result<(), String> {
    if let Some(why) = cannot_record(live, session) {
        return Err(why);
    }
    let config = session.config();
    let Some(api) = live.installation_api() else { return Ok(()) };
    for _ in 0..TRIES {
        let read = api.get::<Value>(&config.installation).await.map_err(|error| words(&error))?;
        let cr = read.object.map_err(|error| error.to_string())?;
        let Some(patch) = checklist::mark_patch(&config.contract, &cr, item, mark.as_ref()) else { break };
        let params = WriteParams::by(MANAGER);
        match api.patch::<Value>(&config.installation, &Patch::Merge(patch), &params).await {
            Ok(_) => return Ok(()),
            Err(Error::Conflict { .. }) => {}
            Err(error) => return Err(words(&error)),
        }
    }
    Err("Others changed the installation again and again meanwhile.".to_owned())
}

/// A mark of now.
pub fn mark_now(live: Live, session: Session, item: &str, bytes: Option<u64>) -> Mark {
    Mark { item: item.to_owned(), who: who(live), when: session.server_now(), bytes, sha256: None }
}

pub fn checklist_section(backups: Backups) -> El {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let items = move || {
        let target = live.target()?;
        Some(backups.instances.with(|it| checklist::items(&target, it, session.server_now())))
    };
    section("checklist", "Before an upgrade", "recommended, not required").child(show(items, move |items| {
        let rows = items.iter().flatten().map(|it| row(it, backups));
        el("ul").class("checks").attr("aria-label", "Checklist").children(rows.collect::<Vec<_>>())
    }))
}

fn row(item: &Item, backups: Backups) -> El {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let now = expect_context::<Now>();
    let toasts = expect_context::<Toasts>();
    let (key, title) = (item.key, item.title);
    let database = Database::keyed(key);
    let state = Memo::new(move || {
        let changed = backups.changed(live);
        backups.marks.with(|marks| {
            let proof =
                database.map(|it| backups.list.with(|list| backup::evidence(list, marks, it, changed)));
            checklist::standing(key, marks, proof.as_ref(), changed, now.get())
        })
    });
    let busy = RwSignal::new(false);
    // A record changes the button that asked for it.
    let scope = StoredValue::new(Scope::here());
    let keep = move |mark: Option<Mark>| {
        busy.set(true);
        scope.get_value().spawn(async move {
            if let Err(why) = record(live, session, key, mark).await {
                toasts.say(format!("Not recorded: {why}"));
            }
            busy.set(false);
        });
    };
    let marked = move || backups.marks.with(|it| it.iter().any(|it| it.item == key));
    let by_hand = show(marked, move |marked| {
        let (label, marked) = (if *marked { "Take back" } else { "Mark as done" }, *marked);
        button(label)
            .label(&format!("{label}: {title}"))
            .small()
            .disabled(move || cannot_record(live, session))
            .busy(move || busy.get())
            .on_press(move || keep((!marked).then(|| mark_now(live, session, key, None))))
    });
    let act: Option<View> = match (key, database) {
        (_, Some(database)) => Some(stream_button(database, backups).into()),
        ("export", _) => {
            let save = move || {
                let Some(cr) = live.current() else { return };
                let config = session.config();
                let yaml = checklist::export(&cr, config.contract.marks.all());
                let name = checklist::file_name(&config.installation, session.server_now(), "yaml");
                download::save(&name, &[yaml.as_bytes()]);
                keep(Some(mark_now(live, session, key, Some(yaml.len() as u64))));
            };
            Some(button("Save as YAML").small().on_press(save).into())
        }
        ("notes", _) => live.installation.with_untracked(|it| {
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
        .child(show(move || state.get().2, |said| (!said.is_empty()).then(|| p(soft(said.as_str())))))
        .child(el("span").class("actions").child(act).child(by_hand))
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
