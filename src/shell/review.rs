//! The review that stands before every write: what will change, what it means, the command that does the same, and one
//! button that says what it does.

use leptos::prelude::*;
use rootcause_domain::{
    certainty::Read,
    operation::Outcome,
    owner::Owner,
    phase::Tone,
    preflight::{Check, Verdict, blocks, reason, sentence as preflight_sentence},
    users::{self, Change},
    version::{Direction, ReleaseRow, releases},
};

use super::parts;
use crate::{
    chunks::{self, Chunks},
    live::{Live, Scope},
    pages::{NOBODY_ACTS, releases::preflight},
    reactive::{Memo, RwSignal},
    requests::{self, Intent, Prepared, Refusal},
    session::Session,
    ui::{El, Toasts, View, button, dialog, el, is_checked, notice, p, part, show, skeleton},
    words::Problem,
};

/// Opens reviews; a context of the whole app, so that pages and the command palette share one.
#[derive(Clone, Copy)]
pub struct Reviews(RwSignal<Option<Intent>>);

impl Reviews {
    pub fn provide() -> Self {
        let reviews = Self(RwSignal::new(None));
        provide_context(reviews);
        reviews
    }

    pub fn open(self, intent: Intent) {
        self.0.set(Some(intent));
    }

    fn close(self) {
        self.0.set(None);
    }

    /// Where the open review stands.
    pub fn slot(self) -> View {
        let review = expect_context::<Chunks>().review;
        show(
            move || self.0.get(),
            move |intent| intent.is_some().then(|| chunks::over(review, move || self.close())),
        )
    }
}

/// How far a review is.
#[derive(Clone)]
enum Stage {
    Preparing,
    Ready(Prepared),
    Sending(Prepared),
    /// Nothing was changed.
    Refused(Refusal),
}

/// The review of what [`Reviews`] was asked to open.
pub fn review() -> View {
    let reviews = expect_context::<Reviews>();
    let intent = reviews.0.get_untracked();
    intent.map(|intent| of(intent, move || reviews.close())).into()
}

fn of(intent: Intent, close: impl Fn() + Copy + 'static) -> El {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let toasts = expect_context::<Toasts>();
    let stage = RwSignal::new(Stage::Preparing);
    let why = RwSignal::new(String::new());
    // Set while an answer is lost and the outcome is being read back.
    let waiting = RwSignal::new(None::<Problem>);
    let Words { title, headline, effect, verb, done } = Words::of(&intent, live);

    let intent = StoredValue::new(intent);
    let scope = StoredValue::new(Scope::here());
    let prepare = move || {
        stage.set(Stage::Preparing);
        scope.get_value().spawn(async move {
            let prepared = requests::prepare(live, session, &intent.get_value()).await;
            stage.set(prepared.map_or_else(Stage::Refused, Stage::Ready));
        });
    };
    prepare();

    // Only a change of the version has a preflight.
    let checks = intent.with_value(|it| match it {
        Intent::Version(to) => Some(preflight::checks(to.clone(), move || match stage.get() {
            Stage::Preparing => Read::Loading,
            Stage::Ready(_) | Stage::Sending(_) => Read::Absent,
            Stage::Refused(Refusal::Refused(problem)) => Read::Found(problem.line()),
            Stage::Refused(_) => Read::Unreadable("it was not judged.".to_owned()),
        })),
        _ => None,
    });
    let blocked = move || checks.is_some_and(|it| it.with(|it| blocks(it)));
    let over = RwSignal::new(false);

    let send = move || {
        let Stage::Ready(prepared) = stage.get_untracked() else { return };
        stage.set(Stage::Sending(prepared.clone()));
        let done = done.clone();
        scope.get_value().spawn(async move {
            let why = why.get_untracked();
            let why = checks.map_or_else(|| why.clone(), |it| it.with_untracked(|it| reason(it, &why)));
            match requests::send(live, session, &intent.get_value(), &prepared, &why, waiting).await {
                Ok(()) => {
                    toasts.say(done);
                    close();
                }
                Err(refusal) => stage.set(Stage::Refused(refusal)),
            }
        });
    };

    let sending = move || stage.with(|it| matches!(it, Stage::Sending(_)));
    let refused = move || stage.with(|it| matches!(it, Stage::Refused(_)));
    let cannot = move || match stage.get() {
        Stage::Preparing => Some("The API server is still judging it.".to_owned()),
        Stage::Ready(_) => live.write_locked().or_else(|| held_up(checks, over.get(), &why.get())),
        Stage::Sending(_) => None,
        Stage::Refused(_) => Some("It was refused.".to_owned()),
    };
    let go = show(refused, move |refused| {
        if *refused {
            return button("Review again").primary().on_press(prepare);
        }
        let send = send.clone();
        let go = button(verb.as_str());
        let go =
            if intent.with_value(|it| *it == Intent::Undeploy(true)) { go.danger() } else { go.primary() };
        go.disabled(cannot).busy(sending).on_press(send)
    });

    let judged = part(move || match stage.get() {
        Stage::Preparing => skeleton(2).into(),
        Stage::Ready(prepared) | Stage::Sending(prepared) => {
            let Prepared { write, changes, warnings, .. } = &prepared;
            parts::judged(changes, (), warnings, &write.kubectl, &write.git_snippet)
        }
        Stage::Refused(refusal) => parts::request_refused(refusal).into(),
    });
    let body = View::list([
        headline.map(|it| p(it).class("from-to")).into(),
        p(effect).into(),
        warnings(intent).into(),
        checks.map(preflight::preflight).into(),
        parts::lost_notice(waiting),
        judged,
        show(blocked, move |blocked| blocked.then(|| go_over(over))),
        parts::reason_field(why).into(),
    ]);
    dialog(title, body)
        .locked(sending)
        .footer(View::list([parts::cancel(sending, close).into(), go]))
        .on_close(close)
}

/// Why the preflight holds the request up: it is not through, or something blocks and is not gone over with a reason.
fn held_up(checks: Option<Memo<Vec<Check>>>, over: bool, why: &str) -> Option<String> {
    checks?.with(|checks| {
        let waits = checks.is_empty() || checks.iter().any(|it| it.verdict == Verdict::Waiting);
        match (waits, blocks(checks)) {
            (true, _) => Some("The preflight is still reading.".to_owned()),
            (false, true) if !over => Some(preflight_sentence(checks)),
            (false, true) if why.trim().is_empty() => {
                Some("Going over a check that blocks needs a reason.".to_owned())
            }
            _ => None,
        }
    })
}

/// The box that goes over checks that block.
fn go_over(over: RwSignal<bool>) -> El {
    let tick = el("input")
        .attr("type", "checkbox")
        .prop_live("checked", move || over.get())
        .on("change", move |event| over.set(is_checked(&event)));
    el("label").class("check").child(tick).child("Request it although checks block it, for the reason below")
}

/// What one should know before: who else writes, what is under way, what has no operator to carry it out.
fn warnings(intent: StoredValue<Intent>) -> El {
    let live = expect_context::<Live>();
    let warn = |title: &str, words: &str| notice(Tone::Warn, title, p(words));
    let owners = part(move || {
        let notice_of = |owner: Owner| {
            let then = p("To keep the change, make it in Git: it is given below.");
            let words = View::list([p(owner.evidence).class("soft"), then]);
            notice(Tone::Warn, &owner.sentence, words)
        };
        View::list(live.owners().into_iter().map(notice_of))
    });
    let running = move || {
        let operation = live.operation.get()?;
        let matters =
            operation.outcome == Outcome::Running && intent.with_value(|it| *it != Intent::CheckUpdates);
        let to = operation.to.map(|to| format!(" to {to}")).unwrap_or_default();
        matters.then(|| format!("An operation is under way{to}."))
    };
    let absent = move || live.operator.with(|it| it.is_absent());
    let row = move || {
        let Intent::Version(to) = intent.get_value() else { return None };
        live.installation.with(|it| releases(it.as_ref()?).into_iter().find(|it| it.version == to))
    };
    let version = show(row, move |row| {
        let ReleaseRow { direction, prerelease, listed, .. } = row.as_ref()?;
        let rollback = (*direction == Direction::Rollback).then(|| {
            warn(
                "This is a rollback.",
                "Databases keep what newer versions wrote. If one of them changed a database's schema, restore the \
                 backup that was taken before it.",
            )
        });
        let prerelease = prerelease.then(|| warn("This is a prerelease.", "It is not meant for production."));
        let unlisted = (!listed).then(|| {
            warn("The registry does not list this version.", "The operator may not find its charts.")
        });
        Some(View::list([rollback, prerelease, unlisted]))
    });
    let locked_out = move || {
        let Intent::People(changes) = intent.get_value() else { return None };
        let contract = &expect_context::<Session>().config().contract;
        users::lockout(contract, &live.current()?, &changes)
    };
    el("div")
        .class("stack")
        .child(owners)
        .child(show(locked_out, |words| {
            words.map(|words| notice(Tone::Bad, words, p("Make somebody else an admin first.")))
        }))
        .child(show(running, move |title| {
            let words = "The operator turns to this request as soon as its Helm run has ended.";
            title.as_ref().map(|title| warn(title, words))
        }))
        .child(show(absent, move |absent| absent.then(|| warn("No operator is running.", NOBODY_ACTS))))
        .child(version)
}

/// How a review speaks of its intent.
struct Words {
    title: String,
    headline: Option<String>,
    effect: String,
    /// The verb on the object, for the one button.
    verb: String,
    done: String,
}

impl Words {
    fn of(intent: &Intent, live: Live) -> Self {
        match intent {
            Intent::Version(to) => {
                let from = live.installation.with_untracked(|it| it.as_ref()?.deployed_version.clone());
                let direction = Direction::between(from.as_deref(), to);
                let effect = match direction {
                    Direction::Reinstall => {
                        "This version is deployed already. The operator applies it again where something differs."
                    }
                    _ => {
                        "The operator takes the dependencies release to this version first, then the platform release. \
                         Pods whose image or settings change are replaced."
                    }
                };
                Self {
                    title: format!("Review the {} to {to}", direction.noun()),
                    headline: Some(match from {
                        Some(from) => format!("{from} → {to} ({})", direction.noun()),
                        None => format!("{to} ({})", direction.noun()),
                    }),
                    effect: effect.to_owned(),
                    verb: format!("Request {} to {to}", if direction == Direction::Rollback { "rollback" } else { "upgrade" }),
                    done: format!("Requested {to}. The operator takes it from here."),
                }
            }
            Intent::ForceReconcile => Self {
                title: "Review the forced reconcile".to_owned(),
                headline: None,
                effect: "The operator applies both Helm releases again with the values of the installation, without any \
                         change of the installation itself."
                    .to_owned(),
                verb: "Force reconcile".to_owned(),
                done: "Asked the operator to reconcile.".to_owned(),
            },
            Intent::CheckUpdates => Self {
                title: "Review the check for updates".to_owned(),
                headline: None,
                effect: "The operator asks the registry for its versions now. Nothing is deployed.".to_owned(),
                verb: "Check for updates now".to_owned(),
                done: "Asked the operator to check the registry.".to_owned(),
            },
            Intent::People(changes) => {
                let verb = match changes.as_slice() {
                    [one] => one.words(),
                    more => format!("Make {} changes", more.len()),
                };
                let mode = changes.iter().find_map(|it| match it {
                    Change::Mode(mode) => Some(mode.switching()),
                    _ => None,
                });
                let all: Vec<_> = changes.iter().map(Change::words).collect();
                Self {
                    title: "Review who may enter".to_owned(),
                    headline: Some(all.join(". ")).filter(|_| all.len() <= 3),
                    effect: mode.unwrap_or("The operator brings the accounts in line with the list.").to_owned(),
                    verb,
                    done: "Written. The operator takes it from here.".to_owned(),
                }
            }
            Intent::Undeploy(true) => Self {
                title: "Review the undeploy".to_owned(),
                headline: None,
                effect: "The operator uninstalls the platform release, then the dependencies release, and removes its \
                         secrets. The data in PostgreSQL, MongoDB and Redis is destroyed. The installation is kept."
                    .to_owned(),
                verb: "Request undeploy".to_owned(),
                done: "Requested the undeploy. The operator takes it from here.".to_owned(),
            },
            Intent::Undeploy(false) => Self {
                title: "Review the redeploy".to_owned(),
                headline: None,
                effect: "The operator deploys both releases afresh with the configuration of the installation. Databases \
                         start empty."
                    .to_owned(),
                verb: "Request redeploy".to_owned(),
                done: "Requested the redeploy. The operator takes it from here.".to_owned(),
            },
        }
    }
}
