//! Troubleshooting: what is wrong and why first, then everything one looks at by hand.

mod act;
mod bundle;
mod events;
mod findings;
mod helm;
mod installation;
mod logs;
mod operator;
mod pods;
mod reference;

use leptos::prelude::*;
use rootcause_domain::route::{Place, Route};

use super::unavailable::no_page;
use crate::{
    app::Navigation,
    diagnosis::Diagnoses,
    ui::{El, Glyph, Tone, View, el, heading, icon, link, show, text},
};

/// A tab: its part of the address, its name, and what it shows.
type Tab = (&'static str, &'static str, fn() -> View);

const TABS: [Tab; 9] = [
    ("", "Findings", findings::findings),
    ("pods", "Pods", pods::pods),
    ("logs", "Logs", logs::logs),
    ("events", "Events", events::events),
    ("helm", "Helm releases", helm::helm),
    ("installation", "Installation", installation::installation),
    ("operator", "Operator", operator::operator),
    ("reference", "Quick reference", reference::reference),
    ("bundle", "Support bundle", bundle::bundle),
];

pub fn troubleshooting() -> View {
    let navigation = expect_context::<Navigation>();
    let diagnoses = expect_context::<Diagnoses>();
    let current = move || match navigation.place().route {
        Route::Troubleshooting { tab } => tab.unwrap_or_default(),
        _ => String::new(),
    };
    diagnoses.look();
    let sentence = move || match diagnoses.current.get() {
        Some(diagnosis) if diagnoses.has_looked() || !diagnosis.findings.is_empty() => diagnosis.sentence(),
        _ => ("Looking at the installation.".to_owned(), Tone::Unknown),
    };
    let shape = show(
        move || sentence().1,
        |tone| el("span").class(&format!("mark {}", tone.name())).child(icon(Glyph::from(*tone))),
    );
    let opening =
        el("div").class("opening").child(heading(shape).child(" ").child(text(move || sentence().0)));
    let body = show(current, |name| match TABS.iter().find(|(tab, ..)| tab == name) {
        Some((.., view)) => el("div").class("facts").child(view()).into(),
        None => no_page(&format!("/troubleshooting/{name}")),
    });
    View::list([opening.into(), tabs(current).into(), body])
}

/// The links to the page's parts.
fn tabs(current: impl Fn() -> String + Copy + 'static) -> El {
    let tab = move |(tab, name, _): Tab| {
        let route = Route::Troubleshooting { tab: (!tab.is_empty()).then(|| tab.to_owned()) };
        let here = move || (current() == tab).then(|| "page".to_owned());
        el("li").child(link(&Place::at(route).hash(), name).attr_live("aria-current", here))
    };
    el("nav").class("tabs").attr("aria-label", "Troubleshooting").child(el("ul").children(TABS.map(tab)))
}
