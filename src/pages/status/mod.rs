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

use super::{operation::OperationSection, workloads::WorkloadsSection};
use crate::{
    browser::clock::Now,
    live::{Live, Standing},
    requests::Intent,
    session::Session,
    shell::review::Reviews,
    ui::{Ago, Button, Glyph, Icon, Kind, Notice, command::Copy, part},
};

#[component]
pub fn Status() -> impl IntoView {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let open = Memo::new(move |_| live.standing.get() == Standing::Open);
    let meaning = move || match live.operator.with(OperatorState::is_absent) {
        true => Some(NOBODY_ACTS),
        false => live.installation.with(|it| it.as_ref().map(|it| it.phase.meaning())),
    };
    view! {
        <div class="opening">
            <Opening page=sentence::status />
            <div class="actions">
                <ActionButton intent=Intent::ForceReconcile>"Force reconcile"</ActionButton>
            </div>
        </div>
        <p class="lede">{part(meaning)} " " {part(move || open.get().then(|| reason_locked(live, session)))}</p>
        <Notices />
        <div class="facts">
            <OperationSection />
            <WorkloadsSection />
            {part(move || open.get().then(|| view! {
                <releases::ReleasesSection />
                <conditions::ConditionsSection />
                <events::EventsSection />
            }))}
        </div>
    }
}

/// Why the page's actions are off, said once in the open: a tooltip is nothing on a phone.
fn reason_locked(live: Live, session: Session) -> Option<impl IntoView> {
    let reason = Intent::ForceReconcile.disabled(live, session)?;
    Some(view! { <span class="reason">{reason}</span> })
}

/// A page's sentence and the one action that matters.
#[component]
pub fn Opening(page: fn(&sentence::Facts<'_>) -> sentence::Opening) -> impl IntoView {
    let live = expect_context::<Live>();
    let now = expect_context::<Now>();
    let config = expect_context::<Session>().config();
    let loading = sentence::loading(&config.namespace, &config.installation).words;
    let opening = Memo::new(move |_| {
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
    let words =
        Memo::new(move |_| opening.with(|it| it.as_ref().map_or(loading.clone(), |it| it.words.clone())));
    let tone = Memo::new(move |_| opening.with(|it| it.as_ref().map_or(Tone::Unknown, |it| it.tone)));
    let next = Memo::new(move |_| opening.with(|it| it.as_ref()?.next.clone()));
    view! {
        <h1 tabindex="-1">
            <span class=move || format!("mark {}", tone.get().name())>
                <Icon glyph=Signal::derive(move || Glyph::from(tone.get())) />
            </span>
            " "
            {words}
        </h1>
        {part(move || next.get().map(|next| match next {
            Next::Review { version } => view! {
                <ActionButton kind=Kind::Primary intent=Intent::Version(version.clone())>
                    {format!("Review {version}…")}
                </ActionButton>
            }
            .into_any(),
            // The page's own row of actions has these.
            Next::ForceReconcile | Next::CheckUpdates => ().into_any(),
        }))}
    }
}

/// A button that opens the review of `intent`, off with the reason where that cannot be asked for.
#[component]
pub fn ActionButton(intent: Intent, #[prop(optional)] kind: Kind, children: Children) -> impl IntoView {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let reviews = expect_context::<Reviews>();
    let disabled = {
        let intent = intent.clone();
        Signal::derive(move || intent.disabled(live, session))
    };
    view! {
        <Button on_press=move |()| reviews.open(intent.clone()) kind=kind disabled=disabled>
            {children()}
        </Button>
    }
}

/// What becomes of a request while no operator runs.
pub const NOBODY_ACTS: &str = "What you request is kept, and nothing happens until an operator sees it.";

/// What one must know before anything else.
#[component]
pub fn Notices() -> impl IntoView {
    let live = expect_context::<Live>();
    let config = expect_context::<Session>().config();
    let error =
        Memo::new(move |_| live.installation.with(|it| it.as_ref()?.last_error.as_deref().map(redact)));
    let tone = Memo::new(move |_| {
        let degraded = live.installation.with(|it| it.as_ref().is_some_and(|it| it.phase == Phase::Degraded));
        if degraded { Tone::Bad } else { Tone::Warn }
    });
    let unseen = Memo::new(move |_| {
        live.installation.with(|it| {
            let it = it.as_ref()?;
            (it.applied_unseen() == Some(true)).then(|| (it.generation, it.observed_generation))
        })
    });
    let secrets = Memo::new(move |_| {
        live.installation.with(|it| {
            let it = it.as_ref().filter(|it| it.phase == Phase::Blocked)?;
            let condition = it.condition(&config.contract.conditions.secrets).filter(|it| it.is_false())?;
            Some(redact(&condition.message))
        })
    });
    view! {
        {part(move || unseen.get().map(|(generation, observed)| {
            let number = |it: Option<i64>| it.map_or_else(|| "none".to_owned(), |it| it.to_string());
            view! {
                <Notice tone=Tone::Busy title="Applied, not seen by the operator yet.">
                    <p>
                        "The installation is at generation " {number(generation)} ", the operator has seen "
                        {number(observed)} "."
                    </p>
                </Notice>
            }
        }))}
        {part(move || error.get().map(|words| {
            let copied = words.clone();
            view! {
                <div class=move || format!("notice {}", tone.get().name()) role="alert">
                    <Icon glyph=Signal::derive(move || Glyph::from(tone.get())) />
                    <div class="words">
                        <strong>"Last error"</strong>
                        <pre>{words.clone()}</pre>
                    </div>
                    <Copy text=copied />
                </div>
            }
        }))}
        {part(move || secrets.get().map(|words| view! {
            <Notice tone=Tone::Warn title="The operator waits for a secret.">
                <p>{words}</p>
                <p>"It goes on by itself as soon as the secret is there."</p>
            </Notice>
        }))}
        {part(move || live.installation.with(|it| it.as_ref()?.deleting).map(|at| view! {
            <Notice tone=Tone::Warn title="The installation is being deleted.">
                <p>"Since " <Ago at=at /> "."</p>
            </Notice>
        }))}
    }
}
