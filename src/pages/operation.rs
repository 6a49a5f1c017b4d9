//! The timeline of the current or last operation.

use std::rc::Rc;

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
    browser::clock::Now,
    live::Live,
    ui::{El, Glyph, View, el, hidden, icon, part, section, since, text, time_of_day},
};

/// Seconds after which a step says what it waits for.
const SAYS_WHY_AFTER: i64 = 10;

pub fn operation_section() -> View {
    let live = expect_context::<Live>();
    part(move || {
        live.operation.get().map(|operation| {
            let steps = operation.steps.clone();
            let steps = el("ol").class("timeline").children(steps.into_iter().map(step_item));
            section("operation", "Operation", asked(operation)).child(steps)
        })
    })
}

/// What was asked for, by whom, when and why.
fn asked(operation: Operation) -> View {
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
        Origin::Recorded { who } => format!(" by {who}"),
        Origin::Outside { manager } => manager.map(|it| format!(" by {it}")).unwrap_or_default(),
    };
    let mut said: Vec<View> = vec![what.into(), who.into()];
    if let Some(at) = requested {
        said.extend([", requested ".into(), since(at).into()]);
    }
    let ended = match outcome {
        Outcome::Running | Outcome::Unknown => None,
        Outcome::Succeeded { ended } => Some((", succeeded ", ended)),
        Outcome::Failed { ended, .. } => Some((", failed ", ended)),
    };
    if let Some((word, at)) = ended {
        said.extend([word.into(), at.map(since).into()]);
    }
    if let Some(why) = why {
        said.push(format!(": {why}").into());
    }
    said.into()
}

fn step_item(step: Step) -> El {
    let now = expect_context::<Now>();
    let (class, tone, word) = match step.state {
        StepState::Done => ("done", Tone::Ok, "done"),
        StepState::Active => ("active", Tone::Busy, "under way"),
        StepState::Waiting => ("waiting", Tone::Off, "to come"),
        StepState::Failed => ("failed", Tone::Bad, "failed"),
        StepState::Skipped => ("skipped", Tone::Off, "skipped"),
    };
    let active = step.state == StepState::Active;
    let glyph = if step.state == StepState::Waiting { Glyph::Ring } else { tone.into() };
    let at = step.ended.filter(|_| !active).or(step.started);
    let usual = step.usual.filter(|_| active);
    let label = step.name.label();
    let step = Rc::new(step);
    let took = {
        let step = Rc::clone(&step);
        move || step.duration(now.get()).map(|it| format!(" · {}", ago::duration(it))).unwrap_or_default()
    };
    let waits = move || {
        let patience = step.duration(now.get()).is_none_or(|it| it.as_secs() >= SAYS_WHY_AFTER);
        step.waits_for.as_deref().filter(|_| !active || patience).map(redact).unwrap_or_default()
    };
    el("li")
        .class(class)
        .maybe("aria-current", active.then_some("step"))
        .child(el("span").class(&format!("dot {}", tone.name())).child(icon(glyph)))
        .child(el("span").class("step").child(label).child(" ").child(hidden(&format!(": {word}"))))
        .child(el("small").child(at.map(time_of_day)).child(text(took)))
        .child(usual.map(|it| el("small").child(format!("last time {}", ago::duration(it)))))
        .child(el("small").child(text(waits)))
}

/// `word` with a capital first letter.
fn capital(word: &str) -> String {
    let mut word = word.to_owned();
    if let Some(first) = word.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    word
}
