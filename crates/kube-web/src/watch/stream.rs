//! Does what the machine says.

use super::machine::{Heard, Machine, Over, Step, slept};
use super::{Event, View, WatchParams};
use crate::api::{Api, selectors};
use crate::client::{BINARY, Sockets};
use crate::error::{Attempt, Error, from_status};
use crate::list::{Objects, Shape};
use crate::request::{JSON, Method, Request, with_query};
use crate::table::{IncludeObject, Row};
use crate::transport::Chunks;
use crate::wire::frames::Frame;
use crate::wire::lines::LineSplitter;
use futures::future::{self, Either, LocalBoxFuture};
use futures::stream::{self, LocalBoxStream, Stream, StreamExt};
use serde::de::DeserializeOwned;
use std::collections::VecDeque;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

/// How often an open watch looks at the clock.
const TICK: Duration = Duration::from_secs(10);

/// Watches objects: first all that are there, then every change, for as long as the stream is kept.
///
/// An `Err` says that the server cannot be heard at the moment and will be tried again, with a growing wait; the
/// next `Ok` says that it is back. The stream never ends by itself. A connection that breaks after it has worked is
/// taken up again without an error, and an expired resource version (410) leads to a new list without one.
/// Dropping the stream closes its connection.
pub fn watch<T: DeserializeOwned + 'static>(
    api: &Api,
    params: WatchParams,
) -> impl Stream<Item = Result<Event<T>, Error>> + use<T> {
    let metadata_only = params.view == View::Metadata;
    let shape = Objects { managed_fields: params.managed_fields, ..Objects::new(metadata_only) };
    watch_as(api.clone(), params, shape)
}

/// Watches the rows of a table, as [`watch`] does objects. [`WatchParams::view`] has no say here; what is raised in
/// [`Api::list_table`] is raised here too.
pub fn watch_table(
    api: &Api,
    params: WatchParams,
    include: IncludeObject,
) -> impl Stream<Item = Result<Event<Row>, Error>> + use<> {
    watch_as(api.clone(), params, api.rows(include))
}

fn watch_as<S: Shape>(
    api: Api,
    params: WatchParams,
    shape: S,
) -> impl Stream<Item = Result<Event<S::Object>, Error>> {
    let accept = Accept { list: shape.accept_list(), watch: shape.accept_watch(), query: shape.query() };
    let mind = Mind { machine: Machine::new(accept.watch.is_none()), shape };
    let hands = Hands::new(api, params, accept);
    stream::unfold((mind, hands), |(mut mind, mut hands)| async move {
        loop {
            if let Some(event) = mind.machine.tell() {
                return Some((event, (mind, hands)));
            }
            hands.turn(&mut mind).await;
        }
    })
}

/// What a watch knows and decides: all that depends on the type of its objects, and no I/O. The I/O sees it as
/// [`Decide`], so that a program carries that code once and not once per type.
struct Mind<S: Shape> {
    machine: Machine<S::Object>,
    shape: S,
}

trait Decide {
    fn step(&self, sockets_forbidden: bool) -> Step;
    fn listed(&mut self, page: Result<Vec<u8>, Error>, random: f64);
    fn opened(&mut self, over: Over, now: u64, random: f64) -> bool;
    fn refused(&mut self, over: Over, error: Error, random: f64);
    fn heard(&mut self, event: &[u8], attempt: &Attempt, now: u64, random: f64);
    fn closed(&mut self, error: Option<Error>, now: u64, random: f64);
    fn ticked(&mut self, now: u64);
    fn woken(&mut self, now: u64);
    fn waited(&mut self);
}

impl<S: Shape> Decide for Mind<S> {
    fn step(&self, sockets_forbidden: bool) -> Step {
        self.machine.step(sockets_forbidden)
    }

    fn listed(&mut self, page: Result<Vec<u8>, Error>, random: f64) {
        let page = page.and_then(|body| self.shape.page(&body));
        self.machine.listed(page, random);
    }

    fn opened(&mut self, over: Over, now: u64, random: f64) -> bool {
        self.machine.opened(over, now, random)
    }

    fn refused(&mut self, over: Over, error: Error, random: f64) {
        self.machine.refused(over, error, random);
    }

    fn heard(&mut self, event: &[u8], attempt: &Attempt, now: u64, random: f64) {
        let heard = match Frame::read(event) {
            Ok(Some(Frame::Apply(object))) => Heard::Apply(self.shape.event(object)),
            Ok(Some(Frame::Delete(object))) => Heard::Delete(self.shape.event(object)),
            Ok(Some(Frame::Bookmark(version))) => Heard::Bookmark(version),
            Ok(Some(Frame::Error(status))) => Heard::Error(from_status(attempt, *status, None)),
            Ok(None) => return,
            Err(error) => Heard::Error(error),
        };
        self.machine.heard(heard, now, random);
    }

    fn closed(&mut self, error: Option<Error>, now: u64, random: f64) {
        self.machine.closed(error, now, random);
    }

    fn ticked(&mut self, now: u64) {
        self.machine.ticked(now);
    }

    fn woken(&mut self, now: u64) {
        self.machine.woken(now);
    }

    fn waited(&mut self) {
        self.machine.waited();
    }
}

/// What does the I/O of a watch.
struct Hands {
    api: Api,
    params: WatchParams,
    accept: Accept,
    wakes: LocalBoxStream<'static, ()>,
    connection: Option<Connection>,
}

/// How the shape of a watch is asked for.
struct Accept {
    list: &'static str,
    watch: Option<&'static str>,
    query: Option<(&'static str, &'static str)>,
}

/// An open watch: pieces of bytes, cut into events.
struct Connection {
    chunks: Chunks,
    /// A stream's pieces end anywhere; a socket's are one event each.
    splitter: Option<LineSplitter>,
    ready: VecDeque<Vec<u8>>,
    attempt: Attempt,
}

impl Hands {
    fn new(api: Api, params: WatchParams, accept: Accept) -> Self {
        // A transport that has no more to say must not be heard as waking all the time.
        let wakes = api.client().wakes().chain(stream::pending()).boxed_local();
        Self { api, params, accept, wakes, connection: None }
    }

    /// Does the next thing that is to be done.
    async fn turn(&mut self, mind: &mut dyn Decide) {
        match mind.step(self.api.client().sockets() == Sockets::Forbidden) {
            Step::List(token) => {
                let page = self.list(token.as_deref()).await;
                mind.listed(page, self.random());
            }
            Step::Watch { version, over } => {
                // What was told is heard first: to show a list is more urgent than to make a connection.
                pause().await;
                self.open(mind, &version, over).await;
            }
            Step::Hear => self.hear(mind).await,
            Step::Wait(time) => {
                let wait = self.api.client().transport().sleep(time);
                match future::select(wait, self.wakes.next()).await {
                    Either::Left(_) => mind.waited(),
                    Either::Right(_) => mind.woken(self.now()),
                }
            }
        }
    }

    async fn list(&mut self, token: Option<&str>) -> Result<Vec<u8>, Error> {
        let params = self.params.list(token.is_none());
        let request = self.api.page_request(self.accept.list, self.accept.query, &params, token)?;
        Ok(self.api.client().send_for_json(request).await?.body)
    }

    async fn open(&mut self, mind: &mut dyn Decide, version: &str, over: Over) {
        self.connection = None;
        // One that was being made while the machine slept may never be answered; it is made anew.
        let Some(connection) = self.unless_asleep(self.connect(version, over)).await else { return };
        match connection {
            Ok(connection) => {
                let keep = mind.opened(over, self.now(), self.random());
                self.connection = keep.then_some(connection);
                let client = self.api.client();
                match (over, client.sockets()) {
                    (Over::Socket, _) => client.set_sockets(Sockets::Work),
                    // Where one socket has worked, another's failure is not the proxy's doing.
                    (Over::Stream, Sockets::Untried) if !keep => client.set_sockets(Sockets::Forbidden),
                    (Over::Stream, _) => {}
                }
            }
            Err(error) => mind.refused(over, error, self.random()),
        }
    }

    /// What comes of `task`; `None` as soon as the machine is found to have slept meanwhile.
    async fn unless_asleep<T>(&self, task: impl Future<Output = T>) -> Option<T> {
        let mut task = pin!(task);
        let mut before = self.now();
        loop {
            let tick = self.api.client().transport().sleep(TICK);
            match future::select(task.as_mut(), tick).await {
                Either::Left((done, _)) => return Some(done),
                Either::Right(_) if slept(before, self.now()) => return None,
                Either::Right(_) => before = self.now(),
            }
        }
    }

    async fn connect(&self, version: &str, over: Over) -> Result<Connection, Error> {
        let lifetime = self.params.lifetime.as_secs().to_string();
        let mut pairs = vec![("watch", "true"), ("timeoutSeconds", &lifetime)];
        pairs.extend(selectors(&self.params.labels, &self.params.fields));
        pairs.extend([("allowWatchBookmarks", "true"), ("resourceVersion", version)]);
        let path = self.api.path()?;
        let client = self.api.client();
        let (chunks, splitter) = match over {
            Over::Socket => (client.socket(&with_query(&path, &pairs), BINARY).await?, None),
            Over::Stream => {
                pairs.extend(self.accept.query);
                let request =
                    Request::get(with_query(&path, &pairs)).accepting(self.accept.watch.unwrap_or(JSON));
                // An event is one object, and etcd keeps none above a few megabytes: no limit is needed.
                (client.open(request).await?, Some(LineSplitter::new(usize::MAX)))
            }
        };
        let attempt = Attempt::of(Method::Get, &format!("{path}?watch=true"));
        Ok(Connection { chunks, splitter, ready: VecDeque::new(), attempt })
    }

    /// Waits for what the open watch says next, or for what puts it in doubt.
    async fn hear(&mut self, mind: &mut dyn Decide) {
        let Some(connection) = &mut self.connection else {
            return mind.closed(None, self.now(), self.random());
        };
        let tick = self.api.client().transport().sleep(TICK);
        let happened = connection.happens(tick, &mut self.wakes).await;
        let transport = self.api.client().transport();
        let (now, random) = (transport.now_ms(), transport.random());
        match happened {
            Happened::Event(bytes) => mind.heard(&bytes, &connection.attempt, now, random),
            Happened::Nothing => {}
            Happened::Tick => mind.ticked(now),
            Happened::Wake => mind.woken(now),
            Happened::Closed(words) => mind.closed(words.map(Error::Unreachable), now, random),
        }
        // Once the mind has turned to something else, the connection is of no more use.
        if mind.step(false) != Step::Hear {
            self.connection = None;
        }
    }

    fn now(&self) -> u64 {
        self.api.client().transport().now_ms()
    }

    fn random(&self) -> f64 {
        self.api.client().transport().random()
    }
}

/// Is pending once.
async fn pause() {
    let mut paused = false;
    future::poll_fn(|context| {
        if std::mem::replace(&mut paused, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

enum Happened {
    Event(Vec<u8>),
    Nothing,
    Tick,
    Wake,
    Closed(Option<String>),
}

impl Connection {
    async fn happens(
        &mut self,
        tick: LocalBoxFuture<'static, ()>,
        wakes: &mut LocalBoxStream<'static, ()>,
    ) -> Happened {
        if let Some(event) = self.ready.pop_front() {
            return Happened::Event(event);
        }
        let interruption = future::select(tick, wakes.next());
        match future::select(self.chunks.next(), interruption).await {
            Either::Left((Some(Ok(piece)), _)) => match &mut self.splitter {
                Some(splitter) => {
                    self.ready.extend(splitter.push(&piece));
                    Happened::Nothing
                }
                None => Happened::Event(piece),
            },
            Either::Left((Some(Err(words)), _)) => Happened::Closed(Some(words)),
            // Half an event that is left over is told again, whole, after the resume.
            Either::Left((None, _)) => Happened::Closed(None),
            Either::Right((Either::Left(_), _)) => Happened::Tick,
            Either::Right((Either::Right(_), _)) => Happened::Wake,
        }
    }
}
