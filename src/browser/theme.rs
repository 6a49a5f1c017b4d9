//! Light, dark, or as the system has it.

const KEY: &str = "theme";

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

    /// The theme of this word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }

    /// The theme remembered from the last visit.
    pub fn remembered() -> Self {
        super::storage::get(KEY).and_then(|it| Self::named(&it)).unwrap_or(Self::System)
    }

    pub fn remember(self) {
        super::storage::set(KEY, self.word());
    }
}
