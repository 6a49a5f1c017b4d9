//! What the cluster says, kept current: the one place that spawns tasks and opens watches.
//!
//! Each watch fills a [`Feed`]; everything a page shows is derived from feeds by the domain's pure functions.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use futures::{StreamExt, future, stream};
use kube_web::{Api, Error, Item, ListParams, Question, Resource, Store, WatchParams, watch};
use leptos::{prelude::*, task::spawn_local_scoped_with_cancellation};
use rootcause_domain::{
    access::{Check, Permission, Rights},
    backup::checklist::{Mark, marks},
    certainty::Read,
    contract::{Concept, Gaps},
    helm::{
        self, HelmRelease, HistoryRow, ReleaseSecret,
        contents::{self, Contents},
    },
    installation::Installation,
    objects::{Event, FromObject, Lease, Partial, Pod, Workload, WorkloadKind},
    operation::{self, Operation},
    operator::{self, OperatorState},
    overrides::Chart,
    owner,
    request::Target,
    rollout::Rollout,
    schema::Schema,
    sort,
    time::Timestamp,
};
use serde_json::Value;

use crate::{
    browser::{
        clock::{self, Now},
        gunzip::{GunzipError, gunzip},
    },
    reactive::{Memo, RwSignal, effect},
    session::{Installations, Session},
    wire::Activity,
    words::{Problem, ProblemKind},
};

/// How long the page waits before it looks again for what a watch cannot tell it: a kind that is not installed yet,
/// or a sign-in that expired.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Between two tries to read what has to be known.
const READ_AGAIN: Duration = Duration::from_secs(2);

/// The pause of a feed after it was published: what happens meanwhile is shown together. Short enough to feel live,
/// long enough that a rollout of many pods costs a few redraws a second.
const REDRAW: Duration = Duration::from_millis(300);

/// As many times as long as something takes that is done again and again, it rests: so thousands of objects leave the page
/// nine tenths of its time.
const SHARE: u32 = 10;

/// The longest pause of a feed.
const LONGEST_REST: Duration = Duration::from_secs(3);

/// Pods that are asked for first, of thousands: they are shown while the others come, and half a megabyte comes at once.
const AT_ONCE: u32 = 100;

/// Events handled before the page is redrawn: a burst costs one redraw.
const BURST: usize = 512;

/// Bytes that a Helm release may unpack to: ten times etcd's limit on the packed secret.
const UNPACKED: usize = 10 << 20;

/// What the first rows do not need waits this long, so that it does not compete with them.
const FIRST_PAINT: Duration = Duration::from_millis(250);

/// How often Helm's release secrets are listed while nothing else tells of a change.
const RELIST: Duration = Duration::from_secs(15);

/// As [`RELIST`] while an operation runs: Helm writes its secrets between two changes of the installation.
const RELIST_RUNNING: Duration = Duration::from_secs(2);

/// The pause after each of those lists, so that a burst of changes costs few.
const SETTLE: Duration = Duration::from_millis(700);

/// Revisions of each release whose payloads are read without being asked for.
const READ_AHEAD: usize = 5;

/// Why nothing is written in an installation that config.json marks so.
pub const READ_ONLY: &str = "config.json makes this page read-only.";

/// Runs `task` until it ends or the current reactive owner is disposed, whichever comes first.
pub fn spawn_scoped(task: impl Future<Output = ()> + 'static) {
    // Boxed, so that what surrounds a task is compiled once and not for each.
    spawn_local_scoped_with_cancellation(Box::pin(task) as Pin<Box<dyn Future<Output = ()>>>);
}

/// The reactive owner of a component, for tasks that must outlive the part of its view that starts them: a button that
/// disappears by its own press would end them at once.
#[derive(Clone)]
pub struct Scope(Option<Owner>);

impl Scope {
    /// The current owner.
    pub fn here() -> Self {
        Self(Owner::current())
    }

    /// Runs `make` under the scope's owner: what it makes ends with that.
    pub fn with<T>(&self, make: impl FnOnce() -> T) -> T {
        match &self.0 {
            Some(owner) => owner.with(make),
            None => make(),
        }
    }

    /// Runs `task` until it ends or the scope's owner is disposed.
    pub fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.with(|| spawn_scoped(task));
    }
}

/// Resolves after `duration`.
pub async fn sleep(duration: Duration) {
    let (done, wait) = futures::channel::oneshot::channel();
    set_timeout(
        move || {
            // Nobody may wait any more.
            let _ = done.send(());
        },
        duration,
    );
    let _ = wait.await;
}

/// The pause before it is done again, for what began at this time of [`clock::milliseconds`] and has ended.
pub fn rest(began: f64) -> Duration {
    clock::passed(began) * SHARE
}

/// Reads until the API server itself has answered: with what is asked for, that it is not there, or that it is not for
/// this user. `told` hears of each answer that is none, and when there is one.
///
/// # Errors
/// [`Error::NotFound`] and [`Error::Forbidden`] only.
pub async fn surely<T, F: Future<Output = Result<T, Error>>>(
    read: impl Fn() -> F,
    told: impl Fn(Option<&Error>),
) -> Result<T, Error> {
    loop {
        let answer = read().await;
        match &answer {
            Err(error) if !matches!(error, Error::NotFound(_) | Error::Forbidden(_)) => {
                told(Some(error));
                sleep(error.retry_after().unwrap_or_default().max(READ_AGAIN)).await;
            }
            _ => {
                told(None);
                return answer;
            }
        }
    }
}

/// What a watch has told so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Feed<T> {
    /// The objects; `None` until the first list is complete.
    pub items: Option<Arc<Vec<T>>>,
    /// What has come of the first list so far, of one that comes in several pages.
    pub arriving: Option<Arc<Vec<T>>>,
    /// Why the objects are not current.
    pub trouble: Option<Trouble>,
}

/// Since when a feed is not current, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Trouble {
    pub since: Timestamp,
    pub problem: Problem,
}

impl<T> Default for Feed<T> {
    fn default() -> Self {
        Self { items: None, arriving: None, trouble: None }
    }
}

impl<T> Feed<T> {
    /// The objects, if they may be read; empty while loading.
    pub fn slice(&self) -> &[T] {
        self.items.as_deref().map_or(&[], Vec::as_slice)
    }

    /// The same after a failure to read it again. What may no longer be read is no longer held.
    fn troubled(self, error: &Error) -> Self {
        let problem = Problem::from(error);
        let since = self.trouble.map_or_else(clock::now, |it| it.since);
        let items = self.items.filter(|_| !matches!(problem.kind, ProblemKind::Forbidden(_)));
        Self { items, arriving: None, trouble: Some(Trouble { since, problem }) }
    }

    /// Why the feed may not be read at all.
    pub fn denied(&self) -> Option<&Problem> {
        let problem = &self.trouble.as_ref()?.problem;
        matches!(problem.kind, ProblemKind::Forbidden(_)).then_some(problem)
    }

    /// What came of reading it.
    fn read<U>(&self, found: impl FnOnce(&[T]) -> Option<U>) -> Read<U> {
        match (&self.items, &self.trouble) {
            (_, Some(trouble)) if matches!(trouble.problem.kind, ProblemKind::Forbidden(_)) => {
                Read::Unreadable(trouble.problem.line())
            }
            (Some(items), _) => found(items).map_or(Read::Absent, Read::Found),
            (None, Some(trouble)) => Read::Unreadable(trouble.problem.line()),
            (None, None) => Read::Loading,
        }
    }
}

/// Whether the page can show an installation, and if not, why.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// Nothing has answered yet.
    Opening,
    /// The API server cannot be talked to: unreachable, signed out, forbidden, no Kubernetes.
    Shut(Problem),
    /// The cluster has no custom resource definition of the kind.
    NoKind,
    /// The installation may not be read.
    Forbidden(Problem),
    /// There is a kind, and no installation of the configured name.
    NoInstallation,
    Open,
}

/// How current the page is.
#[derive(Clone, Debug, PartialEq)]
pub enum Connection {
    Opening,
    Live,
    /// Nothing new since then; the page tries to come back.
    Lost(Trouble),
}

/// All that the page knows of the cluster. Cheap to copy: handles only.
#[derive(Clone, Copy)]
pub struct Live {
    session: Session,
    now: Now,
    /// When this began, by [`clock::milliseconds`].
    began: f64,
    /// The custom resource's kind as discovered; `None` until found.
    resource: RwSignal<Option<Resource>>,
    /// Why discovery has not found it.
    shut: RwSignal<Option<Standing>>,
    pub cr: RwSignal<Feed<Value>>,
    pub deployments: RwSignal<Feed<Workload>>,
    pub stateful_sets: RwSignal<Feed<Workload>>,
    pub pods: RwSignal<Feed<Pod>>,
    pub events: RwSignal<Feed<Event>>,
    pub secrets: RwSignal<Feed<Partial>>,
    lease: RwSignal<Feed<Lease>>,
    operator_deployment: RwSignal<Feed<Workload>>,
    payloads: RwSignal<Payloads>,
    /// The owner of what outlives the part of a page that asked for it.
    pub scope: StoredValue<Scope>,
    /// Rights that were asked for.
    asked: StoredValue<Vec<Check>>,
    pub user: RwSignal<Option<String>>,
    /// The groups that the API server takes the user for a member of.
    pub groups: RwSignal<Vec<String>>,
    pub rights: RwSignal<Rights>,
    pub gaps: RwSignal<Gaps>,
    /// The kind's schema; why it cannot be read, `None` until it is.
    pub schema: RwSignal<Option<Result<Arc<Schema>, String>>>,
    /// The edition of the schema, once it was asked for.
    edition: StoredValue<Option<String>>,

    pub installation: Memo<Option<Arc<Installation>>>,
    pub rollouts: Memo<Option<Arc<Vec<Rollout>>>>,
    pub history: Memo<History>,
    pub operation: Memo<Option<Operation>>,
    pub operator: Memo<OperatorState>,
    pub standing: Memo<Standing>,
    pub connection: Memo<Connection>,
}

/// Helm payloads by their secret's uid and resourceVersion: what was read or why it could not be, `None` while it is
/// being read.
type Payloads = Vec<((String, String), Option<Result<HelmRelease, String>>)>;

/// The histories of both Helm releases, newest revision first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    pub dependencies: Arc<Vec<HistoryRow>>,
    pub platform: Arc<Vec<HistoryRow>>,
}

impl Live {
    /// Opens the watches and provides them as a context; they close with the current reactive owner.
    pub fn provide(session: Session, now: Now) -> Self {
        let config = session.config();
        let cr = RwSignal::new(Feed::<Value>::default());
        let deployments = RwSignal::new(Feed::<Workload>::default());
        let stateful_sets = RwSignal::new(Feed::<Workload>::default());
        let pods = RwSignal::new(Feed::<Pod>::default());
        let secrets = RwSignal::new(Feed::<Partial>::default());
        let lease = RwSignal::new(Feed::<Lease>::default());
        let operator_deployment = RwSignal::new(Feed::<Workload>::default());
        let payloads = RwSignal::new(Payloads::new());
        let shut = RwSignal::new(None);

        let installation = Memo::new({
            let config = Arc::clone(&config);
            move || {
                let read = |it: &Value| Arc::new(Installation::read(&config.contract, it));
                cr.with(|it| it.slice().first().map(read))
            }
        });
        let rollouts = Memo::new(move || {
            let pods = pods.get();
            let pods = pods.items.as_ref().filter(|_| pods.denied().is_none()).map(|it| it.as_slice());
            // Lists do not name the kind of their items.
            let of = |feed: &Feed<Workload>, kind: WorkloadKind| {
                let rollout = |it: &Workload| Rollout::of(&Workload { kind, ..it.clone() }, pods);
                Some(feed.items.as_ref()?.iter().map(rollout).collect::<Vec<_>>())
            };
            let mut all = deployments.with(|it| of(it, WorkloadKind::Deployment))?;
            all.extend(stateful_sets.with(|it| of(it, WorkloadKind::StatefulSet))?);
            sort::by(&mut all, |a, b| (&a.helm_release, &a.name).cmp(&(&b.helm_release, &b.name)));
            Some(Arc::new(all))
        });
        let minute = Memo::new(move || now.get().as_millisecond() / 60_000);
        let history = Memo::new({
            let config = Arc::clone(&config);
            move || {
                let releases: Vec<_> = secrets.with(|it| {
                    it.slice().iter().filter_map(|it| ReleaseSecret::read(&it.metadata)).collect()
                });
                // While a changed secret is being read, what it said before stands.
                let newest = |payloads: &Payloads, uid: &str| {
                    let of = payloads.iter().rev().filter(|((known, _), _)| known == uid);
                    of.filter_map(|(_, it)| it.as_ref()?.as_ref().ok()).next().cloned()
                };
                let decoded: Vec<HelmRelease> =
                    payloads.with(|all| releases.iter().filter_map(|it| newest(all, &it.uid)).collect());
                // A pending revision is found to be stuck by the clock alone.
                minute.get();
                let of = |name: &str| Arc::new(helm::history(name, &releases, &decoded, clock::now()));
                History {
                    dependencies: of(&config.contract.releases.dependencies),
                    platform: of(&config.contract.releases.platform),
                }
            }
        });
        let operation = Memo::new({
            let config = Arc::clone(&config);
            move || {
                let installation = installation.get()?;
                let history = history.get();
                let rollouts = rollouts.get().unwrap_or_default();
                operation::operation(&operation::Facts {
                    contract: &config.contract,
                    installation: &installation,
                    dependencies: &history.dependencies,
                    platform: &history.platform,
                    rollouts: &rollouts,
                })
            }
        });
        let operator = Memo::new({
            let config = Arc::clone(&config);
            move || {
                let lease = lease.with(|it| it.read(|it| it.first().cloned()));
                let deployment = operator_deployment.with(|it| it.read(|it| it.first().cloned()));
                let pods = pods.get().items;
                let signs = operator::Signs {
                    place: &config.operator,
                    lease: &lease,
                    deployment: &deployment,
                    pods: pods.as_ref().map(|it| it.as_slice()),
                };
                operator::operator_state(signs, now.get())
            }
        });
        let standing = Memo::new(move || {
            if let Some(standing) = shut.get() {
                return standing;
            }
            cr.with(|cr| match (&cr.items, &cr.trouble) {
                (Some(items), _) if !items.is_empty() => Standing::Open,
                (_, Some(Trouble { problem, .. })) if matches!(problem.kind, ProblemKind::Forbidden(_)) => {
                    Standing::Forbidden(problem.clone())
                }
                (Some(_), _) => Standing::NoInstallation,
                (None, Some(trouble)) => Standing::Shut(trouble.problem.clone()),
                (None, None) => Standing::Opening,
            })
        });
        let connection = Memo::new(move || {
            let lost = [
                cr.with(|it| it.trouble.clone()),
                deployments.with(|it| it.trouble.clone()),
                pods.with(|it| it.trouble.clone()),
                // Asked for again and again, these notice first that a line is dead on which nothing comes.
                secrets.with(|it| {
                    let dead = |it: &Trouble| {
                        matches!(it.problem.kind, ProblemKind::Unreachable | ProblemKind::SignedOut)
                    };
                    it.trouble.clone().filter(dead)
                }),
            ];
            // A missing right is not a lost connection: the page says it where the objects would be.
            let lost =
                lost.into_iter().flatten().filter(|it| !matches!(it.problem.kind, ProblemKind::Forbidden(_)));
            match lost.min_by_key(|it| it.since) {
                Some(trouble) => Connection::Lost(trouble),
                None if cr.with(|it| it.items.is_some()) => Connection::Live,
                None => Connection::Opening,
            }
        });

        let live = Self {
            session,
            now,
            began: clock::milliseconds(),
            resource: RwSignal::new(None),
            shut,
            cr,
            deployments,
            stateful_sets,
            pods,
            events: RwSignal::new(Feed::default()),
            secrets,
            lease,
            operator_deployment,
            payloads,
            scope: StoredValue::new(Scope::here()),
            asked: StoredValue::new(Vec::new()),
            user: RwSignal::new(None),
            groups: RwSignal::new(Vec::new()),
            rights: RwSignal::new(Rights::default()),
            gaps: RwSignal::new(Gaps::default()),
            schema: RwSignal::new(None),
            edition: StoredValue::new(None),
            installation,
            rollouts,
            history,
            operation,
            operator,
            standing,
            connection,
        };
        live.open();
        provide_context(live);
        live
    }

    /// Opens every watch at once: none waits for another but the custom resource's, which waits for its discovery.
    fn open(self) {
        let session = self.session;
        let config = session.config();
        spawn_scoped(self.find_installation());
        follow(session.api(Resource::DEPLOYMENTS), WatchParams::default(), self.deployments);
        follow(session.api(Resource::STATEFUL_SETS), WatchParams::default(), self.stateful_sets);
        follow(session.api(Resource::PODS), WatchParams::default().first_page(AT_ONCE), self.pods);
        spawn_scoped(self.poll_releases());

        let operator = &config.operator;
        let named = |name: &str| WatchParams::default().named(name);
        follow(session.api_in(Resource::LEASES, &operator.namespace), named(&operator.lease), self.lease);
        let deployments = session.api_in(Resource::DEPLOYMENTS, &operator.namespace);
        follow(deployments, named(&operator.deployment), self.operator_deployment);

        let scope = Scope::here();
        spawn_scoped(async move {
            self.first_paint().await;
            scope.with(|| follow(session.api(Resource::EVENTS), WatchParams::default(), self.events));
            // Who one is called is an ornament: where the server does not say, nothing is shown.
            let client = session.client();
            if let Ok(who) = surely(|| client.who_am_i(), |_| ()).await {
                self.user.set(Some(who.username));
                self.groups.set(who.groups);
            }
        });
        effect(move || {
            let wanted: Vec<_> = self.history.with(|it| {
                let newest = |rows: &Arc<Vec<HistoryRow>>| {
                    // One more than is shown: a row's direction is told by the row before it.
                    rows.iter().take(READ_AHEAD + 1).map(|it| it.secret.clone()).collect::<Vec<_>>()
                };
                [newest(&it.dependencies), newest(&it.platform)].concat()
            });
            self.read_payloads(wanted);
        });
    }

    /// Waits until the first rows had their time; not at all after that.
    pub async fn first_paint(self) {
        if let Some(rest) = FIRST_PAINT.checked_sub(clock::passed(self.began)) {
            sleep(rest).await;
        }
    }

    /// Follows the installation, as the kind that the cluster has now: where that is taken away or served in another
    /// version, it is looked for again.
    async fn find_installation(self) {
        let params = WatchParams::default().named(&self.session.config().installation);
        loop {
            let resource = self.find_kind().await;
            self.shut.set(None);
            let known = self.resource.get_untracked().as_ref() == Some(&resource);
            if known {
                // It is there and was not served: it takes a moment until it is.
                sleep(LOOK_AGAIN).await;
            }
            self.resource.set(Some(resource.clone()));
            let about = async {
                self.first_paint().await;
                future::join(self.ask_rights(resource.clone()), self.find_gaps(resource.clone())).await;
                future::pending::<()>().await;
            };
            let followed = keep(self.session.api(resource.clone()), params.clone(), self.cr);
            future::select(pin!(followed), pin!(about)).await;
        }
    }

    /// Looks for the kind until the cluster has it.
    async fn find_kind(self) -> Resource {
        let config = self.session.config();
        loop {
            match self.session.client().discover_groups().await {
                Ok(discovery) => match discovery.find_kind(&config.kind).into_iter().next() {
                    Some(found) => return found.resource.clone(),
                    None => {
                        if self.cr.with_untracked(|it| *it != Feed::default()) {
                            self.cr.set(Feed::default());
                        }
                        self.shut.set(Some(Standing::NoKind));
                    }
                },
                // What was read before stays, and is said to be out of date.
                Err(_) if self.cr.with_untracked(|it| it.items.is_some()) => {}
                Err(error) => self.shut.set(Some(Standing::Shut(Problem::from(&error)))),
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    /// Lists Helm's release secrets by their metadata, again whenever the installation changes and now and then. Not a
    /// watch: metadata needs an `Accept` header, which a WebSocket cannot send, and a stream would hold one of the six
    /// connections that a browser has for a host over all its tabs.
    async fn poll_releases(self) {
        let api = self.session.api(Resource::SECRETS);
        let params = ListParams::default().labels("owner=helm");
        let (wake, mut woken) = futures::channel::mpsc::channel(1);
        let wake = RefCell::new(wake);
        effect(move || {
            self.cr.track();
            // A full channel has been told already.
            let _ = wake.borrow_mut().try_send(());
        });
        let mut asked_to_wait = None;
        self.first_paint().await;
        loop {
            let feed = match api.list_metadata::<Value>(&params).await {
                Ok(list) => {
                    let items =
                        list.items.iter().filter_map(|it| it.ok().map(Partial::from_object)).collect();
                    Feed { items: Some(Arc::new(items)), ..Feed::default() }
                }
                Err(error) => {
                    asked_to_wait = error.retry_after();
                    self.secrets.get_untracked().troubled(&error)
                }
            };
            if self.secrets.with_untracked(|it| *it != feed) {
                self.secrets.set(feed);
            }
            sleep(asked_to_wait.take().unwrap_or(SETTLE)).await;
            let running = self.operation.with_untracked(|it| it.as_ref().is_some_and(Operation::is_running));
            let pause = pin!(sleep(if running { RELIST_RUNNING } else { RELIST }));
            future::select(woken.next(), pause).await;
        }
    }

    /// Uses `token` from now on, once the API server has taken it. For the user that was there before, everything goes
    /// on where it was; another one gets a page of their own, at the same place.
    ///
    /// # Errors
    /// Why the API server does not take it; then nothing has changed.
    pub async fn sign_in(
        self,
        installations: Installations,
        activity: Activity,
        token: String,
    ) -> Result<(), Problem> {
        let who = self.session.client_with(&token).who_am_i().await.map_err(|it| Problem::from(&it))?;
        self.session.use_token(installations, Some(token));
        activity.signed_out.set(false);
        let same = self.user.with_untracked(|it| it.as_ref() == Some(&who.username));
        if same && self.standing.get_untracked() == Standing::Open {
            self.groups.set(who.groups);
            if let Some(resource) = self.resource.get_untracked() {
                self.ask_rights(resource).await;
            }
        } else {
            installations.reopen();
        }
        Ok(())
    }

    /// Whether the API server no longer knows who one is, tracked: it said so, or the token tells that it is over.
    pub fn signed_out(self, activity: Activity) -> bool {
        let over = self.session.token_end().is_some_and(|end| end <= self.now.get());
        over || activity.signed_out.get()
    }

    /// Asks what the user may do, once; the API server judges each write again anyway.
    async fn ask_rights(self, resource: Resource) {
        for check in [self.patch_check(&resource), self.create_check(&resource)] {
            self.ask(check).await;
        }
    }

    async fn ask(self, check: Check) {
        let permission = match self.session.client().can_i(&question(&check)).await {
            Ok(access) if access.allowed => Permission::Allowed,
            Ok(access) => Permission::Denied(access.reason),
            Err(error) => Permission::Unknown(error.to_string()),
        };
        self.rights.update(|it| it.set(check, permission));
    }

    /// Reads the kind's schema and notes which concepts it has no place for. A kind that was installed just now gets its
    /// schema a little later.
    async fn find_gaps(self, resource: Resource) {
        while !self.read_schema(&resource).await {
            sleep(LOOK_AGAIN).await;
        }
    }

    /// Reads the kind's schema; whether that came to an end.
    async fn read_schema(self, resource: &Resource) -> bool {
        // Without the schema nothing is switched off: the API server will say what it does not know.
        let (read, later) = match self.session.client().openapi_v3(&resource.group, &resource.version).await {
            Ok(bytes) => {
                let text = std::str::from_utf8(&bytes).ok();
                let document = text.and_then(|text| serde_json::from_str::<Value>(text).ok());
                let read = |it| Schema::read(it, &resource.group, &resource.version, &resource.kind);
                let none = || format!("The API server publishes no schema of {}.", resource.kind);
                (document.and_then(read).ok_or_else(none), true)
            }
            Err(error) => {
                let later = !matches!(error, Error::Forbidden(_));
                (Err(Problem::from(&error).line()), later)
            }
        };
        let found = read.is_ok();
        let read = read.map(Arc::new);
        // The one that was read before is still the best there is.
        let keep = self.schema.with_untracked(|it| match (it, &read) {
            (Some(Ok(_)), Err(_)) => true,
            (it, read) => it.as_ref() == Some(read),
        });
        if !keep {
            if let Ok(schema) = &read {
                self.gaps.set(self.session.config().contract.check(schema.value()));
            }
            self.schema.set(Some(read));
        }
        found || !later
    }

    /// Reads the schema again if the API server has another one by now: a CRD may change under an open page.
    pub async fn look_at_schema(self) {
        let Some(resource) = self.resource.get_untracked() else { return };
        let edition = self.session.client().openapi_v3_edition(&resource.group, &resource.version).await;
        // Where it cannot be told, the API server still judges every write.
        let Ok(Some(edition)) = edition else { return };
        if self.edition.with_value(|it| it.as_ref() == Some(&edition)) {
            return;
        }
        if self.read_schema(&resource).await {
            self.edition.set_value(Some(edition));
        }
    }

    /// The right that every write to the installation needs.
    fn patch_check(self, resource: &Resource) -> Check {
        let config = self.session.config();
        Check::new("patch", &*resource.group, &*resource.plural)
            .within(&config.namespace)
            .named(&config.installation)
    }

    /// Reads Helm payloads that are not known yet.
    pub fn read_payloads(self, secrets: Vec<ReleaseSecret>) {
        let key = |it: &ReleaseSecret| (it.uid.clone(), it.resource_version.clone());
        let unknown: Vec<_> = self.payloads.with_untracked(|known| {
            secrets.into_iter().filter(|it| find(known, &key(it)).is_none()).collect()
        });
        if unknown.is_empty() {
            return;
        }
        let gone = |uid: &str| {
            self.secrets.with_untracked(|it| {
                it.items.as_ref().is_some_and(|all| all.iter().all(|it| it.metadata.uid != uid))
            })
        };
        self.payloads.update(|it| {
            // Helm deletes old revisions with each upgrade; a page that stays open must not keep them.
            it.retain(|((uid, _), _)| !gone(uid));
            it.extend(unknown.iter().map(|secret| (key(secret), None)));
        });
        let api = self.session.api(Resource::SECRETS);
        self.scope.get_value().spawn(async move {
            let read = |secret: ReleaseSecret| {
                let api = api.clone();
                async move {
                    let payload = read_payload(&api, &secret).await;
                    (key(&secret), payload)
                }
            };
            // Two at a time: a payload can be a megabyte, and the browser has six connections.
            let mut done = stream::iter(unknown.into_iter().map(read)).buffer_unordered(2);
            while let Some((key, payload)) = done.next().await {
                self.payloads.update(|it| {
                    if let Some((_, slot)) = it.iter_mut().find(|(known, _)| *known == key) {
                        *slot = Some(payload);
                    }
                });
            }
        });
    }

    /// The first container of a workload's pods.
    pub fn container_of(self, kind: &str, name: &str) -> Option<String> {
        let feed =
            if kind == WorkloadKind::StatefulSet.name() { self.stateful_sets } else { self.deployments };
        feed.with(|it| {
            let workload = it.slice().iter().find(|it| it.metadata.name == name)?;
            workload.spec.template.spec.containers.first().map(|it| it.name.clone())
        })
    }

    /// Reads the chart that a revision deployed.
    ///
    /// # Errors
    /// Why it cannot be read, in words.
    pub async fn read_chart(self, secret: &ReleaseSecret) -> Result<Chart, String> {
        let json = read_release(&self.session.api(Resource::SECRETS), secret).await?;
        Chart::read(&json).map_err(|error| error.to_string())
    }

    /// Reads all that a revision says. It is not kept: what asked for it holds it for as long as it shows it.
    pub async fn revision(self, secret: ReleaseSecret) -> Result<Contents, String> {
        let json = read_release(&self.session.api(Resource::SECRETS), &secret).await?;
        contents::read(&json).map_err(|error| error.to_string())
    }

    /// Why a payload could not be read, where it was tried.
    pub fn payload_problem(self, secret: &ReleaseSecret) -> Option<String> {
        let key = (secret.uid.clone(), secret.resource_version.clone());
        self.payloads.with(|it| find(it, &key)?.as_ref()?.as_ref().err().cloned())
    }

    /// The custom resource as the API server has it, untracked.
    pub fn current(self) -> Option<Value> {
        self.cr.with_untracked(|it| it.slice().first().cloned())
    }

    /// What was done of the checklist before an upgrade.
    pub fn checklist(self) -> Vec<Mark> {
        let contract = &self.session.config().contract;
        self.cr.with(|it| it.slice().first().map(|cr| marks(contract, cr)).unwrap_or_default())
    }

    /// The handle for writes to the installation.
    pub fn installation_api(self) -> Option<Api> {
        Some(self.session.api(self.resource.get_untracked()?))
    }

    /// What writes name: the discovered resource and the configured installation.
    pub fn target(self) -> Option<Target> {
        let resource = self.resource.get()?;
        let config = self.session.config();
        Some(Target {
            api_version: resource.api_version(),
            kind: resource.kind.to_string(),
            resource: format!("{}.{}", resource.plural, resource.group),
            namespace: config.namespace.clone(),
            name: config.installation.clone(),
        })
    }

    /// Why nothing may be written on what is shown: it is not current. `None` when it is.
    pub fn stale(self) -> Option<String> {
        let Connection::Lost(trouble) = self.connection.get() else { return None };
        let age = rootcause_domain::ago::ago(trouble.since, self.now.get());
        Some(format!("What you see was read {age}; writing waits until it is current again."))
    }

    /// Why nothing may be written at all: this page only reads, or what it shows is not current. `None` when it may.
    pub fn locked(self) -> Option<String> {
        self.session.config().read_only.then(|| READ_ONLY.to_owned()).or_else(|| self.stale())
    }

    /// Why the user may not do this; `None` when they may or it is not known. Asks the API server the first time.
    pub fn denied(self, check: &Check) -> Option<String> {
        let asked = self.asked.with_value(|it| it.contains(check));
        if !asked {
            self.asked.update_value(|it| it.push(check.clone()));
            let check = check.clone();
            self.scope.get_value().spawn(async move {
                self.first_paint().await;
                self.ask(check).await;
            });
        }
        self.rights.with(|it| it.denied(check))
    }

    /// A right on an object of the installation's namespace, by name where there is one.
    pub fn right(self, verb: &str, resource: &Resource, name: Option<&str>) -> Check {
        let check =
            Check::new(verb, &*resource.group, &*resource.plural).within(&self.session.config().namespace);
        match name {
            Some(name) => check.named(name),
            None => check,
        }
    }

    /// Why nothing may be written now: the data is stale, or the right is missing. `None` when it may.
    pub fn write_locked(self) -> Option<String> {
        if let Some(locked) = self.locked() {
            return Some(locked);
        }
        let Some(resource) = self.resource.get().filter(|_| self.standing.get() == Standing::Open) else {
            return Some("The installation is still being read.".to_owned());
        };
        let check = self.patch_check(&resource);
        self.rights.with(|it| it.denied(&check))
    }

    /// As [`Self::write_locked`], for making the installation where there is none.
    pub fn create_locked(self) -> Option<String> {
        if self.session.config().read_only {
            return Some(READ_ONLY.to_owned());
        }
        let resource = self.resource.get()?;
        let check = self.create_check(&resource);
        self.rights.with(|it| it.denied(&check))
    }

    fn create_check(self, resource: &Resource) -> Check {
        Check::new("create", &*resource.group, &*resource.plural).within(&self.session.config().namespace)
    }

    /// The operator's Deployment, where it may be read.
    pub fn operator_workload(self) -> Option<Workload> {
        self.operator_deployment.with(|it| it.slice().first().cloned())
    }

    /// Why a concept's control is off: the cluster's schema has no place for it.
    pub fn lacks(self, concept: Concept) -> Option<String> {
        self.gaps.with(|it| it.reason(concept))
    }

    /// The Deployments, then the StatefulSets, as far as they may be read, each with its kind.
    pub fn workloads(self) -> Vec<Workload> {
        let of = |feed: RwSignal<Feed<Workload>>, kind| {
            feed.with(|it| it.slice().iter().map(|it| Workload { kind, ..it.clone() }).collect::<Vec<_>>())
        };
        let mut all = of(self.deployments, WorkloadKind::Deployment);
        all.extend(of(self.stateful_sets, WorkloadKind::StatefulSet));
        all
    }

    /// Who else writes the installation.
    pub fn owners(self) -> Vec<owner::Owner> {
        let config = self.session.config();
        let touches: Vec<_> = config.contract.pointer(Concept::TargetVersion).into_iter().cloned().collect();
        self.cr.with(|it| it.slice().first().map(|cr| owner::owners(cr, &touches)).unwrap_or_default())
    }
}

fn find<'a>(
    payloads: &'a Payloads,
    key: &(String, String),
) -> Option<&'a Option<Result<HelmRelease, String>>> {
    payloads.iter().find(|(known, _)| known == key).map(|(_, it)| it)
}

/// Follows whole objects into `feed` for as long as the current owner lives.
pub fn follow_objects(api: Api, feed: RwSignal<Feed<Value>>) {
    follow(api, WatchParams::default(), feed);
}

/// Follows a list into `feed` for as long as the current owner lives. Nobody asks who wrote what of such objects.
pub fn follow<T: View>(api: Api, params: WatchParams, feed: RwSignal<Feed<T>>) {
    let params = params.without_managed_fields();
    spawn_scoped(async move {
        loop {
            keep(api.clone(), params.clone(), feed).await;
            sleep(LOOK_AGAIN).await;
        }
    });
}

/// What a feed can hold.
pub trait View: FromObject + Clone + Send + Sync + 'static {}

impl<T: FromObject + Clone + Send + Sync + 'static> View for T {}

/// An object of a feed whose type only the feed knows: the watch behind it is compiled once for all of them, which
/// saves about 15 KB of WASM for each.
type Erased = Box<dyn Any>;

/// Follows a list into `feed` until the API server no longer serves such objects.
async fn keep<T: View>(api: Api, params: WatchParams, feed: RwSignal<Feed<T>>) {
    let decode = |json: &Value| Box::new(T::from_object(json)) as Erased;
    // What another such watch has left in the feed stands until this one knows better.
    let published = Cell::new(false);
    let publish = move |told: Told<'_>| {
        let before = feed.get_untracked();
        let complete = told.store.is_complete();
        let first = complete && (!published.replace(true) || before.items.is_none());
        let of = |objects: &mut dyn Iterator<Item = &Erased>| {
            Arc::new(objects.filter_map(|it| it.downcast_ref::<T>().cloned()).collect())
        };
        let items = if complete && (first || told.changed) {
            Some(of(&mut told.store.readable().map(|(_, it)| it)))
        } else {
            before.items.clone()
        };
        let arriving = items.is_none() && told.listing;
        let arriving = arriving.then(|| of(&mut told.store.arriving().map(|(_, it)| it)));
        let after = match told.error {
            Some(error) => Feed { items, arriving: None, trouble: before.trouble.clone() }.troubled(error),
            None => Feed { items, arriving, trouble: None },
        };
        if first || told.changed || after.arriving.is_some() || after.trouble != before.trouble {
            feed.set(after);
        }
    };
    keep_erased(api, params, Box::new(decode), Box::new(publish)).await;
}

/// What a burst of events came to.
struct Told<'a> {
    store: &'a Store<Erased>,
    changed: bool,
    /// Whether it ends in the middle of a list.
    listing: bool,
    /// Why the store is not current after it.
    error: Option<&'a Error>,
}

async fn keep_erased(
    api: Api,
    params: WatchParams,
    decode: Box<dyn Fn(&Value) -> Erased>,
    publish: Box<dyn Fn(Told<'_>)>,
) {
    let mut store = Store::new();
    let mut bursts = pin!(watch::<Value>(&api, params).ready_chunks(BURST));
    while let Some(burst) = bursts.next().await {
        let (mut changed, mut listing) = (false, false);
        let mut trouble = None;
        for event in burst {
            match event {
                Ok(event) => {
                    trouble = None;
                    let event = event.map(|json| decode(&json));
                    listing = matches!(event, kube_web::Event::InitApply(_));
                    changed |= !store.apply(event).is_empty();
                }
                Err(error) => trouble = Some(error),
            }
        }
        clock::set_ahead(api.client().clock_skew_ms());
        let began = clock::milliseconds();
        publish(Told { store: &store, changed, listing, error: trouble.as_ref() });
        if matches!(trouble, Some(Error::NotFound(_))) {
            return;
        }
        // The next page of a list is waited for anyway.
        if !listing {
            // A timer goes off after all that follows from what was published.
            sleep(Duration::ZERO).await;
            sleep(rest(began).clamp(REDRAW, LONGEST_REST)).await;
        }
    }
}

/// Reads what a release secret says of its revision, trying for as long as the API server does not answer. The error is
/// said in the row that wanted it.
async fn read_payload(api: &Api, secret: &ReleaseSecret) -> Result<HelmRelease, String> {
    let item = surely(|| api.get::<Value>(&secret.secret), |_| ()).await;
    helm::decode(&unpack(item).await?).map_err(|error| error.to_string())
}

/// Reads the JSON that a release secret holds.
pub async fn read_release(api: &Api, secret: &ReleaseSecret) -> Result<Vec<u8>, String> {
    unpack(api.get::<Value>(&secret.secret).await).await
}

async fn unpack(secret: Result<Item<Value>, Error>) -> Result<Vec<u8>, String> {
    let item = secret.map_err(|error| Problem::from(&error).line())?;
    let secret = item.object.map_err(|error| error.to_string())?;
    let release = secret.pointer("/data/release").and_then(Value::as_str);
    let release = release.ok_or_else(|| "the secret holds no release".to_owned())?;
    let packed = helm::payload(release).map_err(|error| error.to_string())?;
    gunzip(&packed, UNPACKED).await.map_err(|error| match error {
        GunzipError::Broken(words) => format!("the release payload is not gzip: {words}"),
        GunzipError::TooLarge(limit) => format!("the release payload unpacks to more than {limit} bytes"),
    })
}

/// A right as the client asks for it.
fn question(check: &Check) -> Question<'_> {
    Question {
        verb: &check.verb,
        group: &check.group,
        resource: &check.resource,
        subresource: check.subresource.as_deref().unwrap_or_default(),
        namespace: check.namespace.as_deref().unwrap_or_default(),
        name: check.name.as_deref().unwrap_or_default(),
    }
}
