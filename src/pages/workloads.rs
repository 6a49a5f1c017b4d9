//! Each workload's rollout as a live bar with what it waits for.

use std::sync::Arc;

use leptos::prelude::*;
use rootcause_domain::{phase::Tone, redact::redact, rollout::Rollout};

use crate::{
    live::Live,
    ui::{Bar, Notice, Segment, Skeleton, part},
};

#[component]
pub fn WorkloadsSection() -> impl IntoView {
    let live = expect_context::<Live>();
    let denied = move || {
        let problem = live
            .deployments
            .with(|it| it.denied().cloned())
            .or_else(|| live.stateful_sets.with(|it| it.denied().cloned()));
        problem.map(|it| {
            view! {
                <Notice tone=Tone::Unknown title="Workloads are not known.">
                    <p>{it.line()}</p>
                </Notice>
            }
        })
    };
    let pods_denied = move || {
        live.pods.with(|it| it.denied().map(|it| it.title.clone())).map(|title| {
            view! { <p class="soft">{title} " What a rollout waits for is not known."</p> }
        })
    };
    let any_denied = Memo::new(move |_| {
        live.deployments.with(|it| it.denied().is_some())
            || live.stateful_sets.with(|it| it.denied().is_some())
    });
    let count = move || {
        live.rollouts.get().map(|all| {
            let complete = all.iter().filter(|it| it.complete).count();
            format!("{complete} of {} complete", all.len())
        })
    };
    let none = move || {
        live.rollouts.with(|it| it.as_ref().is_some_and(|it| it.is_empty())).then(|| {
            view! { <p class="empty">"No workloads run in this namespace."</p> }
        })
    };
    let names = Memo::new(move |_| {
        let rollouts = live.rollouts.get().unwrap_or_default();
        rollouts.iter().map(|it| (it.kind, it.name.clone())).collect::<Vec<_>>()
    });
    view! {
        <section aria-labelledby="workloads">
            <div class="section-head">
                <h2 id="workloads">"Workloads"</h2>
                <span class="reason">{part(count)}</span>
            </div>
            {part(denied)}
            {part(pods_denied)}
            {part(move || (live.rollouts.with(Option::is_none) && !any_denied.get()).then(|| view! { <Skeleton lines=6 /> }))}
            {part(none)}
            <ul class="workloads">
                <For each=move || names.get() key=|it| it.clone() let:name>
                    <Workload rollout=Memo::new(move |_| find(live.rollouts.get(), &name)) />
                </For>
            </ul>
        </section>
    }
}

type Name = (rootcause_domain::objects::WorkloadKind, String);

fn find(all: Option<Arc<Vec<Rollout>>>, name: &Name) -> Option<Rollout> {
    all?.iter().find(|it| (it.kind, &it.name) == (name.0, &name.1)).cloned()
}

/// One workload. `None` for the moment between its end and its row's.
#[component]
fn Workload(rollout: Memo<Option<Rollout>>) -> impl IntoView {
    let of = move |text: fn(&Rollout) -> String| {
        Memo::new(move |_| rollout.with(|it| it.as_ref().map(text).unwrap_or_default()))
    };
    let segments = Memo::new(move |_| rollout.with(|it| it.as_ref().map(segments).unwrap_or_default()));
    let sentence = of(Rollout::sentence);
    let waits = of(|it| match &it.waits {
        Some(wait) if !it.complete => format!("waits: {} ({})", wait.reason.words(), wait.pod),
        _ => String::new(),
    });
    let words = of(|it| {
        let held = it.stalled.clone().or_else(|| it.waits.as_ref().map(|it| it.message.clone()));
        held.filter(|_| !it.complete).map(|it| redact(&it)).unwrap_or_default()
    });
    view! {
        <li>
            <span class="name">
                {of(|it| it.name.clone())}
                <small>{of(|it| it.kind.name().to_owned())}</small>
            </span>
            <Bar segments=segments text=sentence />
            <span>
                {sentence}
                <span class=move || rollout.with(|it| {
                    format!("waits {}", it.as_ref().map_or("off", |it| it.tone().name()))
                })>
                    {part(move || Some(waits.get()).filter(|it| !it.is_empty()).map(|it| format!(" · {it}")))}
                </span>
                {part(move || Some(words.get()).filter(|it| !it.is_empty()).map(|it| view! {
                    <small class="soft mono">" " {it}</small>
                }))}
            </span>
        </li>
    }
}

/// New and ready, new and not ready yet, old, missing: the parts of a rollout's bar.
fn segments(rollout: &Rollout) -> Vec<Segment> {
    let held = matches!(rollout.tone(), Tone::Bad);
    let there = rollout.new_ready + rollout.new_not_ready + rollout.old;
    let segment = |count, tone, hatched| Segment { count, tone, hatched };
    vec![
        segment(rollout.new_ready, Tone::Ok, false),
        segment(rollout.new_not_ready, if held { Tone::Bad } else { Tone::Busy }, true),
        segment(rollout.old, Tone::Off, false),
        segment(rollout.desired.saturating_sub(there), Tone::Off, true),
    ]
}
