//! The browser that the browser tests drive: the system's own.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process;
use crate::progress;
use crate::project;

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
    if let Some(path) = env::var_os("CHROMIUM").map(PathBuf::from) {
        return if path.is_file() { Ok(path) } else { Err(Error::BadPath(path)) };
    }
    if let Some(found) = find() {
        return Ok(found);
    }
    if rustix::process::geteuid().is_root() && on_path("apt-get").is_some() {
        apt_get("update", &[])?;
        apt_get("install", &["--yes", "--no-install-recommends", "chromium"])?;
    }
    find().ok_or(Error::Missing)
}

fn find() -> Option<PathBuf> {
    let macos = MACOS.iter().map(PathBuf::from).find(|path| path.is_file());
    NAMES.iter().find_map(|name| on_path(name)).or(macos)
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|dir| dir.join(program)).find(|file| Path::is_file(file))
}

fn apt_get(verb: &str, rest: &[&str]) -> Result<(), process::Error> {
    let log = project::state().join(format!("logs/apt-get-{verb}.log"));
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").arg(verb).args(rest);
    progress::run(&format!("Installing Chromium (apt-get {verb})"), &mut command, &log, &mut |_| None)
}
