//! A transport that answers from a script, for tests of what the client makes of an API server's bytes.

use futures::StreamExt;
use futures::future::LocalBoxFuture;
use futures::stream::{self, LocalBoxStream};
use kube_web::transport::{Chunks, Headers, Outgoing, Response, Streaming, Transport};
use kube_web::{ApiBase, Client};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

/// What the server answers next.
pub enum Answer {
    /// A whole answer.
    Json(u16, String),
    /// An answer of another type.
    Typed(u16, &'static str, String),
    /// An open connection that says these pieces and then ends.
    Pieces(Vec<Vec<u8>>),
    /// An open connection that says these pieces and then nothing more.
    Held(Vec<Vec<u8>>),
    /// No answer.
    Unreachable,
    /// An answer that never comes.
    Never,
}

/// Answers in turn; remembers what was asked. Waits are over at once, and move the clock.
#[derive(Default)]
pub struct Script {
    answers: RefCell<VecDeque<Answer>>,
    pub asked: RefCell<Vec<String>>,
    pub sent: RefCell<Vec<Outgoing>>,
    pub open_connections: Rc<Cell<i32>>,
    pub now: Rc<Cell<u64>>,
}

impl Script {
    pub fn client(answers: Vec<Answer>) -> (Rc<Self>, Client) {
        let script = Rc::new(Self { answers: RefCell::new(answers.into()), ..Self::default() });
        (script.clone(), Client::with_transport(ApiBase::new("/prefix/"), script))
    }

    fn next(&self, how: &str, url: &str) -> Answer {
        self.asked.borrow_mut().push(format!("{how} {}", url.replace("/prefix/", "/")));
        self.answers.borrow_mut().pop_front().expect("the script has an answer")
    }

    fn chunks(&self, pieces: Vec<Vec<u8>>, held: bool) -> Chunks {
        struct Open(Rc<Cell<i32>>);
        impl Drop for Open {
            fn drop(&mut self) {
                self.0.set(self.0.get() - 1);
            }
        }
        self.open_connections.set(self.open_connections.get() + 1);
        let open = Open(self.open_connections.clone());
        let pieces = stream::iter(pieces.into_iter().map(Ok));
        let pieces = if held { pieces.chain(stream::pending()).boxed_local() } else { pieces.boxed_local() };
        pieces
            .map(move |piece| {
                let _kept = &open;
                piece
            })
            .boxed_local()
    }
}

fn headers(content_type: &str) -> Headers {
    Headers { content_type: content_type.to_owned(), ..Headers::default() }
}

fn whole(status: u16, content_type: &str, body: String) -> Response {
    Response { status, headers: headers(content_type), body: body.into_bytes() }
}

impl Transport for Script {
    fn send(&self, request: Outgoing) -> LocalBoxFuture<'static, Result<Response, String>> {
        let answer = self.next(request.method.as_str(), &request.url);
        self.sent.borrow_mut().push(request);
        Box::pin(async move {
            match answer {
                Answer::Json(status, body) => Ok(whole(status, "application/json", body)),
                Answer::Typed(status, content_type, body) => Ok(whole(status, content_type, body)),
                Answer::Pieces(_) | Answer::Held(_) => panic!("a stream where a whole answer is wanted"),
                Answer::Unreachable => Err("Failed to fetch".to_owned()),
                Answer::Never => std::future::pending().await,
            }
        })
    }

    fn open(&self, request: Outgoing) -> LocalBoxFuture<'static, Result<Streaming, String>> {
        let answer = self.next("STREAM", &request.url);
        self.sent.borrow_mut().push(request);
        let (status, content_type, body) = match answer {
            Answer::Json(status, body) => {
                (status, "application/json", self.chunks(vec![body.into_bytes()], false))
            }
            Answer::Typed(status, content_type, body) => {
                (status, content_type, self.chunks(vec![body.into_bytes()], false))
            }
            Answer::Pieces(pieces) => (200, "application/json", self.chunks(pieces, false)),
            Answer::Held(pieces) => (200, "application/json", self.chunks(pieces, true)),
            Answer::Unreachable => return Box::pin(async { Err("Failed to fetch".to_owned()) }),
            Answer::Never => return Box::pin(std::future::pending()),
        };
        Box::pin(async move { Ok(Streaming { status, headers: headers(content_type), body }) })
    }

    fn socket(
        &self,
        url: String,
        _: &'static [&'static str],
        _: Option<String>,
    ) -> LocalBoxFuture<'static, Result<Chunks, String>> {
        let chunks = match self.next("SOCKET", &url) {
            Answer::Pieces(messages) => Ok(self.chunks(messages, false)),
            Answer::Held(messages) => Ok(self.chunks(messages, true)),
            _ => Err("the WebSocket did not open".to_owned()),
        };
        Box::pin(async move { chunks })
    }

    fn sleep(&self, time: Duration) -> LocalBoxFuture<'static, ()> {
        let now = self.now.clone();
        // Over as soon as nothing else is left to do: whoever else is ready is asked first.
        Box::pin(async move { now.set(now.get() + u64::try_from(time.as_millis()).unwrap()) })
    }

    fn wakes(&self) -> LocalBoxStream<'static, ()> {
        stream::pending().boxed_local()
    }

    fn now_ms(&self) -> u64 {
        self.now.get()
    }

    fn random(&self) -> f64 {
        0.0
    }
}
