//! The reconciler: from the custom resource to two Helm releases and back to its status.
//!
//! An operation is a fixed row of steps (secrets, dependencies, platform, patches, users), each told by a condition. A
//! step ends early for one of the reasons of [`Stop`], and all of them leave a state from which the next run goes on.
//!
//! A custom resource that is deleted leaves its releases as they are: the operator sets no finalizer, since one would
//! hold up the namespace's deletion after the operator is gone. Undeploying is asked for by the spec.

use std::{collections::HashMap, sync::Arc, time::Duration};

use k8s_openapi::api::core::v1::{ObjectReference, PersistentVolumeClaim, Secret};
use kube::{
    Api, Client, Resource, ResourceExt,
    api::{ApiResource, DeleteParams, DynamicObject, ListParams},
    runtime::{
        controller::Action,
        events::{Event, EventType, Recorder},
        reflector::{ObjectRef, Store},
    },
};
use serde_json::{Value, json};
use thiserror::Error;
use tokio::{
    sync::{Mutex, watch},
    time::Instant,
};
use tracing::{error, info, warn};

use crate::{
    helm::{self, DEPENDENCIES, Helm, Outcome, PLATFORM, Release},
    mapping::Mapping,
    patches,
    plan::{self, Plan, Reason, Revisions},
    recovery::{self, Recovery, Revision},
    spec::{RequiredSecret, Spec},
    status::StatusWriter,
    users, values,
};

/// How often missing secrets are looked for.
const SECRETS_EVERY: Duration = Duration::from_secs(2);
/// How often a settled installation is compared with its releases.
const DRIFT_EVERY: Duration = Duration::from_secs(60);
/// How soon a running Helm notices that the spec has changed.
const SUPERSEDED_EVERY: Duration = Duration::from_millis(200);
const FIRST_RETRY: Duration = Duration::from_secs(10);
const LAST_RETRY: Duration = Duration::from_secs(300);
/// The API server's limit for an event's note, bytes.
const NOTE: usize = 1024;

/// Why a reconciliation could not tell its result: the API server did not take it. It is tried again.
#[derive(Debug, Error)]
pub enum Error {
    #[error(transparent)]
    Api(#[from] kube::Error),
    #[error("cannot read the custom resource: {0}")]
    Read(#[from] serde_json::Error),
}

/// Why an operation ended before it was done.
enum Stop {
    /// A new request or the operator's own end: the state says that work is left.
    Interrupted,
    /// A required secret is missing.
    Blocked,
    Failed {
        condition: &'static str,
        reason: &'static str,
        words: String,
    },
    Api(kube::Error),
}

impl From<kube::Error> for Stop {
    fn from(error: kube::Error) -> Self {
        Self::Api(error)
    }
}

/// When an operation that failed for a passing reason is tried again.
#[derive(Clone, Copy)]
struct Retry {
    at: Instant,
    wait: Duration,
}

/// All that the reconciler works with.
pub struct Operator {
    pub client: Client,
    pub namespace: String,
    pub resource: ApiResource,
    pub mapping: Arc<Mapping>,
    pub helm: Helm,
    pub status: StatusWriter,
    pub store: Store<DynamicObject>,
    pub recorder: Recorder,
    pub version: String,
    pub shutdown: watch::Receiver<bool>,
    pub retries: Retries,
}

/// The retries that are due, by the custom resource's name.
#[derive(Default)]
pub struct Retries(Mutex<HashMap<String, Retry>>);

/// One reconciliation, as kube's `Controller` calls it.
pub async fn reconcile(object: Arc<DynamicObject>, operator: Arc<Operator>) -> Result<Action, Error> {
    // Not the cache's object: it may lag behind the status that the last run wrote, and the run would be done twice.
    let api = Api::<DynamicObject>::namespaced_with(
        operator.client.clone(),
        &operator.namespace,
        &operator.resource,
    );
    let Some(object) = api.get_opt(&object.name_any()).await? else { return Ok(Action::await_change()) };
    if object.metadata.deletion_timestamp.is_some() || *operator.shutdown.borrow() {
        return Ok(Action::await_change());
    }
    let document = serde_json::to_value(&object)?;
    let revisions = Revisions {
        dependencies: operator.revisions(DEPENDENCIES).await?,
        platform: operator.revisions(PLATFORM).await?,
    };
    let run = Run {
        operator: &operator,
        object: &object,
        spec: Spec::new(&document, &operator.mapping),
        document: &document,
    };
    match plan::plan(&document, &operator.mapping, &revisions) {
        Plan::Settled => Ok(Action::requeue(DRIFT_EVERY)),
        Plan::Work(reason) => run.start(reason).await,
        Plan::CheckSecrets if run.missing_secrets().await?.is_empty() => run.start(Reason::Resumed).await,
        Plan::CheckSecrets => Ok(Action::requeue(SECRETS_EVERY)),
        Plan::Retry => match operator.retries.wait(&object.name_any()).await {
            Some(wait) => Ok(Action::requeue(wait)),
            None => run.start(Reason::Retrying).await,
        },
    }
}

/// What kube's `Controller` does when the API server did not take a result.
pub fn on_error(object: Arc<DynamicObject>, error: &Error, _: Arc<Operator>) -> Action {
    error!("{}: {error}", object.name_any());
    Action::requeue(Duration::from_secs(2))
}

impl Retries {
    /// How long to wait still, or nothing when it is time.
    async fn wait(&self, name: &str) -> Option<Duration> {
        let retry = *self.0.lock().await.get(name)?;
        Some(retry.at.saturating_duration_since(Instant::now())).filter(|wait| !wait.is_zero())
    }

    /// Doubles the wait with every failure in a row.
    async fn failed(&self, name: &str) -> Duration {
        let mut retries = self.0.lock().await;
        let wait = retries.get(name).map_or(FIRST_RETRY, |earlier| (earlier.wait * 2).min(LAST_RETRY));
        retries.insert(name.to_owned(), Retry { at: Instant::now() + wait, wait });
        wait
    }

    async fn forget(&self, name: &str) {
        self.0.lock().await.remove(name);
    }
}

impl Operator {
    fn secrets(&self) -> Api<Secret> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// What Helm keeps of a release, from its secrets' labels: their content is not needed.
    async fn revisions(&self, release: Release) -> Result<Vec<Revision>, kube::Error> {
        let selector = ListParams::default().labels(&format!("owner=helm,name={}", release.name));
        let secrets = self.secrets().list_metadata(&selector).await?;
        let revision = |labels: &std::collections::BTreeMap<String, String>| {
            Some(Revision {
                number: labels.get("version")?.parse().ok()?,
                status: labels.get("status")?.clone(),
            })
        };
        Ok(secrets.items.iter().filter_map(|secret| revision(secret.labels())).collect())
    }
}

/// One operation on one custom resource.
struct Run<'a> {
    operator: &'a Operator,
    object: &'a DynamicObject,
    document: &'a Value,
    spec: Spec<'a>,
}

impl Run<'_> {
    async fn start(&self, reason: Reason) -> Result<Action, Error> {
        let name = self.object.name_any();
        self.begin(reason).await?;
        let result = if self.spec.undeploy() { self.undeploy().await } else { self.deploy(reason).await };
        match result {
            Ok(()) => {
                self.operator.retries.forget(&name).await;
                Ok(Action::requeue(DRIFT_EVERY))
            }
            Err(Stop::Interrupted) => {
                info!("{name}: the operation was interrupted");
                Ok(Action::requeue(Duration::ZERO))
            }
            Err(Stop::Blocked) => Ok(Action::requeue(SECRETS_EVERY)),
            Err(Stop::Api(error)) => Err(error.into()),
            Err(Stop::Failed { condition, reason, words }) => {
                self.degrade(condition, reason, &words).await?;
                if helm::Error::is_transient(&words) {
                    let wait = self.operator.retries.failed(&name).await;
                    info!("{name}: trying again in {} s", wait.as_secs());
                    return Ok(Action::requeue(wait));
                }
                Ok(Action::requeue(DRIFT_EVERY))
            }
        }
    }

    async fn begin(&self, reason: Reason) -> Result<(), kube::Error> {
        let request = plan::request(self.document, &self.operator.mapping);
        let to = self.spec.version().unwrap_or_default();
        let message = match self.status_text(&self.operator.mapping.status.deployed_version) {
            _ if self.spec.undeploy() => "Removing both releases".to_owned(),
            "" => format!("Deploying version {to}"),
            from if from == to => format!("Applying the configuration to version {to}"),
            from => format!("Going from version {from} to {to}"),
        };
        info!("{}: {}: {message}", self.object.name_any(), reason.as_str());
        let event = match reason {
            Reason::Undeploying => "UndeployStarted",
            Reason::Installing => "InstallStarted",
            Reason::VersionChanged => "UpgradeStarted",
            Reason::Forced => "ForceReconcile",
            _ => "ReconcileStarted",
        };
        self.event(EventType::Normal, event, &message).await;
        let phases = &self.operator.mapping.phases;
        self.write(|draft| {
            draft.set(|at| &at.phase, &phases.reconciling);
            draft.set(|at| &at.observed_generation, request.generation);
            draft.set(|at| &at.operator_version, &self.operator.version);
            if let Some(token) = &request.force {
                draft.set(|at| &at.last_force_reconcile, token);
            }
            // While the same thing is tried again, its error still holds.
            if reason != Reason::Retrying {
                draft.clear(|at| &at.last_error);
            }
            draft.condition("Reconciling", true, reason.as_str(), &message);
            draft.condition("Ready", false, "Reconciling", &message);
        })
        .await
    }

    async fn deploy(&self, reason: Reason) -> Result<(), Stop> {
        let Some(version) = self.spec.version() else {
            let words = format!("{} is not set", self.operator.mapping.spec.version);
            return Err(Stop::Failed { condition: PLATFORM.condition, reason: "NoVersion", words });
        };
        self.check_secrets().await?;
        self.release(DEPENDENCIES, version, &values::dependencies(&self.spec)).await?;
        self.write(|draft| {
            draft.set(|at| &at.dependencies_version, version);
            draft.condition(
                DEPENDENCIES.condition,
                true,
                "Deployed",
                format!("Version {version} is deployed"),
            );
        })
        .await?;
        self.event(
            EventType::Normal,
            DEPENDENCIES.condition,
            &format!("Dependencies {version} are deployed"),
        )
        .await;

        // What is there already is patched first: Helm would wait for pods that only a patch lets run. A patch that
        // fails is told of after it.
        let _ = self.patch_resources().await;
        self.release(PLATFORM, version, &values::platform(&self.spec)).await?;
        self.patch_resources().await?;
        self.write(|draft| {
            draft.set(|at| &at.deployed_version, version);
            draft.condition(PLATFORM.condition, true, "Deployed", format!("Version {version} is deployed"));
        })
        .await?;
        self.event(EventType::Normal, PLATFORM.condition, &format!("Platform {version} is deployed")).await;

        self.sync_users().await?;
        let phases = &self.operator.mapping.phases;
        self.write(|draft| {
            draft.set(|at| &at.phase, &phases.ready);
            draft.clear(|at| &at.last_error);
            draft.condition("Reconciling", false, "Settled", format!("Done: {}", reason.as_str()));
            draft.condition("Ready", true, "Deployed", format!("Version {version} is deployed"));
        })
        .await?;
        info!("{}: version {version} is ready", self.object.name_any());
        self.event(EventType::Normal, "Ready", &format!("Version {version} is ready")).await;
        Ok(())
    }

    async fn undeploy(&self) -> Result<(), Stop> {
        for release in [PLATFORM, DEPENDENCIES] {
            let message = format!("Helm is removing {}", release.name);
            self.write(|draft| draft.condition(release.condition, false, "Uninstalling", message)).await?;
            let done = self.operator.helm.uninstall(release, self.stop()).await;
            self.finished(release, done)?;
            let message = format!("{} is not deployed", release.name);
            self.write(|draft| {
                draft.condition(release.condition, false, "Uninstalled", &message);
                if release == PLATFORM {
                    draft.clear(|at| &at.deployed_version);
                } else {
                    draft.clear(|at| &at.dependencies_version);
                }
            })
            .await?;
            self.event(EventType::Normal, "ReleaseUninstalled", &message).await;
        }
        self.remove_leftovers().await?;
        let phases = &self.operator.mapping.phases;
        self.write(|draft| {
            draft.set(|at| &at.phase, &phases.uninstalled);
            draft.clear(|at| &at.last_error);
            draft.clear(|at| &at.users);
            draft.condition("UsersReady", false, "Uninstalled", "No accounts while nothing is deployed");
            draft.condition("Reconciling", false, "Settled", "Done: Undeploying");
            draft.condition("Ready", false, "Uninstalled", "Undeployed as the spec asks");
        })
        .await?;
        info!("{}: uninstalled", self.object.name_any());
        self.event(EventType::Normal, "Uninstalled", "Both releases and the operator's secrets are removed")
            .await;
        Ok(())
    }

    /// The operator's own secrets, and the databases' claims, which Helm leaves behind when a StatefulSet made them.
    async fn remove_leftovers(&self) -> Result<(), kube::Error> {
        let (key, value) = users::MANAGED_BY;
        let ours = ListParams::default().labels(&format!("{key}={value}"));
        self.operator.secrets().delete_collection(&DeleteParams::default(), &ours).await?;
        let claims: Api<PersistentVolumeClaim> =
            Api::namespaced(self.operator.client.clone(), &self.operator.namespace);
        let theirs = format!("app.kubernetes.io/instance in ({},{})", DEPENDENCIES.name, PLATFORM.name);
        claims.delete_collection(&DeleteParams::default(), &ListParams::default().labels(&theirs)).await?;
        Ok(())
    }

    async fn release(&self, release: Release, version: &str, values: &Value) -> Result<(), Stop> {
        let message = format!("Helm is deploying {} {version}", release.name);
        self.write(|draft| draft.condition(release.condition, false, "Upgrading", message)).await?;
        self.recover(release).await?;
        let done = self.operator.helm.upgrade(release, version, values, self.stop()).await;
        self.finished(release, done)
    }

    /// Makes a release fit for work that an interrupted Helm left pending.
    async fn recover(&self, release: Release) -> Result<(), Stop> {
        let (back_to, message) = match recovery::decide(&self.operator.revisions(release).await?) {
            Recovery::None => return Ok(()),
            Recovery::Uninstall => {
                (None, format!("{} was never fully installed: removing what there is", release.name))
            }
            Recovery::Rollback { to } => (
                Some(to),
                format!("{} was cut off in an operation: going back to revision {to}", release.name),
            ),
        };
        warn!("{}: {message}", self.object.name_any());
        self.event(EventType::Warning, "ReleaseRecovered", &message).await;
        let helm = &self.operator.helm;
        let done = match back_to {
            Some(revision) => helm.rollback(release, revision, self.stop()).await,
            None => helm.uninstall(release, self.stop()).await,
        };
        self.finished(release, done)
    }

    fn finished(&self, release: Release, done: Result<Outcome, helm::Error>) -> Result<(), Stop> {
        match done {
            Ok(Outcome::Done) => Ok(()),
            Ok(Outcome::Interrupted) => Err(Stop::Interrupted),
            Err(error) => Err(Stop::Failed {
                condition: release.condition,
                reason: "HelmFailed",
                words: error.to_string(),
            }),
        }
    }

    async fn check_secrets(&self) -> Result<(), Stop> {
        let required = self.spec.required_secrets();
        let list: Vec<Value> = required
            .iter()
            .map(|secret| json!({"name": secret.name, "keys": secret.keys, "reason": secret.reason}))
            .collect();
        let missing = self.missing_secrets().await?;
        if missing.is_empty() {
            self.write(|draft| {
                draft.set(|at| &at.required_secrets, list);
                draft.condition("SecretsReady", true, "Present", "All required secrets are there");
            })
            .await?;
            return Ok(());
        }
        let message = format!("Missing: {}", missing.join(", "));
        warn!("{}: blocked. {message}", self.object.name_any());
        let phases = &self.operator.mapping.phases;
        self.write(|draft| {
            draft.set(|at| &at.required_secrets, list);
            draft.set(|at| &at.phase, &phases.blocked);
            draft.condition("SecretsReady", false, "MissingSecret", &message);
            draft.condition("Reconciling", false, "Blocked", &message);
            draft.condition("Ready", false, "Blocked", &message);
        })
        .await?;
        self.event(EventType::Warning, "Blocked", &message).await;
        Err(Stop::Blocked)
    }

    /// The required secrets that are absent or lack a key, in words.
    async fn missing_secrets(&self) -> Result<Vec<String>, kube::Error> {
        let secrets = self.operator.secrets();
        let mut missing = Vec::new();
        for RequiredSecret { name, keys, reason } in self.spec.required_secrets() {
            let Some(secret) = secrets.get_opt(&name).await? else {
                missing.push(format!("secret {name} ({reason})"));
                continue;
            };
            let data = secret.data.unwrap_or_default();
            let lacking = keys.iter().filter(|key| !data.contains_key(*key));
            missing.extend(lacking.map(|key| format!("key {key} in secret {name} ({reason})")));
        }
        Ok(missing)
    }

    async fn patch_resources(&self) -> Result<(), Stop> {
        let failed = |words| Stop::Failed { condition: PLATFORM.condition, reason: "PatchFailed", words };
        let patches =
            self.spec.resource_patches().map_err(|error| failed(format!("a resource patch: {error}")))?;
        patches::apply(&self.operator.client, &self.operator.namespace, &patches).await.map_err(failed)
    }

    async fn sync_users(&self) -> Result<(), Stop> {
        let secrets = self.operator.secrets();
        let existing = users::load(&secrets).await?;
        let managed = self.spec.manages_users();
        let wanted = if managed { self.spec.users() } else { Vec::new() };
        let plan = users::plan(&wanted, &existing);
        if plan.accounts != existing {
            self.write(|draft| {
                draft.set(|at| &at.users, &plan.during);
                draft.condition(
                    "UsersReady",
                    false,
                    "Syncing",
                    "Accounts are being brought in line with the spec",
                );
            })
            .await?;
            users::store(&secrets, &plan.accounts).await?;
        }
        let faulty = plan.after.iter().filter(|line| line.state == users::State::Error).count();
        self.write(|draft| {
            if managed {
                draft.set(|at| &at.users, &plan.after);
            } else {
                draft.clear(|at| &at.users);
            }
            match faulty {
                0 if managed => {
                    draft.condition("UsersReady", true, "Synced", format!("{} accounts", plan.accounts.len()))
                }
                0 => draft.condition(
                    "UsersReady",
                    true,
                    "External",
                    "The identity provider keeps the accounts",
                ),
                _ => draft.condition(
                    "UsersReady",
                    false,
                    "InvalidUsers",
                    format!("{faulty} users cannot be created"),
                ),
            }
        })
        .await?;
        Ok(())
    }

    async fn degrade(
        &self,
        condition: &'static str,
        reason: &'static str,
        words: &str,
    ) -> Result<(), kube::Error> {
        error!("{}: {condition}: {words}", self.object.name_any());
        let phases = &self.operator.mapping.phases;
        self.write(|draft| {
            draft.set(|at| &at.phase, &phases.degraded);
            draft.set(|at| &at.last_error, words);
            draft.condition(condition, false, reason, words);
            draft.condition("Reconciling", false, "Failed", words);
            draft.condition("Ready", false, reason, words);
        })
        .await?;
        self.event(EventType::Warning, reason, words).await;
        Ok(())
    }

    /// Ends when the operation has to stop: the custom resource asks for something else, or the operator ends.
    async fn stop(&self) {
        let current = plan::request(self.document, &self.operator.mapping);
        let key = ObjectRef::from_obj_with(self.object, self.operator.resource.clone());
        let superseded = async {
            loop {
                tokio::time::sleep(SUPERSEDED_EVERY).await;
                let newest =
                    self.operator.store.get(&key).and_then(|object| serde_json::to_value(&*object).ok());
                if newest.is_some_and(|object| plan::request(&object, &self.operator.mapping) != current) {
                    return;
                }
            }
        };
        let mut shutdown = self.operator.shutdown.clone();
        tokio::select! {
            () = superseded => {}
            _ = shutdown.wait_for(|ending| *ending) => {}
        }
    }

    fn status_text(&self, pointer: &str) -> &str {
        self.document.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    async fn write(&self, edit: impl FnOnce(&mut crate::status::Draft<'_>)) -> Result<(), kube::Error> {
        self.operator.status.update(&self.object.name_any(), edit).await
    }

    /// Tells of a step. An event that the API server does not take is no reason to stop.
    async fn event(&self, type_: EventType, reason: &str, note: &str) {
        let event = Event {
            type_,
            reason: reason.to_owned(),
            note: Some(
                note.char_indices().take_while(|(at, c)| at + c.len_utf8() <= NOTE).map(|(_, c)| c).collect(),
            ),
            action: "Reconcile".to_owned(),
            secondary: None,
        };
        let reference: ObjectReference = self.object.object_ref(&self.operator.resource);
        if let Err(error) = self.operator.recorder.publish(&event, &reference).await {
            warn!("cannot publish the event {reason}: {error}");
        }
    }
}
