//! The timeline of the current or last operation.

use leptos::prelude::*;
use rootcause_domain::{
    ago,
    operation::{Operation, Origin, Outcome, Step, StepState},
    phase::Tone,
    redact::redact,
    request::Action,
    version::Direction,
};

use crate::{
    browser::clock::{self, Now},
    live::Live,
    ui::{Ago, Glyph, Icon, part},
};

/// Seconds after which a step says what it waits for.
const SAYS_WHY_AFTER: i64 = 10;

#[component]
pub fn OperationSection() -> impl IntoView {
    let live = expect_context::<Live>();
    part(move || {
        live.operation.get().map(|operation| {
            view! {
                <section aria-labelledby="operation">
                    <div class="section-head">
                        <h2 id="operation">"Operation"</h2>
                        <span class="reason"><Asked operation=operation.clone() /></span>
                    </div>
                    <ol class="timeline">
                        {operation.steps.into_iter().map(|step| view! { <StepItem step /> }).collect_view()}
                    </ol>
                </section>
            }
        })
    })
}

/// What was asked for, by whom, when and why.
#[component]
fn Asked(operation: Operation) -> impl IntoView {
    let Operation { action, direction, from, to, origin, why, requested, outcome, .. } = operation;
    let what = match (&action, direction, to) {
        (Action::ForceReconcile, ..) => "Forced reconcile".to_owned(),
        (Action::CheckUpdates, ..) => "Check for updates".to_owned(),
        (_, Some(direction), Some(to)) => match from.filter(|_| direction != Direction::Reinstall) {
            Some(from) => format!("{} from {from} to {to}", capital(direction.noun())),
            None => format!("{} of {to}", capital(direction.noun())),
        },
        (Action::Other(word), ..) => capital(word),
        (Action::Upgrade, ..) => "Change of the installation".to_owned(),
    };
    let who = match origin {
        Origin::Recorded { who } => Some(format!(" by {who}")),
        Origin::Outside { manager } => manager.map(|it| format!(" by {it}")),
    };
    let ended = match outcome {
        Outcome::Running | Outcome::Unknown => None,
        Outcome::Succeeded { ended } => Some(("succeeded", ended)),
        Outcome::Failed { ended, .. } => Some(("failed", ended)),
    };
    view! {
        {what} {who} {requested.map(|at| view! { ", requested " <Ago at=at /> })}
        {ended.map(|(word, at)| view! { ", " {word} " " {at.map(|at| view! { <Ago at=at /> })} })}
        {why.map(|why| format!(": {why}"))}
    }
}

#[component]
fn StepItem(step: Step) -> impl IntoView {
    let now = expect_context::<Now>();
    let (class, tone, word) = match step.state {
        StepState::Done => ("done", Tone::Ok, "done"),
        StepState::Active => ("active", Tone::Busy, "under way"),
        StepState::Waiting => ("waiting", Tone::Off, "to come"),
        StepState::Failed => ("failed", Tone::Bad, "failed"),
        StepState::Skipped => ("skipped", Tone::Off, "skipped"),
    };
    let took = {
        let step = step.clone();
        move || step.duration(now.get()).map(ago::duration)
    };
    let waits = {
        let step = step.clone();
        move || {
            let patience = step.duration(now.get()).is_none_or(|it| it.as_secs() >= SAYS_WHY_AFTER);
            let active = step.state == StepState::Active;
            step.waits_for.as_deref().filter(|_| !active || patience).map(redact)
        }
    };
    let usual = (step.state == StepState::Active).then_some(step.usual).flatten();
    let at = step.ended.filter(|_| step.state != StepState::Active).or(step.started);
    view! {
        <li class=class aria-current=(step.state == StepState::Active).then_some("step")>
            <span class=format!("dot {}", tone.name())>
                <Icon glyph=if step.state == StepState::Waiting { Glyph::Ring } else { tone.into() } />
            </span>
            <span class="step">{step.name.label()} <span class="visually-hidden">": "{word}</span></span>
            <small>
                {at.map(|at| view! { <time datetime=at.to_string() title=clock::absolute(at)>{clock::time_of_day(at)}</time> })}
                {part(move || took().map(|it| format!(" · {it}")))}
            </small>
            {usual.map(|it| view! { <small>"last time " {ago::duration(it)}</small> })}
            <small>{part(waits)}</small>
        </li>
    }
}

/// `word` with a capital first letter.
fn capital(word: &str) -> String {
    let mut word = word.to_owned();
    if let Some(first) = word.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    word
}
