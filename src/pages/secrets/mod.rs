//! Secrets: what is missing and who waits for it, all that is there, and one of them in a panel.

mod create;
mod entry;
mod graph;
mod list;
mod panel;
mod required;
pub mod rotation;
mod shown;
mod store;

use kube_web::Resource;
use leptos::prelude::*;
use rootcause_domain::{
    phase::Tone,
    route::Route,
    secrets::required::{Verdict, sentence},
};

use crate::{
    app::Navigation,
    live::Live,
    shell::rights::why,
    ui::{Glyph, View, button, el, heading, icon, p, part, show, text},
};
use create::{Creating, Wanted};
use store::Store;

pub fn secrets() -> View {
    let live = expect_context::<Live>();
    let navigation = expect_context::<Navigation>();
    let store = Store::provide();
    let creating = Creating::provide();
    let words = move || {
        let count =
            store.list.with(|it| it.items.as_ref().filter(|_| it.denied().is_none()).map(|it| it.len()));
        store.judged.with(|it| sentence(it, count))
    };
    let tone = move || {
        store.judged.with(|it| {
            let any = |of: fn(&Verdict) -> bool| it.iter().any(|(_, verdict)| of(verdict));
            if any(Verdict::is_bad) {
                Tone::Bad
            } else if any(|it| matches!(it, Verdict::Unknown(_))) || store.list.with(|it| it.items.is_none())
            {
                Tone::Unknown
            } else {
                Tone::Ok
            }
        })
    };
    let sign =
        show(tone, |tone| el("span").class(&format!("mark {}", tone.name())).child(icon(Glyph::from(*tone))));
    let cannot =
        move || live.locked().or_else(|| live.denied(&live.right("create", &Resource::SECRETS, None)));
    let create = button("Create secret…").primary().disabled(cannot);
    let create = create.on_press(move || creating.open(Wanted::default()));
    let head = heading(sign).child(" ").child(text(words));
    let opening = el("div").class("opening").child(head).child(el("div").class("actions").child(create));
    let lede = p("Values stay in the cluster until you reveal, copy or edit one. Nothing of them is kept.")
        .class("lede");
    let opened = move || match navigation.place().route {
        Route::Secrets { name } => name,
        _ => None,
    };
    let facts = el("div")
        .class("facts")
        .child(rotation::rotations_section())
        .child(required::required_section())
        .child(list::list_section());
    View::list([
        opening.into(),
        lede.into(),
        show(cannot, |it| it.as_deref().map(|it| p(why(it)))),
        facts.into(),
        show(opened, |name| name.as_deref().map(panel::panel)),
        part(move || creating.wanted().map(create::form)),
    ])
}
