//! The Helm process: every change of the charts' objects goes through the real command.

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    pin::pin,
    process::{Output, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use thiserror::Error;
use tokio::{
    io::AsyncWriteExt,
    process::{Child, Command},
    time::timeout,
};
use tracing::{debug, info, warn};

/// How long Helm may take to mark its release as failed after SIGTERM, before it is killed.
const GRACE: Duration = Duration::from_secs(5);

/// Helm's wait reads every ReplicaSet and pod at each change of a workload. The default of five reads a second makes it
/// lag behind a rollout until it runs out of time.
const THROTTLE: [&str; 4] = ["--qps", "100", "--burst-limit", "300"];

/// Why a Helm command did not do its work.
#[derive(Debug, Error)]
pub enum Error {
    #[error("cannot run {program}: {source}")]
    Run { program: PathBuf, source: io::Error },
    /// Helm's own words, without its `Error: ` prefix and its log lines.
    #[error("{0}")]
    Failed(String),
}

impl Error {
    /// Whether the same command may succeed later without a change of the spec: the registry or the API server was out
    /// of reach, as opposed to a chart or a workload that is wrong.
    pub fn is_transient(words: &str) -> bool {
        const SIGNS: [&str; 11] = [
            "connection refused",
            "connection reset",
            "no such host",
            "i/o timeout",
            "TLS handshake timeout",
            "unexpected EOF",
            "etcdserver:",
            "Too Many Requests",
            "502 Bad Gateway",
            "503 Service Unavailable",
            "504 Gateway Timeout",
        ];
        SIGNS.iter().any(|sign| words.contains(sign))
    }
}

/// How a Helm command ended when it did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// It was told to stop before it had finished.
    Interrupted,
}

/// One of the two releases that make an installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release {
    pub name: &'static str,
    /// The chart's name below the registry's path.
    pub chart: &'static str,
    /// The condition that tells of it.
    pub condition: &'static str,
}

pub const DEPENDENCIES: Release =
    Release { name: "rootcause-dependencies", chart: "dependencies", condition: "DependenciesReady" };
pub const PLATFORM: Release =
    Release { name: "rootcause-platform", chart: "platform", condition: "PlatformReady" };

/// Runs Helm for one namespace. The caller sees to it that only one command runs at a time.
pub struct Helm {
    pub program: PathBuf,
    pub kubeconfig: PathBuf,
    pub namespace: String,
    /// `oci://HOST/PATH`, above the charts' names.
    pub registry: String,
    pub plain_http: bool,
    /// Helm's limit for any one operation.
    pub timeout: Duration,
}

impl Helm {
    /// Installs or upgrades `release` to `version` and waits until its workloads are ready.
    ///
    /// `--force-conflicts`: the operator owns these objects, and a field that someone scaled or patched by hand must
    /// not end an upgrade.
    pub async fn upgrade(
        &self,
        release: Release,
        version: &str,
        values: &Value,
        stop: impl Future<Output = ()>,
    ) -> Result<Outcome, Error> {
        let chart = format!("{}/{}", self.registry.trim_end_matches('/'), release.chart);
        let limit = self.limit();
        let mut arguments = vec!["upgrade", "--install", release.name, &chart, "--version", version];
        arguments.extend(["--values", "-", "--wait", "--timeout", &limit]);
        arguments.extend(["--server-side=true", "--force-conflicts"]);
        if self.plain_http {
            arguments.push("--plain-http");
        }
        self.run(&arguments, Some(values.to_string()), stop).await
    }

    /// Makes revision `to` the deployed one again, without waiting for its workloads.
    pub async fn rollback(
        &self,
        release: Release,
        to: u32,
        stop: impl Future<Output = ()>,
    ) -> Result<Outcome, Error> {
        let (revision, limit) = (to.to_string(), self.limit());
        let arguments = ["rollback", release.name, &revision, "--timeout", &limit, "--force-conflicts"];
        self.run(&[&arguments[..], &["--server-side=true"]].concat(), None, stop).await
    }

    /// Removes the release with its history, and waits until its pods are gone: only then are their volumes free. A
    /// release that is not there counts as removed.
    pub async fn uninstall(
        &self,
        release: Release,
        stop: impl Future<Output = ()>,
    ) -> Result<Outcome, Error> {
        let limit = self.limit();
        let arguments = [
            "uninstall",
            release.name,
            "--ignore-not-found",
            "--wait",
            "--cascade",
            "foreground",
            "--timeout",
            &limit,
        ];
        self.run(&arguments, None, stop).await
    }

    fn limit(&self) -> String {
        format!("{}s", self.timeout.as_secs())
    }

    async fn run(
        &self,
        arguments: &[&str],
        input: Option<String>,
        stop: impl Future<Output = ()>,
    ) -> Result<Outcome, Error> {
        let failed = |source| Error::Run { program: self.program.clone(), source };
        info!("helm {}", arguments.join(" "));
        let mut command = Command::new(&self.program);
        command.args(arguments).args(THROTTLE).args(self.identity());
        command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let child = command.spawn().map_err(failed)?;
        let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);

        // The pipes are read to the end even of a Helm that is told to stop: a closed one would kill it.
        let mut output = pin!(wait_with_input(child, input));
        let finished = tokio::select! {
            output = &mut output => Some(output.map_err(failed)?),
            () = stop => None,
        };
        let Some(output) = finished else {
            info!("ending helm");
            end(pid, output).await.map_err(failed)?;
            return Ok(Outcome::Interrupted);
        };
        let errors = String::from_utf8_lossy(&output.stderr);
        debug!("helm's output: {}{errors}", String::from_utf8_lossy(&output.stdout));
        if output.status.success() {
            return Ok(Outcome::Done);
        }
        let words = words(&errors);
        let words = if words.is_empty() { format!("helm ended with {}", output.status) } else { words };
        Err(Error::Failed(words))
    }

    /// The arguments that every Helm of this operator carries, and by which one is known again after a restart.
    fn identity(&self) -> [OsString; 4] {
        let kubeconfig = self.kubeconfig.clone().into_os_string();
        ["--kubeconfig".into(), kubeconfig, "--namespace".into(), self.namespace.clone().into()]
    }

    /// Ends every Helm that an earlier operator of this namespace left running, so that no two ever work at once.
    ///
    /// Such a process outlives an operator that was killed. They are found in `/proc`; where there is none, Helm's own
    /// lock on the release is what remains.
    pub async fn end_orphans(&self) -> io::Result<()> {
        let Ok(processes) = std::fs::read_dir("/proc") else { return Ok(()) };
        let identity = self.identity();
        for process in processes.flatten() {
            let Some(pid) = process.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            let Ok(line) = std::fs::read(process.path().join("cmdline")) else { continue };
            if !is_ours(&line, &self.program, &identity) {
                continue;
            }
            let Some(pid) = Pid::from_raw(pid) else { continue };
            warn!("ending the helm process {} of an earlier operator", pid.as_raw_nonzero());
            let gone = async {
                // A process that ended but was not reaped has an empty command line.
                while std::fs::read(process.path().join("cmdline")).is_ok_and(|line| !line.is_empty()) {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            };
            signal(pid, Signal::TERM)?;
            if timeout(GRACE, gone).await.is_err() {
                signal(pid, Signal::KILL)?;
            }
        }
        Ok(())
    }
}

fn is_ours(command_line: &[u8], program: &Path, identity: &[OsString]) -> bool {
    let words: Vec<&[u8]> = command_line.split(|byte| *byte == 0).collect();
    let identity: Vec<&[u8]> = identity.iter().map(|word| word.as_encoded_bytes()).collect();
    words.first().is_some_and(|first| *first == program.as_os_str().as_encoded_bytes())
        && words.windows(identity.len()).any(|window| window == identity)
}

fn signal(pid: Pid, signal: Signal) -> io::Result<()> {
    match kill_process(pid, signal) {
        Err(rustix::io::Errno::SRCH) | Ok(()) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn wait_with_input(mut child: Child, input: Option<String>) -> io::Result<Output> {
    if let (Some(mut pipe), Some(input)) = (child.stdin.take(), input) {
        // A Helm that ends before it has read its values says why itself.
        if let Err(error) = pipe.write_all(input.as_bytes()).await
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            return Err(error);
        }
    }
    child.wait_with_output().await
}

/// SIGTERM lets Helm mark its release as failed instead of pending; only a Helm that ignores it is killed.
async fn end(
    pid: Option<Pid>,
    mut output: impl Future<Output = io::Result<Output>> + Unpin,
) -> io::Result<()> {
    let Some(pid) = pid else { return output.await.map(drop) };
    signal(pid, Signal::TERM)?;
    match timeout(GRACE, &mut output).await {
        Ok(output) => output.map(drop),
        Err(_) => {
            signal(pid, Signal::KILL)?;
            output.await.map(drop)
        }
    }
}

/// Helm's reason: what follows `Error: `, without the log lines that may stand before it.
fn words(stderr: &str) -> String {
    let lines: Vec<&str> = stderr.lines().collect();
    let start = lines.iter().position(|line| line.starts_with("Error: ")).unwrap_or(0);
    let text = lines[start.min(lines.len())..].join("\n");
    text.trim().trim_start_matches("Error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_helms_own() {
        let check = |stderr: &str, expect: &str| assert_eq!(words(stderr), expect);
        check("", "");
        check("Error: UPGRADE FAILED: no\n", "UPGRADE FAILED: no");
        check(
            "level=WARN msg=\"upgrade failed\"\nError: UPGRADE FAILED: values don't match:\nplatform:\n- at '/x'\n",
            "UPGRADE FAILED: values don't match:\nplatform:\n- at '/x'",
        );
        check("panic: boom", "panic: boom");
    }

    #[test]
    fn only_an_unreachable_server_is_transient() {
        let check = |words: &str, expect| assert_eq!(Error::is_transient(words), expect, "{words}");
        check("dial tcp 127.0.0.1:5000: connect: connection refused", true);
        check("UPGRADE FAILED: context deadline exceeded", false);
        check("values don't meet the specifications of the schema(s)", false);
    }

    #[test]
    fn an_orphan_is_known_by_its_arguments() {
        let identity: Vec<OsString> =
            ["--kubeconfig", "/k", "--namespace", "a"].into_iter().map(OsString::from).collect();
        let check = |line: &str, expect| {
            let line = line.replace(' ', "\0");
            let program = Path::new("/bin/helm");
            assert_eq!(is_ours(line.as_bytes(), program, &identity), expect, "{line}");
        };
        check("/bin/helm upgrade x --kubeconfig /k --namespace a", true);
        check("/bin/helm upgrade x --kubeconfig /k --namespace ab", false);
        check("/usr/bin/helm upgrade x --kubeconfig /k --namespace a", false);
        check("", false);
    }
}
