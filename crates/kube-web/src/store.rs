//! What a watch has told so far.

use crate::item::{Item, Key, Meta};
use crate::watch::Event;

/// The objects of a watch, by namespace and name, in that order.
///
/// A sorted vector: a list comes in this order, or nearly, and a map's code would cost more than moving a few objects.
///
/// While a list is read again the old objects stay; they are swapped for the new ones at once when it is complete.
#[derive(Clone, Debug)]
pub struct Store<T> {
    objects: Vec<Item<T>>,
    buffer: Option<Vec<Item<T>>>,
    complete: bool,
}

impl<T> Default for Store<T> {
    fn default() -> Self {
        Self { objects: Vec::new(), buffer: None, complete: false }
    }
}

impl<T> Store<T> {
    /// An empty store that has heard nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an event in; tells which objects appeared, changed or went.
    pub fn apply(&mut self, event: Event<T>) -> Vec<Key> {
        match event {
            Event::Init => {
                self.buffer = Some(Vec::new());
                Vec::new()
            }
            Event::InitApply(item) => {
                if let Some(buffer) = self.buffer.as_mut().filter(|_| !item.meta.name.is_empty()) {
                    insert(buffer, item);
                }
                Vec::new()
            }
            Event::InitDone => self.swap(),
            Event::Apply(item) => self.put(item),
            Event::Delete(item) => {
                let Ok(at) = place(&self.objects, &item.meta.namespace, &item.meta.name) else {
                    return Vec::new();
                };
                self.objects.remove(at);
                vec![item.meta.key()]
            }
            Event::Live => Vec::new(),
        }
    }

    /// Puts in one object, such as the answer to a write, unless a newer state of it is known. Tells whether it
    /// was put in by returning its key.
    pub fn put(&mut self, item: Item<T>) -> Vec<Key> {
        let key = item.meta.key();
        let stale = self.get(&key).is_some_and(|known| older(&item.meta, &known.meta));
        // Without a name there is no place for it: an event so malformed that it is nobody's.
        if stale || key.name.is_empty() {
            return Vec::new();
        }
        insert(&mut self.objects, item);
        vec![key]
    }

    /// Whether a list has been read to its end: before that, "not there" means "not known".
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// One object.
    pub fn get(&self, key: &Key) -> Option<&Item<T>> {
        find(&self.objects, &key.namespace, &key.name)
    }

    /// All objects, by namespace, then by name.
    pub fn iter(&self) -> impl Iterator<Item = &Item<T>> {
        self.objects.iter()
    }

    /// The objects of the list that is being read, as far as they came and could be read.
    pub fn arriving(&self) -> impl Iterator<Item = (&Meta, &T)> {
        let arrived = self.buffer.iter().flatten();
        arrived.filter_map(|item| Some((&item.meta, item.object.as_ref().ok()?)))
    }

    /// All objects that could be read.
    pub fn readable(&self) -> impl Iterator<Item = (&Meta, &T)> {
        self.objects.iter().filter_map(|item| Some((&item.meta, item.object.as_ref().ok()?)))
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    fn swap(&mut self) -> Vec<Key> {
        let Some(new) = self.buffer.take() else { return Vec::new() };
        self.complete = true;
        let old = std::mem::replace(&mut self.objects, new);
        let differs = |item: &&Item<T>| {
            // A row of a table may come without a version: then nobody can say that it is the same.
            find(&old, &item.meta.namespace, &item.meta.name)
                .is_none_or(|known| known.meta != item.meta || item.meta.resource_version.is_empty())
        };
        let gone = |item: &&Item<T>| find(&self.objects, &item.meta.namespace, &item.meta.name).is_none();
        let changed = self.objects.iter().filter(differs).chain(old.iter().filter(gone));
        changed.map(|item| item.meta.key()).collect()
    }
}

/// Where an object is, or where it belongs.
fn place<T>(objects: &[Item<T>], namespace: &str, name: &str) -> Result<usize, usize> {
    objects.binary_search_by(|item| {
        item.meta.namespace.as_str().cmp(namespace).then_with(|| item.meta.name.as_str().cmp(name))
    })
}

fn find<'a, T>(objects: &'a [Item<T>], namespace: &str, name: &str) -> Option<&'a Item<T>> {
    place(objects, namespace, name).ok().and_then(|at| objects.get(at))
}

/// Puts an object in its place, over an earlier state of it.
fn insert<T>(objects: &mut Vec<Item<T>>, item: Item<T>) {
    match place(objects, &item.meta.namespace, &item.meta.name) {
        Ok(at) => objects[at] = item,
        Err(at) => objects.insert(at, item),
    }
}

/// Whether `new` is an earlier state of the same object than `known`. Resource versions of one resource type are
/// comparable as numbers (Kubernetes 1.35, KEP-5504); where they are not numbers, the last word counts.
fn older(new: &Meta, known: &Meta) -> bool {
    let number = |meta: &Meta| meta.resource_version.parse::<u128>().ok();
    new.uid == known.uid && number(new).zip(number(known)).is_some_and(|(new, known)| new < known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(name: &str, version: &str) -> Item<&'static str> {
        let meta =
            Meta { name: name.into(), uid: name.into(), resource_version: version.into(), ..Meta::default() };
        Item { meta, object: Ok("") }
    }

    fn names(keys: &[Key]) -> Vec<&str> {
        keys.iter().map(|key| key.name.as_str()).collect()
    }

    fn filled() -> Store<&'static str> {
        let mut store = Store::new();
        store.apply(Event::Init);
        for name in ["b", "a", "c"] {
            store.apply(Event::InitApply(item(name, "1")));
        }
        assert!(store.is_empty() && !store.is_complete());
        assert_eq!(store.arriving().map(|(meta, _)| meta.name.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(names(&store.apply(Event::InitDone)), ["a", "b", "c"]);
        assert_eq!(store.arriving().count(), 0);
        store
    }

    #[test]
    fn a_relist_is_swapped_in_at_once_and_tells_what_changed() {
        let mut store = filled();
        store.apply(Event::Init);
        store.apply(Event::InitApply(item("a", "1")));
        store.apply(Event::InitApply(item("b", "2")));
        store.apply(Event::InitApply(item("d", "3")));
        assert_eq!(store.len(), 3, "the old objects stay until the list is complete");
        assert_eq!(names(&store.apply(Event::InitDone)), ["b", "d", "c"]);
        assert_eq!(store.iter().map(|item| item.meta.name.as_str()).collect::<Vec<_>>(), ["a", "b", "d"]);
    }

    #[test]
    fn a_relist_that_starts_over_forgets_what_it_had() {
        let mut store = filled();
        store.apply(Event::Init);
        store.apply(Event::InitApply(item("x", "1")));
        store.apply(Event::Init);
        store.apply(Event::InitApply(item("a", "1")));
        store.apply(Event::InitDone);
        assert_eq!(store.len(), 1);
    }

    #[test]
    fn an_older_state_of_the_same_object_changes_nothing() {
        let mut store = filled();
        assert_eq!(names(&store.put(item("a", "10"))), ["a"]);
        assert!(store.apply(Event::Apply(item("a", "9"))).is_empty());
        let again = Item { meta: Meta { uid: "another".into(), ..item("a", "5").meta }, object: Ok("") };
        assert_eq!(names(&store.apply(Event::Apply(again))), ["a"], "deleted and created again");
    }

    #[test]
    fn deletions_and_nameless_events() {
        let mut store = filled();
        assert_eq!(names(&store.apply(Event::Delete(item("a", "2")))), ["a"]);
        assert!(store.apply(Event::Delete(item("a", "2"))).is_empty());
        assert!(store.apply(Event::Apply(item("", "2"))).is_empty());
        assert!(store.apply(Event::Live).is_empty());
        assert_eq!(store.len(), 2);
    }
}
