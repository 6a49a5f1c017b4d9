//! Parts of a view that change.

use leptos::prelude::*;

/// A part of a view that is drawn again whenever what it reads changes.
pub type Part = Box<dyn Fn() -> AnyView + Send>;

/// Boxes `view`, so that what draws a changing part is compiled once and not for each closure: about 2 KB of WASM for
/// each of a hundred.
pub fn part<V: IntoView + 'static>(view: impl Fn() -> V + Send + 'static) -> Part {
    Box::new(move || view().into_any())
}
