//! Apply configuration: what the API server would do with the draft, who else manages what it changes, one button.

use std::sync::Arc;

use leptos::prelude::*;
use rootcause_domain::{form::effects, owner, phase::Tone, pointer::Pointer};

use super::draft::Draft;
use crate::{
    live::{Live, Scope},
    pages::NOBODY_ACTS,
    reactive::RwSignal,
    requests::{
        Refusal,
        configuration::{self, Claim, Judged, Proposal, Verdict},
    },
    session::Session,
    shell::parts,
    ui::{El, Toasts, View, alert, button, changes, dialog, el, notice, p, part, said, show, skeleton},
    words::Problem,
};

/// How far the review is.
#[derive(Clone)]
enum Stage {
    Judging,
    Judged(Judged),
    Claimed(Vec<Claim>),
    Invalid(Vec<(Pointer, String)>, Problem),
    Refused(Refusal),
    Sending(Judged),
}

/// The review of the draft. `close` takes it away.
pub fn review(draft: Draft, close: impl Fn() + Copy + 'static) -> El {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let toasts = expect_context::<Toasts>();
    let stage = RwSignal::new(Stage::Judging);
    let taken_over = RwSignal::new(Vec::<Pointer>::new());
    let why = RwSignal::new(String::new());
    let waiting = RwSignal::new(None::<Problem>);
    let scope = StoredValue::new_local(Scope::here());

    let judge = move || {
        stage.set(Stage::Judging);
        scope.get_value().spawn(async move {
            live.look_at_schema().await;
            let Some(schema) = untrack(|| draft.schema()) else { return };
            let proposal = Proposal {
                base: draft.resource_untracked(),
                configuration: untrack(|| draft.value()),
                edits: draft.edits.get_untracked(),
                taken_over: taken_over.get_untracked(),
                schema,
            };
            stage.set(match configuration::judge(live, session, proposal).await {
                Ok(Verdict::Taken(judged)) => Stage::Judged(judged),
                Ok(Verdict::Claimed(claims)) => Stage::Claimed(claims),
                Ok(Verdict::Invalid(places, problem)) => {
                    draft.hear(places.clone());
                    Stage::Invalid(places, problem)
                }
                Err(refusal) => Stage::Refused(refusal),
            });
        });
    };
    judge();

    let send = move || {
        let Stage::Judged(judged) = stage.get_untracked() else { return };
        stage.set(Stage::Sending(judged.clone()));
        scope.get_value().spawn(async move {
            let why = why.get_untracked();
            match configuration::apply(live, session, &judged, &why, waiting).await {
                Ok(resource) => {
                    draft.begin(Arc::new(resource));
                    toasts.say("Applied the configuration. The operator takes it from here.");
                    close();
                }
                Err(refusal) => stage.set(Stage::Refused(refusal)),
            }
        });
    };

    let sending = move || stage.with(|it| matches!(it, Stage::Sending(_)));
    let ready = move || stage.with(|it| matches!(it, Stage::Judged(_) | Stage::Sending(_) | Stage::Judging));
    let cannot = move || match stage.get() {
        Stage::Judging => Some("The API server is still judging it.".to_owned()),
        Stage::Judged(_) => draft.locked(),
        _ => None,
    };
    let go = show(ready, move |ready| match ready {
        true => button("Apply configuration").primary().disabled(cannot).busy(sending).on_press(send),
        false => button("Review again").primary().on_press(judge),
    });
    let found = part(move || match stage.get() {
        Stage::Judging => skeleton(3).into(),
        Stage::Judged(it) | Stage::Sending(it) => judged(draft, &it),
        Stage::Claimed(claims) => View::list(claims.into_iter().map(|it| {
            let pointer = it.pointer.clone();
            let take = move || {
                taken_over.update(|it| it.push(pointer.clone()));
                judge();
            };
            let pointer = it.pointer.clone();
            let leave = move || {
                draft.undo(&pointer);
                judge();
            };
            claimed(&it, take, leave)
        })),
        Stage::Invalid(places, problem) => invalid(draft, places, problem, close).into(),
        Stage::Refused(refusal) => refused(refusal).into(),
    });
    let body = View::list([
        warnings(draft, live),
        parts::lost_notice(waiting),
        found,
        parts::reason_field(why).into(),
    ]);
    let footer = View::list([parts::cancel(sending, close).into(), go]);
    dialog("Review the configuration", body).locked(sending).footer(footer).on_close(close)
}

/// What the API server would change, and what that comes to.
fn judged(draft: Draft, judged: &Judged) -> View {
    let contract = &expect_context::<Session>().config().contract;
    let effects = draft.edits.with_untracked(|edits| effects(contract, edits));
    let effects = (!effects.is_empty()).then(|| {
        el("section")
            .attr("aria-label", "What restarts")
            .child(el("h2").child("What that comes to"))
            .child(el("ul").class("plain").children(effects.into_iter().map(|it| el("li").child(it))))
    });
    parts::judged(&judged.changes, effects, &judged.warnings, &judged.kubectl, &judged.git_snippet)
}

/// A field that others manage: it is taken over, or left to them.
fn claimed(claim: &Claim, take: impl Fn() + 'static, leave: impl Fn() + 'static) -> El {
    let name = claim.pointer.dotted();
    let managers = claim.managers.join(", ");
    let value = |it: &Option<serde_json::Value>| {
        el("code").child(it.as_ref().map_or_else(|| "nothing".to_owned(), changes::text))
    };
    let words = p("It is ")
        .child(value(&claim.theirs))
        .child(" now; the draft has ")
        .child(value(&claim.mine))
        .child(". Taken over, it is no longer theirs to set, and they may report a conflict or set it back.");
    let actions = el("div")
        .class("actions")
        .child(button("Take it over").small().label(&format!("Take {name} over")).on_press(take))
        .child(
            button("Leave it to them").small().label(&format!("Leave {name} to {managers}")).on_press(leave),
        );
    notice(Tone::Warn, &format!("{name} is managed by {managers}."), View::list([words, actions]))
}

/// Rules that it breaks, each a way to its field.
fn invalid(
    draft: Draft,
    places: Vec<(Pointer, String)>,
    problem: Problem,
    close: impl Fn() + Copy + 'static,
) -> El {
    let rows = places.iter().map(|(pointer, words)| {
        let (to, name) = (pointer.clone(), pointer.dotted());
        let go = move || {
            close();
            draft.reveal(to.clone());
        };
        el("li").child(button(name.as_str()).quiet().small().on_press(go)).child(said(words))
    });
    let rows = el("ul").class("plain").children(rows);
    let whole = places.is_empty().then(|| said(&problem.said));
    let body = View::list::<View>([rows.into(), whole.into(), p("Nothing was changed.").into()]);
    alert(Tone::Bad, &problem.title, body)
}

fn refused(refusal: Refusal) -> El {
    let overtaken = "Close this and bring both together, then review again.";
    parts::refusal_notice(refusal, "It cannot be applied.", overtaken)
}

/// What one should know before: who else writes, and whether anybody acts on it.
fn warnings(draft: Draft, live: Live) -> View {
    let owners = move || {
        let touches: Vec<Pointer> = draft.edits.with(|it| it.iter().map(|it| it.pointer.clone()).collect());
        owner::owners(&draft.resource(), &touches)
    };
    let owners = show(owners, |owners| {
        View::list(owners.iter().map(|owner| {
            let words = p("To keep the change, make it in Git: it is given below.");
            let evidence = p(owner.evidence.as_str()).class("soft");
            notice(Tone::Warn, &owner.sentence, View::list([evidence, words]))
        }))
    });
    let absent = show(
        move || live.operator.with(|it| it.is_absent()),
        |absent| absent.then(|| notice(Tone::Warn, "No operator is running.", p(NOBODY_ACTS))),
    );
    View::list([owners, absent])
}
