//! What passes between this tab and the API server: noted where it changes something, held back where config.json says
//! that nothing may be written, and looked at for the end of the user's session.

use std::rc::Rc;
use std::time::Duration;

use futures::{FutureExt, future::LocalBoxFuture, stream::LocalBoxStream};
use kube_web::transport::{Browser, Chunks, Headers, Outgoing, Response, Streaming, Transport};
use leptos::prelude::provide_context;
use rootcause_domain::activity::{Entry, KEPT, Outcome, SOCKET};

use crate::{
    browser::{clock, host::Host},
    live::READ_ONLY,
    reactive::RwSignal,
};

/// What this tab has done, and whether the API server still knows who one is. A context of the whole app.
#[derive(Clone, Copy)]
pub struct Activity {
    /// Oldest first.
    pub entries: RwSignal<Vec<Entry>>,
    /// Whether the last answer said that nobody is signed in.
    pub signed_out: RwSignal<bool>,
    /// Hears of what was done.
    host: Host,
}

impl Activity {
    pub fn provide(host: Host) -> Self {
        let activity = Self { entries: RwSignal::new(Vec::new()), signed_out: RwSignal::new(false), host };
        provide_context(activity);
        activity
    }

    fn note(self, entry: Entry) {
        self.entries.update(|it| {
            if it.len() == KEPT {
                it.remove(0);
            }
            it.push(entry);
        });
    }

    /// Adds what came of the entry.
    fn conclude(self, entry: &Entry, outcome: Outcome) {
        self.entries.update(|it| {
            if let Some(it) = it.iter_mut().rev().find(|it| *it == entry) {
                it.outcome = outcome;
            }
        });
        if !entry.dry_run {
            let (request, result) =
                (format!("{} {}", entry.method, entry.path), Entry { outcome, ..entry.clone() }.result().1);
            self.host.tell("action-done", &[("request", &request), ("result", &result)]);
        }
    }

    fn answered(self, status: u16, headers: &Headers) {
        let page = headers.content_type.starts_with("text/html");
        let signed_out = match status {
            // The browser hides a redirect, and a proxy redirects to its sign-in page.
            0 | 401 => true,
            200..=299 => page,
            _ => return,
        };
        if self.signed_out.get_untracked() != signed_out {
            self.signed_out.set(signed_out);
        }
    }
}

/// The browser's transport, watched.
struct Wire {
    activity: Activity,
    /// The API's base, which paths are told without.
    base: String,
    read_only: bool,
}

impl Wire {
    /// Notes a request that changes something.
    fn note(&self, method: &str, address: &str) -> Option<Entry> {
        let entry = Entry::of(method, &self.base, address, clock::now())?;
        self.activity.note(entry.clone());
        Some(entry)
    }
}

/// What the API server would say to somebody who may write nothing.
fn held_back() -> Response {
    let body = serde_json::json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "code": 403,
        "message": READ_ONLY,
    });
    Response {
        status: 403,
        headers: Headers { content_type: "application/json".to_owned(), ..Headers::default() },
        body: body.to_string().into_bytes(),
    }
}

impl Transport for Wire {
    fn send(&self, request: Outgoing) -> LocalBoxFuture<'static, Result<Response, String>> {
        let entry = self.note(request.method.as_str(), &request.url);
        let activity = self.activity;
        if self.read_only && entry.as_ref().is_some_and(|it| !it.dry_run) {
            let answer = held_back();
            if let Some(entry) = entry {
                activity.conclude(&entry, Outcome::Answered(answer.status));
            }
            return async { Ok(answer) }.boxed_local();
        }
        let answer = Browser.send(request);
        async move {
            let answer = answer.await;
            if let Ok(answer) = &answer {
                activity.answered(answer.status, &answer.headers);
            }
            if let Some(entry) = entry {
                let outcome = answer.as_ref().map_or(Outcome::Lost, |it| Outcome::Answered(it.status));
                activity.conclude(&entry, outcome);
            }
            answer
        }
        .boxed_local()
    }

    fn open(&self, request: Outgoing) -> LocalBoxFuture<'static, Result<Streaming, String>> {
        let activity = self.activity;
        let answer = Browser.open(request);
        async move {
            let answer = answer.await?;
            activity.answered(answer.status, &answer.headers);
            Ok(answer)
        }
        .boxed_local()
    }

    fn socket(
        &self,
        url: String,
        protocols: &'static [&'static str],
        token: Option<String>,
    ) -> LocalBoxFuture<'static, Result<Chunks, String>> {
        let entry = self.note(SOCKET, &url);
        let activity = self.activity;
        if self.read_only && entry.is_some() {
            return async { Err(READ_ONLY.to_owned()) }.boxed_local();
        }
        let opened = Browser.socket(url, protocols, token);
        async move {
            let opened = opened.await;
            if let Some(entry) = entry {
                let outcome = opened.as_ref().map_or(Outcome::Lost, |_| Outcome::Answered(101));
                activity.conclude(&entry, outcome);
            }
            opened
        }
        .boxed_local()
    }

    fn sleep(&self, time: Duration) -> LocalBoxFuture<'static, ()> {
        Browser.sleep(time)
    }

    fn wakes(&self) -> LocalBoxStream<'static, ()> {
        Browser.wakes()
    }

    fn now_ms(&self) -> u64 {
        Browser.now_ms()
    }

    fn random(&self) -> f64 {
        Browser.random()
    }
}

/// The transport of a session.
pub fn wire(activity: Activity, base: &str, read_only: bool) -> Rc<dyn Transport> {
    Rc::new(Wire { activity, base: base.to_owned(), read_only })
}
