//! How sure a number or a verdict is. What is forbidden, stale or still loading is never shown as zero or as fine.

use crate::ago::ago;
use crate::time::Timestamp;

/// A value with its certainty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Certain<T> {
    /// All of it was read.
    Exactly(T),
    /// Part of it was not readable: there may be more.
    AtLeast(T),
    /// Part of it could not be excluded: there may be fewer.
    AtMost(T),
    /// Nothing can be said, for this reason.
    Unknown(String),
    /// Read at this moment and not since.
    AsOf(T, Timestamp),
}

impl<T> Certain<T> {
    /// The value, however sure.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Exactly(value) | Self::AtLeast(value) | Self::AtMost(value) | Self::AsOf(value, _) => {
                Some(value)
            }
            Self::Unknown(_) => None,
        }
    }

    /// The same certainty of another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Certain<U> {
        match self {
            Self::Exactly(value) => Certain::Exactly(change(value)),
            Self::AtLeast(value) => Certain::AtLeast(change(value)),
            Self::AtMost(value) => Certain::AtMost(change(value)),
            Self::Unknown(why) => Certain::Unknown(why),
            Self::AsOf(value, when) => Certain::AsOf(change(value), when),
        }
    }

    /// The mark before the value: nothing, `≥`, `≤`, `?`, or `~` for an old one.
    pub fn mark(&self) -> &'static str {
        match self {
            Self::Exactly(_) => "",
            Self::AtLeast(_) => "≥",
            Self::AtMost(_) => "≤",
            Self::Unknown(_) => "?",
            Self::AsOf(..) => "~",
        }
    }
}

impl<T: std::fmt::Display> Certain<T> {
    /// In words: "3", "at least 3", "at most 3", "unknown: may not list pods", "3 as of 2 min ago".
    pub fn words(&self, now: Timestamp) -> String {
        match self {
            Self::Exactly(value) => value.to_string(),
            Self::AtLeast(value) => format!("at least {value}"),
            Self::AtMost(value) => format!("at most {value}"),
            Self::Unknown(why) => format!("unknown: {why}"),
            Self::AsOf(value, when) => format!("{value} as of {}", ago(*when, now)),
        }
    }

    /// Short, for a badge: "3", "≥3", "≤3", "?", "~3".
    pub fn badge(&self) -> String {
        match self.value() {
            Some(value) => format!("{}{value}", self.mark()),
            None => self.mark().to_owned(),
        }
    }
}

/// What came of reading something: so that "not there" and "not allowed to see" stay apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read<T> {
    /// Not answered yet.
    Loading,
    /// Read.
    Found(T),
    /// The API server says that there is none.
    Absent,
    /// Not readable (forbidden, unreachable), in the server's words.
    Unreadable(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_certainty_has_words_and_a_badge() {
        let now: Timestamp = "2026-03-01T12:02:00Z".parse().unwrap();
        let then = "2026-03-01T12:00:00Z".parse().unwrap();
        let check = |of: Certain<u32>, badge: &str, words: &str| {
            assert_eq!((of.badge().as_str(), of.words(now).as_str()), (badge, words));
        };
        check(Certain::Exactly(3), "3", "3");
        check(Certain::AtLeast(3), "≥3", "at least 3");
        check(Certain::AtMost(3), "≤3", "at most 3");
        check(Certain::AsOf(3, then), "~3", "3 as of 2 min ago");
        check(Certain::Unknown("may not list pods".into()), "?", "unknown: may not list pods");
    }

    #[test]
    fn the_unknown_has_no_value() {
        assert_eq!(Certain::<u32>::Unknown("forbidden".into()).map(|n| n + 1).value(), None);
        assert_eq!(Certain::AtLeast(1).map(|n| n + 1), Certain::AtLeast(2));
    }
}
