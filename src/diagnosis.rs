//! The diagnosis, kept current: what the watches tell at all times, and lists around it while somebody looks.

use std::{sync::Arc, time::Duration};

use futures::StreamExt;
use kube_web::{ListParams, LogParams, Resource, logs};
use leptos::prelude::{document, expect_context, on_cleanup, provide_context};
use rootcause_domain::diagnosis::{
    self, Diagnosis, Facts, Source, Surroundings,
    facts::{pull_secret, symptom, tls_secret},
};
use rootcause_domain::objects::Pod;
use serde_json::Value;

use crate::{
    browser::clock::{self, Now},
    live::{Feed, Live, sleep, spawn_scoped},
    reactive::{Memo, RwSignal},
    session::Session,
    words::Problem,
};

/// How often the lists around the installation are read while somebody looks.
const REREAD: Duration = Duration::from_secs(5);

/// Rounds of reading lists after which logs are looked through again for what tells of a fault.
const LISTEN: u32 = 6;

/// Lines from the end of such a log, and how many that tell something are kept of each.
const HEARD: (u32, usize) = (500, 2);

/// Milliseconds after which the clock alone may change a verdict.
const TICK: i64 = 5000;

/// A list around the installation: where it is read, with which field selector, and what is kept of an object.
struct Around {
    source: Source,
    resource: Resource,
    fields: &'static str,
    keep: fn(&Value) -> Value,
}

const fn whole(source: Source, resource: Resource) -> Around {
    Around { source, resource, fields: "", keep: Value::clone }
}

/// Nothing of a secret but what its `keep` says outlives the answer.
const AROUND: [Around; 8] = [
    whole(Source::Claims, Resource::PVCS),
    whole(Source::StorageClasses, Resource::STORAGE_CLASSES),
    whole(Source::Nodes, Resource::NODES),
    whole(Source::Quotas, Resource::core("resourcequotas", "ResourceQuota")),
    whole(Source::Budgets, Resource::in_group("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget")),
    whole(Source::Secrets, Resource::SECRETS),
    Around {
        source: Source::PullSecrets,
        resource: Resource::SECRETS,
        fields: "type=kubernetes.io/dockerconfigjson",
        keep: pull_secret,
    },
    Around {
        source: Source::Certificates,
        resource: Resource::SECRETS,
        fields: "type=kubernetes.io/tls",
        keep: tls_secret,
    },
];

/// What is wrong; a context of the whole app.
#[derive(Clone, Copy)]
pub struct Diagnoses {
    live: Live,
    session: Session,
    around: RwSignal<Surroundings>,
    /// `None` until enough was read to say anything.
    pub current: Memo<Option<Arc<Diagnosis>>>,
}

impl Diagnoses {
    pub fn provide() {
        let live = expect_context::<Live>();
        let session = expect_context::<Session>();
        let now = expect_context::<Now>();
        let around = RwSignal::new(Surroundings::new());
        let tick = Memo::new(move || now.get().as_millisecond() / TICK);
        let begun = RwSignal::new(false);
        spawn_scoped(async move {
            live.first_paint().await;
            begun.set(true);
        });
        let current = Memo::new(move || {
            tick.get();
            if !begun.get() {
                return None;
            }
            around.with(|around| diagnose(live, session, around)).map(Arc::new)
        });
        provide_context(Self { live, session, around, current });
    }

    /// Reads the lists around the installation, again and again until the current owner is disposed.
    pub fn look(self) {
        spawn_scoped(async move {
            let mut symptoms = Vec::new();
            let mut rounds: u32 = 0;
            loop {
                if !document().hidden() {
                    let mut read = Surroundings::new();
                    // One after the other: the browser has few connections, and the watches come first.
                    for around in &AROUND {
                        read.push((around.source, self.list(around).await));
                    }
                    if rounds > 0 {
                        rounds -= 1;
                    } else if let Some(heard) = self.symptoms().await {
                        (symptoms, rounds) = (heard, LISTEN);
                    }
                    read.push((Source::Symptoms, Ok(symptoms.clone())));
                    if self.around.with_untracked(|it| *it != read) {
                        self.around.set(read);
                    }
                }
                sleep(REREAD).await;
            }
        });
        // What nobody keeps current is not to be judged by.
        on_cleanup(move || self.around.set(Surroundings::new()));
    }

    /// Whether the lists around the installation have been read.
    pub fn has_looked(self) -> bool {
        self.around.with(|it| !it.is_empty())
    }

    /// The uid of an object around the installation.
    pub fn uid(self, source: Source, name: &str) -> Option<String> {
        self.around.with(|it| {
            let (_, read) = it.iter().find(|(one, _)| *one == source)?;
            let found = read.as_ref().ok()?.iter().find(|it| it["metadata"]["name"] == name)?;
            Some(found["metadata"]["uid"].as_str()?.to_owned())
        })
    }

    /// What logs tell of the faults of an operator that is too old; none is read of any other. `None` while it is not
    /// known who there is to ask.
    async fn symptoms(self) -> Option<Vec<Value>> {
        let config = self.session.config();
        let installation = self.live.installation.get_untracked()?;
        let suspect = self.live.cr.with_untracked(|cr| {
            Some(diagnosis::is_suspect(&config, &installation, cr.items.as_ref()?.first()?))
        })?;
        let mut found = Vec::new();
        if !suspect {
            return Some(found);
        }
        let speaks = |it: &Pod| {
            let named = it.spec.containers.iter().map(|it| it.name.clone());
            let named = named.filter(|it| diagnosis::SPEAKERS.contains(&it.as_str()));
            named.map(|container| (it.metadata.name.clone(), container)).collect::<Vec<_>>()
        };
        let pods = self.live.pods.with_untracked(|it| it.items.clone())?;
        let speakers: Vec<_> = pods.iter().flat_map(speaks).collect();
        let api = self.session.api(Resource::PODS);
        for (pod, container) in speakers {
            let params =
                LogParams { container: container.clone(), tail_lines: Some(HEARD.0), ..LogParams::default() };
            let mut read = Box::pin(logs(&api, &pod, &params));
            let mut told = Vec::new();
            // One that cannot be read tells nothing; the version speaks without it.
            while let Some(Ok(batch)) = read.next().await {
                told.extend(batch.iter().map(|it| it.text().into_owned()).filter(|it| diagnosis::tells(it)));
            }
            let newest = told.iter().skip(told.len().saturating_sub(HEARD.1));
            found.extend(newest.map(|it| symptom(&pod, &container, it)));
        }
        Some(found)
    }

    async fn list(self, around: &Around) -> Result<Vec<Value>, String> {
        let client = self.session.client();
        let resource = around.resource.clone();
        let api = match resource.namespaced {
            true => self.session.api(resource),
            false => client.all(resource),
        };
        let read = if around.source == Source::Secrets {
            api.list_metadata::<Value>(&ListParams::default().labels("owner!=helm")).await
        } else if around.fields.is_empty() {
            api.list::<Value>(&ListParams::default()).await
        } else {
            api.list::<Value>(&ListParams::default().fields(around.fields)).await
        };
        let list = read.map_err(|error| Problem::from(&error).title)?;
        Ok(list.items.iter().filter_map(|it| it.ok().map(around.keep)).collect())
    }
}

/// `None` while the watches have not told of everything that may be read.
fn diagnose(live: Live, session: Session, around: &Surroundings) -> Option<Diagnosis> {
    let config = session.config();
    let installation = live.installation.get()?;
    let operator = live.operator.get();
    let operation = live.operation.get();
    let history = live.history.get();
    let denied = live.secrets.with(|it| it.denied().map(|it| it.title.clone()));
    let workloads = live.workloads();
    let mut no_workloads = None;
    for feed in [live.deployments, live.stateful_sets] {
        no_workloads = no_workloads.or(feed.with(|it| known(it).map(|it| it.err().map(str::to_owned)))?);
    }
    let pods = live.pods.get();
    let events = live.events.get();
    live.cr.with(|cr| {
        let cr = cr.items.as_ref()?.first()?;
        Some(Diagnosis::of(&Facts {
            config: &config,
            installation: &installation,
            cr,
            operator: &operator,
            operation: operation.as_ref(),
            dependencies: &history.dependencies,
            platform: &history.platform,
            history: denied.as_deref().map_or(Ok(()), Err),
            workloads: no_workloads.as_deref().map_or(Ok(&workloads), Err),
            pods: known(&pods)?.map(Into::into),
            events: known(&events)?,
            around,
            now: clock::now(),
        }))
    })
}

/// What a feed tells; `None` while it loads.
fn known<T>(feed: &Feed<T>) -> Option<Result<&[T], &str>> {
    match (&feed.items, &feed.trouble) {
        (_, Some(_)) if feed.denied().is_some() => feed.denied().map(|it| Err(it.title.as_str())),
        (Some(items), _) => Some(Ok(items)),
        (None, Some(trouble)) => Some(Err(trouble.problem.title.as_str())),
        (None, None) => None,
    }
}
