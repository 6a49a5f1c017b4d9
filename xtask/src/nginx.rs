//! The web server that the browser tests put before the API server: the system's own nginx.

use std::path::PathBuf;

use crate::packages;
use crate::process;

/// Where systems keep it that is not on everybody's PATH.
const PLACES: [&str; 3] = ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/opt/homebrew/bin/nginx"];

/// Why there is no nginx.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "the browser tests need nginx: install it (Debian: `apt-get install nginx-light`, Fedora: `dnf install nginx`, \
         macOS: `brew install nginx`), or set RC_NGINX to its path"
    )]
    Missing,
    #[error("RC_NGINX is set to {0}, which is no file: correct or unset it")]
    BadPath(PathBuf),
    #[error(transparent)]
    Process(#[from] process::Error),
}

/// Finds nginx; where this command may use the system's package manager, installs it.
///
/// # Errors
/// [`Error`], with what to do.
pub fn provide() -> Result<PathBuf, Error> {
    if let Some(path) = packages::named_by("RC_NGINX") {
        return if path.is_file() { Ok(path) } else { Err(Error::BadPath(path)) };
    }
    let find = || packages::on_path(&["nginx"]).or_else(|| packages::existing(&PLACES));
    if let Some(found) = find() {
        return Ok(found);
    }
    packages::install("nginx-light")?;
    find().ok_or(Error::Missing)
}
