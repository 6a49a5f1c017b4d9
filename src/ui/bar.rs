//! A bar of segments whose widths are counts.

use std::rc::Rc;

use super::{El, Tone, each, el};

/// One part of a bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    pub count: u32,
    pub tone: Tone,
    /// Drawn with a hatch, so that two segments of one tone can be told apart without colour.
    pub hatched: bool,
}

/// A bar that follows `segments`; those of zero are left out, and one that stays grows and shrinks in motion. `text`
/// says in words what it shows.
pub fn bar(segments: impl Fn() -> Vec<Segment> + 'static, text: impl Fn() -> String + 'static) -> El {
    let segments = Rc::new(segments);
    let all = Rc::clone(&segments);
    let shown = move || all().into_iter().filter(|it| it.count > 0).collect();
    let class = |it: &Segment| format!("{}{}", if it.hatched { "hatched " } else { "" }, it.tone.name());
    let segment = move |it: Segment| {
        let (class, segments) = (class(&it), Rc::clone(&segments));
        let count = move || {
            let now = segments().into_iter().find(|now| (now.tone, now.hatched) == (it.tone, it.hatched));
            now.map_or(0, |it| it.count).to_string()
        };
        el("i").class(&class).style_live("flex-grow", count)
    };
    el("div")
        .class("bar")
        .attr("role", "img")
        .attr_live("aria-label", move || Some(text()))
        .child(each(shown, class, segment))
}
