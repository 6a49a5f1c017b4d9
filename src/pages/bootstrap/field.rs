//! One field of the form, drawn from its schema: a control, what it is for, where its value comes from, what is wrong.

use std::{cell::RefCell, rc::Rc};

use leptos::prelude::*;
use rootcause_domain::{
    ago,
    contract::Concept,
    form::{Field, Form, Origin, Union, choice_key, parse, shown},
    pointer::Pointer,
    schema::{Kind, Node},
};
use serde_json::Value;
use wasm_bindgen::JsCast;

use super::{
    choices::{Choices, StorageClass},
    draft::{Draft, FieldState},
    views::is_open,
};
use crate::{
    browser::clock,
    live::Scope,
    reactive::{Memo, RwSignal, effect},
    ui::{El, Glyph, View, button, dom::is_checked, each, el, icon, show, value_of},
};

/// Groups this deep and deeper are folded until they are looked at.
const FOLDED: usize = 3;

/// Fields that a group may have and still stand open at any depth.
const FEW: usize = 6;

/// Fields that are drawn at once; more of them follow in the frames after, so that a form of thousands opens soon.
const AT_ONCE: usize = 100;

/// Milliseconds of each of those frames that go into drawing fields.
const OF_A_FRAME: i64 = 12;

/// Fields one after the other, each drawn by `draw`.
pub fn fields(list: Vec<Field>, draw: impl Fn(Field) -> El + 'static) -> El {
    let place = el("div").class(if list.len() > AT_ONCE { "fields many" } else { "fields" });
    let mut rest = list.into_iter();
    let scope = Scope::here();
    let draw = move |rest: &mut std::vec::IntoIter<Field>, count: usize, place: &El| {
        scope.with(|| {
            for field in rest.take(count) {
                View::from(untrack(|| draw(field))).mount(place.element());
            }
        });
    };
    draw(&mut rest, AT_ONCE, &place);
    if rest.len() > 0 {
        draw_later(place.clone(), rest, Rc::new(draw));
    }
    place
}

/// Draws so many of the fields that are left into a place.
type DrawSome = Rc<dyn Fn(&mut std::vec::IntoIter<Field>, usize, &El)>;

fn draw_later(place: El, mut rest: std::vec::IntoIter<Field>, draw: DrawSome) {
    request_animation_frame(move || {
        // The page may have been left meanwhile.
        if !place.element().is_connected() {
            return;
        }
        let now = || clock::now().as_millisecond();
        let end = now() + OF_A_FRAME;
        while rest.len() > 0 && now() < end {
            draw(&mut rest, AT_ONCE / 4, &place);
        }
        if rest.len() > 0 {
            draw_later(place, rest, draw);
        }
    });
}

/// Fields of which some belong to forms of an object: those of forms that are not taken stand there only while they have
/// a value.
pub fn fields_of_forms(
    draft: Draft,
    list: Vec<Field>,
    owners: Vec<Field>,
    draw: impl Fn(Field) -> El + 'static,
) -> El {
    let shown = move || {
        let left_out = |it: &Field| {
            let parent = it.pointer.parent();
            let Some(of) = owners.iter().find(|owner| Some(&owner.pointer) == parent.as_ref()) else {
                return false;
            };
            let name = it.pointer.tokens().last().map(String::as_str).unwrap_or_default();
            let unset = draft.get(&it.pointer).is_none();
            of.unions.iter().enumerate().any(|(number, union)| {
                union.told_by.as_deref() == Some(name)
                    || unset && union.leaves_out(name, &draft.forms(&of.pointer, number, union))
            })
        };
        list.iter().filter(|it| !left_out(it)).cloned().collect()
    };
    el("div").class("fields").child(each(shown, |it: &Field| it.pointer.to_string(), draw))
}

/// The id of a field's control.
pub fn control_id(pointer: &Pointer) -> String {
    format!("field{pointer}")
}

/// The id of what chooses the form that has this field.
pub fn form_id(pointer: &Pointer) -> String {
    format!("form{pointer}")
}

/// The choices between the forms of an object.
pub fn choices(draft: Draft, of: &Field) -> View {
    View::list(of.unions.iter().enumerate().map(|(number, union)| choice(draft, of, number, union)))
}

fn choice(draft: Draft, of: &Field, number: usize, union: &Union) -> El {
    let taken = {
        let (at, union) = (of.pointer.clone(), union.clone());
        Memo::new(move || draft.forms(&at, number, &union))
    };
    let name = format!("{}/{number}", form_id(&of.pointer));
    let exclusive = union.exclusive;
    let option = |title: &str, form: Option<usize>| {
        let (at, union) = (of.pointer.clone(), union.clone());
        let on = move || match form {
            Some(form) => taken.with(|it| it.contains(&form)),
            None => taken.with(Vec::is_empty),
        };
        let take = move |event: web_sys::Event| {
            let mut forms = if exclusive { Vec::new() } else { taken.get_untracked() };
            forms.retain(|it| Some(*it) != form);
            forms.extend(form.filter(|_| exclusive || is_checked(&event)));
            draft.take(&at, number, &union, forms);
        };
        // Whoever looks for a field of a form that is not taken is led here.
        let leads = form.and_then(|it| {
            let form = union_form(of, number, it)?;
            form.own.first().or(form.told_by.as_ref().map(|it| &it.0))
        });
        let input = el("input")
            .attr("type", if exclusive { "radio" } else { "checkbox" })
            .attr("name", &name)
            .maybe("id", leads.map(|it| form_id(&of.pointer.child(it.as_str()))).as_deref())
            .prop_live("checked", on)
            .on("change", take);
        el("label").class("choice").child(input).child(title)
    };
    let none = (exclusive && union.optional).then(|| option("None of them", None));
    el("fieldset")
        .class("forms")
        .child(el("legend").child(union.words()))
        .children(union.forms.iter().enumerate().map(|(at, it)| option(&it.title, Some(at))))
        .child(none)
}

fn union_form(of: &Field, number: usize, form: usize) -> Option<&Form> {
    of.unions.get(number)?.forms.get(form)
}

/// A field, `depth` groups within its section.
pub fn field(draft: Draft, field: Field, depth: usize) -> El {
    match field.kind {
        Kind::Object => object(draft, field, depth),
        Kind::Map | Kind::List(_) => entries(draft, field, depth),
        kind => {
            let control = match kind {
                Kind::Any => free(draft, &field),
                Kind::Choice => {
                    let options = field.choices.iter().map(|it| (it.clone(), shown(it)));
                    select(draft, &field, options.collect())
                }
                Kind::Boolean => select(draft, &field, yes_or_no()),
                _ => input(draft, &field),
            };
            framed(draft, &field, control)
        }
    }
}

fn yes_or_no() -> Vec<(Value, String)> {
    vec![(true.into(), "Yes".to_owned()), (false.into(), "No".to_owned())]
}

/// A control, and what shows a value in it.
struct Control {
    element: El,
    show: Show,
}

/// Shows a value in a control.
type Show = Rc<dyn Fn(Option<&Value>)>;

/// The controls of the fields within a group, drawn from what the draft holds now.
fn inner(draft: Draft, group: &Field, depth: usize) -> View {
    let Some(schema) = draft.schema() else { return ().into() };
    let children = untrack(|| group.children(schema.root(), &draft.value()));
    members(draft, group, children, depth)
}

/// The fields of a group, under the choices between its forms.
fn members(draft: Draft, group: &Field, children: Vec<Field>, depth: usize) -> View {
    let draw = move |it| field(draft, it, depth + 1);
    if group.unions.is_empty() {
        return fields(children, draw).into();
    }
    let fields = fields_of_forms(draft, children, vec![group.clone()], draw);
    View::list::<View>([choices(draft, group), fields.into()])
}

fn object(draft: Draft, group: Field, depth: usize) -> El {
    let Some(schema) = draft.schema() else { return el("div") };
    let children = untrack(|| group.children(schema.root(), &draft.value()));
    let plain = children.len() <= FEW && !children.iter().any(Field::is_group);
    let open = depth < FOLDED || plain;
    let heading = el("span").attr("title", &group.help).child(group.label.as_str());
    if depth < FOLDED || plain {
        let members = members(draft, &group, children, depth);
        let help = (depth < 2).then(|| help(&group)).flatten();
        return el("fieldset")
            .class("group")
            .id(&control_id(&group.pointer))
            .attr("tabindex", "-1")
            .child(el("legend").child(heading))
            .child(help)
            .child(wrong(draft, &group.pointer))
            .child(members);
    }
    let inside = group.clone();
    fold(draft, &group.pointer, heading, open, move || {
        View::list([wrong(draft, &inside.pointer), untrack(|| inner(draft, &inside, depth))])
    })
}

/// A group that is drawn when it is opened.
fn fold(
    draft: Draft,
    pointer: &Pointer,
    summary: impl Into<View>,
    open: bool,
    inside: impl Fn() -> View + 'static,
) -> El {
    let opened = RwSignal::new(open);
    let at = pointer.clone();
    effect(move || {
        if draft.reveals(&at) {
            opened.set(true);
        }
    });
    el("details")
        .class("group")
        .prop_live("open", move || opened.get())
        .on("toggle", move |event| opened.set(is_open(&event)))
        .child(el("summary").child(summary))
        .child(show(move || opened.get(), move |open| open.then(&inside)))
}

/// A list or a map: its entries, each of which can be taken out, and a way to add one.
fn entries(draft: Draft, group: Field, depth: usize) -> El {
    let state = draft.state(&group.pointer, true);
    let is_map = group.kind == Kind::Map;
    // What tells entries apart; while only their content changes they stay as they are drawn.
    let keys = move || {
        state.with(|it| match &it.value {
            Some(Value::Object(map)) if is_map => map.keys().cloned().collect::<Vec<_>>(),
            Some(Value::Array(items)) => (0..items.len()).map(|it| it.to_string()).collect(),
            _ => Vec::new(),
        })
    };
    let count = move || keys().len();
    let rows = {
        let group = group.clone();
        show(keys, move |_| {
            let Some(schema) = draft.schema() else { return View::from(()) };
            let fields = group.children(schema.root(), &draft.value());
            View::list(fields.into_iter().map(|it| entry(draft, it, depth + 1)))
        })
    };
    let name = RwSignal::new(String::new());
    let label = group.label.clone();
    let adding = group.clone();
    let add = move || {
        let Some(schema) = draft.schema() else { return };
        let token = match is_map {
            true => name.get_untracked(),
            false => draft
                .get(&adding.pointer)
                .and_then(|it| Some(it.as_array()?.len()))
                .unwrap_or_default()
                .to_string(),
        };
        let there = draft.get(&adding.pointer);
        // A null may stand there, too.
        if !there.is_some_and(|it| if is_map { it.is_object() } else { it.is_array() }) {
            let empty = if is_map { Value::Object(serde_json::Map::new()) } else { Value::Array(Vec::new()) };
            draft.set(&adding.pointer, Some(empty));
        }
        draft.set(&adding.pointer.child(token), Some(adding.blank(schema.root())));
        name.set(String::new());
    };
    let unnamed = move || (is_map && name.with(String::is_empty)).then(|| "Name the entry first.".to_owned());
    let key_field = is_map.then(|| {
        el("input")
            .class("input")
            .attr("aria-label", &format!("Name of a new entry of {label}"))
            .attr("placeholder", "name")
            .bind(name)
    });
    let undo = {
        let (at, label) = (group.pointer.clone(), label.clone());
        show(
            move || state.with(|it| it.changed),
            move |changed| {
                let at = at.clone();
                let undo = button("Undo").quiet().small().label(&format!("Undo the changes of {label}"));
                changed.then(|| undo.on_press(move || draft.undo(&at)))
            },
        )
    };
    let adder = el("div")
        .class("adder")
        .child(key_field)
        .child(button(format!("Add to {label}")).small().disabled(unnamed).on_press(add))
        .child(undo);
    let none = show(move || count() == 0, |none| none.then(|| el("p").class("soft").child("None.")));
    let legend = el("legend").child(el("span").child(label.as_str()));
    el("fieldset")
        .class("group entries")
        .id(&control_id(&group.pointer))
        .attr("tabindex", "-1")
        .child(legend)
        .child(help(&group))
        .child(wrong(draft, &group.pointer))
        .child(rows)
        .child(none)
        .child(adder)
}

/// One entry of a list or a map.
fn entry(draft: Draft, of: Field, depth: usize) -> El {
    let pointer = of.pointer.clone();
    let remove = button(icon(Glyph::Close))
        .quiet()
        .small()
        .label(&format!("Remove {}", of.label))
        .on_press(move || draft.set(&pointer, None));
    let body = match of.kind {
        Kind::Object => {
            let heading = el("span").child(of.label.as_str());
            let inside = of.clone();
            fold(draft, &of.pointer, heading, false, move || {
                View::list([wrong(draft, &inside.pointer), untrack(|| inner(draft, &inside, depth))])
            })
        }
        _ => field(draft, Field { help: String::new(), facts: Vec::new(), ..of }, depth),
    };
    el("div").class("entry").child(body).child(remove)
}

/// A control with its label, its help, its origin and what is wrong with it.
fn framed(draft: Draft, of: &Field, control: Control) -> El {
    let id = control_id(&of.pointer);
    let label = el("label")
        .attr("for", &id)
        .child(of.label.as_str())
        .child(of.required.then(|| el("span").class("soft").child(" (required)")))
        .child(of.deprecated.then(|| el("span").class("tag warn").child("deprecated")));
    let about = format!("{id}-about");
    let Control { element: control, show } = control;
    let control = control
        .id(&id)
        .maybe("aria-required", of.required.then_some("true"))
        .attr("aria-describedby", &about);
    let notes = el("div").class("notes");
    let place = el("div")
        .class("field")
        .attr("data-field", &of.pointer.to_string())
        .child(label)
        .child(control.clone())
        .child(
            el("div")
                .id(&about)
                .class("about")
                .child(notes.clone())
                .child(help(of))
                .child(el("span").class("visually-hidden origin")),
        );
    let (pointer, name) = (of.pointer.clone(), of.label.clone());
    let surrounding = Owner::current();
    let frame = place.element().class_list();
    // What was said last, and the owner of what says it.
    let said = RefCell::new(None);
    let drawn = RefCell::new(None::<Owner>);
    let draw = move |state: &FieldState| {
        show(state.value.as_ref());
        let FieldState { changed, wrong, advice, .. } = state;
        let now = (*changed, wrong.clone(), advice.clone());
        if *said.borrow() == Some(now.clone()) || (said.borrow().is_none() && now == Default::default()) {
            return;
        }
        said.replace(Some(now));
        let _ = frame.toggle_with_force("changed", *changed);
        match wrong.is_empty() {
            true => drop(control.element().remove_attribute("aria-invalid")),
            false => drop(control.element().set_attribute("aria-invalid", "true")),
        }
        let owner = surrounding.as_ref().map_or_else(Owner::new, Owner::child);
        if let Some(before) = drawn.replace(Some(owner.clone())) {
            before.cleanup();
        }
        notes.element().set_text_content(None);
        owner.with(|| noted(draft, &pointer, &name, state)).mount(notes.element());
    };
    draft.watch(&of.pointer, true, Rc::new(draw));
    place
}

/// What there is to say of a field as it stands.
fn noted(draft: Draft, pointer: &Pointer, label: &str, state: &FieldState) -> View {
    let undo = state.changed.then(|| {
        let pointer = pointer.clone();
        let undo = button("Undo").quiet().small().label(&format!("Undo the change of {label}"));
        undo.on_press(move || draft.undo(&pointer))
    });
    let note = |class: &str, words: &String| el("p").class(class).child(words.as_str());
    View::list::<View>([
        undo.into(),
        View::list(state.wrong.iter().map(|it| note("wrong", it))),
        View::list(state.advice.iter().map(|it| note("advice", it))),
    ])
}

/// Says where the value of the field that is looked at comes from: worked out when somebody looks or listens, not for
/// every field at every keystroke.
pub fn tell_origin(draft: Draft, event: &web_sys::Event) {
    let target = event.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok());
    let Some(place) = target.and_then(|it| it.closest("[data-field]").ok().flatten()) else { return };
    let pointer = place.get_attribute("data-field").and_then(|it| Pointer::parse(&it).ok());
    let (Some(pointer), Some(schema)) = (pointer, draft.schema()) else { return };
    let default = schema.root().at(&pointer).and_then(Node::default);
    let words = origin_words(&draft.origin(&pointer, default));
    if place.get_attribute("title").as_ref() != Some(&words) {
        let _ = place.set_attribute("title", &words);
        if let Ok(Some(said)) = place.query_selector(".origin") {
            said.set_text_content(Some(&words));
        }
    }
}

fn origin_words(origin: &Origin) -> String {
    let words = origin.words();
    match origin {
        Origin::Resource(Some(writer)) => match writer.time {
            Some(time) => format!("{words}, {} ({})", ago::ago(time, clock::now()), clock::absolute(time)),
            None => words,
        },
        _ => words,
    }
}

/// What a field is for, and what is asked of it.
fn help(of: &Field) -> Option<El> {
    let facts = of.facts.join("; ");
    let mut text = of.help.clone();
    if !facts.is_empty() {
        let joint = if text.is_empty() || text.ends_with('.') { "" } else { "." };
        text = format!("{text}{joint} {}.", capital(&facts));
    }
    let text = text.trim().to_owned();
    (!text.is_empty()).then(|| el("p").class("help").child(text))
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// What is wrong with a group as a whole.
fn wrong(draft: Draft, pointer: &Pointer) -> View {
    let state = draft.state(pointer, false);
    show(
        move || state.with(|it| it.wrong.clone()),
        |wrong| View::list(wrong.iter().map(|it| el("p").class("wrong").child(it.as_str()))),
    )
}

/// A line to type into, or lines where the value has several. Empty, the field is not set, and its default shows.
fn input(draft: Draft, of: &Field) -> Control {
    if of.concept == Some(Concept::StorageClass)
        && let Some(classes) = expect_context::<Choices>().storage_classes()
    {
        return storage_class(draft, of, classes);
    }
    let lines = |it: Option<&Value>| it.and_then(Value::as_str).is_some_and(|it| it.contains('\n'));
    // A line takes the ends of lines out of what it is given.
    let several = lines(untrack(|| draft.get(&of.pointer)).as_ref()) || lines(of.default.as_ref());
    let element = match several {
        true => el("textarea").class("input mono").attr("rows", "5"),
        false => el("input").class("input").attr("type", if of.secret { "password" } else { "text" }),
    };
    let element = element
        .attr("autocomplete", "off")
        .attr("spellcheck", "false")
        .maybe("inputmode", matches!(of.kind, Kind::Integer).then_some("numeric"))
        .maybe("list", (of.concept == Some(Concept::TargetVersion)).then_some("known-versions"))
        .maybe("placeholder", of.default.as_ref().map(|it| format!("{} (default)", shown(it))).as_deref());
    let (kind, default) = (of.kind, of.default.clone());
    let pointer = of.pointer.clone();
    let read = Rc::new(move |typed: &str| {
        draft.before.with_untracked(|it| parse(kind, typed, pointer.get(it).or(default.as_ref())))
    });
    let (place, reader) = (element.element().clone(), Rc::clone(&read));
    let show = move |value: Option<&Value>| {
        // What is being typed is left alone where it means the same, such as `1.0`.
        if typed(&place).is_none_or(|it| reader(&it).as_ref() != value) {
            put(&place, &value.map(shown).unwrap_or_default());
        }
    };
    let pointer = of.pointer.clone();
    let element = element.on("input", move |event| draft.set(&pointer, read(&value_of(&event))));
    Control { element, show: Rc::new(show) }
}

/// What is in a control now.
fn typed(control: &web_sys::Element) -> Option<String> {
    crate::browser::object::text(control, "value")
}

/// Puts a text into a control, or chooses it.
fn put(control: &web_sys::Element, text: &str) {
    // A control takes any text.
    let _ = js_sys::Reflect::set(control, &"value".into(), &text.into());
}

/// One of several: value and words of each.
fn select(draft: Draft, of: &Field, options: Vec<(Value, String)>) -> Control {
    let choices: Rc<[Value]> = options.iter().map(|it| it.0.clone()).collect();
    let unset = match &of.default {
        Some(default) => {
            let words =
                options.iter().find(|it| it.0 == *default).map_or_else(|| shown(default), |it| it.1.clone());
            format!("{words} (default)")
        }
        None => "Not set".to_owned(),
    };
    let option = |value: &str, words: &str| el("option").attr("value", value).child(words);
    // A value that is none of them stays visible.
    let stray = option("", "").attr("hidden", "");
    let named = options.iter().map(|(value, words)| option(&choice_key(&choices, value), words));
    let element = el("select").class("input").child(option("", &unset)).children(named).child(stray.clone());
    let (place, known) = (element.element().clone(), Rc::clone(&choices));
    let show = move |value: Option<&Value>| {
        let key = value.map(|it| choice_key(&known, it)).unwrap_or_default();
        let strays = value.is_some_and(|it| !known.contains(it));
        let stray = stray.element();
        let _ = stray.toggle_attribute_with_force("hidden", !strays);
        let _ = stray.set_attribute("value", if strays { &key } else { "" });
        stray.set_text_content(Some(if strays { &key } else { "" }));
        if typed(&place).as_ref() != Some(&key) {
            put(&place, &key);
        }
    };
    let pointer = of.pointer.clone();
    let element = element.on("change", move |event| {
        let chosen = value_of(&event);
        let value = choices.iter().find(|it| choice_key(&choices, it) == chosen).cloned();
        // The stray one is what stands there.
        if value.is_some() || chosen.is_empty() {
            draft.set(&pointer, value);
        }
    });
    Control { element, show: Rc::new(show) }
}

/// The cluster's storage classes.
fn storage_class(draft: Draft, of: &Field, classes: Vec<StorageClass>) -> Control {
    let option = |it: StorageClass| {
        let words = if it.default { format!("{} (the cluster's default)", it.name) } else { it.name.clone() };
        (it.name.into(), words)
    };
    select(draft, of, classes.into_iter().map(option).collect())
}

/// Free-form content, as JSON.
fn free(draft: Draft, of: &Field) -> Control {
    let element = el("textarea").class("input mono").attr("rows", "3").attr("spellcheck", "false");
    let (place, pointer) = (element.element().clone(), of.pointer.clone());
    let show = move |value: Option<&Value>| {
        let kept = typed(&place).is_some_and(|it| match read_json(&it) {
            Ok(read) => read.as_ref() == value,
            Err(NoJson) => draft.is_unread(&pointer),
        });
        if !kept {
            put(
                &place,
                &value.map(|it| serde_json::to_string_pretty(it).unwrap_or_default()).unwrap_or_default(),
            );
        }
    };
    let pointer = of.pointer.clone();
    let element = element.on("input", move |event| match read_json(&value_of(&event)) {
        Ok(value) => {
            draft.set_unread(&pointer, false);
            draft.set(&pointer, value);
        }
        Err(NoJson) => draft.set_unread(&pointer, true),
    });
    Control { element, show: Rc::new(show) }
}

/// A text that is no JSON.
#[derive(PartialEq)]
struct NoJson;

fn read_json(text: &str) -> Result<Option<Value>, NoJson> {
    match text.trim() {
        "" => Ok(None),
        text => serde_json::from_str(text).map(Some).map_err(|_| NoJson),
    }
}
