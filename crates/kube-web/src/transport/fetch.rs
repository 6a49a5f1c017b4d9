//! The browser's fetch.

use super::{Chunks, Headers, Outgoing, Response, Streaming, Transport, socket, wakes};
use futures::future::LocalBoxFuture;
use futures::stream::{self, LocalBoxStream};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Reflect, Uint8Array};
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, ReadableStreamDefaultReader, RequestCache, RequestCredentials, RequestInit,
    RequestRedirect,
};

/// The page that the client runs in: fetch, WebSocket, timers, and the events of its window.
#[derive(Clone, Copy, Debug)]
pub struct Browser;

impl Transport for Browser {
    fn send(&self, request: Outgoing) -> LocalBoxFuture<'static, Result<Response, String>> {
        Box::pin(async move {
            let (_abort, response) = fetch(request).await?;
            let body = JsFuture::from(response.array_buffer().map_err(words)?).await.map_err(words)?;
            Ok(Response {
                status: response.status(),
                headers: headers(&response),
                body: Uint8Array::new(&body).to_vec(),
            })
        })
    }

    fn open(&self, request: Outgoing) -> LocalBoxFuture<'static, Result<Streaming, String>> {
        Box::pin(async move {
            let (abort, response) = fetch(request).await?;
            let status = response.status();
            let headers = headers(&response);
            let body: Chunks = match response.body() {
                Some(body) => {
                    let reader = body.get_reader().unchecked_into::<ReadableStreamDefaultReader>();
                    Box::pin(stream::unfold(Some((reader, abort)), read))
                }
                None => Box::pin(stream::empty()),
            };
            Ok(Streaming { status, headers, body })
        })
    }

    fn socket(
        &self,
        url: String,
        protocols: &'static [&'static str],
        token: Option<String>,
    ) -> LocalBoxFuture<'static, Result<Chunks, String>> {
        Box::pin(socket::open(url, protocols, token))
    }

    fn sleep(&self, time: Duration) -> LocalBoxFuture<'static, ()> {
        // setTimeout counts in an i32; a longer wait would be none.
        let milliseconds = u32::try_from(time.as_millis()).unwrap_or(u32::MAX).min(i32::MAX as u32);
        Box::pin(TimeoutFuture::new(milliseconds))
    }

    fn wakes(&self) -> LocalBoxStream<'static, ()> {
        wakes::listen()
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "milliseconds since 1970")]
    fn now_ms(&self) -> u64 {
        js_sys::Date::now() as u64
    }

    fn random(&self) -> f64 {
        js_sys::Math::random()
    }
}

/// Aborts its request when it is dropped; after the answer's end that does nothing.
struct AbortOnDrop(AbortController);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn fetch(request: Outgoing) -> Result<(AbortOnDrop, web_sys::Response), String> {
    let window = web_sys::window().ok_or("there is no window")?;
    let abort = AbortOnDrop(AbortController::new().map_err(words)?);
    let init = RequestInit::new();
    init.set_method(request.method.as_str());
    // A proxy's session cookie goes to the page's own origin only.
    init.set_credentials(RequestCredentials::SameOrigin);
    // The API never redirects. A proxy that does wants a login: followed, it would end in a CORS error that says
    // nothing, or in a page with status 200.
    init.set_redirect(RequestRedirect::Manual);
    init.set_cache(RequestCache::NoStore);
    init.set_signal(Some(&abort.0.signal()));
    let headers = web_sys::Headers::new().map_err(words)?;
    for (name, value) in &request.headers {
        headers.set(name, value).map_err(words)?;
    }
    init.set_headers(&headers);
    if !request.body.is_empty() {
        init.set_body(&Uint8Array::from(request.body.as_slice()));
    }
    let response =
        JsFuture::from(window.fetch_with_str_and_init(&request.url, &init)).await.map_err(words)?;
    Ok((abort, response.unchecked_into()))
}

fn headers(response: &web_sys::Response) -> Headers {
    let headers = response.headers();
    Headers::read(|name| headers.get(name).ok().flatten())
}

type Reader = (ReadableStreamDefaultReader, AbortOnDrop);

async fn read(state: Option<Reader>) -> Option<(Result<Vec<u8>, String>, Option<Reader>)> {
    let (reader, abort) = state?;
    match JsFuture::from(reader.read()).await {
        Ok(result) => {
            let value = Reflect::get(&result, &JsValue::from_str("value")).ok()?;
            // At the end there is no value.
            let piece = value.dyn_into::<Uint8Array>().ok()?.to_vec();
            Some((Ok(piece), Some((reader, abort))))
        }
        Err(error) => Some((Err(words(error)), None)),
    }
}

/// What a JavaScript exception says.
pub(super) fn words(error: impl Into<JsValue>) -> String {
    let error: JsValue = error.into();
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => error.message().into(),
        None => error.as_string().unwrap_or_else(|| "an unknown error of the browser".to_owned()),
    }
}
