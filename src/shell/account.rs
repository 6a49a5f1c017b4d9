//! Who one is, how one signs in, and which installation one looks at.

use leptos::prelude::*;
use rootcause_domain::{config::Config, phase::Tone, token};

use super::Open;
use crate::{
    browser::{clock::Now, window},
    chunks::{self, Chunks},
    live::{Live, Scope, Standing},
    reactive::{Memo, RwSignal, effect},
    session::{Installations, Session},
    ui::{
        El, Glyph, Toasts, View, alert, button, dialog, el, facts, hidden, icon, link, mark, p, said, show,
        soft, text, value_of,
    },
    wire::Activity,
};

/// What of it is open over the page.
#[derive(Clone, Copy, PartialEq)]
enum Shown {
    Nothing,
    /// The user asked for it.
    Account,
    /// The session ended while the page was in use.
    SignedOut,
}

/// The dialog that is shown, and how it is closed; a context for what draws it.
#[derive(Clone, Copy)]
struct Account {
    open: Open,
    dismissed: RwSignal<bool>,
    shown: Memo<Shown>,
}

impl Account {
    fn close(self) {
        self.open.account.set(false);
        self.dismissed.set(true);
    }
}

/// Where the dialog about the user stands, which also opens by itself when one has to sign in again: over the page, which
/// keeps its place and its drafts.
pub fn slot() -> View {
    let live = expect_context::<Live>();
    let activity = expect_context::<Activity>();
    let chunk = expect_context::<Chunks>().account;
    let open = expect_context::<Open>();
    let dismissed = RwSignal::new(false);
    // While there is nothing to keep in place the page itself says it.
    let out = Memo::new(move || live.standing.get() == Standing::Open && live.signed_out(activity));
    effect(move || {
        // The next time it opens by itself again.
        if !out.get() {
            dismissed.set(false);
        }
    });
    let shown = Memo::new(move || match (open.account.get(), out.get()) {
        (true, _) => Shown::Account,
        (_, true) if !dismissed.get() => Shown::SignedOut,
        _ => Shown::Nothing,
    });
    let account = Account { open, dismissed, shown };
    provide_context(account);
    show(
        move || shown.get(),
        move |shown| (*shown != Shown::Nothing).then(|| chunks::over(chunk, move || account.close())),
    )
}

/// The dialog about the user.
pub fn account() -> View {
    let account = expect_context::<Account>();
    let close = move || account.close();
    match account.shown.get_untracked() {
        Shown::Nothing => View::from(()),
        Shown::Account => account_dialog(account.open, close).into(),
        Shown::SignedOut => {
            let words = p(
                "What you see is from before. Sign in again: this page keeps its place, and what you have begun.",
            );
            let body = View::list([words.into(), sign_in(close)]);
            dialog("You are signed out", body).on_close(close).into()
        }
    }
}

/// The button at the top that says who one is.
pub fn who(open: Open) -> El {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let name = move || live.user.get().unwrap_or_else(|| "Sign in".to_owned());
    let who = el("span").class("who").child(el("span").child(text(name)));
    button(View::list([icon(Glyph::Person).into(), who.into(), time_left(session)]))
        .quiet()
        .small()
        .on_press(move || open.account.set(true))
        .attr_live("aria-label", move || Some(name()))
        .attr_live("title", move || live.user.get())
}

/// How long the token is still good for, where it tells.
fn time_left(session: Session) -> View {
    let now = expect_context::<Now>();
    let left = move || session.token_end().map(|end| token::left(end, now.get()));
    show(left, |left| left.as_ref().map(|(tone, words)| mark(*tone, words)))
}

fn account_dialog(open: Open, close: impl Fn() + Copy + 'static) -> El {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let installations = expect_context::<Installations>();
    let config = session.config();
    let unknown = "not known: the API server has not said";
    let user = move || live.user.get().unwrap_or_else(|| unknown.to_owned());
    let groups = move || live.groups.with(|it| it.join(", "));
    let by = if session.has_token() {
        "a token that was pasted here; it stays in this tab's memory only"
    } else {
        "whatever serves this page"
    };
    let about = facts([
        ("User", text(user)),
        ("Groups", text(groups)),
        ("Signed in by", View::list([View::from(by), " ".into(), time_left(session)])),
        ("API", config.api_base.as_str().into()),
    ]);
    let forget = session.has_token().then(|| {
        button("Forget the token").on_press(move || {
            session.use_token(installations, None);
            installations.reopen();
        })
    });
    let body = View::list([about.into(), sign_in(close)]);
    let log = button("Activity of this tab").on_press(move || {
        close();
        open.activity.set(true);
    });
    dialog("Who you are", body).footer(View::list([Some(log), forget])).on_close(close)
}

/// The ways to sign in: at the proxy's own page, where config.json names it, and with a token.
pub fn sign_in(done: impl Fn() + Copy + 'static) -> View {
    let live = expect_context::<Live>();
    let installations = expect_context::<Installations>();
    let activity = expect_context::<Activity>();
    let toasts = expect_context::<Toasts>();
    let scope = Scope::here();
    let token = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<(String, String)>);
    let busy = RwSignal::new(false);
    let submit = move || {
        let given = match token::pasted(&token.get_untracked()) {
            Ok(given) => given,
            Err(error) => return problem.set(Some((error.to_string(), String::new()))),
        };
        busy.set(true);
        scope.spawn(async move {
            let outcome = live.sign_in(installations, activity, given).await;
            busy.set(false);
            match outcome {
                Ok(()) => {
                    token.set(String::new());
                    problem.set(None);
                    toasts.say("Signed in.");
                    done();
                }
                Err(refused) => {
                    problem.set(Some(("The API server does not take this token.".to_owned(), refused.said)))
                }
            }
        });
    };
    let press = submit.clone();
    let field = el("input")
        .class("input")
        .id("token")
        .attr("type", "password")
        .attr("autocomplete", "off")
        .attr("spellcheck", "false")
        .bind(token);
    let form = el("form")
        .class("field")
        .attr("aria-label", "Sign in with a token")
        .on("submit", move |event| {
            event.prevent_default();
            submit();
        })
        .child(el("label").attr("for", "token").child("Bearer token"))
        .child(field)
        .child(soft("Kept in the memory of this tab only. A ServiceAccount's: kubectl create token NAME"))
        .child(show(
            move || problem.get(),
            |problem| {
                let (title, words) = problem.as_ref()?;
                Some(alert(Tone::Bad, title, (!words.is_empty()).then(|| said(words))))
            },
        ))
        .child(
            el("div")
                .class("actions")
                .child(button("Sign in with this token").primary().busy(move || busy.get()).on_press(press)),
        );
    View::list([at_the_proxy(&expect_context::<Session>().config()), form.into()])
}

/// The proxy's sign-in page, in a tab of its own: this one goes on by itself once its session is back.
fn at_the_proxy(config: &Config) -> View {
    let location = window().location();
    // Without the host: a sign-in page leads back to its own one only.
    let here = [location.pathname(), location.search(), location.hash()];
    let here = here.into_iter().map(Result::unwrap_or_default).collect::<String>();
    let there = config.sign_in(&here).map(|address| {
        let open = link(&address, "Sign in at your identity provider")
            .attr("target", "_blank")
            .attr("rel", "noopener");
        p(open).child(" in another tab; this page goes on by itself then.")
    });
    View::from(there)
}

/// Which of config.json's installations is shown, where there are several.
pub fn installation_choice() -> Option<El> {
    let installations = expect_context::<Installations>();
    let all = installations.all();
    if all.len() < 2 {
        return None;
    }
    let shown = installations.index();
    let option = |(index, config): (usize, &Config)| {
        let name = match &config.cluster {
            Some(cluster) => format!("{} in {} · {cluster}", config.installation, config.namespace),
            None => format!("{} in {}", config.installation, config.namespace),
        };
        let option = el("option").attr("value", &index.to_string()).child(name);
        option.maybe("selected", (index == shown).then_some(""))
    };
    let select = el("select").children(all.iter().enumerate().map(option)).on("change", move |event| {
        if let Ok(index) = value_of(&event).parse() {
            installations.choose(index);
        }
    });
    Some(el("label").class("place").child(hidden("Installation")).child(select))
}
