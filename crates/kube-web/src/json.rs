//! JSON from bytes.

use serde::{Deserialize, de::Error as _};

/// Reads JSON by way of `str`, as `serde_json::Value` itself does: reading bytes would compile all decoding twice.
pub(crate) fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> serde_json::Result<T> {
    let text = std::str::from_utf8(body).map_err(serde_json::Error::custom)?;
    serde_json::from_str(text)
}
