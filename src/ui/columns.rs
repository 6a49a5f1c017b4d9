//! The columns of a list, and which of them are shown: the user's choice, remembered for each list.

use super::{El, el, hidden, is_checked};
use crate::{browser::storage, reactive::RwSignal};

/// What a list is called, and its columns: the heading of each and its width as CSS writes a track of a grid (which a
/// table does not need). The first one names the row and is always shown.
pub struct Heads {
    pub label: &'static str,
    pub columns: &'static [(&'static str, &'static str)],
}

/// The columns of a list as the user wants them. Cheap to copy: handles only.
#[derive(Clone, Copy)]
pub struct Columns {
    pub heads: &'static Heads,
    /// A bit for each column that is not shown.
    hidden: RwSignal<u32>,
}

impl Columns {
    /// The columns as they were last chosen.
    pub fn of(heads: &'static Heads) -> Self {
        let remembered = storage::get(&key(heads)).unwrap_or_default();
        let is_hidden = |head: &str| remembered.split(',').any(|it| it == head);
        let columns = heads.columns.iter().enumerate().skip(1);
        let hidden = columns.filter(|(_, (head, _))| is_hidden(head)).fold(0, |bits, (at, _)| bits | 1 << at);
        Self { heads, hidden: RwSignal::new(hidden) }
    }

    fn is_shown(self, at: usize) -> bool {
        self.hidden.get() & 1 << at == 0
    }

    fn show(self, at: usize, shown: bool) {
        self.hidden.update(|bits| *bits = *bits & !(1 << at) | u32::from(!shown) << at);
        let columns = self.heads.columns.iter().enumerate();
        let hidden: Vec<_> =
            columns.filter(|(at, _)| !self.is_shown(*at)).map(|(_, (head, _))| *head).collect();
        storage::set(&key(self.heads), &hidden.join(","));
    }

    /// The widths of those that are shown, as CSS writes `grid-template-columns`.
    pub fn widths(self) -> String {
        let columns = self.heads.columns.iter().enumerate();
        let shown = columns.filter(|(at, _)| self.is_shown(*at));
        shown.map(|(_, (_, width))| *width).collect::<Vec<_>>().join(" ")
    }

    /// Tells the style sheet which cells of `list` not to show, by their places in a row.
    pub fn apply(self, list: El) -> El {
        list.attr_live("data-hidden", move || {
            let places = (0..self.heads.columns.len()).filter(|at| !self.is_shown(*at));
            let places: Vec<_> = places.map(|at| (at + 1).to_string()).collect();
            (!places.is_empty()).then(|| places.join(" "))
        })
    }

    /// What the columns are chosen by.
    pub fn chooser(self) -> El {
        let id = format!("columns-{}", self.heads.label.to_lowercase().replace(' ', "-"));
        let choice = |(at, (head, _)): (usize, &(&'static str, &'static str))| {
            let tick = el("input")
                .attr("type", "checkbox")
                .prop_live("checked", move || self.is_shown(at))
                .on("change", move |event| self.show(at, is_checked(&event)));
            el("label").class("check").child(tick).child(*head)
        };
        let choices = el("fieldset")
            .id(&id)
            .class("columns")
            .attr("popover", "")
            .child(el("legend").child(hidden(&format!("Columns of {}", self.heads.label))))
            .children(self.heads.columns.iter().enumerate().skip(1).map(choice));
        let open = el("button")
            .attr("type", "button")
            .class("button quiet small")
            .attr("popovertarget", &id)
            .child("Columns");
        el("span").class("end").child(open).child(choices)
    }
}

/// Where the choice is remembered.
fn key(heads: &Heads) -> String {
    format!("columns of {}", heads.label)
}
