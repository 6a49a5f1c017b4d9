//! The platform admin emails: who they are, and whether the running pods have them.

use std::sync::Arc;

use leptos::prelude::*;
use rootcause_domain::users::{ADMINS_VARIABLE, Change, Mounted};

use super::{People, form::Form};
use crate::{
    requests::Intent,
    shell::review::Reviews,
    ui::{El, button, each, el, empty, p, section, show, soft, text},
};

/// The section; `external` where accounts are kept elsewhere, and this is the way to administer.
pub fn admins_section(external: bool) -> El {
    let people = expect_context::<People>();
    let paste = button("Paste or CSV…")
        .small()
        .disabled(move || people.disabled(Change::AddAdmin(String::new())))
        .on_press(move || people.form.set(Some(Form::PasteAdmins)));
    let where_to =
        format!("They are kept in the installation and given to the platform's pods as {ADMINS_VARIABLE}.");
    let also = (!external).then(|| soft(" Users above who are admins count as well."));
    let none = show(
        move || people.admins.with(Vec::is_empty),
        |none| none.then(|| empty("There are none. “Add platform admin…” makes the first one.")),
    );
    let mounted = move || people.mounted.with(Mounted::words);
    let add = (!external).then(|| {
        let add = button("Add platform admin…")
            .small()
            .disabled(move || people.disabled(Change::AddAdmin(String::new())));
        el("div").child(add.on_press(move || people.form.set(Some(Form::Admin))))
    });
    section("admins", "Platform admin emails", paste)
        .child(p(where_to).class("soft").child(also))
        .child(p(text(mounted)).attr("role", "status"))
        .child(none)
        .child(el("ul").class("needs").attr("aria-label", "Platform admin emails").child(each(
            move || people.admins.get(),
            Clone::clone,
            move |email| row(people, email),
        )))
        .child(add)
}

fn row(people: People, email: String) -> El {
    let reviews = expect_context::<Reviews>();
    let removed = email.clone();
    let remove = button("Remove…")
        .quiet()
        .small()
        .label(&format!("Remove {email} from the platform admins"))
        .disabled(move || people.disabled(Change::RemoveAdmin(String::new())))
        .on_press(move || reviews.open(Intent::People(Arc::new(vec![Change::RemoveAdmin(removed.clone())]))));
    el("li").child(el("div").class("actions").child(el("span").class("mono").child(email)).child(remove))
}
