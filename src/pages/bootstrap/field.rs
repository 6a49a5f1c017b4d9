//! One field of the form, drawn from its schema: a control, what it is for, where its value comes from, what is wrong.

use leptos::prelude::*;
use rootcause_domain::{
    ago,
    contract::Concept,
    form::{Field, Origin, parse, shown},
    pointer::Pointer,
    schema::{Kind, Node},
};
use serde_json::Value;
use wasm_bindgen::JsCast;

use super::{
    choices::Choices,
    draft::{Draft, State},
};
use crate::{
    browser::clock,
    reactive::{RwSignal, effect},
    ui::{El, Glyph, View, button, each, el, icon, show, value_of},
};

/// Groups this deep and deeper are folded until they are looked at.
const FOLDED: usize = 3;

/// Fields that a group may have and still stand open at any depth.
const FEW: usize = 6;

/// Fields that are drawn at once; more of them follow, as many in each frame, so that a form of thousands opens soon.
const AT_ONCE: usize = 100;

/// Fields one after the other, each drawn by `draw`.
pub fn fields(list: Vec<Field>, draw: impl Fn(Field) -> El + 'static) -> View {
    let total = list.len();
    if total <= AT_ONCE {
        return View::list(list.into_iter().map(draw));
    }
    let drawn = RwSignal::new(AT_ONCE);
    draw_more(drawn, AT_ONCE, total);
    each(move || (0..drawn.get()).collect(), usize::to_string, move |index| draw(list[index].clone()))
}

fn draw_more(drawn: RwSignal<usize>, so_far: usize, total: usize) {
    if so_far < total {
        request_animation_frame(move || {
            let now = total.min(so_far + AT_ONCE);
            drawn.set(now);
            draw_more(drawn, now, total);
        });
    }
}

/// The id of a field's control.
pub fn control_id(pointer: &Pointer) -> String {
    format!("field{pointer}")
}

/// A field, `depth` groups within its section.
pub fn field(draft: Draft, field: Field, depth: usize) -> El {
    match field.kind {
        Kind::Object => object(draft, field, depth),
        Kind::Map | Kind::List(_) => entries(draft, field, depth),
        kind => {
            let state = draft.watch(&field.pointer, true);
            let control = match kind {
                Kind::Any => free(draft, &field, state),
                Kind::Choice => {
                    let options = field.choices.iter().map(|it| (shown(it), shown(it))).collect();
                    select(draft, &field, state, options)
                }
                Kind::Boolean => select(draft, &field, state, vec![yes(), no()]),
                _ => input(draft, &field, state),
            };
            framed(draft, &field, state, control)
        }
    }
}

fn yes() -> (String, String) {
    ("true".to_owned(), "Yes".to_owned())
}

fn no() -> (String, String) {
    ("false".to_owned(), "No".to_owned())
}

/// The controls of the fields within a group, drawn from what the draft holds now.
fn inner(draft: Draft, group: &Field, depth: usize) -> View {
    let Some(schema) = draft.schema() else { return ().into() };
    fields(group.children(schema.root(), &draft.value()), move |it| field(draft, it, depth + 1))
}

fn object(draft: Draft, group: Field, depth: usize) -> El {
    let Some(schema) = draft.schema() else { return el("div") };
    let children = untrack(|| group.children(schema.root(), &draft.value()));
    let plain = children.len() <= FEW && !children.iter().any(Field::is_group);
    let open = depth < FOLDED || plain;
    let heading = el("span").attr("title", &group.help).child(group.label.as_str());
    if depth < FOLDED || plain {
        let fields = fields(children, move |it| field(draft, it, depth + 1));
        let help = (depth < 2).then(|| help(&group)).flatten();
        return el("fieldset")
            .class("group")
            .id(&control_id(&group.pointer))
            .attr("tabindex", "-1")
            .child(el("legend").child(heading))
            .child(help)
            .child(wrong(draft, &group.pointer))
            .child(el("div").class("fields").child(fields));
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
    let toggled = move |event: web_sys::Event| {
        let target = event.target().and_then(|it| js_sys::Reflect::get(&it, &"open".into()).ok());
        opened.set(target.is_some_and(|it| it.is_truthy()));
    };
    el("details")
        .class("group")
        .prop_live("open", move || opened.get())
        .on("toggle", toggled)
        .child(el("summary").child(summary))
        .child(show(
            move || opened.get(),
            move |open| open.then(|| el("div").class("fields").child(inside())),
        ))
}

/// A list or a map: its entries, each of which can be taken out, and a way to add one.
fn entries(draft: Draft, group: Field, depth: usize) -> El {
    let state = draft.watch(&group.pointer, true);
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
        if draft.get(&adding.pointer).is_none() {
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
    let adder = el("div")
        .class("adder")
        .child(key_field)
        .child(button(format!("Add to {label}")).small().disabled(unnamed).on_press(add));
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
    let body = match of.is_group() {
        true => {
            let heading = el("span").child(of.label.as_str());
            let inside = of.clone();
            fold(draft, &of.pointer, heading, false, move || untrack(|| inner(draft, &inside, depth)))
        }
        false => field(draft, Field { help: String::new(), facts: Vec::new(), ..of }, depth),
    };
    el("div").class("entry").child(body).child(remove)
}

/// A control with its label, its help, its origin and what is wrong with it.
fn framed(draft: Draft, of: &Field, state: State, control: El) -> El {
    let id = control_id(&of.pointer);
    let (pointer, label) = (of.pointer.clone(), of.label.clone());
    let notes = show(
        move || state.with(|it| (it.changed, it.wrong.clone(), it.advice.clone())),
        move |(changed, wrong, advice)| {
            let pointer = pointer.clone();
            let undo = changed.then(|| {
                let undo = button("Undo").quiet().small().label(&format!("Undo the change of {label}"));
                undo.on_press(move || draft.undo(&pointer))
            });
            let note = |class: &str, words: &String| el("p").class(class).child(words.as_str());
            View::list::<View>([
                undo.into(),
                View::list(wrong.iter().map(|it| note("wrong", it))),
                View::list(advice.iter().map(|it| note("advice", it))),
            ])
        },
    );
    let label = el("label")
        .attr("for", &id)
        .child(of.label.as_str())
        .child(of.required.then(|| el("span").class("soft").child(" (required)")))
        .child(of.deprecated.then(|| el("span").class("tag warn").child("deprecated")));
    let control = control
        .id(&id)
        .maybe("aria-required", of.required.then_some("true"))
        .attr("aria-describedby", &format!("{id}-about"))
        .attr_live("aria-invalid", move || state.with(|it| !it.wrong.is_empty()).then(|| "true".to_owned()));
    let about = el("div")
        .id(&format!("{id}-about"))
        .class("about")
        .child(notes)
        .child(help(of))
        .child(el("span").class("visually-hidden origin"));
    el("div")
        .class("field")
        .attr("data-field", &of.pointer.to_string())
        .child(label)
        .child(control)
        .child(about)
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
    let state = draft.watch(pointer, false);
    show(
        move || state.with(|it| it.wrong.clone()),
        |wrong| View::list(wrong.iter().map(|it| el("p").class("wrong").child(it.as_str()))),
    )
}

/// A line to type into. Empty, the field is not set, and its default shows.
fn input(draft: Draft, of: &Field, state: State) -> El {
    if of.concept == Some(Concept::StorageClass) {
        return storage_class(draft, of, state);
    }
    let input = el("input")
        .class("input")
        .attr("type", "text")
        .attr("autocomplete", "off")
        .attr("spellcheck", "false")
        .maybe("inputmode", matches!(of.kind, Kind::Integer).then_some("numeric"))
        .maybe("placeholder", of.default.as_ref().map(|it| format!("{} (default)", shown(it))).as_deref());
    let input = match of.concept {
        Some(Concept::TargetVersion) => input.attr("list", "known-versions"),
        _ => input,
    };
    bound(draft, of, state, input)
}

/// Keeps a control and the draft the same.
fn bound(draft: Draft, of: &Field, state: State, control: El) -> El {
    let (kind, default) = (of.kind, of.default.clone());
    let read = move |typed: &str, pointer: &Pointer| {
        let was = draft.before.with_untracked(|it| pointer.get(it).cloned());
        parse(kind, typed, was.as_ref().or(default.as_ref()))
    };
    let element = control.element().clone();
    let pointer = of.pointer.clone();
    let reader = read.clone();
    let value = move || {
        let value = state.with(|it| it.value.clone());
        // What is being typed is left alone where it means the same, such as `1.0`.
        let typed = js_sys::Reflect::get(&element, &"value".into()).ok().and_then(|it| it.as_string());
        match typed {
            Some(typed) if reader(&typed, &pointer) == value => typed,
            _ => value.as_ref().map(shown).unwrap_or_default(),
        }
    };
    let pointer = of.pointer.clone();
    control.prop_live("value", value).on("input", move |event| {
        draft.set(&pointer, read(&value_of(&event), &pointer));
    })
}

/// One of several: value and words of each.
fn select(draft: Draft, of: &Field, state: State, options: Vec<(String, String)>) -> El {
    let unset = match &of.default {
        Some(default) => {
            let value = shown(default);
            let words = options.iter().find(|it| it.0 == value).map_or(value.clone(), |it| it.1.clone());
            format!("{words} (default)")
        }
        None => "Not set".to_owned(),
    };
    let value = move || state.with(|it| it.value.as_ref().map(shown));
    // A value that is none of them stays visible.
    let stray = {
        let known: Vec<String> = options.iter().map(|it| it.0.clone()).collect();
        move || value().filter(|it| !known.contains(it))
    };
    let option = |value: &str, words: &str| el("option").attr("value", value).child(words);
    let control = el("select")
        .class("input")
        .child(option("", &unset))
        .children(options.iter().map(|(value, words)| option(value, words)))
        .child(show(stray, move |stray| stray.as_ref().map(|it| option(it, it))));
    let choices = of.choices.clone();
    let boolean = of.kind == Kind::Boolean;
    let pointer = of.pointer.clone();
    control.prop_live("value", move || value().unwrap_or_default()).on("change", move |event| {
        let chosen = value_of(&event);
        let value = match boolean {
            true => parse(Kind::Boolean, &chosen, None),
            false if chosen.is_empty() => None,
            false => {
                Some(choices.iter().find(|it| shown(it) == chosen).cloned().unwrap_or_else(|| chosen.into()))
            }
        };
        draft.set(&pointer, value);
    })
}

/// The cluster's storage classes, where they may be listed; else a line to type into.
fn storage_class(draft: Draft, of: &Field, state: State) -> El {
    let of = of.clone();
    let choices = expect_context::<Choices>();
    match choices.storage_classes() {
        Some(classes) => {
            let options = classes.into_iter().map(|it| {
                let words =
                    if it.default { format!("{} (the cluster's default)", it.name) } else { it.name.clone() };
                (it.name, words)
            });
            let kind = Kind::Choice;
            select(draft, &Field { kind, ..of.clone() }, state, options.collect())
        }
        None => bound(
            draft,
            &of,
            state,
            el("input").class("input").attr("type", "text").attr("autocomplete", "off"),
        ),
    }
}

/// Free-form content, as JSON.
fn free(draft: Draft, of: &Field, state: State) -> El {
    let pointer = of.pointer.clone();
    let control = el("textarea").class("input mono").attr("rows", "3").attr("spellcheck", "false");
    let element = control.element().clone();
    let value = move || {
        let value = state.with(|it| it.value.clone());
        let typed = js_sys::Reflect::get(&element, &"value".into()).ok().and_then(|it| it.as_string());
        match typed {
            Some(typed)
                if read_json(&typed) == Ok(value.clone())
                    || read_json(&typed).is_err() && draft.is_unread(&pointer) =>
            {
                typed
            }
            _ => value.map(|it| serde_json::to_string_pretty(&it).unwrap_or_default()).unwrap_or_default(),
        }
    };
    let pointer = of.pointer.clone();
    control.prop_live("value", value).on("input", move |event| match read_json(&value_of(&event)) {
        Ok(value) => {
            draft.set_unread(&pointer, false);
            draft.set(&pointer, value);
        }
        Err(NoJson) => draft.set_unread(&pointer, true),
    })
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
