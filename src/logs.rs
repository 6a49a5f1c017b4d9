//! The logs of containers, read into one buffer: what is there already over fetch, two logs at a time, and what is
//! written from then on over WebSockets, which take none of the browser's few connections to a host.

use std::{collections::VecDeque, time::Duration};

use futures::{StreamExt, channel::mpsc, future, pin_mut};
use kube_web::{Api, LogLine, LogParams, Resource};
use leptos::prelude::*;
use rootcause_domain::{
    logs::{
        buffer::Buffer,
        reading::Reading,
        resume::{Moment, Resume},
        source::Source,
        view::{Filter, Row, View},
    },
    objects::{FromObject, Pod},
};
use serde_json::Value;

use crate::{
    browser::clock,
    live::{Scope, sleep, spawn_scoped},
    reactive::RwSignal,
    session::Session,
    words::{Problem, ProblemKind},
};

/// Lines that arrive within this time are shown together.
const GATHER: Duration = Duration::from_millis(100);

/// How long lines are gone through before the page gets its turn, in milliseconds: half a frame.
const SLICE_MS: i64 = 8;

/// Lines gone through between two looks at the clock.
const STEP: u32 = 500;

/// The pause before a log is asked for again: after new lines, and the longest where there are none.
const AGAIN: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(15));

/// A socket that said nothing for so long may be dead without knowing: the log is opened again.
const SILENCE: Duration = Duration::from_secs(90);

/// WebSockets of one page: browsers allow 255 to all hosts, and the watches need theirs.
const SOCKETS: usize = 60;

/// How often the pods of a namespace that is not watched are listed.
const RELIST: Duration = Duration::from_secs(10);

/// Which lines of each log are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The run before the latest restart.
    pub previous: bool,
    /// Only so many of the lines that are there already.
    pub tail: Option<u32>,
    /// Only lines of the last so many seconds.
    pub since: Option<u32>,
}

/// The logs of some containers, being read for as long as the reactive owner lives that it was made under.
#[derive(Clone, Copy)]
pub struct Logs {
    api: StoredValue<Api, LocalStorage>,
    wanted: StoredValue<Wanted>,
    text: StoredValue<Text, LocalStorage>,
    /// The containers in the order in which they were found: a line's source is an index into it.
    pub sources: RwSignal<Vec<(Source, Reading)>>,
    /// Changes when there is something else to show.
    pub changed: RwSignal<u32>,
    wake: StoredValue<mpsc::Sender<()>>,
    /// Histories are read in two lanes.
    lanes: StoredValue<Lanes, LocalStorage>,
    /// Under which each log is read: an effect that finds a container runs again for the next.
    scope: StoredValue<Scope>,
}

/// Which of the logs that wait may read its history next.
#[derive(Default)]
struct Lanes {
    busy: usize,
    waiting: VecDeque<futures::channel::oneshot::Sender<()>>,
}

/// The lines, and which of them are shown.
#[derive(Default)]
struct Text {
    buffer: Buffer,
    view: View,
    /// Lines that were not all UTF-8.
    broken: u32,
}

/// Where the shown rows begin and end, and how many lines there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    pub first_row: u32,
    pub end_row: u32,
    /// Shown lines, with those that were shown and let go.
    pub shown: u32,
    /// Lines kept, lines let go, lines that were not all text.
    pub lines: u32,
    pub gone: u32,
    pub broken: u32,
    /// How much of them has been searched, in percent.
    pub searched: u32,
}

impl Logs {
    /// Begins with no container.
    pub fn open(session: Session, namespace: &str, wanted: Wanted) -> Self {
        let (wake, woken) = mpsc::channel(1);
        let logs = Self {
            api: StoredValue::new_local(session.api_in(Resource::PODS, namespace)),
            wanted: StoredValue::new(wanted),
            text: StoredValue::new_local(Text::default()),
            sources: RwSignal::new(Vec::new()),
            changed: RwSignal::new(0),
            wake: StoredValue::new(wake),
            lanes: StoredValue::new_local(Lanes::default()),
            scope: StoredValue::new(Scope::here()),
        };
        spawn_scoped(logs.lay_out(woken));
        logs
    }

    /// Reads the logs of these containers as well; those that are read already go on.
    pub fn read(self, found: Vec<Source>) {
        let previous = self.wanted.with_value(|it| it.previous);
        let mut begin = Vec::new();
        self.sources.update(|known| {
            for source in found {
                let at = known.iter().position(|(it, _)| it.is(&source)).unwrap_or_else(|| {
                    known.push((source.clone(), Reading::NotStarted));
                    known.len() - 1
                });
                let (before, reading) = &mut known[at];
                *before = source;
                if *reading == Reading::NotStarted && before.started {
                    *reading = if previous && !before.has_previous {
                        Reading::NoPrevious
                    } else {
                        begin.push((at, before.clone()));
                        Reading::Loading
                    };
                }
            }
        });
        for (at, source) in begin {
            self.scope.get_value().spawn(self.follow(at, source));
        }
    }

    /// Shows other lines, or shows them in another way.
    pub fn show(self, filter: Filter) {
        self.text.update_value(|it| it.view.show(filter));
        self.woken();
    }

    /// Folds or unfolds a stack trace.
    pub fn toggle(self, row: &Row) {
        self.text.update_value(|it| it.view.toggle(row.id, row.place));
        self.woken();
    }

    pub fn extent(self) -> Extent {
        self.changed.track();
        self.text.with_value(|Text { buffer, view, broken }| Extent {
            first_row: view.first_row(),
            end_row: view.end_row(),
            shown: view.shown(),
            lines: buffer.end() - buffer.first(),
            gone: buffer.first(),
            broken: *broken,
            searched: view.progress(buffer),
        })
    }

    /// The rows of these numbers.
    pub fn rows(self, numbers: std::ops::Range<u32>) -> Vec<Row> {
        self.changed.track();
        self.text.with_value(|it| it.view.rows(&it.buffer, numbers))
    }

    /// A line as it was written.
    pub fn line(self, place: u32) -> Option<String> {
        self.text.with_value(|it| it.buffer.get(place).map(|line| line.text.to_string()))
    }

    /// All shown lines as text, each with its time and, where there are several, its container; in pieces of about a
    /// megabyte.
    pub fn download(self) -> Vec<String> {
        let names: Vec<String> =
            self.sources.with_untracked(|it| it.iter().map(|(source, _)| source.name()).collect());
        let mut pieces = vec![String::new()];
        self.text.with_value(|it| {
            for line in it.view.places().filter_map(|place| it.buffer.get(place)) {
                if pieces.last().is_some_and(|piece| piece.len() > 1 << 20) {
                    pieces.push(String::new());
                }
                let Some(piece) = pieces.last_mut() else { return };
                piece.push_str(&line.at().timestamp().to_string());
                piece.push(' ');
                if names.len() > 1 {
                    piece.push_str(names.get(usize::from(line.source)).map_or("", String::as_str));
                    piece.push(' ');
                }
                piece.push_str(&line.text);
                piece.push('\n');
            }
        });
        pieces
    }

    fn woken(self) {
        // A full channel has been told already.
        self.wake.update_value(|it| drop(it.try_send(())));
    }

    /// Puts lines that arrived in their places and goes through them, a little at a time.
    async fn lay_out(self, mut woken: mpsc::Receiver<()>) {
        while woken.next().await.is_some() {
            let mut more = true;
            while more {
                let until = clock::now().as_millisecond() + SLICE_MS;
                self.text.update_value(|Text { buffer, view, .. }| {
                    if let Some(place) = buffer.merge() {
                        view.restart(place);
                    }
                    while more && clock::now().as_millisecond() < until {
                        more = view.advance(buffer, STEP);
                    }
                });
                self.changed.update(|it| *it = it.wrapping_add(1));
                sleep(if more { Duration::ZERO } else { GATHER }).await;
            }
        }
    }

    fn set(self, at: usize, reading: Reading) {
        if self.sources.with_untracked(|it| it.get(at).is_some_and(|(_, before)| *before != reading)) {
            self.sources.update(|it| it[at].1 = reading);
        }
    }

    fn is_running(self, at: usize) -> bool {
        self.sources.with_untracked(|it| it.get(at).is_some_and(|(source, _)| source.running))
    }

    /// Reads one container's log for as long as there is something to read.
    async fn follow(self, at: usize, source: Source) {
        let wanted = self.wanted.get_value();
        let mut resume = Resume::default();
        let mut wait = AGAIN.0;
        let mut first = true;
        loop {
            let since = resume.since();
            let base = LogParams {
                container: source.container.clone(),
                previous: wanted.previous,
                timestamps: true,
                tail_lines: wanted.tail.filter(|_| since.is_none()),
                since_seconds: wanted.since.filter(|_| since.is_none()),
                ..LogParams::default()
            };
            resume.reopen();
            let history = LogParams { since_time: since, ..base.clone() };
            if first {
                self.enter().await;
            }
            let (mut new, end) = self.take(at, &source, &history, &mut resume).await;
            if std::mem::take(&mut first) {
                self.leave();
            }
            match end {
                Some(problem) if problem.kind == ProblemKind::Unreachable => {
                    self.set(at, Reading::Failed(problem.line()));
                }
                // Deleted meanwhile, which is no trouble once there are lines of it.
                Some(problem) if problem.kind == ProblemKind::NotFound && resume.since().is_some() => {
                    return self.set(at, Reading::Ended);
                }
                Some(problem) => {
                    self.set(at, Reading::Failed(problem.line()));
                    if matches!(problem.kind, ProblemKind::Forbidden(_) | ProblemKind::NotFound) {
                        return;
                    }
                }
                None if wanted.previous => return self.set(at, Reading::Ended),
                // It may run again, and then its log goes on.
                None if !self.is_running(at) => self.set(at, Reading::Ended),
                None if at < SOCKETS => {
                    self.set(at, Reading::Following);
                    resume.reopen();
                    let params = LogParams {
                        follow: true,
                        over_socket: true,
                        since_time: resume.since(),
                        tail_lines: base.tail_lines.filter(|_| resume.since().is_none()),
                        ..base
                    };
                    let (more, end) = self.take(at, &source, &params, &mut resume).await;
                    new |= more;
                    if end.is_some() {
                        self.set(at, Reading::Polled);
                    }
                }
                None => self.set(at, Reading::Polled),
            }
            wait = if new { AGAIN.0 } else { (wait * 2).min(AGAIN.1) };
            sleep(wait).await;
        }
    }

    /// Waits until one of the two lanes is free.
    async fn enter(self) {
        let mut turn = None;
        self.lanes.update_value(|it| {
            if it.busy < 2 {
                it.busy += 1;
            } else {
                let (go, wait) = futures::channel::oneshot::channel();
                it.waiting.push_back(go);
                turn = Some(wait);
            }
        });
        if let Some(turn) = turn {
            // The sender is only dropped with the page.
            let _ = turn.await;
        }
    }

    fn leave(self) {
        self.lanes.update_value(|it| match it.waiting.pop_front() {
            // A log that stopped waiting ends with the page as well.
            Some(next) => drop(next.send(())),
            None => it.busy -= 1,
        });
    }

    /// Takes what one request brings. Whether anything was new, and what ended it, if that was not the log's own end.
    async fn take(
        self,
        at: usize,
        source: &Source,
        params: &LogParams,
        resume: &mut Resume,
    ) -> (bool, Option<Problem>) {
        let api = self.api.get_value();
        let lines = kube_web::logs(&api, &source.pod, params);
        pin_mut!(lines);
        let mut new = false;
        loop {
            let silence = sleep(SILENCE);
            pin_mut!(silence);
            match future::select(lines.next(), silence).await {
                future::Either::Left((Some(Ok(lines)), _)) => {
                    self.text.update_value(|text| {
                        for line in lines {
                            new |= text.take(at, &line, resume);
                        }
                    });
                    self.woken();
                }
                future::Either::Left((Some(Err(error)), _)) => return (new, Some(Problem::from(&error))),
                future::Either::Left((None, _)) | future::Either::Right(_) => return (new, None),
            }
        }
    }
}

impl Text {
    fn take(&mut self, at: usize, line: &LogLine, resume: &mut Resume) -> bool {
        let (time, text) = match line.timestamp() {
            Some((time, text)) => (Moment::parse(time), text),
            None => (None, line.text()),
        };
        if !resume.accept(time) {
            return false;
        }
        self.broken += u32::from(std::str::from_utf8(&line.0).is_err());
        self.buffer.push(at as u16, time, &text);
        true
    }
}

/// The pods of a namespace that the page does not watch, listed now and then.
pub fn pods_of(session: Session, namespace: &str) -> RwSignal<Option<Result<Vec<Pod>, Problem>>> {
    let pods = RwSignal::new(None);
    let api = session.api_in(Resource::PODS, namespace);
    spawn_scoped(async move {
        loop {
            let listed = api.list::<Value>(&kube_web::ListParams::default()).await;
            pods.set(Some(match listed {
                Ok(list) => Ok(list.items.iter().filter_map(|it| it.ok().map(Pod::from_object)).collect()),
                Err(error) => Err(Problem::from(&error)),
            }));
            sleep(RELIST).await;
        }
    });
    pods
}
