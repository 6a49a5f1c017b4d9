//! The side panel over the list: one version, or one revision of a Helm release, addressable by the hash.

use leptos::prelude::*;
use rootcause_domain::{
    ago,
    redact::redact,
    route::{Place, Route},
    version,
};

use crate::{
    app::Navigation,
    live::Live,
    reactive::{Memo, effect},
    requests::Intent,
    session::Session,
    shell::review::Reviews,
    ui::{El, View, button, dialog, el, facts, mark, p, part, show, since},
};

pub fn panel() -> View {
    let navigation = expect_context::<Navigation>();
    show(
        move || navigation.place().route,
        |route| match route {
            Route::Release { version } => Some(version_panel(version.clone())),
            Route::Revision { release, revision } => Some(revision_panel(release.clone(), *revision)),
            _ => None,
        },
    )
}

/// Back to the list.
fn close(navigation: Navigation) {
    navigation.go(&Place::at(Route::Releases));
}

fn version_panel(version: String) -> El {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let navigation = expect_context::<Navigation>();
    let reviews = expect_context::<Reviews>();
    let wanted = version.clone();
    let row = move || {
        let rows = live.installation.with(|it| it.as_ref().map(|it| version::releases(it)));
        rows.into_iter().flatten().find(|it| it.version == wanted)
    };
    let body = show(row, |row| match row {
        None => p("The registry lists no such version, and it is not deployed."),
        Some(row) => {
            let yes = |it: bool| View::from(if it { "yes" } else { "no" });
            facts([
                ("Published", row.published.map(since).into()),
                ("Digest", row.digest.as_deref().unwrap_or("not told").into()),
                ("Deployed", yes(row.deployed)),
                ("Requested", yes(row.requested)),
                ("Prerelease", yes(row.prerelease)),
                ("In the registry", yes(row.listed)),
                ("From here", row.direction.noun().into()),
            ])
        }
    });
    let intent = Intent::Version(version.clone());
    let asked = intent.clone();
    let request = button("Request upgrade").primary().disabled(move || intent.disabled(live, session));
    let request = request.on_press(move || {
        close(navigation);
        reviews.open(asked.clone());
    });
    dialog(format!("Version {version}"), body).side().footer(request).on_close(move || close(navigation))
}

fn revision_panel(release: String, revision: u32) -> El {
    let live = expect_context::<Live>();
    let navigation = expect_context::<Navigation>();
    let title = format!("{release}, revision {revision}");
    let row = Memo::new(move || {
        live.history.with(|it| {
            let mut rows = it.platform.iter().chain(it.dependencies.iter());
            rows.find(|it| it.release == release && it.revision == revision).cloned()
        })
    });
    effect(move || live.read_payloads(row.get().into_iter().map(|it| it.secret).collect()));
    let body = part(move || match row.get() {
        None => p("Helm keeps no such revision."),
        Some(row) => {
            let told = |it: &Option<String>, unknown: &str| View::from(it.as_deref().unwrap_or(unknown));
            let took = row.took.map_or_else(|| "not told".to_owned(), ago::duration);
            facts([
                ("Status", mark(row.tone(), row.status.word()).into()),
                ("Chart version", told(&row.chart_version, "not read yet")),
                ("App version", told(&row.app_version, "not read yet")),
                ("Before", told(&row.from, "not known")),
                ("Started", row.when.map(since).into()),
                ("Took", took.into()),
                ("Secret", el("span").class("mono").child(row.secret.secret.as_str()).into()),
                ("Helm's words", row.description.as_deref().map(redact).into()),
            ])
        }
    });
    dialog(title, body).side().on_close(move || close(navigation))
}
