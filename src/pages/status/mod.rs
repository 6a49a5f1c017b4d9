//! Status: is it well, what is going on, and what is the one thing to do.

mod conditions;
mod events;
mod releases;

use leptos::prelude::*;
use rootcause_domain::{
    operator::OperatorState,
    phase::{Phase, Tone},
    redact::redact,
    sentence::{self, Next},
};

pub use conditions::conditions_section;

use super::{
    operation::operation_section, releases::schedule::schedule_notices, workloads::workloads_section,
};
use crate::{
    browser::clock::Now,
    live::{Live, Standing},
    reactive::Memo,
    requests::Intent,
    session::Session,
    shell::{review::Reviews, rights::why},
    ui::{
        El, Glyph, View, alert, button, button::Button, copy_button, el, heading, icon, notice, p, show,
        since, text,
    },
};

pub fn status() -> View {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let open = move || live.standing.get() == Standing::Open;
    let meaning = move || match live.operator.with(OperatorState::is_absent) {
        true => NOBODY_ACTS,
        false => live.installation.with(|it| it.as_ref().map(|it| it.phase.meaning())).unwrap_or_default(),
    };
    // Why the page's actions are off, said once in the open: a tooltip is nothing on a phone.
    let locked = move || open().then(|| Intent::ForceReconcile.disabled(live, session)).flatten();
    let facts = el("div").class("facts").child(operation_section()).child(workloads_section()).child(show(
        open,
        |open| {
            open.then(|| {
                View::list([
                    releases::releases_section(),
                    conditions::conditions_section(),
                    events::events_section(),
                ])
            })
        },
    ));
    View::list::<View>([
        el("div")
            .class("opening")
            .child(opening(sentence::status))
            .child(
                el("div").class("actions").child(action(Intent::ForceReconcile, button("Force reconcile"))),
            )
            .into(),
        el("p")
            .class("lede")
            .child(text(move || meaning().to_owned()))
            .child(" ")
            .child(show(locked, |it| it.as_deref().map(why)))
            .into(),
        notices(),
        schedule_notices(),
        facts.into(),
    ])
}

/// A page's sentence and the one action that matters.
pub fn opening(page: fn(&sentence::Facts<'_>) -> sentence::Opening) -> View {
    let live = expect_context::<Live>();
    let now = expect_context::<Now>();
    let config = expect_context::<Session>().config();
    let loading = sentence::loading(&config.namespace, &config.installation).words;
    let opening = Memo::new(move || {
        let installation = live.installation.get()?;
        let operation = live.operation.get();
        let rollouts = live.rollouts.get();
        let operator = live.operator.get();
        Some(page(&sentence::Facts {
            contract: &config.contract,
            installation: &installation,
            operator: &operator,
            operation: operation.as_ref(),
            rollouts: rollouts.as_ref().map(|it| it.as_slice()),
            now: now.get(),
        }))
    });
    let tone = move || opening.with(|it| it.as_ref().map_or(Tone::Unknown, |it| it.tone));
    let words = move || opening.with(|it| it.as_ref().map_or_else(|| loading.clone(), |it| it.words.clone()));
    let review = move || {
        opening.with(|it| match it.as_ref()?.next.clone()? {
            Next::Review { version } => Some(version),
            // The page's own row of actions has these.
            Next::ForceReconcile | Next::CheckUpdates => None,
        })
    };
    let shape =
        show(tone, |tone| el("span").class(&format!("mark {}", tone.name())).child(icon(Glyph::from(*tone))));
    View::list([
        heading(shape).child(" ").child(text(words)).into(),
        show(review, |version| {
            let version = version.as_ref()?;
            let review = button(format!("Review {version}…")).primary();
            Some(action(Intent::Version(version.clone()), review))
        }),
    ])
}

/// `button` as one that opens the review of `intent`, off with the reason where that cannot be asked for.
pub fn action(intent: Intent, button: Button) -> El {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let reviews = expect_context::<Reviews>();
    let asked = intent.clone();
    button.disabled(move || intent.disabled(live, session)).on_press(move || reviews.open(asked.clone()))
}

/// What becomes of a request while no operator runs.
pub const NOBODY_ACTS: &str = "What you request is kept, and nothing happens until an operator sees it.";

/// What one must know before anything else.
pub fn notices() -> View {
    let live = expect_context::<Live>();
    let config = expect_context::<Session>().config();
    let error = move || {
        live.installation.with(|it| {
            let it = it.as_ref()?;
            let tone = if it.phase == Phase::Degraded { Tone::Bad } else { Tone::Warn };
            Some((tone, it.last_error.as_deref().map(redact)?))
        })
    };
    let unseen = move || {
        live.installation.with(|it| {
            let it = it.as_ref()?;
            (it.applied_unseen() == Some(true)).then(|| (it.generation, it.observed_generation))
        })
    };
    let secrets = move || {
        live.installation.with(|it| {
            let it = it.as_ref().filter(|it| it.phase == Phase::Blocked)?;
            let condition = it.condition(&config.contract.conditions.secrets).filter(|it| it.is_false())?;
            Some(redact(&condition.message))
        })
    };
    let deleting = move || live.installation.with(|it| it.as_ref()?.deleting);
    View::list([
        show(unseen, |unseen| {
            let (generation, observed) = (*unseen)?;
            let number = |it: Option<i64>| it.map_or_else(|| "none".to_owned(), |it| it.to_string());
            let words = format!(
                "The installation is at generation {}, the operator has seen {}.",
                number(generation),
                number(observed)
            );
            Some(notice(Tone::Busy, "Applied, not seen by the operator yet.", p(words)))
        }),
        show(error, |error| {
            let (tone, words) = error.as_ref()?;
            let said = el("pre").child(words.as_str());
            Some(alert(*tone, "Last error", said).child(copy_button(words.clone())))
        }),
        show(secrets, |words| {
            let words = words.as_ref()?;
            let then = p("It goes on by itself as soon as the secret is there.");
            Some(notice(
                Tone::Warn,
                "The operator waits for a secret.",
                View::list([p(words.as_str()), then]),
            ))
        }),
        show(deleting, |at| {
            let at = (*at)?;
            let words = p("Since ").child(since(at)).child(".");
            Some(notice(Tone::Warn, "The installation is being deleted.", words))
        }),
    ])
}
