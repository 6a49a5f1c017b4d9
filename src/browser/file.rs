//! Files that the user chose.

use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// The bytes of the first file of the field that `event` came from; `None` where none was chosen or it cannot be read.
pub async fn chosen(event: &web_sys::Event) -> Option<Vec<u8>> {
    let field = event.target()?;
    let files = Reflect::get(&field, &JsValue::from_str("files")).ok()?;
    let file = Reflect::get(&files, &JsValue::from_f64(0.0)).ok()?.dyn_into::<web_sys::Blob>().ok()?;
    let buffer = JsFuture::from(file.array_buffer()).await.ok()?;
    Some(Uint8Array::new(&buffer).to_vec())
}
