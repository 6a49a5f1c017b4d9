//! One compiled sort for all types: the standard library's would be compiled for each, 4 KB of WASM a time.

use std::cmp::Ordering;

use serde_json::{Map, Value};

/// Sorts `items`; equal ones stay in their order.
pub fn by<T>(items: &mut Vec<T>, compare: impl Fn(&T, &T) -> Ordering) {
    let order = order(items.len(), &|a, b| compare(&items[a], &items[b]));
    let mut slots: Vec<Option<T>> = items.drain(..).map(Some).collect();
    items.extend(order.into_iter().filter_map(|index| slots[index].take()));
}

/// A JSON object of these fields. Collecting them would sort them first, by a sort compiled for that place alone.
pub fn object(fields: impl Iterator<Item = (String, Value)>) -> Value {
    let mut object = Map::new();
    object.extend(fields);
    Value::Object(object)
}

/// The indices up to `count`, sorted.
fn order(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|a, b| compare(*a, *b));
    order
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sorts_as_the_standard_library_does(mut items in prop::collection::vec((0..9_u8, any::<u8>()), 0..60)) {
            let mut expect = items.clone();
            expect.sort_by_key(|item| item.0);
            super::by(&mut items, |a, b| a.0.cmp(&b.0));
            prop_assert_eq!(items, expect);
        }
    }
}
