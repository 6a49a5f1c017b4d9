//! The side panel over the list: one version, or one revision of a Helm release, addressable by the hash.

use leptos::prelude::*;
use rootcause_domain::{
    ago,
    helm::HistoryRow,
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
    ui::{Ago, Button, Dialog, Kind, Mark, part},
};

#[component]
pub fn Panel() -> impl IntoView {
    let navigation = expect_context::<Navigation>();
    let route = Memo::new(move |_| navigation.place().route);
    part(move || match route.get() {
        Route::Release { version } => Some(view! { <Version version /> }.into_any()),
        Route::Revision { release, revision } => Some(view! { <Revision release revision /> }.into_any()),
        _ => None,
    })
}

/// Back to the list.
fn close(navigation: Navigation) {
    navigation.go(&Place::at(Route::Releases));
}

#[component]
fn Version(version: String) -> impl IntoView {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let navigation = expect_context::<Navigation>();
    let reviews = expect_context::<Reviews>();
    let wanted = version.clone();
    let row = Memo::new(move |_| {
        live.installation
            .with(|it| version::releases(it.as_ref()?).into_iter().find(|it| it.version == wanted))
    });
    let facts = move || match row.get() {
        None => view! { <p>"The registry lists no such version, and it is not deployed."</p> }.into_any(),
        Some(row) => {
            let ReleaseRow { published, digest, direction, deployed, requested, prerelease, listed, .. } =
                row;
            let yes = |it: bool| if it { "yes" } else { "no" };
            view! {
                <dl class="review-facts">
                    <dt>"Published"</dt>
                    <dd>{published.map(|at| view! { <Ago at=at /> })}</dd>
                    <dt>"Digest"</dt>
                    <dd class="mono">{digest.unwrap_or_else(|| "not told".to_owned())}</dd>
                    <dt>"Deployed"</dt>
                    <dd>{yes(deployed)}</dd>
                    <dt>"Requested"</dt>
                    <dd>{yes(requested)}</dd>
                    <dt>"Prerelease"</dt>
                    <dd>{yes(prerelease)}</dd>
                    <dt>"In the registry"</dt>
                    <dd>{yes(listed)}</dd>
                    <dt>"From here"</dt>
                    <dd>{direction.noun()}</dd>
                </dl>
            }
            .into_any()
        }
    };
    let asked = version.clone();
    let footer = move || {
        let version = asked.clone();
        let disabled = {
            let intent = Intent::Version(version.clone());
            Signal::derive(move || intent.disabled(live, session))
        };
        view! {
            <Button
                on_press=move |()| {
                    close(navigation);
                    reviews.open(Intent::Version(version.clone()));
                }
                kind=Kind::Primary
                disabled=disabled
            >
                "Request upgrade"
            </Button>
        }
    };
    view! {
        <Dialog side=true title=format!("Version {version}") on_close=move |()| close(navigation) footer=footer>
            {part(facts)}
        </Dialog>
    }
}

#[component]
fn Revision(release: String, revision: u32) -> impl IntoView {
    let live = expect_context::<Live>();
    let navigation = expect_context::<Navigation>();
    let title = format!("{release}, revision {revision}");
    let row = Memo::new(move |_| {
        live.history.with(|it| {
            it.platform
                .iter()
                .chain(it.dependencies.iter())
                .find(|it| it.release == release && it.revision == revision)
                .cloned()
        })
    });
    Effect::new(move |_| live.read_payloads(row.get().into_iter().map(|it| it.secret).collect()));
    let facts = move || match row.get() {
        None => view! { <p>"Helm keeps no such revision."</p> }.into_any(),
        Some(row) => {
            let mark = row.tone();
            let HistoryRow {
                status, when, took, chart_version, app_version, from, description, secret, ..
            } = row;
            let unknown = || "not read yet".to_owned();
            view! {
                <dl class="review-facts">
                    <dt>"Status"</dt>
                    <dd><Mark tone=mark word=status.word().to_owned() /></dd>
                    <dt>"Chart version"</dt>
                    <dd>{chart_version.unwrap_or_else(unknown)}</dd>
                    <dt>"App version"</dt>
                    <dd>{app_version.unwrap_or_else(unknown)}</dd>
                    <dt>"Before"</dt>
                    <dd>{from.unwrap_or_else(|| "not known".to_owned())}</dd>
                    <dt>"Started"</dt>
                    <dd>{when.map(|at| view! { <Ago at=at /> })}</dd>
                    <dt>"Took"</dt>
                    <dd>{took.map_or_else(|| "not told".to_owned(), ago::duration)}</dd>
                    <dt>"Secret"</dt>
                    <dd class="mono">{secret.secret}</dd>
                    <dt>"Helm's words"</dt>
                    <dd>{description.as_deref().map(redact)}</dd>
                </dl>
            }
            .into_any()
        }
    };
    view! {
        <Dialog side=true title=title on_close=move |()| close(navigation)>
            {part(facts)}
        </Dialog>
    }
}
