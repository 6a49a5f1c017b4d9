//! The forms: one user, one admin email, or many of either from a pasted text or a CSV file.

use std::sync::Arc;

use leptos::prelude::*;
use rootcause_domain::{
    phase::Tone,
    users::{self, Change, Entry, Pasted, User},
};

use super::People;
use crate::{
    browser::file,
    live::Scope,
    reactive::RwSignal,
    requests::Intent,
    shell::{review::Reviews, rights::why},
    ui::{El, Toasts, View, button, dialog, each, el, empty, mark, p, section, show, soft, text},
};

/// Which form is open.
#[derive(Clone, PartialEq)]
pub enum Form {
    Add,
    /// The user of this address.
    Edit(String),
    Admin,
    Paste,
    PasteAdmins,
}

pub fn form(form: Form) -> El {
    match form {
        Form::Paste | Form::PasteAdmins => many(form == Form::PasteAdmins),
        Form::Add => one(None, false),
        Form::Edit(email) => one(Some(email), false),
        Form::Admin => one(None, true),
    }
}

/// One user or, with `admin`, one admin email.
fn one(edited: Option<String>, admin: bool) -> El {
    let people = expect_context::<People>();
    let reviews = expect_context::<Reviews>();
    let close = move || people.form.set(None);
    let now = untrack(|| people.listed());
    let now = edited
        .as_ref()
        .and_then(|email| now.iter().find(|it| it.email == *email).cloned())
        .unwrap_or_default();
    let (email, first, last) =
        (RwSignal::new(now.email), RwSignal::new(now.first_name), RwSignal::new(now.last_name));
    let is_admin = RwSignal::new(now.admin);
    let user = move || User {
        email: email.with(|it| it.trim().to_owned()),
        first_name: first.with(|it| it.trim().to_owned()),
        last_name: last.with(|it| it.trim().to_owned()),
        admin: is_admin.get(),
    };
    let title = match &edited {
        Some(email) => format!("Edit {email}"),
        None if admin => "Add a platform admin".to_owned(),
        None => "Add a user".to_owned(),
    };
    let change = {
        let edited = edited.clone();
        move || match &edited {
            Some(email) => Change::Edit(email.clone(), user()),
            None if admin => Change::AddAdmin(user().email),
            None => Change::Add(user()),
        }
    };
    let cannot = {
        let change = change.clone();
        move || {
            let wrong = email.with(|it| users::wrong_email(it)).map(str::to_owned);
            let taken = || {
                let address = user().email;
                let taken = match admin {
                    true => people.admins.with(|it| it.iter().any(|it| users::same(it, &address))),
                    false => people.listed().iter().any(|it| {
                        users::same(&it.email, &address)
                            && edited.as_ref().is_none_or(|own| !users::same(own, &it.email))
                    }),
                };
                taken.then(|| format!("{address} is in the list already."))
            };
            wrong.or_else(taken).or_else(|| people.disabled(change()))
        }
    };
    let wrong = show(
        move || email.with(|it| !it.is_empty()).then(|| email.with(|it| users::wrong_email(it))).flatten(),
        |why| why.map(|it| p(it).class("reason").attr("role", "alert")),
    );
    let field = |id: &str, label: &str, of: RwSignal<String>, kind: &str| {
        let field = el("input").id(id).class("input").attr("type", kind).attr("autocomplete", "off").bind(of);
        el("div").class("field").child(el("label").attr("for", id).child(label)).child(field)
    };
    let names = (!admin).then(|| {
        let tick = el("input")
            .id("user-admin")
            .attr("type", "checkbox")
            .prop_live("checked", move || is_admin.get())
            .on("change", move |event| is_admin.set(crate::ui::dom::is_checked(&event)));
        let label = el("label").attr("for", "user-admin").child("Administers the platform");
        View::list([
            field("user-first", "First name", first, "text"),
            field("user-last", "Last name", last, "text"),
            el("div").class("actions").child(tick).child(label),
        ])
    });
    let body = View::list([View::from(field("user-email", "Email", email, "email")), wrong, names.into()]);
    let reason = show(cannot.clone(), |it| it.as_deref().map(why));
    let review = button("Review…").primary().disabled(cannot).on_press(move || {
        close();
        reviews.open(Intent::People(Arc::new(vec![change()])));
    });
    dialog(title, body).side().footer(View::list([reason, review.into()])).on_close(close)
}

/// Many users or, with `admins`, admin emails.
fn many(admins: bool) -> El {
    let people = expect_context::<People>();
    let reviews = expect_context::<Reviews>();
    let toasts = expect_context::<Toasts>();
    let scope = StoredValue::new(Scope::here());
    let close = move || people.form.set(None);
    let pasted = RwSignal::new(String::new());
    let entries = move || {
        let existing = match admins {
            true => people.admins.get().into_iter().map(|email| User { email, ..User::default() }).collect(),
            false => people.listed(),
        };
        pasted.with(|text| users::paste(text, &existing))
    };
    let change = move |entry: &Entry| match entry.change()? {
        Change::Add(user) if admins => Some(Change::AddAdmin(user.email)),
        // Of an admin there is nothing but the address.
        Change::Edit(..) if admins => None,
        change => Some(change),
    };
    let changes = move || entries().iter().filter_map(change).collect::<Vec<_>>();
    let counted = move || {
        let (all, wrong) = entries().iter().fold((0, 0), |(all, wrong), it| {
            (all + 1, wrong + usize::from(matches!(it.what, Pasted::Wrong(..))))
        });
        format!("{all} read, {} to change, {wrong} not understood", changes().len())
    };
    let row = |entry: Entry| {
        let tone = match &entry.what {
            Pasted::New(_) => Tone::Ok,
            Pasted::Changed(_) => Tone::Warn,
            Pasted::Same(_) | Pasted::Twice(_) => Tone::Off,
            Pasted::Wrong(..) => Tone::Bad,
        };
        el("li")
            .child(soft(format!("line {}: ", entry.line)))
            .child(el("span").class("mono").child(entry.subject()))
            .child(" ")
            .child(mark(tone, &entry.words()))
    };
    let area = el("textarea")
        .id("pasted")
        .class("input mono")
        .attr("rows", "6")
        .attr("spellcheck", "false")
        .attr("autocomplete", "off")
        .bind(pasted);
    let label = "Addresses, one a line or in a row, or CSV with email, first name, last name, admin";
    let file = el("input")
        .attr("type", "file")
        .attr("accept", ".csv,.txt,text/csv,text/plain")
        .attr("aria-label", "CSV file");
    let file = file.on("change", move |event| {
        scope.get_value().spawn(async move {
            match file::chosen(&event).await.and_then(|it| String::from_utf8(it).ok()) {
                Some(text) => pasted.set(text.trim_start_matches('\u{feff}').to_owned()),
                None => toasts.say("The file is no UTF-8 text."),
            }
        });
    });
    let none = show(move || entries().is_empty(), |none| none.then(|| empty("Nothing to read yet.")));
    let preview = section("preview", "Preview", text(counted)).child(none).child(
        el("ul").class("needs").attr("aria-label", "Preview").child(each(
            entries,
            |it| format!("{it:?}"),
            row,
        )),
    );
    let body = View::list([
        el("div").class("field").child(el("label").attr("for", "pasted").child(label)).child(area),
        file,
        preview,
    ]);
    let cannot = move || {
        let none = changes().is_empty().then(|| "Nothing would change.".to_owned());
        none.or_else(|| people.disabled(Change::Add(User::default())))
    };
    let review =
        button(text(move || format!("Review {} changes…", changes().len()))).primary().disabled(cannot);
    let review = review.on_press(move || {
        let changes = changes();
        close();
        reviews.open(Intent::People(Arc::new(changes)));
    });
    dialog(if admins { "Add platform admins" } else { "Add users" }, body).footer(review).on_close(close)
}
