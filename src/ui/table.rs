//! Tables and lists of facts, and what stands where rows will be.

use super::{El, View, el};

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
