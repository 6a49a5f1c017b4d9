//! Scheduled backups: when they run, and what went wrong with them.

use std::{rc::Rc, time::Duration};

use kube_web::{ListParams, Resource};
use leptos::prelude::expect_context;
use rootcause_domain::{
    backup::{
        backups,
        manifest::{self, Instance, Order},
        schedule::{self, Schedule, is_read, schedules, words},
    },
    route::{Place, Route},
    time::Timestamp,
};
use serde_json::{Value, json};

use super::backup::{Backups, CRON_JOBS, OURS, Target, create, field, several, who};
use crate::{
    browser::{clock::Now, zone},
    live::{Live, sleep, spawn_scoped},
    reactive::RwSignal,
    session::Session,
    shell::confirm::{Confirm, Confirms},
    ui::{
        El, Tone, View, button, el, empty, link, mark, notice, p, row_head, section, show, since, soft,
        table, td, text, value_of,
    },
    words::Problem,
    writes::{What, Write},
};

/// How often Status looks at the schedules: their shortest useful interval is minutes.
const LOOK: Duration = Duration::from_secs(60);

/// What Status waits for first: its own rows.
const FIRST: Duration = Duration::from_secs(2);

/// On Status: a scheduled run that was missed, or that failed. Who may not read schedules is told so where they are.
pub fn schedule_notices() -> View {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let said = RwSignal::new(Vec::<String>::new());
    spawn_scoped(async move {
        sleep(FIRST).await;
        loop {
            let read = async |resource: Resource| {
                let list = session.api(resource).list::<Value>(&ListParams::default().labels(OURS)).await;
                list.map(|it| it.items.into_iter().filter_map(|it| it.object.ok()).collect::<Vec<_>>())
            };
            if let (Ok(cron_jobs), Ok(jobs)) = (read(CRON_JOBS).await, read(Resource::JOBS).await) {
                let list = live.pods.with_untracked(|pods| backups(&jobs, pods.slice()));
                let now = session.server_now();
                said.set(
                    schedules(&cron_jobs)
                        .iter()
                        .filter_map(|it| it.trouble(&list, now, &zone::offset))
                        .collect(),
                );
            }
            sleep(LOOK).await;
        }
    });
    show(
        move || said.get(),
        |said| {
            let to = || p(link(&Place::at(Route::Backups).hash(), "See the backups"));
            View::list(said.iter().map(|it| notice(Tone::Warn, it, to())))
        },
    )
}

/// Offered for a new schedule.
const USUAL: [&str; 4] = ["30 2 * * *", "30 2 * * 1-5", "30 2 * * 0", "0 */6 * * *"];

pub fn schedules_section(backups: Backups) -> El {
    let live = expect_context::<Live>();
    let all = move || {
        let suspended_too = backups.cron_jobs.with(|it| schedules(it.slice()));
        (suspended_too, backups.list.get())
    };
    let denied = move || backups.cron_jobs.with(|it| it.denied().map(Problem::line));
    let cannot = move || {
        let none = backups.instances.with(Vec::is_empty);
        let right = live.right("create", &CRON_JOBS, None);
        none.then(|| "No database to back up is found.".to_owned())
            .or_else(|| live.locked())
            .or_else(|| live.denied(&right))
    };
    let new = button("Schedule backups…").disabled(cannot).on_press(move || schedule(backups));
    let heads = ["Database", "Runs", "Last", "Next", "Kept", "State", "Actions"];
    section("schedules", "Scheduled backups", "")
        .child(show(denied, |it| {
            it.as_ref().map(|it| notice(Tone::Warn, "Schedules cannot be listed.", p(it.as_str())))
        }))
        .child(show(all, move |(all, list)| {
            if all.is_empty() {
                return View::from(empty(
                    "No backups are scheduled. “Schedule backups…” has them taken by themselves.",
                ));
            }
            let now = expect_context::<Now>();
            let rows: Vec<El> =
                all.iter().map(|it| row(it, it.trouble(list, now.get_untracked(), &zone::offset))).collect();
            table(&heads, "schedules", Some("Schedules"), rows).into()
        }))
        .child(el("div").class("actions").child(new))
}

fn row(schedule: &Schedule, trouble: Option<String>) -> El {
    let live = expect_context::<Live>();
    let now = expect_context::<Now>();
    let (name, suspended) = (schedule.name.clone(), schedule.suspended);
    let verb = if suspended { "Resume" } else { "Suspend" };
    let change = {
        let name = name.clone();
        let right = live.right("patch", &CRON_JOBS, None);
        button(verb)
            .small()
            .disabled(move || live.locked().or_else(|| live.denied(&right)))
            .on_press(move || review(&name, Some(!suspended), None))
    };
    let delete = {
        let (name, uid) = (name.clone(), schedule.uid.clone());
        let right = live.right("delete", &CRON_JOBS, None);
        button("Delete…")
            .small()
            .disabled(move || live.locked().or_else(|| live.denied(&right)))
            .on_press(move || review(&name, None, Some(uid.clone())))
    };
    let state = match (&trouble, suspended) {
        (Some(_), _) => mark(Tone::Bad, "in trouble"),
        (None, true) => mark(Tone::Off, "suspended"),
        (None, false) => mark(Tone::Ok, "active"),
    };
    let next = schedule.next(now.get_untracked(), &zone::offset);
    let zone = if schedule.zone.is_empty() {
        "the cluster's own zone, taken for UTC"
    } else {
        schedule.zone.as_str()
    };
    let next = match next {
        Some(at) => {
            View::list::<View>([since(at).into(), " ".into(), soft(on_clocks(&schedule.zone, at)).into()])
        }
        None => soft(if suspended { "suspended" } else { "not known here" }).into(),
    };
    el("tr")
        .child(row_head(schedule.database.name()))
        .child(td(words(&schedule.cron)).child(" ").child(soft(format!("{zone}, {}", schedule.cron))))
        .child(td(schedule.last.map_or_else(|| soft("never"), since)))
        .child(td(next))
        .child(td(schedule.days.map(|days| format!("{days} days"))))
        .child(td(state).child(" ").child(trouble.map(soft)))
        .child(td(el("span").class("actions").child(change).child(delete)))
}

/// `at` on the clocks of a schedule's zone.
fn on_clocks(zone: &str, at: Timestamp) -> String {
    zone::on_clocks_of(if zone.is_empty() { "Etc/UTC" } else { zone }, at).unwrap_or_default()
}

/// The review that suspends or resumes a schedule, or deletes it.
fn review(name: &str, suspend: Option<bool>, uid: Option<String>) {
    let session = expect_context::<Session>();
    let namespace = session.config().namespace.clone();
    let (verb, effect, done) = match suspend {
        Some(true) => ("Suspend", "No backup is taken by it until it is resumed.", "Suspended."),
        Some(false) => ("Resume", "Its next run is the next one that is due.", "Resumed."),
        None => ("Delete", "No more backups are taken by it. Those taken stay.", "Deleted."),
    };
    let (what, kubectl) = match (suspend, uid) {
        (Some(suspend), _) => (
            What::Patch(json!({"spec": {"suspend": suspend}})),
            format!(
                "kubectl patch cronjob {name} -n {namespace} --type merge -p '{{\"spec\":{{\"suspend\":{suspend}}}}}'"
            ),
        ),
        (None, uid) => {
            (What::Delete(uid.unwrap_or_default()), format!("kubectl delete cronjob {name} -n {namespace}"))
        }
    };
    let write = Write { resource: CRON_JOBS, name: name.to_owned(), what, kubectl };
    let verb = format!("{verb} {name}");
    expect_context::<Confirms>().open(Confirm {
        title: format!("Review: {verb}"),
        body: Box::new(move || p(effect).into()),
        write: Rc::new(move || write.clone()),
        verb: Rc::new(move || verb.clone()),
        done: done.to_owned(),
        typed: None,
        then: Rc::new(|_| {}),
    });
}

/// The review that makes a schedule for each database that has none.
fn schedule(backups: Backups) {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let taken = backups.cron_jobs.with_untracked(|it| schedules(it.slice()));
    let instances = backups.instances.get_untracked();
    let free: Vec<Instance> =
        instances.into_iter().filter(|it| !taken.iter().any(|taken| taken.database == it.database)).collect();
    let cron = RwSignal::new(USUAL[0].to_owned());
    let zone = RwSignal::new("Etc/UTC".to_owned());
    let target = Target::new(backups);
    let now = session.server_now();
    let names: Vec<&str> = free.iter().map(|it| it.database.name()).collect();
    let names = if names.is_empty() {
        "Each database has its schedule already.".to_owned()
    } else {
        names.join(", ")
    };
    let write = move || {
        let (store, who) = (target.store(), who(live));
        let (cron, zone) = (cron.get(), zone.get());
        let one = |instance: &Instance| {
            let order = Order { instance, store: &store, version: "", who: &who };
            create(CRON_JOBS, manifest::schedule(order, cron.trim(), zone.trim()))
        };
        several(target.made(live, session).into_iter().chain(free.iter().map(one)).collect())
    };
    let body = move || {
        let usual = USUAL.iter().map(|it| el("option").attr("value", it).child(words(it)));
        let usual = el("select")
            .children(usual.collect::<Vec<_>>())
            .prop_live("value", move || cron.get())
            .on("change", move |event| cron.set(value_of(&event)));
        let in_words = text(move || {
            cron.with(|it| {
                if is_read(it.trim()) {
                    words(it.trim())
                } else {
                    "Not read here; the API server judges it.".to_owned()
                }
            })
        });
        // What runs next, by the clocks of the zone.
        let next = text(move || {
            let zone = zone.get();
            let zone = zone.trim();
            if zone::offset(zone, now).is_none() {
                return "This browser knows no such time zone; the API server judges it.".to_owned();
            }
            let next = schedule::next(cron.get().trim(), now, &|at| zone::offset(zone, at));
            next.map(|at| format!("Next: {}", on_clocks(zone, at))).unwrap_or_default()
        });
        let mut zones = vec!["Etc/UTC".to_owned()];
        zones.extend(zone::own().filter(|it| it != "UTC" && it != "Etc/UTC"));
        let offered = el("datalist")
            .id("schedule-zones")
            .children(zones.iter().map(|it| el("option").attr("value", it)).collect::<Vec<_>>());
        let zone = el("input").attr("list", "schedule-zones").bind(zone);
        View::list::<View>([
            p(names.as_str()).into(),
            field("schedule-usual", "Runs", usual).into(),
            field("schedule-cron", "As cron", el("input").bind(cron)).child(soft(in_words)).into(),
            field("schedule-zone", "Time zone", zone).child(offered).child(soft(next)).into(),
            target.fields(backups),
        ])
    };
    expect_context::<Confirms>().open(Confirm {
        title: "Review the schedule".to_owned(),
        body: Box::new(body),
        write: Rc::new(write),
        verb: Rc::new(|| "Schedule backups".to_owned()),
        done: "Scheduled.".to_owned(),
        typed: None,
        then: Rc::new(|_| {}),
    });
}
