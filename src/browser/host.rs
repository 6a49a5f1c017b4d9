//! Where the app is: the whole page, or an element in a page of somebody else's, whose address, title, keys and colours
//! are not the app's. And whom it tells what happens: the element, or the page that frames this one.

use leptos::{ev, prelude::*};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{CustomEvent, CustomEventInit, Element, Event, HtmlElement, KeyboardEvent, Node, ShadowRoot};

use super::{object, theme::Theme, window};
use crate::reactive::{RwSignal, effect};

/// The name under which messages to and from a framing page go.
const NAME: &str = "rootcause-admin";

/// A handle, cheap to copy; a context of the whole app, under whose owner it is made.
#[derive(Clone, Copy)]
pub struct Host {
    inner: StoredValue<Inner, LocalStorage>,
    /// The app's address: what stands after `#`.
    pub route: RwSignal<String>,
    /// Origins of pages that may frame this one and be told what happens.
    framed_by: StoredValue<Vec<String>>,
}

struct Inner {
    /// What the app is drawn in.
    root: Element,
    /// The element that hears of events, where the app is in somebody else's page.
    element: Option<HtmlElement>,
    /// The folder of the app's own files, with a slash at its end; empty beside the page.
    base: String,
}

impl Host {
    /// The whole page: its address leads, and `root` is drawn in.
    pub fn page(root: Element) -> Self {
        let host = Self::new(Inner { root, element: None, base: String::new() }, hash());
        let listener = window_event_listener(ev::hashchange, move |_| host.route.set(hash()));
        on_cleanup(move || listener.remove());
        host
    }

    /// An element: `root` inside of it is drawn in, and `route` is where it begins.
    pub fn element(root: Element, element: HtmlElement, base: String, route: String) -> Self {
        let host = Self::new(Inner { root: root.clone(), element: Some(element), base }, route);
        // A link to a place of the app would lead the page around it.
        listen(&root, "click", move |event| {
            let link = event.target().and_then(|it| it.dyn_into::<Element>().ok());
            let link = link.and_then(|it| it.closest("a[href^='#/']").ok().flatten());
            if let Some(place) = link.and_then(|it| it.get_attribute("href")) {
                event.prevent_default();
                host.go(&place);
            }
        });
        host
    }

    fn new(inner: Inner, route: String) -> Self {
        Self {
            inner: StoredValue::new_local(inner),
            route: RwSignal::new(route),
            framed_by: StoredValue::new(Vec::new()),
        }
    }

    fn root(self) -> Element {
        self.inner.with_value(|it| it.root.clone())
    }

    /// Whether the page around the app is somebody else's.
    pub fn is_element(self) -> bool {
        self.inner.with_value(|it| it.element.is_some())
    }

    /// The address of one of the app's own files.
    pub fn file(self, name: &str) -> String {
        self.inner.with_value(|it| format!("{}{name}", it.base))
    }

    /// Goes to `route`, with or without the `#` of an address, as a new entry of the tab's history where that is the app's.
    pub fn go(self, route: &str) {
        let route = route.trim_start_matches('#');
        match self.is_element() {
            true => self.route.set(route.to_owned()),
            // The signal follows.
            false => drop(window().location().set_hash(route)),
        }
    }

    /// As [`Self::go`], in place of the current entry: for what the user would not go back through, such as each letter
    /// typed into a filter.
    pub fn replace(self, route: &str) {
        let route = route.trim_start_matches('#');
        if self.is_element() {
            return self.route.set(route.to_owned());
        }
        if let Ok(history) = window().history() {
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&format!("#{route}")));
        }
    }

    /// Sets the title of the tab, where that is the app's.
    pub fn set_title(self, title: &str) {
        if !self.is_element() {
            document().set_title(title);
        }
    }

    /// Draws the app in this theme.
    pub fn apply_theme(self, theme: Theme) {
        let themed = if self.is_element() { Some(self.root()) } else { document().document_element() };
        if let Some(themed) = themed {
            let _ = themed.set_attribute("data-theme", theme.word());
        }
    }

    /// Moves focus to the page's `h1`, as a navigation in a browser would: the next Tab starts at the page's top and a
    /// screen reader says where it is.
    pub fn focus_heading(self) {
        if let Some(heading) = self.root().query_selector("h1").ok().flatten() {
            focus(heading);
        }
    }

    /// Moves focus to the element of this id, where there is one; whether there is.
    pub fn focus_id(self, id: &str) -> bool {
        let found = match shadow(&self.root()) {
            Some(root) => root.get_element_by_id(id),
            None => document().get_element_by_id(id),
        };
        if let Some(found) = found {
            focus(found);
            return true;
        }
        false
    }

    /// Whether an element of this CSS selector is in the app.
    pub fn holds(self, selector: &str) -> bool {
        self.root().query_selector(selector).is_ok_and(|it| it.is_some())
    }

    /// Whether the element of this id has the focus.
    pub fn has_focus(self, id: &str) -> bool {
        active_element(&self.root()).is_some_and(|it| it.id() == id)
    }

    /// Calls `on_press` for Ctrl-K (Cmd-K on a Mac): wherever the focus is, or anywhere in the app's element.
    pub fn on_ctrl_k(self, on_press: impl Fn() + 'static) {
        let pressed = move |event: &KeyboardEvent| {
            if (event.ctrl_key() || event.meta_key()) && event.key().eq_ignore_ascii_case("k") {
                event.prevent_default();
                on_press();
            }
        };
        if self.is_element() {
            return listen(&self.root(), "keydown", move |event| {
                if let Some(event) = event.dyn_ref() {
                    pressed(event);
                }
            });
        }
        let listener = window_event_listener(ev::keydown, move |event| pressed(&event));
        on_cleanup(move || listener.remove());
    }

    /// Lets pages of these origins frame this one: they hear what happens, and say where to go and which theme to draw.
    pub fn allow_frames(self, origins: Vec<String>) {
        if self.is_element() || origins.is_empty() || parent().is_none() {
            return;
        }
        self.framed_by.set_value(origins);
        let listener = window_event_listener(ev::message, move |event| {
            let (from, data) = (event.origin(), event.data());
            let known = self.framed_by.with_value(|it| it.contains(&from));
            let text = |key: &str| object::text(&data, key);
            if !known || !data.is_object() || text("target").as_deref() != Some(NAME) {
                return;
            }
            match (text("type").as_deref(), text("route"), text("theme")) {
                (Some("navigate"), Some(route), _) => self.go(&route),
                (Some("theme"), _, Some(word)) => {
                    self.apply_theme(Theme::named(&word).unwrap_or(Theme::System));
                }
                _ => {}
            }
        });
        on_cleanup(move || listener.remove());
        self.tell("ready", &[]);
    }

    /// Tells whoever embeds the app what happened: an event of the element, or a message to the framing page.
    pub fn tell(self, name: &str, detail: &[(&str, &str)]) {
        if let Some(element) = self.inner.with_value(|it| it.element.clone()) {
            let init = CustomEventInit::new();
            init.set_detail(&object::of(detail));
            init.set_bubbles(true);
            if let Ok(event) = CustomEvent::new_with_event_init_dict(name, &init) {
                let _ = element.dispatch_event(&event);
            }
        }
        let Some(parent) = parent() else { return };
        let told = object::of(&[&[("source", NAME), ("type", name)], detail].concat());
        for origin in self.framed_by.get_value() {
            // The browser delivers it to a page of that origin only.
            let _ = parent.post_message(&told, &origin);
        }
    }

    /// Tells each new value of `detail` but the first.
    pub fn tell_changes<const N: usize>(
        self,
        name: &'static str,
        detail: impl Fn() -> Option<[(&'static str, String); N]> + 'static,
    ) {
        let last = std::cell::RefCell::new(None::<[(&'static str, String); N]>);
        effect(move || {
            let Some(now) = detail() else { return };
            let before = last.replace(Some(now.clone()));
            if before.is_some_and(|before| before != now) {
                self.tell(name, &now.each_ref().map(|(key, value)| (*key, value.as_str())));
            }
        });
    }
}

/// The shadow tree that `node` is in.
fn shadow(node: &Node) -> Option<ShadowRoot> {
    node.get_root_node().dyn_into().ok()
}

/// What has the focus of the tree that `within` is in: of a shadow tree only its root knows.
pub fn active_element(within: &Node) -> Option<Element> {
    match shadow(within) {
        Some(root) => root.active_element(),
        None => document().active_element(),
    }
}

/// The page that frames this one.
fn parent() -> Option<web_sys::Window> {
    let window = window();
    window.parent().ok().flatten().filter(|it| *it != window)
}

fn hash() -> String {
    window().location().hash().unwrap_or_default().trim_start_matches('#').to_owned()
}

fn focus(element: Element) {
    if let Ok(element) = element.dyn_into::<HtmlElement>() {
        // Nothing to do where the browser refuses focus.
        let _ = element.focus();
    }
}

/// Calls `run` on each event of this type inside `root`, for as long as that is there.
fn listen(root: &Element, event: &str, run: impl Fn(Event) + 'static) {
    let run: Box<dyn FnMut(Event)> = Box::new(run);
    // The browser's garbage collector frees it with the element.
    let listener = Closure::wrap(run).into_js_value();
    let _ = root.add_event_listener_with_callback(event, listener.unchecked_ref());
}
