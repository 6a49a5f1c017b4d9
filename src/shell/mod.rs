//! What surrounds every page: the rail, the bar at the top, the command palette, reviews and messages.

pub mod account;
pub mod activity;
pub mod confirm;
pub mod palette;
pub mod parts;
pub mod review;
pub mod rights;

use leptos::prelude::*;
use rootcause_domain::{
    certainty::Certain,
    phase::Tone,
    route::{Place, Route},
    version,
};

use crate::{
    app::Navigation,
    browser::{
        clock::{self, Now},
        host::Host,
        theme::Theme,
    },
    chunks::{self, Chunks},
    diagnosis::Diagnoses,
    live::{Connection, Live, READ_ONLY},
    pages,
    reactive::RwSignal,
    session::Session,
    ui::{
        El, Glyph, View, alert, button, el, hidden, icon, link, mark, out_link, p, said, show, since, text,
        toast_region, value_of,
    },
    words::ProblemKind,
};
use confirm::Confirms;
use review::Reviews;

/// Seconds without a connection before the page says so: short ones pass unnoticed.
const PATIENCE: i64 = 10;

/// The pages, in the order of the rail.
pub const PAGES: [(&str, Route, Glyph); 7] = [
    ("Status", Route::Status, Glyph::Pulse),
    ("Releases", Route::Releases, Glyph::Stack),
    ("Backups", Route::Backups, Glyph::Archive),
    ("Bootstrap", Route::Bootstrap, Glyph::Sliders),
    ("Secrets", Route::Secrets { name: None }, Glyph::Key),
    ("Users", Route::Users, Glyph::Person),
    ("Troubleshooting", Route::Troubleshooting { tab: None }, Glyph::Search),
];

/// The whole page. `config_problem` is why config.json is not used.
pub fn shell(config_problem: Option<String>) -> View {
    let live = expect_context::<Live>();
    let chunks = expect_context::<Chunks>();
    let open = Open::provide();
    let host = expect_context::<Host>();
    host.on_ctrl_k(move || open.palette.set(true));
    let stale = move || matches!(live.connection.get(), Connection::Lost(_)) && lost_for(live) >= PATIENCE;
    let skip = link("#main", "Skip to the page").class("skip").on("click", move |event| {
        event.prevent_default();
        host.focus_heading();
    });
    let unused = "config.json is not used; the built-in settings are.";
    let main = el("main")
        .id("main")
        .class_live("stale", stale)
        .child(printed())
        .child(config_problem.map(|problem| alert(Tone::Bad, unused, said(&problem))))
        .child(connection_notice(live))
        .child(pages::page());
    let whole = el("div").class("shell").child(skip).child(rail()).child(top_bar(open)).child(main);
    let slot = move |open: RwSignal<bool>, chunk| {
        show(move || open.get(), move |shown| shown.then(|| chunks::over(chunk, move || open.set(false))))
    };
    View::list([
        whole.into(),
        slot(open.palette, chunks.palette),
        slot(open.activity, chunks.activity),
        slot(open.rights, chunks.rights),
        account::slot(),
        expect_context::<Reviews>().slot(),
        expect_context::<Confirms>().slot(),
        toast_region(rights::offer).into(),
    ])
}

/// What is open over the page; a context of the whole app.
#[derive(Clone, Copy)]
pub struct Open {
    pub palette: RwSignal<bool>,
    pub activity: RwSignal<bool>,
    pub rights: RwSignal<bool>,
    /// As the user asked for it: it also opens by itself.
    pub account: RwSignal<bool>,
}

impl Open {
    fn provide() -> Self {
        let closed = || RwSignal::new(false);
        let open = Self { palette: closed(), activity: closed(), rights: closed(), account: closed() };
        provide_context(open);
        open
    }
}

/// What a printed page begins with: whose it is, and when it was printed.
fn printed() -> El {
    let now = expect_context::<Now>();
    let session = expect_context::<Session>();
    let config = session.config();
    let of = format!("{} in {} · {} · ", config.installation, config.namespace, session.cluster());
    p(of).class("printed").child(text(move || clock::absolute(now.get())))
}

/// Seconds since the connection was lost, tracked; 0 while it holds.
fn lost_for(live: Live) -> i64 {
    let now = expect_context::<Now>();
    match live.connection.get() {
        Connection::Lost(trouble) => now.get().duration_since(trouble.since).as_secs(),
        Connection::Live | Connection::Opening => 0,
    }
}

/// The installation's card, the pages and links out.
fn rail() -> El {
    let live = expect_context::<Live>();
    let config = expect_context::<Session>().config();
    let navigation = expect_context::<Navigation>();
    let chunks = expect_context::<Chunks>();
    let phase = move || live.installation.with(|it| it.as_ref().map(|it| it.phase.clone()));
    let deployed =
        move || live.installation.with(|it| it.as_ref()?.deployed_version.clone()).unwrap_or_default();
    let card = el("section")
        .class("card")
        .attr("aria-label", "Installation")
        .child(el("span").class("name").child("RootCause"))
        .child(show(phase, |phase| {
            let phase = phase.as_ref()?;
            Some(el("span").attr("title", phase.meaning()).child(mark(phase.tone(), phase.word())))
        }))
        .child(el("span").class("version").child(text(deployed)));
    let page = move |(name, route, glyph): (&'static str, Route, Glyph)| {
        let current = move || (navigation.page() == Some(name)).then(|| "page".to_owned());
        let ahead = route.clone();
        let page = el("a")
            .attr("href", &Place::at(route.clone()).hash())
            .on("pointerenter", move |_| chunks.load_ahead(&ahead))
            .attr_live("aria-current", current)
            .child(icon(glyph))
            .child(name)
            .child(count(live, &route));
        el("li").child(page)
    };
    let links = [("Platform", &config.links.platform), ("Operations guide", &config.links.docs)];
    let links: Vec<_> =
        links.into_iter().filter_map(|(text, href)| out_link(href.as_deref()?, text)).collect();
    let elsewhere =
        (!links.is_empty()).then(|| el("nav").class("links").attr("aria-label", "Elsewhere").children(links));
    el("div")
        .class("rail")
        .child(card)
        .child(el("nav").attr("aria-label", "Pages").child(el("ul").children(PAGES.map(page))))
        .child(elsewhere)
}

/// How many things wait on a page, beside its name.
fn count(live: Live, route: &Route) -> Option<View> {
    let diagnoses = expect_context::<Diagnoses>();
    let (count, class, title): (Box<dyn Fn() -> Certain<usize>>, _, _) = match route {
        Route::Releases => {
            let updates = move || {
                live.installation
                    .with(|it| it.as_ref().and_then(|it| version::update_available(it)).is_some())
            };
            let one = move || Certain::Exactly(usize::from(updates()));
            (Box::new(one), "busy", "A newer version is available")
        }
        Route::Troubleshooting { .. } => {
            let findings =
                move || diagnoses.current.with(|it| it.as_ref().map_or(Certain::Exactly(0), |it| it.count()));
            (Box::new(findings), "bad", "Things that are wrong")
        }
        _ => return None,
    };
    let tag = move |count: &Certain<usize>| {
        (*count != Certain::Exactly(0)).then(|| {
            // A number alone says nothing to who does not see its colour.
            let label = format!("{}: {title}", count.badge());
            let tag = el("span").class(&format!("count tag {class}")).attr("title", title);
            tag.attr("role", "img").attr("aria-label", &label).child(count.badge())
        })
    };
    Some(show(count, tag))
}

/// Where one is, how current it is, who one is.
fn top_bar(open: Open) -> El {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let config = session.config();
    let connection = move || match live.connection.get() {
        Connection::Opening => (Tone::Unknown, "connecting"),
        Connection::Live => (Tone::Ok, "live"),
        Connection::Lost(it) if it.problem.kind == ProblemKind::SignedOut => (Tone::Warn, "signed out"),
        Connection::Lost(_) if lost_for(live) < PATIENCE => (Tone::Ok, "live"),
        Connection::Lost(_) if !crate::browser::window().navigator().on_line() => (Tone::Bad, "offline"),
        Connection::Lost(_) => (Tone::Warn, "reconnecting"),
    };
    let read_only =
        config.read_only.then(|| el("span").class("tag").attr("title", READ_ONLY).child("read-only"));
    let place = account::installation_choice().unwrap_or_else(|| {
        el("span").class("place").child(el("strong").child(config.installation.as_str())).child(format!(
            " in {} · {}",
            config.namespace,
            session.cluster()
        ))
    });
    let state = el("span")
        .attr("role", "status")
        .attr("aria-label", "Connection")
        .child(show(connection, |(tone, word)| mark(*tone, word)));
    let commands = button(View::list([View::from(icon(Glyph::Search)), el("kbd").child("Ctrl K").into()]))
        .quiet()
        .small()
        .label("Commands")
        .on_press(move || open.palette.set(true));
    el("header")
        .class("top")
        .child(place)
        .child(read_only)
        .child(rights::missing(open))
        .child(state)
        .child(account::who(open))
        .child(theme_choice())
        .child(commands)
}

fn theme_choice() -> Option<El> {
    let host = expect_context::<Host>();
    // Whose page it is says how it looks.
    if host.is_element() {
        return None;
    }
    let remembered = Theme::remembered();
    host.apply_theme(remembered);
    let option = |it: Theme| {
        let option = el("option").attr("value", it.word()).child(it.word());
        option.maybe("selected", (it == remembered).then_some(""))
    };
    let select = el("select").children(Theme::ALL.map(option)).on("change", move |event| {
        if let Some(chosen) = Theme::named(&value_of(&event)) {
            host.apply_theme(chosen);
            chosen.remember();
        }
    });
    Some(el("label").child(hidden("Theme")).child(select))
}

/// Says that the page is out of date, once that has lasted.
fn connection_notice(live: Live) -> View {
    let lost = move || match live.connection.get() {
        Connection::Lost(trouble) if lost_for(live) >= PATIENCE => Some(trouble),
        _ => None,
    };
    show(lost, |trouble| {
        let trouble = trouble.as_ref()?;
        let problem = &trouble.problem;
        let words = p("What you see was read ")
            .child(since(trouble.since))
            .child(". Writing is locked until it is current again. ")
            .child(problem.advice.as_str());
        let words = View::list([words, said(&problem.said).class("soft mono")]);
        Some(alert(Tone::Warn, &problem.title, words))
    })
}
