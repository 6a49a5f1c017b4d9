//! A small API server of config maps and one log, on a port of its own, that does one connection wrong.

use super::matrix::{Fault, Kind};
use serde_json::{Value, json};
use socket2::SockRef;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What the server knows after all that happens in a test.
pub const LOG: [&str; 4] = ["first line", "zwölf Äpfel 🍎", "third line", "last line"];

/// How long a refused port stays shut.
const SHUT: Duration = Duration::from_millis(60);

/// The longest that a connection is held open for nothing.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long the server asks to wait, in seconds.
pub const RETRY_AFTER: u64 = 4;

pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    kind: Kind,
    fault: Fault,
    /// What was asked, in order, and when, since 1970.
    asked: Mutex<Vec<(String, Duration)>>,
    ended: AtomicBool,
}

/// A request as far as it matters here.
struct Asked {
    method: String,
    path: String,
    query: String,
    upgrade: bool,
}

impl Asked {
    fn parameter(&self, name: &str) -> Option<&str> {
        self.query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    }
}

impl Server {
    /// Serves until dropped. Of the requests of this kind the first is done wrong.
    pub fn start(kind: Kind, fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Shared { kind, fault, asked: Mutex::default(), ended: AtomicBool::new(false) };
        let shared = Arc::new(shared);
        let server = Self { address, shared: shared.clone() };
        // The connection that is done wrong: after a list there is its second page, or a watch.
        let before = usize::from(matches!(kind, Kind::Page | Kind::Stream | Kind::Socket));
        let mut listener = Some(listener);
        if fault == Fault::Refused && before == 0 {
            // Shut before anybody knocks.
            listener = None;
        }
        thread::spawn(move || {
            let mut connections = 0;
            while !shared.ended.load(Ordering::SeqCst) {
                let open = match &listener {
                    Some(open) => open,
                    None => {
                        thread::park_timeout(SHUT);
                        listener.insert(TcpListener::bind(address).unwrap())
                    }
                };
                let Ok((stream, _)) = open.accept() else { return };
                let wrong = connections == before;
                connections += 1;
                if fault == Fault::Refused && connections == before {
                    // Shut before the answer that leads to the next connection.
                    listener = None;
                }
                let shared = shared.clone();
                thread::spawn(move || {
                    // What the client does with its end is its own affair.
                    let _ = shared.serve(&stream, wrong && fault != Fault::Refused);
                });
            }
        });
        server
    }

    pub fn authority(&self) -> String {
        self.address.to_string()
    }

    /// What was asked that begins so.
    pub fn asked(&self, begin: &str) -> Vec<(String, Duration)> {
        let asked = self.shared.asked.lock().unwrap();
        asked.iter().filter(|(words, _)| words.starts_with(begin)).cloned().collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        // Its thread waits for a connection.
        let _ = TcpStream::connect(self.address);
    }
}

fn config_map(name: &str, version: u32) -> Value {
    let metadata =
        json!({"name": name, "namespace": "n", "uid": name, "resourceVersion": version.to_string()});
    json!({"metadata": metadata, "data": {"text": "zwölf Äpfel 🍎"}})
}

/// The objects as they are in the end. Lists before the watch has told all show an earlier state.
pub fn world() -> Vec<(&'static str, u32)> {
    vec![("a", 1), ("b", 12), ("d", 11)]
}

/// What happens after the first list.
fn events() -> Vec<(u32, Vec<u8>)> {
    let event = |kind: &str, name: &str, version: u32| {
        let object = json!({"type": kind, "object": config_map(name, version)});
        (version, object.to_string().into_bytes())
    };
    vec![event("ADDED", "d", 11), event("MODIFIED", "b", 12), event("DELETED", "c", 13)]
}

fn list(asked: &Asked, later: bool) -> Value {
    let (objects, version) = match later {
        true => (vec![("a", 1), ("b", 12), ("d", 11)], 13),
        false => (vec![("a", 1), ("b", 2), ("c", 3)], 10),
    };
    let paged = asked.parameter("limit") == Some("2");
    let (from, to, next) = match (paged, asked.parameter("continue")) {
        (true, None) => (0, 2, "two"),
        (true, Some(_)) => (2, objects.len(), ""),
        (false, _) => (0, objects.len(), ""),
    };
    let items: Vec<Value> =
        objects[from..to].iter().map(|(name, version)| config_map(name, *version)).collect();
    json!({"metadata": {"resourceVersion": version.to_string(), "continue": next}, "items": items})
}

impl Shared {
    fn serve(&self, stream: &TcpStream, wrong: bool) -> io::Result<()> {
        stream.set_read_timeout(Some(PATIENCE))?;
        let asked = read(stream)?;
        let told = format!("{} {}?{}", asked.method, asked.path, asked.query);
        let first_list = {
            let mut all = self.asked.lock().unwrap();
            all.push((told, super::now()));
            all.iter().all(|(words, _)| !words.contains("watch=true"))
        };
        let watch = asked.query.contains("watch=true");
        let log = asked.path.ends_with("/log");
        let fault = wrong.then_some(self.fault);
        match fault {
            Some(Fault::ResetBefore) => return reset(stream),
            Some(Fault::Stalled) => return hold(stream),
            Some(fault) => {
                if let Some((status, kind, body)) = refusal(fault, watch || log) {
                    return answer(stream, fault, status, kind, body.as_bytes(), fault == Fault::TooMany);
                }
            }
            None => {}
        }
        let fault = fault.unwrap_or(Fault::AnHourAhead);
        if watch || asked.upgrade {
            let pieces = match watch {
                true => {
                    let from = asked.parameter("resourceVersion").and_then(|it| it.parse().ok()).unwrap_or(0);
                    let mut told: Vec<_> = events()
                        .into_iter()
                        .filter(|(version, _)| *version > from)
                        .map(|(_, it)| it)
                        .collect();
                    match fault {
                        Fault::Duplicated => {
                            told = told.iter().flat_map(|it| [it.clone(), it.clone()]).collect()
                        }
                        Fault::Reordered => told.swap(0, 1),
                        _ => {}
                    }
                    told
                }
                false => LOG.iter().map(|line| format!("{line}\n").into_bytes()).collect(),
            };
            return follow(stream, fault, asked.upgrade, watch, &pieces, self.kind);
        }
        if log {
            return answer(
                stream,
                fault,
                200,
                "text/plain",
                format!("{}\n", LOG.join("\n")).as_bytes(),
                false,
            );
        }
        let body = match asked.method.as_str() {
            "GET" if asked.path.ends_with("/configmaps") => list(&asked, !first_list),
            _ => config_map("a", 1),
        };
        answer(stream, fault, 200, "application/json", body.to_string().as_bytes(), false)
    }
}

/// The answers that are wrong as a whole.
fn refusal(fault: Fault, any_type: bool) -> Option<(u16, &'static str, String)> {
    let code = match fault {
        Fault::Unauthorized => 401,
        Fault::Forbidden => 403,
        Fault::NotFound => 404,
        Fault::Conflict => 409,
        Fault::Gone => 410,
        Fault::Invalid => 422,
        Fault::TooMany => 429,
        Fault::Internal => 500,
        Fault::Unavailable => 503,
        Fault::SignIn => return Some((200, "text/html; charset=utf-8", "<h1>Sign in</h1>".to_owned())),
        Fault::OtherType if any_type => return Some((200, "text/plain", format!("{}\n", LOG.join("\n")))),
        Fault::OtherType => return Some((200, "text/plain", "{}".to_owned())),
        _ => return None,
    };
    let status =
        json!({"kind": "Status", "status": "Failure", "message": "no", "reason": "Rig", "code": code});
    Some((code, "application/json", status.to_string()))
}

fn read(stream: &TcpStream) -> io::Result<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (method, url) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let mut asked =
        Asked { method: method.to_owned(), path: path.to_owned(), query: query.to_owned(), upgrade: false };
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        asked.upgrade |= line == "upgrade: websocket";
        if let Some(bytes) = line.strip_prefix("content-length: ") {
            length = bytes.parse().map_err(io::Error::other)?;
        }
    }
    reader.read_exact(&mut vec![0; length])?;
    Ok(asked)
}

/// Ends the connection at once, as a machine does that has lost it.
fn reset(stream: &TcpStream) -> io::Result<()> {
    SockRef::from(stream).set_linger(Some(Duration::ZERO))
}

/// Says nothing until the client has gone.
fn hold(mut stream: &TcpStream) -> io::Result<()> {
    stream.read(&mut [0; 1]).map(drop)
}

/// Where a body is cut: within the last character of more than one byte, or in the middle of something else.
fn cut(fault: Fault, body: &[u8]) -> usize {
    let long = body.iter().rposition(|byte| *byte >= 0xc0);
    match (fault, long) {
        (Fault::CutInCharacter, Some(at)) => at + 1,
        _ => body.len() * 2 / 3,
    }
}

fn answer(
    mut stream: &TcpStream,
    fault: Fault,
    status: u16,
    kind: &str,
    body: &[u8],
    wait: bool,
) -> io::Result<()> {
    let wait = if wait { format!("retry-after: {RETRY_AFTER}\r\n") } else { String::new() };
    let date = if fault == Fault::AnHourAhead { super::date_header() } else { String::new() };
    let head = format!(
        "HTTP/1.1 {status} Rig\r\ncontent-type: {kind}\r\n{wait}{date}content-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    match fault {
        Fault::ResetWithin | Fault::CutInCharacter | Fault::Silent => {
            stream.write_all(&body[..cut(fault, body)])?;
            if fault == Fault::Silent { hold(stream) } else { reset(stream) }
        }
        Fault::ResetAfter => {
            stream.write_all(body)?;
            hold(stream)?;
            reset(stream)
        }
        _ => stream.write_all(body),
    }
}

/// An answer that goes on: over a WebSocket each piece is a message, else a chunk.
fn follow(
    mut stream: &TcpStream,
    fault: Fault,
    socket: bool,
    lines: bool,
    pieces: &[Vec<u8>],
    kind: Kind,
) -> io::Result<()> {
    let head = match socket {
        true => "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\r\n",
        false => "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
    };
    stream.write_all(head.as_bytes())?;
    let frame = |piece: &[u8]| match socket {
        true => {
            let mut frame = vec![0x82, 126];
            frame.extend(u16::try_from(piece.len()).unwrap_or(u16::MAX).to_be_bytes());
            [&frame, piece].concat()
        }
        false => {
            let end: &[u8] = if lines { b"\n" } else { b"" };
            [format!("{:x}\r\n", piece.len() + end.len()).as_bytes(), piece, end, b"\r\n"].concat()
        }
    };
    let broken = matches!(fault, Fault::ResetWithin | Fault::CutInCharacter | Fault::Silent);
    for (index, piece) in pieces.iter().enumerate() {
        let frame = frame(piece);
        if broken && index == 1 {
            stream.write_all(&frame[..cut(fault, &frame)])?;
            return if fault == Fault::Silent { hold(stream) } else { reset(stream) };
        }
        stream.write_all(&frame)?;
        if fault == Fault::ResetAfter && index == 1 {
            // What has been written is read before the reset throws it away.
            thread::park_timeout(Duration::from_millis(50));
            return reset(stream);
        }
    }
    if kind == Kind::Follow { Ok(()) } else { hold(stream) }
}
