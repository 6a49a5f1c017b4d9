//! Watches: a list that stays true.
//!
//! The semantics are those of kube-runtime's `watcher`. `machine` decides and does no I/O; `stream` asks it what to do
//! next and does it.

mod backoff;
mod machine;
mod stream;

pub use stream::{watch, watch_table};

use crate::item::Item;
use crate::list::{ListParams, PAGE_SIZE};
use std::time::Duration;

/// One thing that a watch tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Event<T> {
    /// A list begins; objects follow. Told with the list's first page, at the start and whenever the watch had to
    /// start over. What was known before stays valid until [`Event::InitDone`].
    Init,
    /// An object of the list.
    InitApply(Item<T>),
    /// The list is complete. What it did not name is gone.
    InitDone,
    /// An object was made or changed.
    Apply(Item<T>),
    /// An object is gone; this was its last state.
    Delete(Item<T>),
    /// The server is there and everything that happened so far has been told: the data is as of now. Told when the
    /// watch opens, and with every bookmark after that (about once a minute).
    Live,
}

impl<T> Event<T> {
    /// The same event seen through another view of its object.
    pub fn map<U>(self, view: impl FnOnce(T) -> U) -> Event<U> {
        match self {
            Self::Init => Event::Init,
            Self::InitApply(item) => Event::InitApply(item.map(view)),
            Self::InitDone => Event::InitDone,
            Self::Apply(item) => Event::Apply(item.map(view)),
            Self::Delete(item) => Event::Delete(item.map(view)),
            Self::Live => Event::Live,
        }
    }
}

/// What to watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchParams {
    /// A label selector. Empty for all.
    pub labels: String,
    /// A field selector, as in `metadata.name=rootcause`. Empty for all.
    pub fields: String,
    /// How much of each object.
    pub view: View,
    /// Whether objects are read with their `managedFields`.
    pub managed_fields: bool,
    /// How many objects one request of the list asks for.
    pub page_size: u32,
    /// How many the first one asks for.
    pub first_page_size: u32,
    /// How long one watch request lives before it is renewed. One that is silent for 75 s is renewed sooner.
    pub lifetime: Duration,
}

/// How much of each object a watch brings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// Whole objects. Goes over a WebSocket, of which a browser opens plenty.
    #[default]
    Object,
    /// The metadata only. Goes over fetch, of which HTTP/1.1 allows six at a time for one host in all tabs
    /// together: a WebSocket cannot ask for it.
    Metadata,
}

impl Default for WatchParams {
    fn default() -> Self {
        Self {
            labels: String::new(),
            fields: String::new(),
            view: View::default(),
            managed_fields: true,
            page_size: PAGE_SIZE,
            first_page_size: PAGE_SIZE,
            // kube-runtime's value: below the five minutes after which many proxies cut a connection.
            lifetime: Duration::from_secs(290),
        }
    }
}

impl WatchParams {
    /// Only objects with these labels.
    #[must_use]
    pub fn labels(mut self, selector: impl Into<String>) -> Self {
        self.labels = selector.into();
        self
    }

    /// Only objects with these fields.
    #[must_use]
    pub fn fields(mut self, selector: impl Into<String>) -> Self {
        self.fields = selector.into();
        self
    }

    /// Only the object of this name.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        self.fields(format!("metadata.name={name}"))
    }

    /// Metadata only.
    #[must_use]
    pub fn metadata(mut self) -> Self {
        self.view = View::Metadata;
        self
    }

    /// As if objects had no `managedFields`: of most these are half, and nobody asks who wrote what of them.
    #[must_use]
    pub fn without_managed_fields(mut self) -> Self {
        self.managed_fields = false;
        self
    }

    /// A short first page, for whoever shows a list from its first objects on.
    #[must_use]
    pub fn first_page(mut self, size: u32) -> Self {
        self.first_page_size = size;
        self
    }

    pub(crate) fn list(&self, first: bool) -> ListParams {
        ListParams {
            labels: self.labels.clone(),
            fields: self.fields.clone(),
            page_size: if first { self.first_page_size } else { self.page_size },
            at_most: None,
        }
    }
}
