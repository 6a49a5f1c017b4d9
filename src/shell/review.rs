//! The review that stands before every write: what will change, what it means, the command that does the same, and one
//! button that says what it does.

use leptos::prelude::*;
use rootcause_domain::{
    operation::Outcome,
    phase::Tone,
    version::{Direction, ReleaseRow, releases},
};

use crate::{
    live::{Live, Scope},
    requests::{self, Intent, Prepared, Refusal},
    session::Session,
    ui::{Button, Changes, Command, Dialog, Kind, Notice, Skeleton, Toasts, part},
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
}

/// Where the open review stands.
#[component]
pub fn ReviewSlot() -> impl IntoView {
    let reviews = expect_context::<Reviews>();
    part(move || {
        reviews.0.get().map(|intent| view! { <Review intent=intent on_close=move || reviews.close() /> })
    })
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

#[component]
fn Review(intent: Intent, on_close: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let toasts = expect_context::<Toasts>();
    let stage = RwSignal::new_local(Stage::Preparing);
    let why = RwSignal::new(String::new());
    // Set while an answer is lost and the outcome is being read back.
    let (waiting, set_waiting) = signal(None::<Problem>);
    let words = Words::of(&intent, live);

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

    let done = words.done.clone();
    let send = move || {
        let Stage::Ready(prepared) = stage.get_untracked() else { return };
        stage.set(Stage::Sending(prepared.clone()));
        let done = done.clone();
        scope.get_value().spawn(async move {
            let why = why.get_untracked();
            match requests::send(live, session, &intent.get_value(), &prepared, &why, set_waiting).await {
                Ok(()) => {
                    toasts.say(done);
                    on_close();
                }
                Err(refusal) => stage.set(Stage::Refused(refusal)),
            }
        });
    };
    let send = StoredValue::new_local(send);

    let sending = Memo::new(move |_| stage.with(|it| matches!(it, Stage::Sending(_))));
    let cannot = move || match stage.get() {
        Stage::Preparing => Some("The API server is still judging it.".to_owned()),
        Stage::Ready(_) => live.write_locked(),
        Stage::Sending(_) => None,
        Stage::Refused(_) => Some("It was refused.".to_owned()),
    };
    let refused = Memo::new(move |_| stage.with(|it| matches!(it, Stage::Refused(_))));
    let verb = StoredValue::new(words.verb.clone());
    let footer = move || {
        view! {
            <Button on_press=move |()| on_close() disabled=Signal::derive(move || {
                sending.get().then(|| "Its outcome is not known yet.".to_owned())
            })>"Cancel"</Button>
            {part(move || if refused.get() {
                view! { <Button on_press=move |()| prepare() kind=Kind::Primary>"Review again"</Button> }.into_any()
            } else {
                view! {
                    <Button
                        on_press=move |()| send.with_value(|it| it())
                        kind=Kind::Primary
                        disabled=Signal::derive(cannot)
                        busy=sending
                    >
                        {verb.get_value()}
                    </Button>
                }
                .into_any()
            })}
        }
    };

    view! {
        <Dialog title=words.title.clone() on_close=move |()| on_close() locked=sending footer=footer>
            {words.headline.clone().map(|it| view! { <p class="from-to">{it}</p> })}
            <p>{words.effect.clone()}</p>
            <Warnings intent=intent />
            {part(move || waiting.get().map(|problem| view! {
                <Notice tone=Tone::Warn title="The answer was lost; reading back what became of it." alert=true>
                    <p>{problem.line()}</p>
                </Notice>
            }))}
            {part(move || match stage.get() {
                Stage::Preparing => view! { <Skeleton lines=2 /> }.into_any(),
                Stage::Ready(prepared) | Stage::Sending(prepared) => view! { <Judged prepared /> }.into_any(),
                Stage::Refused(refusal) => view! { <Refused refusal /> }.into_any(),
            })}
            <div class="field">
                <label for="review-why">"Reason, kept with the request (optional)"</label>
                <input
                    id="review-why"
                    class="input"
                    type="text"
                    maxlength="500"
                    autocomplete="off"
                    prop:value=why
                    on:input=move |event| why.set(event_target_value(&event))
                />
            </div>
        </Dialog>
    }
}

/// What the API server says it would do.
#[component]
fn Judged(prepared: Prepared) -> impl IntoView {
    let Prepared { write, changes, warnings, .. } = prepared;
    view! {
        <section aria-label="What changes">
            <h2>"What the API server would change"</h2>
            {if changes.is_empty() {
                view! { <p class="soft">"Nothing but the record of this request."</p> }.into_any()
            } else {
                view! { <Changes changes /> }.into_any()
            }}
        </section>
        {warnings
            .into_iter()
            .map(|it| view! { <Notice tone=Tone::Warn title="The API server warns."><p>{it}</p></Notice> })
            .collect_view()}
        <Command text=write.kubectl caption="Equivalent command" />
        <details>
            <summary>"The same change for a Git repository"</summary>
            <Command text=write.git_snippet />
        </details>
    }
}

#[component]
fn Refused(refusal: Refusal) -> impl IntoView {
    let (title, said, advice) = match refusal {
        Refusal::Impossible(words) => ("It cannot be requested.".to_owned(), words, String::new()),
        Refusal::Refused(problem) => (problem.title, problem.said, problem.advice),
        Refusal::Overtaken(words) => (
            "Somebody else changed it first.".to_owned(),
            words,
            "Look at what is requested now, then review again.".to_owned(),
        ),
    };
    view! {
        <Notice tone=Tone::Bad title=title alert=true>
            <p class="mono">{said}</p>
            <p>"Nothing was changed. " {advice}</p>
        </Notice>
    }
}

/// What one should know before: who else writes, what is under way, what has no operator to carry it out.
#[component]
fn Warnings(intent: StoredValue<Intent>) -> impl IntoView {
    let live = expect_context::<Live>();
    let owners = move || {
        live.owners()
            .into_iter()
            .map(|owner| {
                view! {
                    <Notice tone=Tone::Warn title=owner.sentence>
                        <p class="soft">{owner.evidence}</p>
                        <p>"To keep the change, make it in Git: it is given below."</p>
                    </Notice>
                }
            })
            .collect_view()
    };
    let running = move || {
        let operation = live.operation.get()?;
        (operation.outcome == Outcome::Running && intent.with_value(|it| *it != Intent::CheckUpdates)).then(
            || {
                let to = operation.to.unwrap_or_default();
                let title = format!(
                    "An operation is under way{}.",
                    if to.is_empty() { to } else { format!(" to {to}") }
                );
                view! {
                    <Notice tone=Tone::Warn title=title>
                        <p>"The operator turns to this request as soon as its Helm run has ended."</p>
                    </Notice>
                }
            },
        )
    };
    let absent = move || {
        live.operator.with(|it| it.is_absent()).then(|| {
            view! {
                <Notice tone=Tone::Warn title="No operator is running.">
                    <p>"The request is kept, and nothing happens until an operator sees it."</p>
                </Notice>
            }
        })
    };
    let row = move || {
        let Intent::Version(to) = intent.get_value() else { return None };
        live.installation.with(|it| releases(it.as_ref()?).into_iter().find(|it| it.version == to))
    };
    let version = move || {
        let ReleaseRow { direction, prerelease, listed, .. } = row()?;
        let warn = |title: &'static str, words: &'static str| {
            view! { <Notice tone=Tone::Warn title=title><p>{words}</p></Notice> }
        };
        let mut notices = Vec::new();
        if direction == Direction::Rollback {
            notices.push(warn(
                "This is a rollback.",
                "Databases keep what newer versions wrote. If one of them changed a database's schema, restore the \
                 backup that was taken before it.",
            ));
        }
        if prerelease {
            notices.push(warn("This is a prerelease.", "It is not meant for production."));
        }
        if !listed {
            notices.push(warn(
                "The registry does not list this version.",
                "The operator may not find its charts.",
            ));
        }
        Some(notices.collect_view())
    };
    view! {
        <div class="stack">{part(owners)} {part(running)} {part(absent)} {part(version)}</div>
    }
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
        }
    }
}
