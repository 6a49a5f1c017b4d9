//! The project's commands: `cargo xtask demo`, `test`, `fuzz`, `dist`, `bench` and `faults`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line talks through both")]

mod app;
mod archive;
mod args;
mod bench;
mod checks;
mod chromium;
mod cluster;
mod demo;
mod dist;
mod faults;
mod fuzz;
mod invariants;
mod nginx;
mod packages;
mod postgres;
mod prerequisites;
mod process;
mod progress;
mod project;
mod rig;
mod tools;

use std::process::ExitCode;

use args::Command;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        // The user knows why it ended; 130 is what shells report for Ctrl-C.
        Err(_) if process::interrupted() => ExitCode::from(130),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the command and says whether all that it checked was right.
fn run() -> Result<bool, Box<dyn std::error::Error>> {
    let command = args::parse(std::env::args().skip(1))?;
    process::catch_signals()?;
    match command {
        Command::Demo(options) => demo::run(&options)?,
        Command::Test(scope) => return Ok(checks::run(&scope)),
        Command::Fuzz(options) => return Ok(fuzz::run(&options)?),
        Command::Dist => dist::run()?,
        Command::Bench(options) => return Ok(bench::run(&options)?),
        Command::Faults => faults::run()?,
        Command::Help => print!("{}", args::HELP),
    }
    Ok(true)
}
