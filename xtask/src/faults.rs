//! `cargo xtask faults`: docs/faults.md, written from the tests that prove it: the matrix of `crates/kube-web/tests`, and
//! the calls of `fault` in the browser tests.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::project;

#[allow(dead_code, reason = "only what is published is used here")]
#[path = "../../crates/kube-web/tests/faults/matrix.rs"]
mod matrix;

/// Why it cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{}: a call of `fault` does not begin with three texts in double quotes: {near}", path.display())]
    Unreadable { path: PathBuf, near: String },
}

impl Error {
    fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}

/// A browser test of the matrix.
#[derive(Debug, PartialEq, Eq)]
struct Proof {
    fault: String,
    on: String,
    outcome: String,
    spec: String,
}

const HEAD: &str = "\
# Faults

What goes wrong between this page and its cluster, and what becomes of it. Each line is a test that runs with every
change; this file is written from them by `cargo xtask faults`, and a check fails where it is out of date.

What holds in all of them: nothing is written twice, and nothing that was written is lost from sight. The page recovers by
itself, without a reload. What it shows is said to be out of date 10 s after it is found to be, and is found to be after
75 s of silence at the latest; what may no longer be read is no longer shown. A write whose answer was lost is reconciled by
reading back, and never repeated blindly.

";

const BROWSER: &str = "\
## In the browser

On the real cluster, with a line between browser and proxy on which things go wrong when the test says so
(`tests/e2e/line.ts`).

| Fault | Of | What the user sees, and what comes of it | Test |
|---|---|---|---|
";

const WIRE: &str = "
## On the wire

Each fault happens once, to a request of each kind, over TCP (`crates/kube-web/tests/faults.rs`).

- **unharmed**: nobody notices.
- **fails**: an error of this class, and never a part of the answer in place of the whole.
- **refused**: a write that was certainly not carried out.
- **read back**: a write that may have been carried out; it was sent once, and the page reads back what became of it.
- **resumes**, **lists again**: by itself, without a word.
- **says …, tries again**: the feed is told to be out of date, and tried until it is not. `Retry-After` is kept to.
- **whole lines, then …**: no half line is shown; the log is opened again after its last line.
- **waits**: it stays open; the page opens a log anew after 90 s of silence.

";

/// Where it is published.
pub fn path() -> PathBuf {
    project::root().join("docs/faults.md")
}

/// What docs/faults.md has to say.
///
/// # Errors
/// [`Error`].
pub fn text() -> Result<String, Error> {
    let mut text = format!("{HEAD}{BROWSER}");
    for proof in proofs()? {
        let Proof { fault, on, outcome, spec } = proof;
        // Writing into a string cannot fail.
        let _ = writeln!(text, "| {fault} | {on} | {outcome} | `{spec}` |");
    }
    text.push_str(WIRE);
    let kinds = matrix::Kind::ALL.map(matrix::Kind::words);
    let _ = writeln!(text, "| | {} |", kinds.join(" | "));
    let _ = writeln!(text, "|---|{}", "---|".repeat(kinds.len()));
    for (fault, outcomes) in matrix::rows() {
        let outcomes = outcomes.map(matrix::Outcome::words);
        let _ = writeln!(text, "| {} | {} |", fault.words(), outcomes.join(" | "));
    }
    Ok(text)
}

/// Writes docs/faults.md.
///
/// # Errors
/// [`Error`].
pub fn run() -> Result<(), Error> {
    fs::write(path(), text()?).map_err(Error::file(&path()))
}

/// The browser tests of the matrix, by file and in their order there.
fn proofs() -> Result<Vec<Proof>, Error> {
    let dir = project::browser_tests().join("specs");
    let mut specs: Vec<PathBuf> = fs::read_dir(&dir)
        .and_then(|entries| entries.map(|entry| entry.map(|it| it.path())).collect())
        .map_err(Error::file(&dir))?;
    specs.sort();
    let mut proofs = Vec::new();
    for path in specs {
        let text = fs::read_to_string(&path).map_err(Error::file(&path))?;
        let spec = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let unreadable = |near| Error::Unreadable { path: path.clone(), near };
        for [fault, on, outcome] in calls(&text).map_err(unreadable)? {
            proofs.push(Proof { fault, on, outcome, spec: spec.clone() });
        }
    }
    Ok(proofs)
}

/// The texts that each call of `fault` at the beginning of a line begins with, or where one has none.
fn calls(text: &str) -> Result<Vec<[String; 3]>, String> {
    let beginnings = text
        .match_indices("fault(")
        .filter(|(at, _)| text[..*at].rsplit('\n').next().is_some_and(|before| before.trim().is_empty()));
    beginnings
        .map(|(at, word)| {
            let mut rest = &text[at + word.len()..];
            let mut next = || {
                let (text, after) = rest.trim_start().strip_prefix('"')?.split_once('"')?;
                rest = after.trim_start().strip_prefix(',')?;
                Some(text.to_owned())
            };
            let texts = next().zip(next()).zip(next());
            let near = || text[at..].lines().take(2).map(str::trim).collect::<Vec<_>>().join(" ");
            texts.map(|((fault, on), outcome)| [fault, on, outcome]).ok_or_else(near)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_of_a_call_are_read_however_it_is_laid_out() {
        let text = "import { fault } from \"../test.ts\";\nfault(\"a\", \"b\", \"c\", async ({ page }) => {\n  line.fault(x, y);\n});\n  fault(\n    \"d\",\n    \"e, f\",\n    \"g\",\n    async () => {},\n  );\n";
        let call = |texts: [&str; 3]| texts.map(str::to_owned);
        assert_eq!(calls(text), Ok(vec![call(["a", "b", "c"]), call(["d", "e, f", "g"])]));
        assert_eq!(
            calls("fault(name, \"b\", \"c\", test);\n"),
            Err("fault(name, \"b\", \"c\", test);".to_owned())
        );
    }

    #[test]
    fn what_is_published_is_what_the_tests_prove() {
        let published = fs::read_to_string(path()).unwrap_or_default();
        assert!(published == text().unwrap(), "docs/faults.md is out of date: run `cargo xtask faults`");
    }
}
