//! The part of the page's address after `?`.

use wasm_bindgen::JsValue;

/// What the address gives for `name`, if it is all that it gives.
pub fn parameter(name: &str) -> Option<String> {
    let search = super::window().location().search().ok()?;
    let value = search.strip_prefix('?')?.strip_prefix(name)?.strip_prefix('=')?;
    js_sys::decode_uri_component(value).ok().map(String::from)
}

/// Has the address give `value` for `name`, without loading the page anew.
pub fn set_parameter(name: &str, value: &str) {
    let Ok(history) = super::window().history() else { return };
    let value = String::from(js_sys::encode_uri_component(value));
    let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&format!("?{name}={value}")));
}
