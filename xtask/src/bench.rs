//! `cargo xtask bench`: how soon the app shows its first rows, beside a bare page that fetches and parses the same.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::rig::{self, Claim, Freshness, Rig};
use crate::{app, chromium, dist, process, progress, project};

/// How many times as long as the bare page the app may take.
const LIMIT: f64 = 1.25;

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error(transparent)]
    App(#[from] app::Error),
    #[error(transparent)]
    Dist(#[from] dist::Error),
    #[error(transparent)]
    Chromium(#[from] chromium::Error),
    #[error(transparent)]
    Rig(#[from] rig::Error),
    #[error(transparent)]
    Process(#[from] process::Error),
}

/// Measures both pages, prints their times, and says whether the app keeps within [`LIMIT`].
///
/// # Errors
/// [`Error`].
pub fn run() -> Result<bool, Error> {
    // The browser tests' place: run beside them, nothing measured would mean anything.
    let claim = Claim::take(&project::state().join("test"))?;
    let chromium = chromium::provide()?;
    app::build()?;
    print!("{}", dist::table(&dist::measure()?));
    step("Installing the browser tests' packages", &mut rig::npm_ci(), &claim.logs().join("npm.log"))?;

    let rig = Rig::start(claim, Freshness::Fresh)?;
    let measured = rig.logs().join("first-rows.json");
    let mut playwright = rig.playwright(&chromium);
    playwright.args(["--config", "bench"]).env("RC_MEASURED", &measured);
    step("Measuring the first rows", &mut playwright, &rig.logs().join("bench.log"))?;
    rig.stop()?;

    let json = fs::read(&measured).and_then(|json| Ok(serde_json::from_slice(&json)?));
    let [app, bare]: [f64; 2] = json.map_err(|source| Error::File { path: measured, source })?;
    let ratio = app / bare;
    println!("first rows    app ms   bare ms     ratio     limit");
    println!("median     {app:>9.1} {bare:>9.1} {ratio:>9.2} {LIMIT:>9.2}");
    Ok(ratio <= LIMIT)
}

fn step(label: &str, command: &mut Command, log: &Path) -> Result<(), process::Error> {
    progress::run(label, command, log, &mut |_| None)
}
