//! Whether the values of a needed secret are fit for their use. Values come in and verdicts come out: no word of a
//! verdict is part of a value.

use serde_json::Value;

use super::certificate::{self, PrivateKey};
use super::kinds::{DOCKER_CONFIG, DOCKER_CONFIG_KEY, TLS};
use super::required::Need;
use super::value;
use crate::ago::ago;
use crate::time::{SignedDuration, Timestamp};

/// What is wrong with one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub key: String,
    /// What is wrong with it: "is empty".
    pub words: String,
    /// It cannot work; otherwise it may, or will not for long.
    pub grave: bool,
}

/// A certificate that ends within this time is told before it does.
const SOON: SignedDuration = SignedDuration::from_secs(30 * 86_400);

/// Checks the values of a needed secret. `registries` are the hosts from which its users pull images.
pub fn check(need: &Need, data: &[(String, Vec<u8>)], registries: &[String], now: Timestamp) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut fault =
        |key: &str, grave: bool, words: String| faults.push(Fault { key: key.to_owned(), words, grave });
    let value = |wanted: &str| data.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.as_slice());
    for key in &need.keys {
        match value(key) {
            None => fault(key, true, "is missing".to_owned()),
            Some([]) => fault(key, true, "is empty".to_owned()),
            Some(bytes) => {
                // Certificates and JSON end with a line end by custom, and nobody minds.
                let whole = need.kind == TLS || need.kind == DOCKER_CONFIG;
                if let Some(text) = value::text(bytes).filter(|text| text.trim() != *text && !whole) {
                    let grave = text.trim().is_empty();
                    let words = if grave { "is only white space" } else { padding(text) };
                    fault(key, grave, words.to_owned());
                }
            }
        }
    }
    let of = |key: &str| value(key).filter(|it| !it.is_empty());
    match need.kind {
        DOCKER_CONFIG => {
            if let Some(bytes) = of(DOCKER_CONFIG_KEY) {
                for words in docker_config(bytes, registries) {
                    fault(DOCKER_CONFIG_KEY, true, words);
                }
            }
        }
        TLS => {
            if let Some(bytes) = of("tls.crt") {
                for (key, grave, words) in tls(bytes, of("tls.key"), &need.hosts, now) {
                    fault(key, grave, words);
                }
            }
        }
        _ => {}
    }
    faults
}

fn padding(text: &str) -> &'static str {
    if text.ends_with('\n') {
        "ends with a line end, which many programs take as a part of it"
    } else {
        "begins or ends with white space, which many programs take as a part of it"
    }
}

fn docker_config(bytes: &[u8], registries: &[String]) -> Vec<String> {
    let json = std::str::from_utf8(bytes).ok().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let Some(json) = json else { return vec!["is no JSON".to_owned()] };
    let Some(auths) = json["auths"].as_object().filter(|it| !it.is_empty()) else {
        return vec!["names no registry under `auths`".to_owned()];
    };
    let mut words = Vec::new();
    for registry in registries {
        match auths.iter().find(|(address, _)| host(address) == *registry) {
            None => words.push(format!("has no sign-in for {registry}, from which images are pulled")),
            Some((_, entry)) if !signs_in(entry) => {
                words.push(format!("has an incomplete sign-in for {registry}"))
            }
            Some(_) => {}
        }
    }
    words
}

/// The host of an entry's address, which may be a URL.
fn host(address: &str) -> &str {
    let address = address.split_once("://").map_or(address, |(_, rest)| rest);
    address.split('/').next().unwrap_or_default()
}

/// Whether an entry has a user and a password, plainly or in `auth`, or a token.
fn signs_in(entry: &Value) -> bool {
    let filled = |key: &str| entry[key].as_str().is_some_and(|it| !it.is_empty());
    if filled("username") && filled("password") || filled("identitytoken") || filled("registrytoken") {
        return true;
    }
    let auth = entry["auth"].as_str().and_then(value::decode).unwrap_or_default();
    String::from_utf8_lossy(&auth)
        .split_once(':')
        .is_some_and(|(user, word)| !user.is_empty() && !word.is_empty())
}

fn tls(
    certificate: &[u8],
    key: Option<&[u8]>,
    hosts: &[String],
    now: Timestamp,
) -> Vec<(&'static str, bool, String)> {
    let mut faults = Vec::new();
    let text = |bytes| std::str::from_utf8(bytes).unwrap_or_default();
    let chain = certificate::read_pem(text(certificate));
    let Some(leaf) = chain.first() else {
        return vec![("tls.crt", true, "holds no certificate in PEM".to_owned())];
    };
    if let Some(key) = key {
        match certificate::read_key(text(key)) {
            None => faults.push(("tls.key", true, "holds no private key in PEM".to_owned())),
            Some(PrivateKey::Encrypted) => {
                faults.push(("tls.key", true, "is encrypted by a passphrase".to_owned()))
            }
            Some(key) if leaf.belongs_to(&key) == Some(false) => {
                faults.push(("tls.key", true, "does not belong to the certificate".to_owned()));
            }
            Some(_) => {}
        }
    }
    if leaf.not_after <= now {
        faults.push(("tls.crt", true, format!("expired {}", ago(leaf.not_after, now))));
    } else if now.checked_add(SOON).is_some_and(|soon| leaf.not_after < soon) {
        faults.push(("tls.crt", false, format!("expires {}", ago(leaf.not_after, now))));
    }
    if leaf.not_before > now {
        faults.push(("tls.crt", true, format!("is valid only {}", ago(leaf.not_before, now))));
    }
    for host in hosts.iter().filter(|host| !leaf.covers(host)) {
        faults.push(("tls.crt", true, format!("is not for the host {host}")));
    }
    faults
}

/// The host from which an image is pulled: what stands before the first slash, if it looks like one (the rule of the
/// container tools), else Docker Hub's.
pub fn image_registry(image: &str) -> &str {
    match image.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => host,
        _ => "index.docker.io",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::kinds::{self, OPAQUE};

    const CERTIFICATE: &str = include_str!("testdata/rsa.crt");
    const KEY: &str = include_str!("testdata/rsa.key");
    const OTHER_KEY: &str = include_str!("testdata/ec.key");
    const ENCRYPTED: &str = include_str!("testdata/encrypted.key");

    fn check_at(now: &str, kind: &'static str, of: &[(&str, &str)], expect: &[&str]) {
        let keys = kinds::kind(kind).map_or(&[][..], |it| it.keys);
        let keys = if keys.is_empty() { &["password"][..] } else { keys };
        let need = Need {
            name: "it".into(),
            keys: keys.iter().map(|key| (*key).to_owned()).collect(),
            reasons: vec![],
            blocks: vec![],
            kind,
            hosts: vec!["rootcause.example.com".into()],
        };
        let data: Vec<_> =
            of.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect();
        let faults = check(&need, &data, &["registry.example".into()], now.parse().unwrap());
        let said: Vec<_> = faults.iter().map(|it| format!("{} {}", it.key, it.words)).collect();
        assert_eq!(said, expect);
    }

    fn check_now(kind: &'static str, of: &[(&str, &str)], expect: &[&str]) {
        check_at("2026-06-01T00:00:00Z", kind, of, expect);
    }

    #[test]
    fn plain_values_are_neither_empty_nor_padded() {
        check_now(OPAQUE, &[("password", "hunter2")], &[]);
        check_now(OPAQUE, &[], &["password is missing"]);
        check_now(OPAQUE, &[("password", "")], &["password is empty"]);
        check_now(OPAQUE, &[("password", " \n")], &["password is only white space"]);
        check_now(
            OPAQUE,
            &[("password", "hunter2\n")],
            &["password ends with a line end, which many programs take as a part of it"],
        );
    }

    #[test]
    fn a_pull_secret_signs_in_where_images_are() {
        let check =
            |json: &str, expect: &[&str]| check_now(DOCKER_CONFIG, &[(DOCKER_CONFIG_KEY, json)], expect);
        check(&kinds::docker_config("registry.example", "rig", "word"), &[]);
        check(r#"{"auths":{"https://registry.example/v1/":{"auth":"cmlnOndvcmQ="}}}"#, &[]);
        check("{", &[".dockerconfigjson is no JSON"]);
        check(r#"{"auths":{}}"#, &[".dockerconfigjson names no registry under `auths`"]);
        check(
            r#"{"auths":{"other.example":{"auth":"cmlnOndvcmQ="}}}"#,
            &[".dockerconfigjson has no sign-in for registry.example, from which images are pulled"],
        );
        check(
            r#"{"auths":{"registry.example":{"username":"rig","auth":"cmln"}}}"#,
            &[".dockerconfigjson has an incomplete sign-in for registry.example"],
        );
    }

    #[test]
    fn a_tls_pair_matches_lasts_and_is_for_its_host() {
        let pair = |key| [("tls.crt", CERTIFICATE), ("tls.key", key)];
        check_now(TLS, &pair(KEY), &[]);
        check_now(TLS, &pair(OTHER_KEY), &["tls.key does not belong to the certificate"]);
        check_now(TLS, &pair(ENCRYPTED), &["tls.key is encrypted by a passphrase"]);
        check_now(TLS, &pair("no"), &["tls.key holds no private key in PEM"]);
        check_now(TLS, &[("tls.crt", "no"), ("tls.key", KEY)], &["tls.crt holds no certificate in PEM"]);
        check_at("2026-12-20T00:00:00Z", TLS, &pair(KEY), &["tls.crt expires in 12 d"]);
        check_at("2027-01-03T00:00:00Z", TLS, &pair(KEY), &["tls.crt expired 2 d ago"]);
        check_at("2025-12-31T00:00:00Z", TLS, &pair(KEY), &["tls.crt is valid only in 1 d"]);
        let ec = include_str!("testdata/ec.crt");
        check_now(
            TLS,
            &[("tls.crt", ec), ("tls.key", OTHER_KEY)],
            &["tls.crt is not for the host rootcause.example.com"],
        );
    }

    #[test]
    fn images_come_from_a_host() {
        let check = |image: &str, expect: &str| assert_eq!(image_registry(image), expect);
        check("registry.example/rootcause/platform:1", "registry.example");
        check("localhost:5000/a", "localhost:5000");
        check("library/redis", "index.docker.io");
        check("redis:7", "index.docker.io");
    }
}
