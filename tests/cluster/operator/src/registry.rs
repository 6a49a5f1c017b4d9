//! The OCI registry: which versions both charts are published in.
//!
//! Speaks the reads of the OCI distribution API that it needs: the tags of a repository, a tag's manifest, and the chart
//! itself for the JSON Schema of its values.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io::Write,
    process::{Command, Stdio},
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
/// The annotation of a chart that migrates data one way.
const ONE_WAY: &str = "rootcause.dev/one-way-migration";
/// The layer that is the chart.
const CHART: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
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
    pub one_way: bool,
    /// The JSON Schemas of the values, by chart, as text.
    pub values_schema: BTreeMap<String, String>,
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
        let texts = entries.into_iter().filter_map(|(name, value)| Some((name.clone(), json!(value?))));
        let one_way = self.one_way.then(|| (fields.one_way.clone(), json!(true)));
        let some = !self.values_schema.is_empty();
        let schemas = some.then(|| (fields.values_schema.clone(), json!(self.values_schema)));
        texts.chain(one_way).chain(schemas).collect()
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
    #[serde(default)]
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
struct Layer {
    #[serde(rename = "mediaType")]
    media_type: String,
    digest: String,
}

/// Reads one registry, and remembers the manifests of the tags that it has seen.
pub struct Registry {
    agent: ureq::Agent,
    base: String,
    known: HashMap<String, Available>,
    /// The schemas of the charts that were read, by the chart's digest; `None` for a chart without one.
    schemas: HashMap<String, Option<String>>,
}

impl Registry {
    /// `address` is `oci://HOST/PATH`, above the charts' names.
    pub fn new(address: &str, plain_http: bool) -> Result<Self, Error> {
        let scheme = if plain_http { "http" } else { "https" };
        let rest = address.strip_prefix("oci://").map(|rest| rest.trim_end_matches('/'));
        let (host, path) =
            rest.and_then(|rest| rest.split_once('/')).ok_or_else(|| Error::Address(address.to_owned()))?;
        let agent = ureq::Agent::config_builder().timeout_global(Some(LIMIT)).build().into();
        Ok(Self {
            agent,
            base: format!("{scheme}://{host}/v2/{path}"),
            known: HashMap::new(),
            schemas: HashMap::new(),
        })
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

    fn manifest(&mut self, tag: &str) -> Result<Available, Error> {
        let mut values_schema = BTreeMap::new();
        let (mut platform, digest) = self.read_manifest(PLATFORM.chart, tag)?;
        let (dependencies, _) = self.read_manifest(DEPENDENCIES.chart, tag)?;
        for (chart, manifest) in [(PLATFORM.chart, &platform), (DEPENDENCIES.chart, &dependencies)] {
            if let Some(schema) = self.schema(chart, manifest)? {
                values_schema.insert(chart.to_owned(), schema);
            }
        }
        debug!("read the manifests of {tag}");
        Ok(Available {
            version: version(tag),
            published: platform.annotations.remove(CREATED),
            digest,
            notes_url: platform.annotations.remove(NOTES),
            one_way: platform.annotations.get(ONE_WAY).is_some_and(|it| it == "true"),
            values_schema,
        })
    }

    fn read_manifest(&self, chart: &str, tag: &str) -> Result<(Manifest, Option<String>), Error> {
        let url = format!("{}/{chart}/manifests/{tag}", self.base);
        let (body, digest) = self.get(&url, MANIFEST)?;
        let manifest = serde_json::from_str(&body).map_err(|source| Error::Parse { url, source })?;
        Ok((manifest, digest))
    }

    /// The JSON Schema of a chart's values, without white space; `None` for a chart without one.
    fn schema(&mut self, chart: &str, manifest: &Manifest) -> Result<Option<String>, Error> {
        let Some(layer) = manifest.layers.iter().find(|it| it.media_type == CHART) else { return Ok(None) };
        if let Some(known) = self.schemas.get(&layer.digest) {
            return Ok(known.clone());
        }
        let url = format!("{}/{chart}/blobs/{}", self.base, layer.digest);
        let failed = |source| Error::Http { url: url.clone(), source: Box::new(source) };
        let mut response = self.agent.get(&url).call().map_err(failed)?;
        let packed = response.body_mut().read_to_vec().map_err(failed)?;
        let text = unpack(&packed, &format!("{chart}/values.schema.json"));
        let schema = text.and_then(|text| serde_json::from_str::<Value>(&text).ok()).map(|it| it.to_string());
        self.schemas.insert(layer.digest.clone(), schema.clone());
        Ok(schema)
    }

    fn get(&self, url: &str, accept: &str) -> Result<(String, Option<String>), Error> {
        let failed = |source| Error::Http { url: url.to_owned(), source: Box::new(source) };
        let mut response = self.agent.get(url).header("Accept", accept).call().map_err(failed)?;
        let digest = response.headers().get("Docker-Content-Digest").and_then(|value| value.to_str().ok());
        let digest = digest.map(str::to_owned);
        Ok((response.body_mut().read_to_string().map_err(failed)?, digest))
    }
}

/// One file of a packed chart, by the system's `tar`; `None` where there is no such file.
fn unpack(packed: &[u8], file: &str) -> Option<String> {
    let mut tar = Command::new("tar")
        .args(["-xzO", "-f", "-", file])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    // It may stop reading as soon as it has the file.
    let mut input = tar.stdin.take()?;
    let _ = input.write_all(packed);
    drop(input);
    let output = tar.wait_with_output().ok()?;
    String::from_utf8(output.stdout).ok().filter(|text| !text.is_empty())
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
            one_way: true,
            values_schema: BTreeMap::from([("platform".into(), "{}".into())]),
        };
        let fields = VersionFields { version: "tag".into(), ..VersionFields::default() };
        assert_eq!(
            available.as_item(&fields),
            json!({
                "tag": "1.0.0", "digest": "sha256:1", "oneWay": true, "valuesSchema": {"platform": "{}"},
            })
        );
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
