//! Does what the machine says.

use super::machine::{Heard, Machine, Over, Step};
use super::{Event, View, WatchParams};
use crate::api::{Api, add_query, unsendable};
use crate::client::Sockets;
use crate::error::{Attempt, Error, from_status};
use crate::list::{Objects, Page, Shape};
use crate::table::{IncludeObject, Row};
use crate::transport::Chunks;
use crate::wire::frames::Frame;
use crate::wire::lines::LineSplitter;
use futures::future::{self, Either, LocalBoxFuture};
use futures::stream::{self, LocalBoxStream, Stream, StreamExt};
use http::header::{ACCEPT, HeaderValue};
use serde::de::DeserializeOwned;
use std::collections::VecDeque;
use std::marker::PhantomData;
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
    watch_as(api.clone(), params, Objects { metadata_only, view: PhantomData })
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
    let machine = Machine::new(params.lifetime, shape.accept_watch().is_none());
    // A transport that has no more to say must not be heard as waking all the time.
    let wakes = api.client().transport().wakes().chain(stream::pending()).boxed_local();
    let watcher = Watcher { api, params, shape, machine, wakes, connection: None };
    stream::unfold(watcher, |mut watcher| async move { Some((watcher.next().await, watcher)) })
}

struct Watcher<S: Shape> {
    api: Api,
    params: WatchParams,
    shape: S,
    machine: Machine<S::Object>,
    wakes: LocalBoxStream<'static, ()>,
    connection: Option<Connection>,
}

/// An open watch: pieces of bytes, cut into events.
struct Connection {
    chunks: Chunks,
    /// A stream's pieces end anywhere; a socket's are one event each.
    splitter: Option<LineSplitter>,
    ready: VecDeque<Vec<u8>>,
    attempt: Attempt,
}

impl<S: Shape> Watcher<S> {
    async fn next(&mut self) -> Result<Event<S::Object>, Error> {
        loop {
            if let Some(event) = self.machine.tell() {
                return event;
            }
            match self.machine.step(self.api.client().sockets() == Sockets::Forbidden) {
                Step::List(token) => {
                    let page = self.list(token.as_deref()).await;
                    self.machine.listed(page, self.random());
                }
                Step::Watch { version, over } => self.open(&version, over).await,
                Step::Hear => self.hear().await,
                Step::Wait(time) => {
                    let wait = self.api.client().transport().sleep(time);
                    match future::select(wait, self.wakes.next()).await {
                        Either::Left(_) => self.machine.waited(),
                        Either::Right(_) => {
                            let _no_connection = self.machine.woken(self.now());
                        }
                    }
                }
            }
        }
    }

    async fn list(&mut self, token: Option<&str>) -> Result<Page<S::Object>, Error> {
        let request = self.api.page_request(&self.shape, &self.params.list(), token)?;
        let response = self.api.client().send_for_json(request).await?;
        self.shape.page(&response.body)
    }

    async fn open(&mut self, version: &str, over: Over) {
        self.connection = None;
        match self.connect(version, over).await {
            Ok(connection) => {
                self.connection = Some(connection);
                let upgrades_fail = self.machine.opened(over, self.now());
                let client = self.api.client();
                match (over, client.sockets()) {
                    (Over::Socket, _) => client.set_sockets(Sockets::Work),
                    // Where one socket has worked, another's failure is not the proxy's doing.
                    (Over::Stream, Sockets::Untried) if upgrades_fail => {
                        client.set_sockets(Sockets::Forbidden)
                    }
                    (Over::Stream, _) => {}
                }
            }
            Err(error) => self.machine.refused(over, error, self.random()),
        }
    }

    async fn connect(&self, version: &str, over: Over) -> Result<Connection, Error> {
        let params = kube_core::params::WatchParams {
            label_selector: crate::list::some(&self.params.labels),
            field_selector: crate::list::some(&self.params.fields),
            timeout: Some(u32::try_from(self.params.lifetime.as_secs()).unwrap_or(u32::MAX)),
            bookmarks: true,
            send_initial_events: false,
        };
        let mut request = self.api.request()?.watch(&params, version).map_err(unsendable)?;
        let attempt = Attempt::of(request.method(), request.uri());
        let client = self.api.client();
        let (chunks, splitter) = match over {
            Over::Socket => (client.socket(&request.uri().to_string()).await?, None),
            Over::Stream => {
                let accept = self.shape.accept_watch().unwrap_or(crate::list::JSON);
                request.headers_mut().insert(ACCEPT, HeaderValue::from_static(accept));
                add_query(&mut request, self.shape.query())?;
                // An event is one object, and etcd keeps none above a few megabytes: no limit is needed.
                (client.open(request).await?, Some(LineSplitter::new(usize::MAX)))
            }
        };
        Ok(Connection { chunks, splitter, ready: VecDeque::new(), attempt })
    }

    /// Waits for what the open watch says next, or for what puts it in doubt.
    async fn hear(&mut self) {
        let happened = match &mut self.connection {
            Some(connection) => {
                let tick = self.api.client().transport().sleep(TICK);
                connection.happens(tick, &mut self.wakes).await
            }
            None => Happened::Closed(None),
        };
        let (now, random) = (self.now(), self.random());
        let keep = match happened {
            Happened::Event(bytes) => {
                let attempt = self.connection.as_ref().map(|connection| &connection.attempt);
                match read(&mut self.shape, attempt, &bytes) {
                    Ok(Some(heard)) => self.machine.heard(heard, now, random),
                    Ok(None) => {}
                    Err(error) => self.machine.heard(Heard::Error(error), now, random),
                }
                true
            }
            Happened::Nothing => true,
            Happened::Tick => !self.machine.ticked(now),
            Happened::Wake => !self.machine.woken(now),
            Happened::Closed(words) => {
                self.machine.closed(words.map(Error::Unreachable), now, random);
                false
            }
        };
        // After an error the machine has turned to something else, and the connection is of no more use.
        if !keep || self.machine.step(false) != Step::Hear {
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

/// Reads one event in the shape that was asked for.
fn read<S: Shape>(
    shape: &mut S,
    attempt: Option<&Attempt>,
    bytes: &[u8],
) -> Result<Option<Heard<S::Object>>, Error> {
    Ok(Frame::read(bytes)?.map(|frame| match frame {
        Frame::Apply(object) => Heard::Apply(shape.event(object)),
        Frame::Delete(object) => Heard::Delete(shape.event(object)),
        Frame::Bookmark(version) => Heard::Bookmark(version),
        Frame::Error(status) => {
            Heard::Error(from_status(attempt.unwrap_or(&Attempt::default()), *status, None))
        }
    }))
}
