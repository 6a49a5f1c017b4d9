//! The browser that the browser tests drive: the system's own.

use std::path::PathBuf;

use crate::packages;
use crate::process;

/// Names under which systems install Chromium or its sibling.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/// Where macOS keeps applications.
const MACOS: [&str; 2] = [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// Why there is no browser.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "the browser tests need Chromium: install it (Debian: `apt-get install chromium`, Fedora: `dnf install \
         chromium`, macOS: `brew install --cask chromium`), or set CHROMIUM to its path"
    )]
    Missing,
    #[error("CHROMIUM is set to {0}, which is no file: correct or unset it")]
    BadPath(PathBuf),
    #[error(transparent)]
    Process(#[from] process::Error),
}

/// Finds Chromium; where this command may use the system's package manager, installs it.
///
/// # Errors
/// [`Error`], with what to do.
pub fn provide() -> Result<PathBuf, Error> {
    if let Some(path) = packages::named_by("CHROMIUM") {
        return if path.is_file() { Ok(path) } else { Err(Error::BadPath(path)) };
    }
    let find = || packages::on_path(&NAMES).or_else(|| packages::existing(&MACOS));
    if let Some(found) = find() {
        return Ok(found);
    }
    packages::install("chromium")?;
    find().ok_or(Error::Missing)
}
