//! What a watch does next. Pure: told what happened, it says what to do and what to tell.

use super::Event;
use super::backoff::Backoff;
use crate::error::Error;
use crate::item::Item;
use crate::list::Page;
use std::collections::VecDeque;
use std::time::Duration;

/// A connection that lived this long was a good one, whatever ended it.
const PROVEN: u64 = 5_000;

/// How many sockets in a row must fail to open before a stream is asked why.
const SOCKET_TRIES: u32 = 2;

/// Where no socket gets through, the list is read this often in place of a watch.
const POLL: Duration = Duration::from_secs(5);

/// Every so many of those lists a socket is tried again: what looked like a rule may have been an outage.
const POLLS_PER_SOCKET: u32 = 12;

/// A connection silent for this long may have died unnoticed: it is made anew. Bookmarks come about once a minute.
const DOUBTFUL: u64 = 75_000;

/// A clock that jumps this far between two ticks stood still: the machine slept. Browsers slow the timers of hidden
/// pages down to one a minute, which is no jump.
const JUMP: u64 = 90_000;

/// Whether the machine slept between two ticks of the clock.
pub fn slept(before: u64, now: u64) -> bool {
    now.saturating_sub(before) > JUMP
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Read a page of the list, with this continue token.
    List(Option<String>),
    /// Watch from this resource version on.
    Watch { version: String, over: Over },
    /// Go on with the open watch.
    Hear,
    /// Wait, then call [`Machine::waited`].
    Wait(Duration),
}

/// What carries a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    Socket,
    Stream,
}

/// What an open watch said.
#[derive(Debug)]
pub enum Heard<T> {
    /// Objects changed, up to this resource version.
    Apply(Vec<Item<T>>),
    /// Objects went.
    Delete(Vec<Item<T>>),
    /// Nothing happened up to this resource version.
    Bookmark(String),
    /// The server ends the watch with an error.
    Error(Error),
}

#[derive(Debug)]
enum Phase {
    List(Option<String>),
    Watch,
    Open { since: u64, heard: u64, tick: u64, proven: bool },
    Wait { time: Duration, then: Next },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Relist,
    Resume,
}

/// The state of one watch.
pub struct Machine<T> {
    phase: Phase,
    version: String,
    told: VecDeque<Result<Event<T>, Error>>,
    backoff: Backoff,
    socket_allowed: bool,
    socket_failures: u32,
    /// Lists that stood in for a watch, and sockets that failed.
    polls: u32,
}

impl<T> Machine<T> {
    /// A watch that has not begun. `socket` tells whether a socket can carry it.
    pub fn new(socket: bool) -> Self {
        Self {
            phase: Phase::List(None),
            version: String::new(),
            told: VecDeque::new(),
            backoff: Backoff::default(),
            socket_allowed: socket,
            socket_failures: 0,
            polls: 0,
        }
    }

    /// The next thing to tell, before any further step.
    pub fn tell(&mut self) -> Option<Result<Event<T>, Error>> {
        self.told.pop_front()
    }

    /// The next thing to do. `sockets_forbidden` tells whether the page has learned that no socket gets through.
    pub fn step(&self, sockets_forbidden: bool) -> Step {
        match &self.phase {
            Phase::List(token) => Step::List(token.clone()),
            Phase::Watch => {
                let again = self.polls % POLLS_PER_SOCKET == POLLS_PER_SOCKET - 1;
                if self.socket_allowed && sockets_forbidden && !again {
                    return Step::Wait(POLL);
                }
                let socket =
                    self.socket_allowed && (sockets_forbidden || self.socket_failures < SOCKET_TRIES);
                let over = if socket { Over::Socket } else { Over::Stream };
                Step::Watch { version: self.version.clone(), over }
            }
            Phase::Open { .. } => Step::Hear,
            Phase::Wait { time, .. } => Step::Wait(*time),
        }
    }

    /// A page of the list came, or did not.
    pub fn listed(&mut self, page: Result<Page<T>, Error>, random: f64) {
        let first = matches!(self.phase, Phase::List(None));
        match page {
            Ok(page) => {
                if first {
                    self.told.push_back(Ok(Event::Init));
                }
                self.told.extend(page.items.into_iter().map(|item| Ok(Event::InitApply(item))));
                if page.next.is_some() {
                    self.phase = Phase::List(page.next);
                    return;
                }
                if page.resource_version.is_empty() {
                    let message = "it has no resourceVersion to watch from".to_owned();
                    return self.fail(Error::Decode { what: "list", message }, Next::Relist, random);
                }
                self.told.push_back(Ok(Event::InitDone));
                self.version = page.resource_version;
                self.phase = Phase::Watch;
            }
            // The continue token expired on the way: everything again, and nobody needs to know.
            Err(Error::Gone(_)) => self.relist(random),
            Err(error) => self.fail(error, Next::Relist, random),
        }
    }

    /// The watch opened. Returns whether it is to be kept: a stream in place of a socket was only to say why sockets
    /// fail, and did not. A page with streams for its watches would soon have none of its few connections left.
    pub fn opened(&mut self, over: Over, now: u64, random: f64) -> bool {
        if over == Over::Stream && self.socket_allowed {
            self.socket_failures = 0;
            self.wait(Next::Resume, random);
            return false;
        }
        self.socket_failures = 0;
        self.phase = Phase::Open { since: now, heard: now, tick: now, proven: false };
        self.told.push_back(Ok(Event::Live));
        true
    }

    /// The watch did not open.
    pub fn refused(&mut self, over: Over, error: Error, random: f64) {
        match (over, error) {
            // A socket does not say why it failed. A list does, if it fails as well.
            (Over::Socket, _) => {
                self.socket_failures += 1;
                self.polls += 1;
                self.relist(random);
            }
            (Over::Stream, Error::Gone(_)) => self.relist(random),
            (Over::Stream, error) => {
                let next = if error.is_transient() { Next::Resume } else { Next::Relist };
                self.fail(error, next, random);
            }
        }
    }

    /// The open watch said something.
    pub fn heard(&mut self, what: Heard<T>, now: u64, random: f64) {
        if let Heard::Error(error) = what {
            return match error {
                Error::Gone(_) => self.relist(random),
                error => self.fail(error, Next::Relist, random),
            };
        }
        if let Heard::Apply(items) | Heard::Delete(items) = &what
            && items.iter().any(|item| earlier(&item.meta.resource_version, &self.version))
        {
            // A watch tells what happened in the order in which it happened. One that does not has been tampered with
            // on the way, and what it left out nobody knows.
            return self.relist(random);
        }
        self.backoff.reset();
        if let Phase::Open { heard, proven, .. } = &mut self.phase {
            (*heard, *proven) = (now, true);
        }
        match what {
            Heard::Apply(items) => self.tell_all(items, Event::Apply),
            Heard::Delete(items) => self.tell_all(items, Event::Delete),
            Heard::Bookmark(version) => {
                self.advance(&version);
                self.told.push_back(Ok(Event::Live));
            }
            Heard::Error(_) => {}
        }
    }

    /// The open watch ended: cleanly, or with an error.
    pub fn closed(&mut self, error: Option<Error>, now: u64, random: f64) {
        let Phase::Open { since, proven, .. } = self.phase else { return };
        // A good connection that broke is taken up again at once, silently: if the server is really gone, that
        // fails, and says so.
        if proven || now.saturating_sub(since) >= PROVEN {
            self.backoff.reset();
            self.phase = Phase::Watch;
            return;
        }
        match error {
            Some(error) => self.fail(error, Next::Resume, random),
            None => self.wait(Next::Resume, random),
        }
    }

    /// A timer of an open watch went off. The connection is given up when the machine slept or the server was silent
    /// for too long: then the next step is no longer [`Step::Hear`].
    pub fn ticked(&mut self, now: u64) {
        let Phase::Open { heard, tick, .. } = &mut self.phase else { return };
        let slept = slept(*tick, now);
        let doubtful = now.saturating_sub(*heard) > DOUBTFUL;
        *tick = now;
        if slept || doubtful {
            self.phase = Phase::Watch;
        }
    }

    /// The network came back or the page was shown again. A wait ends at once. A connection that was silent for a
    /// while may have died unnoticed and is given up.
    pub fn woken(&mut self, now: u64) {
        match self.phase {
            Phase::Open { heard, .. } if now.saturating_sub(heard) > DOUBTFUL => self.phase = Phase::Watch,
            Phase::Wait { .. } | Phase::Watch => self.waited(),
            _ => {}
        }
    }

    /// The wait is over.
    pub fn waited(&mut self) {
        self.phase = match self.phase {
            Phase::Wait { then: Next::Relist, .. } => Phase::List(None),
            Phase::Wait { then: Next::Resume, .. } => Phase::Watch,
            // In place of a watch the list is read again.
            Phase::Watch => {
                self.backoff.reset();
                self.polls += 1;
                Phase::List(None)
            }
            _ => return,
        };
    }

    fn tell_all(&mut self, items: Vec<Item<T>>, event: impl Fn(Item<T>) -> Event<T>) {
        for item in items {
            self.advance(&item.meta.resource_version);
            self.told.push_back(Ok(event(item)));
        }
    }

    /// An object too malformed to say its version leaves the watch where it was: then it is told twice, at worst.
    fn advance(&mut self, version: &str) {
        if !version.is_empty() {
            version.clone_into(&mut self.version);
        }
    }

    /// Starts over without a word: at once the first time, with a wait when that was of no use.
    fn relist(&mut self, random: f64) {
        if self.backoff.is_fresh() {
            self.backoff.next(random);
            self.phase = Phase::List(None);
        } else {
            self.wait(Next::Relist, random);
        }
    }

    fn fail(&mut self, error: Error, then: Next, random: f64) {
        let asked = error.retry_after();
        self.told.push_back(Err(error));
        self.wait(then, random);
        if let (Some(asked), Phase::Wait { time, .. }) = (asked, &mut self.phase) {
            *time = (*time).max(asked);
        }
    }

    fn wait(&mut self, then: Next, random: f64) {
        self.phase = Phase::Wait { time: self.backoff.next(random), then };
    }
}

/// Whether a resource version is from before another. Those of one resource type are comparable as numbers (Kubernetes
/// 1.35, KEP-5504); of others nobody can tell.
fn earlier(version: &str, than: &str) -> bool {
    version.parse::<u128>().ok().zip(than.parse().ok()).is_some_and(|(version, than)| version < than)
}

#[cfg(test)]
mod tests;
