//! Tables and lists of facts, and what stands where rows will be.

use wasm_bindgen::JsCast;

use super::{Columns, El, View, el, key_of, rows::press_first};

/// A table with a row of headings over `rows`. Scrolls sideways by itself where it is too wide. `label` is what a
/// screen reader calls it, where the heading above it is not enough.
pub fn table(heads: &[&str], class: &str, label: Option<&str>, rows: impl Into<View>) -> El {
    let head = |it: &&str| el("th").attr("scope", "col").child(*it);
    let table = el("table")
        .class(class)
        .maybe("aria-label", label)
        .child(el("thead").child(el("tr").children(heads.iter().map(head))))
        .child(el("tbody").child(rows));
    el("div").class("table-wrap").child(table)
}

/// A table of a long list: its headings stay in sight, its columns are chosen, the arrow keys move from row to row, and
/// Enter presses the row's first link or button. For rows of different heights; see [`super::rows`] for those of one.
pub fn list_table(columns: Columns, class: &str, rows: impl Into<View>) -> El {
    let heads: Vec<_> = columns.heads.columns.iter().map(|(head, _)| *head).collect();
    let list = table(&heads, class, Some(columns.heads.label), rows);
    columns
        .apply(list)
        .class("table-wrap tall")
        // Where it scrolls, the keyboard has to reach it; from there it goes on to the rows.
        .attr("tabindex", "0")
        .on("keydown", |event| move_by_keyboard(&event))
}

/// Moves the focus between the rows of the table that `event` is for.
fn move_by_keyboard(event: &web_sys::Event) {
    let target = event.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok());
    // Fields have uses of their own for these keys.
    let Some(target) = target.filter(|it| !matches!(it.tag_name().as_str(), "INPUT" | "SELECT" | "TEXTAREA"))
    else {
        return;
    };
    let row = target.closest("tbody > tr").ok().flatten();
    let edge = |selector: &str| {
        let list = target.closest(".table-wrap").ok().flatten()?;
        list.query_selector(selector).ok().flatten()
    };
    let next = match (key_of(event).as_str(), &row) {
        ("ArrowDown", Some(row)) => row.next_element_sibling(),
        ("ArrowUp", Some(row)) => row.previous_element_sibling(),
        ("ArrowDown" | "Home", _) => edge("tbody > tr"),
        ("ArrowUp" | "End", _) => edge("tbody > tr:last-of-type"),
        ("Enter", Some(row)) if *row == target => return press_first(row),
        _ => return,
    };
    event.prevent_default();
    if let Some(next) = next.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
        next.set_tab_index(-1);
        // Nothing to do where the browser refuses focus.
        let _ = next.focus();
    }
}

/// A cell of a table.
pub fn td(content: impl Into<View>) -> El {
    el("td").child(content)
}

/// The cell that names its row.
pub fn row_head(content: impl Into<View>) -> El {
    el("th").attr("scope", "row").child(content)
}

/// A list of facts: what each is called, and what it is.
pub fn facts(facts: impl IntoIterator<Item = (&'static str, View)>) -> El {
    let mut list = el("dl").class("review-facts");
    for (name, value) in facts {
        list = list.child(el("dt").child(name)).child(el("dd").child(value));
    }
    list
}

/// Grey lines in place of `lines` rows that are still loading; they only show after 200 ms.
pub fn skeleton(lines: usize) -> El {
    el("div")
        .attr("aria-busy", "true")
        .class("stack")
        .child(el("span").class("visually-hidden").child("Loading…"))
        .children((0..lines).map(|_| el("span").class("skeleton")))
}

/// What stands where there are no rows, and why.
pub fn empty(words: &str) -> El {
    el("p").class("empty").child(words)
}
