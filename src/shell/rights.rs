//! What the user may not do here, and the Role that would let them.

use leptos::prelude::expect_context;
use rootcause_domain::access::{Check, Subject, role_yaml};

use crate::{
    live::Live,
    reactive::RwSignal,
    session::Session,
    ui::{El, View, button, command, dialog, el, p, show},
};

/// The button at the top that says how many rights are missing, with the dialog behind it. Nothing while none is.
pub fn missing_rights() -> (View, View) {
    let live = expect_context::<Live>();
    let open = RwSignal::new(false);
    let count = move || live.rights.with(|it| it.missing().len());
    let press = move |count: &usize| {
        let words =
            if *count == 1 { "1 right is missing".to_owned() } else { format!("{count} rights are missing") };
        (*count > 0).then(|| button(words).quiet().small().on_press(move || open.set(true)))
    };
    let over = show(
        move || open.get(),
        move |shown| shown.then(|| about(&live.rights.get_untracked().missing(), open)),
    );
    (show(count, press), over)
}

fn about(missing: &[Check], open: RwSignal<bool>) -> El {
    let live = expect_context::<Live>();
    let config = expect_context::<Session>().config();
    let user = live.user.get_untracked().unwrap_or_default();
    let list = missing.iter().map(|it| el("li").child(it.words()));
    let yaml = role_yaml(missing, &Subject::User(user), &config.namespace);
    let body = View::list([
        p("The API server says that you may not:"),
        el("ul").children(list),
        command(&yaml, Some("A Role and its binding that would let you, for whoever manages access")),
    ]);
    dialog("What you may not do", body).on_close(move || open.set(false))
}
