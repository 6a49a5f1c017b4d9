//! The built-in types of secrets and what the API server wants of each (`ValidateSecret` of Kubernetes).

use serde_json::Value;

/// A built-in type that can be created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    pub name: &'static str,
    /// What it is for, in a few words.
    pub title: &'static str,
    /// The keys that its form asks for.
    pub keys: &'static [&'static str],
    /// How many of them it must have.
    pub needs: Needs,
}

/// Which of a kind's keys must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    All,
    /// One of them at least.
    One,
    /// None: they may be anything.
    None,
}

/// The annotation that a token for a service account names that by.
pub const SERVICE_ACCOUNT: &str = "kubernetes.io/service-account.name";

pub const OPAQUE: &str = "Opaque";
pub const DOCKER_CONFIG: &str = "kubernetes.io/dockerconfigjson";
pub const TLS: &str = "kubernetes.io/tls";
pub const SERVICE_ACCOUNT_TOKEN: &str = "kubernetes.io/service-account-token";

/// The key of a [`DOCKER_CONFIG`].
pub const DOCKER_CONFIG_KEY: &str = ".dockerconfigjson";

/// All of them, the usual ones first.
pub const KINDS: [Kind; 8] = [
    Kind { name: OPAQUE, title: "Any keys", keys: &[], needs: Needs::None },
    Kind { name: DOCKER_CONFIG, title: "Image registry", keys: &[DOCKER_CONFIG_KEY], needs: Needs::All },
    Kind { name: TLS, title: "TLS certificate", keys: &["tls.crt", "tls.key"], needs: Needs::All },
    Kind {
        name: "kubernetes.io/basic-auth",
        title: "User and password",
        keys: &["username", "password"],
        needs: Needs::One,
    },
    Kind { name: "kubernetes.io/ssh-auth", title: "SSH key", keys: &["ssh-privatekey"], needs: Needs::All },
    Kind { name: SERVICE_ACCOUNT_TOKEN, title: "Service account token", keys: &[], needs: Needs::None },
    Kind {
        name: "kubernetes.io/dockercfg",
        title: "Image registry, old form",
        keys: &[".dockercfg"],
        needs: Needs::All,
    },
    Kind {
        name: "bootstrap.kubernetes.io/token",
        title: "Bootstrap token",
        keys: &["token-id", "token-secret"],
        needs: Needs::All,
    },
];

/// The built-in type of this name.
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|it| it.name == name)
}

/// Why a secret cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    #[error("A name is needed.")]
    NoName,
    #[error(
        "A name has lower case letters, digits, `-` and `.`, begins and ends with a letter or digit, and has at most 253 characters."
    )]
    Name,
    #[error("A key is needed.")]
    NoKey,
    #[error("The key `{0}` has other characters than letters, digits, `-`, `_` and `.`, or is too long.")]
    Key(String),
    #[error("The key `{0}` is there twice.")]
    Twice(String),
    #[error("A secret of this type needs the key `{0}`.")]
    Missing(&'static str),
    #[error("A secret of this type needs one of the keys {0}.")]
    MissingAll(String),
    #[error("The key `{0}` holds no JSON object.")]
    NoJson(String),
    #[error("The key `{0}` is empty.")]
    Empty(String),
    #[error("A service account token names its service account.")]
    NoAccount,
    #[error("All values together have {0} bytes; a secret holds {max} at most.", max = super::value::LARGEST)]
    TooLarge(usize),
}

/// A name as most objects have it: an RFC 1123 subdomain.
pub fn valid_name(name: &str) -> Result<(), Invalid> {
    if name.is_empty() {
        return Err(Invalid::NoName);
    }
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let label = |label: &str| {
        let bytes = label.as_bytes();
        bytes.first().is_some_and(|&b| plain(b))
            && bytes.last().is_some_and(|&b| plain(b))
            && bytes.iter().all(|&b| plain(b) || b == b'-')
    };
    if name.len() <= 253 && name.split('.').all(label) { Ok(()) } else { Err(Invalid::Name) }
}

/// A key of a secret (`IsConfigMapKey` of Kubernetes).
pub fn valid_key(key: &str) -> Result<(), Invalid> {
    if key.is_empty() {
        return Err(Invalid::NoKey);
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if key.len() <= 253 && key.bytes().all(plain) && key != "." && !key.starts_with("..") {
        Ok(())
    } else {
        Err(Invalid::Key(key.to_owned()))
    }
}

/// Whether a secret of this type, with these values and this service account, will be taken by the API server.
pub fn valid(kind: &str, data: &[(String, Vec<u8>)], account: &str) -> Result<(), Invalid> {
    for (index, (key, _)) in data.iter().enumerate() {
        valid_key(key)?;
        if data[..index].iter().any(|(other, _)| other == key) {
            return Err(Invalid::Twice(key.clone()));
        }
    }
    let size = data.iter().map(|(_, value)| value.len()).sum();
    if size > super::value::LARGEST {
        return Err(Invalid::TooLarge(size));
    }
    let Some(rules) = self::kind(kind) else { return Ok(()) };
    let value = |wanted: &str| data.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.as_slice());
    match rules.needs {
        Needs::All => {
            if let Some(missing) = rules.keys.iter().find(|key| value(key).is_none()) {
                return Err(Invalid::Missing(missing));
            }
        }
        Needs::One if rules.keys.iter().all(|key| value(key).is_none()) => {
            return Err(Invalid::MissingAll(rules.keys.join(", ")));
        }
        Needs::One | Needs::None => {}
    }
    if kind == SERVICE_ACCOUNT_TOKEN && account.is_empty() {
        return Err(Invalid::NoAccount);
    }
    for key in [DOCKER_CONFIG_KEY, ".dockercfg"] {
        if rules.keys.contains(&key) {
            let text = value(key).and_then(|it| std::str::from_utf8(it).ok()).unwrap_or_default();
            if !serde_json::from_str::<Value>(text).is_ok_and(|it| it.is_object()) {
                return Err(Invalid::NoJson(key.to_owned()));
            }
        }
    }
    if rules.keys == ["ssh-privatekey"] && value("ssh-privatekey").is_some_and(<[u8]>::is_empty) {
        return Err(Invalid::Empty("ssh-privatekey".to_owned()));
    }
    Ok(())
}

/// The value of a [`DOCKER_CONFIG_KEY`] that signs in at one registry, as `kubectl create secret docker-registry` makes
/// it.
pub fn docker_config(registry: &str, user: &str, token: &str) -> String {
    let auth = super::value::encode(format!("{user}:{token}").as_bytes());
    serde_json::json!({"auths": {registry: {"username": user, "password": token, "auth": auth}}}).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(of: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
        of.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect()
    }

    #[test]
    fn names_and_keys_follow_kubernetes() {
        for name in ["a", "a-b.c9", &"a".repeat(253)] {
            assert_eq!(valid_name(name), Ok(()), "{name}");
        }
        assert_eq!(valid_name(""), Err(Invalid::NoName));
        for name in ["A", "-a", "a-", "a..b", "a_b", "ä", &"a".repeat(254)] {
            assert_eq!(valid_name(name), Err(Invalid::Name), "{name}");
        }
        for key in ["a", ".dockerconfigjson", "A_b-c.9", "..."] {
            let expect = if key == "..." { Err(Invalid::Key(key.into())) } else { Ok(()) };
            assert_eq!(valid_key(key), expect, "{key}");
        }
        for key in [".", "..", "..a", "a b", "a/b", &"a".repeat(254)] {
            assert_eq!(valid_key(key), Err(Invalid::Key(key.into())));
        }
    }

    #[test]
    fn each_type_has_its_rules() {
        let check = |kind: &str, of: &[(&str, &str)], expect: Result<(), Invalid>| {
            assert_eq!(valid(kind, &data(of), ""), expect, "{kind}");
        };
        check(OPAQUE, &[], Ok(()));
        check("example.com/own", &[("any", "")], Ok(()));
        check(OPAQUE, &[("a", "1"), ("a", "2")], Err(Invalid::Twice("a".into())));
        check(TLS, &[("tls.crt", "")], Err(Invalid::Missing("tls.key")));
        check(TLS, &[("tls.crt", ""), ("tls.key", "")], Ok(()));
        check(DOCKER_CONFIG, &[], Err(Invalid::Missing(DOCKER_CONFIG_KEY)));
        check(DOCKER_CONFIG, &[(DOCKER_CONFIG_KEY, "no")], Err(Invalid::NoJson(DOCKER_CONFIG_KEY.into())));
        check(DOCKER_CONFIG, &[(DOCKER_CONFIG_KEY, "{}")], Ok(()));
        check("kubernetes.io/basic-auth", &[], Err(Invalid::MissingAll("username, password".into())));
        check("kubernetes.io/basic-auth", &[("password", "")], Ok(()));
        check(
            "kubernetes.io/ssh-auth",
            &[("ssh-privatekey", "")],
            Err(Invalid::Empty("ssh-privatekey".into())),
        );
        check(SERVICE_ACCOUNT_TOKEN, &[], Err(Invalid::NoAccount));
        assert_eq!(valid(SERVICE_ACCOUNT_TOKEN, &[], "default"), Ok(()));
        let large = vec![("a".to_owned(), vec![0; (1 << 20) + 1])];
        assert_eq!(valid(OPAQUE, &large, ""), Err(Invalid::TooLarge((1 << 20) + 1)));
    }

    #[test]
    fn a_registry_sign_in_is_what_kubectl_makes() {
        let expect =
            r#"{"auths":{"registry.example":{"auth":"cmlnOmE6Yg==","password":"a:b","username":"rig"}}}"#;
        assert_eq!(docker_config("registry.example", "rig", "a:b"), expect);
    }
}
