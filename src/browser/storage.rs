//! What the app remembers between visits: preferences of how it looks and unfinished edits, never a secret.

/// Stands before each key: other pages of the same origin remember things too.
const PREFIX: &str = "rootcause-admin.";

fn named(key: &str) -> String {
    format!("{PREFIX}{key}")
}

/// The remembered value of `key`, if the browser has one and lets us read it.
pub fn get(key: &str) -> Option<String> {
    super::window().local_storage().ok()??.get_item(&named(key)).ok()?
}

/// Remembers `value`; a browser that refuses storage just forgets it.
pub fn set(key: &str, value: &str) {
    if let Ok(Some(storage)) = super::window().local_storage() {
        let _ = storage.set_item(&named(key), value);
    }
}

/// Forgets `key`.
pub fn remove(key: &str) {
    if let Ok(Some(storage)) = super::window().local_storage() {
        let _ = storage.remove_item(&named(key));
    }
}
