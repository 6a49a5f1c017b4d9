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

/// A directory that only this command works in, until it is dropped or this process ends.
#[derive(Debug)]
pub struct Claim {
    state: PathBuf,
    _lock: File,
}

impl Claim {
    /// Claims `state`, making it if need be, and stops what a killed command left running there.
    ///
    /// # Errors
    /// [`Error::Busy`] while another command works there.
    pub fn take(state: &Path) -> Result<Self, Error> {
        fs::create_dir_all(state).map_err(Error::file(state))?;
        let path = state.join("lock");
        let lock = File::create(&path).map_err(Error::file(&path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Busy(state.to_owned())),
            Err(TryLockError::Error(source)) => return Err(Error::File { path, source }),
        }
        let claim = Self { state: state.to_owned(), _lock: lock };
        process::sweep(&claim.logs())?;
        Ok(claim)
    }

    /// Where programs write their logs that must end with this command.
    pub fn logs(&self) -> PathBuf {
        self.state.join("logs")
    }
}

/// A running rig. Dropping it stops everything.
#[derive(Debug)]
pub struct Rig {
    // Fields drop in this order: what uses the cluster goes before it, and the claim goes last.
    running: Vec<Service>,
    cluster: Cluster,
    binaries: PathBuf,
    operator: PathBuf,
    claim: Claim,
}

/// Installs the browser tests' packages, as locked.
pub fn npm_ci() -> Command {
    let mut npm = Command::new("npm");
    npm.current_dir(project::browser_tests()).args(["ci", "--no-audit", "--no-fund"]);
    npm
}

impl Rig {
    /// Builds what is missing and starts the cluster with its registry, its CRD. No operator runs yet.
    ///
    /// # Errors
    /// [`Error`]. What was started is stopped again.
    pub fn start(claim: Claim, freshness: Freshness) -> Result<Self, Error> {
        let binaries = tools::control_plane()?;
        let operator = build_operator()?;
        let data = claim.state.join("cluster");
        if freshness == Freshness::Fresh {
            cluster::remove(&Binaries { dir: binaries.clone() }, &data)?;
        }
        let cluster = start_cluster(&binaries, &data)?;
        Ok(Self { running: Vec::new(), cluster, binaries, operator, claim })
    }

    /// Administrator's access to the cluster.
    pub fn kubeconfig(&self) -> &Path {
        &self.cluster.kubeconfig
    }

    /// One of the control plane's programs.
    pub fn program(&self, name: &str) -> PathBuf {
        self.binaries.join(name)
    }

    /// Where the rig's programs write their logs, and whatever else must end with the rig.
    pub fn logs(&self) -> PathBuf {
        self.claim.logs()
    }

    /// What the browser tests need to know of the cluster.
    fn environment(&self) -> Vec<(&'static str, OsString)> {
        vec![
            ("RC_KUBECONFIG", self.cluster.kubeconfig.clone().into()),
            ("RC_KUBECTL", self.program("kubectl").into()),
            ("RC_HELM", self.program("helm").into()),
            ("RC_OPERATOR", self.operator.clone().into()),
            ("RC_AUTHENTICATION", self.cluster.authentication.clone().into()),
            ("RC_REGISTRY", self.registry().into()),
            ("RC_BINARIES", self.binaries.clone().into()),
        ]
    }

    /// Playwright on this rig, in the browser tests' folder.
    pub fn playwright(&self, chromium: &Path) -> Command {
        let mut playwright = Command::new("npx");
        playwright
            .current_dir(project::browser_tests())
            .args(["playwright", "test"])
            .env("CHROMIUM", chromium)
            .env("RC_DIST", project::dist())
            .env("RC_CLUSTER_DIR", project::cluster_dir())
            .envs(self.environment());
        playwright
    }

    /// Makes a namespace with an installation and the operator that serves it.
    ///
    /// # Errors
    /// [`Error`].
    pub fn install(&mut self, namespace: &str) -> Result<(), Error> {
        self.cluster.create_namespace_with_installation(namespace)?;
        // What a client sees of the operator in the cluster; the program itself runs beside it.
        let mut apply = Command::new(self.program("kubectl"));
        apply
            .args(["apply", "--namespace", namespace, "--kubeconfig"])
            .arg(&self.cluster.kubeconfig)
            .arg("--filename")
            .arg(project::cluster_dir().join("operator/deployment.yaml"));
        process::output(&mut apply)?;
        self.start_operator(namespace)
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

    fn start_operator(&mut self, namespace: &str) -> Result<(), Error> {
        let mut run = Command::new(&self.operator);
        run.args(["run", "--namespace", namespace, "--kubeconfig"])
            .arg(&self.cluster.kubeconfig)
            .arg("--helm")
            .arg(self.program("helm"))
            .args(["--plain-http", "--registry"])
            .arg(format!("oci://{}/charts", self.registry()));
        self.keep("operator", &mut run)
    }

    fn keep(&mut self, name: &str, command: &mut Command) -> Result<(), Error> {
        let log = self.logs().join(format!("{name}.log"));
        self.running.push(Service::start(name, command, &log)?);
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
