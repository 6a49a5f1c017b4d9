//! The registry's versions: one is chosen, then requested.

use leptos::prelude::*;
use rootcause_domain::{
    phase::Tone,
    redact::redact,
    route::{Place, Route},
    version::{self, ReleaseRow},
};

use crate::{
    app::Navigation,
    live::Live,
    requests::Intent,
    session::Session,
    shell::review::Reviews,
    ui::{Ago, Button, Kind, Notice, OutLink, part},
};

#[component]
pub fn VersionsSection() -> impl IntoView {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let navigation = expect_context::<Navigation>();
    let reviews = expect_context::<Reviews>();
    let rows = Memo::new(move |_| {
        live.installation.with(|it| it.as_ref().map(|it| version::releases(it)).unwrap_or_default())
    });
    let filter = RwSignal::new(navigation.place_untracked().filter().to_owned());
    let shown = Memo::new(move |_| {
        rows.with(|rows| filter.with(|it| version::filter(rows, it).into_iter().cloned().collect::<Vec<_>>()))
    });
    let chosen = RwSignal::new(None::<String>);

    let cannot = Signal::derive(move || match chosen.get() {
        None => Some("Choose a version first.".to_owned()),
        Some(version) => Intent::Version(version).disabled(live, session),
    });
    let request = move |()| {
        if let Some(version) = chosen.get_untracked()
            && untrack(|| cannot.get()).is_none()
        {
            reviews.open(Intent::Version(version));
        }
    };
    let check = Signal::derive(move || Intent::CheckUpdates.disabled(live, session));
    let lacking = move || {
        Intent::Version(String::new()).disabled(live, session).map(|it| view! { <p class="reason">{it}</p> })
    };
    view! {
        <section aria-labelledby="versions">
            <div class="section-head">
                <h2 id="versions">"Versions"</h2>
                <RegistryLine />
            </div>
            <div class="toolbar">
                <input
                    class="input"
                    type="search"
                    aria-label="Filter versions"
                    placeholder="Filter versions"
                    prop:value=filter
                    on:input=move |event| {
                        filter.set(event_target_value(&event));
                        let place = navigation.place_untracked().with("filter", &filter.get_untracked());
                        navigation.replace(&place);
                    }
                />
                <span class="end actions">
                    <Button on_press=move |()| reviews.open(Intent::CheckUpdates) disabled=check>
                        "Check for updates now"
                    </Button>
                    <Button on_press=request kind=Kind::Primary disabled=cannot>"Request upgrade"</Button>
                </span>
            </div>
            {part(lacking)}
            {part(move || shown.with(Vec::is_empty).then(|| {
                let words = if rows.with(Vec::is_empty) {
                    "The operator has reported no versions yet."
                } else {
                    "No version matches the filter."
                };
                view! { <p class="empty">{words}</p> }
            }))}
            <div class="table-wrap" hidden=move || shown.with(Vec::is_empty)>
                <table class="versions">
                    <thead>
                        <tr>
                            <th><span class="visually-hidden">"Choose"</span></th>
                            <th scope="col">"Version"</th>
                            <th scope="col">"State"</th>
                            <th scope="col">"Published"</th>
                            <th scope="col" class="digest">"Digest"</th>
                            <th scope="col">"Notes"</th>
                        </tr>
                    </thead>
                    // Enter on a chosen version asks for it: its button is many links away.
                    <tbody on:keydown=move |event| {
                        if event.key() == "Enter" && event_target::<web_sys::Element>(&event).tag_name() == "INPUT" {
                            request(());
                        }
                    }>
                        <For each=move || shown.get() key=|it| it.clone() let:row>
                            <VersionRow row chosen />
                        </For>
                    </tbody>
                </table>
            </div>
        </section>
    }
}

#[component]
fn VersionRow(row: ReleaseRow, chosen: RwSignal<Option<String>>) -> impl IntoView {
    let session = expect_context::<Session>();
    let ReleaseRow {
        version,
        published,
        digest,
        notes_url,
        prerelease,
        deployed,
        requested,
        newest,
        listed,
        direction,
    } = row;
    let notes = notes_url.or_else(|| session.config().links.release_notes(&version));
    let tag = |shown: bool, tone: &'static str, word: &'static str| {
        shown.then(|| view! { <span class=format!("tag {tone}")>{word}</span> })
    };
    let href = Place::at(Route::Release { version: version.clone() }).hash();
    let value = StoredValue::new(version.clone());
    let is_chosen = move || chosen.with(|it| it.as_ref() == Some(&value.get_value()));
    view! {
        <tr class="selectable" class:chosen=is_chosen on:click=move |_| chosen.set(Some(value.get_value()))>
            <td>
                <input
                    type="radio"
                    name="version"
                    aria-label=format!("Choose {version}")
                    prop:checked=is_chosen
                    on:change=move |_| chosen.set(Some(value.get_value()))
                />
            </td>
            <th scope="row"><a href=href on:click=|event| event.stop_propagation()>{version}</a></th>
            <td>
                <span class="tags">
                    {tag(deployed, "ok", "deployed")}
                    {tag(requested && !deployed, "busy", "requested")}
                    {tag(newest, "off", "newest")}
                    {tag(prerelease, "warn", "prerelease")}
                    {tag(!listed, "warn", "not in the registry")}
                    {(!deployed).then(|| view! { <span class="soft">{direction.noun()}</span> })}
                </span>
            </td>
            <td>{published.map(|at| view! { <Ago at=at /> })}</td>
            <td class="digest mono soft">{digest.map(|it| short(&it))}</td>
            <td>
                {notes.map(|href| view! { <OutLink href text="Release notes" /> })}
            </td>
        </tr>
    }
}

/// A digest cut to what one compares by eye.
fn short(digest: &str) -> String {
    digest.chars().take("sha256:".len() + 12).collect()
}

/// When the operator last asked the registry, and what went wrong.
#[component]
fn RegistryLine() -> impl IntoView {
    let live = expect_context::<Live>();
    let registry = Memo::new(move |_| live.installation.with(|it| it.as_ref()?.registry.clone()));
    part(move || {
        registry.get().map(|registry| {
            view! {
                <span class="reason">
                    {registry.url.map(|url| view! { <code>{url}</code> })}
                    {registry.last_checked.map(|at| view! { ", checked " <Ago at=at /> })}
                </span>
                {registry.error.map(|error| view! {
                    <Notice tone=Tone::Warn title="The last check of the registry failed.">
                        <p class="mono">{redact(&error)}</p>
                        <p>"The versions below are those of the check before."</p>
                    </Notice>
                })}
            }
        })
    })
}
