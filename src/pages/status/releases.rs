//! Both Helm releases side by side: version, revision, status, and whether they are at the same version.

use leptos::prelude::*;
use rootcause_domain::{
    helm::{HistoryRow, Skew, Status, skew},
    phase::Tone,
};

use crate::{
    live::Live,
    reactive::Memo,
    session::Session,
    ui::{El, View, el, mark, notice, p, part, section, show, since, soft, text},
};

pub fn releases_section() -> El {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let names = session.config().contract.releases.clone();
    let differs = move || {
        let of = |platform| {
            let deployed = newest(live, platform).filter(|it| it.status == Status::Deployed);
            deployed.and_then(|it| it.chart_version).or_else(|| reported(live, platform))
        };
        match skew(of(false).as_deref(), of(true).as_deref()) {
            Skew::Differs { dependencies, platform } => {
                Some(format!("dependencies {dependencies}, platform {platform}."))
            }
            Skew::Same(_) | Skew::Unknown => None,
        }
    };
    let denied = move || live.secrets.with(|it| it.denied().map(|it| it.title.clone()));
    section("helm-releases", "Helm releases", ())
        .child(show(denied, |title| {
            let words = |it: &String| {
                format!("{it} Revisions are not known; versions are those that the operator reports.")
            };
            title.as_ref().map(|it| p(words(it)).class("soft"))
        }))
        .child(show(differs, |versions| {
            let words = |it: &String| {
                format!(
                    "{it} The operator upgrades them as a unit: while an operation runs this passes, otherwise \
                     one of them failed."
                )
            };
            let title = "The two releases are at different versions.";
            versions.as_ref().map(|it| notice(Tone::Warn, title, p(words(it))))
        }))
        .child(
            el("div")
                .class("releases-pair")
                .child(release(live, &names.dependencies, false))
                .child(release(live, &names.platform, true)),
        )
}

/// The version that the operator reports.
fn reported(live: Live, platform: bool) -> Option<String> {
    live.installation.with(|it| {
        let it = it.as_ref()?;
        if platform { it.deployed_version.clone() } else { it.dependencies_version.clone() }
    })
}

/// The release's newest revision.
fn newest(live: Live, platform: bool) -> Option<HistoryRow> {
    live.history.with(|it| if platform { &it.platform } else { &it.dependencies }.first().cloned())
}

/// One release: from Helm's own secret where it may be read, else as the operator reports it.
fn release(live: Live, name: &str, platform: bool) -> El {
    let newest = Memo::new(move || newest(live, platform));
    let version = move || {
        let of_helm = newest.with(|it| it.as_ref()?.chart_version.clone());
        of_helm.or_else(|| reported(live, platform)).unwrap_or_else(|| "unknown".to_owned())
    };
    let status = move || {
        newest.get().map(|row| {
            let stuck = row.pending.is_some_and(|it| it.stuck);
            let stuck = stuck.then_some(" stuck: no Helm process is likely to be at it any more");
            let when = row.when.map(|at| soft(", ").child(since(at)));
            View::list([
                el("dt").child("Status"),
                el("dd").child(mark(row.tone(), row.status.word())).child(stuck),
                el("dt").child("Revision"),
                el("dd").child(row.revision.to_string()).child(when),
            ])
        })
    };
    el("dl")
        .attr("aria-label", name)
        .child(el("dt").child("Release"))
        .child(el("dd").class("mono").child(name))
        .child(el("dt").child("Version"))
        .child(el("dd").child(text(version)))
        .child(part(status))
}
