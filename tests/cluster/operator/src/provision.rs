//! The rig's volume provisioner: gives claims of its storage classes a volume, as an external CSI provisioner does.
//!
//! kube-controller-manager asks for a volume by an annotation on the claim, after a node was chosen where the class
//! waits for that, and binds the volume that names the claim.

use futures::{StreamExt, TryStreamExt};
use k8s_openapi::{
    api::core::v1::{
        HostPathVolumeSource, ObjectReference, PersistentVolume, PersistentVolumeClaim, PersistentVolumeSpec,
    },
    apimachinery::pkg::api::resource::Quantity,
};
use kube::{
    Api, Client, ResourceExt,
    api::{DeleteParams, ObjectMeta, PostParams},
    runtime::{WatchStreamExt, watcher},
};
use tracing::{error, info};

/// The provisioner that a StorageClass of the rig names.
const PROVISIONER: &str = "rig.rootcause.dev/fake";
const WANTED: &str = "volume.kubernetes.io/storage-provisioner";
const PROVISIONED_BY: &str = "pv.kubernetes.io/provisioned-by";

/// Provisions and reclaims for ever.
pub async fn run(client: Client) {
    futures::join!(provision(client.clone()), reclaim(client));
}

async fn provision(client: Client) {
    let volumes: Api<PersistentVolume> = Api::all(client.clone());
    let claims: Api<PersistentVolumeClaim> = Api::all(client);
    let events = watcher(claims, watcher::Config::default()).default_backoff().applied_objects();
    let mut events = std::pin::pin!(events.inspect_err(|error| error!("cannot watch claims: {error}")));
    while let Some(event) = events.next().await {
        let Some(volume) = event.ok().as_ref().and_then(volume_for) else { continue };
        match volumes.create(&PostParams::default(), &volume).await {
            Ok(volume) => info!("made the volume {}", volume.name_any()),
            Err(kube::Error::Api(status)) if status.is_already_exists() => {}
            Err(error) => error!("cannot make the volume {}: {error}", volume.name_any()),
        }
    }
}

async fn reclaim(client: Client) {
    let volumes: Api<PersistentVolume> = Api::all(client);
    let events = watcher(volumes.clone(), watcher::Config::default()).default_backoff().applied_objects();
    let mut events = std::pin::pin!(events.inspect_err(|error| error!("cannot watch volumes: {error}")));
    while let Some(event) = events.next().await {
        let Some(name) = event.ok().filter(is_released).map(|volume| volume.name_any()) else { continue };
        match volumes.delete(&name, &DeleteParams::default()).await {
            Ok(_) => info!("removed the volume {name}"),
            Err(kube::Error::Api(status)) if status.is_not_found() => {}
            Err(error) => error!("cannot remove the volume {name}: {error}"),
        }
    }
}

/// The volume for a claim that waits for one of ours.
fn volume_for(claim: &PersistentVolumeClaim) -> Option<PersistentVolume> {
    let spec = claim.spec.as_ref()?;
    let uid = claim.uid().filter(|_| spec.volume_name.is_none())?;
    if claim.annotations().get(WANTED).map(String::as_str) != Some(PROVISIONER) {
        return None;
    }
    let size: &Quantity = spec.resources.as_ref()?.requests.as_ref()?.get("storage")?;
    let name = format!("pvc-{uid}");
    Some(PersistentVolume {
        metadata: ObjectMeta {
            name: Some(name.clone()),
            annotations: Some([(PROVISIONED_BY.to_owned(), PROVISIONER.to_owned())].into()),
            ..ObjectMeta::default()
        },
        spec: Some(PersistentVolumeSpec {
            access_modes: spec.access_modes.clone(),
            capacity: Some([("storage".to_owned(), size.clone())].into()),
            claim_ref: Some(ObjectReference {
                api_version: Some("v1".to_owned()),
                kind: Some("PersistentVolumeClaim".to_owned()),
                namespace: claim.namespace(),
                name: Some(claim.name_any()),
                uid: Some(uid),
                ..ObjectReference::default()
            }),
            // Nothing is ever mounted: the nodes are fake.
            host_path: Some(HostPathVolumeSource { path: format!("/var/lib/rig/{name}"), type_: None }),
            persistent_volume_reclaim_policy: Some("Delete".to_owned()),
            storage_class_name: spec.storage_class_name.clone(),
            volume_mode: spec.volume_mode.clone(),
            ..PersistentVolumeSpec::default()
        }),
        status: None,
    })
}

fn is_released(volume: &PersistentVolume) -> bool {
    let ours = volume.annotations().get(PROVISIONED_BY).map(String::as_str) == Some(PROVISIONER);
    ours && volume.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Released")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_a_claim_that_asks_us_gets_a_volume() {
        let check = |provisioner: &str, volume: Option<&str>, expect: Option<&str>| {
            let claim: PersistentVolumeClaim = serde_json::from_value(json!({
                "metadata": {"name": "data", "namespace": "a", "uid": "u1", "annotations": {WANTED: provisioner}},
                "spec": {"volumeName": volume, "storageClassName": "fake", "resources": {"requests": {"storage": "1Gi"}}}
            }))
            .unwrap();
            assert_eq!(volume_for(&claim).map(|made| made.name_any()).as_deref(), expect);
        };
        check(PROVISIONER, None, Some("pvc-u1"));
        check(PROVISIONER, Some("pvc-u1"), None);
        check("ebs.csi.aws.com", None, None);
    }
}
