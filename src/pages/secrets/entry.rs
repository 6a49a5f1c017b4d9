//! The fields of one key's new value: text, a file's bytes, or a generated one.

use std::sync::atomic::{AtomicU32, Ordering};

use leptos::prelude::*;
use rootcause_domain::secrets::{generate, value};

use crate::{
    browser::{file, random},
    live::Scope,
    reactive::RwSignal,
    ui::{El, Toasts, button, el, show, soft},
};

/// A key and the value that it is to have. Cheap to copy: handles only.
#[derive(Clone, Copy)]
pub struct Entry {
    id: u32,
    pub key: RwSignal<String>,
    text: RwSignal<String>,
    /// The bytes of a chosen file, which count in place of the text.
    file: RwSignal<Option<Vec<u8>>>,
    /// The key is given, and not for the user to change.
    fixed: bool,
}

/// How many entries there were, by which they are told apart.
static MADE: AtomicU32 = AtomicU32::new(0);

impl Entry {
    /// An entry for this key, with what is there now where that may be edited as text.
    pub fn of(key: &str, now: &[u8]) -> Self {
        let text = value::text(now).filter(|_| value::not_editable(now).is_none()).unwrap_or_default();
        Self {
            id: MADE.fetch_add(1, Ordering::Relaxed),
            key: RwSignal::new(key.to_owned()),
            text: RwSignal::new(text.to_owned()),
            // What a text field would change stays as it is until a file replaces it.
            file: RwSignal::new(value::not_editable(now).map(|_| now.to_vec())),
            fixed: !key.is_empty(),
        }
    }

    /// An entry whose key is still to be chosen.
    pub fn new() -> Self {
        Self::of("", b"")
    }

    /// What tells it from others.
    pub fn id(self) -> String {
        format!("entry-{}", self.id)
    }

    /// The key and the bytes, as they stand.
    pub fn get(self) -> (String, Vec<u8>) {
        let key = self.key.with(|it| it.trim().to_owned());
        (key, self.file.get().unwrap_or_else(|| self.text.get().into_bytes()))
    }
}

/// The fields. `binary` is why the value cannot be edited as text.
pub fn fields(entry: Entry, binary: Option<&'static str>, remove: Option<El>) -> El {
    let toasts = expect_context::<Toasts>();
    let scope = StoredValue::new(Scope::here());
    let name = move || if entry.fixed { entry.key.get_untracked() } else { "the new key".to_owned() };
    let key = (!entry.fixed).then(|| {
        let id = format!("{}-key", entry.id());
        let field = el("input").id(&id).class("input mono").attr("autocomplete", "off").bind(entry.key);
        el("div").class("field").child(el("label").attr("for", &id).child("Key")).child(field)
    });
    let text = move || {
        el("textarea")
            .class("input mono")
            .attr("rows", "3")
            .attr("spellcheck", "false")
            .attr("autocomplete", "off")
            .attr("aria-label", &format!("Value of {}", name()))
            .bind(entry.text)
    };
    let value = show(
        move || entry.file.with(|it| it.as_ref().map(Vec::len)),
        move |size| match size {
            Some(size) => el("p").child(soft(format!("{} from a file or as it is.", value::size(*size)))),
            None => text(),
        },
    );
    let chosen = move |event: web_sys::Event| {
        scope.get_value().spawn(async move {
            match file::chosen(&event).await {
                Some(bytes) if bytes.len() > value::LARGEST => {
                    toasts.say(format!(
                        "The file has {}; a secret holds 1 MiB at most.",
                        value::size(bytes.len())
                    ));
                }
                Some(bytes) => entry.file.set(Some(bytes)),
                None => toasts.say("The file could not be read."),
            }
        });
    };
    let file = el("input")
        .attr("type", "file")
        .attr("aria-label", &format!("File for {}", name()))
        .on("change", chosen);
    let generate = button("Generate").small().on_press(move || {
        let mut bytes = [0; generate::RANDOM_BYTES];
        match random::fill(&mut bytes).then(|| generate::value(&bytes)).flatten() {
            Some(value) => {
                entry.file.set(None);
                entry.text.set(value);
            }
            None => toasts.say("The browser gave no random numbers."),
        }
    });
    let generate = generate.attr("aria-label", &format!("Generate a value for {}", name()));
    el("div")
        .class("entry")
        .child(key)
        .child(binary.map(soft))
        .child(value)
        .child(el("div").class("actions").child(generate).child(file).child(remove))
}
