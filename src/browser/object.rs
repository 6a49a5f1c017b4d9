//! Members of JavaScript objects by their names: for APIs that web-sys does not have, or that throw where `None` would do.

use js_sys::{Function, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// The member of this name, if it is a text.
pub fn text(object: &JsValue, name: &str) -> Option<String> {
    Reflect::get(object, &name.into()).ok()?.as_string()
}

/// The member of this name, if it can be called.
pub fn method(object: &JsValue, name: &str) -> Option<Function> {
    Reflect::get(object, &name.into()).ok()?.dyn_into().ok()
}

/// An object with these members.
pub fn of(members: &[(&str, &str)]) -> Object {
    let object = Object::new();
    for (name, value) in members {
        // Only fails for an object that is frozen.
        let _ = Reflect::set(&object, &(*name).into(), &(*value).into());
    }
    object
}
