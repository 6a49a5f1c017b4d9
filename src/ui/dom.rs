//! Views: DOM nodes built by plain functions, kept current by Leptos' reactive graph.
//!
//! A view is one type whatever it holds, and what changes goes through three functions that are compiled once:
//! [`part`], [`text`] and [`each`]. With a type for each tree of elements, as Leptos' own renderer has it, half of the
//! bundle was view code, and most of the time to the first rows went into compiling it.
//!
//! What is made inside a view (effects, memos, tasks) belongs to the reactive owner it is made under, and ends with it.

use std::{cell::RefCell, rc::Rc};

use js_sys::Reflect;
use leptos::prelude::*;

use crate::{
    browser::{host::active_element, object},
    reactive::{RwSignal, effect, render_effect},
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Element, Event, HtmlElement, Node};

/// The namespace of SVG elements.
const SVG: &str = "http://www.w3.org/2000/svg";

/// Nodes for a place in the page: one node, or a document fragment of several.
pub struct View(Node);

/// An element that is being built.
#[derive(Clone)]
pub struct El(Element);

/// An HTML element.
pub fn el(tag: &str) -> El {
    // Fails for what is no name of an element; all of ours are literals.
    El(document().create_element(tag).unwrap_or_else(|error| wasm_bindgen::throw_val(error)))
}

/// An SVG element.
pub fn svg(tag: &str) -> El {
    El(document().create_element_ns(Some(SVG), tag).unwrap_or_else(|error| wasm_bindgen::throw_val(error)))
}

impl El {
    pub fn attr(self, name: &str, value: &str) -> Self {
        // Fails for what is no name of an attribute; all of ours are literals.
        let _ = self.0.set_attribute(name, value);
        self
    }

    /// The attribute, if there is a value for it.
    pub fn maybe(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.attr(name, value),
            None => self,
        }
    }

    pub fn class(self, names: &str) -> Self {
        self.attr("class", names)
    }

    pub fn id(self, id: &str) -> Self {
        self.attr("id", id)
    }

    /// An attribute that follows what `value` reads; `None` takes it away.
    pub fn attr_live(self, name: &'static str, value: impl Fn() -> Option<String> + 'static) -> Self {
        self.attr_boxed(name, Box::new(value))
    }

    fn attr_boxed(self, name: &'static str, value: Box<dyn Fn() -> Option<String>>) -> Self {
        let element = self.0.clone();
        render_effect(move || {
            let value = value();
            if element.get_attribute(name) == value {
                return;
            }
            let _ = match value {
                Some(value) => element.set_attribute(name, &value),
                None => element.remove_attribute(name),
            };
        });
        self
    }

    /// A class that is there while `on` says so.
    pub fn class_live(self, name: &'static str, on: impl Fn() -> bool + 'static) -> Self {
        self.class_boxed(name, Box::new(on))
    }

    fn class_boxed(self, name: &'static str, on: Box<dyn Fn() -> bool>) -> Self {
        let classes = self.0.class_list();
        render_effect(move || {
            let _ = classes.toggle_with_force(name, on());
        });
        self
    }

    /// A CSS property of an HTML element.
    pub fn style(self, property: &str, value: &str) -> Self {
        if let Some(element) = self.0.dyn_ref::<HtmlElement>() {
            // Through the object model: a strict content security policy forbids `style` attributes.
            let _ = element.style().set_property(property, value);
        }
        self
    }

    /// A CSS property that follows what `value` reads.
    pub fn style_live(self, property: &'static str, value: impl Fn() -> String + 'static) -> Self {
        let shown = self.clone();
        render_effect(move || drop(shown.clone().style(property, &value())));
        self
    }

    /// A property of the element, such as `checked`, that follows what `value` reads. The user may have changed it
    /// meanwhile, which an attribute would not undo.
    pub fn prop_live<V: Into<JsValue>>(self, name: &'static str, value: impl Fn() -> V + 'static) -> Self {
        self.prop_boxed(name, Box::new(move || value().into()))
    }

    fn prop_boxed(self, name: &'static str, value: Box<dyn Fn() -> JsValue>) -> Self {
        let element = self.0.clone();
        render_effect(move || {
            let value = value();
            // Setting an equal value would move the caret of a field.
            if Reflect::get(&element, &name.into()).as_ref() != Ok(&value) {
                let _ = Reflect::set(&element, &name.into(), &value);
            }
        });
        self
    }

    /// Keeps a field's value and `text` the same, whichever of the two changes.
    pub fn bind(self, text: RwSignal<String>) -> Self {
        self.prop_live("value", move || text.get()).on("input", move |event| text.set(value_of(&event)))
    }

    /// Calls `run` on each `event`, under the owner that the view was made under, for as long as that lives.
    pub fn on(self, event: &str, run: impl Fn(Event) + 'static) -> Self {
        self.listen(event, Rc::new(run))
    }

    fn listen(self, event: &str, run: Rc<dyn Fn(Event)>) -> Self {
        let owner = Owner::current();
        let run: Rc<dyn Fn(Event)> = Rc::new(move |event| match &owner {
            Some(owner) => owner.with(|| untrack(|| run(event))),
            None => run(event),
        });
        // What the browser holds is a key: what `run` holds, such as this very element, would keep the element for good.
        let run = StoredValue::new_local(run);
        let listener: Box<dyn FnMut(Event)> = Box::new(move |event| {
            if let Some(run) = run.try_get_value() {
                run(event);
            }
        });
        // The browser's garbage collector frees it with the element.
        let listener = Closure::wrap(listener).into_js_value();
        let _ = self.0.add_event_listener_with_callback(event, listener.unchecked_ref());
        self
    }

    /// Appends what `child` shows.
    pub fn child(self, child: impl Into<View>) -> Self {
        self.append(child.into())
    }

    fn append(self, child: View) -> Self {
        let _ = self.0.append_child(&child.0);
        self
    }

    pub fn children<V: Into<View>>(mut self, children: impl IntoIterator<Item = V>) -> Self {
        for child in children {
            self = self.append(child.into());
        }
        self
    }

    /// The element itself, for what only the browser can do with it once it is in the page.
    pub fn element(&self) -> &Element {
        &self.0
    }

    /// Opens the element, a `dialog`, as the page's modal dialog as soon as it is in the page.
    pub fn modal(self) -> Self {
        let dialog = self.0.clone();
        effect(move || {
            if let Some(dialog) = dialog.dyn_ref::<web_sys::HtmlDialogElement>().filter(|it| !it.open()) {
                // Only fails for an element that is not in the document.
                let _ = dialog.show_modal();
            }
        });
        self
    }
}

/// The value of the field that `event` came from.
pub fn value_of(event: &Event) -> String {
    event.target().and_then(|it| object::text(&it, "value")).unwrap_or_default()
}

/// Whether the box that `event` came from is ticked.
pub fn is_checked(event: &Event) -> bool {
    let checked = event.target().and_then(|it| Reflect::get(&it, &"checked".into()).ok());
    checked.is_some_and(|it| it.is_truthy())
}

/// The name of the pressed key, as `KeyboardEvent.key` has it.
pub fn key_of(event: &Event) -> String {
    event.dyn_ref::<web_sys::KeyboardEvent>().map(web_sys::KeyboardEvent::key).unwrap_or_default()
}

impl View {
    /// Several views, one after the other.
    pub fn list<V: Into<View>>(views: impl IntoIterator<Item = V>) -> Self {
        let fragment = Self::from(());
        for view in views {
            let view: View = view.into();
            let _ = fragment.0.append_child(&view.0);
        }
        fragment
    }

    /// Puts the view at the end of `parent`.
    pub fn mount(self, parent: &Element) {
        let _ = parent.append_child(&self.0);
    }
}

impl From<()> for View {
    /// Nothing.
    fn from((): ()) -> Self {
        Self(document().create_document_fragment().into())
    }
}

impl From<El> for View {
    fn from(El(element): El) -> Self {
        Self(element.into())
    }
}

impl From<&str> for View {
    fn from(text: &str) -> Self {
        Self(document().create_text_node(text).into())
    }
}

impl From<String> for View {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl<V: Into<View>> From<Option<V>> for View {
    fn from(view: Option<V>) -> Self {
        view.map_or_else(|| Self::from(()), Into::into)
    }
}

impl<V: Into<View>> From<Vec<V>> for View {
    fn from(views: Vec<V>) -> Self {
        Self::list(views)
    }
}

/// A text that follows what `words` reads.
pub fn text(words: impl Fn() -> String + 'static) -> View {
    live_text(Box::new(words))
}

fn live_text(words: Box<dyn Fn() -> String>) -> View {
    let node = document().create_text_node("");
    let shown = node.clone();
    render_effect(move || {
        let words = words();
        if shown.data() != words {
            shown.set_data(&words);
        }
    });
    View(node.into())
}

/// A part of a view that is drawn anew whenever what `view` reads changes. See [`show`] for what changes less often than
/// what it is read from.
pub fn part<V: Into<View>>(view: impl Fn() -> V + 'static) -> View {
    changing(None, Box::new(move || view().into()))
}

/// A part of a view that shows `value` and is drawn anew when that has become another one.
pub fn show<T, V>(value: impl Fn() -> T + 'static, view: impl Fn(&T) -> V + 'static) -> View
where
    T: PartialEq + 'static,
    V: Into<View>,
{
    let shown = Rc::new(RefCell::new(None::<T>));
    let next = Rc::clone(&shown);
    let differs = move || {
        let value = Some(value());
        let differs = *next.borrow() != value;
        *next.borrow_mut() = value;
        differs
    };
    let view = move || shown.borrow().as_ref().map(|it| untrack(|| view(it).into()));
    changing(Some(Box::new(differs)), Box::new(move || view().into()))
}

/// Draws `view` anew each time that `differs` says so (always without it), under an owner of the drawing's own. The focus
/// stays at the same place of the part, by count.
fn changing(differs: Option<Box<dyn Fn() -> bool>>, view: Box<dyn Fn() -> View>) -> View {
    let whole = View::from(());
    let (View(start), View(end)) = (View::from(""), View::from(""));
    let _ = whole.0.append_child(&start);
    let _ = whole.0.append_child(&end);
    let surrounding = Owner::current();
    let drawn = StoredValue::new_local(None::<Owner>);
    render_effect(move || {
        if differs.as_ref().is_some_and(|it| !it()) {
            return;
        }
        if let Some(before) = drawn.get_value() {
            before.cleanup();
        }
        let owner = surrounding.as_ref().map_or_else(Owner::new, Owner::child);
        let View(next) = owner.with(&view);
        drawn.set_value(Some(owner));
        let Some(parent) = end.parent_node() else { return };
        let focused = focus_between(&start, &end);
        while let Some(old) = start.next_sibling().filter(|it| *it != end) {
            let _ = parent.remove_child(&old);
        }
        let _ = parent.insert_before(&next, Some(&end));
        if let Some(index) = focused
            && let Some(again) = focusable_between(&start, &end).get(index)
        {
            let _ = again.focus();
        }
    });
    whole
}

/// What can have the focus.
const FOCUSABLE: &str = "a[href],button,input,select,textarea,summary,[tabindex]";

fn focusable_between(start: &Node, end: &Node) -> Vec<HtmlElement> {
    let mut found = Vec::new();
    let mut next = start.next_sibling();
    while let Some(node) = next.filter(|it| it != end) {
        next = node.next_sibling();
        let Ok(element) = node.dyn_into::<Element>() else { continue };
        if element.matches(FOCUSABLE).unwrap_or_default() {
            found.extend(element.clone().dyn_into::<HtmlElement>().ok());
        }
        if let Ok(inside) = element.query_selector_all(FOCUSABLE) {
            found.extend((0..inside.length()).filter_map(|it| inside.item(it)?.dyn_into().ok()));
        }
    }
    found
}

/// Which of what can have the focus has it.
fn focus_between(start: &Node, end: &Node) -> Option<usize> {
    let active = active_element(start)?;
    // The page itself has it most of the time.
    if active.tag_name() == "BODY" {
        return None;
    }
    focusable_between(start, end).iter().position(|it| ***it == *active)
}

/// One row for each item, kept while its key is there and moved where the order changes. Whatever else of an item
/// changes, the row has to follow by itself.
pub fn each<T: 'static>(
    items: impl Fn() -> Vec<T> + 'static,
    key: impl Fn(&T) -> String + 'static,
    row: impl Fn(T) -> El + 'static,
) -> View {
    let row = Rc::new(row);
    rows(Box::new(move || {
        let keyed = |item: T| -> Keyed {
            let row = Rc::clone(&row);
            (key(&item), Box::new(move || row(item)))
        };
        items().into_iter().map(keyed).collect()
    }))
}

/// A row's key, and what makes it where it is not there yet.
type Keyed = (String, Box<dyn FnOnce() -> El>);

fn rows(list: Box<dyn Fn() -> Vec<Keyed>>) -> View {
    struct Row {
        key: String,
        owner: Owner,
        node: Element,
    }
    let whole = View::from(());
    let end = View::from("").0;
    let _ = whole.0.append_child(&end);
    let surrounding = Owner::current();
    let shown = StoredValue::new_local(Vec::<Row>::new());
    render_effect(move || {
        let items = list();
        let Some(parent) = end.parent_node() else { return };
        let mut before = shown.try_update_value(std::mem::take).unwrap_or_default();
        let mut now = Vec::with_capacity(items.len());
        for (key, make) in items {
            // Rows mostly stay where they are: the first that is left is the one.
            let row = match before.iter().position(|it| it.key == key) {
                Some(at) => before.remove(at),
                None => {
                    let owner = surrounding.as_ref().map_or_else(Owner::new, Owner::child);
                    let El(node) = owner.with(|| untrack(make));
                    Row { key, owner, node }
                }
            };
            now.push(row);
        }
        for gone in before {
            gone.node.remove();
            gone.owner.cleanup();
        }
        // From the end, so that only rows out of their place are moved: moving one takes its focus.
        let mut follower = end.clone();
        for row in now.iter().rev() {
            if row.node.next_sibling().as_ref() != Some(&follower) {
                let _ = parent.insert_before(&row.node, Some(&follower));
            }
            follower = row.node.clone().into();
        }
        shown.set_value(now);
    });
    whole
}
