//! What carries requests: a browser's fetch and WebSocket, or anything a test puts in their place.

#[cfg(target_arch = "wasm32")]
mod fetch;
#[cfg(target_arch = "wasm32")]
mod socket;
#[cfg(target_arch = "wasm32")]
mod wakes;

#[cfg(target_arch = "wasm32")]
pub use fetch::Browser;

use crate::request::Method;
use crate::wire::date;
use futures::future::LocalBoxFuture;
use futures::stream::LocalBoxStream;
use std::time::Duration;

/// A request on its way out, with its full address.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The HTTP method.
    pub method: Method,
    /// The address, relative to the page or absolute, as [`ApiBase::join`](crate::ApiBase::join) made it.
    pub url: String,
    /// The headers, their names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body, empty if there is none.
    pub body: Vec<u8>,
}

/// A body that arrives in pieces. A piece may end anywhere. An error says in words why no more will come.
pub type Chunks = LocalBoxStream<'static, Result<Vec<u8>, String>>;

/// An answer whose body has been read.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// The HTTP status. 0 is a redirect, which the browser hides.
    pub status: u16,
    /// The headers that this client uses.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
}

/// An answer whose body is still coming.
pub struct Streaming {
    /// The HTTP status. 0 is a redirect, which the browser hides.
    pub status: u16,
    /// The headers that this client uses.
    pub headers: Headers,
    /// The body. Dropping it ends the request.
    pub body: Chunks,
}

/// The headers of an answer that this client uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    /// `Content-Type`, in lower case, empty if absent.
    pub content_type: String,
    /// `Retry-After`, as a length of time.
    pub retry_after: Option<Duration>,
    /// The texts of the `Warning` headers: the API server's advice on a request that succeeded.
    pub warnings: Vec<String>,
    /// `Date`: the server's clock, in milliseconds since 1970.
    pub date_ms: Option<u64>,
}

impl Headers {
    /// Reads the headers through `get`, which takes a lower-case name. Several headers of one name arrive joined
    /// with commas, as the fetch standard has it.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let date_ms = get("date").and_then(|text| date::parse_http(&text)).map(|seconds| seconds * 1000);
        let retry_after = get("retry-after").and_then(|text| {
            if let Ok(seconds) = text.trim().parse() {
                return Some(Duration::from_secs(seconds));
            }
            // The other form is a date. The server's own clock says how far off it is.
            let wait = (date::parse_http(&text)? * 1000).saturating_sub(date_ms?);
            Some(Duration::from_millis(wait))
        });
        Self {
            content_type: get("content-type").unwrap_or_default().to_ascii_lowercase(),
            retry_after,
            warnings: get("warning").map(|text| warnings(&text)).unwrap_or_default(),
            date_ms,
        }
    }
}

/// The quoted texts of `299 - "text" , 299 - "text"` (RFC 7234, section 5.5).
fn warnings(header: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut open: Option<String> = None;
    let mut characters = header.chars();
    while let Some(character) = characters.next() {
        match (character, &mut open) {
            ('"', None) => open = Some(String::new()),
            ('"', Some(_)) => texts.extend(open.take()),
            ('\\', Some(text)) => text.extend(characters.next()),
            (other, Some(text)) => text.push(other),
            (_, None) => {}
        }
    }
    texts
}

/// What the client needs from its surroundings. In a browser that is `Browser`; tests bring their own.
///
/// Dropping a returned future or stream must end what it stands for.
pub trait Transport {
    /// Sends a request and reads the whole answer. An error says in words why there was none.
    fn send(&self, request: Outgoing) -> LocalBoxFuture<'static, Result<Response, String>>;

    /// Sends a request and reads the answer's head; the body follows.
    fn open(&self, request: Outgoing) -> LocalBoxFuture<'static, Result<Streaming, String>>;

    /// Opens a WebSocket of one of these subprotocols, the best first, and waits until it is open. Each message is one
    /// piece of the stream. A clean close ends the stream; any other close is an error.
    fn socket(
        &self,
        url: String,
        protocols: &'static [&'static str],
        token: Option<String>,
    ) -> LocalBoxFuture<'static, Result<Chunks, String>>;

    /// Waits.
    fn sleep(&self, time: Duration) -> LocalBoxFuture<'static, ()>;

    /// An item whenever the network came back or the page was shown again.
    fn wakes(&self) -> LocalBoxStream<'static, ()>;

    /// The wall clock, in milliseconds since 1970. It runs on while the machine sleeps.
    fn now_ms(&self) -> u64;

    /// A random number from 0 up to 1, for jitter.
    fn random(&self) -> f64;
}

/// What [`Client::new`](crate::Client::new) gets outside a browser: nothing can be reached.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) struct Nowhere;

#[cfg(not(target_arch = "wasm32"))]
impl Nowhere {
    fn refuse<T: 'static>() -> LocalBoxFuture<'static, Result<T, String>> {
        Box::pin(std::future::ready(Err("there is no browser to send it".to_owned())))
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl Transport for Nowhere {
    fn send(&self, _: Outgoing) -> LocalBoxFuture<'static, Result<Response, String>> {
        Self::refuse()
    }

    fn open(&self, _: Outgoing) -> LocalBoxFuture<'static, Result<Streaming, String>> {
        Self::refuse()
    }

    fn socket(
        &self,
        _: String,
        _: &'static [&'static str],
        _: Option<String>,
    ) -> LocalBoxFuture<'static, Result<Chunks, String>> {
        Self::refuse()
    }

    fn sleep(&self, _: Duration) -> LocalBoxFuture<'static, ()> {
        Box::pin(std::future::pending())
    }

    fn wakes(&self) -> LocalBoxStream<'static, ()> {
        Box::pin(futures::stream::pending())
    }

    fn now_ms(&self) -> u64 {
        0
    }

    fn random(&self) -> f64 {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> Headers {
        Headers::read(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_on_the_servers_clock() {
        let now = ("date", "Sun, 22 Nov 2026 20:54:17 GMT");
        assert_eq!(headers(&[now, ("retry-after", "3")]).retry_after, Some(Duration::from_secs(3)));
        assert_eq!(
            headers(&[now, ("retry-after", "Sun, 22 Nov 2026 20:54:27 GMT")]).retry_after,
            Some(Duration::from_secs(10))
        );
        assert_eq!(
            headers(&[now, ("retry-after", "Sun, 22 Nov 2026 20:54:07 GMT")]).retry_after,
            Some(Duration::ZERO)
        );
        assert_eq!(headers(&[("retry-after", "soon")]).retry_after, None);
    }

    #[test]
    fn warnings_are_the_quoted_texts() {
        let check =
            |header: &str, expect: &[&str]| assert_eq!(headers(&[("warning", header)]).warnings, expect);
        check(r#"299 - "unknown field \"spec.x\"""#, &[r#"unknown field "spec.x""#]);
        check(r#"299 - "one, two", 299 - "three""#, &["one, two", "three"]);
        check("299 - none", &[]);
    }
}
