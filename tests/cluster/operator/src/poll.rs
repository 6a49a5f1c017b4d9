//! The loop that keeps the available versions in the status.

use std::{collections::HashMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use kube::{ResourceExt, api::DynamicObject};
use serde_json::{Value, json};
use tokio::time::Instant;
use tracing::{info, warn};

use crate::{reconcile::Operator, registry::Registry};

/// How often the time of the last check is written when nothing else changed.
const CHECKED_EVERY: i64 = 30;
/// How soon a request to check is noticed.
const TICK: Duration = Duration::from_millis(300);

/// Polls for ever: at every `interval`, and at once when an installation asks for it.
pub async fn run(operator: Arc<Operator>, mut registry: Registry, url: String, interval: Duration) {
    let mut asked = HashMap::<String, Option<String>>::new();
    let mut due = Instant::now();
    let mut reachable = true;
    loop {
        let installations = operator.store.state();
        let new: Vec<&str> = requests(&installations, &operator, &mut asked);
        let afresh = !new.is_empty();
        if Instant::now() >= due || afresh {
            let read = tokio::task::spawn_blocking(move || {
                let result = registry.available(afresh).map_err(|error| error.to_string());
                (registry, result)
            });
            let result;
            (registry, result) = match read.await {
                Ok(read) => read,
                Err(error) => {
                    warn!("the registry's poll ended: {error}");
                    return;
                }
            };
            match (&result, reachable) {
                (Err(error), true) => warn!("registry: {error}"),
                (Ok(versions), false) => info!("the registry is back with {} versions", versions.len()),
                _ => {}
            }
            reachable = result.is_ok();
            let fields = &operator.mapping.version_fields;
            let result =
                result.map(|versions| versions.iter().map(|version| version.as_item(fields)).collect());
            for installation in &installations {
                let forced = new.contains(&installation.name_any().as_str());
                tell(&operator, installation, &url, &result, forced).await;
            }
            due = Instant::now() + interval;
        }
        tokio::time::sleep(TICK).await;
    }
}

/// The installations that have not been seen yet, or that ask for a check since they were.
fn requests<'a>(
    installations: &'a [Arc<DynamicObject>],
    operator: &Operator,
    asked: &mut HashMap<String, Option<String>>,
) -> Vec<&'a str> {
    let annotation = &operator.mapping.annotations.check_updates;
    let is_new = |installation: &&Arc<DynamicObject>| {
        let token = installation.annotations().get(annotation).cloned();
        asked.insert(installation.name_any(), token.clone()) != Some(token)
    };
    let name = |installation: &'a Arc<DynamicObject>| installation.metadata.name.as_deref();
    installations.iter().filter(is_new).filter_map(name).collect()
}

async fn tell(
    operator: &Operator,
    installation: &DynamicObject,
    url: &str,
    result: &Result<Vec<Value>, String>,
    forced: bool,
) {
    let name = installation.name_any();
    let Ok(document) = serde_json::to_value(installation) else { return };
    let at = &operator.mapping.status;
    let read = |pointer: &str| document.pointer(pointer).cloned().unwrap_or_default();
    let now = Timestamp::now();
    let checked = read(&at.registry_last_checked).as_str().and_then(|text| text.parse::<Timestamp>().ok());
    let stale = checked.is_none_or(|checked| now.duration_since(checked).as_secs() >= CHECKED_EVERY);
    let changed = match result {
        Ok(versions) => {
            read(&at.available_versions) != json!(versions) || !read(&at.registry_error).is_null()
        }
        Err(error) => read(&at.registry_error) != json!(error),
    };
    let identity =
        read(&at.registry_url) != json!(url) || read(&at.operator_version) != json!(operator.version);
    if !(forced || stale || changed || identity) {
        return;
    }
    let written = operator.status.update(&name, |draft| {
        draft.set(|at| &at.operator_version, &operator.version);
        draft.set(|at| &at.registry_url, url);
        draft.set(|at| &at.registry_last_checked, Value::String(seconds(now)));
        match result {
            Ok(versions) => {
                draft.set(|at| &at.available_versions, versions);
                draft.clear(|at| &at.registry_error);
                let message = format!("{} versions", versions.len());
                draft.condition("RegistryReachable", true, "Checked", message);
            }
            // The versions of the last good check are kept.
            Err(error) => {
                draft.set(|at| &at.registry_error, error);
                draft.condition("RegistryReachable", false, "CheckFailed", error);
            }
        }
    });
    if let Err(error) = written.await {
        warn!("{name}: cannot write the registry's state: {error}");
    }
}

fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
