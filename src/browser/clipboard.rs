//! Copying text.

use wasm_bindgen_futures::JsFuture;

/// Puts `text` on the clipboard.
///
/// # Errors
/// When the browser refuses: no focus, no permission, or a page served without a secure context.
pub async fn copy(text: &str) -> Result<(), ClipboardRefused> {
    let navigator = super::window().navigator();
    // Absent outside secure contexts (plain http on another host than localhost).
    if js_sys::Reflect::get(&navigator, &"clipboard".into()).map_or(true, |it| it.is_undefined()) {
        return Err(ClipboardRefused);
    }
    JsFuture::from(navigator.clipboard().write_text(text)).await.map(|_| ()).map_err(|_| ClipboardRefused)
}

/// The browser did not let the page write to the clipboard.
#[derive(Debug)]
pub struct ClipboardRefused;
