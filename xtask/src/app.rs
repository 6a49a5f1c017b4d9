//! The app's build: trunk fills `dist/`.

use std::process::Command;

use crate::progress;
use crate::project;
use crate::tools;

/// Why the app could not be built.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Tools(#[from] tools::Error),
    #[error(transparent)]
    Process(#[from] crate::process::Error),
}

/// Builds the release bundle into `dist/`, replacing what was there.
///
/// # Errors
/// [`Error`]; a failed build names its log and shows its last lines.
pub fn build() -> Result<(), Error> {
    let path = tools::for_app()?;
    let mut trunk = Command::new("trunk");
    trunk
        .current_dir(project::root())
        .arg("build")
        .env("PATH", path)
        // trunk reads NO_COLOR as a boolean and refuses the customary `1`.
        .env_remove("NO_COLOR")
        // Its own backtrace would bury the compiler's words.
        .env_remove("RUST_BACKTRACE")
        .env("TRUNK_SKIP_VERSION_CHECK", "true")
        .env("CARGO_TERM_PROGRESS_WHEN", "always")
        .env("CARGO_TERM_PROGRESS_WIDTH", "100");
    let log = project::state().join("logs/app.log");
    progress::run("Building the app", &mut trunk, &log, &mut tools::cargo_note)?;
    Ok(())
}
