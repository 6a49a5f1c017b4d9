//! Events, repeated ones together.

use crate::objects::{Event, ObjectRef};
use crate::redact::redact;
use crate::sort;
use crate::time::Timestamp;

/// The same thing that happened to one object, once or often.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    pub reason: String,
    pub warning: bool,
    pub object: ObjectRef,
    /// The newest words, redacted.
    pub message: String,
    pub times: u32,
    pub last: Option<Timestamp>,
    /// Who reported it.
    pub reporter: String,
}

impl Group {
    /// What identifies it.
    pub fn key(&self) -> String {
        format!("{}/{}/{}", self.object.kind, self.object.name, self.reason)
    }
}

/// The events with `text` in their words, reason or object, whatever its case, newest first; only warnings if asked for.
pub fn groups(events: &[Event], text: &str, warnings: bool) -> Vec<Group> {
    let text = text.trim().to_lowercase();
    let mut newest: Vec<&Event> = events.iter().filter(|it| !warnings || it.is_warning()).collect();
    sort::by(&mut newest, |a, b| b.last_seen().cmp(&a.last_seen()));
    let mut groups: Vec<Group> = Vec::new();
    for event in newest {
        let object = &event.involved_object;
        let same = |it: &&mut Group| {
            it.reason == event.reason && it.object.kind == object.kind && it.object.name == object.name
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.times = group.times.saturating_add(event.times()),
            None => groups.push(Group {
                reason: event.reason.clone(),
                warning: event.is_warning(),
                object: object.clone(),
                message: redact(&event.message),
                times: event.times(),
                last: event.last_seen(),
                reporter: event.reporter().to_owned(),
            }),
        }
    }
    groups.retain(|it| {
        let words = [&it.reason, &it.object.kind, &it.object.name, &it.message];
        words.iter().any(|word| word.to_lowercase().contains(&text))
    });
    groups
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::objects::FromObject;

    fn event(name: &str, reason: &str, kind: &str, minute: u32, count: u32) -> Value {
        json!({"type": kind, "reason": reason, "message": format!("words of {reason} {minute}, password=hunter2"),
            "count": count, "lastTimestamp": format!("2026-03-01T12:{minute:02}:00Z"),
            "involvedObject": {"kind": "Pod", "name": name}})
    }

    #[test]
    fn repeated_events_are_one_and_the_newest_are_first() {
        let events: Vec<Event> = [
            event("a", "Failed", "Warning", 1, 2),
            event("b", "Pulled", "Normal", 5, 1),
            event("a", "Failed", "Warning", 7, 3),
        ]
        .iter()
        .map(Event::from_object)
        .collect();
        let check = |text: &str, warnings: bool, expect: &[(&str, &str, u32)]| {
            let groups = groups(&events, text, warnings);
            let found: Vec<_> =
                groups.iter().map(|it| (it.object.name.as_str(), it.reason.as_str(), it.times)).collect();
            assert_eq!(found, expect);
            assert!(groups.iter().all(|it| !it.message.contains("hunter2")));
        };
        check("", false, &[("a", "Failed", 5), ("b", "Pulled", 1)]);
        check("", true, &[("a", "Failed", 5)]);
        check(" PULL", false, &[("b", "Pulled", 1)]);
        assert!(groups(&events, "", false)[0].message.starts_with("words of Failed 7"));
    }
}
