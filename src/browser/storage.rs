//! What the app remembers between visits: preferences of how it looks and unfinished edits, never a secret.

/// The remembered value of `key`, if the browser has one and lets us read it.
pub fn get(key: &str) -> Option<String> {
    super::window().local_storage().ok()??.get_item(key).ok()?
}

/// Remembers `value`; a browser that refuses storage just forgets it.
pub fn set(key: &str, value: &str) {
    if let Ok(Some(storage)) = super::window().local_storage() {
        let _ = storage.set_item(key, value);
    }
}

/// Forgets `key`.
pub fn remove(key: &str) {
    if let Ok(Some(storage)) = super::window().local_storage() {
        let _ = storage.remove_item(key);
    }
}
