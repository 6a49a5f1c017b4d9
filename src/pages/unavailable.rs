//! What stands in a page's place while there is no installation to show: what is so, why, and what to do.

use leptos::prelude::*;
use rootcause_domain::{
    access::{Check, Subject, role_yaml},
    phase::Tone,
    route::{Place, Route},
    sentence,
};

use crate::{
    browser::{host::Host, window},
    live::{Live, Standing},
    session::{Installations, Session},
    shell::account,
    ui::{El, View, button, command, el, heading, link, notice, p, part, said, skeleton},
    words::{Problem, ProblemKind},
};

pub fn unavailable(standing: Standing) -> View {
    let session = expect_context::<Session>();
    let config = session.config();
    let (name, namespace, kind) = (&config.installation, &config.namespace, &config.kind);
    let code = |words: &str| el("code").child(words);
    let (title, more): (String, View) = match standing {
        Standing::Opening | Standing::Open => {
            (sentence::loading(namespace, name).words, skeleton(4).into())
        }
        Standing::Shut(problem) if problem.kind == ProblemKind::SignedOut => {
            ("You are signed out.".to_owned(), vec![el("div").class("unavailable").child(account::sign_in(|| ())), trouble(problem)].into())
        }
        Standing::Shut(problem) => (problem.title.clone(), trouble(problem).into()),
        Standing::Forbidden(problem) => (
            format!("You may not see installation {name} in namespace {namespace}."),
            trouble(problem).into(),
        ),
        Standing::NoKind => (
            "The RootCause operator is not installed in this cluster.".to_owned(),
            el("div")
                .class("unavailable")
                .child(p("No custom resource of kind ").child(code(kind)).child(
                    " is known to the API server. Install the operator and its CRD; this page opens by itself then.",
                ))
                .child(
                    p("If your operator's kind has another name, set ")
                        .class("soft")
                        .child(code("kind"))
                        .child(" in ")
                        .child(code("config.json"))
                        .child("."),
                )
                .child(command("kubectl get crd", Some("To see which kinds the cluster has")))
                .into(),
        ),
        Standing::NoInstallation => (
            format!("There is no installation {name} in namespace {namespace}."),
            el("div")
                .class("unavailable")
                .child(
                    p("The cluster knows the kind ")
                        .child(code(kind))
                        .child(", but has no object of this name. ")
                        .child(link(&Place::at(Route::Bootstrap).hash(), "Create it on Bootstrap"))
                        .child(", or name another in ")
                        .child(code("config.json"))
                        .child("; this page opens by itself then."),
                )
                .child(command(
                    &format!("kubectl get {} --all-namespaces", kind.to_ascii_lowercase()),
                    Some("To see what installations there are"),
                ))
                .into(),
        ),
    };
    vec![heading(title).into(), more].into()
}

/// A problem that keeps the whole page shut.
fn trouble(problem: Problem) -> El {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let Problem { kind, said: words, advice, .. } = problem;
    let role = move || match &kind {
        ProblemKind::Forbidden(check) => {
            let user = live.user.get()?;
            let namespace = session.config().namespace.clone();
            let checks =
                ["get", "list", "watch"].map(|verb| Check { verb: verb.to_owned(), ..(**check).clone() });
            Some(role_yaml(&checks, &Subject::User(user), &namespace))
        }
        _ => None,
    };
    // The hash stays, so the place is kept.
    let (host, installations) = (expect_context::<Host>(), expect_context::<Installations>());
    let again = button("Try again").primary().on_press(move || match host.is_element() {
        true => installations.reopen(),
        false => drop(window().location().reload()),
    });
    el("div")
        .class("unavailable")
        .child(p(advice))
        .child((!words.is_empty()).then(|| notice(Tone::Warn, "What the server said", said(&words))))
        .child(part(move || {
            role().map(|it| command(&it, Some("A Role that would grant it, for whoever manages access")))
        }))
        .child(el("div").class("actions").child(again))
}

/// An address that names no page.
pub fn no_page(path: &str) -> View {
    let words = el("p")
        .child(el("code").child(path))
        .child(" is not an address of this app. ")
        .child(link(&Place::at(Route::Status).hash(), "Go to Status"));
    vec![heading("There is no such page."), words].into()
}
