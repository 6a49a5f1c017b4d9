//! Backups: whether there is one to rely on, taking one, the list of those taken.

use std::rc::Rc;

use futures::StreamExt;
use kube_web::{Error, ListParams, LogParams, Patch, Resource, WatchParams, WriteParams, exec_reaches, logs};
use leptos::prelude::{GetValue as _, StoredValue, UpdateValue as _, expect_context, provide_context};
use rootcause_domain::{
    backup::{
        self, Backup, Database, State,
        checklist::Mark,
        manifest::{self, CLAIM, DAYS, Instance, Order},
    },
    certainty::Read,
    contract::Concept,
    owner,
    secrets::value::size,
    time::Timestamp,
};
use serde_json::Value;

use super::{
    checklist::checklist_section, preflight::words, restore::restore_section, schedule::schedules_section,
    stream::stream_dialog,
};
use crate::{
    browser::clock::Now,
    live::{Feed, Live, Scope, follow, spawn_scoped},
    reactive::{Memo, RwSignal, effect},
    session::Session,
    shell::{
        confirm::{Confirm, Confirms},
        rights::why,
    },
    ui::{
        El, Glyph, Tone, View, button, dialog, el, empty, heading, icon, is_checked, mark, notice, p,
        row_head, section, show, since, skeleton, soft, table, td, text, value_of,
    },
    words::Problem,
    writes::{What, Write},
};

/// What finds all that this client made for backups.
pub const OURS: &str = "app.kubernetes.io/managed-by=rootcause-admin";

pub const CRON_JOBS: Resource = Resource::in_group("batch", "v1", "cronjobs", "CronJob");

/// What a 403 without the API server's details means.
const NO_EXEC: &str = "The proxy that serves this page lets no exec through, as kubectl proxy does unless it is started with \
                       --reject-paths='^$'. Back up now does without.";

/// Lines of a log that are shown.
const LINES: usize = 500;

/// What the page knows of backups. Handles only.
#[derive(Clone, Copy)]
pub struct Backups {
    pub jobs: RwSignal<Feed<Value>>,
    pub cron_jobs: RwSignal<Feed<Value>>,
    stateful_sets: RwSignal<Read<Vec<Value>>>,
    /// The names of the namespace's claims.
    claims: RwSignal<Vec<String>>,
    pub list: Memo<Vec<Backup>>,
    /// The databases that run here.
    pub instances: Memo<Vec<Instance>>,
    /// What was done of the checklist.
    pub marks: Memo<Vec<Mark>>,
    /// Whether commands reach the databases' containers, and if not, why; `None` while that is being found out.
    pub exec: RwSignal<Option<Result<(), String>>>,
    /// The backup whose restore is looked at.
    pub restoring: RwSignal<Option<String>>,
    /// The database that is to be saved to disk.
    pub saving: RwSignal<Option<Database>>,
    log: RwSignal<Option<String>>,
}

impl Backups {
    /// Follows the Jobs and schedules, and reads what they would be made from.
    fn provide(live: Live, session: Session) -> Self {
        let jobs = RwSignal::new(Feed::default());
        let cron_jobs = RwSignal::new(Feed::default());
        let stateful_sets = RwSignal::new(Read::<Vec<Value>>::Loading);
        let claims = RwSignal::new(Vec::new());
        follow(session.api(Resource::JOBS), WatchParams::default().labels(OURS), jobs);
        follow(session.api(CRON_JOBS), WatchParams::default().labels(OURS), cron_jobs);
        spawn_scoped(async move {
            let list = session.api(Resource::STATEFUL_SETS).list::<Value>(&ListParams::default()).await;
            stateful_sets.set(match list {
                Ok(list) => Read::Found(list.items.into_iter().filter_map(|it| it.object.ok()).collect()),
                Err(error) => Read::Unreadable(words(&error)),
            });
            // Without the right to list them one is made, or its name is there already and says so.
            if let Ok(list) = session.api(Resource::PVCS).list_metadata::<Value>(&ListParams::default()).await
            {
                claims.set(list.items.into_iter().map(|it| it.meta.name).collect());
            }
        });
        let list = Memo::new(move || {
            let mut list =
                jobs.with(|jobs| live.pods.with(|pods| backup::backups(jobs.slice(), pods.slice())));
            live.history.with(|it| backup::derive_versions(&mut list, &it.platform));
            list
        });
        let marks = Memo::new(move || live.checklist());
        let instances = Memo::new(move || {
            stateful_sets.with(|it| match it {
                Read::Found(all) => Database::ALL.iter().filter_map(|it| Instance::find(*it, all)).collect(),
                _ => Vec::new(),
            })
        });
        let (restoring, saving, log) = (RwSignal::new(None), RwSignal::new(None), RwSignal::new(None));
        let exec = RwSignal::new(None);
        let backups = Self {
            jobs,
            cron_jobs,
            stateful_sets,
            claims,
            list,
            instances,
            marks,
            exec,
            restoring,
            saving,
            log,
        };
        provide_context(backups);
        backups.keep_evidence(session);
        backups.read_versions(live);
        backups.find_exec(session);
        backups
    }

    /// Reads the revisions of Helm's history that tell from which version a backup was taken.
    fn read_versions(self, live: Live) {
        effect(move || {
            if self.list.with(|list| list.iter().any(|it| it.version.is_none())) {
                live.read_payloads(
                    live.history.with(|it| it.platform.iter().map(|it| it.secret.clone()).collect()),
                );
            }
        });
    }

    /// Finds out whether commands reach the databases' containers.
    fn find_exec(self, session: Session) {
        effect(move || {
            let Some(first) = self.instances.with(|it| it.first().cloned()) else { return };
            spawn_scoped(async move {
                let api = session.api(Resource::PODS);
                let found = exec_reaches(&api, &first.pod, &first.container).await;
                self.exec.set(Some(found.map_err(|error| match &error {
                    Error::Forbidden(it) if it.status.details.is_none() => NO_EXEC.to_owned(),
                    error => words(error),
                })));
            });
        });
    }

    /// Copies what a finished backup's pod said into its Job, since the pod may go at any time. A record, not a change:
    /// whoever may not write it sees the same as long as the pod is there.
    fn keep_evidence(self, session: Session) {
        let kept = StoredValue::new(Vec::<String>::new());
        // The list changes while a record is written.
        let scope = StoredValue::new(Scope::here());
        effect(move || {
            for one in self.list.get() {
                let Some(patch) =
                    backup::evidence_patch(&one).filter(|_| !kept.get_value().contains(&one.job))
                else {
                    continue;
                };
                kept.update_value(|it| it.push(one.job.clone()));
                scope.get_value().spawn(async move {
                    let params = WriteParams::by(owner::MANAGER);
                    // Tried again by the next tab that sees it.
                    let _ = session
                        .api(Resource::JOBS)
                        .patch::<Value>(&one.job, &Patch::Merge(patch), &params)
                        .await;
                });
            }
        });
    }

    /// When the installation was last changed.
    pub fn changed(self, live: Live) -> Option<Timestamp> {
        let history = live.history.get();
        live.installation
            .with(|it| backup::last_change(it.as_ref()?, &history.dependencies, &history.platform))
    }

    /// The database's StatefulSet, if it is found.
    pub fn instance(self, database: Database) -> Option<Instance> {
        self.instances.with_untracked(|it| it.iter().find(|it| it.database == database).cloned())
    }
}

/// Who asks, as far as it is known.
pub fn who(live: Live) -> String {
    live.user.get_untracked().unwrap_or_else(|| "unknown".to_owned())
}

/// The write that makes this object.
pub fn create(resource: Resource, manifest: Value) -> Write {
    let name = manifest["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let kubectl = manifest::apply_command(std::slice::from_ref(&manifest));
    Write { resource, name, what: What::Create(manifest), kubectl }
}

/// Several writes as one review.
pub fn several(writes: Vec<Write>) -> Write {
    let kubectl = writes.iter().map(|it| it.kubectl.as_str()).collect::<Vec<_>>().join("\n");
    let (resource, name) =
        writes.first().map_or((Resource::JOBS, String::new()), |it| (it.resource.clone(), it.name.clone()));
    Write { resource, name, what: What::Several(writes), kubectl }
}

/// Why no Job may be made now; `None` where one may.
pub fn no_jobs(live: Live) -> Option<String> {
    live.locked().or_else(|| live.denied(&live.right("create", &Resource::JOBS, None)))
}

pub fn backups() -> View {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let now = expect_context::<Now>();
    let backups = Backups::provide(live, session);
    let sentence = Memo::new(move || {
        if let Some(problem) = backups.jobs.with(|it| it.denied().map(Problem::line)) {
            return (Tone::Unknown, format!("Whether there is a backup is not known. {problem}"));
        }
        let loading = backups.jobs.with(|it| it.items.is_none());
        if loading || backups.stateful_sets.with(|it| *it == Read::Loading) {
            return (Tone::Unknown, "Reading the backups.".to_owned());
        }
        let found = backups.instances.with(|it| it.iter().map(|it| it.database).collect::<Vec<_>>());
        let changed = backups.changed(live);
        backups.list.with(|list| {
            backups.marks.with(|marks| backup::sentence(list, marks, &found, changed, now.get()))
        })
    });
    let shape = show(
        move || sentence.with(|it| it.0),
        |tone| el("span").class(&format!("mark {}", tone.name())).child(icon(Glyph::from(*tone))),
    );
    let cannot = move || {
        let none = backups.instances.with(Vec::is_empty);
        none.then(|| "No database to back up is found.".to_owned()).or_else(|| no_jobs(live))
    };
    let go = button("Back up now").primary().disabled(cannot).on_press(move || back_up_now(backups));
    let counts = "A backup counts once its Job has read the dump back and told its size and checksum, and only until the \
               next change of the installation.";
    let body = el("div")
        .class("facts")
        .child(restore_section(backups))
        .child(checklist_section(backups))
        .child(list_section(backups))
        .child(schedules_section(backups));
    View::list::<View>([
        el("div")
            .class("opening")
            .child(heading(shape).child(" ").child(text(move || sentence.with(|it| it.1.clone()))))
            .child(el("div").class("actions").child(go))
            .into(),
        el("p").class("lede").child(counts).into(),
        show(move || no_jobs(live), |it| it.as_deref().map(|it| p(why(it)))),
        body.into(),
        show(move || backups.log.get(), move |pod| pod.clone().map(|pod| log_dialog(pod, backups.log))),
        show(
            move || backups.saving.get(),
            move |database| Some(stream_dialog(backups.instance((*database)?)?, backups)),
        ),
    ])
}

/// A field of a review: what it is called, and the control.
pub fn field(id: &'static str, label: &str, control: El) -> El {
    el("div")
        .class("field")
        .child(el("label").attr("for", id).child(label))
        .child(control.id(id).class("input"))
}

/// Where backups are kept, as a review asks it.
#[derive(Clone, Copy)]
pub struct Target {
    /// The claim; empty for one that is made.
    claim: RwSignal<String>,
    size: RwSignal<String>,
    days: RwSignal<String>,
}

impl Target {
    pub fn new(backups: Backups) -> Self {
        let there = backups.claims.with_untracked(|it| it.iter().any(|it| it == CLAIM));
        Self {
            claim: RwSignal::new(if there { CLAIM.to_owned() } else { String::new() }),
            size: RwSignal::new("20Gi".to_owned()),
            days: RwSignal::new(DAYS.to_string()),
        }
    }

    pub fn fields(self, backups: Backups) -> View {
        let option = |value: &str, words: &str| el("option").attr("value", value).child(words);
        let there = backups.claims.get();
        let made = (!there.iter().any(|it| it == CLAIM)).then(|| option("", &format!("{CLAIM}, to be made")));
        // A StatefulSet's own claims are its data.
        let free = there.iter().filter(|it| !it.starts_with("data-")).map(|it| option(it, it));
        let select = el("select").child(made).children(free.collect::<Vec<_>>());
        let select = select
            .prop_live("value", move || self.claim.get())
            .on("change", move |event| self.claim.set(value_of(&event)));
        let size = show(
            move || self.claim.with(String::is_empty),
            move |made| made.then(|| field("backup-size", "Its size", el("input").bind(self.size))),
        );
        let days = el("input").attr("type", "number").attr("min", "1").attr("max", "3650").bind(self.days);
        View::list::<View>([
            field("backup-claim", "Into the claim", select).into(),
            size,
            field("backup-days", "Days that it is kept", days).into(),
        ])
    }

    pub fn store(self) -> manifest::Store {
        let claim = self.claim.get();
        manifest::Store {
            claim: if claim.is_empty() { CLAIM.to_owned() } else { claim },
            days: self
                .days
                .get()
                .trim()
                .parse()
                .ok()
                .filter(|days| (1..=3650).contains(days))
                .unwrap_or(DAYS),
        }
    }

    /// The write that makes the claim, where there is none.
    pub fn made(self, live: Live, session: Session) -> Option<Write> {
        if !self.claim.with(String::is_empty) {
            return None;
        }
        let config = session.config();
        let class = live.cr.with(|it| {
            Some(config.contract.get(Concept::StorageClass, it.slice().first()?)?.as_str()?.to_owned())
        });
        let size = self.size.get();
        let claim = manifest::claim(&config.namespace, CLAIM, size.trim(), class.as_deref());
        Some(create(Resource::PVCS, claim))
    }
}

/// The review that takes backups of the chosen databases.
fn back_up_now(backups: Backups) {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let instances = backups.instances.get_untracked();
    let chosen = RwSignal::new(instances.iter().map(|it| it.database).collect::<Vec<_>>());
    let target = Target::new(backups);
    let at = session.server_now();
    let shown = instances.clone();
    let write = move || {
        let version = live.installation.with(|it| it.as_ref()?.deployed_version.clone()).unwrap_or_default();
        let (store, who) = (target.store(), who(live));
        let wanted = instances.iter().filter(|it| chosen.with(|all| all.contains(&it.database)));
        let job = |instance: &Instance| {
            let order = Order { instance, store: &store, version: &version, who: &who };
            create(Resource::JOBS, manifest::backup_job(order, at))
        };
        several(target.made(live, session).into_iter().chain(wanted.map(job)).collect())
    };
    let body = move || {
        let tick = |instance: &Instance| {
            let database = instance.database;
            let tick = el("input")
                .attr("type", "checkbox")
                .prop_live("checked", move || chosen.with(|it| it.contains(&database)))
                .on("change", move |event| {
                    let on = is_checked(&event);
                    chosen.update(|it| {
                        it.retain(|it| *it != database);
                        it.extend(on.then_some(database));
                    });
                });
            let how =
                format!("{} by {}, from {}", database.name(), database.program(), instance.stateful_set);
            el("label").class("check").child(tick).child(how)
        };
        View::list::<View>([
            p("Each runs as a Job in the cluster and goes on when this page is closed. It uses the image, the credentials \
               and the address of the database that runs.")
            .into(),
            View::list(shown.iter().map(tick)),
            target.fields(backups),
        ])
    };
    expect_context::<Confirms>().open(Confirm {
        title: "Review the backup".to_owned(),
        body: Box::new(body),
        write: Rc::new(write),
        verb: Rc::new(|| "Back up now".to_owned()),
        done: "The backup is under way.".to_owned(),
        typed: None,
        then: Rc::new(move |_| {
            backups.claims.update(|it| {
                if !it.iter().any(|it| it == CLAIM) {
                    it.push(CLAIM.to_owned());
                }
            });
        }),
    });
}

fn list_section(backups: Backups) -> El {
    let denied = move || backups.jobs.with(|it| it.denied().map(Problem::line));
    let loading = move || backups.jobs.with(|it| it.items.is_none() && it.trouble.is_none());
    let heads = ["Database", "Taken", "From version", "Size", "State", "Actions"];
    section("backups", "Past backups", "")
        .child(show(denied, |it| {
            it.as_ref().map(|it| notice(Tone::Warn, "Backups cannot be listed.", p(it.as_str())))
        }))
        .child(show(loading, |it| it.then(|| skeleton(3))))
        .child(show(
            move || backups.list.get(),
            move |list| match list.is_empty() {
                true => {
                    View::from(empty("No backup was taken yet. “Back up now” above takes the first one."))
                }
                false => {
                    let rows: Vec<El> = list.iter().map(|it| row(it, backups)).collect();
                    table(&heads, "backups", Some("Past backups"), rows).into()
                }
            },
        ))
}

fn row(one: &Backup, backups: Backups) -> El {
    let live = expect_context::<Live>();
    let (said, bytes) = match &one.state {
        State::Failed(words) => (words.clone(), None),
        State::Proved(it) => (format!("sha256 {}…", &it.sha256[..12]), usize::try_from(it.bytes).ok()),
        State::Unproved => ("It left no size and checksum behind.".to_owned(), None),
        State::Starting | State::Running => (String::new(), None),
    };
    let log =
        one.pod.clone().map(|pod| button("Log").small().on_press(move || backups.log.set(Some(pod.clone()))));
    let evidence = match &one.state {
        State::Proved(it) => Some(it.clone()),
        _ => None,
    };
    let job = one.job.clone();
    let restore = evidence
        .is_some()
        .then(|| button("Restore…").small().on_press(move || backups.restoring.set(Some(job.clone()))));
    let right = live.right("delete", &Resource::JOBS, None);
    let of = one.clone();
    let delete = button("Delete…")
        .small()
        .disabled(move || live.locked().or_else(|| live.denied(&right)))
        .on_press(move || delete(of.clone(), backups));
    let derived = one.derived.then(|| View::list::<View>([" ".into(), soft("by Helm's history").into()]));
    let by = match &one.who {
        Some(who) => format!("by {who}"),
        None => "by its schedule".to_owned(),
    };
    el("tr")
        .child(row_head(one.database.name()))
        .child(td(one.started.map(since)).child(" ").child(soft(by)))
        .child(td(one.version.clone().unwrap_or_else(|| "not known".to_owned())).child(derived))
        .child(td(bytes.map(size)))
        .child(td(mark(one.state.tone(), one.state.word())).child(" ").child(soft(said)))
        .child(td(el("span").class("actions").child(log).child(restore).child(delete)))
}

/// The review that deletes a backup: its file, by a Job, and its record.
fn delete(one: Backup, backups: Backups) {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let at = session.server_now();
    let namespace = session.config().namespace.clone();
    let what = format!("the backup of {} in {}", one.database.name(), one.claim);
    let verb = format!("Delete {}", one.job);
    let (title, typed) = (format!("Review the deletion of {}", one.job), one.job.clone());
    let write = move || {
        let file = match (&one.state, backups.instance(one.database)) {
            (State::Proved(it), Some(instance)) => {
                Some(create(Resource::JOBS, manifest::delete_job(&instance, &one, it, &who(live), at)))
            }
            _ => None,
        };
        let record = Write {
            resource: Resource::JOBS,
            name: one.job.clone(),
            what: What::Delete(one.uid.clone()),
            kubectl: format!("kubectl delete job {} -n {namespace}", one.job),
        };
        several(file.into_iter().chain([record]).collect())
    };
    expect_context::<Confirms>().open(Confirm {
        title,
        body: Box::new(move || {
            p(format!("It deletes {what}: its file and its record. Neither comes back.")).into()
        }),
        write: Rc::new(write),
        verb: Rc::new(move || verb.clone()),
        done: "Deleted.".to_owned(),
        typed: Some(typed),
        then: Rc::new(|_| {}),
    });
}

/// The log of a Job's pod, followed.
fn log_dialog(pod: String, open: RwSignal<Option<String>>) -> El {
    let session = expect_context::<Session>();
    let lines = RwSignal::new(Vec::<String>::new());
    let trouble = RwSignal::new(None::<String>);
    let title = format!("Log of {pod}");
    spawn_scoped(async move {
        let params = LogParams { follow: true, over_socket: true, ..LogParams::default() };
        let api = session.api(Resource::PODS);
        let mut pieces = Box::pin(logs(&api, &pod, &params));
        while let Some(piece) = pieces.next().await {
            match piece {
                Ok(more) => lines.update(|it| {
                    it.extend(more.iter().map(|line| line.text().into_owned()));
                    let over = it.len().saturating_sub(LINES);
                    it.drain(..over);
                }),
                Err(error) => trouble.set(Some(words(&error))),
            }
        }
    });
    let body = View::list::<View>([
        show(
            move || trouble.get(),
            |it| it.as_ref().map(|it| notice(Tone::Warn, "The log cannot be read.", p(it.as_str()))),
        ),
        el("pre").attr("tabindex", "0").child(text(move || lines.with(|it| it.join("\n")))).into(),
    ]);
    dialog(title, body).side().on_close(move || open.set(None))
}
