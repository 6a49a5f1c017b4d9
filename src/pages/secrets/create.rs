//! The form that makes a secret of any built-in type.

use std::rc::Rc;

use kube_web::Resource;
use leptos::prelude::*;
use rootcause_domain::{
    phase::Tone,
    secrets::{
        kinds::{self, Invalid},
        required::Need,
        value, write,
    },
};

use super::{
    entry::{self, Entry},
    store::Store,
};
use crate::{
    live::Live,
    reactive::RwSignal,
    session::Session,
    shell::{
        confirm::{Confirm, Confirms},
        rights::why,
    },
    ui::{El, View, button, dialog, each, el, notice, p, show, value_of},
    writes::{What, Write},
};

/// What a new secret is to be, as far as that is known.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Wanted {
    name: String,
    kind: Option<&'static str>,
    keys: Vec<String>,
    registry: String,
}

impl Wanted {
    /// A secret that fills this need.
    pub fn of(need: &Need) -> Self {
        Self {
            name: need.name.clone(),
            kind: Some(need.kind),
            keys: need.keys.clone(),
            registry: String::new(),
        }
    }
}

/// Which form is open, a context of the page.
#[derive(Clone, Copy)]
pub struct Creating(RwSignal<Option<Wanted>>);

impl Creating {
    pub fn provide() -> Self {
        let creating = Self(RwSignal::new(None));
        provide_context(creating);
        creating
    }

    pub fn open(self, wanted: Wanted) {
        self.0.set(Some(wanted));
    }

    pub fn wanted(self) -> Option<Wanted> {
        self.0.get()
    }
}

/// The fields of the form.
#[derive(Clone, Copy)]
struct Form {
    name: RwSignal<String>,
    kind: RwSignal<&'static str>,
    entries: RwSignal<Vec<Entry>>,
    registry: RwSignal<String>,
    user: RwSignal<String>,
    token: RwSignal<String>,
    account: RwSignal<String>,
}

impl Form {
    fn of(wanted: &Wanted) -> Self {
        let kind = wanted.kind.unwrap_or(kinds::OPAQUE);
        Self {
            name: RwSignal::new(wanted.name.clone()),
            kind: RwSignal::new(kind),
            entries: RwSignal::new(entries(kind, &wanted.keys)),
            registry: RwSignal::new(wanted.registry.clone()),
            user: RwSignal::new(String::new()),
            token: RwSignal::new(String::new()),
            account: RwSignal::new(String::new()),
        }
    }

    /// The keys with their values.
    fn data(self) -> Vec<(String, Vec<u8>)> {
        if self.kind.get() == kinds::DOCKER_CONFIG {
            let config =
                kinds::docker_config(self.registry.get().trim(), self.user.get().trim(), &self.token.get());
            return vec![(kinds::DOCKER_CONFIG_KEY.to_owned(), config.into_bytes())];
        }
        self.entries.get().into_iter().map(Entry::get).collect()
    }

    /// Why it cannot be made yet.
    fn cannot(self) -> Option<String> {
        let name = self.name.get();
        let said = |invalid: Invalid| Some(invalid.to_string());
        if let Err(invalid) = kinds::valid_name(name.trim()) {
            return said(invalid);
        }
        let kind = self.kind.get();
        let empty = |field: RwSignal<String>| field.with(|it| it.trim().is_empty());
        if kind == kinds::DOCKER_CONFIG && (empty(self.registry) || empty(self.user) || empty(self.token)) {
            return Some("A registry, a user and a token are needed.".to_owned());
        }
        kinds::valid(kind, &self.data(), self.account.get().trim()).err().and_then(said)
    }
}

fn entries(kind: &str, keys: &[String]) -> Vec<Entry> {
    let own = kinds::kind(kind).map_or(&[][..], |it| it.keys);
    if !own.is_empty() {
        own.iter().map(|key| Entry::of(key, b"")).collect()
    } else if kind == kinds::SERVICE_ACCOUNT_TOKEN {
        Vec::new()
    } else if keys.is_empty() {
        vec![Entry::new()]
    } else {
        keys.iter().map(|key| Entry::of(key, b"")).collect()
    }
}

pub fn form(wanted: Wanted) -> El {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let store = expect_context::<Store>();
    let creating = expect_context::<Creating>();
    let confirms = expect_context::<Confirms>();
    let form = Form::of(&wanted);
    let close = move || creating.0.set(None);
    let keys = wanted.keys.clone();
    let option = |it: &kinds::Kind| {
        let chosen = (it.name == form.kind.get_untracked()).then_some("");
        el("option")
            .attr("value", it.name)
            .maybe("selected", chosen)
            .child(format!("{} ({})", it.title, it.name))
    };
    let select = el("select").id("new-type").class("input").children(kinds::KINDS.iter().map(option)).on(
        "change",
        move |event| {
            if let Some(kind) = kinds::kind(&value_of(&event)) {
                form.kind.set(kind.name);
                form.entries.set(entries(kind.name, &keys));
            }
        },
    );
    let values = show(
        move || form.kind.get(),
        move |kind| match *kind {
            kinds::DOCKER_CONFIG => View::list([
                input("new-registry", "Registry", "registry.example.com", form.registry, "text"),
                input("new-user", "User", "", form.user, "text"),
                input("new-token", "Token or password", "", form.token, "password"),
            ]),
            kinds::SERVICE_ACCOUNT_TOKEN => View::list([
                input("new-account", "Service account", "default", form.account, "text"),
                p("Kubernetes fills in the token.").class("soft"),
            ]),
            kind => typed(form, kind == kinds::OPAQUE),
        },
    );
    let body = View::list([
        input("new-name", "Name", "", form.name, "text").class("field mono"),
        el("div").class("field").child(el("label").attr("for", "new-type").child("Type")).child(select),
        el("div").class("stack").child(values),
    ]);
    let cannot = move || {
        let right = live.right("create", &Resource::SECRETS, None);
        form.cannot().or_else(|| live.locked()).or_else(|| live.denied(&right))
    };
    let reason = show(cannot, |reason| reason.as_deref().map(why));
    let review = button("Review…").primary().disabled(cannot).on_press(move || {
        let (name, kind, data) = (form.name.get().trim().to_owned(), form.kind.get(), form.data());
        let account = form.account.get().trim().to_owned();
        let keys: Vec<_> = data.iter().map(|(key, _)| key.clone()).collect();
        let namespace = &session.config().namespace;
        let change = Write {
            resource: Resource::SECRETS,
            what: What::Create(write::manifest(&name, kind, &data, &account)),
            kubectl: write::create_command(&name, kind, &keys, namespace, &account),
            name: name.clone(),
        };
        let sizes: Vec<_> =
            data.iter().map(|(key, value)| format!("{key}: {}", value::size(value.len()))).collect();
        let users: Vec<_> = store.graph.with(|it| it.of(&name).iter().map(|it| it.name.clone()).collect());
        let verb = format!("Create secret {name}");
        confirms.open(Confirm {
            title: format!("Review the new secret {name}"),
            body: Box::new(move || {
                let lines = el("ul").class("changes").attr("aria-label", "Changes");
                let lines = lines.child(el("li").child(format!("type: {kind}")));
                let lines = lines.children(sizes.iter().map(|it| el("li").child(it.as_str())));
                let waits = (!users.is_empty()).then(|| {
                    let words = "Pods that wait for it start by themselves within a minute or two.";
                    notice(Tone::Ok, &format!("{} can use it.", users.join(", ")), p(words))
                });
                View::list([View::from(lines), waits.into()])
            }),
            write: Rc::new(move || change.clone()),
            verb: Rc::new(move || verb.clone()),
            done: format!("Created secret {name}."),
            typed: None,
            then: Rc::new(move |write| {
                store.look_again(&write.name);
                close();
            }),
        });
    });
    dialog("Create a secret", body).side().footer(View::list([reason, review.into()])).on_close(close)
}

/// The keys of a type, or any.
fn typed(form: Form, any: bool) -> View {
    let remove = move |entry: Entry| {
        button("Remove key").quiet().small().on_press(move || {
            form.entries.update(|it| it.retain(|it| it.id() != entry.id()));
        })
    };
    let all = each(
        move || form.entries.get(),
        |it| it.id(),
        move |it| entry::fields(it, None, any.then(|| remove(it))),
    );
    let add = any
        .then(|| button("Add key").small().on_press(move || form.entries.update(|it| it.push(Entry::new()))));
    View::list([all, add.map(|it| el("div").child(it)).into()])
}

/// A labelled field.
pub fn input(id: &str, label: &str, hint: &str, text: RwSignal<String>, kind: &str) -> El {
    let field = el("input")
        .id(id)
        .class("input")
        .attr("type", kind)
        .attr("placeholder", hint)
        // Neither the browser nor a password manager shall offer or keep it.
        .attr("autocomplete", if kind == "password" { "new-password" } else { "off" })
        .bind(text);
    el("div").class("field").child(el("label").attr("for", id).child(label)).child(field)
}
