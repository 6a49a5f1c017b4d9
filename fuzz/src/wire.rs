//! What an API server, or whoever answers in its place, sends.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use futures::executor::{LocalPool, block_on};
use futures::future::{self, LocalBoxFuture};
use futures::stream::{self, LocalBoxStream, Stream};
use futures::task::LocalSpawnExt;
use futures::{FutureExt, StreamExt};
use kube_web::request::{Method, Request};
use kube_web::transport::{Chunks, Headers, Outgoing, Response, Streaming, Transport};
use kube_web::{
    Api, ApiBase, Client, DeleteParams, Error, Event, IncludeObject, ListParams, LogParams, Message, Patch,
    Question, Resource, Store, View, WatchParams, WriteParams, logs, watch as watch_objects, watch_table,
};
use serde_json::{Value, json};

/// Answers everything with the same bytes, a few times.
struct Server {
    answer: Response,
    pieces: Vec<Vec<u8>>,
    left: Cell<u32>,
}

impl Server {
    fn client(answer: Response, pieces: Vec<Vec<u8>>) -> Client {
        Client::with_transport(ApiBase::new("/"), Rc::new(Self { answer, pieces, left: Cell::new(24) }))
    }

    /// Whether it still says anything.
    fn speaks(&self) -> bool {
        self.left.set(self.left.get().saturating_sub(1));
        self.left.get() > 0
    }

    fn chunks(&self) -> Chunks {
        stream::iter(self.pieces.clone().into_iter().map(Ok)).chain(stream::pending()).boxed_local()
    }
}

impl Transport for Server {
    fn send(&self, _: Outgoing) -> LocalBoxFuture<'static, Result<Response, String>> {
        let answer = if self.speaks() { Ok(self.answer.clone()) } else { Err("gone".to_owned()) };
        future::ready(answer).boxed_local()
    }

    fn open(&self, _: Outgoing) -> LocalBoxFuture<'static, Result<Streaming, String>> {
        let Response { status, headers, .. } = self.answer.clone();
        let body = self.chunks();
        future::ready(Ok(Streaming { status, headers, body })).boxed_local()
    }

    fn socket(
        &self,
        _: String,
        _: &'static [&'static str],
        _: Option<String>,
    ) -> LocalBoxFuture<'static, Result<Chunks, String>> {
        future::ready(Ok(self.chunks())).boxed_local()
    }

    fn sleep(&self, _: Duration) -> LocalBoxFuture<'static, ()> {
        if self.speaks() { future::ready(()).boxed_local() } else { future::pending().boxed_local() }
    }

    fn wakes(&self) -> LocalBoxStream<'static, ()> {
        stream::pending().boxed_local()
    }

    fn now_ms(&self) -> u64 {
        1_800_000_000_000 - u64::from(self.left.get()) * 1000
    }

    fn random(&self) -> f64 {
        0.5
    }
}

fn json_headers() -> Headers {
    Headers { content_type: "application/json".into(), ..Headers::default() }
}

/// Runs a stream until it waits for what never comes.
fn drain<T: 'static>(stream: impl Stream<Item = T> + 'static, each: impl FnMut(T) + 'static) {
    let mut each = each;
    let mut pool = LocalPool::new();
    let all = stream.for_each(move |item| {
        each(item);
        future::ready(())
    });
    assert!(pool.spawner().spawn_local(all).is_ok());
    pool.run_until_stalled();
}

fn into_store<T: 'static>(stream: impl Stream<Item = Result<Event<T>, Error>> + 'static) {
    let mut store = Store::new();
    drain(stream, move |event| match event {
        Ok(event) => drop(store.apply(event)),
        Err(error) => drop(error.to_string()),
    });
}

/// Events of a watch, one a line: as objects over a WebSocket, as metadata and as a table over a stream whose pieces end
/// anywhere.
pub fn watch(data: &[u8]) {
    let list = Response {
        status: 200,
        headers: json_headers(),
        body: br#"{"metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"a","namespace":"n"}}]}"#
            .to_vec(),
    };
    let _ = Message::read(data.to_vec());
    let lines = || data.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let pieces = || data.chunks(7).map(<[u8]>::to_vec).collect();
    let pods = |client: Client| client.namespaced(Resource::PODS, "n");
    let params = WatchParams::default();
    into_store(watch_objects::<Value>(&pods(Server::client(list.clone(), lines())), params.clone()));
    let metadata = WatchParams { view: View::Metadata, ..params.clone() };
    into_store(watch_objects::<Value>(&pods(Server::client(list.clone(), pieces())), metadata));
    into_store(watch_table(&pods(Server::client(list, pieces())), params, IncludeObject::None));
}

/// One body as whatever was asked for.
pub fn list(data: &[u8]) {
    let answer = Response { status: 200, headers: json_headers(), body: data.to_vec() };
    let client = || Server::client(answer.clone(), vec![data.to_vec()]);
    let api = || -> Api { client().namespaced(Resource::SECRETS, "n") };
    block_on(async {
        let params = ListParams::default();
        let _ = api().list::<Value>(&params).await;
        let _ = api().list_metadata::<Value>(&params).await;
        if let Ok(table) = api().list_table(&params, IncludeObject::Metadata).await {
            for row in table.rows.iter().filter_map(|it| it.ok()) {
                for column in table.columns.iter() {
                    let _ = row.text(&column.name);
                }
            }
        }
        let _ = api().get::<Value>("a").await;
        let _ = api().create::<Value>(&json!({}), &WriteParams::default()).await;
        let _ = api().patch::<Value>("a", &Patch::Merge(json!({})), &WriteParams::default()).await;
        let _ = api().delete("a", &DeleteParams::default()).await;
        let _ = client().version().await;
        let _ = client().who_am_i().await;
        let _ = client().can_i(&Question::default()).await;
        if let Ok(found) = client().discover().await {
            let _ = (found.find_kind("Pod"), found.find_group(""));
            for one in &found.resources {
                let _ = (one.allows("list"), one.resource.path(Some("n")));
            }
        }
    });
    let params = LogParams { timestamps: true, ..LogParams::default() };
    drain(logs(&client().namespaced(Resource::PODS, "n"), "p", &params), |lines| {
        for line in lines.into_iter().flatten() {
            let _ = (line.text(), line.timestamp());
        }
    });
}

/// An answer that is no success: its status in two bytes, a header, a line feed, the body.
pub fn answer(data: &[u8]) {
    let Some((&[high, low], rest)) = data.split_first_chunk() else { return };
    let cut = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    let header = String::from_utf8_lossy(&rest[..cut]).into_owned();
    let headers = Headers::read(|_| Some(header.clone()));
    let body = rest.get(cut + 1..).unwrap_or_default().to_vec();
    let status = u16::from_be_bytes([high, low]) % 600;
    for method in [Method::Get, Method::Patch] {
        let answer = Response { status, headers: headers.clone(), body: body.clone() };
        let client = Server::client(answer, vec![body.clone()]);
        let path =
            if header.starts_with('/') { header.clone() } else { "/api/v1/namespaces/n/pods/p".to_owned() };
        let request = Request { method, ..Request::get(path) };
        if let Err(error) = block_on(client.send(request)) {
            let _ = (error.to_string(), error.is_transient(), error.outcome_unknown(), error.retry_after());
            assert!(error.status().is_none_or(|it| it.code == status));
        }
        let _ = client.clock_skew_ms();
    }
}
