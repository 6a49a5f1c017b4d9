//! Commands in a container, whose output is read. Nothing is written to them.

use crate::api::Api;
use crate::error::Error;
use crate::request::{Request, with_query};
use crate::resource::path_segment;
use crate::transport::Chunks;
use crate::wire::channels::Message;
use futures::stream::{self, Stream, StreamExt};

/// The subprotocols of commands, the newest first. For a command that only speaks they are the same; API servers before
/// 1.29 know the older one.
const CHANNELS: &[&str] = &["v5.channel.k8s.io", "v4.channel.k8s.io"];

/// Which command in which container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecParams {
    /// The container; may be empty in a pod that has only one.
    pub container: String,
    /// The program and its arguments. They are part of the address: no place for a secret.
    pub command: Vec<String>,
}

/// Runs a command and gives what it says, [`Message::Exit`] last.
///
/// `api` is a handle on pods in a namespace. A stream that ends without an exit was cut off: that is an error, and how far
/// the command came is not known. Dropping the stream closes the connection, which the kubelet takes for the user's wish
/// to end it.
pub fn exec(api: &Api, pod: &str, params: &ExecParams) -> impl Stream<Item = Result<Message, Error>> + use<> {
    enum State {
        Closed(Api, Result<String, Error>),
        Open(Chunks),
        Done,
    }
    let start = State::Closed(api.clone(), path(api, pod, params));
    stream::unfold(start, |mut state| async move {
        loop {
            state = match state {
                State::Closed(api, path) => {
                    let opened = async { api.client().socket(&path?, CHANNELS).await };
                    match opened.await {
                        Ok(chunks) => State::Open(chunks),
                        Err(error) => return Some((Err(error), State::Done)),
                    }
                }
                State::Open(mut chunks) => match chunks.next().await {
                    Some(Ok(bytes)) => match Message::read(bytes) {
                        Ok(Message::Nothing) => State::Open(chunks),
                        Ok(Message::Exit(exit)) => return Some((Ok(Message::Exit(exit)), State::Done)),
                        Ok(message) => return Some((Ok(message), State::Open(chunks))),
                        Err(error) => return Some((Err(error), State::Done)),
                    },
                    Some(Err(words)) => return Some((Err(Error::Unreachable(words)), State::Done)),
                    None => {
                        let words = "the connection ended before the command did".to_owned();
                        return Some((Err(Error::Unreachable(words)), State::Done));
                    }
                },
                State::Done => return None,
            }
        }
    })
}

/// Whether a command would get as far as the API server and be let through there. Nothing is run: the request does not
/// ask for the upgrade without which there is no command, and what refuses it says who stands in the way.
///
/// # Errors
/// [`Error::Forbidden`] by whoever forbids it: where that is a proxy, the `Status` has no details.
pub async fn exec_reaches(api: &Api, pod: &str, container: &str) -> Result<(), Error> {
    let params = ExecParams { container: container.to_owned(), command: vec!["true".to_owned()] };
    match api.client().send(Request::get(path(api, pod, &params)?)).await {
        Err(Error::Api(status)) if status.code == 400 && status.message.contains("pgrade") => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Err(Error::Request("a command was answered without an upgrade".to_owned())),
    }
}

fn path(api: &Api, pod: &str, params: &ExecParams) -> Result<String, Error> {
    path_segment("name", pod)?;
    let mut pairs: Vec<(&str, &str)> = params.command.iter().map(|it| ("command", it.as_str())).collect();
    if !params.container.is_empty() {
        pairs.push(("container", &params.container));
    }
    pairs.extend([("stdout", "true"), ("stderr", "true")]);
    Ok(with_query(&format!("{}/{pod}/exec", api.path()?), &pairs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ApiBase, Client, Resource};

    #[test]
    fn the_command_is_in_the_address_word_by_word() {
        let api = Client::new(ApiBase::default()).namespaced(Resource::PODS, "n");
        let command = ["sh", "-c", "echo $A && exit 3"].map(str::to_owned).to_vec();
        let params = ExecParams { container: "main".into(), command };
        assert_eq!(
            path(&api, "p", &params).unwrap(),
            "/api/v1/namespaces/n/pods/p/exec?command=sh&command=-c&command=echo+%24A+%26%26+exit+3&container=main&stdout=true&stderr=true"
        );
        assert!(path(&api, "../p", &params).is_err());
    }
}
