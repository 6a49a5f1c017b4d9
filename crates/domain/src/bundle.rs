//! The support bundle: what goes into it, and what must not leave in it.
//!
//! Every file is made by one of the functions here, and each masks. Values of secrets are left out altogether; what
//! looks like a secret anywhere else is masked by [`crate::redact`].

use serde_json::Value;

use crate::redact::{MASK, redact, redact_value};
use crate::yaml;

/// A file of the bundle, as it will leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub path: String,
    pub text: String,
    /// Values that were masked or left out.
    pub masked: usize,
}

/// Bytes of one container's log that are kept: the newest.
pub const LOG: usize = 1 << 20;

/// Where `kubectl apply` keeps what it applied, values of secrets among it.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// What stands in place of what is left out.
const LEFT_OUT: &str = "••• (left out)";

/// A path of these parts. Names come from the cluster: what could leave the archive's folder becomes `_`.
pub fn path(parts: &[&str]) -> String {
    let safe = |part: &&str| -> String {
        let part: String = part
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '_' })
            .collect();
        if part.starts_with('.') || part.is_empty() { format!("_{part}") } else { part }
    };
    parts.iter().map(safe).collect::<Vec<_>>().join("/")
}

fn count(text: &str) -> usize {
    text.matches(MASK).count()
}

/// A file of text.
pub fn text(path: String, text: &str) -> File {
    let shown = lines(text);
    File { path, masked: count(&shown).saturating_sub(count(text)), text: shown }
}

/// Masks line by line, so that a quote that is never closed masks its line and not the rest of a log; private keys, which
/// have many lines, as a whole.
fn lines(text: &str) -> String {
    if text.contains("PRIVATE KEY-----") {
        return redact(text);
    }
    text.split_inclusive('\n').map(line).collect()
}

/// Masks one line. Where it ends with a JSON object, that is masked by its keys as well, however deep a value lies under
/// them.
fn line(line: &str) -> String {
    let (before, rest) = line.split_at(line.find('{').unwrap_or(line.len()));
    if let Ok(object @ Value::Object(_)) = serde_json::from_str::<Value>(rest) {
        let masked = redact_value(&object);
        if masked != object {
            return format!("{}{masked}\n", redact(before));
        }
    }
    redact(line)
}

/// A file of text that was masked already, such as a revision's of [`crate::helm::contents`].
pub fn masked_text(path: String, text: String) -> File {
    File { path, masked: count(&text), text }
}

/// A container's log, its newest part.
pub fn log(path: String, log: &str) -> File {
    text(path, newest(log))
}

/// The newest lines of a log, up to [`LOG`] bytes. Not from the middle of a line: what stands before a secret tells that
/// it is one.
pub fn newest(log: &str) -> &str {
    let mut start = log.len().saturating_sub(LOG);
    if start > 0 {
        while !log.is_char_boundary(start) {
            start += 1;
        }
        start += log[start..].find('\n').map_or(log.len() - start, |at| at + 1);
    }
    &log[start..]
}

/// Objects as YAML documents.
pub fn objects(path: String, objects: &[Value]) -> File {
    let mut text = String::new();
    for object in objects {
        if !text.is_empty() {
            text.push_str("---\n");
        }
        text.push_str(&yaml::document(&cleaned(object)));
    }
    File { path, masked: count(&text), text }
}

/// An object without what may not leave.
fn cleaned(object: &Value) -> Value {
    let mut object = object.clone();
    let secret = object["kind"] == "Secret" || object.get("type").is_some() && object.get("data").is_some();
    let leave = |object: &mut Value, pointer: &str| {
        if let Some(Value::Object(fields)) = object.pointer_mut(pointer) {
            fields.values_mut().for_each(|value| *value = Value::from(LEFT_OUT));
        }
    };
    if secret {
        leave(&mut object, "/data");
        leave(&mut object, "/stringData");
    }
    // What configuration files look like nobody knows.
    if object["kind"] == "ConfigMap" {
        leave(&mut object, "/data");
        leave(&mut object, "/binaryData");
    }
    if let Some(applied) = object.pointer_mut("/metadata/annotations").and_then(|it| it.get_mut(LAST_APPLIED))
    {
        *applied = Value::from(LEFT_OUT);
    }
    redact_value(&object)
}

/// The name of the archive: `rootcause-support-2026-11-23T01-02-04Z.zip`.
pub fn name(installation: &str, now: crate::time::Timestamp) -> String {
    let time = now.to_string();
    let time = time.split('.').next().unwrap_or_default().trim_end_matches('Z').replace(':', "-");
    format!("{}-support-{time}Z.zip", path(&[installation]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_stay_inside_the_archive() {
        assert_eq!(path(&["logs", "platform-0", "a.log"]), "logs/platform-0/a.log");
        assert_eq!(path(&["..", "a/b\\c", "", "über"]), "_../a_b_c/_/_ber");
    }

    #[test]
    fn secrets_do_not_leave_in_objects() {
        let applied = json!({"kind": "Secret", "data": {"k": "Y2FuYXJ5"}}).to_string();
        let file = objects(
            "a.yaml".into(),
            &[
                json!({"kind": "Secret", "data": {"k": "Y2FuYXJ5"}, "stringData": {"l": "canary"}}),
                json!({"kind": "ConfigMap", "metadata": {"annotations": {LAST_APPLIED: applied, "mine": "x"}}, "data": {"a": "token=canary1234"}}),
                json!({"kind": "Pod", "spec": {"containers": [{"env": [{"name": "DB_PASSWORD", "value": "canary"}]}]}}),
            ],
        );
        assert!(!file.text.contains("canary") && !file.text.contains("Y2FuYXJ5"), "{}", file.text);
        assert_eq!(file.masked, 5);
        assert!(file.text.contains("mine: x") && file.text.contains("kind: Pod"));
    }

    #[test]
    fn of_a_long_log_the_newest_lines_are_kept() {
        let line = format!("password=canary{}\n", "é".repeat(500));
        let file = log("a.log".into(), &line.repeat(3000));
        assert!(file.text.len() <= LOG && file.text.starts_with("password=•••\n"), "{}", &file.text[..40]);
        assert!(!file.text.contains("canary"));
        let unclosed = log("a.log".into(), "a=\"x\" password=\"never closed\nnext line\n");
        assert!(unclosed.text.ends_with("next line\n") && !unclosed.text.contains("never"));
    }

    #[test]
    fn an_archive_is_named_by_its_time() {
        let now = "2026-11-23T01:02:04.5Z".parse().unwrap();
        assert_eq!(name("rootcause", now), "rootcause-support-2026-11-23T01-02-04Z.zip");
    }

    /// Objects with the canary under keys that make it a secret, in places where the cluster keeps such.
    fn planted(secret: &str) -> impl Strategy<Value = Value> + use<> {
        let secret = secret.to_owned();
        let key = prop::sample::select(vec![
            "password",
            "DB_PASSWORD",
            "apiKey",
            "client-secret",
            "token",
            "AUTH_TOKEN",
        ]);
        let leaf = ("[a-z]{1,5}", any::<u8>()).prop_map(|(text, number)| json!([text, number]));
        let tree = leaf.prop_recursive(3, 12, 3, |inner| {
            prop::collection::btree_map("[a-z]{1,6}", inner, 0..3)
                .prop_map(|fields| Value::Object(fields.into_iter().collect()))
        });
        (tree, key, 0..7_u8).prop_map(move |(tree, key, form)| {
            let planted = match form {
                0 => json!({key: secret}),
                1 => json!({"env": [{"name": key, "value": secret}]}),
                2 => json!({"args": [format!("--{key}={secret}")]}),
                3 => json!({"note": format!("{key}: {secret}")}),
                4 => json!({"url": format!("postgres://app:{secret}@db/x")}),
                5 => json!({"header": format!("Bearer {secret}")}),
                _ => json!({key: {"inner": [secret.clone(), {"deep": secret}]}}),
            };
            json!({"kind": "Thing", "spec": {"tree": tree, "planted": planted}})
        })
    }

    proptest! {
        #[test]
        fn a_planted_secret_never_leaves(object in planted("Canary7Zq1234567"), before in "[a-z \"'\n]{0,20}") {
            let secret = "Canary7Zq";
            let file = objects("a".into(), std::slice::from_ref(&object));
            prop_assert!(!file.text.contains(secret), "{}", file.text);
            prop_assert!(file.masked > 0);
            let line = &object["spec"]["planted"];
            let logged = log("a".into(), &format!("{before}\n2026-11-23T01:02:04.000000001Z {line}\n{line}\n"));
            prop_assert!(!logged.text.contains(secret), "{}", logged.text);
        }

        #[test]
        fn no_path_climbs(parts in prop::collection::vec("\\PC{0,8}", 1..4)) {
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            let path = path(&parts);
            prop_assert_eq!(path.split('/').count(), parts.len());
            prop_assert!(path.split('/').all(|part| !part.is_empty() && !part.starts_with('.')));
        }
    }
}
