//! One event of a watch: `{"type":"ADDED","object":{…}}`, one per line of a response or per message of a socket.

use crate::error::{Error, status_of};
use crate::json::{Broken, Pieces, text, value};
use kube_core::Status;

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

impl<'a> Frame<'a> {
    /// Reads one event. `Ok(None)` is an event of a type that this client does not know.
    ///
    /// # Errors
    /// [`Error::Decode`] when the bytes are no event. The object inside is not read here, so that a malformed one
    /// cannot end the watch.
    pub fn read(bytes: &'a [u8]) -> Result<Option<Self>, Error> {
        let (kind, object) = parts(text(WHAT, bytes)?).map_err(|broken| broken.decoding(WHAT))?;
        Ok(Some(match kind {
            "\"ADDED\"" | "\"MODIFIED\"" => Self::Apply(object),
            "\"DELETED\"" => Self::Delete(object),
            "\"BOOKMARK\"" => Self::Bookmark(crate::item::scan_meta(object).resource_version),
            "\"ERROR\"" => Self::Error(Box::new(status_of(&value("watch error", object.as_bytes())?))),
            _ => return Ok(None),
        }))
    }
}

const WHAT: &str = "watch event";

/// An event's type, still quoted, and its object.
fn parts(event: &str) -> Result<(&str, &str), Broken> {
    let (mut kind, mut object) = (None, None);
    let mut members = Pieces::of_object(event);
    while let Some((name, value)) = members.next()? {
        match name {
            "type" => kind = Some(value),
            "object" => object = Some(value),
            _ => {}
        }
    }
    kind.zip(object).ok_or(Broken)
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
