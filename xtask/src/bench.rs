//! `cargo xtask bench`: how soon the app shows its first rows, beside a bare page that fetches and parses the same; how
//! soon a form of 2,000 fields opens, and how long a keystroke in it takes beside one in a bare field.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::rig::{self, Claim, Freshness, Rig};
use crate::{app, chromium, dist, process, progress, project};

/// How many times as long as the bare page the app may take.
const LIMIT: f64 = 1.25;

/// How many times as long as in a bare field a keystroke in a form of 2,000 fields may take.
const KEYSTROKE: f64 = 1.25;

/// Milliseconds after which the form has to be usable.
const OPENING: f64 = 200.0;

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
    let form = rig.logs().join("form.json");
    let mut playwright = rig.playwright(&chromium);
    playwright.args(["--config", "bench"]).env("RC_MEASURED", &measured).env("RC_MEASURED_FORM", &form);
    step("Measuring the first rows and a large form", &mut playwright, &rig.logs().join("bench.log"))?;
    rig.stop()?;

    let [app, bare] = times(measured)?;
    let ratio = app / bare;
    println!("first rows    app ms   bare ms     ratio     limit");
    println!("median     {app:>9.1} {bare:>9.1} {ratio:>9.2} {LIMIT:>9.2}");
    let [usable, whole, key, bare] = times(form)?;
    let keys = key / bare;
    println!("keystroke    form ms   bare ms     ratio     limit");
    println!("median     {key:>9.1} {bare:>9.1} {keys:>9.2} {KEYSTROKE:>9.2}");
    println!("2,000 fields: usable after {usable:.0} ms (limit {OPENING:.0}), all drawn after {whole:.0} ms");
    Ok(ratio <= LIMIT && keys <= KEYSTROKE && usable <= OPENING)
}

/// The times that a measurement left in `path`.
fn times<const N: usize>(path: PathBuf) -> Result<[f64; N], Error> {
    let read = fs::read(&path).and_then(|json| Ok(serde_json::from_slice::<Vec<f64>>(&json)?));
    let times = read.and_then(|it| it.try_into().map_err(|_| io::Error::other("it holds other times")));
    times.map_err(|source| Error::File { path, source })
}

fn step(label: &str, command: &mut Command, log: &Path) -> Result<(), process::Error> {
    progress::run(label, command, log, &mut |_| None)
}
