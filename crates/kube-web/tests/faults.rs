//! Every fault against every kind of request, over TCP: each cell of the matrix in `faults/matrix.rs`.

#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

#[allow(dead_code, reason = "some of it is for those who publish it")]
#[path = "faults/matrix.rs"]
mod matrix;
#[path = "faults/server.rs"]
mod server;
#[path = "real/tcp.rs"]
mod tcp;

use futures::StreamExt;
use futures::executor::block_on;
use futures::future::LocalBoxFuture;
use futures::stream::LocalBoxStream;
use kube_web::transport::{Chunks, Outgoing, Response, Streaming, Transport};
use kube_web::{
    Api, ApiBase, Client, Error, Event, ListParams, LogParams, Patch, Resource, Store, WatchParams,
    WriteParams, logs, watch,
};
use matrix::{ANSWERS, CLOCKS, CONNECTIONS, EVENTS, Fault, Kind, Outcome, Row, STALLS};
use serde_json::{Value, json};
use server::{LOG, RETRY_AFTER, Server, world};
use std::cell::Cell;
use std::fmt::Write as _;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, UNIX_EPOCH};

/// How much faster the client's time passes than the world's, so that its waits need not be waited for.
const FASTER: u32 = 20;

/// Since 1970.
fn now() -> Duration {
    UNIX_EPOCH.elapsed().unwrap()
}

/// TCP with a clock that runs fast.
struct Fast {
    tcp: tcp::Tcp,
    began: Duration,
    faster: u32,
}

impl Transport for Fast {
    fn send(&self, request: Outgoing) -> LocalBoxFuture<'static, Result<Response, String>> {
        self.tcp.send(request)
    }

    fn open(&self, request: Outgoing) -> LocalBoxFuture<'static, Result<Streaming, String>> {
        self.tcp.open(request)
    }

    fn socket(
        &self,
        url: String,
        protocols: &'static [&'static str],
        token: Option<String>,
    ) -> LocalBoxFuture<'static, Result<Chunks, String>> {
        self.tcp.socket(url, protocols, token)
    }

    fn sleep(&self, time: Duration) -> LocalBoxFuture<'static, ()> {
        self.tcp.sleep(time / self.faster)
    }

    fn wakes(&self) -> LocalBoxStream<'static, ()> {
        self.tcp.wakes()
    }

    fn now_ms(&self) -> u64 {
        let passed = (now() - self.began) * self.faster;
        u64::try_from((self.began + passed).as_millis()).unwrap()
    }

    fn random(&self) -> f64 {
        0.0
    }
}

fn client(server: &Server, faster: u32) -> Client {
    let tcp = tcp::Tcp { authority: server.authority(), sockets: Rc::new(Cell::new(0)) };
    Client::with_transport(ApiBase::new("/"), Rc::new(Fast { tcp, began: now(), faster }))
}

/// The `Date` of a server whose clock is an hour ahead.
fn date_header() -> String {
    // Days since 1970 are counted on from a date that is known.
    let seconds = now().as_secs() + 3600;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (mut year, mut day) = (1970, days);
    let length = |year: u64| {
        if year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400) {
            366
        } else {
            365
        }
    };
    while day >= length(year) {
        day -= length(year);
        year += 1;
    }
    let february = length(year) - 337;
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while day >= months[month] {
        day -= months[month];
        month += 1;
    }
    let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("date: Sun, {:02} {} {year} {hour:02}:{minute:02}:{second:02} GMT\r\n", day + 1, names[month])
}

/// The class of an error, as the matrix calls it.
fn class(error: &Error) -> &'static str {
    match error {
        Error::Unreachable(_) => "unreachable",
        Error::Timeout(_) => "no answer in time",
        Error::NotJson { looks_like_login: true, .. } => "sign-in page",
        Error::NotJson { .. } => "not Kubernetes",
        Error::Unauthorized(_) => "signed out",
        Error::Forbidden(_) => "forbidden",
        Error::NotFound(_) => "not found",
        Error::Conflict { .. } => "conflict",
        Error::Gone(_) => "gone",
        Error::Invalid { .. } => "invalid",
        Error::TooManyRequests { .. } => "too many requests",
        Error::Server { .. } => "server failed",
        Error::Decode { .. } => "unreadable",
        _ => "something else",
    }
}

/// What became of a request of this kind.
fn happened(kind: Kind, fault: Fault) -> Outcome {
    let server = Server::start(kind, fault);
    let faster = if fault == Fault::AnHourAhead { 1 } else { FASTER };
    let client = client(&server, faster);
    let api = client.namespaced(Resource::CONFIG_MAPS, "n");
    let outcome = block_on(async {
        match kind {
            Kind::List => read(api.list::<Value>(&ListParams::default()).await, whole),
            Kind::Page => {
                let params = ListParams { page_size: 2, ..ListParams::default() };
                read(api.list::<Value>(&params).await, whole)
            }
            Kind::Get => read(api.get::<Value>("a").await, |item| assert!(item.ok().is_some())),
            Kind::DryRun => read(change(&api, true).await, |()| ()),
            Kind::Write => match change(&api, false).await {
                Ok(()) => Outcome::Unharmed,
                Err(error) if error.outcome_unknown() => Outcome::Unknown(class(&error)),
                Err(error) => Outcome::Refused(class(&error)),
            },
            Kind::Stream => watched(&api, WatchParams::default().metadata(), &server).await,
            Kind::Socket => watched(&api, WatchParams::default(), &server).await,
            Kind::Log | Kind::Follow => logged(&client, kind == Kind::Follow).await,
        }
    });
    let writes = server.asked("PATCH").len();
    assert!(writes <= 1, "{kind:?} under {fault:?}: sent {writes} times");
    if fault == Fault::AnHourAhead && matches!(kind, Kind::List | Kind::Get | Kind::Write) {
        let ahead = client.clock_skew_ms().unwrap();
        assert!((3_599_000..=3_600_000).contains(&ahead), "{ahead}");
    }
    if fault == Fault::TooMany && kind == Kind::Stream {
        let asked = server.asked("GET");
        let refused = asked.iter().position(|(words, _)| words.contains("watch=true")).unwrap();
        let waited = (asked[refused + 1].1 - asked[refused].1) * FASTER;
        assert!(waited >= Duration::from_secs(RETRY_AFTER), "{waited:?}");
    }
    outcome
}

fn read<T>(answer: Result<T, Error>, is_whole: impl Fn(T)) -> Outcome {
    match answer {
        Ok(answer) => {
            is_whole(answer);
            Outcome::Unharmed
        }
        Err(error) => Outcome::Fails(class(&error)),
    }
}

/// A list is all there is, or an error.
fn whole(list: kube_web::List<Value>) {
    let names: Vec<_> = list.items.iter().map(|item| item.meta.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
}

async fn change(api: &Api, dry_run: bool) -> Result<(), Error> {
    let params = WriteParams { dry_run, ..WriteParams::default() };
    let patch = Patch::Merge(json!({"data": {"text": "new"}}));
    let written = api.patch::<Value>("a", &patch, &params).await?;
    assert_eq!(written.item.meta.name, "a");
    Ok(())
}

/// Watches until everything is known that the server knows.
async fn watched(api: &Api, params: WatchParams, server: &Server) -> Outcome {
    let mut store = Store::<Value>::new();
    let mut events = watch(api, params).boxed_local();
    let mut trouble = None;
    let all = |store: &Store<Value>| {
        let known = store.iter().map(|item| (item.meta.name.clone(), item.meta.resource_version.clone()));
        known.eq(world().into_iter().map(|(name, version)| (name.to_owned(), version.to_string())))
    };
    while !(store.is_complete() && all(&store)) {
        match events.next().await.unwrap() {
            Ok(event) => {
                if let Event::InitApply(item) | Event::Apply(item) | Event::Delete(item) = &event {
                    assert!(item.object.is_ok(), "{item:?}");
                }
                store.apply(event);
            }
            Err(error) => {
                trouble.get_or_insert(class(&error));
            }
        }
    }
    let asked = server.asked("GET");
    let lists = asked.iter().filter(|(words, _)| !words.contains("watch=true")).count();
    match (trouble, lists, asked.len() - lists) {
        (Some(class), ..) => Outcome::TriesAgain(class),
        (None, 1, 1) => Outcome::Unharmed,
        (None, 1, _) => Outcome::Resumes,
        (None, ..) => Outcome::Relists,
    }
}

async fn logged(client: &Client, over_socket: bool) -> Outcome {
    let pods = client.namespaced(Resource::PODS, "n");
    let params = LogParams { follow: over_socket, over_socket, ..LogParams::default() };
    let mut told = logs(&pods, "p", &params).boxed_local();
    let mut lines = Vec::new();
    // Longer than the client waits for an answer.
    let limit = Duration::from_secs(40);
    loop {
        let patience = client_sleep(limit);
        match futures::future::select(told.next(), patience).await {
            futures::future::Either::Left((Some(Ok(new)), _)) => {
                lines.extend(new.iter().map(|line| line.text().into_owned()));
                assert!(LOG.starts_with(&lines.iter().map(String::as_str).collect::<Vec<_>>()), "{lines:?}");
            }
            futures::future::Either::Left((Some(Err(error)), _)) => return Outcome::Ends(class(&error)),
            futures::future::Either::Left((None, _)) => {
                assert_eq!(lines, LOG);
                return Outcome::Unharmed;
            }
            futures::future::Either::Right(_) => return Outcome::Waits,
        }
    }
}

/// Some of the client's time.
fn client_sleep(time: Duration) -> LocalBoxFuture<'static, ()> {
    tcp::Tcp { authority: String::new(), sockets: Rc::default() }.sleep(time / FASTER)
}

/// Proves rows of the matrix, a row's cells at the same time.
fn check(rows: &[Row]) {
    let mut wrong = String::new();
    for &(fault, outcomes) in rows {
        let cells = Kind::ALL.into_iter().zip(outcomes).filter(|(_, outcome)| *outcome != Outcome::Never);
        let cells: Vec<_> = cells
            .map(|(kind, expect)| (kind, expect, thread::spawn(move || happened(kind, fault))))
            .collect();
        for (kind, expect, cell) in cells {
            let found = cell.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            if found != expect {
                let (found, expect) = (found.words(), expect.words());
                writeln!(wrong, "{} × {}: {found}, not {expect}", fault.words(), kind.words()).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn connections_that_break() {
    check(&CONNECTIONS);
}

#[test]
fn connections_that_stall() {
    check(&STALLS);
}

#[test]
fn events_told_wrong() {
    check(&EVENTS);
}

#[test]
fn answers_that_are_errors() {
    check(&ANSWERS);
}

#[test]
fn clocks_apart() {
    check(&CLOCKS);
}
