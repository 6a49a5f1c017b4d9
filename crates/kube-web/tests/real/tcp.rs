//! A transport over plain TCP, for a `kubectl proxy` on this machine: HTTP/1.1 with one connection per request, and
//! as much of WebSocket as a watch needs. Threads stand in for the browser.

use futures::channel::{mpsc, oneshot};
use futures::future::LocalBoxFuture;
use futures::stream::{self, LocalBoxStream};
use futures::{StreamExt, TryStreamExt};
use kube_web::transport::{Chunks, Headers, Outgoing, Response, Streaming, Transport};
use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Shutdown, TcpStream};
use std::rc::Rc;
use std::thread;
use std::time::{Duration, UNIX_EPOCH};

/// Speaks to `http://HOST:PORT`.
pub struct Tcp {
    pub authority: String,
    /// How many WebSockets have opened.
    pub sockets: Rc<Cell<u32>>,
}

type Head = (u16, Vec<(String, String)>);
type Piece = Result<Vec<u8>, String>;

/// Ends the connection when the stream is dropped.
struct HangUp(TcpStream);

impl Drop for HangUp {
    fn drop(&mut self) {
        let _already_closed = self.0.shutdown(Shutdown::Both);
    }
}

fn read_head(reader: &mut impl BufRead) -> io::Result<Head> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let status = line.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    let mut headers = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    Ok((status, headers))
}

fn header(headers: &[(String, String)], name: &str) -> Option<String> {
    let values: Vec<&str> =
        headers.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// How the end of a body is told.
enum Length {
    Chunked,
    Bytes(usize),
    /// By the end of the connection.
    Unknown,
}

/// Passes the body on as it comes. One that ends before it is whole is an error, as it is in a browser.
fn read_body(
    mut reader: impl BufRead,
    mut length: Length,
    sender: &mpsc::UnboundedSender<Piece>,
) -> io::Result<()> {
    loop {
        let piece = match &mut length {
            Length::Chunked => {
                let mut size = String::new();
                reader.read_line(&mut size)?;
                let size = usize::from_str_radix(size.trim(), 16).map_err(io::Error::other)?;
                let mut piece = vec![0; size + 2];
                reader.read_exact(&mut piece)?;
                piece.truncate(size);
                piece
            }
            Length::Bytes(0) => return Ok(()),
            Length::Bytes(left) => {
                let piece = reader.fill_buf()?;
                let piece = piece[..piece.len().min(*left)].to_vec();
                if piece.is_empty() {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                reader.consume(piece.len());
                *left -= piece.len();
                piece
            }
            Length::Unknown => {
                let piece = reader.fill_buf()?.to_vec();
                reader.consume(piece.len());
                piece
            }
        };
        if piece.is_empty() || sender.unbounded_send(Ok(piece)).is_err() {
            return Ok(());
        }
    }
}

/// Passes the messages of a socket on, until it is closed.
fn read_messages(mut reader: impl BufRead, sender: &mpsc::UnboundedSender<Piece>) -> io::Result<()> {
    loop {
        let mut head = [0; 2];
        reader.read_exact(&mut head)?;
        let length = match head[1] & 0x7f {
            126 => {
                let mut bytes = [0; 2];
                reader.read_exact(&mut bytes)?;
                u64::from(u16::from_be_bytes(bytes))
            }
            127 => {
                let mut bytes = [0; 8];
                reader.read_exact(&mut bytes)?;
                u64::from_be_bytes(bytes)
            }
            short => u64::from(short),
        };
        let mut message = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        reader.read_exact(&mut message)?;
        let closed = head[0] & 0x0f == 8;
        if closed || sender.unbounded_send(Ok(message)).is_err() {
            return Ok(());
        }
    }
}

/// Sends bytes, reads the head of the answer, passes the body on from a thread.
async fn exchange(authority: String, request: Vec<u8>) -> Result<(Head, Chunks), String> {
    let (head_sender, head) = oneshot::channel();
    let (sender, pieces) = mpsc::unbounded::<Piece>();
    thread::spawn(move || {
        let run = || -> io::Result<(Head, TcpStream, BufReader<TcpStream>)> {
            let mut stream = TcpStream::connect(&authority)?;
            stream.write_all(&request)?;
            let mut reader = BufReader::new(stream.try_clone()?);
            Ok((read_head(&mut reader)?, stream, reader))
        };
        let (head, stream, reader) = match run() {
            Ok(answer) => answer,
            Err(error) => {
                let _nobody_waits = head_sender.send(Err(error.to_string()));
                return;
            }
        };
        let length = match header(&head.1, "content-length").map(|length| length.parse()) {
            _ if header(&head.1, "transfer-encoding").is_some() => Length::Chunked,
            Some(Ok(length)) => Length::Bytes(length),
            _ => Length::Unknown,
        };
        let socket = head.0 == 101;
        let _nobody_waits = head_sender.send(Ok((head, HangUp(stream))));
        let read = if socket { read_messages(reader, &sender) } else { read_body(reader, length, &sender) };
        if let Err(error) = read {
            let _nobody_reads = sender.unbounded_send(Err(error.to_string()));
        }
    });
    let (head, connection) = head.await.map_err(|_| "the connection's thread is gone".to_owned())??;
    let pieces = pieces.map(move |piece| {
        let _kept = &connection;
        piece
    });
    Ok((head, pieces.boxed_local()))
}

impl Tcp {
    async fn request(authority: String, request: Outgoing) -> Result<Streaming, String> {
        let mut text = format!(
            "{} {} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n",
            request.method.as_str(),
            request.url
        );
        for (name, value) in &request.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("content-length: {}\r\n\r\n", request.body.len()));
        let bytes = [text.into_bytes(), request.body].concat();
        let ((status, headers), body) = exchange(authority, bytes).await?;
        Ok(Streaming { status, headers: Headers::read(|name| header(&headers, name)), body })
    }
}

impl Transport for Tcp {
    fn send(&self, request: Outgoing) -> LocalBoxFuture<'static, Result<Response, String>> {
        let answer = Self::request(self.authority.clone(), request);
        Box::pin(async move {
            let Streaming { status, headers, body } = answer.await?;
            Ok(Response { status, headers, body: body.try_concat().await? })
        })
    }

    fn open(&self, request: Outgoing) -> LocalBoxFuture<'static, Result<Streaming, String>> {
        Box::pin(Self::request(self.authority.clone(), request))
    }

    fn socket(
        &self,
        url: String,
        _: &'static [&'static str],
        _: Option<String>,
    ) -> LocalBoxFuture<'static, Result<Chunks, String>> {
        let (authority, sockets) = (self.authority.clone(), self.sockets.clone());
        // Any 16 bytes in base64 are a key: this is the one of RFC 6455.
        let text = format!(
            "GET {url} HTTP/1.1\r\nhost: {authority}\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\
             origin: http://{authority}\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        Box::pin(async move {
            let ((status, _), messages) = exchange(authority, text.into_bytes()).await?;
            if status != 101 {
                return Err(format!("the WebSocket did not open ({status})"));
            }
            sockets.set(sockets.get() + 1);
            Ok(messages)
        })
    }

    fn sleep(&self, time: Duration) -> LocalBoxFuture<'static, ()> {
        let (sender, slept) = oneshot::channel::<()>();
        thread::spawn(move || {
            thread::park_timeout(time);
            drop(sender);
        });
        Box::pin(async move {
            let _dropped = slept.await;
        })
    }

    fn wakes(&self) -> LocalBoxStream<'static, ()> {
        stream::pending().boxed_local()
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap()
    }

    fn random(&self) -> f64 {
        0.5
    }
}
