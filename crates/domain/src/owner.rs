//! Who else writes the custom resource, and may revert what is written here.

use serde_json::Value;

use crate::pointer::Pointer;
use crate::request::writers;

/// The field manager under which this client writes.
pub const MANAGER: &str = "rootcause-admin";

/// A tool that owns the resource, or fields of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tool {
    ArgoCd,
    Flux,
    Helm,
    /// A field manager that is none of these.
    Other(String),
}

impl Tool {
    /// The tool's name.
    pub fn name(&self) -> &str {
        match self {
            Self::ArgoCd => "Argo CD",
            Self::Flux => "Flux",
            Self::Helm => "Helm",
            Self::Other(manager) => manager,
        }
    }
}

/// Somebody else who writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    pub tool: Tool,
    /// The application, Kustomization or release, where the resource names it.
    pub object: Option<String>,
    /// What says so: "label argocd.argoproj.io/instance", "managedFields: argocd-controller writes spec.version".
    pub evidence: String,
    /// The warning: who owns it and what may come of a write here.
    pub sentence: String,
}

impl Owner {
    fn new(tool: Tool, object: Option<String>, evidence: String) -> Self {
        let named = object.as_ref().map(|object| format!(" ({object})")).unwrap_or_default();
        let sentence = match &tool {
            Tool::ArgoCd | Tool::Flux => format!(
                "{}{named} manages this installation and may revert what is changed here; change it in Git instead.",
                tool.name()
            ),
            Tool::Helm => format!(
                "Helm{named} manages this installation, and its next upgrade may revert what is changed here; change its \
                 values instead."
            ),
            Tool::Other(manager) => {
                format!(
                    "{manager} also writes this part of the installation and may revert what is changed here."
                )
            }
        };
        Self { tool, object, evidence, sentence }
    }
}

/// Who else writes this resource, or the fields at `touches` of it: each tool once, by its strongest evidence (its own
/// labels and annotations before the API server's managedFields).
pub fn owners(cr: &Value, touches: &[Pointer]) -> Vec<Owner> {
    let mut owners: Vec<Owner> = Vec::new();
    let mut add = |owner: Owner| {
        if owners.iter().all(|known| known.tool != owner.tool) {
            owners.push(owner);
        }
    };
    marked(cr).into_iter().for_each(&mut add);
    for pointer in touches {
        for writer in writers(cr, pointer) {
            let Some(tool) = tool(&writer.manager) else { continue };
            let evidence = format!("managedFields: {} writes {}", writer.manager, pointer.dotted());
            add(Owner::new(tool, None, evidence));
        }
    }
    owners
}

/// Owners by the labels and annotations that the tools put on what they manage.
fn marked(cr: &Value) -> Vec<Owner> {
    let find = |kind: &'static str, key: &'static str| {
        let value = cr.get("metadata")?.get(kind)?.get(key)?.as_str().filter(|value| !value.is_empty())?;
        let word = if kind == "labels" { "label" } else { "annotation" };
        Some((value.to_owned(), format!("{word} {key}")))
    };
    let label = |key| find("labels", key);
    let annotation = |key| find("annotations", key);
    let placed = |(name, evidence): (String, String), namespace: Option<(String, String)>| {
        (namespace.map_or(name.clone(), |(namespace, _)| format!("{namespace}/{name}")), evidence)
    };

    let argo = annotation("argocd.argoproj.io/tracking-id")
        // APPLICATION:GROUP/KIND:NAMESPACE/NAME
        .map(|(id, evidence)| (id.split(':').next().unwrap_or_default().to_owned(), evidence))
        .or_else(|| label("argocd.argoproj.io/instance"));
    let kustomization = label("kustomize.toolkit.fluxcd.io/name")
        .map(|name| placed(name, label("kustomize.toolkit.fluxcd.io/namespace")));
    let flux = kustomization.or_else(|| {
        label("helm.toolkit.fluxcd.io/name")
            .map(|name| placed(name, label("helm.toolkit.fluxcd.io/namespace")))
    });
    let helm = annotation("meta.helm.sh/release-name")
        .map(|name| placed(name, annotation("meta.helm.sh/release-namespace")))
        .map(|(name, evidence)| (Some(name), evidence))
        .or_else(|| {
            let managed = label("app.kubernetes.io/managed-by").filter(|(by, _)| by == "Helm");
            managed.map(|(_, evidence)| (None, evidence))
        });

    let argo = argo.map(|(object, evidence)| Owner::new(Tool::ArgoCd, Some(object), evidence));
    let flux = flux.map(|(object, evidence)| Owner::new(Tool::Flux, Some(object), evidence));
    let helm = helm.map(|(object, evidence)| Owner::new(Tool::Helm, object, evidence));
    argo.into_iter().chain(flux).chain(helm).collect()
}

/// The tool behind a field manager; `None` for this client and for people at kubectl or a browser, who do not come back
/// by themselves to revert a change.
fn tool(manager: &str) -> Option<Tool> {
    let person = ["kubectl", "Mozilla", "curl", "before-first-apply"];
    match manager {
        MANAGER => None,
        _ if person.iter().any(|person| manager.starts_with(person)) => None,
        _ if manager.starts_with("argocd") => Some(Tool::ArgoCd),
        "kustomize-controller" | "helm-controller" | "flux" => Some(Tool::Flux),
        "helm" | "Helm" => Some(Tool::Helm),
        other => Some(Tool::Other(other.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn owners_are_known_by_their_marks_and_by_what_they_write() {
        let check = |metadata: Value, expect: &[(&str, Option<&str>, &str)]| {
            let found = owners(&json!({"metadata": metadata}), &[Pointer::of(["spec", "version"])]);
            let found: Vec<_> = found
                .iter()
                .map(|owner| (owner.tool.name(), owner.object.as_deref(), owner.evidence.as_str()))
                .collect();
            assert_eq!(found, expect);
        };
        let managed = |manager: &str| json!({"manager": manager, "fieldsV1": {"f:spec": {"f:version": {}}}});
        check(json!({}), &[]);
        check(
            json!({"annotations": {"argocd.argoproj.io/tracking-id": "prod:g/RootCauseInstallation:rootcause/rootcause"},
                "managedFields": [managed("argocd-controller"), managed("kubectl-edit"), managed(MANAGER)]}),
            &[("Argo CD", Some("prod"), "annotation argocd.argoproj.io/tracking-id")],
        );
        check(
            json!({"labels": {"argocd.argoproj.io/instance": "prod"}}),
            &[("Argo CD", Some("prod"), "label argocd.argoproj.io/instance")],
        );
        check(
            json!({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}}),
            &[("Flux", Some("flux-system/apps"), "label kustomize.toolkit.fluxcd.io/name")],
        );
        check(
            json!({"labels": {"app.kubernetes.io/managed-by": "Helm"},
                "annotations": {"meta.helm.sh/release-name": "cr", "meta.helm.sh/release-namespace": "ops"}}),
            &[("Helm", Some("ops/cr"), "annotation meta.helm.sh/release-name")],
        );
        check(
            json!({"labels": {"app.kubernetes.io/managed-by": "Helm"}}),
            &[("Helm", None, "label app.kubernetes.io/managed-by")],
        );
        check(
            json!({"managedFields": [managed("kustomize-controller"), managed("terraform"), managed("Mozilla")]}),
            &[
                ("Flux", None, "managedFields: kustomize-controller writes spec.version"),
                ("terraform", None, "managedFields: terraform writes spec.version"),
            ],
        );
    }

    #[test]
    fn the_warning_says_what_may_come_of_it() {
        let cr = json!({"metadata": {"labels": {"argocd.argoproj.io/instance": "prod"}}});
        assert_eq!(
            owners(&cr, &[])[0].sentence,
            "Argo CD (prod) manages this installation and may revert what is changed here; change it in Git instead."
        );
    }
}
