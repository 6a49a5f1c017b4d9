//! Programs that the system itself provides: found on PATH, else installed where this command may.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process;
use crate::progress;
use crate::project;

/// The first of these programs that is on PATH.
pub fn on_path(programs: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let find = |program: &&str| env::split_paths(&path).map(|dir| dir.join(program)).find(|it| it.is_file());
    programs.iter().find_map(find)
}

/// Installs Debian's `package` if this command runs as root on a Debian; does nothing elsewhere.
///
/// # Errors
/// [`process::Error`] if apt-get fails; it names its log.
pub fn install(package: &str) -> Result<(), process::Error> {
    if !rustix::process::geteuid().is_root() || on_path(&["apt-get"]).is_none() {
        return Ok(());
    }
    apt_get(package, "update", &[])?;
    apt_get(package, "install", &["--yes", "--no-install-recommends", package])
}

fn apt_get(package: &str, verb: &str, rest: &[&str]) -> Result<(), process::Error> {
    let log = project::state().join(format!("logs/apt-get-{verb}-{package}.log"));
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").arg(verb).args(rest);
    progress::run(&format!("Installing {package} (apt-get {verb})"), &mut command, &log, &mut |_| None)
}

/// The path in this environment variable, if it is set.
pub fn named_by(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from)
}

/// The first of these paths that is a file.
pub fn existing(paths: &[&str]) -> Option<PathBuf> {
    paths.iter().map(Path::new).find(|path| path.is_file()).map(Path::to_owned)
}
