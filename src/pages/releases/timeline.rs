//! Both releases' versions over time, as a picture.

use std::sync::Arc;

use leptos::prelude::*;
use rootcause_domain::helm::{
    HistoryRow,
    timeline::{Span, Timeline, timeline},
};

use crate::{
    browser::clock,
    live::Live,
    session::Session,
    ui::{
        El, View, el,
        picture::{Place, across, labelled, picture},
        show, svg,
    },
};

/// Heights in pixels: of a release's name, of its bar, and of the line of times below.
const NAME: usize = 22;
const BAR: usize = 26;
const TIMES: usize = 22;

/// The `newest` revisions of each release.
pub fn picture_of_versions(newest: usize) -> View {
    let live = expect_context::<Live>();
    let rows = move || live.history.with(|it| (Arc::clone(&it.dependencies), Arc::clone(&it.platform)));
    let drawn = move || {
        let (dependencies, platform): (Arc<Vec<HistoryRow>>, Arc<Vec<HistoryRow>>) = rows();
        timeline(&[&dependencies, &platform], newest)
    };
    show(drawn, draw)
}

fn draw(drawn: &Timeline) -> Option<El> {
    let names = expect_context::<Session>().config().contract.releases.clone();
    let names = [names.dependencies, names.platform];
    let columns = drawn.moments.len();
    if columns == 0 {
        return None;
    }
    let at = |column: usize| column * 1000 / columns;
    let lane = |(lane, (name, spans)): (usize, (&String, &Vec<Span>))| {
        let top = lane * (NAME + BAR);
        let name = svg("text").class("soft").attr("y", &(top + 15).to_string()).child(name.as_str());
        let bar = |it: &Span| {
            let (x, y, height) = (at(it.from), top + NAME, BAR);
            labelled(Place { x, y, width: at(it.to) - x, height }, it.tone.name(), "", &it.words)
        };
        View::list([View::from(name), View::list(spans.iter().map(bar))])
    };
    let lanes: Vec<_> = names.iter().zip(&drawn.lanes).enumerate().map(lane).collect();
    let height = names.len() * (NAME + BAR) + TIMES;
    let time = |(column, moment)| {
        svg("text")
            .class("soft")
            .attr("x", &across(at(column)))
            .attr("y", &(height - 6).to_string())
            .child(clock::short(moment))
    };
    let times = drawn.moments.iter().copied().enumerate().map(time);
    let said = names.iter().zip(&drawn.lanes).map(|(name, spans)| {
        let spans = spans.iter().map(|it| format!("{} since {}", it.words, clock::short(it.began)));
        format!("{name}: {}.", spans.collect::<Vec<_>>().join(", "))
    });
    let drawing = picture(height, &said.collect::<Vec<_>>().join(" ")).children(lanes).children(times);
    let wide = el("div").style("min-width", &format!("{}rem", columns * 8)).child(drawing);
    Some(el("div").class("table-wrap").attr("tabindex", "0").child(wide))
}
