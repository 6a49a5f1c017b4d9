//! What surrounds every page: the rail, the bar at the top, the command palette, reviews and messages.

mod palette;
pub mod review;

use leptos::prelude::*;
use rootcause_domain::{
    phase::Tone,
    route::{Place, Route},
    version,
};

use crate::{
    app::Navigation,
    browser::{clock::Now, keys, theme::Theme},
    live::{Connection, Live},
    pages,
    requests::Intent,
    session::Session,
    ui::{Ago, Button, Glyph, Icon, Kind, Mark, Notice, OutLink, Press, ToastRegion, part},
};
use palette::{Entry, Palette};
use review::{ReviewSlot, Reviews};

/// Seconds without a connection before the page says so: short ones pass unnoticed.
const PATIENCE: i64 = 10;

/// The pages, in the order of the rail.
const PAGES: [(&str, Route, Glyph); 2] =
    [("Status", Route::Status, Glyph::Pulse), ("Releases", Route::Releases, Glyph::Stack)];

#[component]
pub fn Shell(config_problem: Option<String>) -> impl IntoView {
    let live = expect_context::<Live>();
    let palette = RwSignal::new(false);
    keys::on_ctrl_k(move || palette.set(true));
    let stale = move || matches!(live.connection.get(), Connection::Lost(_)) && lost_for(live) >= PATIENCE;
    view! {
        <div class="shell">
            <a class="skip" href="#main" on:click=|event| {
                event.prevent_default();
                crate::browser::document::focus_heading();
            }>
                "Skip to the page"
            </a>
            <Rail />
            <TopBar on_palette=move |()| palette.set(true) />
            <main id="main" class:stale=stale>
                {config_problem.map(|problem| view! {
                    <Notice tone=Tone::Bad title="config.json is not used; the built-in settings are." alert=true>
                        <p class="mono">{problem}</p>
                    </Notice>
                })}
                <ConnectionNotice />
                <pages::Page />
            </main>
        </div>
        {part(move || palette.get().then(|| {
            view! { <Palette entries=entries() on_close=move |()| palette.set(false) /> }
        }))}
        <ReviewSlot />
        <ToastRegion />
    }
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
#[component]
fn Rail() -> impl IntoView {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let navigation = expect_context::<Navigation>();
    let config = session.config();
    let phase = Memo::new(move |_| live.installation.with(|it| it.as_ref().map(|it| it.phase.clone())));
    let deployed =
        move || live.installation.with(|it| it.as_ref()?.deployed_version.clone()).unwrap_or_default();
    let updates = move || {
        live.installation.with(|it| version::update_available(it.as_ref()?).map(|_| "1")).map(|count| {
            view! { <span class="count tag busy" title="A newer version is available">{count}</span> }
        })
    };
    let links =
        [("Platform", config.links.platform.clone()), ("Operations guide", config.links.docs.clone())];
    let any = links.iter().any(|(_, href)| href.is_some());
    view! {
        <div class="rail">
            <section class="card" aria-label="Installation">
                <span class="name">"RootCause"</span>
                {part(move || phase.get().map(|phase| {
                    let tone = phase.tone();
                    view! { <span title=phase.meaning()><Mark tone=tone word=phase.word().to_owned() /></span> }
                }))}
                <span class="version">{part(deployed)}</span>
            </section>
            <nav aria-label="Pages">
                <ul>
                    {PAGES
                        .into_iter()
                        .map(|(name, route, glyph)| {
                            let href = Place::at(route.clone()).hash();
                            let releases = route == Route::Releases;
                            let current =
                                move || navigation.page() == Some(name);
                            view! {
                                <li>
                                    <a href=href aria-current=move || current().then_some("page")>
                                        <Icon glyph=glyph />
                                        {name}
                                        {releases.then_some(updates)}
                                    </a>
                                </li>
                            }
                        })
                        .collect_view()}
                </ul>
            </nav>
            {any.then(|| view! {
                <nav class="links" aria-label="Elsewhere">
                    {links
                        .into_iter()
                        .filter_map(|(text, href)| Some(view! { <OutLink href=href? text /> }))
                        .collect_view()}
                </nav>
            })}
        </div>
    }
}

/// Where one is, how current it is, who one is.
#[component]
fn TopBar(#[prop(into)] on_palette: Press) -> impl IntoView {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let config = session.config();
    let theme = RwSignal::new(Theme::remembered());
    Effect::new(move |_| theme.get().apply());
    let connection = move || match live.connection.get() {
        Connection::Opening => (Tone::Unknown, "connecting"),
        Connection::Live => (Tone::Ok, "live"),
        Connection::Lost(_) if lost_for(live) < PATIENCE => (Tone::Ok, "live"),
        Connection::Lost(_) if !crate::browser::window().navigator().on_line() => (Tone::Bad, "offline"),
        Connection::Lost(_) => (Tone::Warn, "reconnecting"),
    };
    let tone = Memo::new(move |_| connection().0);
    let word = Memo::new(move |_| connection().1.to_owned());
    view! {
        <header class="top">
            <span class="place">
                <strong>{config.installation.clone()}</strong>
                " in " {config.namespace.clone()} " · " {session.cluster()}
            </span>
            <span role="status" aria-label="Connection"><Mark tone=tone word=word /></span>
            {part(move || live.user.get().map(|user| view! {
                <span class="who" title=user.clone()>
                    <Icon glyph=Glyph::Person />
                    <span>{user.clone()}</span>
                </span>
            }))}
            <label>
                <span class="visually-hidden">"Theme"</span>
                <select
                    on:change=move |event| {
                        let word = event_target_value(&event);
                        if let Some(chosen) = Theme::ALL.into_iter().find(|it| it.word() == word) {
                            theme.set(chosen);
                        }
                    }
                >
                    {Theme::ALL
                        .into_iter()
                        .map(|it| view! {
                            <option value=it.word() selected=move || theme.get() == it>{it.word()}</option>
                        })
                        .collect_view()}
                </select>
            </label>
            <Button on_press=on_palette kind=Kind::Quiet small=true label="Commands".to_owned()>
                <Icon glyph=Glyph::Search />
                <kbd>"Ctrl K"</kbd>
            </Button>
        </header>
    }
}

/// Says that the page is out of date, once that has lasted.
#[component]
fn ConnectionNotice() -> impl IntoView {
    let live = expect_context::<Live>();
    let shown = Memo::new(move |_| match live.connection.get() {
        Connection::Lost(trouble) if lost_for(live) >= PATIENCE => Some(trouble),
        _ => None,
    });
    part(move || {
        shown.get().map(|trouble| {
            view! {
                <Notice tone=Tone::Warn title=trouble.problem.title.clone() alert=true>
                    <p>
                        "What you see was read " <Ago at=trouble.since />
                        ". Writing is locked until it is current again. " {trouble.problem.advice.clone()}
                    </p>
                    <p class="soft mono">{trouble.problem.said.clone()}</p>
                </Notice>
            }
        })
    })
}

/// What the palette offers now.
fn entries() -> Vec<Entry> {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let navigation = expect_context::<Navigation>();
    let reviews = expect_context::<Reviews>();
    let mut entries: Vec<_> = PAGES
        .into_iter()
        .map(|(name, route, _)| Entry {
            name: format!("Go to {name}"),
            hint: "page".to_owned(),
            disabled: None,
            run: Press::new(move |()| navigation.go(&Place::at(route.clone()))),
        })
        .collect();
    let mut action = |name: String, hint: String, intent: Intent| {
        entries.push(Entry {
            name,
            hint,
            disabled: untrack(|| intent.disabled(live, session)),
            run: Press::new(move |()| reviews.open(intent.clone())),
        });
    };
    action("Force reconcile".to_owned(), "action".to_owned(), Intent::ForceReconcile);
    action("Check for updates now".to_owned(), "action".to_owned(), Intent::CheckUpdates);
    let rows = live.installation.with_untracked(|it| it.as_ref().map(|it| version::releases(it)));
    for row in rows.into_iter().flatten().filter(|it| !it.deployed) {
        let hint = row.direction.noun().to_owned();
        action(format!("Request upgrade to {}", row.version), hint, Intent::Version(row.version));
    }
    entries
}
