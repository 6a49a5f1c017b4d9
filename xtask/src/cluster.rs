//! The real control plane on fake nodes: kwokctl's cluster, an OCI registry with the charts, the CRDs.
//!
//! Everything lives in one directory: `kwok/` is kwokctl's (etcd's data, logs, the programs' process ids),
//! `logs/` the registry's and kwokctl's, `pods/` the log files that pods show. Stopping keeps etcd's data, so that the next
//! start goes on from it; the registry keeps its content in memory and is filled at every start.

use std::fs::{self, File};
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::process::{self, Service};
use crate::project;

/// kwokctl's name of the cluster. Clusters are told apart by their directory.
const NAME: &str = "rig";
const READY: Duration = Duration::from_secs(90);
/// A stopped cluster is back in seconds, or its data is no good.
const READY_AGAIN: Duration = Duration::from_secs(20);
/// How long a process of the cluster may take to end once it was told to.
const ENDED: Duration = Duration::from_secs(20);
/// The API server's configuration of authentication, without an issuer of tokens but itself.
const NO_ISSUERS: &str =
    "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt: []\n";
const REGISTRY_READY: Duration = Duration::from_secs(15);
const CHARTS: [&str; 2] = ["dependencies", "platform"];

/// Why there is no cluster.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{} is not a list of chart versions: {reason}", path.display())]
    Versions { path: PathBuf, reason: String },
    #[error("no free port on 127.0.0.1: {0}")]
    Port(io::Error),
    #[error("the process {0} of the cluster does not end: end it by hand")]
    Survivor(u32),
    #[error(transparent)]
    Process(#[from] process::Error),
}

impl Error {
    fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}

/// The programs that `tests/cluster/go.mod` pins, under their usual names.
#[derive(Debug, Clone)]
pub struct Binaries {
    pub dir: PathBuf,
}

impl Binaries {
    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

/// A running cluster. Dropping it stops it.
#[derive(Debug)]
pub struct Cluster {
    /// Administrator's access.
    pub kubeconfig: PathBuf,
    /// The API server's configuration of authentication, which may be changed while it runs.
    pub authentication: PathBuf,
    /// Port on 127.0.0.1 of the registry that holds `charts/dependencies` and `charts/platform`, over plain HTTP.
    pub registry_port: u16,
    /// `None` once stopped.
    control_plane: Option<ControlPlane>,
    _registry: Service,
}

impl Cluster {
    /// Starts the cluster of the directory `state`: reuses one that still runs, goes on from one that was stopped,
    /// and makes a new one where neither is possible or the rig's description of it has changed.
    ///
    /// # Errors
    /// [`Error`]. What was started is stopped again.
    pub fn start(binaries: &Binaries, state: &Path, progress: &mut dyn FnMut(&str)) -> Result<Self, Error> {
        fs::create_dir_all(state).map_err(Error::file(state))?;
        let state = &state.canonicalize().map_err(Error::file(state))?;
        let logs = state.join("logs");
        process::sweep(&logs)?;

        let registry_port = free_port()?;
        let mut serve = Command::new(binaries.path("registry"));
        serve.args(["-port", &registry_port.to_string()]);
        let mut registry = Service::start("registry", &mut serve, &logs.join("registry.log"))?;
        process::wait_until("an answer of the registry", REGISTRY_READY, || {
            registry.check()?;
            Ok::<_, Error>(process::http_get(registry_port, "/v2/").is_some_and(|(status, _)| status == 200))
        })?;

        let control_plane = ControlPlane { binaries: binaries.clone(), state: state.clone() };
        let cluster = Self {
            kubeconfig: control_plane.kubeconfig(),
            authentication: control_plane.authentication(),
            registry_port,
            control_plane: Some(control_plane),
            _registry: registry,
        };
        thread::scope(|scope| {
            let charts = scope.spawn(|| publish_charts(binaries, state, registry_port));
            cluster.start_control_plane(progress)?;
            progress("publishing the charts");
            // A panic there is one here.
            charts.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })?;
        Ok(cluster)
    }

    fn start_control_plane(&self, progress: &mut dyn FnMut(&str)) -> Result<(), Error> {
        let Some(control_plane) = &self.control_plane else { return Ok(()) };
        control_plane.start(progress)?;
        progress("installing the CRDs");
        let cluster_dir = project::cluster_dir();
        let mut apply = control_plane.kubectl();
        apply.arg("apply");
        for file in ["base.yaml", "crd.yaml", "crd-other.yaml"] {
            apply.arg("-f").arg(cluster_dir.join(file));
        }
        process::output(&mut apply)?;
        // A definition without conditions makes kubectl give up at once instead of waiting for them.
        let mut established = control_plane.kubectl();
        established.args([
            "wait",
            "--for=condition=Established",
            "--timeout=5s",
            "customresourcedefinition",
            "--all",
        ]);
        process::wait_until("the definitions' establishment", READY, || {
            Ok::<_, Error>(process::output(&mut established).is_ok())
        })?;
        let mut wait = control_plane.kubectl();
        wait.args(["wait", "--for=condition=Ready", "--timeout=30s", "node", "--all"]);
        process::output(&mut wait)?;
        Ok(())
    }

    /// Makes the namespace with the secrets that an installation needs and a good installation, `rootcause`. What is
    /// there already stays as it is.
    ///
    /// # Errors
    /// [`Error::Process`] with kubectl's words.
    pub fn create_namespace_with_installation(&self, namespace: &str) -> Result<(), Error> {
        let Some(control_plane) = &self.control_plane else { return Ok(()) };
        let mut exists = control_plane.kubectl();
        exists.args(["get", "namespace", namespace, "--ignore-not-found", "--output=name"]);
        if process::output(&mut exists)?.is_empty() {
            let mut create = control_plane.kubectl();
            process::output(create.args(["create", "namespace", namespace]))?;
        }
        for file in ["secrets.yaml", "installation.yaml"] {
            let file = project::cluster_dir().join(file);
            let mut exists = control_plane.kubectl();
            exists.args(["get", "--namespace", namespace, "--ignore-not-found", "--output=name", "-f"]);
            if process::output(exists.arg(&file))?.is_empty() {
                let mut create = control_plane.kubectl();
                process::output(create.args(["create", "--namespace", namespace, "-f"]).arg(&file))?;
            }
        }
        Ok(())
    }

    /// Stops everything; etcd's data stays for the next start.
    ///
    /// # Errors
    /// [`Error::Survivor`] if a process does not end.
    pub fn stop(mut self) -> Result<(), Error> {
        self.control_plane.take().map_or(Ok(()), |control_plane| control_plane.stop())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(control_plane) = &self.control_plane {
            // Whoever wants to know uses `stop`; the next start ends what is left.
            let _ = control_plane.stop();
        }
    }
}

/// Ends the cluster of the directory `state`, also one that a killed command left running, and removes its data.
///
/// # Errors
/// [`Error`].
pub fn remove(binaries: &Binaries, state: &Path) -> Result<(), Error> {
    if !state.exists() {
        return Ok(());
    }
    let state = state.canonicalize().map_err(Error::file(state))?;
    process::sweep(&state.join("logs"))?;
    ControlPlane { binaries: binaries.clone(), state: state.clone() }.stop()?;
    fs::remove_dir_all(&state).map_err(Error::file(&state))
}

/// etcd, the API server, its controllers and kwok, as kwokctl runs them.
#[derive(Debug)]
struct ControlPlane {
    binaries: Binaries,
    /// Absolute.
    state: PathBuf,
}

impl ControlPlane {
    fn dir(&self) -> PathBuf {
        self.state.join("kwok/clusters").join(NAME)
    }

    fn kubeconfig(&self) -> PathBuf {
        self.dir().join("kubeconfig.yaml")
    }

    fn start(&self, progress: &mut dyn FnMut(&str)) -> Result<(), Error> {
        self.forget_strangers()?;
        let description = self.description()?;
        let described = self.state.join("kwok.yaml");
        let unchanged = fs::read_to_string(&described).is_ok_and(|before| before == description);
        self.write_pod_logs()?;
        let authentication = self.authentication();
        fs::write(&authentication, NO_ISSUERS).map_err(Error::file(&authentication))?;
        if unchanged && self.kubeconfig().exists() {
            if self.is_ready() {
                progress("the control plane still runs");
                return Ok(());
            }
            progress("starting the control plane again");
            // A half-dead one is ended first: kwokctl starts only what does not run.
            self.stop()?;
            let mut start = self.kwokctl();
            let limit = format!("{}s", READY_AGAIN.as_secs());
            start.args(["start", "cluster", "--timeout", &limit, "--wait", &limit]);
            if process::run("kwokctl start cluster", &mut start, &self.log(), &mut |_| ()).is_ok()
                && self.is_ready()
            {
                return Ok(());
            }
        }
        if process::interrupted() {
            return Err(process::Error::Interrupted.into());
        }
        self.remove()?;
        fs::write(&described, description).map_err(Error::file(&described))?;
        progress("creating the control plane");
        process::run("kwokctl create cluster", &mut self.create(&described), &self.log(), &mut |_| ())?;
        let ready = || Ok::<_, Error>(self.is_ready());
        process::wait_until("the API server's readiness", READY, ready)
    }

    fn create(&self, description: &Path) -> Command {
        let mut create = self.kwokctl();
        create.args(["create", "cluster", "--runtime", "binary", "--disable-qps-limits"]);
        for (flag, program) in [
            ("--etcd-binary", "etcd"),
            ("--kube-apiserver-binary", "kube-apiserver"),
            ("--kube-controller-manager-binary", "kube-controller-manager"),
            ("--kube-scheduler-binary", "kube-scheduler"),
            ("--kwok-controller-binary", "kwok"),
        ] {
            create.arg(flag).arg(self.binaries.path(program));
        }
        // A request without credentials is 401, as behind a proxy that authenticates.
        create.args(["--extra-args", "kube-apiserver=anonymous-auth=false"]);
        let authentication = self.authentication();
        create.arg("--extra-args");
        create.arg(format!("kube-apiserver=authentication-config={}", authentication.display()));
        // kwokctl also adds the cluster to this kubeconfig: not to the user's own.
        create.arg("--kubeconfig").arg(self.state.join("context.yaml"));
        create.arg("--config").arg(description);
        create.args(["--wait", &format!("{}s", READY.as_secs())]);
        create
    }

    /// The fake kubelet's behaviour, one document.
    fn description(&self) -> Result<String, Error> {
        let dir = project::cluster_dir().join("kwok");
        let mut documents = Vec::new();
        for file in ["nodes.yaml", "pods.yaml", "volumes.yaml", "debugging.yaml"] {
            documents.push(read(&dir.join(file))?);
        }
        Ok(documents.join("---\n").replace("${LOGS}", &self.pod_logs().to_string_lossy()))
    }

    /// Whose tokens the API server takes beside its own; it reads the file again when that changes.
    fn authentication(&self) -> PathBuf {
        self.state.join("authentication.yaml")
    }

    fn pod_logs(&self) -> PathBuf {
        self.state.join("pods")
    }

    /// The sample logs in the form that a kubelet reads: each line with its time, the last one written now.
    fn write_pod_logs(&self) -> Result<(), Error> {
        let (from, to) = (project::cluster_dir().join("logs"), self.pod_logs());
        fs::create_dir_all(&to).map_err(Error::file(&to))?;
        let now = Timestamp::now();
        for entry in fs::read_dir(&from).map_err(Error::file(&from))? {
            let entry = entry.map_err(Error::file(&from))?;
            let target = to.join(entry.file_name());
            let text = stamped(&read(&entry.path())?, now);
            fs::write(&target, text).map_err(Error::file(&target))?;
        }
        Ok(())
    }

    fn log(&self) -> PathBuf {
        self.state.join("logs/kwokctl.log")
    }

    fn kwokctl(&self) -> Command {
        let mut command = Command::new(self.binaries.path("kwokctl"));
        command.env("KWOK_WORKDIR", self.state.join("kwok")).args(["--name", NAME]);
        command
    }

    fn kubectl(&self) -> Command {
        let mut command = Command::new(self.binaries.path("kubectl"));
        command.arg("--kubeconfig").arg(self.kubeconfig());
        command.arg("--cache-dir").arg(self.state.join("kubectl"));
        command
    }

    fn is_ready(&self) -> bool {
        let mut get = self.kubectl();
        get.args(["get", "--raw", "/readyz", "--request-timeout=5s"]);
        process::output(&mut get).is_ok_and(|answer| answer == "ok")
    }

    /// Ends every process and keeps the data.
    fn stop(&self) -> Result<(), Error> {
        let processes = self.forget_strangers()?;
        if processes.is_empty() {
            return Ok(());
        }
        // Not `process::run`: it gives up on an interrupt, and this is what an interrupt leads to.
        process::output(self.kwokctl().args(["stop", "cluster"]))?;
        // kwokctl returns when it has told them to end.
        match processes.into_iter().find(|&pid| !process::comes_true(ENDED, || !self.runs(pid))) {
            None => Ok(()),
            Some(pid) => Err(Error::Survivor(pid)),
        }
    }

    fn remove(&self) -> Result<(), Error> {
        self.stop()?;
        let dir = self.state.join("kwok");
        project::remove_dir(&dir).map_err(Error::file(&dir))
    }

    /// The ids of the processes that run. kwokctl believes its `pids/*.pid` files whatever process has the number by
    /// now, so those of a process that is not the cluster's are removed.
    fn forget_strangers(&self) -> Result<Vec<u32>, Error> {
        let dir = self.dir().join("pids");
        let entries = match fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(Error::File { path: dir, source }),
        };
        let mut own = Vec::new();
        for entry in entries {
            let path = entry.map_err(Error::file(&dir))?.path();
            match read(&path)?.trim().parse() {
                Ok(pid) if self.runs(pid) => own.push(pid),
                _ => fs::remove_file(&path).map_err(Error::file(&path))?,
            }
        }
        Ok(own)
    }

    /// Whether this process is one of the cluster's: they all run from links in the cluster's own directory.
    fn runs(&self, pid: u32) -> bool {
        let own = self.dir().join("bin").to_string_lossy().into_owned();
        process::arguments(pid).is_some_and(|line| line.contains(&own))
    }
}

/// Lines with the prefix of the container runtimes' log format: time, stream, "F" for a full line. They are a second
/// apart and end at `end`.
fn stamped(lines: &str, end: Timestamp) -> String {
    let count = i64::try_from(lines.lines().count()).unwrap_or(i64::MAX);
    let mut time = end - SignedDuration::from_secs(count - 1);
    let mut text = String::new();
    for line in lines.lines() {
        text.push_str(&format!("{time:.9} stdout F {line}\n"));
        time += SignedDuration::from_secs(1);
    }
    text
}

/// One entry of `charts/versions.json`.
struct Version {
    number: String,
    published: Timestamp,
}

fn versions() -> Result<Vec<Version>, Error> {
    let path = project::cluster_dir().join("charts/versions.json");
    let wrong = |reason: String| Error::Versions { path: path.clone(), reason };
    let entries: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&read(&path)?).map_err(|error| wrong(error.to_string()))?;
    let version = |(number, published): (String, serde_json::Value)| {
        let published = published.as_str().unwrap_or_default();
        let published = published.parse().map_err(|error| wrong(format!("{number}: {error}")))?;
        Ok(Version { number, published })
    };
    entries.into_iter().map(version).collect()
}

/// Packages every version of both charts and pushes it, a few at a time.
fn publish_charts(binaries: &Binaries, state: &Path, port: u16) -> Result<(), Error> {
    let work = state.join("charts");
    if work.exists() {
        fs::remove_dir_all(&work).map_err(Error::file(&work))?;
    }
    let versions = versions()?;
    let queue = Mutex::new(versions.iter().flat_map(|version| CHARTS.map(|chart| (chart, version))));
    let next = || queue.lock().ok().and_then(|mut queue| queue.next());
    let publish = || -> Result<(), Error> {
        while let Some((chart, version)) = next() {
            publish_chart(binaries, &work, port, chart, version)?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let count = thread::available_parallelism().map_or(1, usize::from).min(8);
        let workers: Vec<_> = (0..count).map(|_| scope.spawn(publish)).collect();
        let results = workers.into_iter().map(|worker| {
            // A panic there is one here.
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        results.collect()
    })
}

/// A version of a chart is the chart itself with the files of `overlays/VERSION/CHART` laid over it.
fn publish_chart(
    binaries: &Binaries,
    work: &Path,
    port: u16,
    chart: &str,
    version: &Version,
) -> Result<(), Error> {
    let charts = project::cluster_dir().join("charts");
    let source = work.join(&version.number).join(chart);
    copy(&charts.join(chart), &source)?;
    let overlay = charts.join("overlays").join(&version.number).join(chart);
    if overlay.exists() {
        copy(&overlay, &source)?;
    }
    // The helper that both charts share, and the version wherever the chart's own description names it.
    let shared = source.join("templates/_helpers.tpl");
    fs::copy(charts.join("_helpers.tpl"), &shared).map_err(Error::file(&shared))?;
    let description = source.join("Chart.yaml");
    let text = read(&description)?.replace("0.0.0", &version.number);
    fs::write(&description, text).map_err(Error::file(&description))?;

    let helm = || {
        let mut helm = Command::new(binaries.path("helm"));
        for home in ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"] {
            helm.env(home, work.join("helm"));
        }
        helm
    };
    process::output(helm().arg("package").arg(&source).arg("--destination").arg(work))?;
    let package = work.join(format!("{chart}-{}.tgz", version.number));
    // Helm's push gives the file's time as the chart's time of creation.
    File::options()
        .write(true)
        .open(&package)
        .and_then(|file| file.set_modified(version.published.into()))
        .map_err(Error::file(&package))?;
    let registry = format!("oci://127.0.0.1:{port}/charts");
    process::output(helm().arg("push").arg(&package).arg(registry).arg("--plain-http"))?;
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    fs::create_dir_all(to).map_err(Error::file(to))?;
    for entry in fs::read_dir(from).map_err(Error::file(from))? {
        let entry = entry.map_err(Error::file(from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy(&source, &target)?;
        } else {
            fs::copy(&source, &target).map_err(Error::file(&source))?;
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(Error::file(path))
}

/// A port that was free a moment ago.
fn free_port() -> Result<u16, Error> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(Error::Port)?;
    Ok(listener.local_addr().map_err(Error::Port)?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_log_ends_at_the_start() {
        let text = stamped("first\nlast\n", "2026-01-02T03:04:05Z".parse().unwrap());
        let expect =
            "2026-01-02T03:04:04.000000000Z stdout F first\n2026-01-02T03:04:05.000000000Z stdout F last\n";
        assert_eq!(text, expect);
    }

    #[test]
    fn every_overlay_belongs_to_a_version() {
        let known: Vec<_> = versions().unwrap().into_iter().map(|version| version.number).collect();
        for entry in fs::read_dir(project::cluster_dir().join("charts/overlays")).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(known.contains(&name), "{name} is not in versions.json");
        }
    }
}
