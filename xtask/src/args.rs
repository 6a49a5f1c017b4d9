//! The command line.

use std::path::PathBuf;

use crate::bench;
use crate::fuzz;

/// What `cargo xtask` without a command prints.
pub const HELP: &str = "\
Usage: cargo xtask <command>

  demo                 A real cluster with an installation and the app on it, until Ctrl-C
    --port N             Serve on this port (8001)
    --kubeconfig PATH    Serve the app for an existing cluster; nothing else is built or started
    --state DIR          Where the cluster keeps its data (.state/demo)
    --fresh              Drop that data first
  test                 Every check and test
    --fast               Without a cluster and a browser
    --e2e [FILTER]       Only the browser tests, or those whose title matches FILTER
  fuzz [TARGET]        Coverage-guided fuzzing of one decoder, or of all in turn
    --seconds N          How long each of them (60)
  dist                 The release bundle in dist/, compressed, with its sizes; packed in .state/release/
  bench [FILTER]       How soon, how large and how busy the app is, beside a bare page that reads the same
    --write              Into docs/performance.md, too
  faults               Writes docs/faults.md from the tests of faults
";

/// The port that `kubectl proxy` itself takes by default.
const DEFAULT_PORT: u16 = 8001;

/// How long `fuzz` runs each target unless told otherwise.
const DEFAULT_SECONDS: u32 = 60;

/// One command with its options.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    Demo(Demo),
    Test(Scope),
    Fuzz(fuzz::Options),
    Dist,
    Bench(bench::Options),
    Faults,
    Help,
}

/// Options of `demo`.
#[derive(Debug, PartialEq, Eq)]
pub struct Demo {
    pub port: u16,
    /// An existing cluster to serve the app for.
    pub kubeconfig: Option<PathBuf>,
    /// Where the embedded cluster keeps its data; `None` is the project's own place.
    pub state: Option<PathBuf>,
    pub fresh: bool,
}

/// How much `test` covers.
#[derive(Debug, PartialEq, Eq)]
pub enum Scope {
    All,
    /// What needs neither cluster nor browser.
    Fast,
    /// Only the browser tests, or those whose title matches the filter.
    Browser(Option<String>),
}

/// A command line that cannot be followed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no command `{0}`: try demo, test, fuzz, dist, bench or faults")]
    UnknownCommand(String),
    #[error("`{command}` has no option `{option}`: see cargo xtask help")]
    UnknownOption { command: &'static str, option: String },
    #[error("{0} needs a value: see cargo xtask help")]
    MissingValue(&'static str),
    #[error("--port takes a number from 1 to 65535, not `{0}`")]
    Port(String),
    #[error("--seconds takes a number of at least 1, not `{0}`")]
    Seconds(String),
    #[error("{0} does not go with {1}: give one of the two")]
    Conflict(&'static str, &'static str),
}

/// Reads the arguments that follow the program's name.
///
/// # Errors
/// [`Error`], each with what to do instead.
pub fn parse(args: impl IntoIterator<Item = String>) -> Result<Command, Error> {
    let mut args = args.into_iter();
    match args.next().as_deref() {
        None | Some("help" | "--help" | "-h") => Ok(Command::Help),
        Some("demo") => demo(args),
        Some("test") => test(args),
        Some("fuzz") => fuzz(args),
        Some("dist") => alone("dist", Command::Dist, args),
        Some("bench") => bench(args),
        Some("faults") => alone("faults", Command::Faults, args),
        Some(other) => Err(Error::UnknownCommand(other.into())),
    }
}

/// A command without options.
fn alone(
    name: &'static str,
    command: Command,
    mut args: impl Iterator<Item = String>,
) -> Result<Command, Error> {
    match args.next() {
        None => Ok(command),
        Some(option) => Err(Error::UnknownOption { command: name, option }),
    }
}

fn demo(mut args: impl Iterator<Item = String>) -> Result<Command, Error> {
    let mut demo = Demo { port: DEFAULT_PORT, kubeconfig: None, state: None, fresh: false };
    while let Some(option) = args.next() {
        match option.as_str() {
            "--port" => {
                let value = args.next().ok_or(Error::MissingValue("--port"))?;
                demo.port = value.parse().ok().filter(|port| *port != 0).ok_or(Error::Port(value))?;
            }
            "--kubeconfig" => {
                demo.kubeconfig = Some(args.next().ok_or(Error::MissingValue("--kubeconfig"))?.into());
            }
            "--state" => demo.state = Some(args.next().ok_or(Error::MissingValue("--state"))?.into()),
            "--fresh" => demo.fresh = true,
            "--help" | "-h" => return Ok(Command::Help),
            _ => return Err(Error::UnknownOption { command: "demo", option }),
        }
    }
    match demo {
        Demo { kubeconfig: Some(_), state: Some(_), .. } => Err(Error::Conflict("--kubeconfig", "--state")),
        Demo { kubeconfig: Some(_), fresh: true, .. } => Err(Error::Conflict("--kubeconfig", "--fresh")),
        demo => Ok(Command::Demo(demo)),
    }
}

fn test(args: impl Iterator<Item = String>) -> Result<Command, Error> {
    let mut args = args.peekable();
    let mut scope = Scope::All;
    while let Some(option) = args.next() {
        let next = match option.as_str() {
            "--fast" => Scope::Fast,
            "--e2e" => Scope::Browser(args.next_if(|value| !value.starts_with("--"))),
            "--help" | "-h" => return Ok(Command::Help),
            _ => return Err(Error::UnknownOption { command: "test", option }),
        };
        if scope != Scope::All {
            return Err(Error::Conflict("--fast", "--e2e"));
        }
        scope = next;
    }
    Ok(Command::Test(scope))
}

fn bench(args: impl Iterator<Item = String>) -> Result<Command, Error> {
    let mut options = bench::Options::default();
    for option in args {
        match option.as_str() {
            "--write" => options.write = true,
            "--help" | "-h" => return Ok(Command::Help),
            filter if !filter.starts_with('-') && options.filter.is_none() => {
                options.filter = Some(filter.to_owned());
            }
            _ => return Err(Error::UnknownOption { command: "bench", option }),
        }
    }
    if options.write && options.filter.is_some() {
        return Err(Error::Conflict("--write", "a filter"));
    }
    Ok(Command::Bench(options))
}

fn fuzz(mut args: impl Iterator<Item = String>) -> Result<Command, Error> {
    let mut options = fuzz::Options { target: None, seconds: DEFAULT_SECONDS };
    while let Some(option) = args.next() {
        match option.as_str() {
            "--seconds" => {
                let value = args.next().ok_or(Error::MissingValue("--seconds"))?;
                options.seconds =
                    value.parse().ok().filter(|seconds| *seconds != 0).ok_or(Error::Seconds(value))?;
            }
            "--help" | "-h" => return Ok(Command::Help),
            target if !target.starts_with('-') && options.target.is_none() => {
                options.target = Some(target.to_owned());
            }
            _ => return Err(Error::UnknownOption { command: "fuzz", option }),
        }
    }
    Ok(Command::Fuzz(options))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, Error> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn commands_and_their_options() {
        let check = |line, expect| assert_eq!(parsed(line), Ok(expect), "{line}");
        let plain = || Demo { port: 8001, kubeconfig: None, state: None, fresh: false };
        check("", Command::Help);
        check("demo --help", Command::Help);
        check("demo", Command::Demo(plain()));
        check("demo --port 9000 --fresh", Command::Demo(Demo { port: 9000, fresh: true, ..plain() }));
        check("demo --state s", Command::Demo(Demo { state: Some("s".into()), ..plain() }));
        check("demo --kubeconfig k", Command::Demo(Demo { kubeconfig: Some("k".into()), ..plain() }));
        check("test", Command::Test(Scope::All));
        check("test --fast", Command::Test(Scope::Fast));
        check("test --e2e", Command::Test(Scope::Browser(None)));
        check("test --e2e upgrade", Command::Test(Scope::Browser(Some("upgrade".into()))));
        let fuzz = |target: Option<&str>, seconds| {
            Command::Fuzz(fuzz::Options { target: target.map(str::to_owned), seconds })
        };
        check("fuzz", fuzz(None, 60));
        check("fuzz helm --seconds 5", fuzz(Some("helm"), 5));
        check("dist", Command::Dist);
        let bench = |filter: Option<&str>, write| {
            Command::Bench(bench::Options { filter: filter.map(str::to_owned), write })
        };
        check("bench", bench(None, false));
        check("bench --write", bench(None, true));
        check("bench pods", bench(Some("pods"), false));
    }

    #[test]
    fn mistakes_are_named() {
        let check = |line, expect| assert_eq!(parsed(line), Err(expect), "{line}");
        check("run", Error::UnknownCommand("run".into()));
        check("demo --port", Error::MissingValue("--port"));
        check("demo --port 0", Error::Port("0".into()));
        check("demo --port 70000", Error::Port("70000".into()));
        check("demo --kubeconfig k --fresh", Error::Conflict("--kubeconfig", "--fresh"));
        check("test --fast --e2e", Error::Conflict("--fast", "--e2e"));
        check("fuzz --seconds 0", Error::Seconds("0".into()));
        check("bench --write pods", Error::Conflict("--write", "a filter"));
        check("fuzz a b", Error::UnknownOption { command: "fuzz", option: "b".into() });
        check("test -x", Error::UnknownOption { command: "test", option: "-x".into() });
        check("dist now", Error::UnknownOption { command: "dist", option: "now".into() });
    }
}
