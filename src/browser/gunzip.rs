//! Unpacking gzip with the browser's own decompressor, which costs the bundle nothing and runs off the main thread.

use js_sys::{Array, Function, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ReadableStreamDefaultReader, ReadableWritablePair};

/// Why bytes could not be unpacked.
#[derive(Debug)]
pub enum GunzipError {
    /// They are no gzip, or cut short: the browser's words.
    Broken(String),
    /// They unpack to more than the limit given, in bytes.
    TooLarge(usize),
}

/// Unpacks `packed`, stopping as soon as more than `limit` bytes have come out.
///
/// # Errors
/// [`GunzipError`] for bytes that are no gzip or unpack to more than `limit`.
pub async fn gunzip(packed: &[u8], limit: usize) -> Result<Vec<u8>, GunzipError> {
    through("DecompressionStream", "gzip", packed, limit).await
}

/// What comes out of the browser's transform stream of this class and format.
pub(super) async fn through(
    class: &str,
    format: &str,
    bytes: &[u8],
    limit: usize,
) -> Result<Vec<u8>, GunzipError> {
    let broken = |error: JsValue| {
        let words = error.dyn_ref::<js_sys::Error>().map(|it| String::from(it.message()));
        GunzipError::Broken(words.unwrap_or_else(|| "not gzip".to_owned()))
    };
    let blob = Blob::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(bytes))).map_err(broken)?;
    // By name: web-sys has these classes only behind its flag for unstable APIs.
    let constructor = Reflect::get(&js_sys::global(), &class.into()).map_err(broken)?;
    let constructor: Function = constructor.dyn_into().map_err(broken)?;
    let unpacker = Reflect::construct(&constructor, &Array::of1(&format.into())).map_err(broken)?;
    let stream = blob.stream().pipe_through(unpacker.unchecked_ref::<ReadableWritablePair>());
    let reader: ReadableStreamDefaultReader =
        stream.get_reader().dyn_into().map_err(|it| broken(it.into()))?;

    let mut unpacked = Vec::new();
    loop {
        let chunk = JsFuture::from(reader.read()).await.map_err(broken)?;
        if Reflect::get(&chunk, &"done".into()).map_err(broken)?.is_truthy() {
            return Ok(unpacked);
        }
        let bytes = Uint8Array::new(&Reflect::get(&chunk, &"value".into()).map_err(broken)?);
        if unpacked.len() + bytes.length() as usize > limit {
            let _ = JsFuture::from(reader.cancel()).await;
            return Err(GunzipError::TooLarge(limit));
        }
        unpacked.extend(bytes.to_vec());
    }
}
