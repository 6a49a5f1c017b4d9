//! Which resource types the API server serves.

use crate::client::{Client, get};
use crate::error::Error;
use crate::resource::Resource;
use futures::{StreamExt, future, stream};
use http::header::{ACCEPT, HeaderValue};
use serde::Deserialize;

/// Everything in one answer, in either version of the format; a server that knows neither answers plain JSON.
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
    application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/// How many group versions are asked for at a time without aggregation.
const AT_ONCE: usize = 4;

/// The resource types of an API server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Discovery {
    /// All of them, group by group, each group's preferred version first.
    pub resources: Vec<ApiResource>,
    /// Groups or group versions that could not be told completely: an aggregated API server is down, for example.
    /// What is missing from [`resources`](Self::resources) may exist there.
    pub incomplete: Vec<String>,
}

/// A resource type that an API server serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiResource {
    /// What it is called.
    pub resource: Resource,
    /// What can be done with it: `get`, `list`, `watch`, `create`, `patch`, `delete`, …
    pub verbs: Vec<String>,
    /// Its subresources: `status`, `scale`, `log`, …
    pub subresources: Vec<String>,
}

impl ApiResource {
    /// Whether it can be done with this resource type at all; whether the user may is another question.
    pub fn allows(&self, verb: &str) -> bool {
        self.verbs.iter().any(|allowed| allowed == verb)
    }
}

impl Discovery {
    /// The resource types of a kind, in whatever group, each group's preferred version first.
    pub fn find_kind(&self, kind: &str) -> Vec<&ApiResource> {
        self.resources.iter().filter(|found| found.resource.kind == kind).collect()
    }

    /// The resource types of a group, preferred version first.
    pub fn find_group(&self, group: &str) -> Vec<&ApiResource> {
        self.resources.iter().filter(|found| found.resource.group == group).collect()
    }
}

impl Client {
    /// Asks what the API server serves: one request for the core group and one for all others. A server without
    /// aggregated discovery (before 1.26) is asked group by group.
    ///
    /// # Errors
    /// As [`Client::send`]. A single group that cannot be told is no error, see [`Discovery::incomplete`].
    pub async fn discover(&self) -> Result<Discovery, Error> {
        let (core, groups) =
            future::try_join(self.discovery_root("/api"), self.discovery_root("/apis")).await?;
        let mut discovery = Discovery::default();
        for answer in [core, groups] {
            match read_root(&answer)? {
                Root::Aggregated(groups) => discovery.add_aggregated(groups),
                Root::Versions(versions) => self.discover_each(&mut discovery, versions).await,
            }
        }
        Ok(discovery)
    }

    async fn discovery_root(&self, path: &str) -> Result<Vec<u8>, Error> {
        let mut request = get(path)?;
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static(AGGREGATED));
        Ok(self.send_for_json(request).await?.body)
    }

    async fn discover_each(&self, discovery: &mut Discovery, versions: Vec<GroupVersion>) {
        let mut answers = stream::iter(versions)
            .map(|version| async move { (self.get_json::<RawResources>(&version.path()).await, version) })
            .buffered(AT_ONCE);
        while let Some((answer, version)) = answers.next().await {
            match answer {
                Ok(resources) => discovery.add_version(&version, resources),
                Err(_unanswered) => discovery.incomplete.push(version.to_string()),
            }
        }
    }
}

#[derive(Deserialize)]
struct RawRoot {
    #[serde(default)]
    kind: String,
}

#[derive(Deserialize)]
struct RawGroups {
    #[serde(default)]
    items: Vec<RawGroup>,
}

#[derive(Deserialize)]
struct RawGroup {
    #[serde(default)]
    metadata: RawName,
    #[serde(default)]
    versions: Vec<RawVersion>,
}

#[derive(Deserialize, Default)]
struct RawName {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct RawVersion {
    #[serde(default)]
    version: String,
    #[serde(default)]
    resources: Vec<RawDiscovered>,
    #[serde(default)]
    freshness: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawDiscovered {
    resource: String,
    #[serde(default)]
    response_kind: Option<RawKind>,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    verbs: Vec<String>,
    #[serde(default)]
    subresources: Vec<RawSubresource>,
}

#[derive(Deserialize)]
struct RawKind {
    #[serde(default)]
    kind: String,
}

#[derive(Deserialize)]
struct RawSubresource {
    #[serde(default)]
    subresource: String,
}

/// `APIVersions` of `/api`, or `APIGroupList` of `/apis`.
#[derive(Deserialize)]
struct RawLegacy {
    #[serde(default)]
    versions: Vec<String>,
    #[serde(default)]
    groups: Vec<RawLegacyGroup>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawLegacyGroup {
    name: String,
    #[serde(default)]
    versions: Vec<RawLegacyVersion>,
    #[serde(default)]
    preferred_version: RawLegacyVersion,
}

#[derive(Deserialize, Default, PartialEq, Eq)]
struct RawLegacyVersion {
    version: String,
}

/// `APIResourceList` of one group and version.
#[derive(Deserialize)]
struct RawResources {
    #[serde(default)]
    resources: Vec<RawResource>,
}

#[derive(Deserialize)]
struct RawResource {
    name: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    namespaced: bool,
    #[serde(default)]
    verbs: Vec<String>,
}

enum Root {
    Aggregated(Vec<RawGroup>),
    Versions(Vec<GroupVersion>),
}

struct GroupVersion {
    group: String,
    version: String,
}

impl GroupVersion {
    fn path(&self) -> String {
        if self.group.is_empty() { format!("/api/{}", self.version) } else { format!("/apis/{self}") }
    }
}

impl std::fmt::Display for GroupVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.group.is_empty() {
            f.write_str(&self.version)
        } else {
            write!(f, "{}/{}", self.group, self.version)
        }
    }
}

fn read_root(body: &[u8]) -> Result<Root, Error> {
    let unreadable = |error: serde_json::Error| Error::decode("list of API groups", &error);
    let root: RawRoot = crate::json::read(body).map_err(unreadable)?;
    if root.kind == "APIGroupDiscoveryList" {
        let groups: RawGroups = crate::json::read(body).map_err(unreadable)?;
        return Ok(Root::Aggregated(groups.items));
    }
    let legacy: RawLegacy = crate::json::read(body).map_err(unreadable)?;
    let mut versions: Vec<GroupVersion> =
        legacy.versions.into_iter().map(|version| GroupVersion { group: String::new(), version }).collect();
    for RawLegacyGroup { name, versions: mut all, preferred_version } in legacy.groups {
        all.sort_by_key(|version| *version != preferred_version);
        versions.extend(
            all.into_iter().map(|RawLegacyVersion { version }| GroupVersion { group: name.clone(), version }),
        );
    }
    Ok(Root::Versions(versions))
}

impl Discovery {
    fn add_aggregated(&mut self, groups: Vec<RawGroup>) {
        for group in groups {
            for version in group.versions {
                let of = GroupVersion { group: group.metadata.name.clone(), version: version.version };
                if version.freshness == "Stale" {
                    self.incomplete.push(of.to_string());
                }
                for found in version.resources {
                    let kind = found.response_kind.map(|kind| kind.kind).unwrap_or_default();
                    let subresources = found.subresources.into_iter().map(|sub| sub.subresource).collect();
                    let namespaced = found.scope == "Namespaced";
                    self.add(&of, found.resource, kind, namespaced, found.verbs, subresources);
                }
            }
        }
    }

    fn add_version(&mut self, of: &GroupVersion, list: RawResources) {
        // Subresources stand beside their parents as `pods/log`.
        let (children, parents): (Vec<_>, Vec<_>) =
            list.resources.into_iter().partition(|resource| resource.name.contains('/'));
        for parent in parents {
            let subresources = children
                .iter()
                .filter_map(|child| child.name.strip_prefix(&parent.name)?.strip_prefix('/'))
                .map(str::to_owned)
                .collect();
            self.add(of, parent.name, parent.kind, parent.namespaced, parent.verbs, subresources);
        }
    }

    fn add(
        &mut self,
        of: &GroupVersion,
        plural: String,
        kind: String,
        namespaced: bool,
        verbs: Vec<String>,
        subresources: Vec<String>,
    ) {
        let resource = Resource {
            group: of.group.clone().into(),
            version: of.version.clone().into(),
            plural: plural.into(),
            kind: kind.into(),
            namespaced,
        };
        self.resources.push(ApiResource { resource, verbs, subresources });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aggregated_discovery_keeps_the_preferred_version_first() {
        let body = r#"{"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","metadata":{},"items":[
            {"metadata":{"name":"example.com"},"versions":[
                {"version":"v2","freshness":"Current","resources":[{"resource":"things","responseKind":{"group":"example.com","version":"v2","kind":"Thing"},"scope":"Namespaced","verbs":["get","list"],"subresources":[{"subresource":"status","verbs":["get"]}]}]},
                {"version":"v1","freshness":"Stale","resources":[{"resource":"things","responseKind":{"kind":"Thing"},"scope":"Cluster","verbs":["get"]}]}]}]}"#;
        let Root::Aggregated(groups) = read_root(body.as_bytes()).unwrap() else { panic!("aggregated") };
        let mut discovery = Discovery::default();
        discovery.add_aggregated(groups);
        let found = discovery.find_kind("Thing");
        assert_eq!(
            found.iter().map(|found| found.resource.version.as_ref()).collect::<Vec<_>>(),
            ["v2", "v1"]
        );
        assert_eq!(found[0].resource.path(Some("n")).unwrap(), "/apis/example.com/v2/namespaces/n/things");
        assert_eq!(found[0].subresources, ["status"]);
        assert!(found[0].allows("list") && !found[0].allows("watch"));
        assert!(!found[1].resource.namespaced);
        assert_eq!(discovery.incomplete, ["example.com/v1"]);
        assert!(discovery.find_kind("Other").is_empty());
    }

    #[test]
    fn legacy_discovery_is_recognised_and_ordered() {
        let Root::Versions(core) = read_root(br#"{"kind":"APIVersions","versions":["v1"]}"#).unwrap() else {
            panic!("legacy")
        };
        assert_eq!(core[0].path(), "/api/v1");
        let groups = br#"{"kind":"APIGroupList","groups":[{"name":"g","versions":[{"groupVersion":"g/v1beta1","version":"v1beta1"},{"groupVersion":"g/v1","version":"v1"}],"preferredVersion":{"groupVersion":"g/v1","version":"v1"}}]}"#;
        let Root::Versions(versions) = read_root(groups).unwrap() else { panic!("legacy") };
        assert_eq!(
            versions.iter().map(GroupVersion::path).collect::<Vec<_>>(),
            ["/apis/g/v1", "/apis/g/v1beta1"]
        );
        let list: RawResources = serde_json::from_str(
            r#"{"kind":"APIResourceList","resources":[{"name":"things","kind":"Thing","namespaced":true,"verbs":["get"]},{"name":"things/status","kind":"Thing","namespaced":true,"verbs":["get"]}]}"#,
        )
        .unwrap();
        let mut discovery = Discovery::default();
        discovery.add_version(&versions[0], list);
        assert_eq!(discovery.resources.len(), 1);
        assert_eq!(discovery.resources[0].subresources, ["status"]);
    }
}
