//! Reading a file that is served beside the app. The Kubernetes API is `kube_web`'s.

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

/// Why a file could not be had.
#[derive(Debug)]
pub enum FileError {
    /// The server has no such file.
    Absent,
    /// Anything else, in the browser's or the server's words.
    Failed(String),
}

/// The bytes of the file at an address, which may be relative to the page's.
///
/// # Errors
/// [`FileError`] when it is absent or the server cannot be reached.
pub async fn file(address: &str) -> Result<Vec<u8>, FileError> {
    let failed = |error: wasm_bindgen::JsValue| {
        let words = error.dyn_ref::<js_sys::Error>().map(|it| String::from(it.message()));
        FileError::Failed(words.unwrap_or_default())
    };
    let response = JsFuture::from(super::window().fetch_with_str(address)).await.map_err(failed)?;
    let response: web_sys::Response = response.dyn_into().map_err(failed)?;
    if response.status() == 404 {
        return Err(FileError::Absent);
    }
    if !response.ok() {
        return Err(FileError::Failed(format!("{} {}", response.status(), response.status_text())));
    }
    let buffer = JsFuture::from(response.array_buffer().map_err(failed)?).await.map_err(failed)?;
    Ok(js_sys::Uint8Array::new(&buffer).to_vec())
}
