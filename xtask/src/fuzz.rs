//! Coverage-guided fuzzing of the decoders: the targets of `fuzz/`, compiled by the stable compiler and run.
//!
//! `cargo fuzz` would do the same with the nightly compiler, whose sanitizers safe code hardly needs. What guides
//! libFuzzer is LLVM's coverage pass, and that the stable compiler has, too.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process;
use crate::progress::{self, Step};
use crate::project;

/// How long `cargo xtask test` runs each target.
pub const BRIEF: u32 = 2;

/// The flags with which `cargo fuzz` compiles, but for the sanitizer's.
const FLAGS: [&str; 6] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "--cfg=fuzzing",
];

/// The longest input: seeds are a few kilobytes each.
const LONGEST: usize = 32 << 10;

/// What a target may take: one input seconds, all of it megabytes. Inputs take milliseconds.
const SLOWEST: u32 = 10;
const LARGEST: u32 = 1024;

/// Why nothing was fuzzed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("there is no fuzz target `{wanted}`: try {}", there.join(", "))]
    NoTarget { wanted: String, there: Vec<String> },
    #[error(transparent)]
    Process(#[from] process::Error),
}

impl Error {
    fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}

/// Options of `cargo xtask fuzz`.
#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    /// One target; all of them where none is named.
    pub target: Option<String>,
    /// How long each target runs.
    pub seconds: u32,
}

/// Which inputs are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inputs {
    /// The same ones each time, so that a change that passed once passes again.
    Same,
    /// Others each time, going on from what earlier runs found.
    Fresh,
}

/// Runs one target or all, and says whether none failed.
///
/// # Errors
/// [`Error`].
pub fn run(options: &Options) -> Result<bool, Error> {
    let there = targets()?;
    let chosen = match &options.target {
        Some(wanted) if !there.contains(wanted) => {
            return Err(Error::NoTarget { wanted: wanted.clone(), there });
        }
        Some(wanted) => vec![wanted.clone()],
        None => there,
    };
    progress::run("Compiling for fuzzing", &mut build(), &log("build"), &mut |_| None)?;
    let mut well = true;
    for target in chosen {
        let mut command = command(&target, options.seconds, Inputs::Fresh)?;
        let mut step = Step::start(format!("Fuzzing {target}"));
        let status = process::run_for_status(&mut command, &log(&target), &mut |output| {
            if let Some(line) = output.lines().rev().find(|line| line.starts_with('#')) {
                step.note(line.split_whitespace().collect::<Vec<_>>().join(" "));
            }
            step.tick();
        })?;
        if status.success() {
            step.done();
        } else {
            step.failed();
            println!("{}", process::tail(&log(&target)));
            well = false;
        }
    }
    Ok(well)
}

/// The targets, in the order of the alphabet.
///
/// # Errors
/// [`Error::File`].
pub fn targets() -> Result<Vec<String>, Error> {
    let dir = folder().join("fuzz_targets");
    let mut names = Vec::new();
    for entry in fs::read_dir(&dir).map_err(Error::file(&dir))? {
        let path = entry.map_err(Error::file(&dir))?.path();
        names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

/// Compiles all targets.
pub fn build() -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(folder()).env("RUSTFLAGS", FLAGS.join(" "));
    cargo.args(["build", "--release", "--locked", "--bins", "--target-dir", "target"]);
    // With a target of its own named, build scripts and macros are compiled without the flags.
    cargo.args(["--target", &host()]);
    cargo
}

/// Runs a compiled target for this long.
///
/// # Errors
/// [`Error::File`] if the folders of what it finds cannot be made.
pub fn command(target: &str, seconds: u32, inputs: Inputs) -> Result<Command, Error> {
    let own = |part: &str| folder().join(part).join(target);
    // What it finds goes to a folder of its own; the kept corpus changes only when somebody means it to.
    let found = match inputs {
        Inputs::Same => own("target/brief"),
        Inputs::Fresh => own("target/found"),
    };
    if inputs == Inputs::Same {
        project::remove_dir(&found).map_err(Error::file(&found))?;
    }
    for dir in [&found, &own("artifacts")] {
        fs::create_dir_all(dir).map_err(Error::file(dir))?;
    }
    let mut command = Command::new(folder().join("target").join(host()).join("release").join(target));
    command.arg(format!("-max_total_time={seconds}")).arg(format!("-max_len={LONGEST}"));
    command.arg(format!("-timeout={SLOWEST}")).arg(format!("-rss_limit_mb={LARGEST}"));
    command.arg(format!("-artifact_prefix={}/", own("artifacts").display()));
    if inputs == Inputs::Same {
        command.arg("-seed=1");
    }
    command.arg(found).arg(own("corpus"));
    Ok(command)
}

fn folder() -> PathBuf {
    project::root().join("fuzz")
}

fn log(name: &str) -> PathBuf {
    project::state().join(format!("logs/fuzz-{name}.log"))
}

/// The machine's own target, such as `x86_64-unknown-linux-gnu`.
fn host() -> String {
    process::output(Command::new("rustc").args(["--print", "host-tuple"])).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_a_binary_and_seeds() {
        let manifest = fs::read_to_string(folder().join("Cargo.toml")).unwrap();
        let names = targets().unwrap();
        assert!(names.len() > 9);
        for name in names {
            assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name}");
            assert!(fs::read_dir(folder().join("corpus").join(&name)).unwrap().count() > 0, "{name}");
        }
    }
}
