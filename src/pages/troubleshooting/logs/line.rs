//! One row of the log, and one line in full.

use rootcause_domain::logs::{ansi::Style, reading::grouped, record, view::Row};

use crate::{
    browser::clock,
    logs::Logs,
    reactive::RwSignal,
    ui::{El, View, button, copy_button, dialog, el, facts},
};

/// Characters of a line that its panel shows: a browser takes seconds to lay out a megabyte.
const SHOWN: usize = 100_000;

/// Colours that tell containers apart.
const COLOURS: u16 = 8;

/// A row. `open` is where a line is put to be shown in full.
pub fn row(all: Logs, row: Row, open: RwSignal<Option<Row>>) -> El {
    let first = row.piece == 0;
    let name = all.sources.with_untracked(|it| it.get(usize::from(row.source)).map(|(it, _)| it.name()));
    let name = name.unwrap_or_default();
    let class = match row.level {
        Some(level) => format!("log-row {}", level.word()),
        None => "log-row".to_owned(),
    };
    let time = el("span").class("log-time");
    let time = if first && !row.part {
        time.attr("title", &clock::absolute(row.at)).child(clock::precise(row.at))
    } else {
        time
    };
    let source = el("span")
        .class(&format!("log-source s{}", row.source % COLOURS))
        .attr("title", &name)
        .child(if first { name } else { String::new() });
    let level = row.level.filter(|_| first && !row.part).map_or("", |it| it.word());
    let folded = (first && row.trace > 0).then(|| {
        let words = format!("{} {}", if row.unfolded { "▾" } else { "▸" }, lines(row.trace));
        let row = row.clone();
        el("button")
            .attr("type", "button")
            .class("log-fold")
            .attr("aria-expanded", if row.unfolded { "true" } else { "false" })
            .attr("title", "Stack trace")
            .on("click", move |_| all.toggle(&row))
            .child(words)
    });
    let in_full = (first && (row.cut > 0 || row.text.starts_with('{'))).then(|| {
        let words = if row.cut > 0 {
            format!("… {} more bytes", grouped(row.cut as u32))
        } else {
            "{…}".to_owned()
        };
        let row = row.clone();
        el("button")
            .attr("type", "button")
            .class("log-fold")
            .attr("title", "Show the line in full")
            .on("click", move |_| open.set(Some(row.clone())))
            .child(words)
    });
    el("div")
        .class(&class)
        .child(time)
        .child(source)
        .child(el("span").class("log-level").child(level))
        .child(el("span").class("log-text").child(pieces(&row)).child(folded).child(in_full))
}

fn lines(number: u32) -> String {
    if number == 1 { "1 line".to_owned() } else { format!("{} lines", grouped(number)) }
}

/// The row's text with its colours and marks.
fn pieces(row: &Row) -> View {
    let mut cuts: Vec<usize> = row
        .styles
        .iter()
        .map(|(range, _)| range)
        .chain(&row.found)
        .flat_map(|it| [it.start, it.end])
        .collect();
    cuts.extend([0, row.text.len()]);
    rootcause_domain::sort::by(&mut cuts, Ord::cmp);
    cuts.dedup();
    let piece = |pair: &[usize]| -> View {
        let text = &row.text[pair[0]..pair[1]];
        let within = |range: &std::ops::Range<usize>| range.contains(&pair[0]);
        let style = row.styles.iter().find(|(range, _)| within(range)).map(|(_, style)| classes(style));
        let found = row.found.iter().any(within);
        match (found, style) {
            (false, None) => text.into(),
            (found, style) => {
                el(if found { "mark" } else { "span" }).class(&style.unwrap_or_default()).child(text).into()
            }
        }
    };
    View::list(cuts.windows(2).map(piece).collect::<Vec<_>>())
}

fn classes(style: &Style) -> String {
    let mut classes = String::new();
    if let Some(colour) = style.colour {
        classes.push_str(&format!("c{colour} "));
    }
    if let Some(colour) = style.behind {
        classes.push_str(&format!("b{colour} "));
    }
    for (on, name) in [
        (style.bold, "bold "),
        (style.dim, "dim "),
        (style.italic, "italic "),
        (style.underlined, "underlined "),
    ] {
        if on {
            classes.push_str(name);
        }
    }
    classes
}

/// A line in full, its fields one below the other where it is JSON.
pub fn in_full(all: Logs, row: &Row, open: RwSignal<Option<Row>>) -> El {
    let text = all.line(row.place).unwrap_or_else(|| row.text.clone());
    let name = all.sources.with_untracked(|it| it.get(usize::from(row.source)).map(|(it, _)| it.name()));
    let end = text.char_indices().nth(SHOWN).map_or(text.len(), |(at, _)| at);
    let cut = (end < text.len()).then(|| {
        el("p")
            .class("reason")
            .child(format!("{} bytes more in the download.", grouped((text.len() - end) as u32)))
    });
    let fields = record::expanded(&text).filter(|_| end == text.len());
    let expanded = fields
        .map(|it| el("pre").class("log-full").attr("tabindex", "0").attr("aria-label", "Fields").child(it));
    let raw = el("pre")
        .class("log-full")
        .attr("tabindex", "0")
        .attr("aria-label", "As written")
        .child(shown(&text[..end]));
    let told = facts([
        ("Container", name.unwrap_or_default().into()),
        ("Time", clock::absolute(row.at).into()),
        ("Level", row.level.map_or("not told", |it| it.word()).into()),
    ]);
    let body = View::list([told.into(), View::from(expanded), raw.into(), View::from(cut)]);
    dialog("A line of the log", body)
        .side()
        .footer(View::list([copy_button(text), button("Close").on_press(move || open.set(None))]))
        .on_close(move || open.set(None))
}

/// Escape sequences dropped, hidden characters made to show.
fn shown(text: &str) -> String {
    rootcause_domain::logs::ansi::plain(text).into_owned()
}
