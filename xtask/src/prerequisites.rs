//! What must be on the machine before anything is built: checked first, each with one sentence that says what
//! to do. Rust and a C toolchain need no check: without them this program does not exist.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use crate::process;
use crate::project;

/// One thing that is missing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "{what} needs {program} {needed} or newer, and there is no `{program}` on PATH: install it from {from}"
    )]
    Missing { what: &'static str, program: &'static str, needed: Version, from: &'static str },
    #[error("{what} needs {program} {needed} or newer, and `{program}` is {found}: update it from {from}")]
    Old { what: &'static str, program: &'static str, needed: Version, found: Version, from: &'static str },
    #[error(
        "the app is compiled to WebAssembly, and Rust's target for it is missing: run `rustup target add {WASM}`"
    )]
    WasmTarget,
    #[error(
        "{what} needs {needed} GB of free space in {place}, which has {free} GB: free some, or set XDG_CACHE_HOME to a place with more"
    )]
    Disk { what: String, needed: u64, free: u64, place: String },
    #[error("port {0} is in use: stop what listens there, or choose another with --port")]
    Port(u16),
}

/// Major and minor version of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(u32, u32);

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// Go builds the control plane; its modules ask for 1.26.
///
/// # Errors
/// [`Error::Missing`] or [`Error::Old`].
pub fn go() -> Result<(), Error> {
    program("the control plane", "go", &["version"], Version(1, 26), "https://go.dev/dl")
}

/// Node runs wasm-opt and the browser tests.
///
/// # Errors
/// [`Error::Missing`] or [`Error::Old`].
pub fn node() -> Result<(), Error> {
    let from = "https://nodejs.org";
    program("the app's build", "node", &["--version"], Version(20, 0), from)?;
    program("the app's build", "npm", &["--version"], Version(9, 0), from)
}

/// What Rust calls the browser.
const WASM: &str = "wasm32-unknown-unknown";

/// Rust's standard library for the browser. rustup installs it with a toolchain as `rust-toolchain.toml` says, but adds
/// nothing to one that was there before.
///
/// # Errors
/// [`Error::WasmTarget`].
pub fn wasm_target() -> Result<(), Error> {
    let there = || {
        let mut rustc = Command::new("rustc");
        rustc.current_dir(project::root()).args(["--print", "target-libdir", "--target", WASM]);
        process::output(&mut rustc).is_ok_and(|dir| Path::new(&dir).is_dir())
    };
    let mut rustup = Command::new("rustup");
    rustup.current_dir(project::root()).args(["target", "add", WASM]);
    if there() || (process::output(&mut rustup).is_ok() && there()) { Ok(()) } else { Err(Error::WasmTarget) }
}

/// At least `needed` GB free where `place` is, for `what`.
///
/// # Errors
/// [`Error::Disk`].
pub fn disk(what: &str, place: &Path, needed: u64) -> Result<(), Error> {
    let Ok(stat) = rustix::fs::statvfs(place) else {
        // A file system that does not tell is not one to refuse.
        return Ok(());
    };
    let free = stat.f_bavail.saturating_mul(stat.f_frsize) / 1_000_000_000;
    if free >= needed {
        return Ok(());
    }
    Err(Error::Disk { what: what.into(), needed, free, place: place.display().to_string() })
}

/// A port of 127.0.0.1 that nothing listens on.
///
/// # Errors
/// [`Error::Port`].
pub fn free_port(port: u16) -> Result<(), Error> {
    TcpListener::bind(("127.0.0.1", port)).map(drop).map_err(|_| Error::Port(port))
}

fn program(
    what: &'static str,
    program: &'static str,
    ask: &[&str],
    needed: Version,
    from: &'static str,
) -> Result<(), Error> {
    let answer = process::output(Command::new(program).args(ask));
    match answer.ok().and_then(|answer| version(&answer)) {
        None => Err(Error::Missing { what, program, needed, from }),
        Some(found) if found < needed => Err(Error::Old { what, program, needed, found, from }),
        Some(_) => Ok(()),
    }
}

/// The first `MAJOR.MINOR` in what a program says of itself.
fn version(answer: &str) -> Option<Version> {
    answer.split(|c: char| !c.is_ascii_digit() && c != '.').find_map(|word| {
        let mut parts = word.split('.');
        Some(Version(parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_programs_print() {
        let check = |answer, expect| assert_eq!(version(answer), expect, "{answer}");
        check("go version go1.26.0 linux/amd64", Some(Version(1, 26)));
        check("v20.20.2", Some(Version(20, 20)));
        check("9.8.1", Some(Version(9, 8)));
        check("no idea", None);
    }

    #[test]
    fn a_port_in_use_is_refused() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = free_port(port).unwrap_err().to_string();
        assert!(error.contains(&port.to_string()) && error.contains("--port"), "{error}");
    }
}
