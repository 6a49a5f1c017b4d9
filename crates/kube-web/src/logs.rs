//! Logs of a container, as lines.

use crate::api::Api;
use crate::client::BINARY;
use crate::error::Error;
use crate::request::{Request, with_query};
use crate::resource::path_segment;
use crate::transport::Chunks;
use crate::wire::lines::LineSplitter;
use futures::stream::{self, Stream, StreamExt};
use std::borrow::Cow;

/// The longest line that is kept whole, in bytes. A longer one arrives in several pieces.
pub const LONGEST_LINE: usize = 1 << 20;

/// Which lines of which container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogParams {
    /// The container; may be empty in a pod that has only one.
    pub container: String,
    /// Go on with new lines as they are written.
    pub follow: bool,
    /// The container's run before the latest restart.
    pub previous: bool,
    /// Only lines of the last so many seconds.
    pub since_seconds: Option<u32>,
    /// Only lines written from this time on (RFC 3339), such as the time of the last line seen.
    pub since_time: Option<String>,
    /// Only the last so many of the lines that are there already.
    pub tail_lines: Option<u32>,
    /// Begin each line with the time at which it was written; see [`LogLine::timestamp`].
    pub timestamps: bool,
    /// Read it over a WebSocket, which takes none of the six connections that a browser has for a host over all its tabs.
    /// Use it to follow; a refused WebSocket does not say why, a request without it does.
    pub over_socket: bool,
}

/// One line of a log: bytes, because containers write what they like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine(pub Vec<u8>);

impl LogLine {
    /// The line as text; what is not UTF-8 becomes `�`.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// The time and the rest of a line that was asked for with [`LogParams::timestamps`]. The kubelet writes
    /// RFC 3339 with nanoseconds and one space.
    pub fn timestamp(&self) -> Option<(&str, Cow<'_, str>)> {
        let space = self.0.iter().position(|byte| *byte == b' ').unwrap_or(self.0.len());
        let (time, rest) = self.0.split_at(space);
        let time =
            std::str::from_utf8(time).ok().filter(|time| time.len() >= 20 && time.as_bytes()[10] == b'T')?;
        Some((time, String::from_utf8_lossy(rest.get(1..).unwrap_or_default())))
    }
}

/// Reads the log of a pod. Each item is the lines that one piece of the answer completed, oldest first.
///
/// `api` is a handle on pods in a namespace. The stream ends with the log: when all is read, or with
/// [`LogParams::follow`] when the container stops. It ends after an error as well; it does not start over by itself,
/// because only the caller knows which lines it has. Dropping it ends the request.
pub fn logs(
    api: &Api,
    pod: &str,
    params: &LogParams,
) -> impl Stream<Item = Result<Vec<LogLine>, Error>> + use<> {
    enum State {
        Closed(Api, Result<String, Error>),
        Open(Chunks, LineSplitter),
        Done,
    }
    let start = State::Closed(api.clone(), path(api, pod, params));
    let over_socket = params.over_socket;
    stream::unfold(start, move |mut state| async move {
        loop {
            state = match state {
                State::Closed(api, path) => match open(&api, path, over_socket).await {
                    Ok(chunks) => State::Open(chunks, LineSplitter::new(LONGEST_LINE)),
                    Err(error) => return Some((Err(error), State::Done)),
                },
                State::Open(mut chunks, mut splitter) => {
                    let (lines, next) = match chunks.next().await {
                        Some(Ok(piece)) => (splitter.push(&piece), State::Open(chunks, splitter)),
                        Some(Err(words)) => return Some((Err(Error::Unreachable(words)), State::Done)),
                        None => (splitter.finish().into_iter().collect(), State::Done),
                    };
                    if !lines.is_empty() {
                        return Some((Ok(lines.into_iter().map(LogLine).collect()), next));
                    }
                    next
                }
                State::Done => return None,
            }
        }
    })
}

async fn open(api: &Api, path: Result<String, Error>, over_socket: bool) -> Result<Chunks, Error> {
    if over_socket {
        return api.client().socket(&path?, BINARY).await;
    }
    // The log itself is plain text, a refusal is JSON.
    api.client().open(Request::get(path?).accepting("text/plain, */*")).await
}

fn path(api: &Api, pod: &str, params: &LogParams) -> Result<String, Error> {
    path_segment("name", pod)?;
    let since_seconds = params.since_seconds.map(|seconds| seconds.to_string());
    let tail_lines = params.tail_lines.map(|lines| lines.to_string());
    let flag = |set: bool| set.then_some("true");
    let pairs = [
        ("container", (!params.container.is_empty()).then_some(params.container.as_str())),
        ("follow", flag(params.follow)),
        ("previous", flag(params.previous)),
        ("sinceSeconds", since_seconds.as_deref()),
        ("sinceTime", params.since_time.as_deref()),
        ("tailLines", tail_lines.as_deref()),
        ("timestamps", flag(params.timestamps)),
    ];
    let pairs: Vec<(&str, &str)> = pairs.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
    Ok(with_query(&format!("{}/{pod}/log", api.path()?), &pairs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ApiBase, Client, Resource};

    #[test]
    fn only_what_is_asked_for_is_in_the_address() {
        let api = Client::new(ApiBase::default()).namespaced(Resource::PODS, "n");
        let check = |params: LogParams, expect: &str| assert_eq!(path(&api, "p", &params).unwrap(), expect);
        check(LogParams::default(), "/api/v1/namespaces/n/pods/p/log");
        check(
            LogParams {
                container: "main".into(),
                follow: true,
                tail_lines: Some(100),
                since_time: Some("2026-11-22T20:54:17+01:00".into()),
                timestamps: true,
                ..LogParams::default()
            },
            "/api/v1/namespaces/n/pods/p/log?container=main&follow=true&sinceTime=2026-11-22T20%3A54%3A17%2B01%3A00&tailLines=100&timestamps=true",
        );
        assert!(path(&api, "../p", &LogParams::default()).is_err());
    }

    #[test]
    fn a_timestamp_is_told_from_the_line() {
        let line = LogLine(b"2026-11-22T20:54:17.123456789Z started ok".to_vec());
        let (time, rest) = line.timestamp().unwrap();
        assert_eq!((time, rest.as_ref()), ("2026-11-22T20:54:17.123456789Z", "started ok"));
        assert!(LogLine(b"just words here, quite a few of them".to_vec()).timestamp().is_none());
        assert!(LogLine(Vec::new()).timestamp().is_none());
        assert_eq!(LogLine(vec![0xff, b'a']).text(), "\u{fffd}a");
    }
}
