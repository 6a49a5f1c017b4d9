//! Where things are in this repository.

use std::path::{Path, PathBuf};

/// The repository's root.
pub fn root() -> &'static Path {
    let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_dir.parent().unwrap_or(crate_dir)
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

/// Data and logs of what runs from this checkout; safe to delete while nothing runs.
pub fn state() -> PathBuf {
    root().join(".state")
}
