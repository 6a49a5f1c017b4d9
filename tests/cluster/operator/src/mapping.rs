//! Where the custom resource keeps what the operator reads and writes.
//!
//! The built-in mapping is that of the reference CRD. A JSON file overrides any entry, so that the same operator
//! serves a CRD of another group, version and other field names.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

/// Why a mapping file cannot be used.
#[derive(Debug, Error)]
pub enum Error {
    #[error("cannot read the mapping {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the mapping {path} is not valid: {source}")]
    Parse { path: PathBuf, source: serde_json::Error },
    #[error("the mapping's entry {0:?} is not a JSON pointer to a field: it must start with '/'")]
    NotAPointer(String),
    #[error("the mapping has an empty name")]
    EmptyName,
}

/// Declares a group of entries, each with its built-in value.
macro_rules! entries {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $default:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize)]
        #[serde(default, rename_all = "camelCase", deny_unknown_fields)]
        pub struct $name {
            $(pub $field: String,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default.to_owned(),)* }
            }
        }

        impl $name {
            fn values(&self) -> std::vec::IntoIter<&String> {
                vec![$(&self.$field),*].into_iter()
            }
        }
    };
}

entries! {
    /// JSON pointers to what a user asks for.
    SpecPointers {
        version: "/spec/version",
        storage_class: "/spec/storageClass",
        image_pull_secret: "/spec/imagePullSecret",
        host: "/spec/host",
        ingress: "/spec/ingress",
        platform_replicas: "/spec/components/platform/replicas",
        platform_resources: "/spec/components/platform/resources",
        data_service_replicas: "/spec/components/dataService/replicas",
        data_service_resources: "/spec/components/dataService/resources",
        ml_jobs_replicas: "/spec/components/mlJobs/replicas",
        ml_jobs_resources: "/spec/components/mlJobs/resources",
        mongodb_members: "/spec/dependencies/mongodb/members",
        mongodb_storage: "/spec/dependencies/mongodb/storage",
        mongodb_resources: "/spec/dependencies/mongodb/resources",
        postgresql_storage: "/spec/dependencies/postgresql/storage",
        postgresql_resources: "/spec/dependencies/postgresql/resources",
        postgresql_read_replicas: "/spec/dependencies/postgresql/readReplicas",
        redis_resources: "/spec/dependencies/redis/resources",
        auth_mode: "/spec/auth/mode",
        users: "/spec/auth/users",
        oidc: "/spec/auth/oidc",
        platform_admin_emails: "/spec/auth/platformAdminEmails",
        raw_platform: "/spec/advanced/rawHelmOverrides/platform",
        raw_dependencies: "/spec/advanced/rawHelmOverrides/dependencies",
        resource_patches: "/spec/advanced/resourcePatches",
        undeploy: "/spec/undeploy",
    }
}

entries! {
    /// JSON pointers to what the operator tells. All of them lie in the status subresource.
    StatusPointers {
        phase: "/status/phase",
        last_error: "/status/lastError",
        conditions: "/status/conditions",
        observed_generation: "/status/observedGeneration",
        deployed_version: "/status/deployedVersion",
        dependencies_version: "/status/dependenciesVersion",
        available_versions: "/status/availableVersions",
        registry_url: "/status/registry/url",
        registry_last_checked: "/status/registry/lastChecked",
        registry_error: "/status/registry/error",
        required_secrets: "/status/requiredSecrets",
        operator_version: "/status/operatorVersion",
        users: "/status/users",
        last_force_reconcile: "/status/lastForceReconcile",
    }
}

entries! {
    /// The fields of one item of the available versions.
    VersionFields {
        version: "version",
        published: "published",
        digest: "digest",
        notes_url: "notesUrl",
        one_way: "oneWay",
        values_schema: "valuesSchema",
    }
}

entries! {
    /// Names of the annotations that carry a request beside the spec. A request is a changed value.
    Annotations {
        force_reconcile: "admin.rootcause.dev/force-reconcile",
        check_updates: "admin.rootcause.dev/check-updates",
    }
}

entries! {
    /// The words of the phases.
    Phases {
        ready: "Ready",
        reconciling: "Reconciling",
        degraded: "Degraded",
        uninstalled: "Uninstalled",
        blocked: "Blocked",
    }
}

/// The whole mapping of one custom resource.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Mapping {
    /// The kind by which the CRD is found through API discovery.
    pub kind: String,
    pub spec: SpecPointers,
    pub status: StatusPointers,
    pub version_fields: VersionFields,
    pub annotations: Annotations,
    pub phases: Phases,
}

impl Default for Mapping {
    fn default() -> Self {
        Self {
            kind: "RootCauseInstallation".to_owned(),
            spec: SpecPointers::default(),
            status: StatusPointers::default(),
            version_fields: VersionFields::default(),
            annotations: Annotations::default(),
            phases: Phases::default(),
        }
    }
}

impl Mapping {
    /// Reads a mapping file, or gives the built-in mapping when there is none.
    pub fn load(path: Option<&Path>) -> Result<Self, Error> {
        let Some(path) = path else { return Ok(Self::default()) };
        let text =
            std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        let mapping: Self =
            serde_json::from_str(&text).map_err(|source| Error::Parse { path: path.to_owned(), source })?;
        mapping.checked()
    }

    fn checked(self) -> Result<Self, Error> {
        let mut pointers = self.spec.values().chain(self.status.values());
        if let Some(stray) = pointers.find(|pointer| !pointer.starts_with('/')) {
            return Err(Error::NotAPointer(stray.clone()));
        }
        let names = self.version_fields.values().chain(self.annotations.values()).chain(self.phases.values());
        let nameless = names.filter(|name| name.is_empty()).count() > 0;
        if nameless { Err(Error::EmptyName) } else { Ok(self) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_overrides_only_what_it_names() {
        let mapping: Mapping = serde_json::from_str(
            r#"{"kind":"AcmeAnalytics","spec":{"version":"/spec/release/target"},"phases":{"ready":"Running"}}"#,
        )
        .unwrap();
        assert_eq!(mapping.kind, "AcmeAnalytics");
        assert_eq!(mapping.spec.version, "/spec/release/target");
        assert_eq!(mapping.spec.host, "/spec/host");
        assert_eq!(mapping.phases.ready, "Running");
        assert_eq!(mapping.phases.blocked, "Blocked");
    }

    #[test]
    fn an_unknown_entry_is_named() {
        let error = serde_json::from_str::<Mapping>(r#"{"spec":{"versoin":"/spec/version"}}"#).unwrap_err();
        assert!(error.to_string().contains("versoin"), "{error}");
    }

    #[test]
    fn a_dotted_path_is_refused() {
        let mapping: Mapping = serde_json::from_str(r#"{"status":{"phase":"status.phase"}}"#).unwrap();
        assert!(matches!(mapping.checked(), Err(Error::NotAPointer(p)) if p == "status.phase"));
    }

    #[test]
    fn the_shipped_mapping_of_the_second_crd_is_valid() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("mapping-other.json");
        assert_eq!(Mapping::load(Some(&path)).unwrap().kind, "AcmeAnalytics");
    }
}
