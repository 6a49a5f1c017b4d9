//! The rig that the demo and the browser tests run on: the real cluster, the charts in its registry, and the
//! reference operator.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cluster::{self, Binaries, Cluster};
use crate::process::{self, Service};
use crate::progress::{self, Step};
use crate::project;
use crate::tools;

/// Why there is no rig.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "another command runs on {}: stop it first, or choose another place with --state",
        .0.display()
    )]
    Busy(PathBuf),
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Cluster(#[from] cluster::Error),
    #[error(transparent)]
    Tools(#[from] tools::Error),
    #[error(transparent)]
    Process(#[from] process::Error),
}

impl Error {
    fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}

/// Whether a rig goes on from the data of an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Earlier data is dropped.
    Fresh,
    /// Earlier data is used where there is some.
    Resumed,
}

/// A running rig. Dropping it stops everything.
#[derive(Debug)]
pub struct Rig {
    // Fields drop in this order: what uses the cluster goes before it, and the lock goes last.
    running: Vec<Service>,
    cluster: Cluster,
    binaries: PathBuf,
    operator: PathBuf,
    services: PathBuf,
    _lock: File,
}

impl Rig {
    /// Builds what is missing and starts the cluster in `state` with its registry, its CRD and the provisioner of
    /// volumes. No operator runs yet.
    ///
    /// # Errors
    /// [`Error`]. What was started is stopped again.
    pub fn start(state: &Path, freshness: Freshness) -> Result<Self, Error> {
        let binaries = tools::control_plane()?;
        let operator = build_operator()?;

        fs::create_dir_all(state).map_err(Error::file(state))?;
        let lock = lock(state)?;
        let services = state.join("services");
        process::sweep(&services)?;
        let data = state.join("cluster");
        if freshness == Freshness::Fresh && data.exists() {
            fs::remove_dir_all(&data).map_err(Error::file(&data))?;
        }
        let cluster = start_cluster(&binaries, &data)?;
        let mut rig = Self { running: Vec::new(), cluster, binaries, operator, services, _lock: lock };
        rig.start_operator_command("provision")?;
        Ok(rig)
    }

    /// Administrator's access to the cluster.
    pub fn kubeconfig(&self) -> &Path {
        &self.cluster.kubeconfig
    }

    /// One of the control plane's programs.
    pub fn program(&self, name: &str) -> PathBuf {
        self.binaries.join(name)
    }

    /// Where the rig's programs write their logs.
    pub fn services(&self) -> &Path {
        &self.services
    }

    /// What the browser tests need to know.
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        vec![
            ("RC_KUBECONFIG", self.cluster.kubeconfig.clone().into()),
            ("RC_KUBECTL", self.program("kubectl").into()),
            ("RC_HELM", self.program("helm").into()),
            ("RC_OPERATOR", self.operator.clone().into()),
            ("RC_REGISTRY", self.registry().into()),
            ("RC_BINARIES", self.binaries.clone().into()),
        ]
    }

    /// Starts the operator and gives it an installation in `namespace`.
    ///
    /// # Errors
    /// [`Error`].
    pub fn install(&mut self, namespace: &str) -> Result<(), Error> {
        self.start_operator_command("run")?;
        self.cluster.create_namespace_with_installation(namespace)?;
        Ok(())
    }

    /// # Errors
    /// [`Error::Process`] with the last lines of its log if a part has ended.
    pub fn check(&mut self) -> Result<(), Error> {
        for service in &mut self.running {
            service.check()?;
        }
        Ok(())
    }

    /// Stops everything; its data stays for the next start.
    ///
    /// # Errors
    /// [`Error::Cluster`] if a part of the cluster does not end.
    pub fn stop(self) -> Result<(), Error> {
        drop(self.running);
        self.cluster.stop()?;
        Ok(())
    }

    fn registry(&self) -> String {
        format!("127.0.0.1:{}", self.cluster.registry_port)
    }

    fn start_operator_command(&mut self, subcommand: &str) -> Result<(), Error> {
        let mut command = Command::new(&self.operator);
        command.arg(subcommand).env("KUBECONFIG", &self.cluster.kubeconfig);
        let name = format!("operator-{subcommand}");
        self.running.push(Service::start(&name, &mut command, &self.services)?);
        Ok(())
    }
}

/// Builds the reference operator and says where it is: beside this program, which the same cargo built.
fn build_operator() -> Result<PathBuf, Error> {
    let mut cargo = Command::new("cargo");
    cargo
        .current_dir(project::root())
        .args(["build", "--package", "reference-operator"])
        .env("CARGO_TERM_PROGRESS_WHEN", "always")
        .env("CARGO_TERM_PROGRESS_WIDTH", "100");
    let log = project::state().join("logs/operator-build.log");
    progress::run("Building the reference operator", &mut cargo, &log, &mut tools::cargo_note)?;
    let this = env::current_exe().map_err(Error::file(Path::new("the running program")))?;
    Ok(this.with_file_name("reference-operator"))
}

fn start_cluster(binaries: &Path, data: &Path) -> Result<Cluster, Error> {
    let mut step = Step::start("Starting the cluster");
    let binaries = Binaries { dir: binaries.to_owned() };
    let started = Cluster::start(&binaries, data, &mut |note| {
        step.note(note);
        step.tick();
    });
    match started {
        Ok(cluster) => {
            step.done();
            Ok(cluster)
        }
        Err(error) => {
            step.failed();
            Err(error.into())
        }
    }
}

/// Keeps two commands from running on the same data; released when dropped or when this process ends.
fn lock(state: &Path) -> Result<File, Error> {
    let path = state.join("lock");
    let file = File::create(&path).map_err(Error::file(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Busy(state.to_owned())),
        Err(TryLockError::Error(source)) => Err(Error::File { path, source }),
    }
}
