//! What the page knows of secrets: the list as a table, who uses them, and what is known of those that are needed. No
//! value is in here.

use std::{cell::RefCell, pin::pin, sync::Arc, time::Duration};

use futures::future;
use kube_web::{IncludeObject, ListParams, Resource, Row as TableRow};
use leptos::prelude::*;
use rootcause_domain::{
    objects::{Partial, WorkloadKind},
    secrets::{
        HELM_RELEASE, Row,
        check::{self, Fault},
        consumers::Graph,
        required::{self, Need, Presence, Verdict},
        rotation::{OPEN, Rotation},
        value, write,
    },
    time::{SignedDuration, Timestamp},
};
use serde_json::Value;

use crate::{
    browser::clock,
    live::{Feed, Live, Trouble, follow_objects, rest, sleep, spawn_scoped},
    pages::restart as restarts,
    reactive::{Memo, RwSignal, effect},
    session::Session,
    words::{Problem, ProblemKind},
};

/// Between two lists while the page is looked at. A poll and not a watch: a table needs an `Accept` header, which a
/// WebSocket cannot send, and a stream would hold one of the six connections that a browser has for a host.
const POLL: Duration = Duration::from_secs(3);

/// As [`POLL`], while the tab is hidden.
const POLL_HIDDEN: Duration = Duration::from_secs(30);

/// Secrets in one page of the list: a row is some 80 bytes.
const PAGE: u32 = 5000;

/// How long the names of a needed secret's keys are believed while their number stays the same.
const BELIEVED: SignedDuration = SignedDuration::from_secs(60);

/// Kinds besides workloads that name secrets.
const REFERRERS: [Resource; 4] = [
    Resource::INGRESSES,
    Resource::core("serviceaccounts", "ServiceAccount"),
    Resource::in_group("batch", "v1", "cronjobs", "CronJob"),
    Resource::in_group("apps", "v1", "daemonsets", "DaemonSet"),
];

const BUDGETS: Resource = Resource::in_group("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget");

/// A handle on all of it, a context of the page.
#[derive(Clone, Copy)]
pub struct Store {
    live: Live,
    session: Session,
    pub list: RwSignal<Feed<Row>>,
    pub budgets: RwSignal<Feed<Value>>,
    /// What the metadata of needed secrets told.
    seen: RwSignal<Vec<Seen>>,
    /// What checking the values of needed secrets found, or why a secret could not be read.
    pub checked: RwSignal<Vec<Checked>>,
    pub checking: RwSignal<bool>,
    /// Rotations that have not ended.
    pub open: RwSignal<Vec<(String, Rotation)>>,
    pub graph: Memo<Arc<Graph>>,
    pub judged: Memo<Arc<Vec<(Need, Verdict)>>>,
    woken: RwSignal<u32>,
}

/// A needed secret, and what its values are or why they could not be read.
pub type Checked = (String, Result<Vec<Fault>, String>);

#[derive(Clone, PartialEq)]
struct Seen {
    name: String,
    /// How many keys the list told then.
    keys: Option<u64>,
    at: Timestamp,
    presence: Presence,
}

impl Store {
    /// Begins to follow; ends with the current owner.
    pub fn provide() -> Self {
        let live = expect_context::<Live>();
        let session = expect_context::<Session>();
        let list = RwSignal::new(Feed::<Row>::default());
        let seen = RwSignal::new(Vec::<Seen>::new());
        let checked = RwSignal::new(Vec::<Checked>::new());
        let referrers = REFERRERS.map(|_| RwSignal::new(Feed::<Value>::default()));
        for (resource, feed) in REFERRERS.into_iter().zip(referrers) {
            follow_objects(session.api(resource), feed);
        }
        let budgets = RwSignal::new(Feed::<Value>::default());
        follow_objects(session.api(BUDGETS), budgets);
        let config = session.config();
        let graph = Memo::new(move || {
            let mut graph = Graph::default();
            for (feed, kind) in [
                (live.deployments, WorkloadKind::Deployment),
                (live.stateful_sets, WorkloadKind::StatefulSet),
            ] {
                feed.with(|it| {
                    graph.workloads(kind, it.slice());
                    graph.unknown.extend(it.denied().map(|_| restarts::resource(kind).plural.to_string()));
                });
            }
            for (resource, feed) in REFERRERS.iter().zip(referrers) {
                feed.with(|it| {
                    it.slice().iter().for_each(|object| graph.object(&resource.kind, object));
                    graph.unknown.extend(it.denied().map(|_| resource.plural.to_string()));
                });
            }
            live.cr.with(|it| {
                it.slice().first().into_iter().for_each(|cr| graph.installation(&config.contract, cr))
            });
            Arc::new(graph)
        });
        let judged = Memo::new(move || {
            let listed = live.installation.with(|it| it.as_ref().and_then(|it| it.required_secrets.clone()));
            let needs = graph.with(|graph| required::needs(&listed.unwrap_or_default(), graph));
            let judge = |need: Need| {
                let presence = presence(&list.get(), &seen.get(), &need.name);
                let checked = checked.with(|it| {
                    let found = it.iter().find(|(name, _)| *name == need.name);
                    found.and_then(|(_, faults)| faults.as_ref().ok().cloned())
                });
                let verdict = Verdict::of(&need, &presence, checked.as_deref());
                (need, verdict)
            };
            Arc::new(needs.into_iter().map(judge).collect::<Vec<_>>())
        });
        let store = Self {
            live,
            session,
            list,
            budgets,
            seen,
            checked,
            checking: RwSignal::new(false),
            open: RwSignal::new(Vec::new()),
            graph,
            judged,
            woken: RwSignal::new(0),
        };
        spawn_scoped(store.poll());
        provide_context(store);
        store
    }

    /// Looks again now, such as after a write.
    pub fn look_again(self, name: &str) {
        self.seen.update(|it| it.retain(|it| it.name != name));
        self.checked.update(|it| it.retain(|(it, _)| it != name));
        self.woken.update(|it| *it += 1);
    }

    /// The row of this secret.
    pub fn row(self, name: &str) -> Option<Row> {
        self.list.with(|it| {
            let rows = it.slice();
            rows.binary_search_by(|it| it.name.as_str().cmp(name)).ok().map(|at| rows[at].clone())
        })
    }

    async fn poll(self) {
        let (wake, mut woken) = futures::channel::mpsc::channel(1);
        let wake = RefCell::new(wake);
        let names = Memo::new(move || {
            self.judged.with(|it| it.iter().map(|(need, _)| need.name.clone()).collect::<Vec<_>>())
        });
        effect(move || {
            names.with(|_| ());
            self.woken.track();
            // A full channel has been told already.
            let _ = wake.borrow_mut().try_send(());
        });
        loop {
            let began = clock::milliseconds();
            self.read_list().await;
            self.read_needed().await;
            self.find_rotations().await;
            let hidden = document().hidden();
            let least = if hidden { POLL_HIDDEN } else { POLL };
            let pause = pin!(sleep(least.max(rest(began))));
            future::select(futures::StreamExt::next(&mut woken), pause).await;
        }
    }

    async fn read_list(self) {
        let api = self.session.api(Resource::SECRETS);
        let fields = format!("type!={HELM_RELEASE}");
        let params = ListParams { page_size: PAGE, ..ListParams::default().fields(fields) };
        let by_helm = params.clone().labels("app.kubernetes.io/managed-by=Helm");
        let before = self.list.get_untracked();
        let feed = match api.list_table(&params, IncludeObject::None).await {
            Ok(table) => {
                // Who made a secret is an ornament: where that cannot be listed, nothing is said.
                let helm = api.list_table(&by_helm, IncludeObject::None).await;
                let helm: Vec<_> = helm.into_iter().flat_map(|it| it.rows).map(|it| it.meta.name).collect();
                let row = |it: &TableRow, name: &str| Row {
                    name: name.to_owned(),
                    kind: it.text("Type").unwrap_or_default(),
                    keys: it.cell("Data").and_then(Value::as_u64).unwrap_or_default(),
                    age: it.text("Age").unwrap_or_default(),
                    managed_by: helm
                        .binary_search_by(|it| it.as_str().cmp(name))
                        .is_ok()
                        .then(|| "Helm".to_owned()),
                };
                let rows = table.rows.iter().filter_map(|it| Some(row(it.ok()?, &it.meta.name))).collect();
                Feed { items: Some(Arc::new(rows)), ..Feed::default() }
            }
            Err(error) => {
                let since = before.trouble.as_ref().map_or_else(clock::now, |it| it.since);
                Feed { trouble: Some(Trouble { since, problem: Problem::from(&error) }), ..before.clone() }
            }
        };
        if before != feed {
            self.list.set(feed);
        }
    }

    /// Reads the metadata of needed secrets, by which the names of their keys are known.
    async fn read_needed(self) {
        let api = self.session.api(Resource::SECRETS);
        let denied = self.list.with_untracked(|it| it.denied().is_some());
        let names: Vec<_> =
            self.judged.with_untracked(|it| it.iter().map(|(need, _)| need.name.clone()).collect());
        for name in names {
            let keys = untrack(|| self.row(&name)).map(|it| it.keys);
            if keys.is_none() && !denied {
                continue;
            }
            let now = clock::now();
            let known = self.seen.with_untracked(|it| {
                it.iter().any(|it| {
                    let fresh = now.duration_since(it.at).as_secs() < BELIEVED.as_secs();
                    it.name == name && it.keys == keys && fresh && it.presence != Presence::Missing
                })
            });
            if known {
                continue;
            }
            let presence = match api.get_metadata::<Value>(&name).await {
                Ok(item) => {
                    let object = item.object.unwrap_or_default();
                    let told = write::keys_of(&object["metadata"]);
                    // Bookkeeping that tells of another number of keys is not to be relied on.
                    Presence::There(told.filter(|told| keys.is_none_or(|keys| keys == told.len() as u64)))
                }
                Err(error) => {
                    let problem = Problem::from(&error);
                    match problem.kind {
                        ProblemKind::NotFound => Presence::Missing,
                        _ => Presence::Unknown(problem.title),
                    }
                }
            };
            let next = Seen { name: name.clone(), keys, at: now, presence };
            self.seen.update(|it| {
                it.retain(|it| it.name != name);
                it.push(next);
            });
        }
    }

    async fn find_rotations(self) {
        let api = self.session.api(Resource::SECRETS);
        let params = ListParams::default().labels(format!("{}={}", OPEN.0, OPEN.1));
        // Whoever may not list secrets sees them by name.
        let Ok(found) = api.list_metadata::<Value>(&params).await else { return };
        let read = |it: &Value| Rotation::read(&it["metadata"]).map(|(rotation, _)| rotation);
        let open: Vec<_> =
            found.items.iter().filter_map(|it| Some((it.meta.name.clone(), read(it.ok()?)?))).collect();
        if self.open.with_untracked(|it| *it != open) {
            self.open.set(open);
        }
    }

    /// Reads the values of the needed secrets, judges them and forgets them.
    pub async fn check_values(self) {
        self.checking.set(true);
        let api = self.session.api(Resource::SECRETS);
        let judged = self.judged.get_untracked();
        let mut checked = Vec::new();
        for (need, verdict) in judged.iter().filter(|(_, it)| *it != Verdict::Missing) {
            let unreadable = matches!(verdict, Verdict::Unknown(_));
            let read = match api.get::<Value>(&need.name).await {
                Ok(item) => {
                    let data = value::data(&item.object.unwrap_or_default());
                    Ok(check::check(need, &data, &self.registries(need), self.session.server_now()))
                }
                // One that may not be read stays as unknown as it was.
                Err(_) if unreadable => continue,
                Err(error) => Err(Problem::from(&error).line()),
            };
            checked.push((need.name.clone(), read));
        }
        self.checked.set(checked);
        self.checking.set(false);
    }

    /// The hosts from which those who need the secret pull images; while nothing runs, the operator's registry.
    fn registries(self, need: &Need) -> Vec<String> {
        let mut hosts: Vec<String> = Vec::new();
        for feed in [self.live.deployments, self.live.stateful_sets] {
            feed.with_untracked(|it| {
                for workload in it.slice().iter().filter(|it| need.blocks.contains(&it.metadata.name)) {
                    for container in &workload.spec.template.spec.containers {
                        let host = check::image_registry(&container.image).to_owned();
                        if !hosts.contains(&host) {
                            hosts.push(host);
                        }
                    }
                }
            });
        }
        if hosts.is_empty() {
            let url = self.live.installation.with_untracked(|it| it.as_ref()?.registry.as_ref()?.url.clone());
            let host =
                url.as_deref().and_then(|it| it.split("://").nth(1)?.split('/').next().map(str::to_owned));
            hosts.extend(host);
        }
        hosts
    }

    /// How many of Helm's own secrets are not in the list; `None` where that is not known.
    pub fn folded(self) -> Option<usize> {
        self.live.secrets.with(|it| it.items.as_ref().map(|it: &Arc<Vec<Partial>>| it.len()))
    }
}

/// What is known of a secret by the list and, where that may not be read, by its name.
fn presence(list: &Feed<Row>, seen: &[Seen], name: &str) -> Presence {
    let told = seen.iter().find(|it| it.name == name).map(|it| it.presence.clone());
    match (&list.items, list.denied()) {
        (_, Some(_)) => told.unwrap_or_else(|| Presence::Unknown("it is being read".to_owned())),
        (Some(rows), None) if rows.binary_search_by(|it| it.name.as_str().cmp(name)).is_err() => {
            Presence::Missing
        }
        (Some(_), None) => told.unwrap_or(Presence::There(None)),
        (None, None) => Presence::Unknown("the list is being read".to_owned()),
    }
}
