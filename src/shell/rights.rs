//! What the user may not do here, and the Role that would let them.

use leptos::prelude::expect_context;
use rootcause_domain::access::{Check, Subject, role_yaml};

use super::Open;
use crate::{
    live::Live,
    session::Session,
    ui::{El, Glyph, View, button, command, copies, dialog, el, icon, p, show},
};

/// Why something cannot be done, said in the open.
pub fn why(reason: &str) -> El {
    el("span").class("reason").child(reason).child(" ").child(offer(reason))
}

/// What can be done about `reason`: where it is a missing right, the Role that would grant it is copied.
pub fn offer(reason: &str) -> View {
    let live = expect_context::<Live>();
    let check = live.rights.with_untracked(|it| it.behind(reason).cloned());
    let copy = |check: Check| {
        let words = View::list([View::from(icon(Glyph::Copy)), "Copy the role".into()]);
        copies(button(words).quiet().small(), role(&[check]))
    };
    check.map(copy).into()
}

/// The Role and its binding that would let the user do this, as YAML.
fn role(checks: &[Check]) -> String {
    let user = expect_context::<Live>().user.get_untracked().unwrap_or_default();
    role_yaml(checks, &Subject::User(user), &expect_context::<Session>().config().namespace)
}

/// The button at the top that says how many rights are missing. Nothing while none is.
pub fn missing(open: Open) -> View {
    let live = expect_context::<Live>();
    let count = move || live.rights.with(|it| it.missing().len());
    let press = move |count: &usize| {
        let words =
            if *count == 1 { "1 right is missing".to_owned() } else { format!("{count} rights are missing") };
        (*count > 0).then(|| button(words).quiet().small().on_press(move || open.rights.set(true)))
    };
    show(count, press)
}

/// The dialog behind that button.
pub fn rights() -> View {
    let open = expect_context::<Open>();
    let live = expect_context::<Live>();
    let missing = live.rights.with_untracked(|it| it.missing());
    let list = missing.iter().map(|it| el("li").child(it.words()));
    let yaml = role(&missing);
    let body = View::list([
        p("The API server says that you may not:"),
        el("ul").children(list),
        command(&yaml, Some("A Role and its binding that would let you, for whoever manages access")),
    ]);
    dialog("What you may not do", body).on_close(move || open.rights.set(false)).into()
}
