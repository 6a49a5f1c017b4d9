//! `cargo xtask test`: every check and test, counted, closing with one line.

use std::fs;
use std::io;
use std::ops::AddAssign;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::app;
use crate::args::Scope;
use crate::chromium;
use crate::dist;
use crate::fuzz;
use crate::invariants;
use crate::nginx;
use crate::postgres;
use crate::prerequisites;
use crate::process;
use crate::progress::Step;
use crate::project;
use crate::rig::{self, Claim, Rig};
use crate::tools;

/// Why a step could not even be judged.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("there are no browser tests: tests/e2e/package.json is missing")]
    NoBrowserTests,
    #[error("the browser tests ended without a report; their output is in {}", .0.display())]
    NoReport(PathBuf),
    #[error(transparent)]
    Prerequisite(#[from] prerequisites::Error),
    #[error(transparent)]
    Invariants(#[from] invariants::Error),
    #[error(transparent)]
    Fuzz(#[from] fuzz::Error),
    #[error(transparent)]
    App(#[from] app::Error),
    #[error(transparent)]
    Dist(#[from] dist::Error),
    #[error(transparent)]
    Chromium(#[from] chromium::Error),
    #[error(transparent)]
    Nginx(#[from] nginx::Error),
    #[error(transparent)]
    Postgres(#[from] postgres::Error),
    #[error(transparent)]
    Rig(#[from] rig::Error),
    #[error(transparent)]
    Tools(#[from] tools::Error),
    #[error(transparent)]
    Process(#[from] process::Error),
}

/// How many tests passed and failed; a check such as clippy counts as one.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Tally {
    passed: u64,
    failed: u64,
}

impl Tally {
    fn of(passed: bool) -> Self {
        if passed { Self { passed: 1, failed: 0 } } else { Self { passed: 0, failed: 1 } }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// Runs what `scope` asks for, prints the closing line, and says whether all of it passed.
pub fn run(scope: &Scope) -> bool {
    let mut tally = Tally::default();
    if !matches!(scope, Scope::Browser(_)) {
        attempt(&mut tally, code_checks);
    }
    match scope {
        Scope::Fast => {}
        Scope::All => {
            attempt(&mut tally, dependency_checks);
            attempt(&mut tally, fuzzing);
            attempt(&mut tally, |tally| browser_tests(None, tally));
        }
        Scope::Browser(filter) => attempt(&mut tally, |tally| browser_tests(filter.as_deref(), tally)),
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    tally.failed == 0
}

/// A part that cannot be judged counts as one failure. After an interruption no further part starts.
fn attempt(tally: &mut Tally, part: impl FnOnce(&mut Tally) -> Result<(), Error>) {
    if process::interrupted() {
        return;
    }
    if let Err(error) = part(tally) {
        println!("error: {error}");
        tally.failed += 1;
    }
}

fn code_checks(tally: &mut Tally) -> Result<(), Error> {
    prerequisites::wasm_target()?;
    *tally +=
        check("Formatting", cargo(&["fmt", "--all", "--check", "--", "--color", "never"]), |_, passed| {
            Tally::of(passed)
        })?;
    let fuzz = &["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check", "--", "--color", "never"];
    *tally += check("Formatting, fuzzing", cargo(fuzz), |_, passed| Tally::of(passed))?;
    *tally += check(
        "Clippy, native",
        cargo(&[
            "clippy",
            "--workspace",
            "--exclude",
            "rootcause-admin",
            "--exclude",
            "rootcause-admin-entry",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]),
        |_, passed| Tally::of(passed),
    )?;
    *tally += check(
        "Clippy, wasm32",
        cargo(&[
            "clippy",
            "--package",
            "rootcause-admin",
            "--package",
            "rootcause-admin-entry",
            "--package",
            "kube-web",
            "--target",
            "wasm32-unknown-unknown",
            "--",
            "-D",
            "warnings",
        ]),
        |_, passed| Tally::of(passed),
    )?;
    // Compiled in the checkout's own folder, as the rest: that of fuzzing is compiled with its flags.
    *tally += check(
        "Clippy, fuzzing",
        cargo(&[
            "clippy",
            "--manifest-path",
            "fuzz/Cargo.toml",
            "--target-dir",
            "target",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ]),
        |_, passed| Tally::of(passed),
    )?;
    *tally += invariants_hold()?;
    *tally += check("The editor's tests", editor_tests(), |output, passed| {
        let counts = tap_counts(output);
        if passed || counts.failed > 0 { counts } else { Tally::of(false) }
    })?;
    *tally += check(
        "Unit and property tests",
        cargo(&[
            "test",
            "--workspace",
            "--exclude",
            "rootcause-admin",
            "--exclude",
            "rootcause-admin-entry",
            "--no-fail-fast",
        ]),
        |output, passed| {
            let mut tally = cargo_test_counts(output);
            // What does not compile has no test to fail.
            if !passed && tally.failed == 0 {
                tally.failed = 1;
            }
            tally
        },
    )?;
    Ok(())
}

/// Each target for a few seconds, always with the same inputs.
fn fuzzing(tally: &mut Tally) -> Result<(), Error> {
    let built = check("Compiling for fuzzing", fuzz::build(), |_, passed| Tally::of(passed))?;
    if built.failed > 0 {
        *tally += built;
        return Ok(());
    }
    for target in fuzz::targets()? {
        let command = fuzz::command(&target, fuzz::BRIEF, fuzz::Inputs::Same)?;
        *tally += check(&format!("Fuzzing {target}"), command, |_, passed| Tally::of(passed))?;
    }
    Ok(())
}

/// What may enter the dependency trees, and what is known against what is in them.
fn dependency_checks(tally: &mut Tally) -> Result<(), Error> {
    let deny = tools::cargo_deny()?;
    let deny = |what: &[&str]| {
        let mut deny = Command::new(&deny);
        deny.current_dir(project::root())
            .args(["--workspace", "--color", "never", "check", "--hide-inclusion-graph"])
            .args(what);
        deny
    };
    *tally +=
        check("Licences and sources of crates", deny(&["bans", "licenses", "sources"]), |_, passed| {
            Tally::of(passed)
        })?;
    *tally += check("Known vulnerabilities of crates", deny(&["advisories"]), |output, passed| {
        answered(output, passed, "failed to fetch advisory database")
    })?;
    for (of, dir) in [("editor", project::root().join("editor")), ("browser tests", project::browser_tests())]
    {
        let mut npm = Command::new("npm");
        npm.current_dir(dir).args(["audit", "--package-lock-only", "--fetch-retries=0"]);
        *tally += check(&format!("Known vulnerabilities of packages, {of}"), npm, |output, passed| {
            answered(output, passed, "audit endpoint returned an error")
        })?;
    }
    Ok(())
}

/// Judges a program that asks somebody else for what is known. Where that one does not answer, as its output then says,
/// nothing is known: neither a pass nor a failure.
fn answered(output: &str, passed: bool, unanswered: &str) -> Tally {
    match output.lines().find(|line| line.contains(unanswered)) {
        Some(line) if !passed => {
            println!("could not be asked: {}", line.trim());
            Tally::default()
        }
        _ => Tally::of(passed),
    }
}

fn invariants_hold() -> Result<Tally, Error> {
    let step = Step::start("Invariants");
    match invariants::broken() {
        Ok(broken) if broken.is_empty() => {
            step.done();
            Ok(Tally::of(true))
        }
        Ok(broken) => {
            step.failed();
            println!("{}", broken.join("\n"));
            Ok(Tally::of(false))
        }
        Err(error) => {
            step.failed();
            Err(error.into())
        }
    }
}

fn browser_tests(filter: Option<&str>, tally: &mut Tally) -> Result<(), Error> {
    if !project::browser_tests().join("package.json").is_file() {
        return Err(Error::NoBrowserTests);
    }
    let claim = Claim::take(&project::state().join("test"))?;
    let chromium = chromium::provide()?;
    let nginx = nginx::provide()?;
    let postgres = postgres::provide()?;
    let sign_in = tools::sign_in()?;
    app::build()?;
    *tally += bundle_is_small()?;

    let installed =
        check("Installing the browser tests' packages", rig::npm_ci(), |_, passed| Tally::of(passed))?;
    if installed.failed > 0 {
        *tally += installed;
        return Ok(());
    }

    let rig = Rig::start(claim, rig::Freshness::Fresh)?;
    let report = project::state().join("logs/playwright.json");
    remove_file(&report)?;
    let mut playwright = rig.playwright(&chromium);
    playwright.env("RC_NGINX", nginx).env("RC_POSTGRES", postgres).env("RC_SIGN_IN", sign_in);
    playwright.arg("--reporter=list,json").env("PLAYWRIGHT_JSON_OUTPUT_NAME", &report);
    if let Some(filter) = filter {
        playwright.args(["--grep", filter]);
    }
    let mut report_is_missing = false;
    let log = rig.logs().join("playwright.log");
    *tally += check_into(&log, "Browser tests", playwright, |_, passed| {
        match fs::read_to_string(&report).ok().and_then(|report| playwright_counts(&report)) {
            Some(counts) if passed || counts.failed > 0 => counts,
            Some(counts) => Tally { failed: 1, ..counts },
            None => {
                report_is_missing = true;
                Tally::default()
            }
        }
    })?;
    rig.stop()?;
    if report_is_missing {
        return Err(Error::NoReport(log));
    }
    Ok(())
}

/// Prints what the bundle weighs and holds it to its limit.
fn bundle_is_small() -> Result<Tally, Error> {
    let step = Step::start("Bundle's size");
    let sizes = dist::measure()?;
    let small = dist::total(&sizes).brotli <= dist::LIMIT;
    if small {
        step.done();
    } else {
        step.failed();
    }
    print!("{}", dist::table(&sizes));
    Ok(Tally::of(small))
}

fn cargo(args: &[&str]) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(project::root()).args(args);
    cargo
}

/// Runs one program as a step, prints its output if it fails, and lets `judge` count from the output and whether
/// the program succeeded.
fn check(label: &str, command: Command, judge: impl FnOnce(&str, bool) -> Tally) -> Result<Tally, Error> {
    let name: String =
        label.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    check_into(&project::state().join(format!("logs/{name}.log")), label, command, judge)
}

/// As [`check`], with the output kept in `log`.
fn check_into(
    log: &Path,
    label: &str,
    mut command: Command,
    judge: impl FnOnce(&str, bool) -> Tally,
) -> Result<Tally, Error> {
    let mut step = Step::start(label);
    let status = process::run_for_status(&mut command, log, &mut |output| {
        if let Some(line) = output.lines().rev().find(|line| !line.trim().is_empty()) {
            step.note(line.trim());
        }
        step.tick();
    });
    let status = match status {
        Ok(status) => status,
        Err(error) => {
            step.failed();
            return Err(error.into());
        }
    };
    let output = fs::read(log).map_err(|source| Error::File { path: log.into(), source })?;
    let output = String::from_utf8_lossy(&output);
    let tally = judge(&output, status.success());
    if tally == Tally::default() {
        step.skipped();
    } else if tally.failed == 0 {
        step.done();
    } else {
        step.failed();
        println!("{output}");
    }
    Ok(tally)
}

fn remove_file(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(Error::File { path: path.into(), source })
        }
        _ => Ok(()),
    }
}

/// Sums the lines `test result: ok. 4 passed; 0 failed; …` that `cargo test` prints per binary.
fn cargo_test_counts(output: &str) -> Tally {
    let mut tally = Tally::default();
    for line in output.lines().filter_map(|line| line.strip_prefix("test result: ")) {
        let count = |word: &str| -> u64 {
            let before = line.split(word).next().unwrap_or_default();
            before.trim_end().rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
        };
        tally += Tally { passed: count(" passed"), failed: count(" failed") };
    }
    tally
}

/// The YAML editor's own tests; npm installs its packages first where they are missing.
fn editor_tests() -> Command {
    let mut npm = Command::new("npm");
    npm.current_dir(project::root().join("editor")).args(["test", "--silent"]);
    npm
}

/// The closing lines `# pass 9` and `# fail 0` of Node's test runner.
fn tap_counts(output: &str) -> Tally {
    let count = |word: &str| {
        let line = output.lines().rev().find_map(|line| line.strip_prefix(word));
        line.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
    };
    Tally { passed: count("# pass "), failed: count("# fail ") }
}

/// The counts of Playwright's JSON report. A test that passed only when repeated, which happens in CI alone, has passed
/// and is named in the output; each error outside of a test is a failure.
fn playwright_counts(report: &str) -> Option<Tally> {
    let report: serde_json::Value = serde_json::from_str(report).ok()?;
    let count = |name: &str| report["stats"][name].as_u64();
    let outside = report["errors"].as_array().map_or(0, Vec::len) as u64;
    let flaky = count("flaky")?;
    if flaky > 0 {
        println!("{flaky} browser tests passed only when repeated: find out why");
    }
    Some(Tally { passed: count("expected")? + flaky, failed: count("unexpected")? + outside })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_test_output_is_summed() {
        let check = |output, passed, failed| {
            assert_eq!(cargo_test_counts(output), Tally { passed, failed }, "{output}");
        };
        check("", 0, 0);
        check(
            "running 4 tests\ntest result: ok. 4 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n\n\
             test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out\n",
            16,
            3,
        );
        check("error: could not compile `x`\n", 0, 0);
    }

    #[test]
    fn who_does_not_answer_passes_nothing() {
        let check = |output, passed, expect| {
            assert_eq!(answered(output, passed, "cannot reach"), expect, "{output}");
        };
        check("2 packages are vulnerable", false, Tally { passed: 0, failed: 1 });
        check("found 0 vulnerabilities", true, Tally { passed: 1, failed: 0 });
        check("error: cannot reach the list\n", false, Tally::default());
    }

    #[test]
    fn node_test_output_is_counted() {
        assert_eq!(tap_counts("ok 1 - x\n# tests 3\n# pass 2\n# fail 1\n"), Tally { passed: 2, failed: 1 });
        assert_eq!(tap_counts("npm error"), Tally::default());
    }

    #[test]
    fn playwright_reports_are_counted() {
        let check = |report, expect: Option<(u64, u64)>| {
            let expect = expect.map(|(passed, failed)| Tally { passed, failed });
            assert_eq!(playwright_counts(report), expect, "{report}");
        };
        check(r#"{"stats":{"expected":9,"skipped":1,"unexpected":2,"flaky":1},"errors":[]}"#, Some((10, 2)));
        check(
            r#"{"stats":{"expected":0,"skipped":0,"unexpected":0,"flaky":0},"errors":[{"message":"x"}]}"#,
            Some((0, 1)),
        );
        check("not a report", None);
        check("{}", None);
    }
}
