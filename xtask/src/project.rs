//! Where things are in this repository.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The repository's root.
///
/// Told by cargo at run time: a target directory that several checkouts share holds one build of this program for all.
pub fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let told = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let crate_dir = told.unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        crate_dir.parent().map(Path::to_owned).unwrap_or(crate_dir)
    });
    &ROOT
}

/// The built app.
pub fn dist() -> PathBuf {
    root().join("dist")
}

/// The control plane's pins, the charts, the CRD and the reference operator.
pub fn cluster_dir() -> PathBuf {
    root().join("tests/cluster")
}

/// The browser tests.
pub fn browser_tests() -> PathBuf {
    root().join("tests/e2e")
}

/// Removes a folder and all that is in it, if it is there.
///
/// # Errors
/// As [`fs::remove_dir_all`], but for its absence.
pub fn remove_dir(dir: &Path) -> io::Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Data and logs of what runs from this checkout; safe to delete while nothing runs.
pub fn state() -> PathBuf {
    root().join(".state")
}
