//! Files that the user chose, and files for the user.

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

/// Empties the field that `event` came from, so that the same file can be chosen again.
pub fn forget(event: &web_sys::Event) {
    if let Some(field) = event.target() {
        let _ = Reflect::set(&field, &JsValue::from_str("value"), &JsValue::from_str(""));
    }
}

/// The address of a file of this text, for a link that downloads it.
pub fn address(text: &str) -> String {
    let encoded: String = js_sys::encode_uri_component(text).into();
    format!("data:application/yaml;charset=utf-8,{encoded}")
}
