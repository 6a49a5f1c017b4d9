//! What can go wrong, told apart so that a page can say what to do.

use crate::json::{items, string};
use crate::request::Method;
use crate::transport::Headers;
pub use kube_core::Status;
use kube_core::response::{StatusCause, StatusDetails, StatusSummary};
use serde_json::Value;
use std::time::Duration;

/// The longest piece of a plain-text answer that becomes an error's message, in characters.
const PLAIN_TEXT_LIMIT: usize = 300;

/// Why a request failed. Where the API server said so itself, its `Status` is kept whole.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No answer: the network, the proxy or the API server is down, or the browser refused the request.
    #[error("the API server cannot be reached: {0}")]
    Unreachable(String),
    /// No answer within the time limit. A write may or may not have happened.
    #[error("the API server did not answer within {} s", .0.as_secs())]
    Timeout(Duration),
    /// An answer that the API server did not write.
    #[error("the answer is not from a Kubernetes API (status {status}, {content_type:?})")]
    NotJson {
        /// The HTTP status, 0 where the browser hides it (a redirect).
        status: u16,
        /// The `Content-Type`, empty if there was none.
        content_type: String,
        /// Whether it is a page or a redirect, as a proxy answers to someone signed out.
        looks_like_login: bool,
    },
    /// 401: nobody is signed in, or the credential expired.
    #[error("not signed in: {}", words(.0))]
    Unauthorized(Box<Status>),
    /// 403: signed in, without the right to do this.
    #[error("{0}")]
    Forbidden(Box<Forbidden>),
    /// 404.
    #[error("{}", words(.0))]
    NotFound(Box<Status>),
    /// 409 to a create: an object of this name exists.
    #[error("{}", words(.0))]
    AlreadyExists(Box<Status>),
    /// 409 to a change: the object changed in between, or another field manager owns a field.
    #[error("{}", words(.status))]
    Conflict {
        /// What the API server said.
        status: Box<Status>,
        /// The fields in conflict and who owns them, after a server-side apply.
        causes: Vec<FieldCause>,
    },
    /// 410: the resource version or continue token is too old.
    #[error("{}", words(.0))]
    Gone(Box<Status>),
    /// 422: the object breaks a rule.
    #[error("{}", words(.status))]
    Invalid {
        /// What the API server said.
        status: Box<Status>,
        /// Which field breaks which rule.
        causes: Vec<FieldCause>,
    },
    /// 429: asked too often, or an eviction that a disruption budget forbids.
    #[error("{}", words(.status))]
    TooManyRequests {
        /// What the API server said.
        status: Box<Status>,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// 5xx.
    #[error("the API server failed: {}", words(.status))]
    Server {
        /// What the API server or the proxy before it said.
        status: Box<Status>,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// Any other refusal by the API server (400, 405, 406, 413, 415, …).
    #[error("{}", words(.0))]
    Api(Box<Status>),
    /// An answer from the API server that this client cannot read.
    #[error("the {what} cannot be read: {message}")]
    Decode {
        /// What was being read.
        what: &'static str,
        /// What the decoder said, without values.
        message: String,
    },
    /// A request that was never sent, because it cannot be a valid one.
    #[error("{0}")]
    Request(String),
}

/// A 403, with the rule that is missing.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}", words(.status))]
pub struct Forbidden {
    /// What the API server said.
    pub status: Box<Status>,
    /// What was tried: `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`.
    pub verb: String,
    /// The API group, empty for the core group.
    pub group: String,
    /// The plural resource, as in `pods`. Empty for a path outside the resources, such as `/version`.
    pub resource: String,
    /// The subresource, as in `log`, or empty.
    pub subresource: String,
    /// The namespace, empty for the whole cluster.
    pub namespace: String,
    /// The object's name, empty for a collection.
    pub name: String,
}

/// One field at fault, in the API server's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldCause {
    /// The field's path, as in `spec.components.platform.replicas`. May be empty.
    pub field: String,
    /// The machine-readable reason, as in `FieldValueInvalid` or `FieldManagerConflict`.
    pub reason: String,
    /// The API server's words.
    pub message: String,
}

impl Error {
    /// Whether the same request may succeed a little later without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(_)
            | Self::Timeout(_)
            | Self::TooManyRequests { .. }
            | Self::Server { .. }
            | Self::Gone(_) => true,
            Self::NotJson { status, looks_like_login, .. } => !looks_like_login && *status >= 500,
            _ => false,
        }
    }

    /// Whether the outcome of a write that failed so is unknown: it may have happened.
    pub fn outcome_unknown(&self) -> bool {
        matches!(
            self,
            Self::Unreachable(_)
                | Self::Timeout(_)
                | Self::Server { .. }
                | Self::NotJson { .. }
                | Self::Decode { .. }
        )
    }

    /// How long the server asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooManyRequests { retry_after, .. } | Self::Server { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// The API server's own `Status`, where it sent one.
    pub fn status(&self) -> Option<&Status> {
        match self {
            Self::Unauthorized(status)
            | Self::NotFound(status)
            | Self::AlreadyExists(status)
            | Self::Gone(status)
            | Self::Api(status)
            | Self::Conflict { status, .. }
            | Self::Invalid { status, .. }
            | Self::TooManyRequests { status, .. }
            | Self::Server { status, .. } => Some(status),
            Self::Forbidden(forbidden) => Some(&forbidden.status),
            Self::Unreachable(_)
            | Self::Timeout(_)
            | Self::NotJson { .. }
            | Self::Decode { .. }
            | Self::Request(_) => None,
        }
    }

    pub(crate) fn decode(what: &'static str, error: &serde_json::Error) -> Self {
        Self::Decode { what, message: crate::item::without_values(&error.to_string()) }
    }
}

fn words(status: &Status) -> &str {
    if status.message.is_empty() { &status.reason } else { &status.message }
}

/// What a request asks for, in the terms of RBAC. Follows the API server's `RequestInfoFactory`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub verb: String,
    pub group: String,
    pub resource: String,
    pub subresource: String,
    pub namespace: String,
    pub name: String,
}

impl Attempt {
    /// Reads a request's method and path (without the base's prefix, with its query).
    pub fn of(method: Method, path: &str) -> Self {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        let mut attempt = Self::default();
        match segments.next() {
            Some("api") => {}
            Some("apis") => segments.next().unwrap_or_default().clone_into(&mut attempt.group),
            _ => {
                attempt.verb = method.as_str().to_ascii_lowercase();
                return attempt;
            }
        }
        let _version = segments.next();
        let rest: Vec<&str> = segments.collect();
        let rest = match rest.as_slice() {
            // `namespaces/x` itself is the namespace object; `namespaces/x/pods` is inside it.
            ["namespaces", namespace, inner @ ..] if !matches!(inner, [] | ["status" | "finalize", ..]) => {
                (*namespace).clone_into(&mut attempt.namespace);
                inner
            }
            all => all,
        };
        let part = |index: usize| rest.get(index).copied().unwrap_or_default().to_owned();
        (attempt.resource, attempt.name, attempt.subresource) = (part(0), part(1), part(2));
        let one = !attempt.name.is_empty();
        let watch = query.split('&').any(|pair| pair == "watch=true");
        attempt.verb = match method {
            Method::Get if one => "get",
            Method::Get if watch => "watch",
            Method::Get => "list",
            Method::Post => "create",
            Method::Put => "update",
            Method::Patch => "patch",
            Method::Delete if one => "delete",
            Method::Delete => "deletecollection",
        }
        .to_owned();
        attempt
    }
}

/// Decides what an answer means that is not a success: status below 200 or from 300 on.
pub(crate) fn refusal(attempt: &Attempt, code: u16, headers: &Headers, body: &[u8]) -> Error {
    if let Some(status) = read_status(body) {
        return from_status(attempt, Status { code, ..status }, headers.retry_after);
    }
    let html = headers.content_type.starts_with("text/html");
    let classified_by_code = matches!(code, 401 | 429 | 500..);
    if code < 400 || (html && !classified_by_code) {
        return Error::NotJson {
            status: code,
            content_type: headers.content_type.clone(),
            looks_like_login: html || code < 400,
        };
    }
    // Plain text: the API server's own for unknown paths and overload, or a proxy's.
    let text = if html { String::new() } else { plain_text(body) };
    let reason = reason(code);
    let message = if text.is_empty() { format!("{code} {reason}").trim_end().to_owned() } else { text };
    from_status(
        attempt,
        Status::failure(&message, &reason.replace(' ', "")).with_code(code),
        headers.retry_after,
    )
}

/// Decides what a `Status` of the API server means.
pub(crate) fn from_status(attempt: &Attempt, status: Status, retry_after: Option<Duration>) -> Error {
    let retry_after = retry_after.or_else(|| {
        let seconds = status.details.as_ref()?.retry_after_seconds;
        (seconds > 0).then(|| Duration::from_secs(u64::from(seconds)))
    });
    let status = Box::new(status);
    match status.code {
        401 => Error::Unauthorized(status),
        403 => Error::Forbidden(Box::new(forbidden(attempt, status))),
        404 => Error::NotFound(status),
        409 if status.reason == "AlreadyExists" => Error::AlreadyExists(status),
        409 => Error::Conflict { causes: causes(&status), status },
        410 => Error::Gone(status),
        422 => Error::Invalid { causes: causes(&status), status },
        429 => Error::TooManyRequests { status, retry_after },
        500.. => Error::Server { status, retry_after },
        _ => Error::Api(status),
    }
}

fn read_status(body: &[u8]) -> Option<Status> {
    let value: Value = crate::json::read(body).ok()?;
    (value["kind"] == "Status").then(|| status_of(&value))
}

/// Reads a `Status`. Only `kind` decides whether it is one; what is missing in it is empty.
pub(crate) fn status_of(value: &Value) -> Status {
    let number = |of: &Value, key: &str| of[key].as_u64().unwrap_or_default();
    let details = value["details"].is_object().then(|| {
        let from = &value["details"];
        let cause = |cause: &Value| StatusCause {
            reason: string(cause, "reason"),
            message: string(cause, "message"),
            field: string(cause, "field"),
        };
        StatusDetails {
            name: string(from, "name"),
            group: string(from, "group"),
            kind: string(from, "kind"),
            uid: string(from, "uid"),
            causes: items(from, "causes").iter().map(cause).collect(),
            retry_after_seconds: u32::try_from(number(from, "retryAfterSeconds")).unwrap_or(u32::MAX),
        }
    });
    Status {
        status: match value["status"].as_str() {
            Some("Success") => Some(StatusSummary::Success),
            Some("Failure") => Some(StatusSummary::Failure),
            _ => None,
        },
        code: u16::try_from(number(value, "code")).unwrap_or_default(),
        message: string(value, "message"),
        // Always empty in a `Status`.
        metadata: None,
        reason: string(value, "reason"),
        details,
    }
}

/// What HTTP calls a status (RFC 9110); of those that an API server or a proxy sends without a `Status`.
fn reason(code: u16) -> &'static str {
    match code {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        413 => "Payload Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}

fn plain_text(body: &[u8]) -> String {
    String::from_utf8_lossy(body).trim().chars().take(PLAIN_TEXT_LIMIT).collect()
}

fn causes(status: &Status) -> Vec<FieldCause> {
    let Some(details) = &status.details else { return Vec::new() };
    details
        .causes
        .iter()
        .map(|cause| FieldCause {
            field: cause.field.clone(),
            reason: cause.reason.clone(),
            message: cause.message.clone(),
        })
        .collect()
}

/// The missing rule. The API server's sentence knows best (a patch may lack `create`, say); the request and
/// `details` fill what the sentence leaves out, as an admission plugin's does.
fn forbidden(attempt: &Attempt, status: Box<Status>) -> Forbidden {
    let Attempt { verb, group, resource, subresource, namespace, name } = attempt.clone();
    let mut forbidden = Forbidden { verb, group, resource, subresource, namespace, name, status };
    if let Some(StatusDetails { name, .. }) = &forbidden.status.details
        && !name.is_empty()
    {
        forbidden.name = name.clone();
    }
    let sentence = forbidden.status.message.clone();
    let Some((_, rule)) = sentence.rsplit_once(" cannot ") else { return forbidden };
    let quoted = |after: &str| rule.split_once(after).and_then(|(_, rest)| rest.split('"').next());
    if let (Some(verb), Some(resource)) = (rule.split(' ').next(), quoted("resource \"")) {
        verb.clone_into(&mut forbidden.verb);
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        resource.clone_into(&mut forbidden.resource);
        subresource.clone_into(&mut forbidden.subresource);
        quoted("in API group \"").unwrap_or_default().clone_into(&mut forbidden.group);
        quoted("in the namespace \"").unwrap_or_default().clone_into(&mut forbidden.namespace);
    }
    forbidden
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(method: Method, path: &str) -> Attempt {
        Attempt::of(method, path)
    }

    fn json(code: u16, reason: &str, extra: &str) -> (u16, Vec<u8>) {
        let body = format!(
            r#"{{"kind":"Status","apiVersion":"v1","metadata":{{}},"status":"Failure","message":"said so","reason":"{reason}","code":{code}{extra}}}"#
        );
        (code, body.into_bytes())
    }

    fn answer(code: u16, content_type: &str, body: &[u8]) -> Error {
        let headers = Headers { content_type: content_type.into(), ..Headers::default() };
        refusal(&attempt(Method::Get, "/api/v1/pods"), code, &headers, body)
    }

    #[test]
    fn a_request_is_read_in_the_terms_of_rbac() {
        let check = |method: Method, uri: &str, expect: [&str; 6]| {
            let a = attempt(method, uri);
            assert_eq!(
                [&a.verb, &a.group, &a.resource, &a.subresource, &a.namespace, &a.name].map(String::as_str),
                expect,
                "{uri}"
            );
        };
        check(Method::Get, "/api/v1/namespaces/n/pods/p", ["get", "", "pods", "", "n", "p"]);
        check(
            Method::Get,
            "/api/v1/namespaces/n/pods/p/log?follow=true",
            ["get", "", "pods", "log", "n", "p"],
        );
        check(Method::Get, "/api/v1/pods?limit=5", ["list", "", "pods", "", "", ""]);
        check(
            Method::Get,
            "/apis/apps/v1/namespaces/n/deployments?watch=true&x=1",
            ["watch", "apps", "deployments", "", "n", ""],
        );
        check(
            Method::Post,
            "/apis/batch/v1/namespaces/n/jobs?dryRun=All",
            ["create", "batch", "jobs", "", "n", ""],
        );
        check(
            Method::Patch,
            "/apis/apps/v1/namespaces/n/deployments/d/scale",
            ["patch", "apps", "deployments", "scale", "n", "d"],
        );
        check(Method::Delete, "/api/v1/nodes/x", ["delete", "", "nodes", "", "", "x"]);
        check(Method::Get, "/api/v1/namespaces", ["list", "", "namespaces", "", "", ""]);
        check(Method::Get, "/api/v1/namespaces/n", ["get", "", "namespaces", "", "", "n"]);
        check(Method::Get, "/version", ["get", "", "", "", "", ""]);
    }

    #[test]
    fn each_status_code_has_its_class() {
        let class = |(code, body): (u16, Vec<u8>)| answer(code, "application/json", &body);
        assert!(matches!(class(json(401, "Unauthorized", "")), Error::Unauthorized(_)));
        assert!(matches!(class(json(403, "Forbidden", "")), Error::Forbidden(_)));
        assert!(matches!(class(json(404, "NotFound", "")), Error::NotFound(_)));
        assert!(matches!(class(json(409, "AlreadyExists", "")), Error::AlreadyExists(_)));
        assert!(matches!(class(json(409, "Conflict", "")), Error::Conflict { .. }));
        assert!(matches!(class(json(410, "Expired", "")), Error::Gone(_)));
        assert!(matches!(class(json(422, "Invalid", "")), Error::Invalid { .. }));
        assert!(matches!(class(json(429, "TooManyRequests", "")), Error::TooManyRequests { .. }));
        assert!(matches!(class(json(500, "InternalError", "")), Error::Server { .. }));
        assert!(matches!(class(json(503, "ServiceUnavailable", "")), Error::Server { .. }));
        assert!(matches!(class(json(400, "BadRequest", "")), Error::Api(_)));
        let error = class(json(404, "NotFound", ""));
        assert_eq!(error.status().unwrap().message, "said so");
        assert_eq!(error.to_string(), "said so");
    }

    #[test]
    fn a_login_page_is_not_an_answer() {
        let login = |code| {
            matches!(
                answer(code, "text/html; charset=utf-8", b"<html>"),
                Error::NotJson { looks_like_login: true, .. }
            )
        };
        assert!(login(403));
        assert!(login(404));
        // A redirect, which the browser hides behind status 0.
        assert!(matches!(answer(0, "", b""), Error::NotJson { status: 0, looks_like_login: true, .. }));
        // A proxy that cannot reach the API server is not a login page.
        assert!(matches!(answer(502, "text/html", b"<html>Bad Gateway"), Error::Server { .. }));
        assert!(matches!(answer(401, "text/html", b"<html>"), Error::Unauthorized(_)));
    }

    #[test]
    fn plain_text_refusals_are_classified_by_their_code() {
        let error = answer(404, "text/plain; charset=utf-8", b"404 page not found\n");
        assert!(
            matches!(&error, Error::NotFound(status) if status.message == "404 page not found"),
            "{error:?}"
        );
        assert!(matches!(
            answer(429, "text/plain", b"Too many requests, please try again later."),
            Error::TooManyRequests { .. }
        ));
        assert!(matches!(answer(403, "text/plain", b"Forbidden"), Error::Forbidden(_)));
        assert_eq!(answer(502, "text/html", b"<html>").to_string(), "the API server failed: 502 Bad Gateway");
    }

    #[test]
    fn the_missing_rule_is_named() {
        let check = |method: Method, uri: &str, message: &str, expect: [&str; 6]| {
            let status = Status::failure(message, "Forbidden").with_code(403);
            let Error::Forbidden(f) = from_status(&attempt(method, uri), status, None) else {
                panic!("not forbidden")
            };
            assert_eq!(
                [&f.verb, &f.group, &f.resource, &f.subresource, &f.namespace, &f.name].map(String::as_str),
                expect,
                "{message}"
            );
            assert_eq!(f.to_string(), message);
        };
        check(
            Method::Get,
            "/apis/apps/v1/namespaces/rootcause/deployments",
            r#"deployments.apps is forbidden: User "ada" cannot list resource "deployments" in API group "apps" in the namespace "rootcause""#,
            ["list", "apps", "deployments", "", "rootcause", ""],
        );
        check(
            Method::Get,
            "/api/v1/namespaces/n/pods/p/log",
            r#"pods "p" is forbidden: User "ada" cannot get resource "pods/log" in API group "" in the namespace "n""#,
            ["get", "", "pods", "log", "n", "p"],
        );
        check(
            Method::Patch,
            "/apis/g/v1/namespaces/n/things/t",
            r#"things.g "t" is forbidden: User "ada" cannot create resource "things" in API group "g" in the namespace "n""#,
            ["create", "g", "things", "", "n", "t"],
        );
        check(
            Method::Get,
            "/api/v1/nodes",
            r#"nodes is forbidden: User "ada" cannot list resource "nodes" in API group "" at the cluster scope"#,
            ["list", "", "nodes", "", "", ""],
        );
        check(
            Method::Get,
            "/version",
            r#"forbidden: User "x" cannot get path "/version""#,
            ["get", "", "", "", "", ""],
        );
        check(
            Method::Post,
            "/api/v1/namespaces/n/pods",
            r#"pods "p" is forbidden: exceeded quota: q"#,
            ["create", "", "pods", "", "n", ""],
        );
    }

    #[test]
    fn invalid_fields_are_listed_in_the_servers_words() {
        let causes = r#","details":{"name":"x","causes":[{"reason":"FieldValueInvalid","message":"Invalid value: -1","field":"spec.replicas"},{"reason":"FieldValueRequired","message":"Required value","field":"spec.version"}]}"#;
        let (code, body) = json(422, "Invalid", causes);
        let Error::Invalid { causes, .. } = answer(code, "application/json", &body) else {
            panic!("not invalid")
        };
        assert_eq!(causes.len(), 2);
        assert_eq!(causes[0].field, "spec.replicas");
        assert_eq!(causes[1].message, "Required value");
    }

    #[test]
    fn the_wait_is_taken_from_the_header_or_else_from_the_details() {
        let (code, body) = json(429, "TooManyRequests", r#","details":{"retryAfterSeconds":7}"#);
        assert_eq!(answer(code, "application/json", &body).retry_after(), Some(Duration::from_secs(7)));
        let headers = Headers { retry_after: Some(Duration::from_secs(2)), ..Headers::default() };
        assert_eq!(
            refusal(&Attempt::default(), code, &headers, &body).retry_after(),
            Some(Duration::from_secs(2))
        );
    }

    #[test]
    fn only_what_passes_by_itself_is_transient() {
        assert!(Error::Unreachable(String::new()).is_transient());
        assert!(answer(503, "text/plain", b"").is_transient());
        assert!(answer(429, "text/plain", b"").is_transient());
        assert!(!answer(403, "text/plain", b"").is_transient());
        assert!(!answer(0, "", b"").is_transient());
    }
}
