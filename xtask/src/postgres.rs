//! The database that the browser tests back up and restore: the system's own PostgreSQL server.

use std::fs;
use std::path::{Path, PathBuf};

use crate::packages;
use crate::process;

/// Debian's place of the server's programs, by major version: they are not on PATH, since several may be installed.
const DEBIAN: &str = "/usr/lib/postgresql";

/// Why there is no PostgreSQL.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "the browser tests need PostgreSQL's server: install it (Debian: `apt-get install postgresql`, Fedora: \
         `dnf install postgresql-server`, macOS: `brew install postgresql`), or set RC_POSTGRES to the directory of its \
         programs"
    )]
    Missing,
    #[error("RC_POSTGRES is set to {0}, which has no `initdb`: correct or unset it")]
    BadPath(PathBuf),
    #[error(transparent)]
    Process(#[from] process::Error),
}

/// Finds the directory of the server's programs; where this command may use the system's package manager, installs it.
///
/// # Errors
/// [`Error`], with what to do.
pub fn provide() -> Result<PathBuf, Error> {
    if let Some(path) = packages::named_by("RC_POSTGRES") {
        return if path.join("initdb").is_file() { Ok(path) } else { Err(Error::BadPath(path)) };
    }
    if let Some(found) = find() {
        return Ok(found);
    }
    packages::install("postgresql")?;
    find().ok_or(Error::Missing)
}

fn find() -> Option<PathBuf> {
    let on_path = || Some(packages::on_path(&["initdb"])?.parent()?.to_owned());
    newest(Path::new(DEBIAN)).or_else(on_path)
}

/// The programs of the newest major version below `place`.
fn newest(place: &Path) -> Option<PathBuf> {
    let versions = fs::read_dir(place).ok()?.filter_map(|it| {
        let entry = it.ok()?;
        let major: u32 = entry.file_name().to_str()?.parse().ok()?;
        Some((major, entry.path().join("bin")))
    });
    let (_, bin) = versions.filter(|(_, bin)| bin.join("initdb").is_file()).max()?;
    Some(bin)
}
