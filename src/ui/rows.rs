//! A list of any number of rows, of which only those in sight are in the page. All rows are equally high.
//!
//! A grid by its roles: one row is in the tab order, the arrow keys move to the next, Enter opens.

use std::sync::Arc;

use leptos::prelude::request_animation_frame;

use wasm_bindgen::JsCast;

use super::{Columns, El, dom::each, el, key_of};
use crate::reactive::{Memo, RwSignal};

/// The height of a row in CSS pixels, as the style sheet has it.
const ROW: usize = 36;

/// Rows beyond the edges that are in the page, so that a quick scroll finds them there.
const BEYOND: usize = 12;

/// What gives the cells of a row.
type Cells = Box<dyn Fn(&str) -> Vec<El>>;

/// A list of the rows with these keys, in their order. `row` gives the cells of a row; what changes of a row while its
/// key stays, it has to follow by itself. Enter on a row presses its first link or button.
pub fn rows(columns: Columns, keys: Memo<Arc<Vec<String>>>, row: impl Fn(&str) -> Vec<El> + 'static) -> El {
    virtual_rows(columns, keys, Box::new(row))
}

fn virtual_rows(columns: Columns, keys: Memo<Arc<Vec<String>>>, row: Cells) -> El {
    let top = RwSignal::new(0_usize);
    let active = RwSignal::new(0_usize);
    // More than fits into the window never has to be there.
    let height = crate::browser::window().inner_height().ok().and_then(|it| it.as_f64()).unwrap_or(900.0);
    let fit = height as usize / ROW + 2 * BEYOND;
    let count = move || keys.with(|it| it.len());
    let first = move || (top.get() / ROW).saturating_sub(BEYOND).min(count().saturating_sub(1));
    let shown = move || {
        let (keys, first) = (keys.get(), first());
        let last = (first + fit).min(keys.len());
        (first.min(last)..last).map(|at| (at, keys[at].clone())).collect::<Vec<_>>()
    };
    // A row is known by its key; where it stands now, the list tells.
    let places = Memo::new(shown);
    let place =
        move |key: &str| places.with(|it| it.iter().find(|(_, known)| known == key).map(|(at, _)| *at));
    let make =
        move |(_, key): (usize, String)| {
            let (own, mine) = (key.clone(), key.clone());
            el("div")
                .attr("role", "row")
                // The row of headings is the first.
                .attr_live("aria-rowindex", move || Some((place(&own)? + 2).to_string()))
                .attr_live("tabindex", move || {
                    let is_active = place(&mine) == Some(active.get());
                    Some(if is_active { "0" } else { "-1" }.to_owned())
                })
                .children(row(&key).into_iter().enumerate().map(|(column, cell)| {
                    cell.attr("role", if column == 0 { "rowheader" } else { "gridcell" })
                }))
        };
    let before = move || format!("{}px", first() * ROW);
    let body = el("div")
        .attr("role", "rowgroup")
        .class("rows-body")
        .style_live("height", move || format!("{}px", count() * ROW))
        .child(el("div").attr("role", "presentation").style_live("padding-top", before).child(each(
            shown,
            |(_, key)| key.clone(),
            make,
        )));
    let head = |(it, _): &(&str, &str)| el("div").attr("role", "columnheader").child(*it);
    let heads = columns.heads;
    let head =
        el("div").attr("role", "row").attr("aria-rowindex", "1").children(heads.columns.iter().map(head));
    let grid = el("div");
    let list = grid.element().clone();
    columns
        .apply(grid)
        .class("rows")
        .attr("role", "grid")
        .attr("aria-label", heads.label)
        .attr_live("aria-rowcount", move || Some((count() + 1).to_string()))
        .style_live("--columns", move || columns.widths())
        .child(el("div").attr("role", "rowgroup").class("rows-head").child(head))
        .child(body)
        .on("scroll", {
            let list = list.clone();
            move |_| top.set(usize::try_from(list.scroll_top()).unwrap_or_default())
        })
        .on("focusin", move |event| {
            let row = event.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok());
            let row = row.and_then(|it| it.closest("[aria-rowindex]").ok().flatten());
            let index = row.and_then(|it| it.get_attribute("aria-rowindex")?.parse::<usize>().ok());
            if let Some(index) = index.and_then(|it| it.checked_sub(2)) {
                active.set(index);
            }
        })
        .on("keydown", move |event| {
            let last = count().saturating_sub(1);
            let page = (list.client_height().max(0) as usize / ROW).saturating_sub(2).max(1);
            let now = active.get_untracked();
            let next = match key_of(&event).as_str() {
                "ArrowDown" => now + 1,
                "ArrowUp" => now.saturating_sub(1),
                "PageDown" => now + page,
                "PageUp" => now.saturating_sub(page),
                "Home" => 0,
                "End" => last,
                "Enter" => {
                    let target = event.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok());
                    if let Some(row) = target.filter(|it| it.get_attribute("role").as_deref() == Some("row"))
                    {
                        press_first(&row);
                    }
                    return;
                }
                _ => return,
            };
            event.prevent_default();
            go_to(&list, next.min(last), top, active);
        })
}

/// Presses the first link or button in `row`.
pub fn press_first(row: &web_sys::Element) {
    let press = row.query_selector("a[href],button").ok().flatten();
    if let Some(press) = press.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
        press.click();
    }
}

/// Scrolls until the row is in sight, and gives it the focus.
fn go_to(list: &web_sys::Element, row: usize, top: RwSignal<usize>, active: RwSignal<usize>) {
    active.set(row);
    let height = list.client_height().max(0) as usize;
    let now = usize::try_from(list.scroll_top()).unwrap_or_default();
    // The headings stay at the top and cover a row's height.
    let wanted = now.clamp((row * ROW + 2 * ROW).saturating_sub(height), row * ROW);
    if wanted != now {
        list.set_scroll_top(i32::try_from(wanted).unwrap_or(i32::MAX));
        top.set(wanted);
    }
    let list = list.clone();
    // The rows around it are drawn before the next frame.
    request_animation_frame(move || {
        let found = list.query_selector(&format!("[aria-rowindex=\"{}\"]", row + 2)).ok().flatten();
        if let Some(row) = found.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
            let options = web_sys::FocusOptions::new();
            options.set_prevent_scroll(true);
            // Nothing to do where the browser refuses focus.
            let _ = row.focus_with_options(&options);
        }
    });
}
