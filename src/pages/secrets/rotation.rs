//! The review of a changed secret, with the restarts that carry the new value into pods, and how a rotation goes on.

use std::{rc::Rc, time::Duration};

use kube_web::Resource;
use leptos::prelude::*;
use rootcause_domain::{
    objects::Workload,
    phase::Tone,
    restart,
    secrets::{
        rotation::{self as domain, Next, Rotation, State, Step},
        write::{self, Edit},
    },
};
use serde_json::Value;

use super::{panel::Full, store::Store};
use crate::{
    live::{Live, sleep},
    pages::restart as restarts,
    reactive::{Memo, RwSignal},
    requests::Refusal,
    session::Session,
    shell::{
        confirm::{Confirm, Confirms},
        rights::why,
    },
    ui::{El, Toasts, View, alert, button, each, el, mark, p, section, show, since, soft, text},
    writes::{self, What, Write},
};

/// Between two looks at how a restart goes on.
const LOOK: Duration = Duration::from_millis(500);

/// Rotations that this tab carries out, and the values of before that it can go back to. A context of the whole app, so
/// that a rotation goes on while another page is looked at.
#[derive(Clone, Copy)]
pub struct Rotations {
    running: RwSignal<Vec<Run>>,
    /// Kept in memory for this visit, never elsewhere.
    before: StoredValue<Vec<(String, Vec<Edit>)>, LocalStorage>,
}

/// One rotation of this tab.
#[derive(Clone, Copy)]
struct Run {
    secret: StoredValue<String>,
    rotation: StoredValue<Rotation>,
    /// Steps that this tab has asked for.
    sent: RwSignal<Vec<usize>>,
    going: RwSignal<bool>,
    /// Why the last step could not be asked for.
    refused: RwSignal<Option<String>>,
}

impl Rotations {
    pub fn provide() {
        provide_context(Self {
            running: RwSignal::new(Vec::new()),
            before: StoredValue::new_local(Vec::new()),
        });
    }

    fn find(self, secret: &str) -> Option<Run> {
        self.running
            .with_untracked(|it| it.iter().find(|it| it.secret.with_value(|it| it == secret)).copied())
    }

    /// Carries the rotation out from where the cluster shows that it stands.
    fn go_on(self, live: Live, session: Session, toasts: Toasts, secret: &str, rotation: Rotation) {
        let known = self.find(secret).filter(|it| it.rotation.with_value(|it| it.when == rotation.when));
        let run = known.unwrap_or_else(|| {
            // It outlives the review that begins it.
            let run = live.scope.get_value().with(|| Run {
                secret: StoredValue::new(secret.to_owned()),
                rotation: StoredValue::new(rotation),
                sent: RwSignal::new(Vec::new()),
                going: RwSignal::new(false),
                refused: RwSignal::new(None),
            });
            self.running.update(|it| {
                it.retain(|it| it.secret.with_value(|it| it != secret));
                it.push(run);
            });
            run
        });
        if !run.going.get_untracked() {
            run.going.set(true);
            run.refused.set(None);
            live.scope.get_value().spawn(async move {
                carry_out(live, session, toasts, run).await;
                run.going.set(false);
            });
        }
    }

    fn forget(self, secret: &str) {
        self.running.update(|it| it.retain(|it| it.secret.with_value(|it| it != secret)));
    }
}

/// The workloads with their kinds, and how far the rotation is.
fn progress(live: Live, rotation: &Rotation, sent: &[usize]) -> (Vec<State>, Next) {
    let workloads: Vec<Workload> =
        rotation.steps.iter().filter_map(|it| restarts::find(live, it.kind, &it.name)).collect();
    live.rollouts.with(|rollouts| {
        let rollouts = rollouts.as_ref().map_or(&[][..], |it| it.as_slice());
        domain::progress(rotation, &workloads, rollouts, sent)
    })
}

async fn carry_out(live: Live, session: Session, toasts: Toasts, run: Run) {
    let rotation = run.rotation.get_value();
    let secret = run.secret.get_value();
    loop {
        // On what is not current nothing is decided.
        let blind = untrack(|| live.stale().is_some() || live.rollouts.with(Option::is_none));
        let (states, next) = untrack(|| progress(live, &rotation, &run.sent.get_untracked()));
        match next {
            _ if blind => {}
            Next::Restart(at) => {
                let Step { kind, name } = &rotation.steps[at];
                let waiting = RwSignal::new(None);
                match writes::send(session, &restarts::write(session, *kind, name), waiting).await {
                    Ok(()) => run.sent.update(|it| it.push(at)),
                    Err(refusal) => return run.refused.set(Some(line(&refusal))),
                }
            }
            Next::Wait => {}
            Next::Stopped(_) => return,
            Next::Done if rotation.steps.is_empty() => return,
            Next::Done => {
                toasts.say(domain::sentence(&secret, &rotation, &states, &next));
                close(session, &secret).await;
                return;
            }
        }
        sleep(LOOK).await;
    }
}

/// Takes the mark of an open rotation away. Where that fails it stays, and whoever looks next takes it away.
async fn close(session: Session, secret: &str) {
    let write = Write {
        resource: Resource::SECRETS,
        name: secret.to_owned(),
        what: What::Patch(Rotation::closing()),
        kubectl: String::new(),
    };
    let _ = writes::send(session, &write, RwSignal::new(None)).await;
}

fn line(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Impossible(words) | Refusal::Overtaken(words) | Refusal::HalfWay(words) => words.clone(),
        Refusal::Refused(problem) | Refusal::Unknown(problem) => problem.line(),
    }
}

/// Opens the review of edits of a secret.
pub fn review(confirms: Confirms, store: Store, full: Full, edits: Vec<Edit>, then: Rc<dyn Fn()>) {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let rotations = expect_context::<Rotations>();
    let toasts = expect_context::<Toasts>();
    let keys: Vec<_> = edits.iter().map(|it| it.key.clone()).collect();
    let name = full.name.clone();
    let steps = store.graph.with_untracked(|it| domain::plan(it, &name, &keys));
    // What opens the review may be drawn anew while it is open.
    let picked = live.scope.get_value().with(|| RwSignal::new(vec![true; steps.len()]));
    let chosen = {
        let steps = steps.clone();
        move || {
            let able = |it: &Step| restarts::cannot(live, it.kind, &it.name).is_none();
            let wanted: Vec<_> = picked.with(|picked| {
                steps.iter().zip(picked).filter(|(_, it)| **it).map(|(it, _)| it.clone()).collect()
            });
            wanted.into_iter().filter(able).collect::<Vec<_>>()
        }
    };
    let when = session.server_now();
    let rotation = {
        let chosen = chosen.clone();
        move || {
            let who = live.user.get().unwrap_or_else(|| "unknown".to_owned());
            Rotation { when, who, keys: keys.clone(), steps: chosen() }
        }
    };
    let back = write::undo(&edits, &full.data);
    let lines: Vec<_> = edits.iter().map(|it| write::describe(it, &full.data)).collect();
    let written = {
        let rotation = rotation.clone();
        let name = name.clone();
        move || {
            let mut patch = write::patch(&edits, &full.resource_version);
            let rotation = rotation();
            let mut kubectl = write::patch_command(&name, &edits, &session.config().namespace);
            if !rotation.steps.is_empty() {
                apply_merge(&mut patch, &rotation.record());
                for step in &rotation.steps {
                    kubectl.push('\n');
                    kubectl.push_str(&restart::command(step.kind, &step.name, &session.config().namespace));
                }
            }
            Write { resource: Resource::SECRETS, name: name.clone(), what: What::Patch(patch), kubectl }
        }
    };
    let (own, title) = (name.clone(), format!("Review the change of {name}"));
    let verb = move || match chosen().len() {
        0 => format!("Write secret {own}"),
        1 => format!("Write secret {own} and restart 1 workload"),
        more => format!("Write secret {own} and restart {more} workloads"),
    };
    let readers = store.graph.with_untracked(|it| it.of(&name).len());
    confirms.open(Confirm {
        title,
        body: Box::new(move || {
            let changes = el("ul").class("changes").attr("aria-label", "Changes");
            let changes = changes.children(lines.iter().map(|it| el("li").child(it.as_str())));
            let restarts = match (steps.is_empty(), readers) {
                (false, _) => plan(live, store, &steps, picked),
                (true, 0) => p("Nothing that is known here uses it, so nothing restarts.").class("soft"),
                (true, _) => {
                    p("Who uses these keys reads them each time it needs them, so nothing restarts.")
                        .class("soft")
                }
            };
            View::list([changes, restarts])
        }),
        write: Rc::new(written),
        verb: Rc::new(verb),
        done: format!("Wrote secret {name}."),
        typed: None,
        then: Rc::new(move |_| {
            rotations.before.update_value(|it| {
                it.retain(|(secret, _)| *secret != name);
                it.push((name.clone(), back.clone()));
            });
            let rotation = untrack(&rotation);
            rotations.go_on(live, session, toasts, &name, rotation);
            store.look_again(&name);
            then();
        }),
    });
}

/// A merge patch with another one added to it: its removals stay removals.
fn apply_merge(patch: &mut Value, more: &Value) {
    match (patch.as_object_mut(), more) {
        (Some(into), Value::Object(fields)) => {
            for (key, value) in fields {
                apply_merge(into.entry(key.as_str()).or_insert(Value::Null), value);
            }
        }
        _ => *patch = more.clone(),
    }
}

/// Who restarts, in which order and how.
fn plan(live: Live, store: Store, steps: &[Step], picked: RwSignal<Vec<bool>>) -> El {
    let row = |(at, step): (usize, &Step)| {
        let workload = restarts::find(live, step.kind, &step.name);
        let owned = step.clone();
        let cannot = move || restarts::cannot(live, owned.kind, &owned.name);
        let reason = show(cannot.clone(), |it| it.as_deref().map(|it| p(why(it))));
        let (off, unable) = (cannot.clone(), cannot);
        let how = workload.as_ref().map(restart::how).unwrap_or_default();
        let budgets = store.budgets.with_untracked(|it| {
            let labels = workload.as_ref().map(|it| it.spec.template.labels.clone()).unwrap_or_default();
            restart::budgets(it.slice(), &labels)
        });
        let id = format!("restart-{at}");
        let choose = el("input")
            .id(&id)
            .attr("type", "checkbox")
            .prop_live("checked", move || {
                unable().is_none() && picked.with(|it| it.get(at).copied().unwrap_or_default())
            })
            .attr_live("disabled", move || off().map(|_| String::new()))
            .on("change", move |event| {
                picked.update(|it| it[at] = crate::ui::dom::is_checked(&event));
            });
        let label = el("label").attr("for", &id).child(format!("Restart {}", step.words()));
        el("li")
            .child(el("div").class("actions").child(choose).child(label))
            .child(soft(format!("{how}.")))
            .children(budgets.iter().map(|it| p(format!("{it}.")).class("soft")))
            .child(reason)
    };
    let words = p(
        "Pods read the new value when they start. Each is restarted when the one before is ready; where one does not get ready, the rest is left alone.",
    );
    el("section")
        .attr("aria-label", "Restarts")
        .class("stack")
        .child(words.class("soft"))
        .child(
            el("ol")
                .class("needs")
                .attr("aria-label", "Restarts")
                .children(steps.iter().enumerate().map(row)),
        )
        .child(
            p(BUDGETS_DENIED)
                .class("soft")
                .maybe("hidden", store.budgets.with_untracked(|it| it.denied().is_none()).then_some("")),
        )
}

const BUDGETS_DENIED: &str = "You may not list PodDisruptionBudgets: what they say is not known.";

/// Rotations under way, stopped, or found unfinished.
pub fn rotations_section() -> View {
    let store = expect_context::<Store>();
    let rotations = expect_context::<Rotations>();
    let all = move || {
        let mut all: Vec<_> = rotations
            .running
            .get()
            .iter()
            .map(|it| (it.secret.get_value(), it.rotation.get_value(), true))
            .collect();
        // Of each secret the newest: what the last list found may be over.
        for (secret, rotation) in store.open.get() {
            match all.iter_mut().find(|(known, ..)| *known == secret) {
                Some(mine) if mine.1.when >= rotation.when => {}
                Some(mine) => *mine = (secret, rotation, false),
                None => all.push((secret, rotation, false)),
            }
        }
        all
    };
    let any = move || !all().is_empty();
    show(any, move |any| {
        any.then(|| {
            section("rotations", "Rotations", ()).child(each(
                all,
                |(secret, rotation, mine)| format!("{secret} {} {mine}", rotation.when),
                |(secret, rotation, _)| one(secret, rotation),
            ))
        })
    })
}

fn one(secret: String, rotation: Rotation) -> El {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let store = expect_context::<Store>();
    let rotations = expect_context::<Rotations>();
    let confirms = expect_context::<Confirms>();
    let toasts = expect_context::<Toasts>();
    let run = rotations.find(&secret).filter(|it| it.rotation.with_value(|it| it.when == rotation.when));
    let sent = move || run.map(|it| it.sent.get()).unwrap_or_default();
    let going = move || run.is_some_and(|it| it.going.get());
    let at = {
        let rotation = rotation.clone();
        Memo::new(move || progress(live, &rotation, &sent()))
    };
    let said = {
        let (secret, rotation) = (secret.clone(), rotation.clone());
        move || at.with(|(states, next)| domain::sentence(&secret, &rotation, states, next))
    };
    let steps = rotation.steps.iter().enumerate().map(|(index, step)| {
        let state = move || at.with(|(states, _)| states.get(index).cloned());
        let shown = show(state, |state| state.as_ref().map(|it| mark(tone(it), &it.words())));
        el("li").child(el("span").class("name").child(step.words())).child(" ").child(shown)
    });
    let refused = show(
        move || run.and_then(|it| it.refused.get()),
        |why| why.as_ref().map(|it| alert(Tone::Bad, "The restart could not be asked for.", p(it.as_str()))),
    );
    let buttons = {
        let (secret, rotation) = (secret.clone(), rotation.clone());
        let over = move || at.with(|(_, next)| *next == Next::Done);
        show(
            move || (going(), over()),
            move |state| -> View {
                let (going, over) = *state;
                let mut buttons = Vec::new();
                if !going && !over {
                    let (name, rotation) = (secret.clone(), rotation.clone());
                    let resume = button("Resume rotation").primary().disabled(move || live.locked());
                    buttons.push(
                        resume.on_press(move || {
                            rotations.go_on(live, session, toasts, &name, rotation.clone())
                        }),
                    );
                }
                let known = rotations.before.with_value(|it| it.iter().any(|(name, _)| *name == secret));
                if known && !going {
                    let name = secret.clone();
                    let back = button("Go back to the previous value…").disabled(move || live.locked());
                    buttons.push(back.on_press(move || go_back(name.clone(), confirms, store, rotations)));
                }
                if !going {
                    let name = secret.clone();
                    // A change that restarts nobody left no mark.
                    let marked = !rotation.steps.is_empty();
                    let leave = button(if over { "Dismiss" } else { "Stop here" }).quiet();
                    buttons.push(leave.on_press(move || {
                        let name = name.clone();
                        live.scope.get_value().spawn(async move {
                            if marked {
                                close(session, &name).await;
                            }
                            rotations.forget(&name);
                            store.open.update(|it| it.retain(|(it, _)| *it != name));
                        });
                    }));
                }
                View::list(buttons)
            },
        )
    };
    let by = el("p").class("soft").child(format!("Changed by {} ", rotation.who)).child(since(rotation.when));
    el("div")
        .class("rotation stack")
        .attr("role", "group")
        .attr("aria-label", &format!("Rotation of {secret}"))
        .child(el("p").attr("role", "status").child(el("strong").child(text(said))))
        .child(by)
        .child(el("ol").class("needs").attr("aria-label", "Restarts").children(steps))
        .child(refused)
        .child(el("div").class("actions").child(buttons))
}

fn tone(state: &State) -> Tone {
    match state {
        State::Waits => Tone::Off,
        State::Restarting(_) => Tone::Busy,
        State::Ready => Tone::Ok,
        State::Stopped(_) => Tone::Bad,
        State::Gone => Tone::Unknown,
    }
}

/// Opens the review of the change back.
fn go_back(secret: String, confirms: Confirms, store: Store, rotations: Rotations) {
    let session = expect_context::<Session>();
    let toasts = expect_context::<Toasts>();
    let owner = Owner::current();
    crate::live::spawn_scoped(async move {
        let full = match Full::read(session, &secret).await {
            Ok(full) => full,
            Err(problem) => return toasts.say(problem.line()),
        };
        let edits = rotations
            .before
            .with_value(|it| it.iter().find(|(name, _)| *name == secret).map(|(_, it)| it.clone()));
        let edits = write::changed(edits.unwrap_or_default(), &full.data);
        if edits.is_empty() {
            return toasts.say("The secret has its previous value already.");
        }
        if let Some(owner) = owner {
            owner.with(|| review(confirms, store, full, edits, Rc::new(|| {})));
        }
    });
}
