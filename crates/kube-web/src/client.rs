//! The client: sends requests, decides what the answers mean, remembers the server's clock.

use crate::base::ApiBase;
use crate::error::{Attempt, Error, refusal};
use crate::json;
use crate::request::{Request, with_query};
use crate::transport::{Chunks, Outgoing, Response, Transport};
use crate::{Api, Resource};
use futures::StreamExt;
use futures::channel::mpsc::{self, UnboundedSender};
use futures::future::{self, Either};
use futures::stream::{self, LocalBoxStream};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

/// How long a request may take, unless the client is told otherwise. The API server's own limit is 60 s.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The subprotocol of logs: their bytes as they are (apimachinery, `httpstream/wsstream`). It is always offered: a browser
/// refuses the empty name that the API server answers with where a log is asked for without one. A watch takes any name
/// and is text all the same.
pub(crate) const BINARY: &[&str] = &["binary.k8s.io"];

/// A client of one Kubernetes API. Cloning is cheap, and the clones share what is learned on the way.
#[derive(Clone)]
pub struct Client(Rc<Inner>);

struct Inner {
    base: ApiBase,
    token: Rc<Token>,
    transport: Rc<dyn Transport>,
    timeout: Duration,
    clock_skew_ms: Cell<Option<i64>>,
    sockets: Cell<Sockets>,
}

/// The bearer token, which may be exchanged while watches are open.
struct Token {
    text: RefCell<Option<String>>,
    /// The watches to tell of another one.
    told: RefCell<Vec<UnboundedSender<()>>>,
}

/// What is known about WebSockets on this page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sockets {
    Untried,
    /// One has opened: the proxy forwards upgrades, and a later failure has another cause.
    Work,
    /// A stream opened where a socket had failed twice: the proxy forbids upgrades.
    Forbidden,
}

impl Client {
    /// A client over the browser's fetch and WebSocket. Outside a browser every request of it is
    /// [`Error::Unreachable`]; use [`Client::with_transport`] there.
    pub fn new(base: ApiBase) -> Self {
        #[cfg(target_arch = "wasm32")]
        let transport = crate::transport::Browser;
        #[cfg(not(target_arch = "wasm32"))]
        let transport = crate::transport::Nowhere;
        Self::with_transport(base, Rc::new(transport))
    }

    /// A client over a transport of the caller's.
    pub fn with_transport(base: ApiBase, transport: Rc<dyn Transport>) -> Self {
        let text = RefCell::new(base.token().map(str::to_owned));
        Self(Rc::new(Inner {
            base,
            token: Rc::new(Token { text, told: RefCell::default() }),
            transport,
            timeout: REQUEST_TIMEOUT,
            clock_skew_ms: Cell::new(None),
            sockets: Cell::new(Sockets::Untried),
        }))
    }

    /// The same API with another time limit for requests. Watches and logs have none.
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        Self(Rc::new(Inner {
            base: self.0.base.clone(),
            token: self.0.token.clone(),
            transport: self.0.transport.clone(),
            timeout,
            clock_skew_ms: self.0.clock_skew_ms.clone(),
            sockets: self.0.sockets.clone(),
        }))
    }

    /// Where the API lives.
    pub fn base(&self) -> &ApiBase {
        &self.0.base
    }

    /// Sends this bearer token from now on, or none. Watches that wait to try again do so at once; open ones go on as
    /// they are, since the API server judges a connection when it is made.
    pub fn set_token(&self, token: Option<String>) {
        *self.0.token.text.borrow_mut() = token;
        self.0.token.told.borrow_mut().retain(|watch| watch.unbounded_send(()).is_ok());
    }

    /// An item whenever it is worth trying again at once.
    pub(crate) fn wakes(&self) -> LocalBoxStream<'static, ()> {
        let (sender, receiver) = mpsc::unbounded();
        self.0.token.told.borrow_mut().push(sender);
        stream::select(self.0.transport.wakes(), receiver).boxed_local()
    }

    /// A handle on one resource type in one namespace.
    pub fn namespaced(&self, resource: Resource, namespace: &str) -> Api {
        Api::namespaced(self.clone(), resource, namespace)
    }

    /// A handle on one resource type across all namespaces, or on a cluster-wide one.
    pub fn all(&self, resource: Resource) -> Api {
        Api::all(self.clone(), resource)
    }

    /// How far the server's clock is ahead of this machine's, in milliseconds: add it to the local time before
    /// comparing with a time that the cluster wrote. 0 for as long as no answer's `Date` contradicts it, else the
    /// nearest that no answer contradicts: good to one second and the time of travel. `None` before the first answer.
    pub fn clock_skew_ms(&self) -> Option<i64> {
        self.0.clock_skew_ms.get()
    }

    /// Sends a request. The base's prefix and the token are added here.
    ///
    /// Dropping the future aborts the request.
    ///
    /// # Errors
    /// All of [`Error`] but [`Error::Decode`]. A web page with status 200 is [`Error::NotJson`].
    pub async fn send(&self, request: Request) -> Result<Response, Error> {
        let attempt = Attempt::of(request.method, &request.path);
        let sent = self.0.transport.now_ms();
        let answer = self.0.transport.send(self.outgoing(request));
        let response = self.within_limit(answer).await?;
        self.note_clock(sent, response.headers.date_ms);
        if !(200..300).contains(&response.status) {
            return Err(refusal(&attempt, response.status, &response.headers, &response.body));
        }
        if response.headers.content_type.starts_with("text/html") {
            return Err(Error::NotJson {
                status: response.status,
                content_type: response.headers.content_type,
                looks_like_login: true,
            });
        }
        Ok(response)
    }

    /// Sends a request and reads the JSON that answers it.
    ///
    /// # Errors
    /// As [`Client::send`]; [`Error::NotJson`] when the answer is of another type, [`Error::Decode`] when it does
    /// not fit `T`.
    pub async fn send_json<T: DeserializeOwned>(&self, request: Request) -> Result<T, Error> {
        let response = self.send_for_json(request).await?;
        json::read(&response.body).map_err(|error| Error::decode("answer", &error))
    }

    /// As [`Client::send`], and the answer must call itself JSON.
    pub(crate) async fn send_for_json(&self, request: Request) -> Result<Response, Error> {
        let response = self.send(request).await?;
        if !response.headers.content_type.contains("json") {
            return Err(Error::NotJson {
                status: response.status,
                content_type: response.headers.content_type,
                looks_like_login: false,
            });
        }
        Ok(response)
    }

    /// `GET` of a path of the API, as JSON.
    ///
    /// # Errors
    /// As [`Client::send_json`].
    pub async fn get_json<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        self.send_json(Request::get(path)).await
    }

    /// The API server's version (`/version`).
    ///
    /// # Errors
    /// As [`Client::send_json`].
    pub async fn version(&self) -> Result<ServerVersion, Error> {
        let answer: Value = self.get_json("/version").await?;
        match answer["gitVersion"].as_str() {
            Some(version) => Ok(ServerVersion {
                git_version: version.to_owned(),
                platform: json::string(&answer, "platform"),
            }),
            None => Err(Error::Decode { what: "version", message: "it has no gitVersion".to_owned() }),
        }
    }

    /// The OpenAPI v3 document of one group and version, as JSON bytes: schemas with defaults, patterns and CEL
    /// rules. Any authenticated user may read it. The group is empty for the core group.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn openapi_v3(&self, group: &str, version: &str) -> Result<Vec<u8>, Error> {
        let path = format!("/openapi/v3/{}", openapi_path(group, version));
        Ok(self.send_for_json(Request::get(path)).await?.body)
    }

    /// Which edition of that document the API server has: another text for another document. `None` where it has none, or
    /// tells no editions.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn openapi_v3_edition(&self, group: &str, version: &str) -> Result<Option<String>, Error> {
        // The API server calls its index plain text.
        let answer = self.send(Request::get("/openapi/v3")).await?;
        let index: Value = json::read(&answer.body).map_err(|error| Error::decode("index", &error))?;
        let place = &index["paths"][openapi_path(group, version)]["serverRelativeURL"];
        Ok(place.as_str().and_then(|it| Some(it.split_once("hash=")?.1.to_owned())))
    }

    /// Sends a request whose answer keeps coming. The time limit covers the wait for the answer's head.
    pub(crate) async fn open(&self, request: Request) -> Result<Chunks, Error> {
        let attempt = Attempt::of(request.method, &request.path);
        let sent = self.0.transport.now_ms();
        let answer = self.0.transport.open(self.outgoing(request));
        let mut answer = self.within_limit(answer).await?;
        self.note_clock(sent, answer.headers.date_ms);
        let success = (200..300).contains(&answer.status);
        if success && !answer.headers.content_type.starts_with("text/html") {
            return Ok(answer.body);
        }
        if success {
            return Err(Error::NotJson {
                status: answer.status,
                content_type: answer.headers.content_type,
                looks_like_login: true,
            });
        }
        let mut body = Vec::new();
        // A body that breaks off says less, but the status still says which error it is.
        while let Some(Ok(piece)) = answer.body.next().await {
            body.extend(piece);
        }
        Err(refusal(&attempt, answer.status, &answer.headers, &body))
    }

    /// Opens a WebSocket of one of these subprotocols on a path of the API.
    pub(crate) async fn socket(
        &self,
        path_and_query: &str,
        protocols: &'static [&'static str],
    ) -> Result<Chunks, Error> {
        let url = self.0.base.join(path_and_query);
        let token = self.0.token.text.borrow().clone();
        self.within_limit(self.0.transport.socket(url, protocols, token)).await
    }

    pub(crate) fn sockets(&self) -> Sockets {
        self.0.sockets.get()
    }

    pub(crate) fn set_sockets(&self, sockets: Sockets) {
        self.0.sockets.set(sockets);
    }

    pub(crate) fn transport(&self) -> &dyn Transport {
        self.0.transport.as_ref()
    }

    async fn within_limit<T>(
        &self,
        answer: impl Future<Output = Result<T, String>> + Unpin,
    ) -> Result<T, Error> {
        let limit = self.0.timeout;
        match future::select(answer, self.0.transport.sleep(limit)).await {
            Either::Left((answer, _)) => answer.map_err(Error::Unreachable),
            Either::Right(_) => Err(Error::Timeout(limit)),
        }
    }

    fn outgoing(&self, request: Request) -> Outgoing {
        let Request { method, path, accept, body } = request;
        let mut headers = vec![("accept", accept.to_owned())];
        let body = body.map_or_else(Vec::new, |(content_type, body)| {
            headers.push(("content-type", content_type.to_owned()));
            body
        });
        if let Some(token) = &*self.0.token.text.borrow() {
            headers.push(("authorization", format!("Bearer {token}")));
        }
        // The API server indents its JSON for browsers, which doubles a discovery and adds a third to a list.
        let url = self.0.base.join(&with_query(&path, &[("pretty", "false")]));
        Outgoing { method, url, headers, body }
    }

    /// Learns from an answer's `Date`, which is cut to the second and was written between the request and now. What is
    /// believed already stands unless that contradicts it: an answer that was long under way says little.
    #[expect(clippy::cast_possible_wrap, reason = "milliseconds since 1970 fit in 63 bits")]
    fn note_clock(&self, sent: u64, date_ms: Option<u64>) {
        if let Some(date) = date_ms {
            let (date, sent, now) = (date as i64, sent as i64, self.0.transport.now_ms() as i64);
            let (least, most) = (date - now.max(sent), date + 1000 - sent.min(now));
            let believed = self.0.clock_skew_ms.get().unwrap_or_default();
            self.0.clock_skew_ms.set(Some(believed.clamp(least, most)));
        }
    }
}

/// What the API server says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerVersion {
    /// As in `v1.37.2`.
    pub git_version: String,
    /// As in `linux/amd64`; may be empty.
    pub platform: String,
}

/// Where the API server publishes the schemas of a group and version.
fn openapi_path(group: &str, version: &str) -> String {
    if group.is_empty() { format!("api/{version}") } else { format!("apis/{group}/{version}") }
}
