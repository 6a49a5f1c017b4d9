//! One event of a watch: `{"type":"ADDED","object":{…}}`, one per line of a response or per message of a socket.

use crate::error::Error;
use kube_core::Status;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// What a watch event says, its object still unread.
#[derive(Debug)]
pub enum Frame<'a> {
    /// The object exists and looks so (`ADDED` or `MODIFIED`).
    Apply(&'a str),
    /// The object is gone; this was its last state.
    Delete(&'a str),
    /// Nothing happened up to this resource version.
    Bookmark(String),
    /// The watch cannot go on.
    Error(Box<Status>),
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    object: &'a RawValue,
}

impl<'a> Frame<'a> {
    /// Reads one event. `Ok(None)` is an event of a type that this client does not know.
    ///
    /// # Errors
    /// [`Error::Decode`] when the bytes are no event. The object inside is not read here, so that a malformed one
    /// cannot end the watch.
    pub fn read(bytes: &'a [u8]) -> Result<Option<Self>, Error> {
        let event: Event<'a> =
            crate::json::read(bytes).map_err(|error| Error::decode("watch event", &error))?;
        let object = event.object.get();
        Ok(Some(match event.kind.as_ref() {
            "ADDED" | "MODIFIED" => Self::Apply(object),
            "DELETED" => Self::Delete(object),
            "BOOKMARK" => Self::Bookmark(crate::item::scan_meta(object).resource_version),
            "ERROR" => {
                let status =
                    serde_json::from_str(object).map_err(|error| Error::decode("watch error", &error))?;
                Self::Error(Box::new(status))
            }
            _ => return Ok(None),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_told_apart_by_type() {
        let read = |text: &'static str| Frame::read(text.as_bytes());
        assert!(matches!(read(r#"{"type":"ADDED","object":{"a":1}}"#), Ok(Some(Frame::Apply(r#"{"a":1}"#)))));
        assert!(matches!(read(r#"{"type":"MODIFIED","object":{}}"#), Ok(Some(Frame::Apply("{}")))));
        assert!(matches!(read(r#"{"object":{},"type":"DELETED"}"#), Ok(Some(Frame::Delete("{}")))));
        let bookmark = r#"{"type":"BOOKMARK","object":{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"42","creationTimestamp":null},"spec":{"containers":null},"status":{}}}"#;
        assert!(matches!(read(bookmark), Ok(Some(Frame::Bookmark(version))) if version == "42"));
        let gone = r#"{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too old resource version: 1 (5)","reason":"Expired","code":410}}"#;
        assert!(matches!(read(gone), Ok(Some(Frame::Error(status))) if status.code == 410));
        assert!(matches!(read(r#"{"type":"NEW","object":{}}"#), Ok(None)));
        for broken in [r#"{"type":"ADDED","object":{"a":"#, "", "[]", r#"{"type":"ADDED"}"#] {
            assert!(matches!(read(broken), Err(Error::Decode { .. })), "{broken}");
        }
    }
}
