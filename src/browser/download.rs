//! Saving a file that the page made, wherever the browser puts downloads.

use std::time::Duration;

use js_sys::{Array, Uint8Array};
use leptos::prelude::{document, set_timeout};
use wasm_bindgen::JsCast;
use web_sys::{Blob, HtmlElement, Url};

/// The file's address is let go after this long: the browser has begun to read it by then.
const READ: Duration = Duration::from_secs(60);

/// Saves `pieces`, one after the other, as a file called `name`. A browser that refuses says so itself.
pub fn save<P: AsRef<[u8]>>(name: &str, pieces: &[P]) {
    let parts: Array = pieces.iter().map(|it| Uint8Array::from(it.as_ref())).collect();
    if let Ok(blob) = Blob::new_with_u8_array_sequence(&parts) {
        save_blob(name, &blob);
    }
}

/// As [`save`].
pub fn save_blob(name: &str, blob: &Blob) {
    let url = Url::create_object_url_with_blob(blob);
    let (Ok(url), Ok(link)) = (url, document().create_element("a")) else { return };
    let _ = link.set_attribute("href", &url);
    let _ = link.set_attribute("download", name);
    if let Some(link) = link.dyn_ref::<HtmlElement>() {
        link.click();
    }
    set_timeout(move || drop(Url::revoke_object_url(&url)), READ);
}
