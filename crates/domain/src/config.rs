//! `config.json`: the optional file beside index.html that points the client at an installation and an operator.

use crate::contract::Contract;

/// The configuration, every field filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The API server's base, resolved against the address of the page: `../`, `/k8s/clusters/x/`, `https://…/`.
    pub api_base: String,
    /// The installation's namespace.
    pub namespace: String,
    /// The installation's name.
    pub installation: String,
    /// The custom resource's kind, by which its API group is discovered.
    pub kind: String,
    pub contract: Contract,
    pub operator: OperatorPlace,
    pub links: Links,
}

/// Where the operator lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorPlace {
    pub namespace: String,
    /// The name of its leader election Lease.
    pub lease: String,
    /// The name of its Deployment.
    pub deployment: String,
}

/// Links out of the client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// The platform's own address.
    pub platform: Option<String>,
    /// The operations guide.
    pub docs: Option<String>,
    /// Release notes, with `{version}` in place of a version.
    pub release_notes: Option<String>,
}

impl Links {
    /// The release notes' address of this version.
    pub fn release_notes(&self, version: &str) -> Option<String> {
        let _ = version;
        todo!()
    }
}

/// What is wrong with `config.json`, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("config.json, line {line}, column {column}{}: {words}", .field.as_deref().map(|field| format!(", field {field}")).unwrap_or_default())]
pub struct ConfigError {
    /// From 1.
    pub line: usize,
    /// From 1, in bytes.
    pub column: usize,
    /// The field, as in `contract.fields.phase`; `None` where the file is not JSON at all.
    pub field: Option<String>,
    /// What is wrong with it.
    pub words: String,
}

impl Default for Config {
    fn default() -> Self {
        todo!()
    }
}

impl Config {
    /// Parses `config.json`. Unknown keys, wrong types and malformed values are errors: a typo must not silently be a
    /// default. An absent file is [`Config::default`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ConfigError> {
        let _ = bytes;
        todo!()
    }
}
