//! What a value is: bytes that may be text, JSON, certificates or none of these.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::certificate::{self, Certificate};

/// Bytes of all values of a secret together (`MaxSecretSize` of Kubernetes).
pub const LARGEST: usize = 1 << 20;

/// The bytes of a value as the API server keeps it; `None` where it is no base64.
pub fn decode(base64: &str) -> Option<Vec<u8>> {
    STANDARD.decode(base64).ok()
}

/// Bytes as the API server keeps them.
pub fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The keys of a whole secret with their bytes, in order. Values that are no base64, which no API server serves, are
/// left out.
pub fn data(secret: &Value) -> Vec<(String, Vec<u8>)> {
    let fields = secret["data"].as_object().into_iter().flatten();
    fields
        .filter_map(|(key, value)| Some((key.clone(), decode(value.as_str().unwrap_or_default())?)))
        .collect()
}

/// How a value is shown.
#[derive(Debug, Clone, PartialEq)]
pub enum Shown {
    Empty,
    /// May be edited as text.
    Text(String),
    /// A JSON object or list, indented for reading. What is stored may be spaced otherwise.
    Json(String),
    Certificates(Vec<Certificate>),
    /// The beginning in hexadecimal.
    Binary {
        size: usize,
        hex: String,
    },
}

/// Bytes of a binary value that are shown.
const PREVIEW: usize = 256;

impl Shown {
    /// How these bytes are shown.
    pub fn of(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self::Empty;
        }
        let Some(text) = text(bytes) else {
            return Self::Binary { size: bytes.len(), hex: hex(&bytes[..bytes.len().min(PREVIEW)]) };
        };
        let certificates = certificate::read_pem(text);
        if !certificates.is_empty() {
            return Self::Certificates(certificates);
        }
        match serde_json::from_str::<Value>(text) {
            Ok(json @ (Value::Object(_) | Value::Array(_))) => Self::Json(format!("{json:#}")),
            _ => Self::Text(text.to_owned()),
        }
    }
}

/// The text of these bytes: UTF-8 without control characters but tabs and line ends.
pub fn text(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let shown = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r');
    text.chars().all(shown).then_some(text)
}

/// Why these bytes may not be edited in a text field; `None` where they may. A text field turns carriage returns into
/// line feeds, and so would change what nobody touched.
pub fn not_editable(bytes: &[u8]) -> Option<&'static str> {
    match text(bytes) {
        None => Some("The value is binary: replace it by a file."),
        Some(text) if text.contains('\r') => {
            Some("The value has carriage returns, which a text field would drop: replace it by a file.")
        }
        Some(_) => None,
    }
}

/// Sixteen bytes a line, in hexadecimal.
fn hex(bytes: &[u8]) -> String {
    let line = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
    bytes.chunks(16).map(line).collect::<Vec<_>>().join("\n")
}

/// A size in words: "1 byte", "999 bytes", "1.5 KiB".
pub fn size(bytes: usize) -> String {
    match bytes {
        1 => "1 byte".to_owned(),
        0..1024 => format!("{bytes} bytes"),
        _ => format!("{}.{} KiB", bytes / 1024, bytes % 1024 * 10 / 1024),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn bytes_are_shown_as_what_they_are() {
        let check = |bytes: &[u8], expect: Shown| assert_eq!(Shown::of(bytes), expect);
        check(b"", Shown::Empty);
        check(b"hunter2\n", Shown::Text("hunter2\n".into()));
        check("grüße".as_bytes(), Shown::Text("grüße".into()));
        check(b"123", Shown::Text("123".into()));
        check(br#"{"a":[1]}"#, Shown::Json("{\n  \"a\": [\n    1\n  ]\n}".into()));
        check(&[0, 255], Shown::Binary { size: 2, hex: "00 ff".into() });
        check(b"a\0b", Shown::Binary { size: 3, hex: "61 00 62".into() });
    }

    #[test]
    fn what_a_text_field_would_change_is_not_edited_in_one() {
        assert_eq!(not_editable(b"a\nb\tc"), None);
        assert!(not_editable(b"a\r\nb").is_some_and(|why| why.contains("carriage")));
        assert!(not_editable(&[0xff]).is_some_and(|why| why.contains("binary")));
    }

    #[test]
    fn sizes_have_words() {
        let check = |bytes, expect: &str| assert_eq!(size(bytes), expect);
        check(0, "0 bytes");
        check(1, "1 byte");
        check(1023, "1023 bytes");
        check(1536, "1.5 KiB");
    }

    #[test]
    fn a_secret_without_data_has_no_keys() {
        assert!(data(&json!({})).is_empty());
        assert_eq!(
            data(&json!({"data": {"b": "AP8=", "a": "not base64!"}})),
            [("b".to_owned(), vec![0, 255])]
        );
    }

    proptest! {
        #[test]
        fn base64_is_canonical(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }

        #[test]
        fn any_bytes_can_be_shown(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            Shown::of(&bytes);
        }
    }
}
