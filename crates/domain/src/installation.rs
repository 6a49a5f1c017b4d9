//! The installation, read from its custom resource through the contract.

use std::borrow::Cow;

use serde_json::Value;

use crate::contract::{Concept, Contract};
use crate::objects::Condition;
use crate::phase::Phase;
use crate::pointer::Pointer;
use crate::request::{self, Record, Writer};
use crate::time::Timestamp;

/// What pages know of an installation. `None` means that the resource does not say, which is never the same as an
/// empty list or a zero.
#[derive(Debug, Clone, PartialEq)]
pub struct Installation {
    pub name: String,
    pub namespace: String,
    pub uid: String,
    pub resource_version: String,
    /// Counts changes of the spec.
    pub generation: Option<i64>,
    pub created: Option<Timestamp>,
    /// Since when the resource is being deleted.
    pub deleting: Option<Timestamp>,
    pub finalizers: Vec<String>,
    /// The version that the spec asks for.
    pub target_version: Option<String>,
    /// The platform version that the operator reports as deployed.
    pub deployed_version: Option<String>,
    pub dependencies_version: Option<String>,
    pub phase: Phase,
    /// The operator's own word for the phase.
    pub phase_word: Option<String>,
    /// The last error in the operator's words. May hold secrets: show it through [`crate::redact::redact`].
    pub last_error: Option<String>,
    pub conditions: Vec<Condition>,
    /// The generation that the operator has seen.
    pub observed_generation: Option<i64>,
    pub available: Option<Vec<AvailableVersion>>,
    pub registry: Option<Registry>,
    pub required_secrets: Option<Vec<RequiredSecret>>,
    pub operator_version: Option<String>,
    /// Who asked for what, newest first.
    pub requests: Vec<Record>,
    /// The mark of the last forced reconcile, as it stands there.
    pub force_reconcile: Option<String>,
    /// The mark that the operator has handled last.
    pub force_reconcile_seen: Option<String>,
    /// Undeploy is requested.
    pub undeploy: bool,
    /// Who last wrote the target version, and when, by the API server's own bookkeeping (managedFields).
    pub target_writer: Option<Writer>,
    /// Who last wrote anything beside the target version (in the reference: anything of the spec), and when.
    pub spec_writer: Option<Writer>,
}

impl Default for Installation {
    fn default() -> Self {
        Self::read(&Contract::builtin(), &Value::Null)
    }
}

/// A version that the registry offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AvailableVersion {
    pub version: String,
    pub published: Option<Timestamp>,
    pub digest: Option<String>,
    pub notes_url: Option<String>,
}

/// The OCI registry, as the operator sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registry {
    pub url: Option<String>,
    pub last_checked: Option<Timestamp>,
    /// Why the last check failed, in the operator's words.
    pub error: Option<String>,
}

/// A secret that the platform needs and a person must supply, whether or not it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequiredSecret {
    pub name: String,
    pub keys: Vec<String>,
    pub reason: Option<String>,
}

impl Installation {
    /// Reads the custom resource. Never fails: what is missing or of another type is absent.
    pub fn read(contract: &Contract, cr: &Value) -> Self {
        let text = |concept| contract.get(concept, cr).and_then(text);
        let number = |concept| contract.get(concept, cr).and_then(Value::as_i64);
        let meta = |field: &str| cr.get("metadata").and_then(|metadata| metadata.get(field));
        let meta_text = |field| meta(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        let mark = |pointer: &Option<Pointer>| pointer.as_ref().and_then(|pointer| pointer.get(cr)?.as_str());
        let phase_word = text(Concept::Phase);
        Self {
            name: meta_text("name"),
            namespace: meta_text("namespace"),
            uid: meta_text("uid"),
            resource_version: meta_text("resourceVersion"),
            generation: meta("generation").and_then(Value::as_i64),
            created: meta("creationTimestamp").and_then(timestamp),
            deleting: meta("deletionTimestamp").and_then(timestamp),
            finalizers: meta("finalizers").map(texts).unwrap_or_default(),
            target_version: text(Concept::TargetVersion),
            deployed_version: text(Concept::DeployedVersion),
            dependencies_version: text(Concept::DependenciesVersion),
            phase: contract.phase(phase_word.as_deref().unwrap_or_default()),
            phase_word,
            last_error: text(Concept::LastError),
            conditions: items(contract.get(Concept::Conditions, cr))
                .into_iter()
                .flatten()
                .map(Condition::of)
                .collect(),
            observed_generation: number(Concept::ObservedGeneration),
            available: items(contract.get(Concept::AvailableVersions, cr))
                .map(|items| items.iter().filter_map(|item| available(contract, item)).collect()),
            registry: contract.get(Concept::Registry, cr).map(|value| registry(contract, value)),
            required_secrets: items(contract.get(Concept::RequiredSecrets, cr))
                .map(|items| items.iter().filter_map(|item| required_secret(contract, item)).collect()),
            operator_version: text(Concept::OperatorVersion),
            requests: mark(&contract.marks.requests).map(request::read_records).unwrap_or_default(),
            force_reconcile: mark(&contract.marks.force_reconcile).map(str::to_owned),
            force_reconcile_seen: text(Concept::LastForceReconcile),
            undeploy: contract.get(Concept::Undeploy, cr).and_then(Value::as_bool).unwrap_or(false),
            spec_writer: contract
                .pointer(Concept::TargetVersion)
                .and_then(|pointer| request::who_changed(cr, &Pointer::of(pointer.tokens().first()))),
            target_writer: contract
                .pointer(Concept::TargetVersion)
                .and_then(|pointer| request::who_changed(cr, pointer)),
        }
    }

    /// The condition of this type.
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.kind == kind)
    }

    /// Whether the spec was changed and the operator has not looked at it yet; `None` where the resource does not say.
    pub fn applied_unseen(&self) -> Option<bool> {
        Some(self.generation? > self.observed_generation?)
    }
}

/// A text, or a number that a CRD author typed as one; an empty text is none.
fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => Cow::Borrowed(text.as_str()),
        Value::Number(number) => Cow::Owned(number.to_string()),
        _ => return None,
    };
    (!text.is_empty()).then(|| text.into_owned())
}

fn timestamp(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(text).collect()
}

fn items(value: Option<&Value>) -> Option<&Vec<Value>> {
    value?.as_array()
}

fn available(contract: &Contract, item: &Value) -> Option<AvailableVersion> {
    let keys = &contract.items.available_versions;
    let field = |key: &str| item.get(key).and_then(text);
    Some(AvailableVersion {
        version: text(item).or_else(|| field(&keys.version))?,
        published: item.get(&keys.published).and_then(timestamp),
        digest: field(&keys.digest),
        notes_url: field(&keys.notes_url),
    })
}

fn registry(contract: &Contract, value: &Value) -> Registry {
    let keys = &contract.items.registry;
    Registry {
        url: value.get(&keys.url).and_then(text),
        last_checked: value.get(&keys.last_checked).and_then(timestamp),
        error: value.get(&keys.error).and_then(text),
    }
}

fn required_secret(contract: &Contract, item: &Value) -> Option<RequiredSecret> {
    let keys = &contract.items.required_secrets;
    Some(RequiredSecret {
        name: text(item).or_else(|| item.get(&keys.name).and_then(text))?,
        keys: item.get(&keys.keys).map(texts).unwrap_or_default(),
        reason: item.get(&keys.reason).and_then(text),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_the_reference_resource() {
        let cr = json!({
            "metadata": {"name": "rootcause", "namespace": "apps", "resourceVersion": "7", "generation": 3,
                "annotations": {"admin.rootcause.dev/requests": "[{\"action\":\"upgrade\",\"who\":\"ana\",\"to\":\"0.1.18\"}]",
                    "admin.rootcause.dev/force-reconcile": "2026-03-01T12:00:00Z"},
                "managedFields": [{"manager": "helm", "time": "2026-03-01T11:00:00Z", "fieldsV1": {"f:spec": {"f:version": {}}}}]},
            "spec": {"version": "0.1.18"},
            "status": {
                "phase": "Degraded", "lastError": "boom", "observedGeneration": 2, "deployedVersion": "0.1.15",
                "dependenciesVersion": "0.1.18", "operatorVersion": "1.0", "lastForceReconcile": "x",
                "conditions": [{"type": "Ready", "status": "False", "reason": "R", "message": "m", "lastTransitionTime": "2026-03-01T12:00:01Z"}],
                "availableVersions": [{"version": "0.1.18", "published": "2026-02-01T00:00:00Z", "notesUrl": "https://x"}, "0.1.15", {"digest": "d"}],
                "registry": {"url": "oci://r", "lastChecked": "bad"},
                "requiredSecrets": [{"name": "regcred", "keys": ["a", 1], "reason": "pull"}],
            },
        });
        let read = Installation::read(&Contract::builtin(), &cr);
        assert_eq!(
            (read.name.as_str(), read.namespace.as_str(), read.resource_version.as_str()),
            ("rootcause", "apps", "7")
        );
        assert_eq!((read.phase.clone(), read.applied_unseen()), (Phase::Degraded, Some(true)));
        assert_eq!(read.condition("Ready").map(|ready| ready.message.as_str()), Some("m"));
        let versions: Vec<_> = read.available.iter().flatten().map(|one| one.version.as_str()).collect();
        assert_eq!(versions, ["0.1.18", "0.1.15"]);
        assert_eq!(
            read.registry,
            Some(Registry { url: Some("oci://r".into()), last_checked: None, error: None })
        );
        assert_eq!(
            read.required_secrets.as_ref().map(|secrets| secrets[0].keys.clone()),
            Some(vec!["a".into(), "1".into()])
        );
        assert_eq!(read.requests[0].who, "ana");
        assert_eq!(read.target_writer.map(|writer| writer.manager).as_deref(), Some("helm"));
        assert_eq!(read.force_reconcile_seen.as_deref(), Some("x"));
    }

    #[test]
    fn what_is_not_said_stays_unknown() {
        let read = Installation::default();
        assert!(read.available.is_none() && read.registry.is_none() && read.required_secrets.is_none());
        assert_eq!((&read.phase, read.applied_unseen()), (&Phase::Unknown(String::new()), None));
    }

    proptest! {
        #[test]
        fn any_json_reads(
            spec in crate::pointer::tests::any_json(),
            status in crate::pointer::tests::any_json(),
            key in prop::sample::select(Concept::ALL),
            value in crate::pointer::tests::any_json(),
            metadata in crate::pointer::tests::any_json(),
        ) {
            let mut cr = json!({"spec": spec, "status": status, "metadata": metadata});
            let contract = Contract::builtin();
            Installation::read(&contract, &cr);
            if let Some(pointer) = contract.pointer(key) {
                crate::pointer::apply_merge_patch(&mut cr, &pointer.merge_patch(value.clone()));
            }
            let read = Installation::read(&contract, &cr);
            crate::version::releases(&read);
            Installation::read(&contract, &value);
        }
    }
}
