//! What this tab has asked of the API server beyond reading: for the user to look back at, and to hand over.
//!
//! An entry holds the method, the path and what came of it. Bodies are not kept, so that no secret value can be in it.

use serde_json::{Value, json};

use crate::phase::Tone;
use crate::time::Timestamp;

/// A WebSocket, where a request has its HTTP method.
pub const SOCKET: &str = "SOCKET";

/// Entries that are kept; the oldest go first.
pub const KEPT: usize = 500;

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub at: Timestamp,
    /// The HTTP method, or `EXEC` for a command in a container.
    pub method: String,
    /// The path of the API, without a query.
    pub path: String,
    /// Whether the API server was only to try it.
    pub dry_run: bool,
    pub outcome: Outcome,
}

/// What came of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// No answer yet.
    UnderWay,
    /// The HTTP status; 0 for a redirect, as browsers report it.
    Answered(u16),
    /// No answer: whether it happened is not known from it.
    Lost,
}

impl Entry {
    /// The entry for a request to `address`, a path of the API below `base`, by its HTTP method or [`SOCKET`]. `None` for
    /// what only reads, or only asks what one may do.
    pub fn of(method: &str, base: &str, address: &str, at: Timestamp) -> Option<Self> {
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let path = path.strip_prefix(base.trim_end_matches('/')).unwrap_or(path);
        // Without an upgrade to a socket no command runs.
        let exec = method == SOCKET && path.ends_with("/exec");
        let review = path.starts_with("/apis/authorization.k8s.io/")
            || path.starts_with("/apis/authentication.k8s.io/");
        if review || method == "GET" || (method == SOCKET && !exec) {
            return None;
        }
        Some(Self {
            at,
            method: if exec { "EXEC" } else { method }.to_owned(),
            path: path.to_owned(),
            dry_run: query.split('&').any(|it| it == "dryRun=All"),
            outcome: Outcome::UnderWay,
        })
    }

    /// What came of it, in words.
    pub fn result(&self) -> (Tone, String) {
        match self.outcome {
            Outcome::UnderWay => (Tone::Busy, "under way".to_owned()),
            Outcome::Answered(status @ 100..=299) => (Tone::Ok, format!("{status} done")),
            Outcome::Answered(0) => (Tone::Bad, "redirected, not done".to_owned()),
            Outcome::Answered(401) => (Tone::Bad, "401 not signed in".to_owned()),
            Outcome::Answered(403) => (Tone::Bad, "403 forbidden".to_owned()),
            Outcome::Answered(409) => (Tone::Warn, "409 changed by somebody else first".to_owned()),
            Outcome::Answered(status) => (Tone::Bad, format!("{status} refused")),
            Outcome::Lost => (Tone::Warn, "no answer".to_owned()),
        }
    }
}

/// The entries as JSON, one to a line, oldest first: a file to keep.
pub fn lines(entries: &[Entry], who: &str) -> String {
    let line = |it: &Entry| {
        let result: Value = match it.outcome {
            Outcome::Answered(status) => status.into(),
            Outcome::UnderWay | Outcome::Lost => Value::Null,
        };
        let fields = json!({
            "time": it.at.to_string(), "user": who, "method": it.method, "path": it.path,
            "dryRun": it.dry_run, "status": result,
        });
        format!("{fields}\n")
    };
    entries.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> Timestamp {
        Timestamp::from_second(1_795_000_000).unwrap()
    }

    #[test]
    fn writes_are_kept_and_reads_are_not() {
        let check = |method: &str, address: &str, expect: Option<(&str, &str, bool)>| {
            let entry = Entry::of(method, "../k8s/", address, at());
            let shown = entry.as_ref().map(|it| (&*it.method, &*it.path, it.dry_run));
            assert_eq!(shown, expect, "{address}");
        };
        let path = "/apis/x.dev/v1/namespaces/rc/things/rc";
        let address = format!("../k8s{path}");
        check(
            "PATCH",
            &format!("{address}?fieldManager=a&dryRun=All&pretty=false"),
            Some(("PATCH", path, true)),
        );
        check("PATCH", &format!("{address}?pretty=false"), Some(("PATCH", path, false)));
        check("DELETE", &address, Some(("DELETE", path, false)));
        check("GET", &format!("{address}?watch=true"), None);
        check("POST", "../k8s/apis/authorization.k8s.io/v1/selfsubjectaccessreviews?pretty=false", None);
        check("POST", "../k8s/apis/authentication.k8s.io/v1/selfsubjectreviews", None);
        let exec = "/api/v1/namespaces/rc/pods/p/exec";
        check(SOCKET, &format!("../k8s{exec}?command=sh"), Some(("EXEC", exec, false)));
        check(SOCKET, "../k8s/api/v1/pods?watch=true", None);
        check("GET", &format!("../k8s{exec}?command=sh"), None);
    }

    #[test]
    fn every_result_has_a_word_and_a_tone() {
        let check = |outcome, expect: (Tone, &str)| {
            let entry = Entry { outcome, ..Entry::of("PUT", "/", "/x", at()).unwrap() };
            let (tone, words) = entry.result();
            assert_eq!((tone, &*words), expect);
        };
        check(Outcome::UnderWay, (Tone::Busy, "under way"));
        check(Outcome::Answered(201), (Tone::Ok, "201 done"));
        check(Outcome::Answered(403), (Tone::Bad, "403 forbidden"));
        check(Outcome::Answered(409), (Tone::Warn, "409 changed by somebody else first"));
        check(Outcome::Answered(422), (Tone::Bad, "422 refused"));
        check(Outcome::Answered(0), (Tone::Bad, "redirected, not done"));
        check(Outcome::Lost, (Tone::Warn, "no answer"));
    }

    #[test]
    fn the_file_has_a_line_for_each_and_no_query() {
        let entry = Entry {
            outcome: Outcome::Answered(200),
            ..Entry::of("PATCH", "/", "/api/v1/namespaces/rc/secrets/s?dryRun=All&x=secret", at()).unwrap()
        };
        let text = lines(&[entry.clone(), Entry { outcome: Outcome::Lost, ..entry }], "ana");
        let rows: Vec<Value> = text.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0]["user"], "ana");
        assert_eq!(rows[0]["path"], "/api/v1/namespaces/rc/secrets/s");
        assert_eq!((&rows[0]["dryRun"], &rows[0]["status"]), (&true.into(), &200.into()));
        assert_eq!(rows[1]["status"], Value::Null);
        assert!(!text.contains("x=secret"));
    }
}
