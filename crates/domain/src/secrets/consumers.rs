//! Who uses which secret, both ways: pod templates, Ingresses, ServiceAccounts and the installation itself.

use serde_json::Value;

use crate::contract::{Concept, Contract};
use crate::objects::{Workload, WorkloadKind};
use crate::sort;

/// One place where a secret is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    pub secret: String,
    /// The keys that are named; none means the secret as a whole.
    pub keys: Vec<String>,
    pub how: How,
    /// The variable, volume, host or field.
    pub place: String,
    /// Pods start without it.
    pub optional: bool,
}

/// In which way a secret is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// One environment variable.
    Env,
    /// Every key as an environment variable.
    EnvFrom,
    Volume,
    /// Pulls images.
    ImagePull,
    /// An Ingress's TLS.
    Tls,
    /// A field of the installation.
    Reference,
}

impl Use {
    fn new(secret: &Value, how: How, place: impl Into<String>) -> Option<Self> {
        let secret = secret.as_str().filter(|name| !name.is_empty())?.to_owned();
        Some(Self { secret, keys: Vec::new(), how, place: place.into(), optional: false })
    }

    /// In words: "variable DB_PASSWORD", "volume tls", "image pull".
    pub fn words(&self) -> String {
        let place = &self.place;
        match self.how {
            How::Env => format!("variable {place}"),
            How::EnvFrom => format!("all keys as variables of {place}"),
            How::Volume => format!("volume {place}"),
            How::ImagePull => "image pull".to_owned(),
            How::Tls => format!("TLS of {place}"),
            How::Reference => format!("field {place}"),
        }
    }
}

/// An object that uses secrets.
#[derive(Debug, Clone, PartialEq)]
pub struct Consumer {
    /// As Kubernetes writes it.
    pub kind: String,
    pub name: String,
    pub uses: Vec<Use>,
}

impl Consumer {
    /// Whether its pods can be replaced by a change of its pod template, and so be given a changed value.
    pub fn restarts(&self) -> bool {
        WORKLOADS.contains(&self.kind.as_str())
    }

    /// Its uses of this secret.
    pub fn of<'a>(&'a self, secret: &'a str) -> impl Iterator<Item = &'a Use> {
        self.uses.iter().filter(move |it| it.secret == secret)
    }
}

/// Kinds that replace their pods when their template changes.
const WORKLOADS: [&str; 3] = ["Deployment", "StatefulSet", "DaemonSet"];

/// All that is known to use secrets.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Graph {
    pub consumers: Vec<Consumer>,
    /// What may not be read, so that "used by nobody" is not said where nobody looked.
    pub unknown: Vec<String>,
}

impl Graph {
    /// Takes the workloads in; whoever lists them knows their kind.
    pub fn workloads(&mut self, kind: WorkloadKind, workloads: &[Workload]) {
        for workload in workloads {
            self.add(kind.name(), &workload.metadata.name, workload.spec.template.secrets.clone());
        }
    }

    /// Takes in an object of another kind, by where that kind names secrets.
    pub fn object(&mut self, kind: &str, object: &Value) {
        let uses = match kind {
            "Ingress" => ingress(object),
            "ServiceAccount" => pull_secrets(object),
            "CronJob" => pod_spec(&object["spec"]["jobTemplate"]["spec"]["template"]["spec"]),
            _ => pod_spec(&object["spec"]["template"]["spec"]),
        };
        self.add(kind, object["metadata"]["name"].as_str().unwrap_or_default(), uses);
    }

    /// Takes in the installation: the contract's references.
    pub fn installation(&mut self, contract: &Contract, cr: &Value) {
        let name = cr["metadata"]["name"].as_str().unwrap_or_default();
        self.add("Installation", name, references(contract, cr));
    }

    fn add(&mut self, kind: &str, name: &str, uses: Vec<Use>) {
        if !uses.is_empty() {
            self.consumers.push(Consumer { kind: kind.to_owned(), name: name.to_owned(), uses });
        }
    }

    /// Who uses this secret: workloads first.
    pub fn of(&self, secret: &str) -> Vec<&Consumer> {
        let mut users: Vec<_> = self.consumers.iter().filter(|it| it.of(secret).next().is_some()).collect();
        sort::by(&mut users, |a, b| {
            (!a.restarts(), &a.kind, &a.name).cmp(&(!b.restarts(), &b.kind, &b.name))
        });
        users
    }
}

/// Where a pod names secrets: variables, volumes, image pull secrets.
pub fn pod_spec(spec: &Value) -> Vec<Use> {
    let mut uses = Vec::new();
    for containers in ["initContainers", "containers"] {
        for container in list(&spec[containers]) {
            let of = container["name"].as_str().unwrap_or_default();
            for variable in list(&container["env"]) {
                let from = &variable["valueFrom"]["secretKeyRef"];
                let name = variable["name"].as_str().unwrap_or_default();
                uses.extend(Use::new(&from["name"], How::Env, name).map(|it| Use {
                    keys: from["key"].as_str().map(str::to_owned).into_iter().collect(),
                    optional: from["optional"] == true,
                    ..it
                }));
            }
            for source in list(&container["envFrom"]) {
                let from = &source["secretRef"];
                let optional = from["optional"] == true;
                uses.extend(Use::new(&from["name"], How::EnvFrom, of).map(|it| Use { optional, ..it }));
            }
        }
    }
    for volume in list(&spec["volumes"]) {
        let name = volume["name"].as_str().unwrap_or_default();
        let secret = &volume["secret"];
        uses.extend(Use::new(&secret["secretName"], How::Volume, name).map(|it| projected(it, secret)));
        for source in list(&volume["projected"]["sources"]) {
            let secret = &source["secret"];
            uses.extend(Use::new(&secret["name"], How::Volume, name).map(|it| projected(it, secret)));
        }
        // Storage drivers name the secret with which they mount.
        for driver in volume.as_object().into_iter().flatten().map(|(_, driver)| driver) {
            for reference in ["secretRef", "nodePublishSecretRef"] {
                uses.extend(Use::new(&driver[reference]["name"], How::Volume, name));
            }
        }
        uses.extend(Use::new(&volume["azureFile"]["secretName"], How::Volume, name));
    }
    uses.extend(pull_secrets(spec));
    uses
}

fn projected(of: Use, source: &Value) -> Use {
    let keys = list(&source["items"]).filter_map(|item| item["key"].as_str().map(str::to_owned)).collect();
    Use { keys, optional: source["optional"] == true, ..of }
}

fn pull_secrets(object: &Value) -> Vec<Use> {
    list(&object["imagePullSecrets"]).filter_map(|it| Use::new(&it["name"], How::ImagePull, "")).collect()
}

fn ingress(object: &Value) -> Vec<Use> {
    let tls = list(&object["spec"]["tls"]);
    tls.filter_map(|it| {
        let hosts: Vec<_> = list(&it["hosts"]).filter_map(Value::as_str).collect();
        let keys = vec!["tls.crt".to_owned(), "tls.key".to_owned()];
        Use::new(&it["secretName"], How::Tls, hosts.join(", ")).map(|it| Use { keys, ..it })
    })
    .collect()
}

/// The installation's references: each a name, or an object with a name and a key. The client secret of an identity
/// provider is only used while that is who signs users in.
fn references(contract: &Contract, cr: &Value) -> Vec<Use> {
    let keys = &contract.items.secret_ref;
    let external = crate::users::Mode::of(contract, cr) != Some(crate::users::Mode::Managed);
    let mut uses = Vec::new();
    for concept in [Concept::ImagePullSecret, Concept::OidcClientSecret] {
        let (Some(pointer), Some(value)) = (contract.pointer(concept), contract.get(concept, cr)) else {
            continue;
        };
        let name = if value.is_object() { &value[&keys.name] } else { value };
        let key = value[&keys.key].as_str().filter(|_| value.is_object());
        let pull = concept == Concept::ImagePullSecret;
        let how = if pull { How::ImagePull } else { How::Reference };
        if !pull && !external {
            continue;
        }
        uses.extend(
            Use::new(name, how, pointer.dotted())
                .map(|it| Use { keys: key.map(str::to_owned).into_iter().collect(), ..it }),
        );
    }
    uses
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::objects::FromObject;

    fn said(uses: &[Use]) -> Vec<String> {
        let said = |it: &Use| {
            let keys = if it.keys.is_empty() { String::new() } else { format!("[{}]", it.keys.join(" ")) };
            format!("{}{keys}: {}{}", it.secret, it.words(), if it.optional { ", optional" } else { "" })
        };
        uses.iter().map(said).collect()
    }

    #[test]
    fn a_pod_names_secrets_in_many_places() {
        let spec = json!({
            "initContainers": [{"name": "init", "envFrom": [{"secretRef": {"name": "all"}}, {"configMapRef": {"name": "x"}}]}],
            "containers": [{"name": "main", "env": [
                {"name": "A", "value": "plain"},
                {"name": "B", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password", "optional": true}}},
            ]}],
            "volumes": [
                {"name": "v", "secret": {"secretName": "files", "items": [{"key": "a"}, {"key": "b"}]}},
                {"name": "p", "projected": {"sources": [{"secret": {"name": "projected"}}, {"configMap": {}}]}},
                {"name": "c", "csi": {"nodePublishSecretRef": {"name": "csi"}}},
                {"name": "e", "emptyDir": {}},
            ],
            "imagePullSecrets": [{"name": "regcred"}],
        });
        let expect = [
            "all: all keys as variables of init",
            "db[password]: variable B, optional",
            "files[a b]: volume v",
            "projected: volume p",
            "csi: volume c",
            "regcred: image pull",
        ];
        assert_eq!(said(&pod_spec(&spec)), expect);
        assert!(pod_spec(&Value::Null).is_empty());
    }

    #[test]
    fn ingresses_accounts_and_the_installation_use_secrets_too() {
        let mut graph = Graph::default();
        graph.object(
            "Ingress",
            &json!({"metadata": {"name": "web"}, "spec": {"tls": [
            {"hosts": ["a.example", "b.example"], "secretName": "tls"}, {"hosts": ["c.example"]}]}}),
        );
        graph.object(
            "ServiceAccount",
            &json!({"metadata": {"name": "default"}, "imagePullSecrets": [{"name": "regcred"}]}),
        );
        graph.object("ServiceAccount", &json!({"metadata": {"name": "other"}}));
        graph.object(
            "CronJob",
            &json!({"metadata": {"name": "nightly"}, "spec": {"jobTemplate": {"spec": {"template": {
            "spec": {"imagePullSecrets": [{"name": "regcred"}]}}}}}}),
        );
        let workload = json!({"metadata": {"name": "platform"}, "spec": {"template": {"spec": {
            "imagePullSecrets": [{"name": "regcred"}]}}}});
        graph.workloads(WorkloadKind::Deployment, &[Workload::from_object(&workload)]);
        let cr = json!({"metadata": {"name": "rootcause"}, "spec": {"imagePullSecret": "regcred", "auth": {
            "mode": "external", "oidc": {"clientSecretRef": {"name": "oidc", "key": "secret"}}}}});
        graph.installation(&Contract::builtin(), &cr);
        let users =
            |secret| graph.of(secret).iter().map(|it| format!("{} {}", it.kind, it.name)).collect::<Vec<_>>();
        assert_eq!(
            users("regcred"),
            ["Deployment platform", "CronJob nightly", "Installation rootcause", "ServiceAccount default"]
        );
        assert_eq!(users("tls"), ["Ingress web"]);
        assert_eq!(said(&graph.consumers[0].uses), ["tls[tls.crt tls.key]: TLS of a.example, b.example"]);
        assert_eq!(
            said(&graph.of("oidc")[0].uses),
            ["regcred: image pull", "oidc[secret]: field spec.auth.oidc.clientSecretRef"]
        );
        assert!(users("nobody").is_empty());
    }

    #[test]
    fn with_managed_users_the_providers_secret_is_not_used() {
        let cr =
            json!({"spec": {"auth": {"mode": "managed", "oidc": {"clientSecretRef": {"name": "oidc"}}}}});
        assert!(references(&Contract::builtin(), &cr).is_empty());
    }
}
