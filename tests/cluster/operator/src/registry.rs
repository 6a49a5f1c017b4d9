//! The OCI registry: which versions both charts are published in.
//!
//! Speaks the two reads of the OCI distribution API that it needs: the tags of a repository and a tag's manifest.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use semver::Version;
use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;
use tracing::debug;

use crate::{
    helm::{DEPENDENCIES, PLATFORM},
    mapping::VersionFields,
};

/// The annotation of a chart that links its release notes.
const NOTES: &str = "rootcause.dev/release-notes";
/// When a chart was pushed; Helm writes it.
const CREATED: &str = "org.opencontainers.image.created";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const LIMIT: Duration = Duration::from_secs(5);

/// Why the registry could not be read.
#[derive(Debug, Error)]
pub enum Error {
    #[error("{0:?} is not the address of an OCI registry: it must be oci://HOST/PATH")]
    Address(String),
    #[error("{url}: {source}")]
    Http { url: String, source: Box<ureq::Error> },
    #[error("{url}: not the registry's answer: {source}")]
    Parse { url: String, source: serde_json::Error },
}

/// A version that an installation can be set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Available {
    pub version: String,
    /// When the chart was pushed, RFC 3339.
    pub published: Option<String>,
    pub digest: Option<String>,
    pub notes_url: Option<String>,
}

impl Available {
    /// The version as an item of the status.
    pub fn as_item(&self, fields: &VersionFields) -> Value {
        let entries = [
            (&fields.version, Some(&self.version)),
            (&fields.published, self.published.as_ref()),
            (&fields.digest, self.digest.as_ref()),
            (&fields.notes_url, self.notes_url.as_ref()),
        ];
        entries.into_iter().filter_map(|(name, value)| Some((name.clone(), json!(value?)))).collect()
    }
}

#[derive(Deserialize)]
struct Tags {
    #[serde(default)]
    tags: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    annotations: HashMap<String, String>,
}

/// Reads one registry, and remembers the manifests of the tags that it has seen.
pub struct Registry {
    agent: ureq::Agent,
    base: String,
    known: HashMap<String, Available>,
}

impl Registry {
    /// `address` is `oci://HOST/PATH`, above the charts' names.
    pub fn new(address: &str, plain_http: bool) -> Result<Self, Error> {
        let scheme = if plain_http { "http" } else { "https" };
        let rest = address.strip_prefix("oci://").map(|rest| rest.trim_end_matches('/'));
        let (host, path) =
            rest.and_then(|rest| rest.split_once('/')).ok_or_else(|| Error::Address(address.to_owned()))?;
        let agent = ureq::Agent::config_builder().timeout_global(Some(LIMIT)).build().into();
        Ok(Self { agent, base: format!("{scheme}://{host}/v2/{path}"), known: HashMap::new() })
    }

    /// The versions that both charts have, newest first. `afresh` also reads the manifests again that are known.
    ///
    /// Blocks on the network.
    pub fn available(&mut self, afresh: bool) -> Result<Vec<Available>, Error> {
        let tags = common(self.tags(PLATFORM.chart)?, &self.tags(DEPENDENCIES.chart)?);
        if afresh {
            self.known.clear();
        }
        self.known.retain(|tag, _| tags.contains(tag));
        for tag in &tags {
            if !self.known.contains_key(tag) {
                let available = self.manifest(tag)?;
                self.known.insert(tag.clone(), available);
            }
        }
        Ok(tags.iter().filter_map(|tag| self.known.get(tag).cloned()).collect())
    }

    fn tags(&self, chart: &str) -> Result<Vec<String>, Error> {
        let url = format!("{}/{chart}/tags/list", self.base);
        let (body, _) = self.get(&url, "application/json")?;
        let tags: Tags = serde_json::from_str(&body).map_err(|source| Error::Parse { url, source })?;
        Ok(tags.tags.unwrap_or_default())
    }

    fn manifest(&self, tag: &str) -> Result<Available, Error> {
        let url = format!("{}/{}/manifests/{tag}", self.base, PLATFORM.chart);
        let (body, digest) = self.get(&url, MANIFEST)?;
        let mut manifest: Manifest =
            serde_json::from_str(&body).map_err(|source| Error::Parse { url, source })?;
        debug!("read the manifest of {tag}");
        Ok(Available {
            version: version(tag),
            published: manifest.annotations.remove(CREATED),
            digest,
            notes_url: manifest.annotations.remove(NOTES),
        })
    }

    fn get(&self, url: &str, accept: &str) -> Result<(String, Option<String>), Error> {
        let failed = |source| Error::Http { url: url.to_owned(), source: Box::new(source) };
        let mut response = self.agent.get(url).header("Accept", accept).call().map_err(failed)?;
        let digest = response.headers().get("Docker-Content-Digest").and_then(|value| value.to_str().ok());
        let digest = digest.map(str::to_owned);
        Ok((response.body_mut().read_to_string().map_err(failed)?, digest))
    }
}

/// A tag cannot hold the `+` of build metadata; Helm writes `_` for it.
fn version(tag: &str) -> String {
    tag.replace('_', "+")
}

/// The tags of both charts that are versions, newest first by semver.
fn common(platform: Vec<String>, dependencies: &[String]) -> Vec<String> {
    let dependencies: BTreeSet<&String> = dependencies.iter().collect();
    let both = platform.into_iter().filter(|tag| dependencies.contains(tag));
    let mut versions: Vec<(Version, String)> =
        both.filter_map(|tag| Some((Version::parse(&version(&tag)).ok()?, tag))).collect();
    versions.sort_by(|a, b| b.cmp(a));
    versions.into_iter().map(|(_, tag)| tag).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_versions_of_both_charts_count() {
        let check = |platform: &[&str], dependencies: &[&str], expect: &[&str]| {
            let owned = |tags: &[&str]| tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>();
            assert_eq!(common(owned(platform), &owned(dependencies)), expect);
        };
        check(&["0.1.2", "0.1.10", "0.1.9"], &["0.1.9", "0.1.2", "0.1.10"], &["0.1.10", "0.1.9", "0.1.2"]);
        check(&["0.1.2", "0.2.0"], &["0.1.2"], &["0.1.2"]);
        check(
            &["0.2.0-rc.1", "0.2.0", "latest"],
            &["0.2.0", "0.2.0-rc.1", "latest"],
            &["0.2.0", "0.2.0-rc.1"],
        );
        check(&["1.0.0_build.5"], &["1.0.0_build.5"], &["1.0.0_build.5"]);
        check(&[], &["1.0.0"], &[]);
    }

    #[test]
    fn an_item_has_the_fields_that_are_known() {
        let available = Available {
            version: "1.0.0".into(),
            published: None,
            digest: Some("sha256:1".into()),
            notes_url: None,
        };
        let fields = VersionFields { version: "tag".into(), ..VersionFields::default() };
        assert_eq!(available.as_item(&fields), json!({"tag": "1.0.0", "digest": "sha256:1"}));
    }

    #[test]
    fn build_metadata_comes_back() {
        assert_eq!(version("1.0.0_build.5"), "1.0.0+build.5");
    }

    #[test]
    fn an_address_is_oci_with_a_path() {
        let base = |address| Registry::new(address, true).map(|registry| registry.base);
        assert_eq!(base("oci://127.0.0.1:5000/charts/").unwrap(), "http://127.0.0.1:5000/v2/charts");
        assert!(matches!(base("http://127.0.0.1:5000/charts"), Err(Error::Address(_))));
        assert!(matches!(base("oci://127.0.0.1:5000"), Err(Error::Address(_))));
    }
}
