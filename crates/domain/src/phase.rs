//! The phases of an installation and what they mean.

use std::fmt;

/// The state the operator reports for the whole installation (`status.phase` of the reference).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Everything runs as asked.
    Ready,
    /// The operator is applying a change.
    Reconciling,
    /// The last change failed; `lastError` says why.
    Degraded,
    /// Undeployed on request; the custom resource is kept.
    Uninstalled,
    /// The operator waits for something only a person can supply.
    Blocked,
    /// A word of the operator's that the contract does not map, or empty when it has reported none.
    Unknown(String),
}

/// The colour family of a state. Never the only carrier of meaning: a [`Shape`] and a word go with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tone {
    /// As it should be.
    Ok,
    /// In progress.
    Busy,
    /// Failed.
    Bad,
    /// Deliberately not running.
    Off,
    /// Needs a person.
    Warn,
    /// Not known.
    Unknown,
}

/// The shape of a state's mark, so that it reads without colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// Filled disc.
    Disc,
    /// Half-filled disc.
    Half,
    /// Cross.
    Cross,
    /// Hollow ring.
    Ring,
    /// Triangle.
    Triangle,
    /// Question mark.
    Question,
}

impl Tone {
    /// The class name of this tone: `ok`, `busy`, `bad`, `off`, `warn`, `unknown`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Busy => "busy",
            Self::Bad => "bad",
            Self::Off => "off",
            Self::Warn => "warn",
            Self::Unknown => "unknown",
        }
    }

    /// The one shape that goes with this tone.
    pub fn shape(self) -> Shape {
        match self {
            Self::Ok => Shape::Disc,
            Self::Busy => Shape::Half,
            Self::Bad => Shape::Cross,
            Self::Off => Shape::Ring,
            Self::Warn => Shape::Triangle,
            Self::Unknown => Shape::Question,
        }
    }
}

impl Phase {
    /// The phases that the contract can map words to.
    pub const KNOWN: [Phase; 5] =
        [Phase::Ready, Phase::Reconciling, Phase::Degraded, Phase::Uninstalled, Phase::Blocked];

    /// The known phase of this name, whatever its case.
    pub fn named(word: &str) -> Option<Phase> {
        Self::KNOWN.into_iter().find(|phase| phase.word().eq_ignore_ascii_case(word))
    }

    /// The phase's word; "Unknown" when the operator has reported none.
    pub fn word(&self) -> &str {
        match self {
            Self::Ready => "Ready",
            Self::Reconciling => "Reconciling",
            Self::Degraded => "Degraded",
            Self::Uninstalled => "Uninstalled",
            Self::Blocked => "Blocked",
            Self::Unknown(word) if word.is_empty() => "Unknown",
            Self::Unknown(word) => word,
        }
    }

    /// The colour family.
    pub fn tone(&self) -> Tone {
        match self {
            Self::Ready => Tone::Ok,
            Self::Reconciling => Tone::Busy,
            Self::Degraded => Tone::Bad,
            Self::Uninstalled => Tone::Off,
            Self::Blocked => Tone::Warn,
            Self::Unknown(_) => Tone::Unknown,
        }
    }

    /// The shape of the mark.
    pub fn shape(&self) -> Shape {
        self.tone().shape()
    }

    /// What the phase means, in one sentence.
    pub fn meaning(&self) -> &'static str {
        match self {
            Self::Ready => {
                "Both Helm releases are deployed as asked, and the operator has nothing left to do."
            }
            Self::Reconciling => "The operator is bringing the cluster to what the installation asks for.",
            Self::Degraded => "The operator could not apply the last change; the last error says why.",
            Self::Uninstalled => "Both Helm releases were removed on request; the configuration is kept.",
            Self::Blocked => {
                "The operator waits for something that it may not create itself, such as a secret."
            }
            Self::Unknown(word) if word.is_empty() => "The operator has not reported a phase yet.",
            Self::Unknown(_) => "The operator reports a phase that the contract does not know.",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_phases_are_found_by_their_word_and_look_different() {
        for phase in Phase::KNOWN {
            assert_eq!(Phase::named(&phase.word().to_lowercase()), Some(phase.clone()));
            assert!(phase.meaning().ends_with('.'));
        }
        let mut shapes: Vec<_> = Phase::KNOWN.iter().map(|phase| format!("{:?}", phase.shape())).collect();
        shapes.dedup();
        assert_eq!(shapes.len(), 5);
        assert_eq!(Phase::named("Paused"), None);
    }

    #[test]
    fn a_missing_phase_is_unknown_and_an_odd_one_keeps_its_word() {
        assert_eq!(Phase::Unknown(String::new()).word(), "Unknown");
        assert_eq!(Phase::Unknown("Paused".into()).to_string(), "Paused");
        assert_eq!(Phase::Unknown("Paused".into()).tone(), Tone::Unknown);
    }
}
