//! What of a [`Buffer`] is shown, as rows of one height, of which a page draws only those in sight.
//!
//! Lines are gone through a few thousand at a time ([`View::advance`]), so that a search through all of them leaves the
//! page responsive, and each only once for as long as the filter stays.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::ops::Range;

use super::ansi::{self, Style, Styled};
use super::buffer::{Buffer, Line};
use super::level::Level;
use super::pattern::Pattern;
use super::record;
use crate::time::Timestamp;

/// Which lines are shown, and how.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    /// Levels that are not shown. Lines that tell no level are hidden with [`Level::Info`].
    pub hidden: Vec<Level>,
    /// What is looked for.
    pub pattern: Option<Pattern>,
    /// Whether lines without it are shown all the same.
    pub only_mark: bool,
    /// Whether stack traces are shown whole and not folded into their heads.
    pub unfold: bool,
    /// Whether JSON lines are shown as their message and fields.
    pub fields: bool,
    /// Characters to a row, where long lines go on in the next row; `None` where they are cut.
    pub wrap: Option<u32>,
}

/// Characters shown of a line that is not wrapped. A browser takes seconds to lay out a row of a megabyte.
pub const CUT: usize = 2000;

/// A line that is shown.
#[derive(Debug, Clone, Copy)]
struct Item {
    /// Its place in the buffer.
    place: u32,
    /// The number of its first row, counted from the first ever laid out.
    row: u32,
}

/// The shown lines in rows.
#[derive(Debug, Default)]
pub struct View {
    filter: Filter,
    items: VecDeque<Item>,
    /// Items that went with the lines that the buffer let go.
    gone: u32,
    /// The number of the next row.
    rows: u32,
    /// The place of the next line to look at.
    next: u32,
    /// The latest line that was no part of a stack trace, and whether it is shown.
    head: Option<(NonZeroU32, bool)>,
    /// Lines whose stack traces were unfolded one by one.
    unfolded: Vec<NonZeroU32>,
}

/// A row as it is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The line's id.
    pub id: NonZeroU32,
    /// Which of the line's rows this is.
    pub piece: u32,
    /// The line's place in the buffer.
    pub place: u32,
    pub source: u16,
    pub level: Option<Level>,
    pub at: Timestamp,
    /// Part of a stack trace: it has no time of its own.
    pub part: bool,
    /// Lines of its stack trace, on a line's first row.
    pub trace: u32,
    /// Whether they are shown.
    pub unfolded: bool,
    pub text: String,
    /// Byte ranges of `text` that look other than plain.
    pub styles: Vec<(Range<usize>, Style)>,
    /// Byte ranges of `text` that are what is looked for.
    pub found: Vec<Range<usize>>,
    /// Bytes of the line that are not shown.
    pub cut: usize,
}

impl View {
    /// Shows other lines, or shows them in another way: all are gone through again.
    pub fn show(&mut self, filter: Filter) {
        if self.filter != filter {
            self.filter = filter;
            self.restart(0);
        }
    }

    /// Folds or unfolds the stack trace of the line with this id at this place.
    pub fn toggle(&mut self, id: NonZeroU32, place: u32) {
        match self.unfolded.iter().position(|one| *one == id) {
            Some(at) => drop(self.unfolded.remove(at)),
            None => self.unfolded.push(id),
        }
        self.restart(place);
    }

    /// Looks at the lines again from `place` on: they are new, stand elsewhere or are to be shown otherwise.
    pub fn restart(&mut self, place: u32) {
        if place >= self.next {
            return;
        }
        let kept = self.items.partition_point(|item| item.place < place);
        if let Some(item) = self.items.get(kept) {
            self.rows = item.row;
        }
        self.items.truncate(kept);
        self.next = place;
        self.head = None;
    }

    /// Looks at up to `most` more lines, and forgets those that the buffer let go. Whether lines are left to look at.
    pub fn advance(&mut self, buffer: &Buffer, most: u32) -> bool {
        self.next = self.next.max(buffer.first());
        while self.items.front().is_some_and(|item| item.place < buffer.first()) {
            self.items.pop_front();
            self.gone = self.gone.wrapping_add(1);
        }
        let end = buffer.end().min(self.next.saturating_add(most));
        while self.next < end {
            let place = self.next;
            self.next += 1;
            let Some(line) = buffer.get(place) else { continue };
            if self.takes(buffer, line, place) {
                self.items.push_back(Item { place, row: self.rows });
                self.rows = self.rows.wrapping_add(self.height(line));
            }
        }
        self.next < buffer.end()
    }

    /// Whether a line is shown.
    fn takes(&mut self, buffer: &Buffer, line: &Line, place: u32) -> bool {
        let Some(head) = line.part_of else {
            let shown = self.passes(line, self.filter.only_mark || self.filter.pattern.is_none());
            self.head = Some((line.id, shown));
            return shown;
        };
        let shown = match self.head {
            Some((id, shown)) if id == head => shown,
            // Gone through again from within the trace.
            _ => {
                let mut before = (buffer.first()..place).rev().map_while(|place| buffer.get(place));
                let first = before.find(|line| line.part_of != Some(head));
                let everything = self.filter.only_mark || self.filter.pattern.is_none();
                let shown = first.is_some_and(|line| line.id == head && self.passes(line, everything));
                self.head = Some((head, shown));
                shown
            }
        };
        // What is looked for is shown wherever it stands.
        let found = self.filter.pattern.is_some() && self.passes(line, false);
        found || shown && (self.filter.unfold || self.unfolded.contains(&head))
    }

    fn passes(&self, line: &Line, everything: bool) -> bool {
        if self.filter.hidden.contains(&line.level.unwrap_or(Level::Info)) {
            return false;
        }
        let found = |pattern: &Pattern| pattern.matches(&ansi::plain(&line.text));
        everything || self.filter.pattern.as_ref().is_none_or(found)
    }

    fn height(&self, line: &Line) -> u32 {
        let Some(wrap) = self.filter.wrap else { return 1 };
        let text = match self.record(line) {
            Some(text) => Cow::Owned(ansi::plain(&text).into_owned()),
            None => ansi::plain(&line.text),
        };
        let characters = if text.is_ascii() { text.len() } else { text.chars().count() };
        u32::try_from(characters.div_ceil(wrap.max(1) as usize)).unwrap_or(u32::MAX).max(1)
    }

    /// A JSON line's message and fields, where they are wanted.
    fn record(&self, line: &Line) -> Option<String> {
        self.filter.fields.then(|| record::record(&line.text)).flatten().map(|it| it.line())
    }

    /// The number of the first row there is, counted from the first ever laid out.
    pub fn first_row(&self) -> u32 {
        self.items.front().map_or(self.rows, |item| item.row)
    }

    /// The number after the last row.
    pub fn end_row(&self) -> u32 {
        self.rows
    }

    /// Lines shown, with those that were shown and let go: what grew since an earlier time is new.
    pub fn shown(&self) -> u32 {
        self.gone.wrapping_add(self.items.len() as u32)
    }

    /// How many lines are shown.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether no line is shown.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// How much of the buffer has been looked at, in percent.
    pub fn progress(&self, buffer: &Buffer) -> u32 {
        let all = u64::from(buffer.end() - buffer.first()).max(1);
        let done = self.next.clamp(buffer.first(), buffer.end()) - buffer.first();
        (u64::from(done) * 100 / all) as u32
    }

    /// The places of all shown lines, oldest first.
    pub fn places(&self) -> impl Iterator<Item = u32> {
        self.items.iter().map(|item| item.place)
    }

    /// The rows of these numbers, as far as there are such.
    pub fn rows(&self, buffer: &Buffer, numbers: Range<u32>) -> Vec<Row> {
        let mut rows = Vec::new();
        let first = self.items.partition_point(|item| item.row <= numbers.start).saturating_sub(1);
        for item in self.items.iter().skip(first).take_while(|item| item.row < numbers.end) {
            if let Some(line) = buffer.get(item.place) {
                self.draw(buffer, line, *item, &numbers, &mut rows);
            }
        }
        rows
    }

    fn draw(&self, buffer: &Buffer, line: &Line, item: Item, numbers: &Range<u32>, rows: &mut Vec<Row>) {
        let Styled { text, styles } = match self.record(line) {
            Some(text) => ansi::styled(&text),
            None => ansi::styled(&line.text),
        };
        let size = self.filter.wrap.map_or(CUT, |wrap| wrap.max(1) as usize);
        let found = match (&self.filter.pattern, self.filter.wrap) {
            (None, _) => Vec::new(),
            (Some(pattern), Some(_)) => pattern.find_all(&text),
            (Some(pattern), None) => pattern.find_all(&text[..after(&text, size)]),
        };
        let trace = (item.place + 1..buffer.end()).map_while(|place| buffer.get(place));
        let trace = trace.take_while(|it| it.part_of == Some(line.id)).count() as u32;
        let mut start = 0;
        for piece in 0.. {
            let end = start + after(&text[start..], size);
            if numbers.contains(&(item.row + piece)) {
                let within = |range: &Range<usize>| {
                    let range = range.start.max(start)..range.end.min(end);
                    (range.start < range.end).then(|| range.start - start..range.end - start)
                };
                rows.push(Row {
                    id: line.id,
                    piece,
                    place: item.place,
                    source: line.source,
                    level: line.level,
                    at: line.at().timestamp(),
                    part: line.part_of.is_some(),
                    trace: if piece == 0 { trace } else { 0 },
                    unfolded: self.filter.unfold || self.unfolded.contains(&line.id),
                    text: text[start..end].to_owned(),
                    styles: styles
                        .iter()
                        .filter_map(|(range, style)| Some((within(range)?, *style)))
                        .collect(),
                    found: found.iter().filter_map(within).collect(),
                    cut: if self.filter.wrap.is_none() { text.len() - end } else { 0 },
                });
            }
            start = end;
            if start == text.len() || self.filter.wrap.is_none() {
                break;
            }
        }
    }
}

/// The byte after the first `characters` of `text`.
fn after(text: &str, characters: usize) -> usize {
    text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::resume::Moment;
    use super::*;

    fn buffer(lines: &[&str]) -> Buffer {
        let mut buffer = Buffer::default();
        for (at, line) in lines.iter().enumerate() {
            buffer.push(0, Some(Moment(at as i64)), line);
        }
        buffer.merge();
        buffer
    }

    fn view(buffer: &Buffer, filter: Filter) -> View {
        let mut view = View::default();
        view.show(filter);
        while view.advance(buffer, 2) {}
        view
    }

    fn all(view: &View, buffer: &Buffer) -> Vec<Row> {
        view.rows(buffer, view.first_row()..view.end_row())
    }

    fn texts(view: &View, buffer: &Buffer) -> Vec<String> {
        all(view, buffer).into_iter().map(|row| row.text).collect()
    }

    const TRACE: [&str; 6] =
        ["INFO up", "ERROR no", "  at a.b(c)", "  at d.e(f)", "Caused by: x: y", "  at g.h(i)"];

    #[test]
    fn traces_are_folded_into_their_heads() {
        let buffer = buffer(&TRACE);
        let mut view = view(&buffer, Filter::default());
        assert_eq!(texts(&view, &buffer), ["INFO up", "ERROR no", "Caused by: x: y"]);
        let traces: Vec<u32> = all(&view, &buffer).iter().map(|row| row.trace).collect();
        assert_eq!(traces, [0, 2, 1]);
        let row = all(&view, &buffer)[1].clone();
        view.toggle(row.id, row.place);
        view.advance(&buffer, 100);
        assert_eq!(
            texts(&view, &buffer),
            ["INFO up", "ERROR no", "  at a.b(c)", "  at d.e(f)", "Caused by: x: y"]
        );
        view.restart(3);
        view.advance(&buffer, 100);
        assert_eq!(view.len(), 5);
        view.toggle(row.id, row.place);
        view.advance(&buffer, 100);
        assert_eq!(view.len(), 3);
    }

    #[test]
    fn filters_take_lines_and_what_is_looked_for_is_marked() {
        let buffer = buffer(&TRACE);
        let check = |filter: Filter, expect: &[&str]| {
            assert_eq!(texts(&view(&buffer, filter), &buffer), expect);
        };
        let words = |text: &str| Some(Pattern::words(text));
        check(Filter { hidden: vec![Level::Error], ..Filter::default() }, &["INFO up", "Caused by: x: y"]);
        check(Filter { hidden: vec![Level::Info], ..Filter::default() }, &["ERROR no"]);
        check(Filter { pattern: words("D.E"), ..Filter::default() }, &["  at d.e(f)"]);
        check(
            Filter { pattern: words("no"), unfold: true, ..Filter::default() },
            &["ERROR no", "  at a.b(c)", "  at d.e(f)"],
        );
        check(
            Filter { pattern: words("d.e"), only_mark: true, ..Filter::default() },
            &["INFO up", "ERROR no", "  at d.e(f)", "Caused by: x: y"],
        );
        let marked = view(&buffer, Filter { pattern: words("O"), ..Filter::default() });
        let found: Vec<_> = all(&marked, &buffer).into_iter().flat_map(|row| row.found).collect();
        assert_eq!(found, [3..4, 3..4, 7..8]);
    }

    #[test]
    fn long_lines_go_on_in_the_next_row_or_are_cut() {
        let long = "é".repeat(CUT + 5);
        let buffer = buffer(&["abcdefg", "\u{1b}[31mredred\u{1b}[m", "", &long]);
        let wrapped = view(
            &buffer,
            Filter {
                wrap: Some(4),
                pattern: Some(Pattern::words("def")),
                only_mark: true,
                ..Filter::default()
            },
        );
        let rows = wrapped.rows(&buffer, 1..5);
        assert_eq!(rows.iter().map(|row| row.text.as_str()).collect::<Vec<_>>(), ["efg", "redr", "ed", ""]);
        assert_eq!(rows[0].found.first(), Some(&(0..2)));
        assert_eq!(rows[2].styles.len(), 1);
        assert_eq!(wrapped.end_row(), 2 + 2 + 1 + (CUT as u32 + 5).div_ceil(4));
        let cut = view(&buffer, Filter::default());
        let last = cut.rows(&buffer, 3..9).pop().unwrap();
        assert_eq!((last.text.chars().count(), last.cut), (CUT, 10));
    }

    #[test]
    fn json_lines_are_shown_as_they_are_or_read() {
        let buffer = buffer(&[r#"{"level":"warn","msg":"slow","ms":3}"#, "plain"]);
        assert_eq!(
            texts(&view(&buffer, Filter { fields: true, ..Filter::default() }), &buffer),
            ["slow  ms=3", "plain"]
        );
        assert!(texts(&view(&buffer, Filter::default()), &buffer)[0].starts_with('{'));
    }

    proptest! {
        #[test]
        fn rows_are_those_of_a_fresh_view_whatever_arrives(
            batches in prop::collection::vec(prop::collection::vec((0_u16..2, 0_i64..9, 0_usize..5), 0..9), 1..9),
            wrap in prop::option::of(3_u32..9),
            search in any::<bool>(),
        ) {
            let lines = ["INFO abc", "ERROR no", "  at a.b(c)", "x", "  at d.e(f) and on and on"];
            let mut buffer = Buffer::new(2500);
            let filter = Filter { wrap, pattern: search.then(|| Pattern::words("a")), ..Filter::default() };
            let mut view = View::default();
            view.show(filter.clone());
            let mut clock = [0; 2];
            for batch in batches {
                for (source, step, line) in batch {
                    clock[usize::from(source)] += step;
                    buffer.push(source, Some(Moment(clock[usize::from(source)])), lines[line]);
                }
                if let Some(place) = buffer.merge() {
                    view.restart(place);
                }
                while view.advance(&buffer, 3) {}
                let fresh = self::view(&buffer, filter.clone());
                prop_assert_eq!(all(&view, &buffer), all(&fresh, &buffer));
                prop_assert_eq!(view.end_row() - view.first_row(), fresh.end_row() - fresh.first_row());
                let numbers = view.first_row()..view.end_row();
                prop_assert_eq!(all(&view, &buffer).len(), numbers.len());
            }
        }
    }
}
