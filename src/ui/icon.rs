//! The app's own icons, drawn on a 16 × 16 grid with the current colour.

use rootcause_domain::phase::{Shape, Tone};

use super::{El, el, svg};

/// One icon. The first group are shapes of state, the second things to do or places to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    Disc,
    Half,
    Cross,
    Ring,
    Triangle,
    Question,

    Archive,
    Close,
    Copy,
    Key,
    Person,
    Pulse,
    Search,
    Sliders,
    Stack,
}

impl Glyph {
    /// The icon's path: filled where it is a shape of state, else a stroke.
    fn path(self) -> &'static str {
        match self {
            Self::Disc => {
                "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm3.6 5.1-4.1 4.8a.8.8 0 0 1-1.2 0L4.4 9l1.1-1.1 1.4 1.4 3.5-4.2Z"
            }
            Self::Half => "M8 1a7 7 0 0 1 7 7h-2a5 5 0 0 0-5-5ZM8 15a7 7 0 0 1-7-7h2a5 5 0 0 0 5 5Z",
            Self::Cross => {
                "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm2.3 3.6 1.1 1.1L9.1 8l2.3 2.3-1.1 1.1L8 9.1l-2.3 2.3-1.1-1.1L6.9 8 4.6 5.7l1.1-1.1L8 6.9Z"
            }
            Self::Question => {
                "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm-.8 10h1.6v1.6H7.2ZM8 3.4c1.7 0 2.8 1 2.8 2.4 0 1.9-2 2-2 3.7H7.2c0-2.3 2-2.4 2-3.6 0-.6-.5-1-1.2-1s-1.3.4-1.5 1.3l-1.5-.4C5.3 4.3 6.4 3.4 8 3.4Z"
            }
            Self::Triangle => "M8 1.2 15.6 14.6H.4Zm-.8 4.8v4.2h1.6V6Zm0 5.4V13h1.6v-1.6Z",
            Self::Ring => "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 2a5 5 0 1 1 0 10A5 5 0 0 1 8 3Z",
            Self::Archive => "M2 3h12v3H2Zm1 3v7h10V6M6.5 9h3",
            Self::Close => "m3.5 3.5 9 9m0-9-9 9",
            Self::Copy => "M5.5 5.5h8v8h-8Zm-2 5h-1v-8h8v1",
            Self::Key => {
                "M10.5 9a3.5 3.5 0 1 0-3.3-2.3L2 12v2h2.5v-1.5H6V11l1.7-1.7A3.5 3.5 0 0 0 10.5 9Zm.8-4.3v.1"
            }
            Self::Sliders => "M2 4h7m3 0h2M2 8h2m3 0h7M2 12h6m3 0h3M10.5 2.5v3m-5 1v3m4 1v3",
            Self::Person => "M8 8a2.8 2.8 0 1 0 0-5.6A2.8 2.8 0 0 0 8 8Zm-5.5 6a5.5 5.5 0 0 1 11 0",
            Self::Pulse => "M1.5 8.5h3l2-5.5 3 10 2-4.5h3",
            Self::Search => "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm3.6-1.4L14 14",
            Self::Stack => "m8 2 6 3-6 3-6-3Zm-6 6 6 3 6-3m-12 3 6 3 6-3",
        }
    }

    fn is_state(self) -> bool {
        matches!(self, Self::Disc | Self::Half | Self::Cross | Self::Ring | Self::Triangle | Self::Question)
    }
}

impl From<Tone> for Glyph {
    fn from(tone: Tone) -> Self {
        match tone.shape() {
            Shape::Disc => Self::Disc,
            Shape::Half => Self::Half,
            Shape::Cross => Self::Cross,
            Shape::Ring => Self::Ring,
            Shape::Triangle => Self::Triangle,
            Shape::Question => Self::Question,
        }
    }
}

/// A state: its shape, its colour and its word.
pub fn mark(tone: Tone, word: &str) -> El {
    el("span")
        .class(&format!("mark {}", tone.name()))
        .child(icon(Glyph::from(tone)))
        .child(el("span").child(word))
}

/// An icon that says nothing by itself: the text beside it does.
pub fn icon(glyph: Glyph) -> El {
    let (fill, stroke) = if glyph.is_state() { ("currentColor", "none") } else { ("none", "currentColor") };
    let path = svg("path").attr("d", glyph.path()).attr("fill", fill).attr("stroke", stroke);
    svg("svg")
        .class(if glyph == Glyph::Half { "icon spin" } else { "icon" })
        .attr("viewBox", "0 0 16 16")
        .attr("aria-hidden", "true")
        .child(path)
}
