//! `config.json`: the optional file beside index.html that points the client at an installation and an operator.
//!
//! Documented in docs/config.md; `public/config.schema.json` is its JSON Schema for editors. A test holds the two and
//! the parser to the same keys.

use serde_json::{Map, Value};

use crate::contract::{Concept, Contract};
use crate::phase::Phase;
use crate::pointer::Pointer;

/// The configuration, every field filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The API server's base, resolved against the address of the page: `../`, `/k8s/clusters/x/`, `https://…/`.
    /// Ends with a slash.
    pub api_base: String,
    /// What people call the cluster; `None` where the page's address has to do.
    pub cluster: Option<String>,
    /// The installation's namespace.
    pub namespace: String,
    /// The installation's name.
    pub installation: String,
    /// The custom resource's kind, by which its API group is discovered.
    pub kind: String,
    pub contract: Contract,
    pub operator: OperatorPlace,
    pub links: Links,
    /// What the smoke test asks, in the order of [`crate::smoke::ENDPOINTS`]: `SERVICE:PORT/PATH` of the namespace;
    /// `None` for what a person looks at.
    pub smoke: [Option<String>; 3],
    /// Where one signs in at the proxy that serves the page, with `{return}` in place of the page's address; `None`
    /// where a pasted token is the only way.
    pub sign_in: Option<String>,
    /// Whether the client writes nothing, whatever the user may.
    pub read_only: bool,
    /// Origins of pages that may frame the client's and exchange messages with it.
    pub framed_by: Vec<String>,
}

/// What an element says that has the client in somebody else's page: it goes before `config.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Embedding {
    /// As the file's `apiBase`.
    pub api_base: Option<String>,
    /// The installation, as `NAMESPACE/NAME`: one of the file's, or another that is like its first.
    pub installation: Option<String>,
    /// Writes nothing, whatever the file says.
    pub read_only: bool,
}

impl Embedding {
    /// The file's installations as the element has them.
    ///
    /// # Errors
    /// What is wrong with the element, in words.
    pub fn applied_to(&self, mut file: Vec<Config>) -> Result<Vec<Config>, String> {
        if let Some(wanted) = &self.installation {
            let (namespace, name) = wanted.split_once('/').unwrap_or_default();
            let wrong = |words| format!("the attribute installation is to be NAMESPACE/NAME: {words}");
            label(namespace).and_then(|()| subdomain(name)).map_err(wrong)?;
            let at = file.iter().position(|it| it.namespace == namespace && it.installation == name);
            let mut one = file.swap_remove(at.unwrap_or_default());
            if one.operator.namespace == one.namespace {
                namespace.clone_into(&mut one.operator.namespace);
            }
            namespace.clone_into(&mut one.namespace);
            name.clone_into(&mut one.installation);
            file = vec![one];
        }
        for config in &mut file {
            if let Some(given) = &self.api_base {
                base(given).map_err(|words| format!("the attribute api-base: {words}"))?;
                config.api_base = format!("{}/", given.trim_end_matches('/'));
            }
            config.read_only |= self.read_only;
        }
        Ok(file)
    }
}

/// Where the operator lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorPlace {
    /// The installation's own unless configured.
    pub namespace: String,
    /// The name of its leader election Lease.
    pub lease: String,
    /// The name of its Deployment.
    pub deployment: String,
}

impl OperatorPlace {
    /// Whether a pod of this name is one of its Deployment's.
    pub fn has_pod(&self, name: &str) -> bool {
        name.strip_prefix(self.deployment.as_str()).is_some_and(|it| it.starts_with('-'))
    }
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
    /// The release notes' address of this version; what a URL path may not hold is percent-encoded.
    pub fn release_notes(&self, version: &str) -> Option<String> {
        Some(self.release_notes.as_ref()?.replace("{version}", &crate::route::encode(version)))
    }
}

impl Config {
    /// What tells it from others of the same file, in an address.
    pub fn key(&self) -> String {
        let cluster = self.cluster.as_deref().unwrap_or(&self.api_base);
        format!("{cluster} {}/{}", self.namespace, self.installation)
    }

    /// The address of the sign-in page, which leads back to `page`.
    pub fn sign_in(&self, page: &str) -> Option<String> {
        Some(self.sign_in.as_ref()?.replace("{return}", &crate::route::encode(page)))
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
    /// The field, as in `contract.fields.phase`; `None` where the file as a whole is wrong.
    pub field: Option<String>,
    /// What is wrong with it.
    pub words: String,
}

impl ConfigError {
    fn at(text: &[u8], offset: usize, field: Option<String>, words: String) -> Self {
        let before = &text[..offset];
        let line_start = before.iter().rposition(|&b| b == b'\n').map_or(0, |newline| newline + 1);
        let line = 1 + before.iter().filter(|&&b| b == b'\n').count();
        Self { line, column: 1 + offset - line_start, field, words }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            // `kubectl proxy --www` serves the page one directory below the API's root.
            api_base: "../".into(),
            cluster: None,
            namespace: "rootcause".into(),
            installation: "rootcause".into(),
            kind: "RootCauseInstallation".into(),
            contract: Contract::builtin(),
            operator: OperatorPlace {
                namespace: "rootcause".into(),
                lease: "rootcause-operator".into(),
                deployment: "rootcause-operator".into(),
            },
            links: Links::default(),
            smoke: Default::default(),
            sign_in: None,
            read_only: false,
            framed_by: Vec::new(),
        }
    }
}

impl Config {
    /// Parses `config.json`: the installations that it lists, or the one that it describes. Never empty. Unknown keys,
    /// wrong types and malformed values are errors: a typo must not silently be a default. An absent file is
    /// [`Config::default`].
    ///
    /// # Errors
    /// [`ConfigError`], with the place.
    pub fn parse(bytes: &[u8]) -> Result<Vec<Self>, ConfigError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        // By way of `str`, as `Value` itself decodes: bytes would compile all decoding twice.
        let text = std::str::from_utf8(bytes)
            .map_err(|error| ConfigError::at(bytes, error.valid_up_to(), None, error.to_string()))?;
        let value: Value = serde_json::from_str(text).map_err(|error| {
            let words = error.to_string();
            let position = format!(" at line {} column {}", error.line(), error.column());
            ConfigError {
                line: error.line(),
                column: error.column().max(1),
                field: None,
                words: words.strip_suffix(&position).unwrap_or(&words).to_owned(),
            }
        })?;
        read_all(&value).map_err(|Complaint { at, words }| {
            let field = (at != Pointer::root()).then(|| at.dotted());
            ConfigError::at(bytes, locate(bytes, at.tokens()), field, words)
        })
    }
}

/// The keys of each object of the file, by its place. The maps `contract.fields` (keys: [`Concept::key`]) and
/// `contract.phases` (keys: the operator's words) are not here.
const KEYS: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "$schema",
            "apiBase",
            "cluster",
            "namespace",
            "installation",
            "kind",
            "contract",
            "operator",
            "links",
            "smoke",
            "signIn",
            "readOnly",
            "framedBy",
            "installations",
        ],
    ),
    ("contract", &["fields", "marks", "conditions", "phases", "items", "releases", "authModes"]),
    ("contract.marks", &["forceReconcile", "checkUpdates", "requests", "smokeTests", "checklist"]),
    (
        "contract.conditions",
        &["reconciling", "secrets", "registry", "dependencies", "platform", "users", "ready"],
    ),
    (
        "contract.items",
        &[
            "availableVersions",
            "registry",
            "requiredSecrets",
            "users",
            "statusUsers",
            "secretRef",
            "resourcePatches",
        ],
    ),
    (
        "contract.items.availableVersions",
        &["version", "published", "digest", "notesUrl", "oneWay", "valuesSchema"],
    ),
    ("contract.items.registry", &["url", "lastChecked", "error"]),
    ("contract.items.requiredSecrets", &["name", "keys", "reason"]),
    ("contract.items.users", &["email", "firstName", "lastName", "admin"]),
    ("contract.items.statusUsers", &["email", "state", "message"]),
    ("contract.items.secretRef", &["name", "key"]),
    ("contract.items.resourcePatches", &["target", "kind", "name", "patch"]),
    ("contract.releases", &["dependencies", "platform"]),
    ("contract.authModes", &["managed", "external"]),
    ("operator", &["namespace", "lease", "deployment"]),
    ("links", &["platform", "docs", "releaseNotes"]),
    ("smoke", &["login", "llm", "data"]),
];

struct Complaint {
    at: Pointer,
    words: String,
}

/// A value of the file and its place in it.
struct Field<'a> {
    at: Pointer,
    value: &'a Value,
}

impl<'a> Field<'a> {
    fn complain(&self, words: impl Into<String>) -> Complaint {
        Complaint { at: self.at.clone(), words: words.into() }
    }

    fn map(&self) -> Result<&'a Map<String, Value>, Complaint> {
        self.value
            .as_object()
            .ok_or_else(|| self.complain(format!("expected an object, found {}", kind(self.value))))
    }

    fn members(&self) -> Result<impl Iterator<Item = (&'a str, Field<'a>)>, Complaint> {
        let at = self.at.clone();
        Ok(self.map()?.iter().map(move |(key, value)| (key.as_str(), Field { at: at.child(key), value })))
    }

    /// The member of this known key, once all of the object's keys are known ones.
    fn member(&self, key: &str) -> Result<Option<Field<'a>>, Complaint> {
        let place = self.at.dotted();
        let keys = KEYS.iter().find(|(at, _)| *at == place).map_or(&[][..], |(_, keys)| keys);
        if let Some((_, unknown)) = self.members()?.find(|(key, _)| !keys.contains(key)) {
            return Err(unknown.complain(format!("unknown key; known here: {}", keys.join(", "))));
        }
        Ok(self.map()?.get(key).map(|value| Field { at: self.at.child(key), value }))
    }

    fn text(&self) -> Result<&'a str, Complaint> {
        self.value
            .as_str()
            .ok_or_else(|| self.complain(format!("expected a string, found {}", kind(self.value))))
    }

    /// Sets `into` to the member's text, where there is one and it passes.
    fn set(&self, key: &str, into: &mut String, valid: Rule) -> Result<(), Complaint> {
        if let Some(member) = self.member(key)? {
            let text = member.text()?;
            valid(text).map_err(|words| member.complain(words))?;
            text.clone_into(into);
        }
        Ok(())
    }

    /// The member, if it says yes or no.
    fn flag(&self, key: &str) -> Result<bool, Complaint> {
        let Some(member) = self.member(key)? else { return Ok(false) };
        let found = member.value.as_bool();
        found.ok_or_else(|| member.complain(format!("expected true or false, found {}", kind(member.value))))
    }

    /// A list of texts.
    fn texts(&self, valid: Rule) -> Result<Vec<String>, Complaint> {
        let list = self.value.as_array();
        let list =
            list.ok_or_else(|| self.complain(format!("expected a list, found {}", kind(self.value))))?;
        let item = |(index, value): (usize, &'a Value)| {
            let item = Field { at: self.at.child(index.to_string()), value };
            let text = item.text()?;
            valid(text).map_err(|words| item.complain(words))?;
            Ok(text.to_owned())
        };
        list.iter().enumerate().map(item).collect()
    }

    /// The member's text; an empty one is none.
    fn optional(&self, key: &str, valid: Rule) -> Result<Option<String>, Complaint> {
        let mut text = String::new();
        self.set(key, &mut text, valid)?;
        Ok((!text.is_empty()).then_some(text))
    }

    /// Sets each of these members' texts.
    fn set_all(&self, members: &mut [(&str, &mut String)], valid: Rule) -> Result<(), Complaint> {
        members.iter_mut().try_for_each(|(key, into)| self.set(key, into, valid))
    }

    /// A pointer; `null` says that the CRD has no such field.
    fn pointer(&self, annotation: bool, written: bool) -> Result<Option<Pointer>, Complaint> {
        if self.value.is_null() {
            return Ok(None);
        }
        let text = self.text()?;
        if annotation && !text.starts_with('/') {
            annotation_name(text).map_err(|words| self.complain(words))?;
            return Ok(Some(Pointer::annotation(text)));
        }
        let pointer = Pointer::parse(text).map_err(|error| self.complain(error.to_string()))?;
        if pointer == Pointer::root() {
            return Err(self.complain("points at the whole resource; name a field of it"));
        }
        let numeric = |token: &String| !token.is_empty() && token.bytes().all(|b| b.is_ascii_digit());
        if written && pointer.tokens().iter().any(numeric) {
            return Err(self.complain("this field is written, and a merge patch cannot reach into a list"));
        }
        Ok(Some(pointer))
    }
}

type Rule = fn(&str) -> Result<(), String>;

/// The file's installations: each entry of `installations` stands on what the file says beside them.
fn read_all(value: &Value) -> Result<Vec<Config>, Complaint> {
    let root = Field { at: Pointer::root(), value };
    let Some(list) = root.member("installations")? else { return Ok(vec![read(value)?]) };
    let entries = list.value.as_array().filter(|it| !it.is_empty());
    let entries = entries.ok_or_else(|| list.complain("expected a list of one object or more"))?;
    let mut shared = root.map()?.clone();
    shared.remove("installations");
    read(&Value::Object(shared.clone()))?;
    let mut all = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let entry = Field { at: list.at.child(index.to_string()), value: entry };
        let own = entry.map()?;
        if own.contains_key("installations") {
            return Err(entry.complain("an installation lists no others"));
        }
        let mut whole = shared.clone();
        whole.extend(own.clone());
        all.push(read(&Value::Object(whole)).map_err(|Complaint { at, words }| {
            let at = at.tokens().iter().fold(entry.at.clone(), |place, token| place.child(token));
            Complaint { at, words }
        })?);
    }
    Ok(all)
}

fn read(value: &Value) -> Result<Config, Complaint> {
    let mut config = Config::default();
    let root = Field { at: Pointer::root(), value };
    if let Some(schema) = root.member("$schema")? {
        schema.text()?;
    }
    root.set("apiBase", &mut config.api_base, base)?;
    if !config.api_base.ends_with('/') {
        config.api_base.push('/');
    }
    config.cluster = root.optional("cluster", words)?;
    root.set("namespace", &mut config.namespace, label)?;
    root.set("installation", &mut config.installation, subdomain)?;
    root.set("kind", &mut config.kind, camel_case)?;
    if let Some(contract) = root.member("contract")? {
        read_contract(&contract, &mut config.contract)?;
    }
    config.operator.namespace.clone_from(&config.namespace);
    if let Some(operator) = root.member("operator")? {
        operator.set("namespace", &mut config.operator.namespace, label)?;
        let own = &mut config.operator;
        operator.set_all(&mut [("lease", &mut own.lease), ("deployment", &mut own.deployment)], subdomain)?;
    }
    if let Some(smoke) = root.member("smoke")? {
        for ((key, _), into) in crate::smoke::ENDPOINTS.iter().zip(&mut config.smoke) {
            *into = smoke.optional(key, endpoint)?;
        }
    }
    if let Some(links) = root.member("links")? {
        config.links = Links {
            platform: links.optional("platform", address)?,
            docs: links.optional("docs", address)?,
            release_notes: links.optional("releaseNotes", template)?,
        };
    }
    config.sign_in = root.optional("signIn", address)?;
    config.read_only = root.flag("readOnly")?;
    if let Some(pages) = root.member("framedBy")? {
        config.framed_by = pages.texts(origin)?;
    }
    Ok(config)
}

fn read_contract(field: &Field<'_>, contract: &mut Contract) -> Result<(), Complaint> {
    if let Some(fields) = field.member("fields")? {
        let mut overrides = Vec::new();
        for (key, field) in fields.members()? {
            let concept = Concept::keyed(key)
                .ok_or_else(|| field.complain("unknown concept; docs/contract.md lists the known ones"))?;
            overrides.push((concept, field.pointer(false, concept == Concept::TargetVersion)?));
        }
        *contract = std::mem::take(contract).with_overrides(overrides);
    }
    if let Some(marks) = field.member("marks")? {
        let own = &mut contract.marks;
        for (key, into) in [
            ("forceReconcile", &mut own.force_reconcile),
            ("checkUpdates", &mut own.check_updates),
            ("requests", &mut own.requests),
            ("smokeTests", &mut own.smoke_tests),
            ("checklist", &mut own.checklist),
        ] {
            if let Some(mark) = marks.member(key)? {
                *into = mark.pointer(true, true)?;
            }
        }
    }
    if let Some(conditions) = field.member("conditions")? {
        let own = &mut contract.conditions;
        conditions.set_all(
            &mut [
                ("reconciling", &mut own.reconciling),
                ("secrets", &mut own.secrets),
                ("registry", &mut own.registry),
                ("dependencies", &mut own.dependencies),
                ("platform", &mut own.platform),
                ("users", &mut own.users),
                ("ready", &mut own.ready),
            ],
            filled,
        )?;
    }
    if let Some(phases) = field.member("phases")? {
        for (word, field) in phases.members()? {
            let name = field.text()?;
            let phase = Phase::KNOWN.into_iter().find(|phase| phase.word() == name).ok_or_else(|| {
                field.complain("expected one of Ready, Reconciling, Degraded, Uninstalled, Blocked")
            })?;
            contract.phases.push((word.to_owned(), phase));
        }
    }
    if let Some(items) = field.member("items")? {
        if let Some(item) = items.member("availableVersions")? {
            let own = &mut contract.items.available_versions;
            item.set_all(
                &mut [
                    ("version", &mut own.version),
                    ("published", &mut own.published),
                    ("digest", &mut own.digest),
                    ("notesUrl", &mut own.notes_url),
                    ("oneWay", &mut own.one_way),
                    ("valuesSchema", &mut own.values_schema),
                ],
                filled,
            )?;
        }
        if let Some(item) = items.member("registry")? {
            let own = &mut contract.items.registry;
            item.set_all(
                &mut [
                    ("url", &mut own.url),
                    ("lastChecked", &mut own.last_checked),
                    ("error", &mut own.error),
                ],
                filled,
            )?;
        }
        if let Some(item) = items.member("requiredSecrets")? {
            let own = &mut contract.items.required_secrets;
            item.set_all(
                &mut [("name", &mut own.name), ("keys", &mut own.keys), ("reason", &mut own.reason)],
                filled,
            )?;
        }
        if let Some(item) = items.member("users")? {
            let own = &mut contract.items.users;
            item.set_all(
                &mut [
                    ("email", &mut own.email),
                    ("firstName", &mut own.first_name),
                    ("lastName", &mut own.last_name),
                    ("admin", &mut own.admin),
                ],
                filled,
            )?;
        }
        if let Some(item) = items.member("statusUsers")? {
            let own = &mut contract.items.status_users;
            item.set_all(
                &mut [("email", &mut own.email), ("state", &mut own.state), ("message", &mut own.message)],
                filled,
            )?;
        }
        if let Some(item) = items.member("secretRef")? {
            let own = &mut contract.items.secret_ref;
            item.set_all(&mut [("name", &mut own.name), ("key", &mut own.key)], filled)?;
        }
        if let Some(item) = items.member("resourcePatches")? {
            let own = &mut contract.items.resource_patches;
            item.set_all(
                &mut [
                    ("target", &mut own.target),
                    ("kind", &mut own.kind),
                    ("name", &mut own.name),
                    ("patch", &mut own.patch),
                ],
                filled,
            )?;
        }
    }
    if let Some(modes) = field.member("authModes")? {
        let own = &mut contract.auth_modes;
        modes.set_all(&mut [("managed", &mut own.managed), ("external", &mut own.external)], filled)?;
    }
    if let Some(releases) = field.member("releases")? {
        let own = &mut contract.releases;
        releases.set_all(
            &mut [("dependencies", &mut own.dependencies), ("platform", &mut own.platform)],
            subdomain,
        )?;
    }
    Ok(())
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn filled(text: &str) -> Result<(), String> {
    if text.trim().is_empty() { Err("is empty".into()) } else { Ok(()) }
}

/// A service of the namespace with its port, by number or name, and a path.
fn endpoint(text: &str) -> Result<(), String> {
    let (place, path) = text.split_once('/').unwrap_or((text, ""));
    let (service, port) = place.split_once(':').unwrap_or_default();
    let plain = path.bytes().all(|b| b.is_ascii_graphic() && !b"\\#".contains(&b)) && !path.contains("..");
    if is_label(service) && is_label(port) && plain {
        Ok(())
    } else {
        Err("expected SERVICE:PORT/PATH, for example platform:8080/health".into())
    }
}

/// A name for people, short enough for a line that has more to say.
fn words(text: &str) -> Result<(), String> {
    if text.chars().count() <= 64 { Ok(()) } else { Err("expected 64 characters at most".into()) }
}

/// RFC 1123 label, as Kubernetes wants a namespace.
fn label(text: &str) -> Result<(), String> {
    if text.len() <= 63 && is_label(text) {
        Ok(())
    } else {
        Err("expected lower case letters, digits and `-`, beginning and ending with a letter or digit, 63 at most".into())
    }
}

/// RFC 1123 subdomain, as Kubernetes wants most names.
fn subdomain(text: &str) -> Result<(), String> {
    if text.len() <= 253 && text.split('.').all(is_label) {
        Ok(())
    } else {
        Err("expected a name of lower case letters, digits, `-` and `.`, 253 at most".into())
    }
}

fn is_label(text: &str) -> bool {
    let plain = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    plain && !text.is_empty() && !text.starts_with('-') && !text.ends_with('-')
}

fn camel_case(text: &str) -> Result<(), String> {
    let letters = text.bytes().all(|b| b.is_ascii_alphanumeric());
    if letters && text.starts_with(|c: char| c.is_ascii_uppercase()) {
        Ok(())
    } else {
        Err("expected a kind such as RootCauseInstallation".into())
    }
}

/// An annotation's name: an optional domain and `/`, then at most 63 letters, digits, `-`, `_` and `.`.
fn annotation_name(text: &str) -> Result<(), String> {
    let (domain, name) = text.split_once('/').map_or((None, text), |(domain, name)| (Some(domain), name));
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    let framed = name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.ends_with(|c: char| c.is_ascii_alphanumeric());
    if plain && framed && name.len() <= 63 && domain.is_none_or(|domain| subdomain(domain).is_ok()) {
        Ok(())
    } else {
        Err("expected an annotation's name or a JSON pointer".into())
    }
}

fn base(text: &str) -> Result<(), String> {
    if text.contains(['?', '#']) {
        return Err("an API base has no query and no fragment".into());
    }
    address(text)
}

/// An origin as browsers write it: scheme, host and a port that is not the scheme's own.
fn origin(text: &str) -> Result<(), String> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.:[]".contains(c);
    if host.is_empty() || !host.chars().all(plain) {
        return Err(
            "expected an origin in small letters, such as https://portal.example or http://127.0.0.1:8080"
                .into(),
        );
    }
    Ok(())
}

/// Only addresses that a link may safely carry: http, https, or relative to the page. No `javascript:`.
fn address(text: &str) -> Result<(), String> {
    let absolute = text.starts_with("https://") || text.starts_with("http://");
    let relative = text.starts_with("./") || text.starts_with("../") || text.starts_with('/');
    let plain = !text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\');
    if plain && (absolute || (relative && !text.starts_with("//"))) {
        Ok(())
    } else {
        Err("expected an address beginning with https://, http://, /, ./ or ../".into())
    }
}

fn template(text: &str) -> Result<(), String> {
    address(text)?;
    if text.contains("{version}") {
        Ok(())
    } else {
        Err("expected {version} somewhere in the address".into())
    }
}

/// The offset of the key (or list item) that `tokens` point at, in a text that is valid JSON; of the last one, where a
/// key stands twice, since that is the one that counts.
fn locate(text: &[u8], tokens: &[String]) -> usize {
    let mut scan = Scan { text, at: 0 };
    scan.blanks();
    let mut found = scan.at;
    for token in tokens {
        let Some((key, value)) = scan.entry(token) else { break };
        found = key;
        scan.at = value;
    }
    found
}

/// A walk over valid JSON text.
struct Scan<'a> {
    text: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or_default()
    }

    fn blanks(&mut self) {
        while self.peek().is_ascii_whitespace() {
            self.at += 1;
        }
    }

    /// The offsets of an object's key `token`, or of the list item of this index, and of its value.
    fn entry(&mut self, token: &str) -> Option<(usize, usize)> {
        match self.peek() {
            b'{' => self.at += 1,
            b'[' => return self.item(token.parse().ok()?),
            _ => return None,
        }
        let mut found = None;
        loop {
            self.blanks();
            if self.peek() != b'"' {
                return found;
            }
            let start = self.at;
            self.value();
            let key: Option<String> = std::str::from_utf8(&self.text[start..self.at])
                .ok()
                .and_then(|key| serde_json::from_str(key).ok());
            self.blanks();
            self.at += 1;
            self.blanks();
            if key.as_deref() == Some(token) {
                found = Some((start, self.at));
            }
            self.value();
            self.blanks();
            if self.peek() == b',' {
                self.at += 1;
            }
        }
    }

    /// As [`Self::entry`] in a list.
    fn item(&mut self, index: usize) -> Option<(usize, usize)> {
        self.at += 1;
        self.blanks();
        for _ in 0..index {
            self.value();
            self.blanks();
            if self.peek() != b',' {
                return None;
            }
            self.at += 1;
            self.blanks();
        }
        Some((self.at, self.at))
    }

    /// Skips one value.
    fn value(&mut self) {
        let mut depth = 0_u32;
        loop {
            match self.peek() {
                b'"' => {
                    self.at += 1;
                    while !matches!(self.peek(), b'"' | 0) {
                        self.at += if self.peek() == b'\\' { 2 } else { 1 };
                    }
                    self.at += 1;
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                0 => return,
                _ if depth > 0 => self.at += 1,
                _ => {
                    while !matches!(self.peek(), b',' | b'}' | b']' | 0) && !self.peek().is_ascii_whitespace()
                    {
                        self.at += 1;
                    }
                }
            }
            if depth == 0 {
                self.at = self.at.min(self.text.len());
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_empty_object_is_the_default() {
        assert_eq!(Config::parse(b"{}"), Ok(vec![Config::default()]));
        assert_eq!(Config::parse(b"\xef\xbb\xbf{}"), Ok(vec![Config::default()]));
    }

    #[test]
    fn every_entry_can_be_set() {
        let configs = Config::parse(
            br#"{
              "$schema": "./config.schema.json",
              "apiBase": "/k8s/clusters/x",
              "cluster": "prod-eu",
              "namespace": "apps",
              "installation": "prod",
              "kind": "CausalPlatform",
              "contract": {
                "fields": {"targetVersion": "/spec/release/tag", "lastError": null},
                "marks": {"forceReconcile": "ops.example.org/kick", "checkUpdates": "/spec/check", "requests": null},
                "conditions": {"ready": "Available"},
                "phases": {"Running": "Ready"},
                "items": {"availableVersions": {"version": "tag"}, "registry": {"url": "address"}},
                "releases": {"platform": "causal"}
              },
              "operator": {"lease": "causal-lock"},
              "links": {"docs": "https://docs.example.org", "releaseNotes": "https://example.org/{version}.html"},
              "signIn": "/oauth2/start?rd={return}",
              "readOnly": true,
              "framedBy": ["https://portal.example", "http://127.0.0.1:8080"]
            }"#,
        )
        .unwrap();
        let [config] = &*configs else { panic!("one installation") };
        assert_eq!(config.sign_in("/a/#/x").as_deref(), Some("/oauth2/start?rd=%2Fa%2F%23%2Fx"));
        assert!(config.read_only);
        assert_eq!(config.framed_by, ["https://portal.example", "http://127.0.0.1:8080"]);
        assert_eq!(config.api_base, "/k8s/clusters/x/");
        assert_eq!(config.cluster.as_deref(), Some("prod-eu"));
        assert_eq!(config.operator.namespace, "apps");
        assert_eq!(config.operator.lease, "causal-lock");
        let pointer = |concept| config.contract.pointer(concept).map(ToString::to_string);
        assert_eq!(pointer(Concept::TargetVersion).as_deref(), Some("/spec/release/tag"));
        assert_eq!(pointer(Concept::LastError), None);
        assert_eq!(pointer(Concept::Phase).as_deref(), Some("/status/phase"));
        assert_eq!(config.contract.marks.force_reconcile, Some(Pointer::annotation("ops.example.org/kick")));
        assert_eq!(config.contract.marks.check_updates, Some(Pointer::of(["spec", "check"])));
        assert_eq!(config.contract.marks.requests, None);
        assert_eq!(config.contract.phase("Running"), Phase::Ready);
        assert_eq!(config.contract.conditions.ready, "Available");
        assert_eq!(config.contract.items.available_versions.version, "tag");
        assert_eq!(config.contract.releases.platform, "causal");
        assert_eq!(
            config.links.release_notes("0.2.0+a b").as_deref(),
            Some("https://example.org/0.2.0%2Ba%20b.html")
        );
    }

    #[test]
    fn an_element_goes_before_the_file() {
        let file = || {
            Config::parse(br#"{"installations": [{"namespace": "a"}, {"namespace": "b", "readOnly": true}]}"#)
                .unwrap()
        };
        let check = |api_base: &str, installation: &str, expect: Result<(&str, &str, bool), &str>| {
            let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            let element =
                Embedding { api_base: given(api_base), installation: given(installation), read_only: false };
            let applied = element.applied_to(file());
            let applied =
                applied.as_deref().map(|it| (&*it[0].api_base, &*it[0].operator.namespace, it[0].read_only));
            match expect {
                Ok(expect) => assert_eq!(applied, Ok(expect), "{installation}"),
                Err(words) => assert!(applied.unwrap_err().contains(words), "{installation}"),
            }
        };
        check("", "", Ok(("../", "a", false)));
        check("/k8s", "b/rootcause", Ok(("/k8s/", "b", true)));
        check("", "c/other", Ok(("../", "c", false)));
        check("", "c", Err("NAMESPACE/NAME"));
        check("", "C/x", Err("NAMESPACE/NAME"));
        check("javascript:x", "", Err("api-base"));
        let element = Embedding { read_only: true, ..Embedding::default() };
        assert!(element.applied_to(file()).unwrap().iter().all(|it| it.read_only));
    }

    #[test]
    fn installations_stand_on_what_the_file_says_beside_them() {
        let file = br#"{
          "cluster": "prod-eu", "readOnly": true,
          "installations": [{"namespace": "a"}, {"namespace": "b", "cluster": "test", "readOnly": false}]
        }"#;
        let shown: Vec<_> = Config::parse(file)
            .unwrap()
            .into_iter()
            .map(|it| (it.namespace, it.cluster.unwrap(), it.operator.namespace, it.read_only))
            .collect();
        let expect = [("a", "prod-eu", true), ("b", "test", false)];
        assert_eq!(
            shown,
            expect.map(|(name, cluster, read_only)| (name.into(), cluster.into(), name.into(), read_only))
        );
    }

    #[test]
    fn errors_name_line_column_and_field() {
        let check = |text: &str, line: usize, column: usize, field: &str, words: &str| {
            let error = Config::parse(text.as_bytes()).unwrap_err();
            assert_eq!(
                (error.line, error.column, error.field.as_deref().unwrap_or("")),
                (line, column, field),
                "{error}"
            );
            assert!(error.words.contains(words), "{error}");
        };
        check("", 1, 1, "", "EOF");
        check("{\n  \"kind\": \"A\",\n}", 3, 1, "", "trailing comma");
        check("[]", 1, 1, "", "expected an object, found a list");
        check("{\n  \"apiBas\": \"/\"}", 2, 3, "apiBas", "unknown key; known here: $schema, apiBase");
        check("{\"namespace\": 3}", 1, 2, "namespace", "expected a string, found a number");
        check("{\"namespace\": \"Prod\"}", 1, 2, "namespace", "lower case");
        check("{\"apiBase\": \"javascript:alert(1)\"}", 1, 2, "apiBase", "https://");
        check("{\"links\": {\"docs\": \"//evil\"}}", 1, 12, "links.docs", "https://");
        check("{\"links\": {\"releaseNotes\": \"/notes\"}}", 1, 12, "links.releaseNotes", "{version}");
        check("{\"x\\\"y\": 1}", 1, 2, "[x\"y]", "unknown key");
        check(
            "{\n \"installation\": \"a\",\n \"contract\": {\"phases\": {\"}\": \"Ready\"},\n  \"fields\": {\"phase\": \"status\"}}}",
            4,
            14,
            "contract.fields.phase",
            "begins with `/`",
        );
        check(
            "{\"contract\": {\"fields\": {\"fase\": \"/a\"}}}",
            1,
            26,
            "contract.fields.fase",
            "unknown concept",
        );
        check(
            "{\"contract\": {\"fields\": {\"phase\": \"\"}}}",
            1,
            26,
            "contract.fields.phase",
            "whole resource",
        );
        check(
            "{\"contract\": {\"fields\": {\"targetVersion\": \"/spec/0/v\"}}}",
            1,
            26,
            "contract.fields.targetVersion",
            "merge patch",
        );
        check(
            "{\"contract\": {\"marks\": {\"requests\": \"a b\"}}}",
            1,
            25,
            "contract.marks.requests",
            "annotation",
        );
        check(
            "{\"contract\": {\"phases\": {\"Up\": \"Fine\"}}}",
            1,
            26,
            "contract.phases.Up",
            "one of Ready",
        );
        check("{\"framedBy\": [\"https://a/b\"]}", 1, 15, "framedBy[0]", "an origin");
        check("{\"framedBy\": \"*\"}", 1, 2, "framedBy", "expected a list");
        check("{\"readOnly\": \"yes\"}", 1, 2, "readOnly", "true or false");
        check("{\"installations\": []}", 1, 2, "installations", "one object or more");
        check("{\"installations\": [{}, {\"kind\": 1}]}", 1, 25, "installations[1].kind", "found a number");
        check("{\"kind\": 1, \"installations\": [{}]}", 1, 2, "kind", "found a number");
        check("{\"installations\": [{\"installations\": []}]}", 1, 20, "installations[0]", "lists no others");
        check("{\"kind\": \"A\", \"kind\": 1}", 1, 15, "kind", "found a number");
    }

    /// All keys of a JSON Schema of nested objects, as `place.key`.
    fn schema_keys(schema: &Value, place: &str, into: &mut BTreeSet<String>) {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
        assert_eq!(schema["additionalProperties"], Value::Bool(false), "{place} is closed");
        for (key, inner) in properties {
            let key = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
            assert!(inner["description"].is_string(), "{key} is described");
            schema_keys(inner, &key, into);
            into.insert(key);
        }
    }

    #[test]
    fn the_shipped_schema_the_documentation_and_the_parser_know_the_same_keys() {
        let schema: Value = serde_json::from_str(include_str!("../../../public/config.schema.json")).unwrap();
        let mut shipped = BTreeSet::new();
        schema_keys(&schema, "", &mut shipped);
        let keyed = KEYS.iter().flat_map(|(place, keys)| {
            keys.iter()
                .map(move |key| if place.is_empty() { (*key).to_owned() } else { format!("{place}.{key}") })
        });
        let fields = Concept::ALL.iter().map(|concept| format!("contract.fields.{}", concept.key()));
        let parsed: BTreeSet<_> = keyed.chain(fields).collect();
        assert_eq!(shipped, parsed);

        let documentation = include_str!("../../../docs/config.md");
        for key in parsed.iter().filter(|key| !key.starts_with("contract.fields.")) {
            assert!(documentation.contains(&format!("`{key}`")), "docs/config.md documents {key}");
        }
    }

    #[test]
    fn the_documented_example_is_valid() {
        let documentation = include_str!("../../../docs/config.md");
        let example = documentation.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
        Config::parse(example.as_bytes()).unwrap();
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_configuration_or_an_error_inside_the_file(text in "[\\PC\n]{0,60}") {
            if let Err(error) = Config::parse(text.as_bytes()) {
                prop_assert!(error.line <= 1 + text.matches('\n').count());
            }
        }

        #[test]
        fn any_json_of_known_keys_gives_a_configuration_or_a_named_field(
            key in prop::sample::select(vec!["apiBase", "contract", "operator", "links", "kind"]),
            value in crate::pointer::tests::any_json(),
        ) {
            let file = serde_json::json!({ key: value });
            if let Err(error) = Config::parse(serde_json::to_string_pretty(&file).unwrap().as_bytes()) {
                prop_assert!(error.field.unwrap().starts_with(key));
            }
        }
    }
}
