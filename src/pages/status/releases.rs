//! Both Helm releases side by side: version, revision, status, and whether they are at the same version.

use leptos::prelude::*;
use rootcause_domain::{
    helm::{HistoryRow, Skew, Status, skew},
    phase::Tone,
};

use crate::{
    live::Live,
    session::Session,
    ui::{Ago, Mark, Notice, part},
};

#[component]
pub fn ReleasesSection() -> impl IntoView {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let names = session.config().contract.releases.clone();
    let reported = move |platform: bool| {
        live.installation.with(|it| {
            let it = it.as_ref()?;
            if platform { it.deployed_version.clone() } else { it.dependencies_version.clone() }
        })
    };
    let newest = move |platform: bool| {
        live.history
            .with(|it| if platform { it.platform.first().cloned() } else { it.dependencies.first().cloned() })
    };
    let differs = move || {
        let of = |platform| {
            let deployed = newest(platform).filter(|it| it.status == Status::Deployed);
            deployed.and_then(|it| it.chart_version).or_else(|| reported(platform))
        };
        match skew(of(false).as_deref(), of(true).as_deref()) {
            Skew::Differs { dependencies, platform } => Some(view! {
                <Notice tone=Tone::Warn title="The two releases are at different versions.">
                    <p>{format!("dependencies {dependencies}, platform {platform}. The operator upgrades them as a unit: \
                        while an operation runs this passes, otherwise one of them failed.")}</p>
                </Notice>
            }),
            Skew::Same(_) | Skew::Unknown => None,
        }
    };
    let denied = move || {
        live.secrets.with(|it| it.denied().map(|it| it.title.clone())).map(|title| {
            view! { <p class="soft">{title} " Revisions are not known; versions are those that the operator reports."</p> }
        })
    };
    view! {
        <section aria-labelledby="helm-releases">
            <h2 id="helm-releases">"Helm releases"</h2>
            {part(denied)}
            {part(differs)}
            <div class="releases-pair">
                <Release name=names.dependencies newest=Signal::derive(move || newest(false)) reported=Signal::derive(move || reported(false)) />
                <Release name=names.platform newest=Signal::derive(move || newest(true)) reported=Signal::derive(move || reported(true)) />
            </div>
        </section>
    }
}

/// One release: from Helm's own secret where it may be read, else as the operator reports it.
#[component]
fn Release(
    name: String,
    newest: Signal<Option<HistoryRow>>,
    reported: Signal<Option<String>>,
) -> impl IntoView {
    let version = move || {
        let of_helm = newest.with(|it| it.as_ref()?.chart_version.clone());
        of_helm.or_else(|| reported.get()).unwrap_or_else(|| "unknown".to_owned())
    };
    let status = move || {
        newest.get().map(|row| {
            let stuck = row.pending.is_some_and(|it| it.stuck);
            view! {
                <dt>"Status"</dt>
                <dd>
                    <Mark tone=row.tone() word=row.status.word().to_owned() />
                    {stuck.then_some(" stuck: no Helm process is likely to be at it any more")}
                </dd>
                <dt>"Revision"</dt>
                <dd>{row.revision} {row.when.map(|at| view! { <span class="soft">", " <Ago at=at /></span> })}</dd>
            }
        })
    };
    let label = name.clone();
    view! {
        <dl aria-label=label>
            <dt>"Release"</dt>
            <dd class="mono">{name}</dd>
            <dt>"Version"</dt>
            <dd>{part(version)}</dd>
            {part(status)}
        </dl>
    }
}
