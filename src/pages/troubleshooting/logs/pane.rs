//! The lines themselves: rows of one height, of which only those in sight are in the page.

use std::time::Duration;

use leptos::{ev, prelude::*};
use rootcause_domain::logs::reading::grouped;

use super::{Look, line};
use crate::{
    live::{sleep, spawn_scoped},
    logs::Logs,
    reactive::{Memo, RwSignal, effect},
    ui::{El, button, each, el, show, text},
};

/// The height of a row, in pixels; the style sheet has the same.
const ROW: i32 = 20;

/// Rows drawn above and below those in sight.
const BEYOND: u32 = 15;

/// Rows that can be scrolled through: browsers lay out nothing below 16 to 33 million pixels. Older ones are found by
/// searching.
const MOST: u32 = 800_000;

/// By then what arrived together has been laid out.
const SETTLED: Duration = Duration::from_millis(200);

/// Characters of the text whose width is measured.
const RULER: i32 = 100;

pub fn pane(all: Logs, look: Look, columns: RwSignal<Option<u32>>, way: RwSignal<u32>) -> El {
    let top = RwSignal::new(0_i32);
    let height = RwSignal::new(600_i32);
    let following = RwSignal::new(true);
    // Lines shown when following stopped.
    let seen = RwSignal::new(0_u32);
    let open = RwSignal::new(None);

    let extent = Memo::new(move || all.extent());
    let base = Memo::new(move || extent.with(|it| it.first_row.max(it.end_row.saturating_sub(MOST))));
    let first = Memo::new(move || {
        let above = u32::try_from(top.get() / ROW).unwrap_or_default();
        (base.get() + above.saturating_sub(BEYOND)).min(extent.with(|it| it.end_row))
    });
    let rows = move || {
        let in_sight = u32::try_from(height.get() / ROW).unwrap_or_default();
        all.rows(first.get()..first.get() + in_sight + 2 * BEYOND)
    };
    let several = Memo::new(move || all.sources.with(|it| it.len() > 1));

    let drawn = el("div")
        .class("log-rows")
        .style_live("transform", move || {
            format!("translateY({}px)", i64::from(first.get() - base.get()) * i64::from(ROW))
        })
        .child(each(
            move || {
                let way = way.get();
                rows().into_iter().map(|row| (way, row)).collect()
            },
            |(way, row)| format!("{way}.{}.{}.{}.{}", row.id, row.piece, row.trace, row.unfolded),
            move |(_, it)| line::row(all, it, open),
        ));
    let space = el("div")
        .class("log-space")
        .style_live("height", move || {
            format!("{}px", i64::from(extent.with(|it| it.end_row) - base.get()) * i64::from(ROW))
        })
        .child(drawn);
    let ruler = el("span").class("log-ruler").attr("aria-hidden", "true").child("m".repeat(RULER as usize));
    let room = el("span").class("log-text").child(ruler.clone());
    let probe = el("div")
        .class("log-row log-probe")
        .attr("aria-hidden", "true")
        .child(el("span").class("log-time"))
        .child(el("span").class("log-source"))
        .child(el("span").class("log-level"))
        .child(room.clone());
    let pane = el("div")
        .class("log-pane")
        .class_live("several", move || several.get())
        .class_live("times", move || look.times.get())
        .class_live("wrapped", move || look.wrap.get())
        .attr("role", "log")
        .attr("aria-live", "off")
        .attr("aria-label", "Lines")
        .attr("tabindex", "0")
        .child(probe)
        .child(space);
    let node = pane.element().clone();

    let measure = {
        let (node, ruler, room) = (node.clone(), ruler.element().clone(), room.element().clone());
        move || {
            height.set(node.client_height());
            let (width, hundred) = (room.client_width(), ruler.client_width());
            let fit = (hundred > 0).then(|| (width * RULER / hundred).max(20) as u32);
            if columns.get_untracked() != fit {
                columns.set(fit);
            }
        }
    };
    let resized = window_event_listener(ev::resize, {
        let measure = measure.clone();
        move |_| measure()
    });
    on_cleanup(move || resized.remove());
    effect(move || {
        several.get();
        look.times.track();
        request_animation_frame(measure.clone());
    });

    // Rows there are, and whether there were fewer for a moment since the last scroll: where older lines join, all after
    // them are laid out anew. The browser scrolls up then, and nobody meant to.
    let last_rows = StoredValue::new(0_u32);
    let shrunk = StoredValue::new(false);
    // Following is staying at the end; else what is read stays in its place when older lines go.
    let last_base = StoredValue::new(0_u32);
    effect({
        let node = node.clone();
        move || {
            extent.get();
            let gone = base.get().wrapping_sub(last_base.get_value());
            last_base.set_value(base.get());
            let rows = extent.with(|it| it.end_row) - base.get();
            if rows < last_rows.get_value() {
                shrunk.set_value(true);
            }
            last_rows.set_value(rows);
            let node = node.clone();
            if following.get() {
                let settled = node.clone();
                request_animation_frame(move || node.set_scroll_top(i32::MAX));
                // Once more when a burst has been laid out: the frame may have come between two of its parts.
                spawn_scoped(async move {
                    sleep(SETTLED).await;
                    if following.get_untracked() {
                        settled.set_scroll_top(i32::MAX);
                    }
                });
            } else if gone > 0 && gone < MOST {
                let above = i32::try_from(gone).unwrap_or(i32::MAX).saturating_mul(ROW);
                node.set_scroll_top((top.get_untracked() - above).max(0));
            }
        }
    });
    let pause = move || {
        seen.set(extent.with_untracked(|it| it.shown));
        following.set(false);
    };
    let pane = pane.on("scroll", move |_| {
        let (before, now) = (top.get_untracked(), node.scroll_top());
        top.set(now);
        let at_end = now + node.client_height() + ROW >= node.scroll_height();
        let by_itself = shrunk.get_value();
        shrunk.set_value(false);
        if at_end && now > before {
            following.set(true);
        } else if !at_end && now < before && following.get_untracked() {
            if by_itself {
                node.set_scroll_top(i32::MAX);
            } else {
                pause();
            }
        }
    });

    let behind = Memo::new(move || extent.with(|it| it.shown).saturating_sub(seen.get()));
    let control = show(
        move || following.get(),
        move |on| {
            if *on {
                return button("Pause").small().on_press(pause);
            }
            let words = text(move || match behind.get() {
                0 => "Follow".to_owned(),
                1 => "Follow: 1 line behind".to_owned(),
                lines => format!("Follow: {} lines behind", grouped(lines)),
            });
            button(words).small().primary().on_press(move || following.set(true))
        },
    );
    let none = show(
        move || extent.with(|it| it.end_row == it.first_row && it.searched == 100),
        move |none| {
            none.then(|| {
                let words = text(move || match extent.with(|it| it.lines) {
                    0 => "No line yet.".to_owned(),
                    lines => format!(
                        "None of {} lines is shown: the search or the levels leave them out.",
                        grouped(lines)
                    ),
                });
                el("p").class("log-none").child(words)
            })
        },
    );
    let full = show(move || open.get(), move |it| it.as_ref().map(|row| line::in_full(all, row, open)));
    el("div")
        .class("log-frame")
        .child(none)
        .child(pane)
        .child(el("div").class("log-control").child(control))
        .child(full)
}
