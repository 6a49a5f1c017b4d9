//! A dump straight to the user's own disk, where commands in containers are let through.

use std::pin::pin;

use futures::StreamExt;
use kube_web::{ExecParams, Message, Resource, exec};
use leptos::prelude::{GetValue as _, StoredValue, expect_context};
use rootcause_domain::{
    access::Check,
    backup::{
        Database,
        checklist::Mark,
        manifest::Instance,
        stream::{self, command as dump, judge},
    },
    secrets::value::size,
    time::Timestamp,
};

use super::{
    backup::{Backups, who},
    checklist::record,
    preflight::words,
};
use crate::{
    browser::save::Saving,
    live::{Live, Scope},
    reactive::RwSignal,
    session::Session,
    ui::{El, Tone, View, alert, button, command, dialog, el, facts, notice, p, show, since, text},
};

/// Bytes of what the command wrote to its standard error that are kept: its last words.
const LAST: usize = 2000;

/// The progress is told after each of so many bytes.
const STEP: u64 = 1 << 20;

/// Why no dump can be streamed; `None` where one can.
fn cannot(live: Live, session: Session, database: Database, backups: Backups) -> Option<String> {
    let found = backups.instances.with(|it| it.iter().any(|it| it.database == database));
    // Newer API servers ask for the right to create beside the one to get, which finding out has shown.
    let create = Check::new("create", "", "pods").subresource("exec").within(&session.config().namespace);
    (!found).then(|| "The database is not found.".to_owned()).or_else(|| live.locked()).or_else(|| {
        match backups.exec.get() {
            None => Some("Whether commands reach its container is still being found out.".to_owned()),
            Some(Err(why)) => Some(why),
            Some(Ok(())) => live.denied(&create),
        }
    })
}

pub fn stream_button(database: Database, backups: Backups) -> El {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    button("Save to disk…")
        .label(&format!("Save to disk: {}", database.name()))
        .small()
        .disabled(move || cannot(live, session, database, backups))
        .on_press(move || backups.saving.set(Some(database)))
}

/// How far it is.
#[derive(Clone, PartialEq)]
enum Stage {
    Ready,
    Running(Timestamp),
    Saved {
        file: String,
        mark: Mark,
        unrecorded: Option<String>,
    },
    /// Nothing is kept of it.
    Failed(String),
}

pub fn stream_dialog(instance: Instance, backups: Backups) -> El {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let stage = RwSignal::new(Stage::Ready);
    let arrived = RwSignal::new(0_u64);
    let scope = StoredValue::new(Scope::here());
    let (database, name) = (instance.database, instance.database.name());
    let file = stream::file_name(database, session.server_now());
    let go = {
        let (instance, file) = (instance.clone(), file.clone());
        move || {
            let (instance, file) = (instance.clone(), file.clone());
            scope.get_value().spawn(async move {
                arrived.set(0);
                let ended = run(live, session, &instance, &file, stage, arrived).await;
                stage.set(ended.unwrap_or_else(Stage::Failed));
            });
        }
    };
    let same = stream::kubectl(&instance, &file);
    let back = instance.clone();
    let body = show(
        move || stage.get(),
        move |stage| {
            match stage {
            Stage::Ready => View::list::<View>([
                p(format!(
                    "It runs {} in the container {} of {} and saves what that writes on this computer. Nothing is \
                     changed in the cluster. Keep the page open meanwhile.",
                    database.program(),
                    instance.container,
                    instance.pod
                ))
                .into(),
                command(&same, Some("Equivalent command")).into(),
            ]),
            Stage::Running(began) => el("p")
                .attr("role", "status")
                .child(format!("{name} is being saved, begun "))
                .child(since(*began))
                .child(text(move || format!(". {} so far.", size(usize::try_from(arrived.get()).unwrap_or(usize::MAX)))))
                .into(),
            Stage::Saved { file, mark, unrecorded } => saved(&back, file, mark, unrecorded.as_deref()),
            Stage::Failed(why) => {
                alert(Tone::Bad, "No dump was saved.", p(format!("{why}. What had arrived was thrown away."))).into()
            }
        }
        },
    );
    let running = move || stage.with(|it| matches!(it, Stage::Running(_)));
    let close = move || backups.saving.set(None);
    let footer = show(
        move || stage.get(),
        move |stage| match stage {
            Stage::Ready => {
                let cancel = button("Cancel").on_press(close);
                View::list([cancel, button("Save the dump").primary().on_press(go.clone())])
            }
            // With the dialog its task goes, and with that the connection and what was saved.
            Stage::Running(_) => button("Stop and discard").on_press(close).into(),
            Stage::Saved { .. } => button("Done").primary().on_press(close).into(),
            Stage::Failed(_) => {
                let again = button("Try again").primary().on_press(go.clone());
                View::list([button("Close").on_press(close), again])
            }
        },
    );
    dialog(format!("Save a dump of {name} to disk"), body).locked(running).footer(footer).on_close(close)
}

fn saved(instance: &Instance, file: &str, mark: &Mark, unrecorded: Option<&str>) -> View {
    let bytes = mark.bytes.unwrap_or_default();
    let bytes = format!("{} ({bytes} bytes)", size(usize::try_from(bytes).unwrap_or(usize::MAX)));
    let sum = match &mark.sha256 {
        Some(sum) => el("span").class("mono").child(sum.as_str()),
        None => el("span").child("not summed up here: run sha256sum on the file"),
    };
    let rows: Vec<(&str, View)> =
        vec![("File", file.into()), ("Size", bytes.into()), ("SHA-256", sum.into())];
    let recorded = match unrecorded {
        None => p("It is recorded in the checklist, where others see it."),
        Some(why) => notice(Tone::Warn, "It is not recorded in the checklist.", p(why)),
    };
    View::list::<View>([
        el("p").attr("role", "status").child("The dump is saved, and its command ended well.").into(),
        facts(rows).into(),
        recorded.into(),
        command(
            &stream::restore_kubectl(instance, file),
            Some("To bring it back, overwriting what is there"),
        )
        .into(),
    ])
}

/// Streams the dump into a file.
async fn run(
    live: Live,
    session: Session,
    instance: &Instance,
    file: &str,
    stage: RwSignal<Stage>,
    arrived: RwSignal<u64>,
) -> Result<Stage, String> {
    let Some(mut saving) = Saving::begin(file).await? else { return Ok(Stage::Ready) };
    // A dump shows what was there when it began.
    let when = session.server_now();
    stage.set(Stage::Running(when));
    if let Err(why) = fill(session, instance, &mut saving, arrived).await {
        saving.abort().await;
        return Err(why);
    }
    let (file, bytes) = (saving.name().to_owned(), saving.bytes());
    let sha256 = saving.finish().await?;
    let item = instance.database.key();
    let mark = Mark { item: item.to_owned(), who: who(live), when, bytes: Some(bytes), sha256 };
    let unrecorded = record(live, session, item, Some(mark.clone())).await.err();
    Ok(Stage::Saved { file, mark, unrecorded })
}

async fn fill(
    session: Session,
    instance: &Instance,
    saving: &mut Saving,
    arrived: RwSignal<u64>,
) -> Result<(), String> {
    let params = ExecParams { container: instance.container.clone(), command: dump(instance) };
    let mut said = pin!(exec(&session.api(Resource::PODS), &instance.pod, &params));
    let mut last = Vec::new();
    let mut told = 0;
    while let Some(message) = said.next().await {
        match message.map_err(|error| words(&error))? {
            Message::Out(piece) => {
                saving.write(&piece).await?;
                if saving.bytes() >= told + STEP {
                    told = saving.bytes();
                    arrived.set(told);
                }
            }
            Message::Err(piece) => {
                last.extend_from_slice(&piece);
                last.drain(..last.len().saturating_sub(LAST));
            }
            Message::Exit(exit) => {
                let last = String::from_utf8_lossy(&last);
                let last = last.trim().lines().last().unwrap_or_default();
                return judge(exit.code, &exit.message, last, saving.bytes());
            }
            Message::Nothing => {}
        }
    }
    Err("It ended without a word".to_owned())
}
