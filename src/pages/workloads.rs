//! Each workload's rollout as a live bar with what it waits for.

use leptos::prelude::*;
use rootcause_domain::{objects::WorkloadKind, phase::Tone, redact::redact, rollout::Rollout};

use crate::{
    live::Live,
    pages::restart::restart_button,
    reactive::Memo,
    ui::{El, Segment, bar, each, el, empty, notice, p, section, show, skeleton, text},
};

pub fn workloads_section() -> El {
    let live = expect_context::<Live>();
    let denied = move || {
        let problem = live.deployments.with(|it| it.denied().cloned());
        problem.or_else(|| live.stateful_sets.with(|it| it.denied().cloned()))
    };
    let count = move || {
        let all = live.rollouts.get()?;
        let complete = all.iter().filter(|it| it.complete).count();
        Some(format!("{complete} of {} complete", all.len()))
    };
    let state = move || match live.rollouts.with(|it| it.as_ref().map(|it| it.is_empty())) {
        None => denied().is_none().then_some(State::Loading),
        Some(empty) => empty.then_some(State::None),
    };
    let pods_denied = move || live.pods.with(|it| it.denied().map(|it| it.title.clone()));
    let names = move || {
        let rollouts = live.rollouts.get().unwrap_or_default();
        rollouts.iter().map(|it| (it.kind, it.name.clone())).collect()
    };
    section("workloads", "Workloads", text(move || count().unwrap_or_default()))
        .child(show(denied, |it| {
            it.as_ref().map(|it| notice(Tone::Unknown, "Workloads are not known.", p(it.line())))
        }))
        .child(show(pods_denied, |title| {
            let words = |it: &String| format!("{it} What a rollout waits for is not known.");
            title.as_ref().map(|it| p(words(it)).class("soft"))
        }))
        .child(show(state, |state| {
            state.map(|it| match it {
                State::Loading => skeleton(6),
                State::None => empty("No workloads run in this namespace. The operator deploys them with the version that is chosen on Releases."),
            })
        }))
        .child(el("ul").class("workloads").child(each(
            names,
            |(kind, name)| format!("{} {name}", kind.name()),
            move |name| workload(live, name),
        )))
}

/// Why there are no rows.
#[derive(Clone, Copy, PartialEq)]
enum State {
    Loading,
    None,
}

type Name = (WorkloadKind, String);

fn workload(live: Live, name: Name) -> El {
    let (kind, title) = (name.0.name(), name.1.clone());
    let restart = restart_button(name.0, &name.1);
    // `None` for the moment between its end and its row's.
    let rollout = Memo::new(move || {
        let all = live.rollouts.get()?;
        all.iter().find(|it| (it.kind, &it.name) == (name.0, &name.1)).cloned()
    });
    let sentence = move || rollout.with(|it| it.as_ref().map(Rollout::sentence).unwrap_or_default());
    let held = move || rollout.with(|it| it.as_ref().filter(|it| !it.complete).map(held));
    el("li")
        .child(el("span").class("name").child(title).child(" ").child(el("small").child(kind)))
        .child(bar(move || rollout.with(|it| it.as_ref().map(segments).unwrap_or_default()), sentence))
        .child(el("span").child(text(sentence)).child(show(held, |held| {
            let (tone, waits, words) = held.clone()?;
            let waits = el("span").class(&format!("waits {}", tone.name())).child(waits);
            Some(waits.child(words.map(|it| el("small").class("soft mono").child(format!(" {it}")))))
        })))
        .child(restart)
}

/// What a rollout waits for and the cluster's words about it.
fn held(rollout: &Rollout) -> (Tone, String, Option<String>) {
    let waits = rollout.waits.as_ref().map(|it| format!(" · waits: {} ({})", it.reason.words(), it.pod));
    let words = rollout.stalled.clone().or_else(|| rollout.waits.as_ref().map(|it| it.message.clone()));
    let words = words.filter(|it| !it.is_empty()).map(|it| redact(&it));
    (rollout.tone(), waits.unwrap_or_default(), words)
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
