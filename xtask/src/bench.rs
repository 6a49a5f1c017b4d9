//! `cargo xtask bench`: how fast, how large and how busy the app is, each figure beside a limit that was measured in the
//! same run in the same browser.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::rig::{self, Claim, Freshness, Rig};
use crate::{app, chromium, dist, process, progress, project};

/// Where the figures are kept.
const FILE: &str = "docs/performance.md";

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

impl Error {
    fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}

/// Options of `cargo xtask bench`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Only the measurements whose title matches.
    pub filter: Option<String>,
    /// Whether docs/performance.md is written anew.
    pub write: bool,
}

/// What one measurement has found.
#[derive(Debug, Deserialize)]
struct Measurement {
    title: String,
    /// What was measured beside it.
    beside: String,
    rows: Vec<Row>,
}

/// One figure.
#[derive(Debug, Deserialize)]
struct Row {
    what: String,
    unit: String,
    ours: f64,
    beside: Option<f64>,
    /// How many times `beside` it may be, or how much where nothing is beside it.
    most: Option<f64>,
}

impl Row {
    fn ratio(&self) -> Option<f64> {
        self.beside.map(|beside| self.ours / beside)
    }

    /// Whether it keeps its limit; `None` where it has none.
    fn holds(&self) -> Option<bool> {
        Some(self.ratio().unwrap_or(self.ours) <= self.most?)
    }

    /// Its cells as the table has them.
    fn cells(&self) -> [String; 6] {
        let value = |it: f64| format!("{it:.1} {}", self.unit);
        let ratio = |it: f64| format!("{it:.2}×");
        let none = String::new;
        let limit = |it: f64| match self.beside {
            Some(_) => format!("{it}×"),
            None => format!("{it} {}", self.unit),
        };
        [
            self.what.clone(),
            value(self.ours),
            self.beside.map_or_else(none, value),
            self.ratio().map_or_else(none, ratio),
            self.most.map_or_else(none, limit),
            self.holds().map_or_else(none, |it| if it { "kept" } else { "**missed**" }.to_owned()),
        ]
    }
}

/// Measures, prints the tables, and says whether every limit is kept.
///
/// # Errors
/// [`Error`].
pub fn run(options: &Options) -> Result<bool, Error> {
    // The browser tests' place: run beside them, nothing measured would mean anything.
    let claim = Claim::take(&project::state().join("test"))?;
    let chromium = chromium::provide()?;
    app::build()?;
    let sizes = dist::measure()?;
    print!("{}", dist::table(&sizes));
    step("Installing the browser tests' packages", &mut rig::npm_ci(), &claim.logs().join("npm.log"))?;

    let rig = Rig::start(claim, Freshness::Fresh)?;
    let folder = rig.logs().join("measured");
    project::remove_dir(&folder).map_err(Error::file(&folder))?;
    fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
    let mut playwright = rig.playwright(&chromium);
    playwright.args(["--config", "bench"]).env("RC_MEASURED", &folder);
    if let Some(filter) = &options.filter {
        playwright.args(["--grep", filter]);
    }
    step("Measuring", &mut playwright, &rig.logs().join("bench.log"))?;
    rig.stop()?;

    let measured = read(&folder)?;
    let tables: String = measured.iter().map(table).collect();
    print!("\n{tables}");
    if options.write {
        let path = project::root().join(FILE);
        let text = page(&dist::table(&sizes), &tables);
        fs::write(&path, text).map_err(Error::file(&path))?;
    }
    Ok(measured.iter().flat_map(|it| &it.rows).all(|it| it.holds() != Some(false)))
}

/// What the measurements left in `folder`, in the order of their titles, those that begin with a number by that number.
fn read(folder: &Path) -> Result<Vec<Measurement>, Error> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::file(folder))? {
        let path = entry.map_err(Error::file(folder))?.path();
        let json = fs::read(&path).map_err(Error::file(&path))?;
        let one: Measurement = serde_json::from_slice(&json)
            .map_err(|source| Error::File { path: path.clone(), source: source.into() })?;
        all.push(one);
    }
    let number =
        |it: &Measurement| -> Option<u32> { it.title.split(' ').next()?.replace(',', "").parse().ok() };
    all.sort_by(|a, b| (number(a), &a.title).cmp(&(number(b), &b.title)));
    Ok(all)
}

/// One measurement as Markdown.
fn table(of: &Measurement) -> String {
    let mut out = format!("## {}\n\nBeside it: {}.\n\n", of.title, of.beside);
    out += "| | ours | beside it | ratio | limit | |\n|---|--:|--:|--:|--:|---|\n";
    for row in &of.rows {
        let _ = writeln!(out, "| {} |", row.cells().join(" | "));
    }
    out + "\n"
}

/// The whole page.
fn page(sizes: &str, tables: &str) -> String {
    let date = process::output(Command::new("date").args(["-u", "+%Y-%m-%d"])).unwrap_or_default();
    let machine = machine().unwrap_or_else(|| "an unknown machine".to_owned());
    format!(
        "# Performance\n\n\
         What `cargo xtask bench --write` measured on {date}: {machine}, with the browser, the control plane and everything \
         else on it. Times are medians. A figure's limit is a ratio to what was measured beside it in the same run and the \
         same browser, or, where nothing is beside it, a plain number. CI holds the sizes to their limit, and no time.\n\n\
         ## First load\n\n```text\n{sizes}```\n\n{}",
        tables.trim_end().to_owned() + "\n"
    )
}

/// The machine in a few words.
fn machine() -> Option<String> {
    let cpu = fs::read_to_string("/proc/cpuinfo").ok()?;
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "))?.1;
    let cores = std::thread::available_parallelism().ok()?;
    let memory = fs::read_to_string("/proc/meminfo").ok()?;
    let kilobytes: u64 = memory.split_whitespace().nth(1)?.parse().ok()?;
    Some(format!("{cores} cores of {model}, {} GiB", kilobytes >> 20))
}

fn step(label: &str, command: &mut Command, log: &Path) -> Result<(), process::Error> {
    progress::run(label, command, log, &mut |_| None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(ours: f64, beside: Option<f64>, most: Option<f64>) -> Row {
        Row { what: "shown".into(), unit: "ms".into(), ours, beside, most }
    }

    #[test]
    fn a_figure_is_held_to_a_ratio_or_to_a_number() {
        assert_eq!(row(12.0, Some(10.0), Some(1.25)).holds(), Some(true));
        assert_eq!(row(13.0, Some(10.0), Some(1.25)).holds(), Some(false));
        assert_eq!(row(50.0, None, Some(50.0)).holds(), Some(true));
        assert_eq!(row(51.0, None, Some(50.0)).holds(), Some(false));
        assert_eq!(row(51.0, Some(1.0), None).holds(), None);
    }

    #[test]
    fn a_row_tells_what_it_is_held_to() {
        let cells = row(13.0, Some(10.0), Some(1.25)).cells();
        assert_eq!(cells, ["shown", "13.0 ms", "10.0 ms", "1.30×", "1.25×", "**missed**"]);
        assert_eq!(row(13.0, None, Some(50.0)).cells(), ["shown", "13.0 ms", "", "", "50 ms", "kept"]);
        assert_eq!(row(13.0, None, None).cells(), ["shown", "13.0 ms", "", "", "", ""]);
    }
}
