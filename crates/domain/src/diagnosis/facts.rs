//! What a diagnosis is made from: everything that was read of the installation and around it.

use serde_json::{Value, json};

use super::{Act, Object};
use crate::ago::duration;
use crate::capacity::concepts;
use crate::config::Config;
use crate::contract::Concept;
use crate::helm::HistoryRow;
use crate::installation::Installation;
use crate::objects::{Event, Pod, Workload, items, text};
use crate::operation::Operation;
use crate::operator::OperatorState;
use crate::pointer::Pointer;
use crate::rollout::{helm_release, owns};
use crate::secrets::certificate;
use crate::time::{SignedDuration, Timestamp};

/// What came of reading a list: its objects, or why they are not known. Never read as none.
pub type Known<'a, T> = Result<&'a [T], &'a str>;

/// Lists of objects around the installation that only a diagnosis needs, as JSON.
pub type Surroundings = Vec<(Source, Result<Vec<Value>, String>)>;

/// Where facts come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Installation,
    Operator,
    /// Helm's release secrets.
    History,
    /// Deployments and StatefulSets.
    Workloads,
    Pods,
    Events,
    Claims,
    StorageClasses,
    Nodes,
    Quotas,
    Budgets,
    /// Names of the namespace's secrets.
    Secrets,
    /// Pull secrets as [`pull_secret`] makes them.
    PullSecrets,
    /// TLS secrets as [`tls_secret`] makes them.
    Certificates,
    /// Lines of logs as [`symptom`] makes them.
    Symptoms,
}

impl Source {
    /// The objects' name, in the plural.
    pub fn words(self) -> &'static str {
        match self {
            Self::Installation => "the installation",
            Self::Operator => "the operator",
            Self::History => "Helm's history",
            Self::Workloads => "workloads",
            Self::Pods => "pods",
            Self::Events => "events",
            Self::Claims => "volume claims",
            Self::StorageClasses => "storage classes",
            Self::Nodes => "nodes",
            Self::Quotas => "quotas",
            Self::Budgets => "disruption budgets",
            Self::Secrets => "secrets",
            Self::PullSecrets => "pull secrets",
            Self::Certificates => "certificates",
            Self::Symptoms => "logs",
        }
    }
}

/// All that rules look at.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    pub config: &'a Config,
    pub installation: &'a Installation,
    /// The custom resource itself.
    pub cr: &'a Value,
    pub operator: &'a OperatorState,
    pub operation: Option<&'a Operation>,
    /// Newest revision first.
    pub dependencies: &'a [HistoryRow],
    /// Newest revision first.
    pub platform: &'a [HistoryRow],
    /// Why Helm's history is not known.
    pub history: Result<(), &'a str>,
    pub workloads: Known<'a, Workload>,
    /// In the order of their names, as the API server lists them.
    pub pods: Result<Pods<'a>, &'a str>,
    pub events: Known<'a, Event>,
    pub around: &'a Surroundings,
    pub now: Timestamp,
}

/// Pods, in the order of their names.
#[derive(Debug, Clone)]
pub struct Pods<'a> {
    all: &'a [Pod],
    /// Those of which something may be wrong: of thousands few, and every rule about single pods goes through them.
    unwell: Vec<&'a Pod>,
}

impl<'a> From<&'a [Pod]> for Pods<'a> {
    fn from(all: &'a [Pod]) -> Self {
        Self { all, unwell: all.iter().filter(|it| !it.is_well()).collect() }
    }
}

impl<'a> Facts<'a> {
    /// The pods; none where they are not known.
    pub fn pods(&self) -> &'a [Pod] {
        self.pods.as_ref().map_or(&[], |it| it.all)
    }

    /// The pods that are not well; none where they are not known.
    pub fn unwell(&self) -> impl Iterator<Item = &'a Pod> {
        self.pods.iter().flat_map(|it| it.unwell.iter().copied())
    }

    /// The pod of this name.
    pub fn pod(&self, name: &str) -> Option<&'a Pod> {
        let pods = self.pods();
        let at = pods.binary_search_by(|it| it.metadata.name.as_str().cmp(name));
        at.ok().map(|at| &pods[at])
    }

    /// A pod of the operator's, where it lives beside the installation: only then is it among those that are read.
    pub fn operator_pod(&self) -> Option<&'a Pod> {
        let place = &self.config.operator;
        let here = place.namespace == self.config.namespace;
        self.pods().iter().filter(|_| here).find(|it| place.has_pod(&it.metadata.name))
    }

    /// The workloads; none where they are not known.
    pub fn workloads(&self) -> &'a [Workload] {
        self.workloads.unwrap_or_default()
    }

    /// The objects of a list around the installation.
    pub fn around(&self, source: Source) -> Known<'a, Value> {
        match self.around.iter().find(|(one, _)| *one == source) {
            Some((_, Ok(items))) => Ok(items),
            Some((_, Err(why))) => Err(why),
            None => Err("not read yet"),
        }
    }

    /// Those objects; none where they are not known.
    pub fn list(&self, source: Source) -> &'a [Value] {
        self.around(source).unwrap_or_default()
    }

    /// Why what this source tells is not known; `None` when it is.
    pub fn unknown(&self, source: Source) -> Option<&'a str> {
        match source {
            Source::Installation => None,
            Source::Operator => match self.operator {
                OperatorState::Loading => Some("not read yet"),
                OperatorState::Unknown { why } => Some(why),
                _ => None,
            },
            Source::History => self.history.err(),
            Source::Workloads => self.workloads.err(),
            Source::Pods => self.pods.as_ref().err().copied(),
            Source::Events => self.events.err(),
            other => self.around(other).err(),
        }
    }

    /// The warnings about an object, newest first.
    pub fn warnings(&self, object: &Object) -> Vec<&'a Event> {
        let about = |it: &&Event| {
            it.is_warning()
                && it.involved_object.name == object.name
                && it.involved_object.kind == object.kind
        };
        let mut found: Vec<&Event> = self.events.unwrap_or_default().iter().filter(about).collect();
        crate::sort::by(&mut found, |a, b| b.last_seen().cmp(&a.last_seen()));
        found
    }

    /// Whether this moment is at least so long ago.
    pub fn since(&self, moment: Option<Timestamp>, least: SignedDuration) -> bool {
        moment.is_some_and(|it| self.now.duration_since(it) >= least)
    }

    /// How long ago this moment is in whole minutes, for sentences: they are not to change every second.
    pub fn minutes_since(&self, moment: Timestamp) -> String {
        duration(SignedDuration::from_mins(self.now.duration_since(moment).as_secs() / 60))
    }

    /// The workload that a pod belongs to.
    pub fn workload_of(&self, pod: &Pod) -> Option<&'a Workload> {
        self.workloads().iter().find(|it| owns(it, pod))
    }

    /// The installation's own name as an object.
    pub fn root(&self) -> Object {
        Object::new(&self.config.kind, &self.config.installation)
    }

    /// What an object is a part of: a claim of pods, a pod of its workload, a workload of its Helm release, a release and
    /// the operator of the installation.
    pub fn above(&self, object: &Object) -> Vec<Object> {
        match object.kind.as_str() {
            "PersistentVolumeClaim" => {
                let mounts = |it: &&Pod| it.spec.claims.contains(&object.name);
                self.pods().iter().filter(mounts).map(|it| Object::new("Pod", &it.metadata.name)).collect()
            }
            "Pod" => {
                let workload = self.pod(&object.name).and_then(|it| self.workload_of(it));
                workload.map(|it| Object::new(it.kind.name(), &it.metadata.name)).into_iter().collect()
            }
            "Deployment" | "StatefulSet" => {
                let is = |it: &&Workload| {
                    it.metadata.name == object.name && it.kind.name() == object.kind.as_str()
                };
                let release = self.workloads().iter().find(is).and_then(|it| helm_release(&it.metadata));
                let place = &self.config.operator;
                let operator = object.kind == "Deployment"
                    && object.name == place.deployment
                    && place.namespace == self.config.namespace;
                let release = release.map(|it| Object::new("Helm release", it));
                let operator = operator.then(|| Object::new("Operator", &place.deployment));
                release.into_iter().chain(operator).collect()
            }
            "Helm release" | "Operator" => vec![self.root()],
            _ => Vec::new(),
        }
    }

    /// The value of a concept, as text.
    pub fn text(&self, concept: Concept) -> Option<&'a str> {
        self.config.contract.get(concept, self.cr)?.as_str()
    }

    /// Where a concept lives, as a reader names the field; its key where the contract has no place for it.
    pub fn field(&self, concept: Concept) -> String {
        let pointer = self.config.contract.pointer(concept);
        pointer.map_or_else(|| concept.key().to_owned(), Pointer::dotted)
    }

    /// The form, at the field of this concept.
    pub fn form(&self, concept: Concept) -> Act {
        Act::Field(self.config.contract.pointer(concept).cloned().unwrap_or_default())
    }

    /// The form, at the number of pods of a workload's component.
    pub fn replicas(&self, workload: &str) -> Act {
        let concept = concepts(workload).and_then(|it| it.0);
        concept.map_or(Act::Field(Pointer::root()), |it| self.form(it))
    }

    /// The form, at what each pod of a workload's component has of a resource: its `requests` or `limits`.
    pub fn resources(&self, workload: &str, part: &str, resource: &str) -> Act {
        let place = concepts(workload).and_then(|it| self.config.contract.pointer(it.1));
        Act::Field(place.map(|it| it.child(part).child(resource)).unwrap_or_default())
    }

    /// `kubectl`'s flag of the installation's namespace, for commands.
    pub fn n(&self) -> String {
        format!("-n {}", self.config.namespace)
    }

    /// A `kubectl` command about the installation itself, such as `edit`.
    pub fn command(&self, verb: &str) -> String {
        let kind = self.config.kind.to_lowercase();
        format!("kubectl {verb} {kind} {} {}", self.config.installation, self.n())
    }

    /// The command that merges `patch`, as JSON, into the installation.
    pub fn merge_command(&self, patch: Option<&str>) -> String {
        format!("{} --type merge -p '{}'", self.command("patch"), patch.unwrap_or_default())
    }
}

/// What a diagnosis keeps of a pull secret: its name and the registries that it has credentials for, and no credential.
pub fn pull_secret(secret: &Value) -> Value {
    let auths = decoded(secret, ".dockerconfigjson").and_then(|bytes| {
        let config: Value = serde_json::from_str(std::str::from_utf8(&bytes).ok()?).ok()?;
        config.get("auths").cloned()
    });
    let hosts: Option<Vec<&str>> =
        auths.as_ref().and_then(Value::as_object).map(|it| it.keys().map(|key| host(key)).collect());
    json!({"metadata": {"name": secret["metadata"]["name"]}, "hosts": hosts})
}

/// What a diagnosis keeps of a TLS secret: its name and when its certificate ends.
pub fn tls_secret(secret: &Value) -> Value {
    let ends = decoded(secret, "tls.crt").and_then(|pem| {
        Some(certificate::read_pem(std::str::from_utf8(&pem).ok()?).first()?.not_after.to_string())
    });
    json!({"metadata": {"name": secret["metadata"]["name"]}, "ends": ends})
}

/// What a diagnosis keeps of a log: a line that tells of a fault, and whose it is.
pub fn symptom(pod: &str, container: &str, line: &str) -> Value {
    json!({"pod": pod, "container": container, "line": line})
}

fn decoded(secret: &Value, key: &str) -> Option<Vec<u8>> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(secret["data"][key].as_str()?).ok()
}

/// The host of a key of `auths`, which may be a URL (`https://index.docker.io/v1/`).
fn host(key: &str) -> &str {
    let key = key.split_once("://").map_or(key, |(_, rest)| rest);
    match key.split('/').next().unwrap_or(key) {
        "index.docker.io" | "registry-1.docker.io" => "docker.io",
        host => host,
    }
}

/// The registry that an image comes from; `docker.io` where the image names none.
pub fn registry(image: &str) -> &str {
    match image.split_once('/') {
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => first,
        _ => "docker.io",
    }
}

/// The name of a JSON object.
pub fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

/// The message of an object's condition of this type and status.
pub fn condition<'a>(object: &'a Value, kind: &str, status: &str) -> Option<&'a Value> {
    items(&object["status"], "conditions").iter().find(|it| it["type"] == kind && it["status"] == status)
}

/// The text at a key of an object's metadata, as a moment.
pub fn moment(object: &Value, key: &str) -> Option<Timestamp> {
    text(&object["metadata"], key).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pull_secret_keeps_its_registries_and_no_credential() {
        use base64::Engine;
        let config =
            r#"{"auths": {"https://index.docker.io/v1/": {"auth": "c2VjcmV0"}, "registry.example": {}}}"#;
        let secret = json!({"metadata": {"name": "regcred"}, "data": {".dockerconfigjson":
            base64::engine::general_purpose::STANDARD.encode(config)}});
        assert_eq!(
            pull_secret(&secret),
            json!({"metadata": {"name": "regcred"}, "hosts": ["docker.io", "registry.example"]})
        );
        assert_eq!(pull_secret(&json!({"metadata": {"name": "odd"}}))["hosts"], Value::Null);
        // A list, a number and a text where an object should be.
        for odd in ["W10=", "Mg==", "IngiCg=="] {
            assert_eq!(pull_secret(&json!({"data": {".dockerconfigjson": odd}}))["hosts"], Value::Null);
        }
    }

    #[test]
    fn an_image_names_its_registry() {
        let check = |image: &str, expect: &str| assert_eq!(registry(image), expect);
        check("registry.example/rootcause/platform:0.1.15", "registry.example");
        check("localhost:5000/a", "localhost:5000");
        check("library/redis:7", "docker.io");
        check("redis", "docker.io");
    }
}
