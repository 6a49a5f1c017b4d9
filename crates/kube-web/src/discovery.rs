//! Which resource types the API server serves.

use crate::client::Client;
use crate::error::Error;
use crate::json::{self, items, string, strings};
use crate::request::Request;
use crate::resource::Resource;
use futures::future;
use serde_json::Value;

/// Everything in one answer, in either version of the format; a server that knows neither answers plain JSON.
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
    application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

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
        let (mut core, groups) = future::try_join(self.discover_root("/api"), self.discover_groups()).await?;
        core.resources.extend(groups.resources);
        core.incomplete.extend(groups.incomplete);
        Ok(core)
    }

    /// As [`discover`](Self::discover), but for the core group, in one request: custom resources are in other groups.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn discover_groups(&self) -> Result<Discovery, Error> {
        self.discover_root("/apis").await
    }

    async fn discover_root(&self, path: &str) -> Result<Discovery, Error> {
        let mut discovery = Discovery::default();
        let answer = self.send_for_json(Request::get(path).accepting(AGGREGATED)).await?;
        match read_root(&answer.body)? {
            Root::Aggregated(list) => discovery.add_aggregated(&list),
            Root::Versions(versions) => self.discover_each(&mut discovery, versions).await,
        }
        Ok(discovery)
    }

    async fn discover_each(&self, discovery: &mut Discovery, versions: Vec<GroupVersion>) {
        for version in versions {
            match self.get_json(&version.path()).await {
                Ok(resources) => discovery.add_version(&version, &resources),
                Err(_unanswered) => discovery.incomplete.push(version.to_string()),
            }
        }
    }
}

enum Root {
    /// The whole answer.
    Aggregated(Value),
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
    let root = json::value("list of API groups", body)?;
    if root["kind"] == "APIGroupDiscoveryList" {
        return Ok(Root::Aggregated(root));
    }
    let of =
        |group: &str, version: &str| GroupVersion { group: group.to_owned(), version: version.to_owned() };
    let mut versions: Vec<GroupVersion> =
        items(&root, "versions").iter().filter_map(Value::as_str).map(|version| of("", version)).collect();
    for group in items(&root, "groups") {
        let name = string(group, "name");
        let preferred = &group["preferredVersion"]["version"];
        let all = || items(group, "versions").iter().map(|version| &version["version"]);
        let ordered = all()
            .filter(|version| *version == preferred)
            .chain(all().filter(|version| *version != preferred));
        versions.extend(ordered.filter_map(|version| Some(of(&name, version.as_str()?))));
    }
    Ok(Root::Versions(versions))
}

impl Discovery {
    /// Takes in an `APIGroupDiscoveryList`.
    fn add_aggregated(&mut self, list: &Value) {
        for group in items(list, "items") {
            for version in items(group, "versions") {
                let of = GroupVersion {
                    group: string(&group["metadata"], "name"),
                    version: string(version, "version"),
                };
                if version["freshness"] == "Stale" {
                    self.incomplete.push(of.to_string());
                }
                for found in items(version, "resources") {
                    let subresources =
                        items(found, "subresources").iter().map(|sub| string(sub, "subresource")).collect();
                    let kind = string(&found["responseKind"], "kind");
                    let namespaced = found["scope"] == "Namespaced";
                    self.add(
                        &of,
                        string(found, "resource"),
                        kind,
                        namespaced,
                        strings(found, "verbs"),
                        subresources,
                    );
                }
            }
        }
    }

    /// Takes in the `APIResourceList` of one group and version.
    fn add_version(&mut self, of: &GroupVersion, list: &Value) {
        let resources = items(list, "resources");
        // Subresources stand beside their parents as `pods/log`.
        for parent in resources {
            let name = string(parent, "name");
            if name.contains('/') {
                continue;
            }
            let child = |child: &Value| {
                Some(child["name"].as_str()?.strip_prefix(&name)?.strip_prefix('/')?.to_owned())
            };
            let subresources = resources.iter().filter_map(child).collect();
            let namespaced = parent["namespaced"] == true;
            self.add(
                of,
                name.clone(),
                string(parent, "kind"),
                namespaced,
                strings(parent, "verbs"),
                subresources,
            );
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
        let Root::Aggregated(list) = read_root(body.as_bytes()).unwrap() else { panic!("aggregated") };
        let mut discovery = Discovery::default();
        discovery.add_aggregated(&list);
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
        let list: Value = serde_json::from_str(
            r#"{"kind":"APIResourceList","resources":[{"name":"things","kind":"Thing","namespaced":true,"verbs":["get"]},{"name":"things/status","kind":"Thing","namespaced":true,"verbs":["get"]}]}"#,
        )
        .unwrap();
        let mut discovery = Discovery::default();
        discovery.add_version(&versions[0], &list);
        assert_eq!(discovery.resources.len(), 1);
        assert_eq!(discovery.resources[0].subresources, ["status"]);
    }
}
