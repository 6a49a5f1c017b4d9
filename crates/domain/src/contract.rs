//! The contract with the operator: which field of the custom resource carries which concept.
//!
//! Pages speak of concepts only. The built-in contract is the reference CRD's (docs/contract.md); `config.json`
//! overrides any entry, so another CRD is an edit of that file. What the cluster's schema has no place for is a
//! [`Gap`]: the controls that need it switch off and say so.

use serde_json::Value;

use crate::phase::Phase;
use crate::pointer::Pointer;
use crate::schema;

/// Declares the concepts once: variant, the key in `config.json`, the reference CRD's pointer, what is off without it.
macro_rules! concepts {
    ($($variant:ident, $key:literal, $pointer:literal, $off:literal;)*) => {
        /// One thing a page needs to know or to change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Concept {
            $(#[doc = concat!("`", $pointer, "` of the reference. Without it: ", $off)] $variant,)*
        }

        impl Concept {
            /// All concepts, in the order of the reference CRD.
            pub const ALL: &[Concept] = &[$(Concept::$variant,)*];

            /// The concept's key under `contract.fields` in `config.json`.
            pub fn key(self) -> &'static str {
                match self { $(Concept::$variant => $key,)* }
            }

            /// The reference CRD's JSON pointer.
            pub fn reference(self) -> &'static str {
                match self { $(Concept::$variant => $pointer,)* }
            }

            /// What a page cannot do or show without it, as a sentence.
            pub fn without(self) -> &'static str {
                match self { $(Concept::$variant => $off,)* }
            }
        }
    };
}

concepts! {
    TargetVersion, "targetVersion", "/spec/version", "No version can be requested.";
    StorageClass, "storageClass", "/spec/storageClass", "The storage class cannot be chosen.";
    ImagePullSecret, "imagePullSecret", "/spec/imagePullSecret", "The image pull secret cannot be chosen.";
    Host, "host", "/spec/host", "The platform's host name cannot be set.";
    Ingress, "ingress", "/spec/ingress", "The ingress cannot be configured.";
    PlatformReplicas, "platformReplicas", "/spec/components/platform/replicas", "Platform cannot be scaled.";
    PlatformResources, "platformResources", "/spec/components/platform/resources", "Platform's resources cannot be set.";
    DataServiceReplicas, "dataServiceReplicas", "/spec/components/dataService/replicas", "Data Service cannot be scaled.";
    DataServiceResources, "dataServiceResources", "/spec/components/dataService/resources", "Data Service's resources cannot be set.";
    MlJobsReplicas, "mlJobsReplicas", "/spec/components/mlJobs/replicas", "ML Jobs cannot be scaled.";
    MlJobsResources, "mlJobsResources", "/spec/components/mlJobs/resources", "ML Jobs' resources cannot be set.";
    MongodbMembers, "mongodbMembers", "/spec/dependencies/mongodb/members", "MongoDB cannot be scaled.";
    MongodbStorage, "mongodbStorage", "/spec/dependencies/mongodb/storage", "MongoDB's storage cannot be set.";
    MongodbResources, "mongodbResources", "/spec/dependencies/mongodb/resources", "MongoDB's resources cannot be set.";
    PostgresqlReadReplicas, "postgresqlReadReplicas", "/spec/dependencies/postgresql/readReplicas", "PostgreSQL's read replicas cannot be set.";
    PostgresqlStorage, "postgresqlStorage", "/spec/dependencies/postgresql/storage", "PostgreSQL's storage cannot be set.";
    PostgresqlResources, "postgresqlResources", "/spec/dependencies/postgresql/resources", "PostgreSQL's resources cannot be set.";
    RedisResources, "redisResources", "/spec/dependencies/redis/resources", "Redis's resources cannot be set.";
    AuthMode, "authMode", "/spec/auth/mode", "Managed and external sign-in cannot be told apart.";
    Users, "users", "/spec/auth/users", "Users cannot be managed.";
    OidcIssuer, "oidcIssuer", "/spec/auth/oidc/issuer", "The external identity provider cannot be set.";
    OidcClientId, "oidcClientId", "/spec/auth/oidc/clientId", "The client id at the identity provider cannot be set.";
    OidcClientSecret, "oidcClientSecret", "/spec/auth/oidc/clientSecretRef", "The client secret at the identity provider cannot be chosen.";
    PlatformAdminEmails, "platformAdminEmails", "/spec/auth/platformAdminEmails", "Platform admin emails cannot be edited.";
    RawOverridesPlatform, "rawOverridesPlatform", "/spec/advanced/rawHelmOverrides/platform", "Raw Helm Overrides of the platform are not available.";
    RawOverridesDependencies, "rawOverridesDependencies", "/spec/advanced/rawHelmOverrides/dependencies", "Raw Helm Overrides of the dependencies are not available.";
    ResourcePatches, "resourcePatches", "/spec/advanced/resourcePatches", "Resource Patches are not available.";
    Undeploy, "undeploy", "/spec/undeploy", "Undeploy cannot be requested.";
    Phase, "phase", "/status/phase", "The installation's phase is unknown.";
    LastError, "lastError", "/status/lastError", "The reason of a failure is not shown.";
    Conditions, "conditions", "/status/conditions", "Subsystems are not shown one by one, and the timeline has no step in between.";
    ObservedGeneration, "observedGeneration", "/status/observedGeneration", "Whether the operator has seen the last change is unknown.";
    DeployedVersion, "deployedVersion", "/status/deployedVersion", "The deployed version is unknown; directions and updates are not named.";
    DependenciesVersion, "dependenciesVersion", "/status/dependenciesVersion", "The dependencies' version comes from Helm's history alone.";
    AvailableVersions, "availableVersions", "/status/availableVersions", "The registry's versions are not listed; a version can still be typed.";
    Registry, "registry", "/status/registry", "The registry's address, last check and error are not shown.";
    RequiredSecrets, "requiredSecrets", "/status/requiredSecrets", "Missing secrets are not pointed out.";
    OperatorVersion, "operatorVersion", "/status/operatorVersion", "The operator's version is not shown.";
    LastForceReconcile, "lastForceReconcile", "/status/lastForceReconcile", "Whether the operator has seen a forced reconcile is judged by its conditions and by Helm's history.";
    StatusUsers, "statusUsers", "/status/users", "What became of each user is not shown.";
}

impl Concept {
    /// The concept of this `config.json` key.
    pub fn keyed(key: &str) -> Option<Concept> {
        Self::ALL.iter().copied().find(|concept| concept.key() == key)
    }
}

/// Where the client leaves marks for the operator and for itself: annotations, or fields where a CRD has them.
/// `None` switches the mark off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marks {
    /// Set to the current time (RFC 3339) to reconcile without a change of the spec.
    pub force_reconcile: Option<Pointer>,
    /// Set to the current time (RFC 3339) to look for new versions now.
    pub check_updates: Option<Pointer>,
    /// Who asked for what and why: a JSON array as text, read and written by this client only.
    pub requests: Option<Pointer>,
    /// What the last smoke tests found: a JSON array as text, read and written by this client only.
    pub smoke_tests: Option<Pointer>,
    /// What was done of the checklist before an upgrade: a JSON array as text, read and written by this client only.
    pub checklist: Option<Pointer>,
}

impl Marks {
    /// All of them: what this client leaves in the custom resource.
    pub fn all(&self) -> impl Iterator<Item = &Pointer> {
        let Self { force_reconcile, check_updates, requests, smoke_tests, checklist } = self;
        [force_reconcile, check_updates, requests, smoke_tests, checklist].into_iter().flatten()
    }
}

/// The condition types of the operator's subsystems.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionTypes {
    /// True from the moment the operator has seen a change until it has nothing left to do.
    pub reconciling: String,
    pub secrets: String,
    pub registry: String,
    /// The dependencies release is deployed as asked.
    pub dependencies: String,
    /// The platform release is deployed as asked.
    pub platform: String,
    pub users: String,
    /// Everything is as asked.
    pub ready: String,
}

/// The names of fields inside the items of the contract's lists and objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Items {
    pub available_versions: AvailableVersionKeys,
    pub registry: RegistryKeys,
    pub required_secrets: RequiredSecretKeys,
    pub users: UserKeys,
    pub status_users: StatusUserKeys,
    pub secret_ref: SecretRefKeys,
    pub resource_patches: ResourcePatchKeys,
}

/// Keys of an item of `availableVersions`. An item may also be a bare string: the version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AvailableVersionKeys {
    pub version: String,
    pub published: String,
    pub digest: String,
    pub notes_url: String,
    /// True for a version that migrates data so that the versions before it cannot read them.
    pub one_way: String,
    /// The JSON Schemas of both charts' values, by `dependencies` and `platform`, each as an object or as text.
    pub values_schema: String,
}

/// Keys of `registry`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryKeys {
    pub url: String,
    pub last_checked: String,
    pub error: String,
}

/// Keys of an item of `requiredSecrets`. An item may also be a bare string: the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequiredSecretKeys {
    pub name: String,
    pub keys: String,
    pub reason: String,
}

/// Keys of an item of `users`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserKeys {
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub admin: String,
}

/// Keys of an item of `statusUsers`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusUserKeys {
    pub email: String,
    pub state: String,
    pub message: String,
}

/// Keys of a reference to a secret. A reference may also be a bare string: the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretRefKeys {
    pub name: String,
    pub key: String,
}

/// Keys of an item of `resourcePatches`. `kind` and `name` are inside `target`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourcePatchKeys {
    pub target: String,
    pub kind: String,
    pub name: String,
    pub patch: String,
}

/// The operator's words for who keeps the accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthModes {
    /// The operator, in the installation itself.
    pub managed: String,
    /// An identity provider outside.
    pub external: String,
}

/// The names of the two Helm releases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseNames {
    pub dependencies: String,
    pub platform: String,
}

/// All that is specific to one operator's CRD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    /// In the order of [`Concept::ALL`].
    fields: Vec<Option<Pointer>>,
    pub marks: Marks,
    pub conditions: ConditionTypes,
    pub items: Items,
    pub releases: ReleaseNames,
    pub auth_modes: AuthModes,
    /// The operator's own words for phases, beside the known ones.
    pub phases: Vec<(String, Phase)>,
}

impl Default for Contract {
    fn default() -> Self {
        Self::builtin()
    }
}

impl Contract {
    /// The contract of the reference CRD.
    pub fn builtin() -> Self {
        // The reference pointers are constants that a test parses; a malformed one would only be an absent one here.
        let fields = Concept::ALL.iter().map(|concept| Pointer::parse(concept.reference()).ok()).collect();
        Self {
            fields,
            marks: Marks {
                force_reconcile: Some(Pointer::annotation("admin.rootcause.dev/force-reconcile")),
                check_updates: Some(Pointer::annotation("admin.rootcause.dev/check-updates")),
                requests: Some(Pointer::annotation("admin.rootcause.dev/requests")),
                smoke_tests: Some(Pointer::annotation("admin.rootcause.dev/smoke-tests")),
                checklist: Some(Pointer::annotation("admin.rootcause.dev/checklist")),
            },
            conditions: ConditionTypes {
                reconciling: "Reconciling".into(),
                secrets: "SecretsReady".into(),
                registry: "RegistryReachable".into(),
                dependencies: "DependenciesReady".into(),
                platform: "PlatformReady".into(),
                users: "UsersReady".into(),
                ready: "Ready".into(),
            },
            items: Items {
                available_versions: AvailableVersionKeys {
                    version: "version".into(),
                    published: "published".into(),
                    digest: "digest".into(),
                    notes_url: "notesUrl".into(),
                    one_way: "oneWay".into(),
                    values_schema: "valuesSchema".into(),
                },
                registry: RegistryKeys {
                    url: "url".into(),
                    last_checked: "lastChecked".into(),
                    error: "error".into(),
                },
                required_secrets: RequiredSecretKeys {
                    name: "name".into(),
                    keys: "keys".into(),
                    reason: "reason".into(),
                },
                users: UserKeys {
                    email: "email".into(),
                    first_name: "firstName".into(),
                    last_name: "lastName".into(),
                    admin: "admin".into(),
                },
                status_users: StatusUserKeys {
                    email: "email".into(),
                    state: "state".into(),
                    message: "message".into(),
                },
                secret_ref: SecretRefKeys { name: "name".into(), key: "key".into() },
                resource_patches: ResourcePatchKeys {
                    target: "target".into(),
                    kind: "kind".into(),
                    name: "name".into(),
                    patch: "patch".into(),
                },
            },
            releases: ReleaseNames {
                dependencies: "rootcause-dependencies".into(),
                platform: "rootcause-platform".into(),
            },
            auth_modes: AuthModes { managed: "managed".into(), external: "external".into() },
            phases: Vec::new(),
        }
    }

    /// This contract with some concepts elsewhere, or (`None`) nowhere.
    #[must_use]
    pub fn with_overrides(mut self, fields: impl IntoIterator<Item = (Concept, Option<Pointer>)>) -> Self {
        for (concept, pointer) in fields {
            self.fields[concept as usize] = pointer;
        }
        self
    }

    /// Where the concept lives; `None` where the configuration says that the CRD has none.
    pub fn pointer(&self, concept: Concept) -> Option<&Pointer> {
        self.fields[concept as usize].as_ref()
    }

    /// The concept's value in this custom resource; a `null` is no value.
    pub fn get<'a>(&self, concept: Concept, cr: &'a Value) -> Option<&'a Value> {
        self.pointer(concept)?.get(cr).filter(|value| !value.is_null())
    }

    /// The phase that the operator's word means.
    pub fn phase(&self, word: &str) -> Phase {
        let own = self.phases.iter().find(|(own, _)| own == word).map(|(_, phase)| phase.clone());
        own.or_else(|| Phase::named(word)).unwrap_or_else(|| Phase::Unknown(word.to_owned()))
    }

    /// The concepts for which the cluster's schema of the custom resource (OpenAPI v3, see [`schema::find`]) or the
    /// configuration has no place.
    pub fn check(&self, schema: &Value) -> Gaps {
        let gaps = Concept::ALL.iter().filter_map(|&concept| {
            let Some(pointer) = self.pointer(concept) else {
                return Some((concept, Gap { pointer: None, known: Pointer::root() }));
            };
            let known = schema::lacks(schema, pointer)?;
            Some((concept, Gap { pointer: Some(pointer.clone()), known }))
        });
        Gaps(gaps.collect())
    }
}

/// A concept without a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Where the contract looks for it; `None` where the configuration switches it off.
    pub pointer: Option<Pointer>,
    /// The deepest part of that pointer that the schema has.
    pub known: Pointer,
}

/// The concepts that this cluster does not offer. Empty as long as the schema is unknown: what cannot be checked is
/// not switched off.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gaps(Vec<(Concept, Gap)>);

impl Gaps {
    /// Why the concept's controls are off, as a sentence with what is lost; `None` when they are on.
    pub fn reason(&self, concept: Concept) -> Option<String> {
        let (_, gap) = self.iter().find(|(one, _)| *one == concept)?;
        let cause = match &gap.pointer {
            None => format!("config.json switches `{}` off.", concept.key()),
            Some(pointer) if gap.known == Pointer::root() => {
                format!("The cluster's schema has no field {}.", pointer.dotted())
            }
            Some(pointer) => {
                format!(
                    "The cluster's schema has no field {} (only {}).",
                    pointer.dotted(),
                    gap.known.dotted()
                )
            }
        };
        Some(format!("{cause} {}", concept.without()))
    }

    /// The concepts and their gaps, in the reference's order.
    pub fn iter(&self) -> impl Iterator<Item = (Concept, &Gap)> {
        self.0.iter().map(|(concept, gap)| (*concept, gap))
    }

    /// Whether the cluster offers everything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const DOCUMENTATION: &str = include_str!("../../../docs/contract.md");

    /// The rows of the table under this heading, cells without backticks.
    fn table(heading: &str) -> Vec<Vec<String>> {
        let section =
            DOCUMENTATION.split(&format!("## {heading}\n")).nth(1).unwrap().split("\n## ").next().unwrap();
        let rows = section.lines().filter(|line| line.starts_with("| `"));
        rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect())
            .collect()
    }

    #[test]
    fn the_documented_fields_are_the_built_in_ones() {
        let contract = Contract::builtin();
        let built_in: Vec<Vec<String>> = Concept::ALL
            .iter()
            .map(|&concept| {
                let pointer = contract.pointer(concept).unwrap().to_string();
                vec![concept.key().to_owned(), pointer, concept.without().to_owned()]
            })
            .collect();
        assert_eq!(table("Fields"), built_in);
    }

    #[test]
    fn the_documented_names_are_the_built_in_ones() {
        let contract = Contract::builtin();
        let marks: Vec<_> = contract.marks.all().map(|it| it.annotation_name().unwrap().to_owned()).collect();
        let second = |heading: &str| table(heading).into_iter().map(|row| row[1].clone()).collect::<Vec<_>>();
        assert_eq!(second("Marks"), marks);
        let types = &contract.conditions;
        let types = [
            &types.reconciling,
            &types.secrets,
            &types.registry,
            &types.dependencies,
            &types.platform,
            &types.users,
            &types.ready,
        ];
        assert_eq!(second("Conditions"), types.map(String::clone));
        let (versions, registry) = (&contract.items.available_versions, &contract.items.registry);
        let secrets = &contract.items.required_secrets;
        let (users, states) = (&contract.items.users, &contract.items.status_users);
        let reference = &contract.items.secret_ref;
        let patches = &contract.items.resource_patches;
        let items = [
            &versions.version,
            &versions.published,
            &versions.digest,
            &versions.notes_url,
            &versions.one_way,
            &versions.values_schema,
            &registry.url,
            &registry.last_checked,
            &registry.error,
            &secrets.name,
            &secrets.keys,
            &secrets.reason,
            &users.email,
            &users.first_name,
            &users.last_name,
            &users.admin,
            &states.email,
            &states.state,
            &states.message,
            &reference.name,
            &reference.key,
            &patches.target,
            &patches.kind,
            &patches.name,
            &patches.patch,
        ];
        assert_eq!(second("Items"), items.map(String::clone));
        for name in [&contract.releases.dependencies, &contract.releases.platform] {
            assert!(DOCUMENTATION.contains(&format!("`{name}`")));
        }
    }

    #[test]
    fn keys_are_unique_and_found() {
        for &concept in Concept::ALL {
            assert_eq!(Concept::keyed(concept.key()), Some(concept));
        }
        assert_eq!(Concept::keyed("other"), None);
    }

    #[test]
    fn gaps_say_what_is_lost_and_why() {
        let schema = json!({"properties": {
            "spec": {"type": "object", "properties": {"version": {"type": "string"}, "components": {"properties": {}}}},
            "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
        }});
        let gaps = Contract::builtin().with_overrides([(Concept::LastError, None)]).check(&schema);
        let check = |concept, expect: Option<&str>| assert_eq!(gaps.reason(concept).as_deref(), expect);
        check(Concept::TargetVersion, None);
        check(Concept::Phase, None);
        check(
            Concept::Undeploy,
            Some(
                "The cluster's schema has no field spec.undeploy (only spec). Undeploy cannot be requested.",
            ),
        );
        check(
            Concept::LastError,
            Some("config.json switches `lastError` off. The reason of a failure is not shown."),
        );
        assert!(Gaps::default().is_empty() && !gaps.is_empty());
        assert!(gaps.iter().all(|(concept, _)| gaps.reason(concept).is_some()));
    }

    #[test]
    fn phase_words_map() {
        let mut contract = Contract::builtin();
        contract.phases.push(("Healthy".into(), Phase::Ready));
        let check = |word: &str, expect| assert_eq!(contract.phase(word), expect);
        check("Healthy", Phase::Ready);
        check("degraded", Phase::Degraded);
        check("Odd", Phase::Unknown("Odd".into()));
    }
}
