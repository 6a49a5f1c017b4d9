//! Writing small YAML documents for people to copy: manifests and Roles.

use serde_json::Value;

/// `value` as block YAML with a newline at the end; what is not plainly a string is written as JSON, which YAML
/// includes.
pub fn document(value: &Value) -> String {
    let mut text = String::new();
    block(value, 0, &mut text);
    text
}

fn block(value: &Value, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                text.push_str(&format!("{indent}{}:", scalar(key)));
                nested(value, depth + 1, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                let mut inner = String::new();
                block(item, depth + 1, &mut inner);
                text.push_str(&format!("{indent}- {}", inner.trim_start()));
            }
        }
        other => text.push_str(&format!("{indent}{}\n", inline(other))),
    }
}

fn nested(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            text.push('\n');
            block(value, depth, text);
        }
        Value::Array(items) if !items.is_empty() => {
            text.push('\n');
            // A sequence may stand at its key's own depth, as kubectl writes it.
            block(value, depth - 1, text);
        }
        other => text.push_str(&format!(" {}\n", inline(other))),
    }
}

fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        other => other.to_string(),
    }
}

/// Plain where no YAML reader can take it for anything but this string, else double-quoted as in JSON.
fn scalar(text: &str) -> String {
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._/-".contains(c))
        && !words.contains(&text.to_ascii_lowercase().as_str());
    if plain { text.to_owned() } else { Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn writes_blocks_and_quotes_what_could_be_misread() {
        let value = json!({
            "apiVersion": "v1",
            "flag": "yes",
            "on": true,
            "version": "0.1.18",
            "empty": {},
            "rules": [{"verbs": ["get", "*"], "names": []}, "x"],
            "spec": {"a.b/c": null, "n": 3},
        });
        let expect = r#"apiVersion: v1
empty: {}
flag: "yes"
"on": true
rules:
- names: []
  verbs:
  - get
  - "*"
- x
spec:
  a.b/c: null
  "n": 3
version: "0.1.18"
"#;
        assert_eq!(document(&value), expect);
    }
}
