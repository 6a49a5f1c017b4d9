//! The draft: the installation's configuration with the user's edits in it, one for the form, the YAML and the diff.

use std::{rc::Rc, sync::Arc};

use leptos::prelude::*;
use rootcause_domain::{
    contract::Concept,
    form::{self, Edit, Kept, Union},
    phase::Phase,
    pointer::Pointer,
    preset::{self, Advice},
    redact::redact,
    schema::{Issue, Schema, check},
    sort,
};
use serde_json::{Value, json};

use super::field::{control_id, form_id};
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
    /// Forms of objects that were chosen, and what is kept of those that were left.
    chosen: RwSignal<Vec<Chosen>>,
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
    /// Where an undeploy is asked for.
    undeploy: StoredValue<Option<Pointer>>,
    texts: [RwSignal<String>; Text::COUNT],
    watched: StoredValue<AllWatched, LocalStorage>,
}

/// The forms that were chosen for one union of an object.
#[derive(Clone, Debug, PartialEq)]
struct Chosen {
    at: Pointer,
    /// Which of the object's unions.
    number: usize,
    forms: Vec<usize>,
    kept: Kept,
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
    number: usize,
    pointer: Pointer,
    with_value: bool,
    drawn: Rc<FieldState>,
    draw: Draw,
}

/// Draws how a field stands.
pub type Draw = Rc<dyn Fn(&FieldState)>;

/// The fields that are drawn, and what has to be known to draw just those of them anew that stand otherwise.
#[derive(Default)]
struct AllWatched {
    fields: Vec<Watched>,
    last: usize,
    /// Places of the draft that were changed since.
    changed: Vec<Pointer>,
    /// The configuration that the draft began with, as it was then.
    before: Arc<Value>,
    /// Places of which something is said, sorted.
    said: Vec<Pointer>,
}

impl AllWatched {
    /// Where the field of this number is: they stand in the order of their numbers.
    fn position(&self, number: usize) -> Option<usize> {
        self.fields.binary_search_by_key(&number, |it| it.number).ok()
    }
}

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
            chosen: RwSignal::new(Vec::new()),
            revealed: RwSignal::new(None),
            theirs: RwSignal::new(None),
            restored: RwSignal::new(false),
            before,
            edits,
            issues,
            advice,
            key: StoredValue::new(key),
            undeploy: StoredValue::new(config.contract.pointer(Concept::Undeploy).cloned()),
            watched: StoredValue::new_local(AllWatched::default()),
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
            let chosen = draft.chosen.get();
            if begun.is_some() {
                draft.keep(&edits, &chosen);
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
            self.touch(Pointer::root());
            self.value.set(Arc::new(value));
        }
        self.theirs.set(None);
        self.presets.set(Vec::new());
        self.chosen.set(Vec::new());
        self.said.set(Vec::new());
        self.unread.set(Vec::new());
    }

    /// Goes on with `value` as an edit of `resource`.
    pub fn rebase(self, resource: Arc<Value>, value: Value) {
        self.base.set(resource);
        self.touch(Pointer::root());
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
        if self.edits.with(|it| it.is_empty()) && self.undeployed().is_none() {
            return Some("Nothing was changed.".to_owned());
        }
        if self.undeploys() {
            return Some("Undeploying is requested in the Danger Zone alone.".to_owned());
        }
        if self.unread.with(|it| !it.is_empty()) {
            return Some("A text is no JSON yet.".to_owned());
        }
        match self.live.standing.get() {
            Standing::NoInstallation => self.live.create_locked(),
            _ => self.live.write_locked(),
        }
    }

    /// Where it stands that the installation is undeployed, while it is.
    pub fn undeployed(self) -> Option<Pointer> {
        let gone = self
            .live
            .installation
            .with(|it| it.as_ref().is_some_and(|it| it.undeploy && it.phase == Phase::Uninstalled));
        self.undeploy.get_value().filter(|_| gone)
    }

    /// Takes the undeploy back where there is one: what is applied is to be deployed.
    pub fn deploy_again(self) {
        if let Some(at) = untrack(|| self.undeployed()) {
            self.set(&at, Some(false.into()));
        }
    }

    /// Whether the edits would undeploy the installation.
    fn undeploys(self) -> bool {
        let is = |it: &Value| {
            self.undeploy.with_value(|at| at.as_ref().and_then(|at| at.get(it)) == Some(&Value::Bool(true)))
        };
        self.value.with(|it| is(it)) && !self.before.with(|it| is(it))
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
        let taken = value.is_none().then(|| pointer.parent()).flatten();
        let list =
            taken.filter(|it| self.value.with_untracked(|all| it.get(all).is_some_and(Value::is_array)));
        match list {
            // What follows in a list moves up.
            Some(list) => {
                self.chosen.update(|it| it.retain(|it| !it.at.is_within(&list)));
                self.touch(list);
            }
            None => self.touch(pointer.clone()),
        }
        self.change(|draft, before| match value {
            Some(value) => form::set(draft, pointer, value),
            None => form::remove(draft, pointer, before),
        });
    }

    /// The forms that the object at a place has, or that were chosen for it and have nothing yet.
    pub fn forms(self, at: &Pointer, number: usize, of: &Union) -> Vec<usize> {
        let Some(schema) = self.schema() else { return Vec::new() };
        let Some(node) = schema.root().at(at) else { return Vec::new() };
        let mut taken = self.value.with(|it| of.taken(node, at.get(it)));
        let chosen = self.chosen.with(|it| {
            let here = it.iter().find(|it| it.at == *at && it.number == number);
            here.map(|it| it.forms.clone()).unwrap_or_default()
        });
        if taken.is_empty() {
            return chosen;
        }
        if !of.exclusive {
            taken.extend(chosen.into_iter().filter(|it| !taken.contains(it)).collect::<Vec<_>>());
        }
        taken
    }

    /// Gives the object at a place these forms. What it has of others is kept until the draft is applied or given up.
    pub fn take(self, at: &Pointer, number: usize, of: &Union, forms: Vec<usize>) {
        let Some(schema) = self.schema() else { return };
        let Some(node) = schema.root().at(at) else { return };
        let mut kept = Kept::new();
        self.chosen.update(|it| {
            if let Some(here) = it.iter().position(|it| it.at == *at && it.number == number) {
                kept = it.remove(here).kept;
            }
        });
        let mut object = self.value.with_untracked(|it| at.get(it).cloned()).unwrap_or_default();
        of.take(node, &forms, &mut object, &mut kept);
        self.chosen.update(|it| it.push(Chosen { at: at.clone(), number, forms, kept }));
        let empty = object.as_object().is_some_and(serde_json::Map::is_empty);
        let begun = self.before.with_untracked(|it| at.get(it).is_some());
        self.set(at, (!empty || begun).then_some(object));
    }

    /// Makes edits at the name of a preset.
    pub fn preset(self, name: &str, edits: &[Edit]) {
        edits.iter().for_each(|edit| self.touch(edit.pointer.clone()));
        self.change(|draft, _| form::apply(edits, draft));
        let set = edits.iter().map(|edit| (edit.pointer.clone(), name.to_owned()));
        self.presets.update(|it| it.extend(set));
    }

    /// Takes `value` as the whole configuration, as edited in the YAML or imported.
    pub fn replace(self, value: Value) {
        let value = if value.is_null() { json!({}) } else { value };
        self.touch(Pointer::root());
        self.change(|draft, _| *draft = value);
    }

    /// Notes that a place of the draft is about to change.
    fn touch(self, pointer: Pointer) {
        let _ = self.watched.try_update_value(|it| it.changed.push(pointer));
    }

    fn change(self, change: impl FnOnce(&mut Value, &Value)) {
        let before = self.before.get_untracked();
        self.value.update(|it| change(Arc::make_mut(it), &before));
    }

    /// The kind's schema, once it is known.
    pub fn schema(self) -> Option<Arc<Schema>> {
        self.live.schema.with(|it| it.as_ref()?.as_ref().ok().cloned())
    }

    /// Calls `draw` with how the field at `pointer` stands, now and whenever it stands otherwise, for as long as the
    /// current owner lives; without its value unless asked for.
    ///
    /// One effect looks after all fields, at those that a change may concern: with signals of its own for each field, a
    /// form of thousands opens late, and every keystroke takes long.
    pub fn watch(self, pointer: &Pointer, with_value: bool, draw: Draw) {
        let state = untrack(|| self.judged(pointer, with_value));
        untrack(|| draw(&state));
        let number = self.watched.try_update_value(|it| {
            it.last += 1;
            let drawn = Rc::new(state);
            it.fields.push(Watched { number: it.last, pointer: pointer.clone(), with_value, drawn, draw });
            it.last
        });
        on_cleanup(move || {
            // The draft may be gone before its fields.
            let _ = self.watched.try_update_value(|it| {
                if let Some(at) = number.and_then(|number| it.position(number)) {
                    it.fields.remove(at);
                }
            });
        });
    }

    /// As [`Self::watch`], as a signal.
    pub fn state(self, pointer: &Pointer, with_value: bool) -> RwSignal<FieldState> {
        let state = untrack(|| RwSignal::new(self.judged(pointer, with_value)));
        self.watch(
            pointer,
            with_value,
            Rc::new(move |now| {
                if state.with_untracked(|it| it != now) {
                    state.set(now.clone());
                }
            }),
        );
        state
    }

    fn keep_watched(self) {
        let before = self.before.get_untracked();
        let mut said: Vec<Pointer> =
            self.issues.with_untracked(|it| it.iter().map(|it| it.pointer.clone()).collect());
        self.advice.with_untracked(|it| said.extend(it.iter().map(|it| it.pointer.clone())));
        self.unread.with_untracked(|it| said.extend(it.iter().cloned()));
        self.said.with_untracked(|it| said.extend(it.iter().map(|it| it.pointer.clone())));
        sort::by(&mut said, Ord::cmp);
        let again = self.watched.try_update_value(|all| {
            let mut changed = std::mem::take(&mut all.changed);
            if !Arc::ptr_eq(&before, &all.before) {
                all.before = before;
                changed.push(Pointer::root());
            }
            let spoken_of =
                |it: &Pointer| said.binary_search(it).is_ok() || all.said.binary_search(it).is_ok();
            let concerned = |it: &&Watched| {
                let touched =
                    |at: &Pointer| it.pointer.is_within(at) || it.with_value && at.is_within(&it.pointer);
                changed.iter().any(touched) || spoken_of(&it.pointer)
            };
            let fields = all.fields.iter().filter(concerned);
            let found = fields.map(|it| (it.number, it.pointer.clone(), it.with_value, Rc::clone(&it.drawn)));
            let found = found.collect::<Vec<_>>();
            all.said = said;
            found
        });
        for (number, pointer, with_value, drawn) in again.unwrap_or_default() {
            let now = self.judged(&pointer, with_value);
            if *drawn == now {
                continue;
            }
            let now = Rc::new(now);
            // Drawing one field may end another.
            let draw = self.watched.try_update_value(|all| {
                let at = all.position(number)?;
                let it = &mut all.fields[at];
                it.drawn = Rc::clone(&now);
                Some(Rc::clone(&it.draw))
            });
            if let Some(draw) = draw.flatten() {
                draw(&now);
            }
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
        // Where it belongs to a form that is not taken, to what it is chosen with, or to what that stands in.
        let mut ids = Vec::new();
        let mut at = Some(pointer.clone());
        while let Some(place) = at {
            ids.extend([control_id(&place), form_id(&place)]);
            at = place.parent();
        }
        self.revealed.set(Some(pointer));
        // What it stands in is drawn within a frame.
        request_animation_frame(move || {
            request_animation_frame(move || {
                let _ = ids.iter().any(|id| self.host.focus_id(id));
                self.revealed.set(None);
            });
        });
    }

    /// Whether what is at `pointer` holds the field that is to be shown.
    pub fn reveals(self, pointer: &Pointer) -> bool {
        self.revealed.with(|it| it.as_ref().is_some_and(|it| it.is_within(pointer)))
    }

    /// Keeps the edits for the next visit, but none that looks like a secret, and what of other forms was left.
    fn keep(self, edits: &[Edit], chosen: &[Chosen]) {
        let before = self.before.get_untracked();
        let schema = untrack(|| self.schema());
        let plain = |value: &Value, pointer: &Pointer| {
            let text = pointer.merge_patch(value.clone()).to_string();
            let secret = schema.as_ref().is_some_and(|it| form::is_secret(it.root(), pointer, value));
            !secret && redact(&text) == text
        };
        let absent = Value::Null;
        let edits = edits.iter().filter_map(|edit| {
            let was = edit.pointer.get(&before);
            let fine = plain(edit.value.as_ref().unwrap_or(&absent), &edit.pointer)
                && plain(was.unwrap_or(&absent), &edit.pointer);
            let given = |it: Option<&Value>| it.map(|it| json!([it]));
            fine.then(|| json!([edit.pointer.to_string(), given(was), given(edit.value.as_ref())]))
        });
        let edits: Vec<Value> = edits.collect();
        let forms = chosen.iter().map(|it| {
            let kept = it.kept.iter().filter(|(name, value)| plain(value, &it.at.child(name.as_str())));
            let kept: Value = sort::object(kept.map(|(name, value)| (name.clone(), value.clone())));
            json!([it.at.to_string(), it.number, it.forms, kept])
        });
        let forms: Vec<Value> = forms.collect();
        self.key.with_value(|key| match edits.is_empty() && forms.is_empty() {
            true => storage::remove(key),
            false => storage::set(key, &json!({"edits": edits, "forms": forms}).to_string()),
        });
    }

    /// Takes up the edits of a visit before. Where the resource has changed since, they are edits of the one it was.
    fn restore(self) {
        let kept = self.key.with_value(|key| storage::get(key));
        let Some(kept) = kept.and_then(|it| serde_json::from_str::<Value>(&it).ok()) else { return };
        let list = |key: &str| kept[key].as_array().cloned().unwrap_or_default();
        let mut was = Vec::new();
        let mut edits = Vec::new();
        for edit in list("edits") {
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
        let forms = list("forms");
        let chosen = forms.iter().filter_map(|it| {
            let number = |it: &Value| Some(it.as_u64()? as usize);
            Some(Chosen {
                at: Pointer::parse(it[0].as_str()?).ok()?,
                number: number(&it[1])?,
                forms: it[2].as_array()?.iter().filter_map(number).collect(),
                kept: it[3].as_object()?.clone(),
            })
        });
        self.chosen.set(chosen.collect());
        self.restored.set(true);
        self.follow(Some((*current).clone()).filter(|it| !it.is_null()));
    }
}
