//! One field of the form, drawn from its schema: a control, what it is for, where its value comes from, what is wrong.

use leptos::prelude::*;
use rootcause_domain::{
    ago,
    contract::Concept,
    form::{Field, Origin, parse, shown},
    pointer::Pointer,
    schema::Kind,
};
use serde_json::Value;

use super::{choices::Choices, draft::Draft};
use crate::{
    browser::{clock, document},
    reactive::{Memo, RwSignal, effect},
    ui::{El, Glyph, View, button, el, icon, show, text, value_of},
};

/// Groups this deep and deeper are folded until they are looked at.
const FOLDED: usize = 3;

/// Fields that a group may have and still stand open at any depth.
const FEW: usize = 6;

/// The id of a field's control.
pub fn control_id(pointer: &Pointer) -> String {
    format!("field{pointer}")
}

/// A field, `depth` groups within its section.
pub fn field(draft: Draft, field: Field, depth: usize) -> El {
    match field.kind {
        Kind::Object => object(draft, field, depth),
        Kind::Map | Kind::List(_) => entries(draft, field, depth),
        Kind::Any => framed(draft, &field, free(draft, &field)),
        Kind::Choice => {
            let options = field.choices.iter().map(|it| (shown(it), shown(it))).collect();
            framed(draft, &field, select(draft, &field, options))
        }
        Kind::Boolean => framed(draft, &field, select(draft, &field, vec![yes(), no()])),
        Kind::Text | Kind::Integer | Kind::Number | Kind::IntOrString => {
            framed(draft, &field, input(draft, &field))
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
    let fields = group.children(schema.root(), &draft.value().clone());
    View::list(fields.into_iter().map(|it| field(draft, it, depth + 1)))
}

fn object(draft: Draft, group: Field, depth: usize) -> El {
    let Some(schema) = draft.schema() else { return el("div") };
    let children = untrack(|| group.children(schema.root(), &draft.value()));
    let plain = children.len() <= FEW && !children.iter().any(Field::is_group);
    let open = depth < FOLDED || plain;
    let heading = el("span").attr("title", &group.help).child(group.label.as_str());
    let wrong = wrong(draft, &group.pointer);
    if depth < FOLDED || plain {
        let fields = View::list(children.into_iter().map(|it| field(draft, it, depth + 1)));
        let help = (depth < 2).then(|| help(&group)).flatten();
        let fieldset = el("fieldset")
            .class("group")
            .attr("tabindex", "-1")
            .child(el("legend").child(heading))
            .child(help)
            .child(wrong)
            .child(el("div").class("fields").child(fields));
        focus_when_revealed(draft, &group.pointer, &fieldset);
        return fieldset;
    }
    let group_inside = group.clone();
    fold(draft, &group.pointer, heading, open, move || {
        View::list([wrong_again(draft, &group_inside), untrack(|| inner(draft, &group_inside, depth))])
    })
}

fn wrong_again(draft: Draft, group: &Field) -> View {
    wrong(draft, &group.pointer)
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
    let at = group.pointer.clone();
    let is_map = group.kind == Kind::Map;
    // What tells entries apart; while only their content changes they stay as they are drawn.
    let keys = move || match draft.get(&at) {
        Some(Value::Object(map)) if is_map => map.keys().cloned().collect::<Vec<_>>(),
        Some(Value::Array(items)) => (0..items.len()).map(|it| it.to_string()).collect(),
        _ => Vec::new(),
    };
    let count = {
        let keys = keys.clone();
        move || keys().len()
    };
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
    let fieldset = el("fieldset")
        .class("group entries")
        .id(&control_id(&group.pointer))
        .attr("tabindex", "-1")
        .child(legend)
        .child(help(&group))
        .child(wrong(draft, &group.pointer))
        .child(rows)
        .child(none)
        .child(adder);
    focus_when_revealed(draft, &group.pointer, &fieldset);
    fieldset
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
fn framed(draft: Draft, of: &Field, control: El) -> El {
    let id = control_id(&of.pointer);
    let pointer = of.pointer.clone();
    let state = Memo::new(move || draft.state(&pointer));
    let origin = RwSignal::new(String::new());
    let tell = {
        let (pointer, default) = (of.pointer.clone(), of.default.clone());
        move |_| {
            let words = origin_words(&draft.origin(&pointer, default.as_ref()));
            if origin.with_untracked(|it| *it != words) {
                origin.set(words);
            }
        }
    };
    // Where a value comes from is worked out when somebody looks or listens, not for every field at every keystroke.
    let told = tell.clone();
    let wrong = show(
        move || state.with(|it| it.wrong.clone()),
        |wrong| View::list(wrong.iter().map(|it| el("p").class("wrong").child(it.as_str()))),
    );
    let advice = show(
        move || state.with(|it| it.advice.clone()),
        |advice| View::list(advice.iter().map(|it| el("p").class("advice").child(it.as_str()))),
    );
    let pointer = of.pointer.clone();
    let undo = show(move || state.with(|it| it.changed), {
        let label = of.label.clone();
        move |changed: &bool| {
            changed.then(|| {
                let pointer = pointer.clone();
                button("Undo").quiet().small().label(&format!("Undo the change of {label}")).on_press(
                    move || {
                        draft.undo(&pointer);
                    },
                )
            })
        }
    });
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
        .child(wrong)
        .child(advice)
        .child(help(of))
        .child(el("span").class("visually-hidden").child(text(move || origin.get())));
    focus_when_revealed(draft, &of.pointer, &control);
    el("div")
        .class("field")
        .class_live("changed", move || state.with(|it| it.changed))
        .attr_live("title", move || Some(origin.get()).filter(|it| !it.is_empty()))
        .on("mouseenter", tell)
        .on("focusin", told)
        .child(el("div").class("label").child(label).child(undo))
        .child(control)
        .child(about)
}

/// Gives `place` the focus when the field is to be shown.
fn focus_when_revealed(draft: Draft, pointer: &Pointer, place: &El) {
    let (pointer, place) = (pointer.clone(), place.element().clone());
    effect(move || {
        if draft.is_revealed(&pointer) {
            document::focus(&place);
        }
    });
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
    let pointer = pointer.clone();
    let wrong = Memo::new(move || draft.state(&pointer).wrong);
    show(
        move || wrong.get(),
        |wrong| View::list(wrong.iter().map(|it| el("p").class("wrong").child(it.as_str()))),
    )
}

/// A line to type into. Empty, the field is not set, and its default shows.
fn input(draft: Draft, of: &Field) -> El {
    if of.concept == Some(Concept::StorageClass) {
        return storage_class(draft, of);
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
    bound(draft, of, input)
}

/// Keeps a control and the draft the same.
fn bound(draft: Draft, of: &Field, control: El) -> El {
    let (kind, default) = (of.kind, of.default.clone());
    let read = move |typed: &str, pointer: &Pointer| {
        let was = draft.before.with_untracked(|it| pointer.get(it).cloned());
        parse(kind, typed, was.as_ref().or(default.as_ref()))
    };
    let element = control.element().clone();
    let pointer = of.pointer.clone();
    let reader = read.clone();
    let value = move || {
        let value = draft.get(&pointer);
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
fn select(draft: Draft, of: &Field, options: Vec<(String, String)>) -> El {
    let unset = match &of.default {
        Some(default) => {
            let value = shown(default);
            let words = options.iter().find(|it| it.0 == value).map_or(value.clone(), |it| it.1.clone());
            format!("{words} (default)")
        }
        None => "Not set".to_owned(),
    };
    let pointer = of.pointer.clone();
    // A value that is none of them stays visible.
    let stray = {
        let known: Vec<String> = options.iter().map(|it| it.0.clone()).collect();
        move || draft.get(&pointer).map(|it| shown(&it)).filter(|it| !known.contains(it))
    };
    let option = |value: &str, words: &str| el("option").attr("value", value).child(words);
    let control = el("select")
        .class("input")
        .child(option("", &unset))
        .children(options.iter().map(|(value, words)| option(value, words)))
        .child(show(stray, move |stray| stray.as_ref().map(|it| option(it, it))));
    let pointer = of.pointer.clone();
    let choices = of.choices.clone();
    let boolean = of.kind == Kind::Boolean;
    let value = move || draft.get(&pointer).as_ref().map(shown).unwrap_or_default();
    let pointer = of.pointer.clone();
    control.prop_live("value", value).on("change", move |event| {
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
fn storage_class(draft: Draft, of: &Field) -> El {
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
            select(draft, &Field { kind, ..of.clone() }, options.collect())
        }
        None => {
            bound(draft, &of, el("input").class("input").attr("type", "text").attr("autocomplete", "off"))
        }
    }
}

/// Free-form content, as JSON.
fn free(draft: Draft, of: &Field) -> El {
    let pointer = of.pointer.clone();
    let control = el("textarea").class("input mono").attr("rows", "3").attr("spellcheck", "false");
    let element = control.element().clone();
    let value = move || {
        let value = draft.get(&pointer);
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
