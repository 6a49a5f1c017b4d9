//! Pictures with words in them, as SVG. Places across are given in thousandths of the width: so a picture is as wide as
//! there is room, and its letters keep their size.

use super::{El, svg};

/// A picture of this height in pixels. `says` is what it shows, in words.
pub fn picture(height: usize, says: &str) -> El {
    svg("svg")
        .class("picture")
        .attr("role", "img")
        .attr("aria-label", says)
        .attr("height", &height.to_string())
}

/// Where a part of a picture is.
#[derive(Clone, Copy)]
pub struct Place {
    pub x: usize,
    pub y: usize,
    pub width: usize,
    pub height: usize,
}

/// A box with a line of words, and another one above it in a softer tone where there is one. What does not fit is cut.
pub fn labelled(place: Place, class: &str, soft: &str, words: &str) -> El {
    let Place { x, y, width, height } = place;
    let frame = svg("rect").attr("width", "100%").attr("height", "100%").attr("rx", "4");
    let line = |y: &str, class: &str, words: &str| {
        svg("text").class(class).attr("x", "8").attr("y", y).attr("dominant-baseline", "middle").child(words)
    };
    let both = !soft.is_empty();
    svg("svg")
        .class(class)
        .attr("x", &across(x))
        .attr("y", &y.to_string())
        .attr("width", &across(width))
        .attr("height", &height.to_string())
        .child(frame)
        .child(both.then(|| line("30%", "soft", soft)))
        .child(line(if both { "70%" } else { "50%" }, "", words))
}

/// Thousandths of the width as SVG has them.
pub fn across(thousandths: usize) -> String {
    format!("{}.{}%", thousandths / 10, thousandths % 10)
}
