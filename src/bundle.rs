//! Collects what a support bundle holds, masked as it comes in: nothing unmasked is kept.

use std::sync::Arc;

use futures::StreamExt;
use kube_web::{IncludeObject, ListParams, LogParams, Resource, Row};
use leptos::prelude::*;
use rootcause_domain::{
    bundle::{self, File},
    diagnosis::Diagnosis,
    helm::{HistoryRow, contents::Part},
    logs::source::{self, Source, Subject},
    objects::{FromObject, Pod},
    time::Timestamp,
};
use serde_json::Value;

use crate::{live::Live, reactive::RwSignal, session::Session, words::Problem};

/// Lines of each container's log.
const LINES: u32 = 2000;

/// Revisions of each Helm release whose contents are taken.
const REVISIONS: usize = 2;

/// What was collected, and what could not be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Collected {
    pub files: Vec<File>,
    /// What could not be read, and why.
    pub unread: Vec<String>,
}

/// Kinds whose objects are taken whole.
fn kinds() -> [Resource; 14] {
    [
        Resource::DEPLOYMENTS,
        Resource::STATEFUL_SETS,
        Resource::REPLICA_SETS,
        Resource::JOBS,
        Resource::PODS,
        Resource::core("services", "Service"),
        Resource::core("configmaps", "ConfigMap"),
        Resource::core("persistentvolumeclaims", "PersistentVolumeClaim"),
        Resource::core("resourcequotas", "ResourceQuota"),
        Resource::EVENTS,
        Resource::INGRESSES,
        Resource::LEASES,
        Resource::STORAGE_CLASSES,
        Resource::core("nodes", "Node").cluster_wide(),
    ]
}

/// Reads everything, one after the other: the browser has few connections. `at` tells what is being read.
pub async fn collect(
    live: Live,
    session: Session,
    diagnosis: Option<Arc<Diagnosis>>,
    at: RwSignal<String>,
) -> Collected {
    let mut all = Collected::default();
    let config = session.config();
    if let Some(diagnosis) = diagnosis {
        all.files.push(bundle::text("findings.txt".to_owned(), &findings(&diagnosis)));
    }
    if let Some(object) = live.current() {
        all.files.push(bundle::objects("installation.yaml".to_owned(), &[object]));
    }
    for resource in kinds() {
        let (plural, kind) = (resource.plural.to_string(), resource.kind.to_string());
        at.set(plural.clone());
        let (api_version, client) = (resource.api_version(), session.client());
        let api = if resource.namespaced { session.api(resource) } else { client.all(resource) };
        match api.list::<Value>(&ListParams::default()).await {
            Ok(list) => {
                let objects: Vec<Value> = list
                    .items
                    .iter()
                    .filter_map(|it| it.ok().filter(|it| it.is_object()).cloned())
                    .map(|mut it| {
                        // The items of a list do not say what they are.
                        it["apiVersion"] = api_version.clone().into();
                        it["kind"] = kind.clone().into();
                        it
                    })
                    .collect();
                if !objects.is_empty() {
                    let path = bundle::path(&["objects", &format!("{plural}.yaml")]);
                    all.files.push(bundle::objects(path, &objects));
                }
            }
            Err(error) => all.unread.push(format!("{plural}: {}", Problem::from(&error).line())),
        }
    }
    at.set("names of secrets".to_owned());
    // A table carries names, types and the number of keys, and no value.
    match session.api(Resource::SECRETS).list_table(&ListParams::default(), IncludeObject::None).await {
        Ok(table) => {
            let line = |row: &Row| {
                let cells = ["Name", "Type", "Data", "Age"].map(|it| row.text(it).unwrap_or_default());
                format!("{}\n", cells.join("  "))
            };
            let lines: String = table.rows.iter().filter_map(|it| it.ok()).map(line).collect();
            let heads = "NAME  TYPE  KEYS  AGE\n";
            all.files
                .push(bundle::text(bundle::path(&["objects", "secrets.txt"]), &format!("{heads}{lines}")));
        }
        Err(error) => all.unread.push(format!("secrets: {}", Problem::from(&error).line())),
    }
    let history = live.history.get_untracked();
    for rows in [&history.platform, &history.dependencies] {
        helm(live, session, rows, at, &mut all).await;
    }
    let pods = live.pods.with_untracked(|it| it.items.clone()).unwrap_or_default();
    logs(session, &config.namespace, source::sources(&Subject::All.pods(&pods, &[])), at, &mut all).await;
    if config.operator.namespace != config.namespace {
        let api = session.api_in(Resource::PODS, &config.operator.namespace);
        match api.list::<Value>(&ListParams::default()).await {
            Ok(list) => {
                let pods: Vec<Pod> =
                    list.items.iter().filter_map(|it| it.ok().map(Pod::from_object)).collect();
                let workload: Vec<_> = untrack(|| live.operator_workload()).into_iter().collect();
                let sources = source::sources(&Subject::Operator.pods(&pods, &workload));
                logs(session, &config.operator.namespace, sources, at, &mut all).await;
            }
            Err(error) => {
                all.unread.push(format!("the operator's pods: {}", Problem::from(&error).line()));
            }
        }
    }
    let about = about(session, &all, session.server_now());
    all.files.insert(0, File { path: "README.txt".to_owned(), text: about, masked: 0 });
    all
}

fn findings(diagnosis: &Diagnosis) -> String {
    let mut text = format!("{}\n", diagnosis.sentence().0);
    for finding in &diagnosis.findings {
        text.push_str(&format!("\n{}: {}\n", finding.object.words(), finding.sentence));
        for evidence in &finding.evidence {
            text.push_str(&format!("  {}: {}\n", evidence.from, evidence.words));
        }
    }
    for check in diagnosis.checked.iter().filter_map(|it| it.unknown.as_ref()) {
        text.push_str(&format!("\nNot checked: {check}\n"));
    }
    text
}

async fn helm(live: Live, session: Session, rows: &[HistoryRow], at: RwSignal<String>, all: &mut Collected) {
    let now = session.server_now();
    let Some(newest) = rows.first() else { return };
    let told: String = rows
        .iter()
        .map(|it| format!("{}  {}  {}\n", it.revision, it.status.word(), it.sentence(now)))
        .collect();
    all.files.push(bundle::text(bundle::path(&["helm", &newest.release, "history.txt"]), &told));
    for row in rows.iter().take(REVISIONS) {
        let name = format!("{} revision {}", row.release, row.revision);
        at.set(name.clone());
        match live.revision(row.secret.clone()).await {
            Ok(contents) => {
                for (part, spelling, _) in Part::ALL {
                    let path = ["helm", &row.release, &row.revision.to_string(), &format!("{spelling}.txt")];
                    all.files.push(bundle::masked_text(bundle::path(&path), contents.text(part)));
                }
            }
            Err(words) => all.unread.push(format!("{name}: {words}")),
        }
    }
}

async fn logs(
    session: Session,
    namespace: &str,
    sources: Vec<Source>,
    at: RwSignal<String>,
    all: &mut Collected,
) {
    let api = session.api_in(Resource::PODS, namespace);
    for source in sources {
        for previous in [false, true] {
            if !source.started || previous && !source.has_previous {
                continue;
            }
            let name = format!("log of {}", source.name());
            at.set(name.clone());
            let params = LogParams {
                container: source.container.clone(),
                previous,
                timestamps: true,
                tail_lines: Some(LINES),
                ..LogParams::default()
            };
            let mut lines = Box::pin(kube_web::logs(&api, &source.pod, &params));
            let mut text = String::new();
            while let Some(read) = lines.next().await {
                match read {
                    Ok(lines) => lines.iter().for_each(|line| {
                        text.push_str(&line.text());
                        text.push('\n');
                        // Only the newest part is kept.
                        if text.len() > 4 * bundle::LOG {
                            text = bundle::newest(&text).to_owned();
                        }
                    }),
                    Err(error) => {
                        all.unread.push(format!("{name}: {}", Problem::from(&error).line()));
                        break;
                    }
                }
            }
            let file = format!("{}{}.log", source.container, if previous { ".previous" } else { "" });
            if !text.is_empty() {
                all.files.push(bundle::log(bundle::path(&["logs", &source.pod, &file]), &text));
            }
        }
    }
}

fn about(session: Session, all: &Collected, now: Timestamp) -> String {
    let config = session.config();
    let mut text = format!(
        "Support bundle of the installation {} in namespace {} of {}, made {now}.\n\n\
         Values of secrets and of config maps are left out; what looks like a secret elsewhere is masked as •••.\n\
         Logs hold the last {LINES} lines of each container.\n",
        config.installation,
        config.namespace,
        session.cluster(),
    );
    if !all.unread.is_empty() {
        text.push_str("\nNot read:\n");
        all.unread.iter().for_each(|it| text.push_str(&format!("- {it}\n")));
    }
    text
}
