//! One secret: its metadata at once; its values only when one is revealed, copied or edited, and no longer than the panel
//! is open.

use std::{rc::Rc, time::Duration};

use kube_web::Resource;
use leptos::prelude::*;
use rootcause_domain::{
    objects::WorkloadKind,
    phase::Tone,
    redact::{MASK, redact},
    route::{Place, Route},
    secrets::{
        self,
        consumers::Consumer,
        kinds, value,
        write::{self, Edit},
    },
    time::Timestamp,
};
use serde_json::Value;

use super::{
    entry::{self, Entry},
    graph::graph,
    rotation,
    shown::shown,
    store::Store,
};
use crate::{
    app::Navigation,
    browser::clipboard,
    live::{Live, Scope, sleep},
    pages::restart::restart_button,
    reactive::RwSignal,
    session::Session,
    shell::{
        confirm::{Confirm, Confirms},
        rights::why,
    },
    ui::{
        El, Toasts, View, alert, button, dialog, each, el, empty, facts, link, notice, p, part, said, show,
        since, skeleton, soft,
    },
    words::Problem,
    writes::{What, Write},
};

/// How long a revealed value stays in sight.
const IN_SIGHT: Duration = Duration::from_secs(30);

/// The annotation in which `kubectl apply` keeps the whole object, values and all.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// What is known without the values.
#[derive(Clone, PartialEq)]
struct Known {
    created: Option<Timestamp>,
    managed_by: Option<String>,
    labels: Vec<String>,
    /// Names with values that hold no secret.
    annotations: Vec<String>,
    /// The names of the keys, where the API server's bookkeeping tells them.
    keys: Option<Vec<String>>,
}

/// A secret with its values.
#[derive(Clone)]
pub struct Full {
    pub name: String,
    pub resource_version: String,
    pub kind: String,
    pub immutable: bool,
    pub data: Vec<(String, Vec<u8>)>,
}

impl Full {
    /// Reads it. The caller lets go of it as soon as it can.
    pub async fn read(session: Session, name: &str) -> Result<Self, Problem> {
        let item =
            session.api(Resource::SECRETS).get::<Value>(name).await.map_err(|it| Problem::from(&it))?;
        let object = item.object.unwrap_or_default();
        Ok(Self {
            name: name.to_owned(),
            resource_version: item.meta.resource_version,
            kind: object["type"].as_str().unwrap_or_default().to_owned(),
            immutable: object["immutable"] == true,
            data: value::data(&object),
        })
    }

    fn value(&self, key: &str) -> Option<&[u8]> {
        self.data.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_slice())
    }
}

/// What the panel is doing. Cheap to copy: handles only.
#[derive(Clone, Copy)]
struct Panel {
    name: StoredValue<String>,
    session: Session,
    toasts: Toasts,
    known: RwSignal<Option<Result<Known, Problem>>>,
    full: RwSignal<Option<Full>>,
    /// Keys in sight.
    revealed: RwSignal<Vec<String>>,
    entries: RwSignal<Vec<(String, Entry)>>,
    /// Keys that are to be removed.
    removed: RwSignal<Vec<String>>,
    problem: RwSignal<Option<Problem>>,
    scope: StoredValue<Scope>,
}

impl Panel {
    /// Runs `then` with the values, which are read now if they are not here yet.
    fn with_full(self, then: impl FnOnce(&Full) + 'static) {
        self.run(Box::new(then));
    }

    fn run(self, then: Box<dyn FnOnce(&Full)>) {
        self.scope.get_value().spawn(async move {
            if self.full.with_untracked(Option::is_none) {
                match Full::read(self.session, &self.name.get_value()).await {
                    Ok(full) => self.full.set(Some(full)),
                    Err(problem) => {
                        self.problem.set(Some(problem));
                        return;
                    }
                }
            }
            self.problem.set(None);
            if let Some(full) = self.full.get_untracked() {
                then(&full);
            }
        });
    }

    /// Shows a value for a while.
    fn reveal(self, key: String) {
        self.with_full(move |_| {
            self.revealed.update(|it| it.push(key.clone()));
            self.scope.get_value().spawn(async move {
                sleep(IN_SIGHT).await;
                self.hide(&key);
            });
        });
    }

    fn hide(self, key: &str) {
        self.revealed.update(|it| it.retain(|it| it != key));
    }

    fn edit(self, key: String) {
        self.with_full(move |full| {
            let entry = Entry::of(&key, full.value(&key).unwrap_or_default());
            self.entries.update(|it| it.push((key, entry)));
        });
    }

    fn copy(self, key: String) {
        self.with_full(move |full| {
            let text = full.value(&key).and_then(value::text).map(str::to_owned);
            self.scope.get_value().spawn(async move {
                let Some(text) = text else {
                    return self.toasts.say("The value is binary: it cannot be copied as text.");
                };
                match clipboard::copy(&text).await {
                    Ok(()) => self.toasts.say(format!("Copied the value of {key}.")),
                    Err(clipboard::ClipboardRefused) => self.toasts.say("The browser did not allow copying."),
                }
            });
        });
    }

    /// The names of the keys: by the values where these are here.
    fn keys(self) -> Option<Vec<String>> {
        self.full
            .with(|it| it.as_ref().map(|it| it.data.iter().map(|(key, _)| key.clone()).collect()))
            .or_else(|| self.known.with(|it| it.as_ref()?.as_ref().ok()?.keys.clone()))
    }

    /// What is to change.
    fn edits(self) -> Vec<Edit> {
        let mut edits: Vec<_> = self
            .entries
            .get()
            .into_iter()
            .map(|(_, entry)| {
                let (key, value) = entry.get();
                Edit { key, value: Some(value) }
            })
            .collect();
        edits.extend(self.removed.get().into_iter().map(|key| Edit { key, value: None }));
        self.full.with(|full| write::changed(edits, full.as_ref().map_or(&[], |it| &it.data)))
    }

    /// Why the edits cannot be written.
    fn cannot(self) -> Option<String> {
        let edits = self.edits();
        if edits.is_empty() {
            return Some("Nothing is changed.".to_owned());
        }
        self.full.with(|full| {
            let full = full.as_ref()?;
            let mut after = full.data.clone();
            for edit in &edits {
                let is_new = self.entries.with(|it| it.iter().any(|(key, _)| key.is_empty()))
                    && full.value(&edit.key).is_some()
                    && edits.iter().filter(|it| it.key == edit.key).count() > 1;
                if is_new {
                    return Some(kinds::Invalid::Twice(edit.key.clone()).to_string());
                }
                after.retain(|(key, _)| *key != edit.key);
                after.extend(edit.value.clone().map(|value| (edit.key.clone(), value)));
            }
            // An account of a token is an annotation, which nothing here changes.
            kinds::valid(&full.kind, &after, "unchanged").err().map(|it| it.to_string())
        })
    }

    /// Forgets the values and reads the metadata again.
    fn start_over(self) {
        self.full.set(None);
        self.revealed.set(Vec::new());
        self.entries.set(Vec::new());
        self.removed.set(Vec::new());
        self.look();
    }

    fn look(self) {
        self.scope.get_value().spawn(async move {
            let name = self.name.get_value();
            let read = self.session.api(Resource::SECRETS).get_metadata::<Value>(&name).await;
            let known = read.map_err(|it| Problem::from(&it)).map(|item| {
                let object = item.object.unwrap_or_default();
                known(&object["metadata"])
            });
            self.known.set(Some(known));
        });
    }
}

fn known(metadata: &Value) -> Known {
    let pairs = |field: &str| {
        let fields = metadata[field].as_object().into_iter().flatten();
        fields
            .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
            .collect::<Vec<_>>()
    };
    let masked = |(key, text): (String, String)| {
        let text = if key == LAST_APPLIED { MASK.to_owned() } else { redact(&text) };
        format!("{key}: {text}")
    };
    Known {
        created: metadata["creationTimestamp"].as_str().and_then(|it| it.parse().ok()),
        managed_by: secrets::managed_by(metadata),
        labels: pairs("labels").into_iter().map(|(key, value)| format!("{key}={value}")).collect(),
        annotations: pairs("annotations").into_iter().map(masked).collect(),
        keys: write::keys_of(metadata),
    }
}

/// One line each.
fn lines(of: &[String]) -> View {
    match of.is_empty() {
        true => "none".into(),
        false => el("ul").class("mono").children(of.iter().map(|it| el("li").child(it.as_str()))).into(),
    }
}

pub fn panel(name: &str) -> El {
    let live = expect_context::<Live>();
    let store = expect_context::<Store>();
    let navigation = expect_context::<Navigation>();
    let panel = Panel {
        name: StoredValue::new(name.to_owned()),
        session: expect_context::<Session>(),
        toasts: expect_context::<Toasts>(),
        known: RwSignal::new(None),
        full: RwSignal::new(None),
        revealed: RwSignal::new(Vec::new()),
        entries: RwSignal::new(Vec::new()),
        removed: RwSignal::new(Vec::new()),
        problem: RwSignal::new(None),
        scope: StoredValue::new(Scope::here()),
    };
    panel.look();
    let close = move || {
        let place = navigation.place_untracked();
        navigation.go(&Place { route: Route::Secrets { name: None }, ..place });
    };
    let problem = show(
        move || panel.problem.get().or_else(|| panel.known.with(|it| it.as_ref()?.as_ref().err().cloned())),
        |problem| {
            problem
                .as_ref()
                .map(|it| alert(Tone::Bad, &it.title, View::list([said(&it.said), p(it.advice.as_str())])))
        },
    );
    let owned = name.to_owned();
    let about = show(
        move || (panel.known.get(), store.row(&owned)),
        |(known, row)| -> View {
            match known {
                None => skeleton(3).into(),
                Some(Err(_)) => ().into(),
                Some(Ok(known)) => {
                    let type_of = row.as_ref().map_or("not known", |it| it.kind.as_str());
                    let made = known.managed_by.as_deref().unwrap_or("not told");
                    facts([
                        ("Type", el("span").class("mono").child(type_of).into()),
                        ("Created", known.created.map(since).into()),
                        ("Managed by", made.into()),
                        ("Labels", lines(&known.labels)),
                        ("Annotations", lines(&known.annotations)),
                    ])
                    .into()
                }
            }
        },
    );
    let immutable = show(
        move || panel.full.with(|it| it.as_ref().is_some_and(|it| it.immutable)),
        |it| {
            it.then(|| {
                notice(
                    Tone::Warn,
                    "This secret is immutable.",
                    p("Delete it and create it anew to change it."),
                )
            })
        },
    );
    let body =
        View::list([problem, immutable, about, keys_section(panel).into(), users_section(name).into()]);
    let cannot = move || {
        panel
            .with_name(|name| live.denied(&live.right("patch", &Resource::SECRETS, Some(name))))
            .or_else(|| live.locked())
            .or_else(|| panel.cannot())
    };
    let changed = move || panel.entries.with(|it| !it.is_empty()) || panel.removed.with(|it| !it.is_empty());
    let confirms = expect_context::<Confirms>();
    let footer = show(changed, move |changed| {
        if !changed {
            return delete_button(panel, close).into();
        }
        let reason = show(cannot, |it| it.as_deref().map(why));
        let drop = button("Discard edits").on_press(move || panel.start_over());
        let review = button("Review the change…").primary().disabled(cannot).on_press(move || {
            let edits = panel.edits();
            if let Some(full) = panel.full.get_untracked() {
                rotation::review(confirms, store, full, edits, Rc::new(move || panel.start_over()));
            }
        });
        View::list([reason, drop.into(), review.into()])
    });
    dialog(format!("Secret {name}"), body).side().footer(footer).on_close(close)
}

impl Panel {
    fn with_name<T>(self, of: impl FnOnce(&str) -> T) -> T {
        self.name.with_value(|name| of(name))
    }
}

/// The keys, masked.
fn keys_section(panel: Panel) -> El {
    let live = expect_context::<Live>();
    let may_not_read =
        move || panel.with_name(|name| live.denied(&live.right("get", &Resource::SECRETS, Some(name))));
    let names = move || panel.keys().unwrap_or_default();
    let unknown = move || {
        let here = panel.known.with(|it| matches!(it, Some(Ok(_))));
        (here && panel.keys().is_none()).then_some(())
    };
    let read = show(unknown, move |unknown| {
        unknown.map(|()| {
            let read = button("Read the keys")
                .small()
                .disabled(may_not_read)
                .on_press(move || panel.with_full(|_| {}));
            el("div")
                .class("actions")
                .child(soft("Metadata does not tell the names of the keys."))
                .child(read)
        })
    });
    let none = show(
        move || panel.keys().is_some_and(|it| it.is_empty()),
        |none| none.then(|| empty("The secret has no keys: “Add key” makes the first one.")),
    );
    let added = each(
        move || panel.entries.get().into_iter().filter(|(key, _)| key.is_empty()).map(|(_, it)| it).collect(),
        |it| it.id(),
        move |entry| {
            let remove = button("Remove key").quiet().small().on_press(move || {
                panel.entries.update(|it| it.retain(|(_, it)| it.id() != entry.id()));
            });
            entry::fields(entry, None, Some(remove))
        },
    );
    let may_not = move || {
        let immutable = panel.full.with(|it| it.as_ref().is_some_and(|it| it.immutable));
        let right = panel.with_name(|name| live.right("patch", &Resource::SECRETS, Some(name)));
        immutable
            .then(|| "The secret is immutable.".to_owned())
            .or_else(|| live.denied(&right))
            .or_else(may_not_read)
    };
    let add = button("Add key").small().disabled(may_not).on_press(move || {
        panel.with_full(move |_| panel.entries.update(|it| it.push((String::new(), Entry::new()))));
    });
    let rows = each(names, Clone::clone, move |key| key_row(panel, key, may_not_read, may_not));
    el("section")
        .attr("aria-label", "Keys")
        .class("stack")
        .child(el("h3").child("Keys"))
        .child(read)
        .child(none)
        .child(el("ul").class("needs").attr("aria-label", "Keys").child(rows))
        .child(el("div").class("stack").child(added))
        .child(el("div").child(add))
}

fn key_row(
    panel: Panel,
    key: String,
    may_not_read: impl Fn() -> Option<String> + Copy + 'static,
    may_not: impl Fn() -> Option<String> + Copy + 'static,
) -> El {
    let name = StoredValue::new(key.clone());
    let is = move |of: RwSignal<Vec<String>>| name.with_value(|key| of.with(|it| it.contains(key)));
    let entry = move || {
        let found = name.with_value(|name| {
            panel.entries.with(|it| it.iter().find(|(key, _)| key == name).map(|(_, it)| *it))
        });
        found.map(|it| it.key)
    };
    let size = show(
        move || name.with_value(|key| panel.full.with(|it| it.as_ref()?.value(key).map(<[u8]>::len))),
        |size| size.map(|it| soft(value::size(it))),
    );
    let buttons = show(
        move || (is(panel.revealed), entry().is_some(), is(panel.removed)),
        move |state| -> View {
            let own = name.get_value();
            let named = |verb: &str| format!("{verb} {own}");
            let (revealed, editing, removed) = *state;
            if removed {
                let keep = button("Keep").small().label(&named("Keep"));
                let keep = keep.on_press(move || {
                    name.with_value(|key| panel.removed.update(|it| it.retain(|it| it != key)))
                });
                return View::list([soft("will be removed"), keep]);
            }
            if editing {
                return ().into();
            }
            let show = button(if revealed { "Hide" } else { "Reveal" }).small().label(&named(if revealed {
                "Hide"
            } else {
                "Reveal"
            }));
            let show = show.disabled(may_not_read).on_press(move || {
                if revealed { name.with_value(|key| panel.hide(key)) } else { panel.reveal(name.get_value()) }
            });
            let copy = button("Copy").small().label(&named("Copy")).disabled(may_not_read);
            let edit = button("Edit").small().label(&named("Edit")).disabled(may_not);
            let remove = button("Remove").quiet().small().label(&named("Remove")).disabled(may_not);
            View::list([
                show,
                copy.on_press(move || panel.copy(name.get_value())),
                edit.on_press(move || panel.edit(name.get_value())),
                remove.on_press(move || {
                    panel.with_full(move |_| panel.removed.update(|it| it.push(name.get_value())))
                }),
            ])
        },
    );
    let value = part(move || -> View {
        let own = name.get_value();
        if let Some(entry) =
            panel.entries.with(|it| it.iter().find(|(key, _)| *key == own).map(|(_, it)| *it))
        {
            let why = panel.full.with_untracked(|it| it.as_ref()?.value(&own).and_then(value::not_editable));
            return entry::fields(entry, why, None).into();
        }
        if is(panel.revealed) {
            return panel.full.with(|it| it.as_ref().and_then(|it| it.value(&own)).map(shown)).into();
        }
        el("span").class("soft").attr("aria-label", "masked").attr("role", "img").child(MASK).into()
    });
    let head =
        el("div").class("actions").child(el("span").class("mono").child(key)).child(size).child(buttons);
    el("li").child(head).child(value)
}

/// Who uses it, and where.
fn users_section(name: &str) -> El {
    let store = expect_context::<Store>();
    let owned = name.to_owned();
    let users = {
        let name = name.to_owned();
        move || store.graph.with(|it| it.of(&name).into_iter().cloned().collect::<Vec<_>>())
    };
    let unknown = move || store.graph.with(|it| it.unknown.clone());
    let body = show(users, move |users| -> View {
        let user = |it: &Consumer| {
            let places: Vec<_> = it.of(&owned).map(|it| it.words()).collect();
            let others: Vec<_> = {
                let mut names: Vec<_> =
                    it.uses.iter().map(|it| it.secret.clone()).filter(|it| *it != owned).collect();
                rootcause_domain::sort::by(&mut names, Ord::cmp);
                names.dedup();
                names
            };
            let other = |name: &String| {
                let hash = Place::at(Route::Secrets { name: Some(name.clone()) }).hash();
                el("span").child(" ").child(link(&hash, name).class("mono"))
            };
            let also = (!others.is_empty())
                .then(|| el("div").class("soft").child("Uses also").children(others.iter().map(other)));
            let kind = [WorkloadKind::Deployment, WorkloadKind::StatefulSet];
            let kind = kind.into_iter().find(|kind| kind.name() == it.kind);
            let words = format!("{} {}: {}", it.kind, it.name, places.join(", "));
            let restart = kind.map(|kind| restart_button(kind, &it.name));
            el("li").child(el("div").class("actions").child(words).child(restart)).child(also)
        };
        match users.is_empty() {
            true => empty("Nothing that is known here uses it.").into(),
            false => View::list([
                View::from(graph(&owned, users)),
                el("ul").class("needs").attr("aria-label", "Used by").children(users.iter().map(user)).into(),
            ]),
        }
    });
    let hidden = show(unknown, |kinds| {
        (!kinds.is_empty())
            .then(|| soft(format!("Not known: whether {} use it; you may not list them.", kinds.join(", "))))
    });
    el("section")
        .attr("aria-label", "Used by")
        .class("stack")
        .child(el("h3").child("Used by"))
        .child(body)
        .child(hidden)
}

fn delete_button(panel: Panel, close: impl Fn() + Copy + 'static) -> El {
    let live = expect_context::<Live>();
    let store = expect_context::<Store>();
    let confirms = expect_context::<Confirms>();
    let cannot = move || {
        let right = panel.with_name(|name| live.right("delete", &Resource::SECRETS, Some(name)));
        live.locked().or_else(|| live.denied(&right))
    };
    button("Delete…").danger().disabled(cannot).on_press(move || {
        let name = panel.name.get_value();
        let session = panel.session;
        panel.scope.get_value().spawn(async move {
            // The uid, so that only this very secret is deleted and not a new one of its name.
            let uid = match session.api(Resource::SECRETS).get_metadata::<Value>(&name).await {
                Ok(item) => item.meta.uid,
                Err(error) => return panel.problem.set(Some(Problem::from(&error))),
            };
            let users: Vec<_> = store.graph.with_untracked(|it| {
                it.of(&name).iter().map(|it| format!("{} {}", it.kind, it.name)).collect()
            });
            let change = Write {
                resource: Resource::SECRETS,
                what: What::Delete(uid),
                kubectl: format!("kubectl delete secret {name} -n {}", session.config().namespace),
                name: name.clone(),
            };
            let verb = format!("Delete secret {name}");
            confirms.open(Confirm {
                title: format!("Review the deletion of {name}"),
                body: Box::new(move || match users.is_empty() {
                    true => p("Nothing that is known here uses it. Its values are gone for good.").into(),
                    false => {
                        let words = "Their pods run on and do not start again without it. Its values are gone for good.";
                        notice(Tone::Bad, &format!("Used by {}.", users.join(", ")), p(words)).into()
                    }
                }),
                write: Rc::new(move || change.clone()),
                verb: Rc::new(move || verb.clone()),
                done: format!("Deleted secret {name}."),
                typed: Some(name),
                then: Rc::new(move |write| {
                    store.look_again(&write.name);
                    close();
                }),
            });
        });
    })
}
