//! `cargo xtask demo`: the app beside a real cluster, until Ctrl-C.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::app;
use crate::args;
use crate::prerequisites;
use crate::process::{self, Service};
use crate::progress::Step;
use crate::project;
use crate::rig::{self, Claim, Freshness, Rig};
use crate::tools;

/// Where `kubectl proxy` serves the app.
const PREFIX: &str = "/admin/";

/// The installation's namespace, as in the platform's own guide.
const NAMESPACE: &str = "rootcause";

const PROXY_START: Duration = Duration::from_secs(30);

/// Why the demo ended other than by Ctrl-C.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no kubeconfig at {}: give the path of one with --kubeconfig", .0.display())]
    NoKubeconfig(PathBuf),
    #[error(transparent)]
    Prerequisite(#[from] prerequisites::Error),
    #[error(transparent)]
    App(#[from] app::Error),
    #[error(transparent)]
    Tools(#[from] tools::Error),
    #[error(transparent)]
    Rig(#[from] rig::Error),
    #[error(transparent)]
    Process(#[from] process::Error),
}

/// Serves until the user interrupts, then stops everything.
///
/// # Errors
/// [`Error`], also when a part of the demo dies while it runs.
pub fn run(options: &args::Demo) -> Result<(), Error> {
    match &options.kubeconfig {
        Some(kubeconfig) => for_existing_cluster(kubeconfig, options.port),
        None => with_own_cluster(options),
    }
}

fn for_existing_cluster(kubeconfig: &Path, port: u16) -> Result<(), Error> {
    let kubeconfig = kubeconfig.canonicalize().map_err(|_| Error::NoKubeconfig(kubeconfig.to_owned()))?;
    let claim = Claim::take(&project::state().join(format!("proxy-{port}")))?;
    prerequisites::free_port(port)?;
    let kubectl = tools::kubectl()?;
    app::build()?;
    let mut proxy = serve(&kubectl, &kubeconfig, port, &claim.logs())?;
    announce(port, &kubeconfig);
    process::until_interrupted(|| proxy.check())?;
    Ok(())
}

fn with_own_cluster(options: &args::Demo) -> Result<(), Error> {
    let state = options.state.clone().unwrap_or_else(|| project::state().join("demo"));
    let freshness = if options.fresh { Freshness::Fresh } else { Freshness::Resumed };
    // In this order: a proxy that a killed command left would hold the port.
    let claim = Claim::take(&state)?;
    prerequisites::free_port(options.port)?;
    app::build()?;
    let mut rig = Rig::start(claim, freshness)?;
    rig.install(NAMESPACE)?;
    let kubectl = rig.program("kubectl");
    let mut proxy = serve(&kubectl, rig.kubeconfig(), options.port, &rig.logs())?;
    announce(options.port, rig.kubeconfig());
    process::until_interrupted(|| {
        proxy.check()?;
        rig.check()
    })?;
    println!("stopping");
    drop(proxy);
    Ok(rig.stop()?)
}

/// Starts the real `kubectl proxy` and waits until it hands out the app.
fn serve(kubectl: &Path, kubeconfig: &Path, port: u16, logs: &Path) -> Result<Service, Error> {
    let mut step = Step::start("Starting kubectl proxy");
    let mut command = Command::new(kubectl);
    command
        .arg("proxy")
        .arg("--kubeconfig")
        .arg(kubeconfig)
        .args(["--port", &port.to_string(), "--www-prefix", PREFIX])
        .arg("--www")
        .arg(project::dist());
    let mut proxy = Service::start("kubectl proxy", &mut command, &logs.join("kubectl-proxy.log"))?;
    process::wait_until("the app's page", PROXY_START, || {
        step.tick();
        proxy.check()?;
        Ok::<_, Error>(process::http_get(port, PREFIX).is_some_and(|(status, _)| status == 200))
    })?;
    step.done();
    Ok(proxy)
}

fn announce(port: u16, kubeconfig: &Path) {
    println!("ready: http://127.0.0.1:{port}{PREFIX}");
    println!("kubeconfig: {}", kubeconfig.display());
}
