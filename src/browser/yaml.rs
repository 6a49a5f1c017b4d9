//! The YAML editor of `editor/`: a file of its own that loads when an editor first opens, and reads and writes YAML with
//! comments kept. Spoken to in JSON texts.

use std::cell::OnceCell;

use js_sys::{Array, Function, Promise, Reflect};
use leptos::prelude::document;
use serde_json::Value;
use wasm_bindgen::{JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::Element;

use super::object;

/// The file, named by its digest so that no cache gives another one.
const FILE: &str = concat!("./editor.js?", env!("EDITOR_DIGEST"));
const DIGEST: &str = env!("EDITOR_DIGEST");

thread_local! {
    static LOADED: OnceCell<Yaml> = const { OnceCell::new() };
}

/// The editor's file could not be loaded.
#[derive(Debug, Clone, PartialEq)]
pub struct NotLoaded;

/// The loaded file.
#[derive(Clone)]
pub struct Yaml(JsValue);

/// Something wrong with a text, and where: lines and columns from 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    pub message: String,
    pub line: u32,
    pub column: u32,
}

/// Loads the file, the first time it is asked for.
///
/// # Errors
/// [`NotLoaded`] when the server does not give it, or not as it was built.
pub async fn load() -> Result<Yaml, NotLoaded> {
    if let Some(loaded) = LOADED.with(|it| it.get().cloned()) {
        return Ok(loaded);
    }
    // Not a script element: Trusted Types forbid to set what it runs. The link fetches and checks the module, `import`
    // then runs what it fetched.
    let link = document().create_element("link").map_err(|_| NotLoaded)?;
    for (name, value) in
        [("rel", "modulepreload"), ("href", FILE), ("integrity", DIGEST), ("crossorigin", "anonymous")]
    {
        let _ = link.set_attribute(name, value);
    }
    let arrived = Promise::new(&mut |done: Function, failed: Function| {
        let _ = link.add_event_listener_with_callback("load", &done);
        let _ = link.add_event_listener_with_callback("error", &failed);
    });
    if let Some(head) = document().head() {
        let _ = head.append_child(&link);
    }
    let arrived = JsFuture::from(arrived).await;
    link.remove();
    arrived.map_err(|_| NotLoaded)?;
    let module = JsFuture::from(import(FILE)).await.map_err(|_| NotLoaded)?;
    let loaded = Reflect::get(&module, &"default".into()).map(Yaml).map_err(|_| NotLoaded)?;
    Ok(LOADED.with(|it| it.get_or_init(|| loaded).clone()))
}

#[wasm_bindgen]
extern "C" {
    /// Runs a module, named relative to the app's own.
    #[wasm_bindgen(js_name = import)]
    fn import(module: &str) -> Promise;
}

impl Yaml {
    /// The value of a text, `null` for one without content; or what is wrong with the text.
    pub fn read(&self, text: &str) -> Result<Value, Vec<Fault>> {
        let told = call(&self.0, "read", &[text.into()]);
        let told: Value = parse(&told);
        let faults: Vec<Fault> = told["errors"].as_array().into_iter().flatten().map(Fault::of).collect();
        if faults.is_empty() { Ok(told["value"].clone()) } else { Err(faults) }
    }

    /// `text` changed so that it says `value`; what it does not change stays as it was written, with its comments.
    pub fn write(&self, text: &str, value: &Value) -> String {
        text_of(call(&self.0, "write", &[text.into(), value.to_string().into()]))
    }

    /// An editor in `host`, an element of its own. `changed` is called with the text after each change of the user's.
    pub fn mount(
        &self,
        host: &Element,
        label: &str,
        text: &str,
        changed: impl Fn(String) + 'static,
    ) -> Editor {
        let heard: Box<dyn Fn(String)> = Box::new(changed);
        let heard = Closure::wrap(heard);
        let arguments = [host.into(), label.into(), text.into(), JsValue::FALSE, heard.as_ref().clone()];
        Editor { handle: call(&self.0, "mount", &arguments), _heard: heard }
    }
}

/// An editor in the page; gone from it when dropped.
pub struct Editor {
    handle: JsValue,
    _heard: Closure<dyn Fn(String)>,
}

impl Editor {
    pub fn text(&self) -> String {
        text_of(call(&self.handle, "text", &[]))
    }

    /// Makes the text say `value`, with comments and cursor kept.
    pub fn set_value(&self, value: &Value) {
        call(&self.handle, "setValue", &[value.to_string().into()]);
    }

    /// The JSON schema that completion follows.
    pub fn set_schema(&self, schema: &Value) {
        call(&self.handle, "setSchema", &[schema.to_string().into()]);
    }

    /// Marks problems, each of `message`, `severity` (`error` or `warning`) and either `path` (keys and indices) or `line`
    /// and `column`. Gives their places.
    pub fn set_problems(&self, problems: &Value) -> Vec<(u32, u32)> {
        let told = parse(&call(&self.handle, "setProblems", &[problems.to_string().into()]));
        let places = told.as_array().into_iter().flatten().map(Fault::of);
        places.map(|it| (it.line, it.column)).collect()
    }

    /// Puts the cursor there.
    pub fn select(&self, line: u32, column: u32) {
        call(&self.handle, "select", &[line.into(), column.into()]);
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        call(&self.handle, "destroy", &[]);
    }
}

impl Fault {
    fn of(json: &Value) -> Self {
        let number = |key: &str| json[key].as_u64().and_then(|it| u32::try_from(it).ok()).unwrap_or(1);
        Self {
            message: json["message"].as_str().unwrap_or_default().to_owned(),
            line: number("line"),
            column: number("column"),
        }
    }
}

/// Calls a method of the file's; what it throws is a fault of the file, and gives nothing.
fn call(on: &JsValue, method: &str, arguments: &[JsValue]) -> JsValue {
    let Some(function) = object::method(on, method) else { return JsValue::UNDEFINED };
    let arguments: Array = arguments.iter().collect();
    function.apply(on, &arguments).unwrap_or(JsValue::UNDEFINED)
}

fn text_of(value: JsValue) -> String {
    value.as_string().unwrap_or_default()
}

fn parse(json: &JsValue) -> Value {
    serde_json::from_str(&json.as_string().unwrap_or_default()).unwrap_or_default()
}
