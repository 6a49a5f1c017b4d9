//! Writing the status: one writer at a time, only what changed, only when something changed.

use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::{
    Api,
    api::{DynamicObject, Patch, PatchParams},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::{
    json,
    mapping::{Mapping, StatusPointers},
};

/// The name under which the operator's writes stand in managedFields.
pub const FIELD_MANAGER: &str = "rootcause-operator";

/// The status of the custom resources of one namespace.
pub struct StatusWriter {
    api: Api<DynamicObject>,
    mapping: Arc<Mapping>,
    /// The reconciler and the registry's poll both write; a list such as the conditions is written as a whole.
    turn: Mutex<()>,
}

impl StatusWriter {
    pub fn new(api: Api<DynamicObject>, mapping: Arc<Mapping>) -> Self {
        Self { api, mapping, turn: Mutex::new(()) }
    }

    /// Edits the status as it is now, and sends what the edit changed. An object that is gone is left alone.
    pub async fn update(&self, name: &str, edit: impl FnOnce(&mut Draft<'_>)) -> Result<(), kube::Error> {
        let _turn = self.turn.lock().await;
        let Some(object) = self.api.get_opt(name).await? else { return Ok(()) };
        let before = serde_json::to_value(object).map_err(kube::Error::SerdeError)?;
        let mut draft = Draft { document: before.clone(), mapping: &self.mapping, now: Timestamp::now() };
        edit(&mut draft);
        let Some(patch) = json::merge_patch(&before, &draft.document) else { return Ok(()) };
        let parameters =
            PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() };
        match self.api.patch_status(name, &parameters, &Patch::Merge(patch)).await {
            Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
            result => result.map(|_| ()),
        }
    }
}

/// A status in the making.
pub struct Draft<'a> {
    document: Value,
    mapping: &'a Mapping,
    now: Timestamp,
}

impl Draft<'_> {
    pub fn set(&mut self, pointer: fn(&StatusPointers) -> &str, value: impl Serialize) {
        json::set(&mut self.document, pointer(&self.mapping.status), json!(value));
    }

    pub fn clear(&mut self, pointer: fn(&StatusPointers) -> &str) {
        json::remove(&mut self.document, pointer(&self.mapping.status));
    }

    /// Sets a condition. `lastTransitionTime` moves with the status and with the reason, so that every operation of a
    /// subsystem shows when it began and when it ended.
    pub fn condition(&mut self, type_: &str, status: bool, reason: &str, message: impl Into<String>) {
        let conditions = self.document.pointer(&self.mapping.status.conditions).cloned().unwrap_or_default();
        let mut conditions = Vec::<Condition>::deserialize(conditions).unwrap_or_default();
        let observed = self.document.pointer("/metadata/generation").and_then(Value::as_i64);
        let mut condition = Condition {
            type_: type_.to_owned(),
            status: if status { "True" } else { "False" }.to_owned(),
            reason: reason.to_owned(),
            message: message.into(),
            observed_generation: observed,
            last_transition_time: Time(self.now),
        };
        match conditions.iter_mut().find(|earlier| earlier.type_ == type_) {
            Some(earlier) => {
                if earlier.status == condition.status && earlier.reason == condition.reason {
                    condition.last_transition_time = earlier.last_transition_time.clone();
                }
                *earlier = condition;
            }
            None => conditions.push(condition),
        }
        self.set(|at| &at.conditions, conditions);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transition_is_a_change_of_status_or_reason() {
        let mapping = Mapping::default();
        let mut draft = Draft {
            document: json!({"metadata": {"generation": 2}, "status": {"conditions": [{
                "type": "Ready", "status": "False", "reason": "Upgrading", "message": "a",
                "lastTransitionTime": "2026-01-01T00:00:00Z"
            }]}}),
            mapping: &mapping,
            now: "2026-01-01T00:01:00Z".parse().unwrap(),
        };
        let mut check = |status, reason: &str, expect: &str| {
            draft.condition("Ready", status, reason, "b");
            let condition = draft.document.pointer("/status/conditions/0").unwrap();
            assert_eq!(condition["lastTransitionTime"], expect, "{status} {reason}");
            assert_eq!(condition["observedGeneration"], 2);
        };
        check(false, "Upgrading", "2026-01-01T00:00:00Z");
        check(false, "HelmFailed", "2026-01-01T00:01:00Z");
        check(true, "Deployed", "2026-01-01T00:01:00Z");
    }
}
