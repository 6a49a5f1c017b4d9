//! The Danger Zone: what undeploying deletes, read from the cluster before it can be asked for; its progress; the way
//! back.

use std::time::Duration;

use futures::join;
use kube_web::{Error, List, ListParams, Resource};
use leptos::prelude::*;
use rootcause_domain::{
    backup,
    certainty::Read,
    phase::Phase,
    route::{Place, Route},
    undeploy::{self, Blast, Fate, Lists, Sort, Victim},
};
use serde_json::Value;

use crate::{
    browser::clock,
    live::{Live, Scope, sleep},
    pages::{operation::operation_section, releases::backup::OURS},
    reactive::{Memo, RwSignal},
    requests::Intent,
    session::Session,
    shell::review::Reviews,
    ui::{
        El, Tone, View, alert, button, command, dom::is_checked, el, empty, link, mark, notice, p, part,
        row_head, section, show, since, skeleton, soft, table, td,
    },
    words::Problem,
};

/// Between two looks at what is still being deleted.
const LOOK: Duration = Duration::from_secs(5);

const VOLUMES: Resource = Resource::core("persistentvolumes", "PersistentVolume").cluster_wide();

/// Where an undeploy stands.
#[derive(Clone, Copy, PartialEq)]
enum Standing {
    Deployed,
    Undeploying,
    Uninstalled,
}

pub fn danger_zone() -> El {
    let live = expect_context::<Live>();
    let standing = move || {
        live.installation.with(|it| match it {
            Some(it) if it.phase == Phase::Uninstalled => Standing::Uninstalled,
            Some(it) if it.undeploy => Standing::Undeploying,
            _ => Standing::Deployed,
        })
    };
    section("danger-zone", "Danger Zone", "").class("danger-zone").child(show(standing, |standing| {
        match standing {
            Standing::Deployed => ask(),
            Standing::Undeploying => View::list([operation_section(), left(true)]),
            Standing::Uninstalled => View::list([redeploy(), left(false)]),
        }
    }))
}

/// What undeploying deletes and, under it, the request.
fn ask() -> View {
    let session = expect_context::<Session>();
    let lists = RwSignal::new(None::<Lists>);
    let opened = RwSignal::new(false);
    let scope = Scope::here();
    let read = move || {
        lists.set(None);
        scope.spawn(async move { lists.set(Some(read(session).await)) });
    };
    let body = part(move || opened.get().then(|| blast(lists, read.clone())));
    let summary = el("summary").child("Undeploy this installation");
    let details = el("details").child(summary).child(body).on("toggle", move |_| {
        if !opened.get_untracked() {
            opened.set(true);
        }
    });
    let words = "Undeploying uninstalls both Helm releases and destroys the data in the databases. The installation itself \
                 is kept, and can be deployed again, empty.";
    View::list([p(words), details])
}

fn blast(lists: RwSignal<Option<Lists>>, read: impl Fn() + Clone + 'static) -> View {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    read();
    let contract = session.config();
    let found = Memo::new(move || {
        lists.with(|it| {
            let cr = live.current().unwrap_or_default();
            it.as_ref().map(|it| Blast::of(&contract.contract.releases, &cr, it))
        })
    });
    let known = move || found.with(Option::is_some);
    let again = button("Read it again").small().on_press(read);
    let shown = part(move || match found.get() {
        None => skeleton(4).into(),
        Some(blast) => victims(&blast),
    });
    View::list([shown, again.into(), backup(lists), confirm(known)])
}

/// What dies and what stays, in a sentence and one by one.
fn victims(blast: &Blast) -> View {
    let unread = blast.unread.iter().map(|(plural, why)| {
        notice(Tone::Warn, &format!("The {plural} cannot be read, so there may be more."), p(why.as_str()))
    });
    let groups =
        [(Sort::Claim, "Volumes and their data"), (Sort::Workload, "Workloads"), (Sort::Secret, "Secrets")];
    let group = |(sort, title): (Sort, &str)| {
        let of: Vec<&Victim> = blast.victims.iter().filter(|it| it.sort == sort).collect();
        let dies = of.iter().filter(|it| it.fate == Fate::Dies).count();
        let summary = format!("{title}: {dies} of {} deleted", of.len());
        let rows = View::list(of.into_iter().map(row));
        let heads = ["Name", "Fate", "Why"];
        let details =
            el("details").child(el("summary").child(summary)).child(table(&heads, "", Some(title), rows));
        // Data is what nobody can make again.
        if sort == Sort::Claim { details.attr("open", "") } else { details }
    };
    let kept = "Kept: the installation's custom resource with its configuration, and what the operator did not make.";
    View::list([
        p(el("strong").child(blast.sentence())).into(),
        View::list(unread),
        View::list(groups.map(group)),
        p(kept).into(),
    ])
}

fn row(victim: &Victim) -> El {
    let tone = |fate| match fate {
        Fate::Dies => Tone::Bad,
        Fate::Stays => Tone::Ok,
        Fate::Unknown => Tone::Warn,
    };
    let size = victim.size.map(|it| soft(format!(" {}", it.bytes())));
    let data = victim.data.as_ref().map(|(fate, why)| {
        let word = match fate {
            Fate::Dies => "data destroyed",
            Fate::Stays => "data stays",
            Fate::Unknown => "data: unknown",
        };
        el("div").child(mark(tone(*fate), word)).child(format!(" {why}"))
    });
    el("tr")
        .child(row_head(el("span").class("mono").child(victim.name.as_str())).child(size))
        .child(td(mark(tone(victim.fate), victim.fate.word())))
        .child(td(victim.why.as_str()).child(data))
}

/// What can be had back afterwards: the backups there are, and the configuration.
fn backup(lists: RwSignal<Option<Lists>>) -> View {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let config = session.config();
    let jobs = RwSignal::new(Read::<Vec<Value>>::Loading);
    Scope::here().spawn(async move {
        let ours = ListParams::default().labels(OURS);
        jobs.set(told(session.api(Resource::JOBS).list::<Value>(&ours).await));
    });
    let evidence = Memo::new(move || {
        let sets = lists.with(|it| match it.as_ref().map(|it| &it.stateful_sets) {
            Some(Read::Found(sets)) => Some(sets.clone()),
            _ => None,
        });
        let history = live.history.get();
        jobs.with(|jobs| match (jobs, sets) {
            (Read::Unreadable(why), _) => {
                (Tone::Warn, format!("Whether there is a backup is not known. {why}"))
            }
            (Read::Found(jobs), Some(sets)) => {
                let backups = live.pods.with(|pods| backup::backups(jobs, pods.slice()));
                let found: Vec<_> = backup::Database::ALL
                    .into_iter()
                    .filter(|it| backup::manifest::Instance::find(*it, &sets).is_some())
                    .collect();
                let changed = live
                    .installation
                    .with(|it| backup::last_change(it.as_ref()?, &history.dependencies, &history.platform));
                backup::sentence(&backups, &live.checklist(), &found, changed, clock::now())
            }
            _ => (Tone::Unknown, "Reading the backups.".to_owned()),
        })
    });
    let export = move || {
        let target = live.target()?;
        let file = format!("{}-backup.yaml", target.name);
        Some(format!(
            "kubectl get {} {} -n {} -o yaml > {file}",
            target.resource, target.name, config.namespace
        ))
    };
    show(
        move || (evidence.get(), export()),
        |((tone, words), line)| {
            let to = link(&Place::at(Route::Backups).hash(), "Back up what you need");
            let command = line.as_ref().map(|it| command(it, Some("Export the configuration, too")));
            let then = p("Without a backup the data cannot be had back. ").child(to).child(" first.");
            notice(*tone, words, View::list([View::from(then), command.into()]))
        },
    )
}

/// The confirmation and the request.
fn confirm(known: impl Fn() -> bool + 'static) -> View {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let reviews = expect_context::<Reviews>();
    let name = session.config().installation.clone();
    let sure = RwSignal::new(false);
    let typed = RwSignal::new(String::new());
    let tick = el("input")
        .id("undeploy-sure")
        .attr("type", "checkbox")
        .prop_live("checked", move || sure.get())
        .on("change", move |event| sure.set(is_checked(&event)));
    let sure_label = el("label")
        .attr("for", "undeploy-sure")
        .child("I understand that the data in PostgreSQL, MongoDB and Redis is destroyed.");
    let field = el("input")
        .id("undeploy-name")
        .class("input")
        .attr("type", "text")
        .attr("autocomplete", "off")
        .attr("spellcheck", "false")
        .bind(typed);
    let field_label = el("label")
        .attr("for", "undeploy-name")
        .child(format!("Type the installation's name, {name}, to confirm"));
    let intent = Intent::Undeploy(true);
    let lacking = intent.clone();
    let why_not = move || {
        if let Some(why) = lacking.disabled(live, session) {
            return Some(why);
        }
        if !known() {
            return Some("What it deletes is still being read.".to_owned());
        }
        if !sure.get() {
            return Some("Tick the box first.".to_owned());
        }
        (typed.get().trim() != name).then(|| format!("Type {name} first."))
    };
    let go =
        button("Request undeploy").danger().disabled(why_not).on_press(move || reviews.open(intent.clone()));
    View::list([
        el("div").class("tick").child(tick).child(sure_label),
        el("div").class("field").child(field_label).child(field),
        el("div").child(go),
    ])
}

/// The installation is undeployed: how it comes back.
fn redeploy() -> View {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let reviews = expect_context::<Reviews>();
    let intent = Intent::Undeploy(false);
    let lacking = intent.clone();
    let words = "Both releases are uninstalled. The configuration is kept: change above what shall be different and apply it, or \
                 deploy it again as it is. It starts with empty databases.";
    let go = button("Request redeploy")
        .primary()
        .disabled(move || lacking.disabled(live, session))
        .on_press(move || reviews.open(intent.clone()));
    View::list([p(words), go])
}

/// What is left of the releases, and what holds up its deletion.
fn left(running: bool) -> View {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let lists = RwSignal::new(None::<Lists>);
    Scope::here().spawn(async move {
        loop {
            lists.set(Some(read(session).await));
            sleep(LOOK).await;
        }
    });
    let config = session.config();
    part(move || {
        lists.with(|lists| {
            let Some(lists) = lists else { return View::from(skeleton(2)) };
            let cr = live.current().unwrap_or_default();
            let blast = Blast::of(&config.contract.releases, &cr, lists);
            let stuck = undeploy::stuck(named(lists, &cr), clock::now());
            let stuck = stuck.iter().map(|it| {
                let title = format!("{} {} cannot be deleted.", it.kind, it.name);
                let held = it.finalizers.iter().map(|(finalizer, owner)| {
                    p(el("code").child(finalizer.as_str())).child(format!(" has to be removed by {owner}."))
                });
                let due = p("Its deletion was due ").child(since(it.since)).child(".");
                alert(Tone::Bad, &title, View::list(held.chain([due])))
            });
            let ours: Vec<&Victim> = blast.victims.iter().filter(|it| it.fate == Fate::Dies).collect();
            let title = if running { "Still there" } else { "Left over" };
            let unread = blast
                .unread
                .iter()
                .map(|(plural, why)| p(format!("The {plural} cannot be read: {why}")).class("soft"));
            let rows = match ours.is_empty() {
                true if blast.unread.is_empty() => empty("Nothing of either release is left."),
                true => p(()),
                false => {
                    let line = |it: &&Victim| {
                        el("tr")
                            .child(row_head(it.kind))
                            .child(td(el("span").class("mono").child(it.name.as_str())))
                    };
                    table(&["Kind", "Name"], "", Some(title), View::list(ours.iter().map(line)))
                }
            };
            View::list([View::list(stuck), el("h3").child(title).into(), rows.into(), View::list(unread)])
        })
    })
}

/// Everything that was read, and the custom resource, by kind.
fn named<'a>(lists: &'a Lists, cr: &'a Value) -> Vec<(&'a str, &'a Value)> {
    let mut named = vec![("Installation", cr)];
    for (kind, list) in [
        ("Deployment", &lists.deployments),
        ("StatefulSet", &lists.stateful_sets),
        ("Secret", &lists.secrets),
        ("PersistentVolumeClaim", &lists.claims),
        ("PersistentVolume", &lists.volumes),
    ] {
        if let Read::Found(found) = list {
            named.extend(found.iter().map(|it| (kind, it)));
        }
    }
    named
}

async fn read(session: Session) -> Lists {
    let list = |resource: Resource| {
        let api = session.api(resource);
        async move { told(api.list::<Value>(&ListParams::default()).await) }
    };
    // Values are not read: metadata tells who made a secret.
    let secrets =
        async { told(session.api(Resource::SECRETS).list_metadata::<Value>(&ListParams::default()).await) };
    let (deployments, stateful_sets, secrets, claims, volumes, classes) = join!(
        list(Resource::DEPLOYMENTS),
        list(Resource::STATEFUL_SETS),
        secrets,
        list(Resource::PVCS),
        list(VOLUMES),
        list(Resource::STORAGE_CLASSES),
    );
    Lists { deployments, stateful_sets, secrets, claims, volumes, classes }
}

fn told(list: Result<List<Value>, Error>) -> Read<Vec<Value>> {
    match list {
        Ok(list) => Read::Found(list.items.into_iter().filter_map(|it| it.object.ok()).collect()),
        Err(error) => Read::Unreadable(Problem::from(&error).title),
    }
}
