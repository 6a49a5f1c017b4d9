//! The lines of many containers, merged by time, in bounded memory: where there are too many, the oldest go.

use std::collections::VecDeque;
use std::num::NonZeroU32;

use super::ansi;
use super::level::{self, Level};
use super::resume::Moment;
use super::trace::Trace;
use crate::sort;

/// Bytes that the lines of a page may take: more than half a million lines of a hundred characters.
pub const LIMIT: usize = 96 << 20;

/// What a line takes beside its text: itself, and its text's place on the heap.
const OVERHEAD: usize = size_of::<Line>() + 8;

/// One line of one container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where it stands among the lines of all containers. Lines of a stack trace stand with its head.
    at: Moment,
    pub text: Box<str>,
    /// In order of arrival, and unlike its place never another one.
    pub id: NonZeroU32,
    /// Which container: the caller's number for it.
    pub source: u16,
    /// As it says itself, or as its stack trace's head does.
    pub level: Option<Level>,
    /// The id of the line whose stack trace it is part of. All lines of a trace stand right after their head.
    pub part_of: Option<NonZeroU32>,
}

impl Line {
    /// When it was written, or for part of a stack trace when the trace's head was.
    pub fn at(&self) -> Moment {
        self.at
    }

    fn order(&self) -> (Moment, u16) {
        (self.at, self.source)
    }
}

/// What is known of one container's latest line.
#[derive(Debug, Clone, Copy, Default)]
struct Latest {
    at: Moment,
    level: Option<Level>,
    trace: Trace,
    /// The line that a stack trace would belong to.
    head: Option<NonZeroU32>,
}

/// The lines of all containers, oldest first. Each has a place that counts from the first line ever kept.
#[derive(Debug)]
pub struct Buffer {
    lines: VecDeque<Line>,
    /// Arrived since the last [`Buffer::merge`].
    arrived: Vec<Line>,
    latest: Vec<Latest>,
    limit: usize,
    bytes: usize,
    /// Lines let go.
    gone: u32,
    /// The id of the next line.
    ids: NonZeroU32,
}

impl Default for Buffer {
    fn default() -> Self {
        Self::new(LIMIT)
    }
}

impl Buffer {
    /// An empty buffer that never takes more than about `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            lines: VecDeque::new(),
            arrived: Vec::new(),
            latest: Vec::new(),
            limit,
            bytes: 0,
            gone: 0,
            ids: NonZeroU32::MIN,
        }
    }

    /// Takes a line; [`Buffer::merge`] puts it in its place. One without a time is of the same time as the line before it.
    pub fn push(&mut self, source: u16, at: Option<Moment>, text: &str) {
        let index = usize::from(source);
        if self.latest.len() <= index {
            self.latest.resize(index + 1, Latest::default());
        }
        let latest = &mut self.latest[index];
        let shown = ansi::plain(text);
        let id = self.ids;
        self.ids = id.saturating_add(1);
        let part_of = latest.head.filter(|_| latest.trace.follows(&shown));
        if part_of.is_none() {
            // A container's own order holds, even where its clock was set back.
            latest.at = at.unwrap_or(latest.at).max(latest.at);
            latest.level = level::detect(&shown);
            latest.head = Some(id);
        }
        self.bytes += text.len() + OVERHEAD;
        let (at, level) = (latest.at, latest.level);
        self.arrived.push(Line { at, text: text.into(), id, source, level, part_of });
    }

    /// Puts what arrived in its place and lets the oldest lines go where there are too many. Gives the place from which on
    /// lines are new or at another place than before; `None` where nothing arrived.
    pub fn merge(&mut self) -> Option<u32> {
        let first = self.arrived.iter().map(Line::order).min()?;
        sort::by(&mut self.arrived, |a, b| a.order().cmp(&b.order()));
        let kept = self.lines.partition_point(|line| line.order() <= first);
        let changed = self.gone + kept as u32;
        let mut later = self.lines.split_off(kept);
        for line in self.arrived.drain(..) {
            while later.front().is_some_and(|it| it.order() <= line.order()) {
                self.lines.extend(later.pop_front());
            }
            self.lines.push_back(line);
        }
        self.lines.append(&mut later);
        while self.bytes > self.limit
            && let Some(line) = self.lines.pop_front()
        {
            self.bytes -= line.text.len() + OVERHEAD;
            self.gone += 1;
        }
        Some(changed.max(self.gone))
    }

    /// The place of the oldest line kept: as many were let go.
    pub fn first(&self) -> u32 {
        self.gone
    }

    /// The place after the newest line.
    pub fn end(&self) -> u32 {
        self.gone + self.lines.len() as u32
    }

    /// Whether there is no line.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The line at a place.
    pub fn get(&self, place: u32) -> Option<&Line> {
        self.lines.get(place.checked_sub(self.gone)? as usize)
    }

    /// All lines, oldest first.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter()
    }

    /// Bytes that the lines take.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(buffer: &Buffer) -> Vec<&str> {
        buffer.lines().map(|line| &*line.text).collect()
    }

    #[test]
    fn lines_of_many_containers_are_merged_by_time() {
        let mut buffer = Buffer::default();
        for (source, at, text) in [(0, 1, "a1"), (0, 5, "a5"), (1, 2, "b2"), (1, 5, "b5")] {
            buffer.push(source, Some(Moment(at)), text);
        }
        assert_eq!(buffer.merge(), Some(0));
        assert_eq!(texts(&buffer), ["a1", "b2", "a5", "b5"]);
        buffer.push(0, Some(Moment(6)), "a6");
        assert_eq!(buffer.merge(), Some(4));
        buffer.push(1, Some(Moment(5)), "b5 too");
        buffer.push(1, None, "b5 rest");
        assert_eq!(buffer.merge(), Some(4));
        assert_eq!(texts(&buffer), ["a1", "b2", "a5", "b5", "b5 too", "b5 rest", "a6"]);
        assert_eq!(buffer.merge(), None);
    }

    #[test]
    fn a_trace_stays_together_and_is_as_grave_as_its_head() {
        let mut buffer = Buffer::default();
        buffer.push(0, Some(Moment(1)), "\u{1b}[31mERROR\u{1b}[0m no");
        buffer.push(0, Some(Moment(3)), "\tat a.B.c(B.java:1)");
        buffer.push(1, Some(Moment(2)), "INFO between");
        buffer.merge();
        assert_eq!(texts(&buffer)[1], "\tat a.B.c(B.java:1)");
        let line = buffer.get(1).unwrap();
        let head = buffer.get(0).unwrap().id;
        assert_eq!((line.part_of, line.level, line.at()), (Some(head), Some(Level::Error), Moment(1)));
    }

    #[test]
    fn the_oldest_lines_go_where_there_are_too_many() {
        let mut buffer = Buffer::new(10 * (OVERHEAD + 4));
        for at in 0..25 {
            buffer.push(0, Some(Moment(at)), &format!("{at:04}"));
        }
        assert_eq!(buffer.merge(), Some(15));
        assert_eq!((buffer.first(), buffer.end(), buffer.bytes()), (15, 25, 10 * (OVERHEAD + 4)));
        assert_eq!(buffer.get(14), None);
        assert_eq!(&*buffer.get(15).unwrap().text, "0015");
        // One that is larger than all of it leaves nothing.
        buffer.push(0, Some(Moment(99)), &"x".repeat(10_000));
        buffer.merge();
        assert!(buffer.is_empty() && buffer.bytes() == 0 && buffer.first() == buffer.end());
    }

    proptest! {
        #[test]
        fn order_bounds_and_places_hold_whatever_arrives(
            batches in prop::collection::vec(prop::collection::vec((0_u16..3, 0_i64..50, 0_usize..40), 0..30), 0..12),
        ) {
            let limit = 40 * OVERHEAD;
            let mut buffer = Buffer::new(limit);
            let mut clock = [0; 3];
            for batch in batches {
                let before: Vec<_> = buffer.lines().map(|line| line.id).collect();
                let first = buffer.first();
                for (source, step, size) in batch {
                    clock[usize::from(source)] += step;
                    buffer.push(source, Some(Moment(clock[usize::from(source)])), &"x".repeat(size));
                }
                let changed = buffer.merge().unwrap_or(buffer.end());
                prop_assert!(buffer.bytes() <= limit);
                prop_assert!(buffer.lines().zip(buffer.lines().skip(1)).all(|(a, b)| a.order() <= b.order()));
                for place in buffer.first()..changed.min(buffer.end()) {
                    prop_assert_eq!(buffer.get(place).map(|line| line.id), before.get((place - first) as usize).copied());
                }
            }
        }
    }
}
