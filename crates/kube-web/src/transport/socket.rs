//! The browser's WebSocket, as watches, logs and commands use it: the server speaks. A watch sends one event per message,
//! a log pieces of any length, a command pieces that begin with the number of their channel.

use super::Chunks;
use super::fetch::words;
use futures::StreamExt;
use futures::channel::mpsc::{self, UnboundedReceiver};
use futures::channel::oneshot;
use js_sys::{Array, ArrayBuffer, JsString, Uint8Array};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BinaryType, CloseEvent, MessageEvent, Url, WebSocket};

/// The close code of a conversation that ended as it should (RFC 6455, section 7.4.1).
const NORMAL: u16 = 1000;

/// The subprotocol that carries a bearer token, because a browser's WebSocket cannot set headers (apiserver,
/// `authentication/request/websocket`). The API server removes it.
const BEARER: &str = "base64url.bearer.authorization.k8s.io.";

/// A socket with its callbacks. Dropping it closes the socket and takes the callbacks away.
struct Socket {
    socket: WebSocket,
    _opened: Closure<dyn FnMut()>,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _closed: Closure<dyn FnMut(CloseEvent)>,
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        // Throws only for close codes that a page may not use.
        let _cannot_fail = self.socket.close();
    }
}

type Message = Result<Vec<u8>, String>;

/// Opens a socket and waits until it is open.
pub(super) async fn open(
    url: String,
    protocols: &'static [&'static str],
    token: Option<String>,
) -> Result<Chunks, String> {
    let (socket, opened, messages) = start(&url, protocols, token.as_deref())?;
    // The error event of a socket says nothing; a close follows it, which drops the sender.
    opened.await.map_err(|_closed| "the WebSocket did not open".to_owned())?;
    Ok(messages
        .map(move |message| {
            let _kept_while_the_stream_lives = &socket;
            message
        })
        .boxed_local())
}

type Started = (Socket, oneshot::Receiver<()>, UnboundedReceiver<Message>);

fn start(url: &str, protocols: &[&str], token: Option<&str>) -> Result<Started, String> {
    let url = address(url).map_err(words)?;
    let protocols: Array = protocols.iter().map(|it| JsValue::from_str(it)).collect();
    if let Some(token) = token {
        protocols.unshift(&bearer(token).map_err(words)?.into());
    }
    let socket = WebSocket::new_with_str_sequence(&url, &protocols).map_err(words)?;
    socket.set_binary_type(BinaryType::Arraybuffer);

    let (open_sender, opened) = oneshot::channel();
    let (sender, messages) = mpsc::unbounded();
    let open_sender = Rc::new(RefCell::new(Some(open_sender)));

    let on_open = Closure::<dyn FnMut()>::new({
        let open_sender = open_sender.clone();
        move || {
            if let Some(sender) = open_sender.borrow_mut().take() {
                // Nobody waits any more: the socket is about to be dropped.
                let _gone = sender.send(());
            }
        }
    });
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new({
        let sender = sender.clone();
        move |event: MessageEvent| {
            if let Some(bytes) = bytes(event.data()) {
                let _gone = sender.unbounded_send(Ok(bytes));
            }
        }
    });
    let on_close = Closure::<dyn FnMut(CloseEvent)>::new(move |event: CloseEvent| {
        open_sender.borrow_mut().take();
        if event.code() != NORMAL {
            let _gone = sender.unbounded_send(Err(format!("the WebSocket broke (code {})", event.code())));
        }
        sender.close_channel();
    });
    socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
    socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
    let socket = Socket { socket, _opened: on_open, _message: on_message, _closed: on_close };
    Ok((socket, opened, messages))
}

fn bytes(data: JsValue) -> Option<Vec<u8>> {
    if let Some(text) = data.dyn_ref::<JsString>() {
        return Some(String::from(text).into_bytes());
    }
    data.dyn_ref::<ArrayBuffer>().map(|buffer| Uint8Array::new(buffer).to_vec())
}

/// The socket address of an address that may be relative to the page.
fn address(url: &str) -> Result<String, JsValue> {
    let document = web_sys::window().and_then(|window| window.document());
    let base = document.and_then(|document| document.base_uri().ok().flatten()).unwrap_or_default();
    let url = Url::new_with_base(url, &base)?;
    url.set_protocol(if url.protocol() == "https:" { "wss:" } else { "ws:" });
    Ok(url.href())
}

/// base64url without padding. A token is ASCII, which is what `btoa` takes.
fn bearer(token: &str) -> Result<String, JsValue> {
    let window = web_sys::window().ok_or("there is no window")?;
    let encoded = window.btoa(token)?.replace('+', "-").replace('/', "_");
    Ok(format!("{BEARER}{}", encoded.trim_end_matches('=')))
}
