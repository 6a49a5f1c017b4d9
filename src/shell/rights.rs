//! What the user may not do here, and the Role that would let them.

use leptos::prelude::expect_context;
use rootcause_domain::access::{Subject, role_yaml};

use super::Open;
use crate::{
    live::Live,
    session::Session,
    ui::{View, button, command, dialog, el, p, show},
};

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
    let config = expect_context::<Session>().config();
    let user = live.user.get_untracked().unwrap_or_default();
    let list = missing.iter().map(|it| el("li").child(it.words()));
    let yaml = role_yaml(&missing, &Subject::User(user), &config.namespace);
    let body = View::list([
        p("The API server says that you may not:"),
        el("ul").children(list),
        command(&yaml, Some("A Role and its binding that would let you, for whoever manages access")),
    ]);
    dialog("What you may not do", body).on_close(move || open.rights.set(false)).into()
}
