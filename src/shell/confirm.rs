//! The review of a change to any object but the installation: what will change, the command that does the same, and one
//! button that says what it does.

use std::rc::Rc;

use leptos::prelude::*;

use super::parts;
use crate::{
    chunks::{self, Chunks},
    live::{Live, Scope},
    reactive::RwSignal,
    requests::Refusal,
    session::Session,
    ui::{El, Toasts, View, button, command, dialog, el, part, show, skeleton, text},
    words::Problem,
    writes::{self, Write},
};

/// What is to be reviewed. Closures, because what a review asks may change what is written.
pub struct Confirm {
    pub title: String,
    /// What will change, and what one should know before.
    pub body: Box<dyn Fn() -> View>,
    pub write: Rc<dyn Fn() -> Write>,
    /// The verb on the object, for the one button.
    pub verb: Rc<dyn Fn() -> String>,
    /// Said when it is done.
    pub done: String,
    /// The name that has to be typed where data dies.
    pub typed: Option<String>,
    /// Called when it is done.
    pub then: Rc<dyn Fn(&Write)>,
}

/// Opens reviews; a context of the whole app.
#[derive(Clone, Copy)]
pub struct Confirms(RwSignal<Option<Rc<Confirm>>>);

impl Confirms {
    pub fn provide() -> Self {
        let confirms = Self(RwSignal::new(None));
        provide_context(confirms);
        confirms
    }

    pub fn open(self, confirm: Confirm) {
        self.0.set(Some(Rc::new(confirm)));
    }

    fn close(self) {
        self.0.set(None);
    }

    /// Where the open review stands.
    pub fn slot(self) -> View {
        let confirm = expect_context::<Chunks>().confirm;
        part(move || {
            let open = self.0.with(Option::is_some);
            // Drawn once: what is read while it is drawn must not draw it anew with a write under way.
            untrack(|| open.then(|| chunks::over(confirm, move || self.close())))
        })
    }
}

/// The review of what [`Confirms`] was asked to open.
pub fn confirm() -> View {
    let confirms = expect_context::<Confirms>();
    confirms.0.get_untracked().map(|it| of(it, move || confirms.close())).into()
}

/// How far a review is.
#[derive(Clone)]
enum Stage {
    Judging,
    /// The API server would take it, with these warnings.
    Ready(Vec<String>),
    Sending,
    /// Nothing was changed.
    Refused(Refusal),
}

fn of(confirm: Rc<Confirm>, close: impl Fn() + Copy + 'static) -> El {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let toasts = expect_context::<Toasts>();
    let stage = RwSignal::new(Stage::Judging);
    let waiting = RwSignal::new(None::<Problem>);
    let typed = RwSignal::new(String::new());
    let scope = StoredValue::new(Scope::here());
    let judge = {
        let confirm = Rc::clone(&confirm);
        move || {
            stage.set(Stage::Judging);
            let write = (confirm.write)();
            scope.get_value().spawn(async move {
                stage.set(writes::judge(session, &write).await.map_or_else(Stage::Refused, Stage::Ready));
            });
        }
    };
    untrack(&judge);
    let send = {
        let confirm = Rc::clone(&confirm);
        move || {
            stage.set(Stage::Sending);
            let confirm = Rc::clone(&confirm);
            let write = (confirm.write)();
            scope.get_value().spawn(async move {
                match writes::send(session, &write, waiting).await {
                    Ok(()) => {
                        toasts.say(confirm.done.as_str());
                        (confirm.then)(&write);
                        close();
                    }
                    Err(refusal) => stage.set(Stage::Refused(refusal)),
                }
            });
        }
    };
    let sending = move || stage.with(|it| matches!(it, Stage::Sending));
    let refused = move || stage.with(|it| matches!(it, Stage::Refused(_)));
    let name = confirm.typed.clone();
    let cannot = move || match stage.get() {
        Stage::Judging => Some("The API server is still judging it.".to_owned()),
        Stage::Ready(_) => match &name {
            Some(name) if typed.with(|it| it.trim() != name) => Some(format!("Type {name} to confirm.")),
            _ => live.locked(),
        },
        Stage::Sending => None,
        Stage::Refused(_) => Some("It was refused.".to_owned()),
    };
    let go = {
        let confirm = Rc::clone(&confirm);
        show(refused, move |refused| {
            if *refused {
                return button("Review again").primary().on_press(judge.clone());
            }
            let verb = Rc::clone(&confirm.verb);
            let go = button(text(move || verb())).disabled(cannot.clone()).busy(sending);
            let go = if confirm.typed.is_some() { go.danger() } else { go.primary() };
            go.on_press(send.clone())
        })
    };
    let judged = part(move || match stage.get() {
        Stage::Judging => skeleton(2).into(),
        Stage::Ready(warnings) => parts::server_warnings(&warnings),
        Stage::Sending => View::from(()),
        Stage::Refused(refusal) => parts::request_refused(refusal).into(),
    });
    let write = Rc::clone(&confirm.write);
    let same = show(move || write().kubectl, |it| command(it, Some("Equivalent command")));
    let field = confirm.typed.as_ref().map(|name| {
        let label = el("label").attr("for", "confirm-name").child(format!("Type {name} to confirm"));
        let input =
            el("input").id("confirm-name").class("input mono").attr("autocomplete", "off").bind(typed);
        el("div").class("field").child(label).child(input)
    });
    let body = View::list([(confirm.body)(), parts::lost_notice(waiting), judged, same, field.into()]);
    let title = confirm.title.as_str();
    dialog(title, body)
        .locked(sending)
        .footer(View::list([parts::cancel(sending, close).into(), go]))
        .on_close(close)
}
