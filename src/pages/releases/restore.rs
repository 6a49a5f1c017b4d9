//! Restoring a backup, step by step. Where it stands is read from the cluster, so any browser can go on with it.

use std::rc::Rc;

use kube_web::Resource;
use leptos::prelude::expect_context;
use rootcause_domain::{
    backup::{
        Backup, State, manifest,
        restore::{self, Progress, Step, StepName, restore as standing},
    },
    objects::Workload,
};

use super::backup::{Backups, create, no_jobs, several, who};
use crate::{
    live::Live,
    reactive::Memo,
    requests::Intent,
    session::Session,
    shell::{
        confirm::{Confirm, Confirms},
        review::Reviews,
    },
    ui::{El, View, button, command, el, mark, p, section, show},
    writes::{What, Write},
};

/// The Deployments that write, as the cluster has them.
fn writers(live: Live, session: Session) -> Vec<Workload> {
    let releases = session.config().contract.releases.clone();
    live.deployments.with(|it| {
        let all = restore::writers(it.slice(), &[&releases.dependencies, &releases.platform]);
        all.into_iter().cloned().collect()
    })
}

pub fn restore_section(backups: Backups) -> View {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    // What the cluster says is under way comes before what was chosen here.
    let chosen = Memo::new(move || {
        let writers = writers(live, session);
        let begun = restore::under_way(&writers.iter().collect::<Vec<_>>());
        let job = begun.or_else(|| backups.restoring.get())?;
        backups.list.with(|list| list.iter().find(|it| it.job == job).cloned())
    });
    show(move || chosen.get(), move |chosen| chosen.as_ref().map(|it| guide(it.clone(), backups)))
}

fn guide(of: Backup, backups: Backups) -> El {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let steps = {
        let of = of.clone();
        move || {
            let writers = writers(live, session);
            let writers: Vec<&Workload> = writers.iter().collect();
            let deployed = live.installation.with(|it| it.as_ref()?.deployed_version.clone());
            backups.jobs.with(|jobs| {
                live.pods.with(|pods| {
                    standing(&of, &writers, jobs.slice(), pods.slice(), deployed.as_deref()).steps
                })
            })
        }
    };
    let mut from = of.version.clone().unwrap_or_else(|| "a version that is not known".to_owned());
    if of.derived {
        from.push_str(" (by Helm's history)");
    }
    let words = format!(
        "The backup {} of {}, taken from {from}. Restoring it overwrites what the database holds now.",
        of.job,
        of.database.name()
    );
    let close = button("Close").small().quiet().on_press(move || backups.restoring.set(None));
    section("restore", "Restore", "")
        .child(p(words))
        .child(show(steps, move |steps| {
            let rows = steps.iter().map(|it| step(it, &of, backups)).collect::<Vec<_>>();
            el("ol").class("checks").attr("aria-label", "Steps of the restore").children(rows)
        }))
        .child(close)
}

fn step(step: &Step, of: &Backup, backups: Backups) -> El {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let namespace = session.config().namespace.clone();
    let all = writers(live, session);
    let all: Vec<&Workload> = all.iter().collect();
    let name = step.name;
    let shown = match name {
        StepName::Stop => Some(restore::scale_command(&all, &namespace, true)),
        StepName::Start => Some(restore::scale_command(&all, &namespace, false)),
        _ => None,
    };
    let shown = shown
        .filter(|it| !it.is_empty())
        .map(|it| el("details").child(el("summary").child("The commands")).child(command(&it, None)));
    let ready = matches!(step.progress, Progress::Next | Progress::Failed(_));
    let of = of.clone();
    let act = ready.then(|| match name {
        StepName::Version => {
            let version = of.version.clone().unwrap_or_default();
            let reviews = expect_context::<Reviews>();
            button("Review the version…").on_press(move || reviews.open(Intent::Version(version.clone())))
        }
        _ => {
            let database = of.database;
            let cannot = move || match name {
                StepName::Restore => {
                    let found = backups.instances.with(|it| it.iter().any(|it| it.database == database));
                    (!found).then(|| "The database is not found.".to_owned()).or_else(|| no_jobs(live))
                }
                _ => {
                    live.locked().or_else(|| live.denied(&live.right("patch", &Resource::DEPLOYMENTS, None)))
                }
            };
            let label = format!("{}…", step.title);
            button(label).primary().disabled(cannot).on_press(move || review(name, of.clone(), backups))
        }
    });
    let words = el("div")
        .child(el("strong").child(step.title.as_str()))
        .child(p(step.said.as_str()))
        .child(act)
        .child(shown);
    el("li").child(mark(step.progress.tone(), step.progress.word())).child(words)
}

/// The review of one step.
fn review(name: StepName, of: Backup, backups: Backups) {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let at = session.server_now();
    let namespace = session.config().namespace.clone();
    let database = of.database.name();
    let (verb, effect, typed) = match name {
        StepName::Stop => (
            "Stop what writes".to_owned(),
            "These are scaled to no pods; how many they had is kept with them. Nobody can use the platform meanwhile."
                .to_owned(),
            None,
        ),
        StepName::Start => {
            ("Start it again".to_owned(), "These get as many pods as they had.".to_owned(), None)
        }
        _ => (
            format!("Restore {database}"),
            format!("A Job checks the backup's checksum, then overwrites all that {database} holds now."),
            Some(of.job.clone()),
        ),
    };
    let write = move || {
        let scale = |writer: &Workload, stop: bool| {
            let name = writer.metadata.name.clone();
            let patch = if stop { restore::stop(writer, &of.job) } else { restore::start(writer) };
            let kubectl = restore::scale_command(&[writer], &namespace, stop);
            Write { resource: Resource::DEPLOYMENTS, name, what: What::Patch(patch), kubectl }
        };
        let all = writers(live, session);
        match (name, &of.state, backups.instance(of.database)) {
            (StepName::Stop, ..) => several(all.iter().map(|it| scale(it, true)).collect()),
            (StepName::Restore, State::Proved(file), Some(instance)) => {
                create(Resource::JOBS, manifest::restore_job(&instance, &of, file, &who(live), at))
            }
            (StepName::Start, ..) => several(all.iter().map(|it| scale(it, false)).collect()),
            _ => several(Vec::new()),
        }
    };
    let said = verb.clone();
    expect_context::<Confirms>().open(Confirm {
        title: format!("Review: {verb}"),
        body: Box::new(move || p(effect.as_str()).into()),
        write: Rc::new(write),
        verb: Rc::new(move || verb.clone()),
        done: format!("{said}: asked for."),
        typed,
        then: Rc::new(|_| {}),
    });
}
