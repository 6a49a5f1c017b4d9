//! Masks what looks like a secret in free text, and keeps the words around it.
//!
//! Masked are: values after a secret-looking key (`password=…`, `"apiKey": "…"`, `--token …`, a container's `value`
//! after such a `name`), credentials after `Bearer` and `Basic`, passwords in URLs, JSON Web Tokens, PEM private keys,
//! AWS access keys, well-known token prefixes, and long base64. In doubt it masks: a masked word costs a look
//! elsewhere, a shown secret costs a rotation.

use std::ops::Range;

use serde_json::Value;

use crate::sort;

/// What stands in place of a secret.
pub const MASK: &str = "•••";

/// `text` with secret-looking values masked.
pub fn redact(text: &str) -> String {
    let mut spans: Vec<Range<usize>> = Vec::new();
    keyed(text, &mut spans);
    tokens(text, &mut spans);
    urls(text, &mut spans);
    private_keys(text, &mut spans);
    spans.retain(|span| !span.is_empty());
    sort::by(&mut spans, |a, b| a.start.cmp(&b.start));

    let mut out = String::with_capacity(text.len());
    let mut shown = 0;
    for span in spans {
        if span.start >= shown {
            out.push_str(&text[shown..span.start]);
            out.push_str(MASK);
        }
        shown = shown.max(span.end);
    }
    out.push_str(&text[shown..]);
    out
}

/// `value` with secret-looking values masked: those under secret-looking keys, whatever they look like, the data of a
/// Secret, the `value` beside a secret-looking `name`, and what [`redact`] masks in every other text.
pub fn redact_value(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::from(redact(text)),
        Value::Array(items) => items.iter().map(redact_value).collect(),
        Value::Object(fields) => {
            let secret = value["kind"] == "Secret";
            let named = value["name"].as_str().is_some_and(is_secret_key);
            let masked = |key: &String, value: &Value| match key.as_str() {
                "data" | "stringData" if secret => masked(value),
                "value" if named => masked(value),
                key if is_secret_key(key) => masked(value),
                _ => redact_value(value),
            };
            sort::object(fields.iter().map(|(key, value)| (key.clone(), masked(key, value))))
        }
        other => other.clone(),
    }
}

/// `value` with all that is in it masked, as a value under a secret-looking key is; names of secrets, and what is empty,
/// stay.
pub(crate) fn masked(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(masked).collect(),
        Value::Object(fields) => {
            // A reference to a secret is none.
            let masked = |key: &String, value: &Value| match is_harmless(key) {
                true => redact_value(value),
                false => masked(value),
            };
            sort::object(fields.iter().map(|(key, value)| (key.clone(), masked(key, value))))
        }
        Value::String(text) if text.is_empty() => value.clone(),
        Value::String(_) | Value::Number(_) => Value::from(MASK),
        Value::Null | Value::Bool(_) => value.clone(),
    }
}

/// Parts of a key, without `_`, `-` and `.`, that make its value a secret.
const SECRET: [&str; 15] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "signingkey",
    "encryptionkey",
    "credential",
    "authorization",
    "connectionstring",
    "dockerconfig",
    "cookie",
];

/// Ends of a key that make it a name of, a place of, or a number about secrets, as in `secretName` and `max_tokens`.
const HARMLESS: [&str; 16] = [
    "name",
    "names",
    "ref",
    "type",
    "count",
    "path",
    "file",
    "class",
    "url",
    "ready",
    "tokens",
    "keyid",
    "ttl",
    "expiry",
    "pullsecret",
    "pullsecrets",
];

fn bare(key: &str) -> String {
    key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

/// Whether a key is about a secret's name or place and not its value.
fn is_harmless(key: &str) -> bool {
    let bare = bare(key);
    HARMLESS.iter().any(|end| bare.ends_with(end))
}

/// Whether a key's value is a secret.
pub(crate) fn is_secret_key(key: &str) -> bool {
    let bare = bare(key);
    let short = |word: &str| {
        bare == word
            || key.to_ascii_lowercase().strip_suffix(word).is_some_and(|rest| rest.ends_with(['_', '-', '.']))
    };
    let secret =
        SECRET.iter().any(|part| bare.contains(part)) || ["pwd", "pass", "auth"].into_iter().any(short);
    secret && !is_harmless(key)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// The runs of bytes that pass, which are all ASCII: their ends are ends of characters.
fn runs(text: &str, pass: impl Fn(u8) -> bool) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + bytes[at..].iter().position(|&byte| pass(byte))?;
        at = bytes[start..].iter().position(|&byte| !pass(byte)).map_or(bytes.len(), |length| start + length);
        Some(start..at)
    })
}

/// Where something next ends. Kept from key to key: a text that is one line, or all keys, would be searched to its end for
/// each of them otherwise.
#[derive(Default)]
struct Ahead(Range<usize>);

impl Ahead {
    /// The end after `from`, by `find` where it is not known yet.
    fn end(&mut self, from: usize, find: impl FnOnce() -> usize) -> usize {
        if self.0.is_empty() || !(self.0.start..=self.0.end).contains(&from) {
            self.0 = from..find();
        }
        self.0.end
    }
}

/// The ends of values.
#[derive(Default)]
struct Ends {
    line: Ahead,
    list: Ahead,
    block: Ahead,
}

/// Values after secret-looking keys.
fn keyed(text: &str, spans: &mut Vec<Range<usize>>) {
    let mut ends = Ends::default();
    for key in runs(text, is_word) {
        let word = text[key.clone()].trim_start_matches('-');
        if !is_secret_key(word) {
            continue;
        }
        let flag = text[key.clone()].starts_with("--");
        if let Some(value) = value_after(text, key.end, flag) {
            let whole_line = word.to_ascii_lowercase().contains("authorization");
            spans.push(value_span(text, value, whole_line, &mut ends));
        }
    }
}

/// Where the value of a key that ends at `from` begins: after `:` or `=`, after blanks for a command-line flag, or
/// after `"value":` where the key was itself the value of `name`.
fn value_after(text: &str, from: usize, flag: bool) -> Option<usize> {
    let rest = &text[from..];
    let quotes = rest.trim_start_matches(['"', '\'', '\\', '`', ']']);
    let separated = quotes.trim_start();
    if let Some(value) = separated.strip_prefix([':', '=']) {
        let value = value.trim_start_matches(['=', '>']);
        return Some(text.len() - value.trim_start_matches([' ', '\t']).len());
    }
    if flag && quotes.len() == rest.len() && quotes.starts_with([' ', '\t']) {
        return Some(text.len() - separated.len());
    }
    let next = separated.trim_start_matches(|c: char| c.is_whitespace() || ",\"'\\".contains(c));
    let value = next.strip_prefix("value")?;
    let value = value.trim_start_matches(['"', '\'', '\\']).trim_start().strip_prefix([':', '='])?;
    Some(text.len() - value.trim_start_matches([' ', '\t']).len())
}

/// The span of the value that begins at `from`.
fn value_span(text: &str, from: usize, whole_line: bool, ends: &mut Ends) -> Range<usize> {
    let value = &text[from..];
    let line_end = ends.line.end(from, || from + value.find('\n').unwrap_or(value.len()));
    let escapes = value.len() - value.trim_start_matches('\\').len();
    let opening = &value[escapes..];
    if let Some(quote) = opening.chars().next().filter(|c| "\"'`".contains(*c)) {
        let start = from + escapes + 1;
        return start..closing(text, start, escapes, quote).unwrap_or(text.len());
    }
    if let Some(list) = value.strip_prefix('[') {
        return from + 1..ends.list.end(from + 1, || from + 1 + list.find(']').unwrap_or(list.len()));
    }
    if value.starts_with('{') {
        // An object: its own keys are looked at one by one.
        return from..from;
    }
    if value.starts_with(['|', '>']) && value[1..].trim_start_matches(['-', '+']).starts_with('\n') {
        // A YAML block: as far as lines are blank or indented.
        let start = (line_end + 1).min(text.len());
        let within = |line: &&str| line.starts_with([' ', '\t']) || line.trim().is_empty();
        let length = || text[start..].split_inclusive('\n').take_while(within).map(str::len).sum::<usize>();
        return start..ends.block.end(start, || start + length());
    }
    if whole_line {
        return from..line_end;
    }
    let end = from + value.find(char::is_whitespace).unwrap_or(value.len());
    let word = text[from..end].trim_end_matches([',', ';', '}', ')', '.']);
    if matches!(word.to_ascii_lowercase().as_str(), "" | "true" | "false" | "null" | "nil" | "none" | "<nil>")
    {
        return from..from;
    }
    from..end
}

/// Where the string ends that was opened by `quote` behind this many backslashes.
fn closing(text: &str, start: usize, escapes: usize, quote: char) -> Option<usize> {
    if escapes > 0 {
        let end = format!("{}{quote}", "\\".repeat(escapes));
        return text[start..].find(&end).map(|length| start + length);
    }
    let mut escaped = false;
    for (at, c) in text[start..].char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(start + at),
            _ => {}
        }
    }
    None
}

/// Beginnings of tokens that well-known services hand out.
const PREFIXES: [&str; 15] = [
    "ghp_",
    "gho_",
    "ghs_",
    "ghu_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "sk-",
    "sk_live_",
    "AIza",
    "hvs.",
    "npm_",
];

/// Words that are secrets by their looks, and credentials after `Bearer` and `Basic`.
fn tokens(text: &str, spans: &mut Vec<Range<usize>>) {
    let mut scheme = false;
    for run in runs(text, |byte| is_word(byte) || matches!(byte, b'+' | b'/' | b'=' | b'~')) {
        let word = &text[run.clone()];
        let mixed = word
            .bytes()
            .any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase() || b"=_".contains(&byte));
        let credential = scheme && word.len() >= 8 && mixed;
        scheme = ["bearer", "basic"].iter().any(|name| word.eq_ignore_ascii_case(name));
        if credential {
            spans.push(run);
            continue;
        }
        // A path, a sum or a list of options may hold the token as a part.
        let whole = long_base64(word);
        if whole {
            spans.push(run);
            continue;
        }
        for part in runs(word, is_word) {
            if is_token(&word[part.clone()]) {
                spans.push(run.start + part.start..run.start + part.end);
            }
        }
    }
}

fn is_token(word: &str) -> bool {
    let json_web_token = word.starts_with("eyJ") && word.matches('.').count() >= 2 && word.len() >= 30;
    let aws = word.len() == 20
        && (word.starts_with("AKIA") || word.starts_with("ASIA"))
        && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let known = PREFIXES.iter().any(|prefix| {
        word.strip_prefix(prefix)
            .is_some_and(|rest| rest.len() >= 16 && rest.bytes().any(|byte| byte.is_ascii_digit()))
    });
    json_web_token || aws || known
}

/// Base64 of at least 30 bytes: 40 characters with upper and lower case and digits. A digest is lower-case hex, a path
/// has far more slashes.
fn long_base64(word: &str) -> bool {
    let any = |class: fn(&u8) -> bool| word.as_bytes().iter().any(class);
    let special = word.bytes().filter(|byte| b"/-_".contains(byte)).count();
    word.len() >= 40
        && !word.contains(['.', '~'])
        && !word.trim_end_matches('=').contains('=')
        && special * 10 <= word.len()
        && any(u8::is_ascii_uppercase)
        && any(u8::is_ascii_lowercase)
        && any(u8::is_ascii_digit)
}

/// Passwords in `scheme://user:password@host`.
fn urls(text: &str, spans: &mut Vec<Range<usize>>) {
    for (at, separator) in text.match_indices("://") {
        let start = at + separator.len();
        let authority = &text[start..];
        let end =
            authority.find(|c: char| c.is_whitespace() || "/?#\"'<>`".contains(c)).unwrap_or(authority.len());
        let Some((user_info, _)) = authority[..end].rsplit_once('@') else { continue };
        let end = start + user_info.len();
        match user_info.find(':') {
            Some(colon) => spans.push(start + colon + 1..end),
            None if user_info.len() >= 20 => spans.push(start..end),
            None => {}
        }
    }
}

/// What stands between the lines of a PEM private key; to the end of the text where the last line was cut off.
fn private_keys(text: &str, spans: &mut Vec<Range<usize>>) {
    let mut last_line = Ahead::default();
    for (at, head) in text.match_indices("PRIVATE KEY-----") {
        let start = at + head.len();
        if !text[..at].rsplit("-----").next().is_some_and(|begin| begin.starts_with("BEGIN ")) {
            continue;
        }
        let find = || start + text[start..].find("-----END").unwrap_or(text.len() - start);
        spans.push(start..last_line.end(start, find));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn masks_secrets_and_keeps_the_words_around() {
        let check = |text: &str, expect: &str| assert_eq!(redact(text), expect);
        check("login failed: password=hunter2 for ana", "login failed: password=••• for ana");
        check(r#"{"user":"ana","apiKey":"a\"b c","n":1}"#, r#"{"user":"ana","apiKey":"•••","n":1}"#);
        check(r#"body "{\"token\": \"a b\", \"x\": 1}""#, r#"body "{\"token\": \"•••\", \"x\": 1}""#);
        check("helm --password s3cret --wait", "helm --password ••• --wait");
        check("DB_PASSWORD: 'it is'\nhost: db", "DB_PASSWORD: '•••'\nhost: db");
        check(r#"{"name":"DB_PASSWORD","value":"abc"}"#, r#"{"name":"DB_PASSWORD","value":"•••"}"#);
        check("- name: REDIS_PASS\n  value: abc\n", "- name: REDIS_PASS\n  value: •••\n");
        check("Authorization: Digest a=b, c=d\nHost: x", "Authorization: •••\nHost: x");
        check("sent Bearer abcDEF123456 twice", "sent Bearer ••• twice");
        check("postgres://ana:pa@ss@db:5432/x", "postgres://ana:•••@db:5432/x");
        check("key AKIAIOSFODNN7EXAMPLE is wrong", "key ••• is wrong");
        check("got eyJhbGciOi.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbg here", "got ••• here");
        check("clone with ghp_0123456789abcdefABCD", "clone with •••");
        check(
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
            "-----BEGIN RSA PRIVATE KEY-----•••-----END RSA PRIVATE KEY-----",
        );
        check("data c2VjcmV0IHZhbHVlIG9mIGEgdmVyeSBsb25nIGtleTEyMzQ1Njc4 end", "data ••• end");
        check("private_key: |\n  abc\n  def\nnext: 1", "private_key: |\n•••next: 1");
        check("secrets: [a, b]", "secrets: [•••]");
    }

    #[test]
    fn values_are_masked_by_their_keys() {
        let check = |value: Value, expect: Value| assert_eq!(redact_value(&value), expect);
        check(
            json!({"password": "x", "db": {"apiKey": 7, "host": "db", "token": "", "auth": {"mode": "managed"}}}),
            json!({"password": MASK, "db": {"apiKey": MASK, "host": "db", "token": "", "auth": {"mode": MASK}}}),
        );
        check(
            json!({"kind": "Secret", "metadata": {"name": "a"}, "data": {"k": "eA=="}, "stringData": {"l": "x"}}),
            json!({"kind": "Secret", "metadata": {"name": "a"}, "data": {"k": MASK}, "stringData": {"l": MASK}}),
        );
        check(
            json!([{"name": "DB_PASSWORD", "value": "x"}, {"name": "HOST", "value": "db"}]),
            json!([{"name": "DB_PASSWORD", "value": MASK}, {"name": "HOST", "value": "db"}]),
        );
        check(
            json!({"secret": {"secretName": "regcred"}, "secretKeyRef": {"name": "a", "key": "b"}, "note": "token=abcd1234"}),
            json!({"secret": {"secretName": "regcred"}, "secretKeyRef": {"name": "a", "key": "b"}, "note": "token=•••"}),
        );
    }

    #[test]
    fn leaves_what_the_cluster_says_about_secrets() {
        for text in [
            r#"secret "regcred" not found"#,
            "Missing: secret regcred (pulls the platform's images), key password in secret litellm",
            "secrets is forbidden: User \"ana\" cannot list resource \"secrets\" in API group \"\"",
            "imagePullSecret: regcred, clientSecretRef: {name: oidc}",
            "max_tokens: 4096 and token: null",
            "values don't meet the specifications of the schema(s): replicas: Invalid type. Expected: integer",
            "pulled registry:5000/charts/platform@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "Basic authentication is off; basic rules apply",
            "https://example.org:8443/a@b?c=d",
            "/apis/platform.rootcause.dev/v1alpha1/namespaces/rootcause/rootcauseinstallations/Rootcause1",
            "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
        ] {
            assert_eq!(redact(text), text);
        }
    }

    #[test]
    fn a_megabyte_of_keys_is_masked_in_the_time_of_one_reading() {
        let long = |unit: &str| unit.repeat((1 << 20) / unit.len());
        for unit in [
            "token=a ",
            "token: |\n  ",
            "token: [",
            "-----BEGIN PRIVATE KEY-----",
            "token=\"\\\"",
            "token:\\\"",
            "a://b:c@",
        ] {
            // Looking to the end for each key would take minutes.
            assert!(redact(&long(unit)).contains(MASK), "{unit}");
        }
    }

    /// Keys as people and programs write them.
    fn any_key() -> impl Strategy<Value = String> {
        let word = prop::sample::select(vec![
            "password",
            "PASSWORD",
            "apiKey",
            "client_secret",
            "Token",
            "db.passwd",
        ]);
        (prop::sample::select(vec!["", "my_", "x-", "a."]), word)
            .prop_map(|(prefix, word)| format!("{prefix}{word}"))
    }

    proptest! {
        #[test]
        fn a_planted_secret_never_shows(
            before in "[a-z ,.é:\n\"]{0,20}",
            key in any_key(),
            secret in "Zq7[!-~&&[^\"'`\\\\|>\\[{]]{3,20}",
            after in "[a-z ,.é:\n]{0,20}",
            form in 0..6,
        ) {
            let planted = match form {
                0 => format!("{key}={secret}"),
                1 => format!("{key}: {secret}"),
                2 => format!("\"{key}\": \"{secret}\""),
                3 => format!("'{key}' = '{secret}'"),
                4 => format!("\\\"{key}\\\":\\\"{secret}\\\""),
                _ => format!("--{key} {secret}"),
            };
            let masked = redact(&format!("{before} {planted} {after}"));
            prop_assert!(!masked.contains("Zq7"), "{}", masked);
        }

        #[test]
        fn no_document_shows_what_was_planted_in_it(
            key in any_key(),
            secret in "Zq7[ -~]{0,20}",
            form in 0..6,
            around in prop::collection::vec(0..4, 0..5),
            beside in crate::pointer::tests::any_json(),
        ) {
            let planted = match form {
                0 => json!({key: secret}),
                1 => json!({key: [secret, {"a": secret}]}),
                2 => json!({"name": key, "value": secret}),
                3 => json!({"kind": "Secret", "data": {"a": secret}, "stringData": {"b.c": secret}}),
                4 => json!({"a": {key: {"deeper": {"still": secret}}}}),
                _ => json!({"kind": "Secret", "metadata": {"name": "a"}, "data": secret}),
            };
            let document = around.into_iter().fold(planted, |inner, form| match form {
                0 => json!({"a": inner, "b": beside}),
                1 => json!([beside, inner]),
                2 => json!({"spec": {"containers": [{"env": [inner]}]}}),
                _ => json!({"items": [inner, beside], "name": "x"}),
            });
            let masked = redact_value(&document);
            prop_assert!(!masked.to_string().contains("Zq7"), "{}", masked);
            prop_assert_eq!(redact_value(&masked), masked.clone());
        }

        #[test]
        fn a_document_written_into_a_text_shows_as_little(
            key in any_key(), secret in "Zq7[a-zA-Z0-9 .,:;=+/-]{0,20}", pretty: bool,
        ) {
            // As kubectl keeps what it applied in an annotation, and as a log tells it.
            let inner = json!({"spec": {key: secret, "replicas": 1}});
            let text = if pretty { format!("{inner:#}") } else { inner.to_string() };
            let object = json!({"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": text}}});
            prop_assert!(!redact_value(&object).to_string().contains("Zq7"));
            prop_assert!(!redact(&object.to_string()).contains("Zq7"), "{}", redact(&object.to_string()));
        }

        #[test]
        fn a_planted_token_never_shows(
            before in "[a-z ,]{0,20}", secret in "[a-zA-Z0-9]{44}", after in "[a-z ,]{0,20}",
        ) {
            let secret = format!("aA1{secret}");
            for planted in [secret.clone(), format!("Bearer {secret}"), format!("https://u:{secret}@host/x")] {
                let text = format!("{before} {planted} {after}");
                prop_assert!(!redact(&text).contains(&secret));
            }
        }

        #[test]
        fn text_without_secrets_stays(text in "([a-km-rt-z]{1,9}|[0-9]{1,6}|[ ,.:;=é\"'\n(){}\\[\\]/-]){0,60}") {
            prop_assert_eq!(redact(&text), text);
        }

        #[test]
        fn any_text_is_safe_to_redact(text in "\\PC{0,60}") {
            redact(&text);
        }
    }
}
