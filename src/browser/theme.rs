//! Light, dark, or as the system has it.

use leptos::prelude::*;

const KEY: &str = "rootcause-admin.theme";

/// Which colours the page is drawn in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    System,
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The word for it, also what is stored and what `data-theme` says.
    pub fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme remembered from the last visit.
    pub fn remembered() -> Self {
        let stored = super::storage::get(KEY);
        Self::ALL.into_iter().find(|it| stored.as_deref() == Some(it.word())).unwrap_or(Self::System)
    }

    /// Draws the page in this theme and remembers it.
    pub fn apply(self) {
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("data-theme", self.word());
        }
        super::storage::set(KEY, self.word());
    }
}
