//! Users: who may enter, who administers, and what became of each account.

mod admins;
mod form;
mod list;
mod sign_in;

use leptos::prelude::*;
use rootcause_domain::{
    contract::{Concept, Contract},
    phase::Tone,
    users::{self, Change, Mode, Mounted, Row, User},
};
use serde_json::Value;

use crate::{
    live::Live,
    pages::operator_notice,
    reactive::{Memo, RwSignal},
    requests::Intent,
    session::Session,
    ui::{Glyph, View, button, el, heading, icon, p, show, text},
};
use form::Form;

/// What the page knows, a context of it.
#[derive(Clone, Copy)]
struct People {
    live: Live,
    session: Session,
    mode: Memo<Option<Mode>>,
    rows: Memo<Option<Vec<Row>>>,
    admins: Memo<Vec<String>>,
    mounted: Memo<Mounted>,
    form: RwSignal<Option<Form>>,
}

impl People {
    fn provide() -> Self {
        let live = expect_context::<Live>();
        let session = expect_context::<Session>();
        let mode = Memo::new(move || read(live, session, Mode::of).flatten());
        let rows = Memo::new(move || read(live, session, users::rows).flatten());
        let admins = Memo::new(move || read(live, session, users::admin_emails).unwrap_or_default());
        let mounted = Memo::new(move || {
            let rollouts = live.rollouts.get();
            let rollouts = rollouts.as_ref().map_or(&[][..], |it| it.as_slice());
            let wanted = admins.get();
            // The platform's web servers are Deployments.
            live.deployments.with(|it| Mounted::of(&wanted, it.slice(), rollouts))
        });
        let people = Self { live, session, mode, rows, admins, mounted, form: RwSignal::new(None) };
        provide_context(people);
        people
    }

    /// The users that are in the list.
    fn listed(self) -> Vec<User> {
        let rows = self.rows.get().unwrap_or_default();
        rows.into_iter().filter(|it| !it.leaving).map(|it| it.user).collect()
    }

    /// Why such a change cannot be asked for.
    fn disabled(self, change: Change) -> Option<String> {
        Intent::People(std::sync::Arc::new(vec![change])).disabled(self.live, self.session)
    }

    /// The text of a concept.
    fn told(self, concept: Concept) -> Option<String> {
        let of = |contract: &Contract, cr: &Value| {
            contract.get(concept, cr).and_then(Value::as_str).map(str::to_owned)
        };
        read(self.live, self.session, of).flatten().filter(|it| !it.is_empty())
    }
}

/// What `of` reads from the installation.
fn read<T>(live: Live, session: Session, of: impl FnOnce(&Contract, &Value) -> T) -> Option<T> {
    let config = session.config();
    live.cr.with(|it| it.slice().first().map(|cr| of(&config.contract, cr)))
}

pub fn users() -> View {
    let people = People::provide();
    let external = move || people.mode.get() == Some(Mode::External);
    let opening = move || match external() {
        false => people.rows.with(|rows| match rows {
            None => ("The installation lists no users.".to_owned(), Tone::Unknown),
            Some(rows) => users::sentence(rows),
        }),
        true => {
            let count = people.admins.with(Vec::len);
            let who = people.told(Concept::OidcIssuer).unwrap_or_else(|| "an identity provider".to_owned());
            let admins =
                if count == 1 { "1 platform admin".to_owned() } else { format!("{count} platform admins") };
            let tone = match people.mounted.get() {
                _ if count == 0 => Tone::Warn,
                Mounted::Yes(_) => Tone::Ok,
                Mounted::Unknown => Tone::Unknown,
                Mounted::NotYet(_) | Mounted::Rolling(_) => Tone::Busy,
            };
            (format!("Users sign in at {who}. {admins}. {}", people.mounted.with(Mounted::words)), tone)
        }
    };
    let shape = show(
        move || opening().1,
        |tone| el("span").class(&format!("mark {}", tone.name())).child(icon(Glyph::from(*tone))),
    );
    let head = heading(shape).child(" ").child(text(move || opening().0));
    let add = show(external, move |external| {
        let change = if *external { Change::AddAdmin(String::new()) } else { Change::Add(User::default()) };
        let form = if *external { Form::Admin } else { Form::Add };
        let label = if *external { "Add platform admin…" } else { "Add user…" };
        let button = button(label).primary().disabled(move || people.disabled(change.clone()));
        button.on_press(move || people.form.set(Some(form.clone())))
    });
    let lede = show(external, |external| {
        p(match external {
            true => "Accounts are managed in your identity provider. Here you choose who administers the platform.",
            false => "The operator makes these accounts in FusionAuth and keeps the platform admin emails in line.",
        })
        .class("lede")
    });
    let sections = show(external, |external| match external {
        true => View::list([admins::admins_section(true), sign_in::sign_in_section()]),
        false => {
            View::list([list::list_section(), admins::admins_section(false), sign_in::sign_in_section()])
        }
    });
    let form = show(move || people.form.get(), |form| form.clone().map(form::form));
    View::list([
        el("div").class("opening").child(head).child(el("div").class("actions").child(add)).into(),
        lede,
        operator_notice(),
        el("div").class("facts").child(sections).into(),
        form,
    ])
}
