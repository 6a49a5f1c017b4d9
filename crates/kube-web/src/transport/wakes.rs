//! The events that tell that a page is back: it was hidden, or the network was gone.

use futures::channel::mpsc::{self, UnboundedSender};
use futures::stream::{LocalBoxStream, StreamExt};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{EventTarget, VisibilityState};

/// An event listener that is taken away when it is dropped.
struct Listener {
    target: EventTarget,
    event: &'static str,
    callback: Closure<dyn FnMut()>,
}

impl Listener {
    fn new(target: EventTarget, event: &'static str, callback: impl FnMut() + 'static) -> Self {
        let callback = Closure::<dyn FnMut()>::new(callback);
        // Adding a listener throws nothing for an event name and a function.
        let _cannot_fail = target.add_event_listener_with_callback(event, callback.as_ref().unchecked_ref());
        Self { target, event, callback }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let callback = self.callback.as_ref().unchecked_ref();
        let _cannot_fail = self.target.remove_event_listener_with_callback(self.event, callback);
    }
}

/// An item whenever the browser comes online or the page is shown. The listeners live as long as the stream.
pub(super) fn listen() -> LocalBoxStream<'static, ()> {
    let (sender, receiver) = mpsc::unbounded();
    let Some(window) = web_sys::window() else { return futures::stream::pending().boxed_local() };
    let online = Listener::new(window.clone().into(), "online", wake(sender.clone()));
    let shown = window.document().map(|document| {
        let mut wake = wake(sender);
        Listener::new(document.clone().into(), "visibilitychange", move || {
            if document.visibility_state() == VisibilityState::Visible {
                wake();
            }
        })
    });
    let listeners = (online, shown);
    receiver
        .map(move |()| {
            let _kept_while_the_stream_lives = &listeners;
        })
        .boxed_local()
}

fn wake(sender: UnboundedSender<()>) -> impl FnMut() + 'static {
    move || {
        // The receiver is gone only while the listeners are being dropped.
        let _gone = sender.unbounded_send(());
    }
}
