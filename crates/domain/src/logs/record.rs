//! Lines that are JSON objects, as structured loggers write them.

use serde_json::Value;

use crate::yaml;

/// A line's message and its other fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub message: String,
    /// By name, without those that a reader sees elsewhere: the time and the level.
    pub fields: Vec<(String, String)>,
}

const MESSAGES: [&str; 3] = ["msg", "message", "event"];
const SHOWN_ELSEWHERE: [&str; 8] = ["level", "severity", "lvl", "time", "ts", "timestamp", "@timestamp", "t"];

fn object(line: &str) -> Option<Value> {
    let line = line.trim();
    // Cheap for the many lines that are none.
    (line.starts_with('{') && line.ends_with('}')).then(|| serde_json::from_str(line).ok()).flatten()
}

/// Reads a line that is a JSON object.
pub fn record(line: &str) -> Option<Record> {
    let value = object(line)?;
    let fields = value.as_object()?;
    let key = MESSAGES.into_iter().find(|key| fields.get(*key).is_some_and(Value::is_string));
    let others = fields.iter().filter(|(name, _)| key != Some(name.as_str()));
    Some(Record {
        message: key.map(|key| text(&fields[key])).unwrap_or_default(),
        fields: others
            .filter(|(name, _)| !SHOWN_ELSEWHERE.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), text(value)))
            .collect(),
    })
}

/// All fields of a line that is a JSON object, one below the other.
pub fn expanded(line: &str) -> Option<String> {
    object(line).map(|value| yaml::document(&value))
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl Record {
    /// In one line: the message, then `name=value` of each field.
    pub fn line(&self) -> String {
        let mut line = self.message.clone();
        for (name, value) in &self.fields {
            if !line.is_empty() {
                line.push_str("  ");
            }
            line.push_str(name);
            line.push('=');
            line.push_str(value);
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_told_in_a_line_and_other_lines_are_not() {
        let check = |line: &str, expect: Option<&str>| {
            assert_eq!(record(line).map(|it| it.line()).as_deref(), expect, "{line}");
        };
        check(
            r#"{"level":"warn","ts":1,"msg":"slow","ms":2104,"user":{"a":1}}"#,
            Some(r#"slow  ms=2104  user={"a":1}"#),
        );
        check(r#"{"a":"b"}"#, Some("a=b"));
        check("{}", Some(""));
        check(r#"{"a":"#, None);
        check("{not json}", None);
        check("[1]", None);
        assert_eq!(expanded(r#"{"b":{"c":[1]},"a":"x"}"#).as_deref(), Some("a: x\nb:\n  c:\n  - 1\n"));
    }
}
