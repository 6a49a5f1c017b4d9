//! The draft: the installation's configuration with the user's edits in it, one for the form, the YAML and the diff.

use std::sync::Arc;

use leptos::prelude::*;
use rootcause_domain::{
    form::{self, Edit},
    pointer::Pointer,
    preset::{self, Advice},
    redact::redact,
    schema::{Issue, Schema, check},
};
use serde_json::{Value, json};

use super::field::control_id;
use crate::{
    browser::{host::Host, regex, storage},
    live::{Live, Standing},
    reactive::{Memo, RwSignal, effect},
    session::Session,
};

/// What the API server said of a field, for as long as the field stays as it was judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    pub pointer: Pointer,
    pub words: String,
    pub value: Option<Value>,
}

/// The draft; a context of the whole app, so that it outlives a look at another page.
#[derive(Clone, Copy)]
pub struct Draft {
    live: Live,
    host: Host,
    /// The resource that the draft began with; `null` where there is none.
    base: RwSignal<Arc<Value>>,
    /// Its configuration, with the edits.
    value: RwSignal<Arc<Value>>,
    /// Fields that a preset set, and its name.
    presets: RwSignal<Vec<(Pointer, String)>>,
    said: RwSignal<Vec<Said>>,
    /// Texts that are no JSON yet, and so are not in the draft.
    unread: RwSignal<Vec<Pointer>>,
    /// The field that is to be shown and get the focus.
    revealed: RwSignal<Option<Pointer>>,
    /// The resource as somebody else has left it meanwhile, where its configuration is another one now.
    pub theirs: RwSignal<Option<Arc<Value>>>,
    /// Whether edits of a visit before were taken up again.
    pub restored: RwSignal<bool>,
    /// The configuration that the draft began with.
    pub before: Memo<Arc<Value>>,
    /// What the draft changes.
    pub edits: Memo<Arc<Vec<Edit>>>,
    /// What the schema finds fault with.
    pub issues: Memo<Arc<Vec<Issue>>>,
    advice: Memo<Arc<Vec<Advice>>>,
    key: StoredValue<String>,
    texts: [RwSignal<String>; Text::COUNT],
    /// The fields that are drawn, each by its number, and the last number.
    watched: StoredValue<(Vec<(usize, Watched)>, usize), LocalStorage>,
}

/// What of the draft is written as YAML: each is a text of its own, whose comments stay with the draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    Configuration,
    PlatformOverrides,
    DependenciesOverrides,
    Patches,
}

impl Text {
    const COUNT: usize = Self::Patches as usize + 1;
}

/// A field that is drawn.
struct Watched {
    pointer: Pointer,
    with_value: bool,
    state: State,
}

/// How a field stands, as it is drawn.
pub type State = RwSignal<FieldState>;

/// How one field of the draft stands.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldState {
    pub value: Option<Value>,
    pub changed: bool,
    /// What is wrong with it: the schema's verdict, then the API server's words.
    pub wrong: Vec<String>,
    /// The guide's recommendation, where the value is off it.
    pub advice: Vec<String>,
}

impl Draft {
    /// The draft, which begins when a page first asks for it.
    pub fn current() -> Self {
        use_context().unwrap_or_else(|| {
            let (session, live) = (expect_context(), expect_context::<Live>());
            live.scope.get_value().with(|| Self::provide(session, live))
        })
    }

    /// Provides the draft and keeps it beside the resource.
    fn provide(session: Session, live: Live) -> Self {
        let base = RwSignal::new(Arc::new(Value::Null));
        let value = RwSignal::new(Arc::new(json!({})));
        let before = Memo::new(move || Arc::new(form::configuration(&base.get())));
        let edits = Memo::new(move || {
            let before = before.get();
            let before = if before.is_null() { &Value::Object(serde_json::Map::new()) } else { &*before };
            value.with(|value| Arc::new(form::edits(before, value)))
        });
        let issues = Memo::new(move || {
            let Some(Ok(schema)) = live.schema.get() else { return Arc::default() };
            value.with(|value| Arc::new(check(schema.root(), value, &regex::matches)))
        });
        let advice = Memo::new(move || {
            let Some(Ok(schema)) = live.schema.get() else { return Arc::default() };
            let contract = &session.config().contract;
            value.with(|value| Arc::new(preset::advice(contract, schema.root(), value)))
        });
        let config = session.config();
        let key = format!("draft/{}/{}/{}", session.cluster(), config.namespace, config.installation);
        let draft = Self {
            live,
            host: expect_context(),
            base,
            value,
            presets: RwSignal::new(Vec::new()),
            said: RwSignal::new(Vec::new()),
            unread: RwSignal::new(Vec::new()),
            revealed: RwSignal::new(None),
            theirs: RwSignal::new(None),
            restored: RwSignal::new(false),
            before,
            edits,
            issues,
            advice,
            key: StoredValue::new(key),
            watched: StoredValue::new_local((Vec::new(), 0)),
            texts: std::array::from_fn(|_| RwSignal::new(String::new())),
        };
        Effect::new(move |begun: Option<bool>| {
            let current = live.cr.with(|it| it.items.as_ref().map(|it| it.first().cloned()));
            let Some(current) = current else { return begun.unwrap_or_default() };
            draft.follow(current);
            if begun != Some(true) {
                draft.restore();
            }
            true
        });
        Effect::new(move |begun: Option<()>| {
            let edits = draft.edits.get();
            if begun.is_some() {
                draft.keep(&edits);
            }
        });
        effect(move || {
            value.track();
            drop(before.get());
            drop(issues.get());
            drop(advice.get());
            draft.said.track();
            draft.unread.track();
            draft.keep_watched();
        });
        provide_context(draft);
        draft
    }

    /// The resource was read afresh: an untouched draft follows it, a touched one is left alone.
    fn follow(self, current: Option<Value>) {
        let current = Arc::new(current.unwrap_or_default());
        let config = form::configuration(&current);
        if self.edits.with_untracked(|it| it.is_empty()) {
            self.begin(current);
        } else if self.before.with_untracked(|it| **it == config) {
            self.base.set(current);
            self.theirs.set(None);
        } else {
            self.theirs.set(Some(current));
        }
    }

    /// Begins a draft on `resource`, without edits.
    pub fn begin(self, resource: Arc<Value>) {
        let config = form::configuration(&resource);
        self.base.set(resource);
        let value = if config.is_null() { json!({}) } else { config };
        if self.value.with_untracked(|it| **it != value) {
            self.value.set(Arc::new(value));
        }
        self.theirs.set(None);
        self.presets.set(Vec::new());
        self.said.set(Vec::new());
        self.unread.set(Vec::new());
    }

    /// Goes on with `value` as an edit of `resource`.
    pub fn rebase(self, resource: Arc<Value>, value: Value) {
        self.base.set(resource);
        self.value.set(Arc::new(value));
        self.theirs.set(None);
    }

    /// Gives up all edits.
    pub fn discard(self) {
        let current = self.live.current().map_or_else(|| self.base.get_untracked(), Arc::new);
        self.begin(current);
        self.restored.set(false);
        self.texts.iter().for_each(|it| it.set(String::new()));
    }

    /// The YAML of a part of the draft as it was last written, with its comments.
    pub fn text(self, of: Text) -> RwSignal<String> {
        self.texts[of as usize]
    }

    /// The resource that the draft began with; `null` where there is none.
    pub fn resource(self) -> Arc<Value> {
        self.base.get()
    }

    /// As [`Self::resource`], once.
    pub fn resource_untracked(self) -> Arc<Value> {
        self.base.get_untracked()
    }

    /// Gives up the edit of a field.
    pub fn undo(self, pointer: &Pointer) {
        let was = self.before.with_untracked(|it| pointer.get(it).cloned());
        self.set(pointer, was);
    }

    /// Why the draft may not be applied now; `None` when it may.
    pub fn locked(self) -> Option<String> {
        if self.theirs.with(Option::is_some) {
            return Some(
                "Somebody else changed the configuration meanwhile: bring both together first.".to_owned(),
            );
        }
        if self.edits.with(|it| it.is_empty()) {
            return Some("Nothing was changed.".to_owned());
        }
        if self.unread.with(|it| !it.is_empty()) {
            return Some("A text is no JSON yet.".to_owned());
        }
        match self.live.standing.get() {
            Standing::NoInstallation => self.live.create_locked(),
            _ => self.live.write_locked(),
        }
    }

    /// The configuration with the edits.
    pub fn value(self) -> Arc<Value> {
        self.value.get()
    }

    /// The value at a place of the draft.
    pub fn get(self, pointer: &Pointer) -> Option<Value> {
        self.value.with(|it| pointer.get(it).cloned())
    }

    /// Puts a value at a place, or (`None`) takes it away.
    pub fn set(self, pointer: &Pointer, value: Option<Value>) {
        self.change(|draft, before| match value {
            Some(value) => form::set(draft, pointer, value),
            None => form::remove(draft, pointer, before),
        });
    }

    /// Makes edits at the name of a preset.
    pub fn preset(self, name: &str, edits: &[Edit]) {
        self.change(|draft, _| form::apply(edits, draft));
        let set = edits.iter().map(|edit| (edit.pointer.clone(), name.to_owned()));
        self.presets.update(|it| it.extend(set));
    }

    /// Takes `value` as the whole configuration, as edited in the YAML or imported.
    pub fn replace(self, value: Value) {
        let value = if value.is_null() { json!({}) } else { value };
        self.change(|draft, _| *draft = value);
    }

    fn change(self, change: impl FnOnce(&mut Value, &Value)) {
        let before = self.before.get_untracked();
        self.value.update(|it| change(Arc::make_mut(it), &before));
    }

    /// The kind's schema, once it is known.
    pub fn schema(self) -> Option<Arc<Schema>> {
        self.live.schema.with(|it| it.as_ref()?.as_ref().ok().cloned())
    }

    /// How the field at `pointer` stands, for as long as the current owner lives; without its value unless asked for.
    ///
    /// One effect keeps all drawn fields current: with a memo for each, every keystroke would take each of thousands
    /// from the lists of what it depends on, and put it back.
    pub fn watch(self, pointer: &Pointer, with_value: bool) -> State {
        let state = untrack(|| RwSignal::new(self.judged(pointer, with_value)));
        let watched = Watched { pointer: pointer.clone(), with_value, state };
        let number = self.watched.try_update_value(|it| {
            it.1 += 1;
            it.0.push((it.1, watched));
            it.1
        });
        on_cleanup(move || {
            // The draft may be gone before its fields.
            let _ = self.watched.try_update_value(|it| {
                if let Some(at) = it.0.iter().position(|it| Some(it.0) == number) {
                    it.0.swap_remove(at);
                }
            });
        });
        state
    }

    fn keep_watched(self) {
        let changed = self.watched.with_value(|it| {
            let all = it.0.iter().map(|(_, it)| (it.state, self.judged(&it.pointer, it.with_value)));
            all.filter(|(state, now)| state.with_untracked(|it| it != now)).collect::<Vec<_>>()
        });
        for (state, now) in changed {
            state.set(now);
        }
    }

    fn judged(self, pointer: &Pointer, with_value: bool) -> FieldState {
        self.value.with_untracked(|draft| {
            let value = pointer.get(draft);
            let changed = self.before.with_untracked(|before| pointer.get(before) != value);
            let mut wrong: Vec<String> = self.issues.with_untracked(|it| {
                it.iter().filter(|it| it.pointer == *pointer).map(|it| it.message.clone()).collect()
            });
            if self.unread.with_untracked(|it| it.contains(pointer)) {
                wrong.push("Is no JSON yet, so the draft keeps what was there.".to_owned());
            }
            self.said.with_untracked(|it| {
                let here = it.iter().filter(|said| said.pointer == *pointer && said.value.as_ref() == value);
                wrong.extend(here.map(|said| said.words.clone()));
            });
            let advice = self.advice.with_untracked(|it| {
                it.iter().filter(|it| it.pointer == *pointer).map(|it| it.words.clone()).collect()
            });
            FieldState { value: value.filter(|_| with_value).cloned(), changed, wrong, advice }
        })
    }

    /// Everything that is wrong with the draft, and where.
    pub fn wrong(self) -> Vec<(Pointer, String)> {
        let mut wrong: Vec<(Pointer, String)> = self
            .issues
            .with(|it| it.iter().map(|issue| (issue.pointer.clone(), issue.message.clone())).collect());
        self.unread.with(|it| wrong.extend(it.iter().map(|it| (it.clone(), "Is no JSON yet.".to_owned()))));
        self.said.with(|it| {
            let same = it.iter().filter(|said| self.get(&said.pointer) == said.value);
            wrong.extend(same.map(|said| (said.pointer.clone(), said.words.clone())));
        });
        wrong
    }

    /// Notes what the API server said of fields.
    pub fn hear(self, said: Vec<(Pointer, String)>) {
        let with_value = said.into_iter().map(|(pointer, words)| {
            let value = self.value.with_untracked(|it| pointer.get(it).cloned());
            Said { pointer, words, value }
        });
        self.said.set(with_value.collect());
    }

    /// Notes whether the text of a field is no JSON yet.
    pub fn set_unread(self, pointer: &Pointer, unread: bool) {
        if self.unread.with_untracked(|it| it.contains(pointer)) != unread {
            self.unread.update(|it| {
                it.retain(|one| one != pointer);
                if unread {
                    it.push(pointer.clone());
                }
            });
        }
    }

    /// Whether the text of a field is no JSON yet.
    pub fn is_unread(self, pointer: &Pointer) -> bool {
        self.unread.with_untracked(|it| it.contains(pointer))
    }

    /// Where a field's value comes from.
    pub fn origin(self, pointer: &Pointer, default: Option<&Value>) -> form::Origin {
        let presets = self.presets.get_untracked();
        self.value.with_untracked(|value| {
            self.base.with_untracked(|base| form::origin(pointer, value, base, default, &presets))
        })
    }

    /// Opens what a field stands in and gives it the focus.
    pub fn reveal(self, pointer: Pointer) {
        let id = control_id(&pointer);
        self.revealed.set(Some(pointer));
        // What it stands in is drawn within a frame.
        request_animation_frame(move || {
            request_animation_frame(move || {
                self.host.focus_id(&id);
                self.revealed.set(None);
            });
        });
    }

    /// Whether what is at `pointer` holds the field that is to be shown.
    pub fn reveals(self, pointer: &Pointer) -> bool {
        self.revealed.with(|it| it.as_ref().is_some_and(|it| it.is_within(pointer)))
    }

    /// Keeps the edits for the next visit, but none that looks like a secret.
    fn keep(self, edits: &[Edit]) {
        let before = self.before.get_untracked();
        let plain = |value: &Option<Value>, pointer: &Pointer| {
            let text = pointer.merge_patch(value.clone().unwrap_or_default()).to_string();
            redact(&text) == text
        };
        let kept: Vec<Value> = edits
            .iter()
            .filter_map(|edit| {
                let was = edit.pointer.get(&before).cloned();
                (plain(&edit.value, &edit.pointer) && plain(&was, &edit.pointer)).then(|| {
                    json!([
                        edit.pointer.to_string(),
                        was.map(|it| json!([it])),
                        edit.value.as_ref().map(|it| json!([it]))
                    ])
                })
            })
            .collect();
        self.key.with_value(|key| match kept.is_empty() {
            true => storage::remove(key),
            false => storage::set(key, &Value::from(kept).to_string()),
        });
    }

    /// Takes up the edits of a visit before. Where the resource has changed since, they are edits of the one it was.
    fn restore(self) {
        let kept = self.key.with_value(|key| storage::get(key));
        let Some(Value::Array(kept)) = kept.and_then(|it| serde_json::from_str(&it).ok()) else { return };
        let mut was = Vec::new();
        let mut edits = Vec::new();
        for edit in kept {
            let Some(Ok(pointer)) = edit[0].as_str().map(Pointer::parse) else { continue };
            was.push(Edit { pointer: pointer.clone(), value: edit[1].get(0).cloned() });
            edits.push(Edit { pointer, value: edit[2].get(0).cloned() });
        }
        if edits.is_empty() {
            return;
        }
        let current = self.base.get_untracked();
        let mut base = (*current).clone();
        if !base.is_null() {
            form::apply(&was, &mut base);
        }
        let mut value = form::configuration(&base);
        if value.is_null() {
            value = json!({});
        }
        form::apply(&edits, &mut value);
        self.rebase(Arc::new(base), value);
        self.restored.set(true);
        self.follow(Some((*current).clone()).filter(|it| !it.is_null()));
    }
}
