//! What a command in a container says: messages of `v5.channel.k8s.io` or `v4.channel.k8s.io`, whose first byte names a
//! channel (apimachinery, `remotecommand`).

use crate::error::{Error, status_of};
use crate::json::{string, value};

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// The exit code; `None` where the command could not be run, or its end is not known.
    pub code: Option<i32>,
    /// The server's words, empty for a command that ended well.
    pub message: String,
}

impl Exit {
    /// Whether the command ended with exit code 0.
    pub fn is_success(&self) -> bool {
        self.code == Some(0)
    }
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A piece of the command's output.
    Out(Vec<u8>),
    /// A piece of what it wrote to its standard error.
    Err(Vec<u8>),
    /// Nothing more comes.
    Exit(Exit),
    /// An empty message, as each channel begins with, or one of a channel that is not known.
    Nothing,
}

impl Message {
    /// Reads one message.
    ///
    /// # Errors
    /// [`Error::Decode`] when the last one is no `Status`.
    pub fn read(mut bytes: Vec<u8>) -> Result<Self, Error> {
        if bytes.len() < 2 {
            return Ok(Self::Nothing);
        }
        let channel = bytes.remove(0);
        Ok(match channel {
            1 => Self::Out(bytes),
            2 => Self::Err(bytes),
            3 => Self::Exit(exit(&bytes)?),
            _ => Self::Nothing,
        })
    }
}

fn exit(bytes: &[u8]) -> Result<Exit, Error> {
    let object = value("command's status", bytes)?;
    if string(&object, "status") == "Success" {
        return Ok(Exit { code: Some(0), message: String::new() });
    }
    let status = status_of(&object);
    let causes = status.details.as_ref().map(|it| it.causes.as_slice()).unwrap_or_default();
    let code = causes.iter().find(|it| it.reason == "ExitCode").and_then(|it| it.message.parse().ok());
    Ok(Exit { code, message: status.message })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(channel: u8, text: &str) -> Message {
        let bytes = std::iter::once(channel).chain(text.bytes()).collect();
        Message::read(bytes).unwrap()
    }

    #[test]
    fn the_first_byte_names_the_channel() {
        assert_eq!(read(1, "rows"), Message::Out(b"rows".to_vec()));
        assert_eq!(read(2, "pg_dumpall: error"), Message::Err(b"pg_dumpall: error".to_vec()));
        // A command's output may be any bytes.
        assert_eq!(Message::read(vec![1, 0xff, 0]), Ok(Message::Out(vec![0xff, 0])));
        assert_eq!(read(1, ""), Message::Nothing);
        assert_eq!(read(255, "\u{1}"), Message::Nothing);
        assert_eq!(Message::read(Vec::new()), Ok(Message::Nothing));
    }

    #[test]
    fn the_status_tells_how_it_ended() {
        let check = |status: &str, code, message: &str| {
            assert_eq!(read(3, status), Message::Exit(Exit { code, message: message.to_owned() }));
        };
        check(r#"{"metadata":{},"status":"Success"}"#, Some(0), "");
        check(
            r#"{"metadata":{},"status":"Failure","message":"command terminated with non-zero exit code: exit status 3","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"3"}]}}"#,
            Some(3),
            "command terminated with non-zero exit code: exit status 3",
        );
        check(
            r#"{"metadata":{},"status":"Failure","message":"container not found","reason":"InternalError","code":500}"#,
            None,
            "container not found",
        );
        assert!(matches!(Message::read(b"\x03no json".to_vec()), Err(Error::Decode { .. })));
    }
}
