//! Which API a request is for, known at run time.

use crate::error::Error;
use std::borrow::Cow;

/// One resource type of the API: what a CRD or a built-in kind is called in URLs.
///
/// Known at run time, because the group and version of a CRD may not be known before discovery. The kinds that
/// most pages use are constants.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Resource {
    /// The API group, empty for the core group.
    pub group: Cow<'static, str>,
    /// The version, as in `v1`.
    pub version: Cow<'static, str>,
    /// The plural name, as in `pods`.
    pub plural: Cow<'static, str>,
    /// The kind, as in `Pod`.
    pub kind: Cow<'static, str>,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
}

impl Resource {
    /// Pods.
    pub const PODS: Self = Self::core("pods", "Pod");
    /// Secrets.
    pub const SECRETS: Self = Self::core("secrets", "Secret");
    /// Config maps.
    pub const CONFIG_MAPS: Self = Self::core("configmaps", "ConfigMap");
    /// Services.
    pub const SERVICES: Self = Self::core("services", "Service");
    /// Core events (`v1`), which `kubectl get events` shows.
    pub const EVENTS: Self = Self::core("events", "Event");
    /// Persistent volume claims.
    pub const PVCS: Self = Self::core("persistentvolumeclaims", "PersistentVolumeClaim");
    /// Nodes.
    pub const NODES: Self = Self::core("nodes", "Node").cluster_wide();
    /// Namespaces.
    pub const NAMESPACES: Self = Self::core("namespaces", "Namespace").cluster_wide();
    /// Deployments.
    pub const DEPLOYMENTS: Self = Self::in_group("apps", "v1", "deployments", "Deployment");
    /// Replica sets.
    pub const REPLICA_SETS: Self = Self::in_group("apps", "v1", "replicasets", "ReplicaSet");
    /// Stateful sets.
    pub const STATEFUL_SETS: Self = Self::in_group("apps", "v1", "statefulsets", "StatefulSet");
    /// Jobs.
    pub const JOBS: Self = Self::in_group("batch", "v1", "jobs", "Job");
    /// Leases.
    pub const LEASES: Self = Self::in_group("coordination.k8s.io", "v1", "leases", "Lease");
    /// Ingresses.
    pub const INGRESSES: Self = Self::in_group("networking.k8s.io", "v1", "ingresses", "Ingress");
    /// Storage classes.
    pub const STORAGE_CLASSES: Self =
        Self::in_group("storage.k8s.io", "v1", "storageclasses", "StorageClass").cluster_wide();
    /// Custom resource definitions.
    pub const CRDS: Self =
        Self::in_group("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition")
            .cluster_wide();
    /// "Who am I?", answered by the API server.
    pub const SELF_SUBJECT_REVIEWS: Self =
        Self::in_group("authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview")
            .cluster_wide();
    /// "May I?", answered by the API server.
    pub const SELF_SUBJECT_ACCESS_REVIEWS: Self =
        Self::in_group("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview")
            .cluster_wide();

    /// A namespaced kind of the core group, version `v1`.
    pub const fn core(plural: &'static str, kind: &'static str) -> Self {
        Self::in_group("", "v1", plural, kind)
    }

    /// A namespaced kind of a named group.
    pub const fn in_group(
        group: &'static str,
        version: &'static str,
        plural: &'static str,
        kind: &'static str,
    ) -> Self {
        Self {
            group: Cow::Borrowed(group),
            version: Cow::Borrowed(version),
            plural: Cow::Borrowed(plural),
            kind: Cow::Borrowed(kind),
            namespaced: true,
        }
    }

    /// The same kind, outside namespaces.
    #[must_use]
    pub const fn cluster_wide(mut self) -> Self {
        self.namespaced = false;
        self
    }

    /// What objects carry as `apiVersion`: `v1` or `apps/v1`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_string()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// The path of its group and version: `/api/v1` or `/apis/apps/v1`.
    pub fn group_version_path(&self) -> String {
        if self.group.is_empty() {
            format!("/api/{}", self.version)
        } else {
            format!("/apis/{}/{}", self.group, self.version)
        }
    }

    /// The path of the collection, in one namespace or across all of them.
    ///
    /// # Errors
    /// [`Error::Request`] when the namespace cannot be a path segment.
    pub fn path(&self, namespace: Option<&str>) -> Result<String, Error> {
        let root = self.group_version_path();
        match namespace.filter(|_| self.namespaced) {
            Some(namespace) => {
                path_segment("namespace", namespace)?;
                Ok(format!("{root}/namespaces/{namespace}/{}", self.plural))
            }
            None => Ok(format!("{root}/{}", self.plural)),
        }
    }
}

/// Refuses what would leave its place in a path: a name often comes from the page's address, and
/// `../secrets/x` must not become another request. The rule is Kubernetes' own for names used in paths
/// (`ValidatePathSegmentName` in apimachinery), with the characters that end a path besides.
pub(crate) fn path_segment(what: &str, value: &str) -> Result<(), Error> {
    let leaves_its_place =
        matches!(value, "" | "." | "..") || value.contains(['/', '%', '?', '#', '\\']) || !value.is_ascii();
    let unprintable = value.bytes().any(|byte| byte.is_ascii_control() || byte == b' ');
    if leaves_its_place || unprintable {
        return Err(Error::Request(format!("{value:?} cannot be the {what} of an object")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_follow_group_version_and_namespace() {
        let check = |resource: Resource, namespace: Option<&str>, expect: &str| {
            assert_eq!(resource.path(namespace).unwrap(), expect);
        };
        check(Resource::PODS, Some("rootcause"), "/api/v1/namespaces/rootcause/pods");
        check(Resource::PODS, None, "/api/v1/pods");
        check(Resource::DEPLOYMENTS, Some("a"), "/apis/apps/v1/namespaces/a/deployments");
        check(Resource::NODES, Some("ignored"), "/api/v1/nodes");
        check(Resource::STORAGE_CLASSES, None, "/apis/storage.k8s.io/v1/storageclasses");
    }

    #[test]
    fn a_name_cannot_leave_its_place_in_the_path() {
        for bad in ["", ".", "..", "../secrets", "a/b", "a?b", "a#b", "a%2fb", "a b", "a\nb", "ä"] {
            assert!(path_segment("name", bad).is_err(), "{bad:?}");
        }
        for good in ["rootcause", "a.b-c", "system:node:x", "sh.helm.release.v1.platform.v3"] {
            assert!(path_segment("name", good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn api_version_names_the_group_unless_core() {
        assert_eq!(Resource::PODS.api_version(), "v1");
        assert_eq!(Resource::JOBS.api_version(), "batch/v1");
    }
}
