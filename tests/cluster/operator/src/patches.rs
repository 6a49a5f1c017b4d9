//! Resource patches: changes of single deployed objects, laid over what the charts made.

use kube::{
    Api, Client,
    api::{ApiResource, DynamicObject, Patch, PatchParams},
    discovery::Discovery,
};
use serde_json::Value;

use crate::{
    spec::{PatchTarget, ResourcePatch},
    status::FIELD_MANAGER,
};

/// Applies every patch, in the order of the spec, and says in words why one failed.
pub async fn apply(client: &Client, namespace: &str, patches: &[ResourcePatch]) -> Result<(), String> {
    if patches.is_empty() {
        return Ok(());
    }
    let discovery = Discovery::new(client.clone()).run_aggregated().await.map_err(words)?;
    for ResourcePatch { target, patch } in patches {
        let what = format!("the patch of {}/{}", target.kind, target.name);
        let resource = find(&discovery, target).ok_or_else(|| format!("{what}: no such kind"))?;
        // Lists of the built-in kinds merge by their keys; a custom resource only knows the plain merge.
        let built_in =
            resource.group.is_empty() || !resource.group.contains('.') || resource.group.ends_with(".k8s.io");
        let body: &Value = patch;
        let patch = if built_in { Patch::Strategic(body) } else { Patch::Merge(body) };
        let parameters =
            PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() };
        let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), namespace, &resource);
        api.patch(&target.name, &parameters, &patch)
            .await
            .map_err(|error| format!("{what}: {}", words(error)))?;
    }
    Ok(())
}

/// The API server's own message, where there is one.
fn words(error: kube::Error) -> String {
    match error {
        kube::Error::Api(status) => status.message.clone(),
        error => error.to_string(),
    }
}

fn find(discovery: &Discovery, target: &PatchTarget) -> Option<ApiResource> {
    discovery.groups().flat_map(|group| group.recommended_resources()).map(|(resource, _)| resource).find(
        |resource| {
            resource.kind == target.kind
                && target.api_version.as_ref().is_none_or(|wanted| *wanted == resource.api_version)
        },
    )
}
