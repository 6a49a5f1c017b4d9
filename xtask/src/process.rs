//! Other programs: run to their end, kept running, waited for, and stopped with everything they started.
//!
//! Every program gets a process group of its own and no terminal input, so that Ctrl-C reaches only this
//! command, which then stops the others in order.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

/// How often a condition or a child is looked at again.
const POLL: Duration = Duration::from_millis(50);

/// How long a program may take to end after SIGTERM before it gets SIGKILL.
const GRACE: Duration = Duration::from_secs(10);

/// How much of a log an error shows.
const TAIL_LINES: usize = 40;

/// Why a program did not do what was asked of it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot start `{program}`: {source}")]
    Start { program: String, source: io::Error },
    #[error("{name} failed ({status}). Its last lines, all of them in {}:\n{tail}", log.display())]
    Failed { name: String, status: ExitStatus, log: PathBuf, tail: String },
    #[error("`{program}` failed ({status}): {stderr}")]
    Output { program: String, status: ExitStatus, stderr: String },
    #[error("{what} did not happen within {} s", limit.as_secs())]
    Deadline { what: String, limit: Duration },
    #[error("interrupted")]
    Interrupted,
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
}

impl Error {
    fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}

static INTERRUPTED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Turns SIGINT, SIGTERM and SIGHUP into [`interrupted`], so that whoever waits stops in order.
///
/// # Errors
/// What the system says if a handler cannot be set.
pub fn catch_signals() -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let flag = INTERRUPTED.get_or_init(Arc::default);
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(flag))?;
    }
    Ok(())
}

/// Whether the user asked this command to end.
pub fn interrupted() -> bool {
    INTERRUPTED.get().is_some_and(|flag| flag.load(Ordering::Relaxed))
}

/// Asks `condition` again and again until it holds. `what` completes the sentence "… did not happen within N s".
///
/// # Errors
/// [`Error::Deadline`] after `limit`, [`Error::Interrupted`] on a signal, and whatever `condition` returns.
pub fn wait_until<E: From<Error>>(
    what: &str,
    limit: Duration,
    mut condition: impl FnMut() -> Result<bool, E>,
) -> Result<(), E> {
    let started = Instant::now();
    while !condition()? {
        if interrupted() {
            return Err(Error::Interrupted.into());
        }
        if started.elapsed() >= limit {
            return Err(Error::Deadline { what: what.into(), limit }.into());
        }
        pause();
    }
    Ok(())
}

/// Whether `condition` comes to hold within `limit`. Goes on when the user interrupts: what ends processes is what an
/// interrupt leads to.
pub fn comes_true(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let started = Instant::now();
    while !condition() {
        if started.elapsed() >= limit {
            return false;
        }
        pause();
    }
    true
}

/// Looks at running parts again and again until the user asks to end.
///
/// # Errors
/// Whatever `check` returns.
pub fn until_interrupted<E>(mut check: impl FnMut() -> Result<(), E>) -> Result<(), E> {
    while !interrupted() {
        check()?;
        pause();
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the one pause between two looks at a condition")]
fn pause() {
    std::thread::sleep(POLL);
}

/// Runs a program to its end with its output in `log`. `watch` gets each piece of new output and, while nothing
/// comes, an empty piece, so that it may show time passing.
///
/// # Errors
/// [`Error::Failed`] with the last lines of the log, or [`Error::Interrupted`] once the program is stopped.
pub fn run(name: &str, command: &mut Command, log: &Path, watch: &mut dyn FnMut(&str)) -> Result<(), Error> {
    let status = run_for_status(command, log, watch)?;
    if status.success() {
        return Ok(());
    }
    Err(Error::Failed { name: name.into(), status, log: log.into(), tail: tail(log) })
}

/// As [`run`], but leaves the judgement of the exit status to the caller.
///
/// # Errors
/// As [`run`], without [`Error::Failed`].
pub fn run_for_status(
    command: &mut Command,
    log: &Path,
    watch: &mut dyn FnMut(&str),
) -> Result<ExitStatus, Error> {
    let mut running = Service::start(&program(command), command, log)?;
    let mut output = File::open(log).map_err(Error::file(log))?;
    let mut unread = Vec::new();
    loop {
        let ended = running.status()?;
        output.read_to_end(&mut unread).map_err(Error::file(log))?;
        // A piece ends at a whole character; the rest waits for its missing bytes.
        let whole = match std::str::from_utf8(&unread) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => unread.len(),
        };
        watch(&String::from_utf8_lossy(&unread[..whole]));
        unread.drain(..whole);
        if let Some(status) = ended {
            // What it left running on purpose, as kwokctl does, stays.
            running.stays = true;
            return Ok(status);
        }
        if interrupted() {
            return Err(Error::Interrupted);
        }
        pause();
    }
}

/// Runs a short program and returns what it printed, without the last line break.
///
/// # Errors
/// [`Error::Start`] if it cannot be started, [`Error::Output`] with its own words if it fails.
pub fn output(command: &mut Command) -> Result<String, Error> {
    let out = command
        .stdin(Stdio::null())
        .process_group(0)
        .output()
        .map_err(|source| Error::Start { program: program(command), source })?;
    if !out.status.success() {
        let stderr = String::from_utf8_lossy(&out.stderr).trim().to_owned();
        return Err(Error::Output { program: program(command), status: out.status, stderr });
    }
    Ok(String::from_utf8_lossy(&out.stdout).trim_end().to_owned())
}

/// A program that keeps running until it is stopped or dropped.
///
/// A record beside its log, `NAME.pid`, outlives a killed command: [`sweep`] stops what such a command left behind.
#[derive(Debug)]
pub struct Service {
    name: String,
    child: Child,
    log: PathBuf,
    record: PathBuf,
    /// Whether what the program started outlives it.
    stays: bool,
}

impl Service {
    /// Starts `command` with its output in `log`.
    ///
    /// # Errors
    /// [`Error::Start`] or [`Error::File`].
    pub fn start(name: &str, command: &mut Command, log: &Path) -> Result<Self, Error> {
        let child = spawn_logged(command, log)?;
        let service = Self {
            name: name.into(),
            child,
            log: log.into(),
            record: log.with_extension("pid"),
            stays: false,
        };
        let pid = service.child.id();
        if let Some(since) = process_start(pid) {
            fs::write(&service.record, format!("{pid} {since}")).map_err(Error::file(&service.record))?;
        }
        Ok(service)
    }

    /// # Errors
    /// [`Error::Failed`] with the last lines of the log if the program has ended.
    pub fn check(&mut self) -> Result<(), Error> {
        match self.status()? {
            None => Ok(()),
            Some(status) => Err(Error::Failed {
                name: self.name.clone(),
                status,
                log: self.log.clone(),
                tail: tail(&self.log),
            }),
        }
    }

    /// How the program ended, if it has.
    fn status(&mut self) -> Result<Option<ExitStatus>, Error> {
        self.child.try_wait().map_err(|source| Error::Start { program: self.name.clone(), source })
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if !self.stays {
            stop_group(&mut self.child);
        }
        // A record that stays names a process that is gone, which `sweep` recognises.
        let _ = fs::remove_file(&self.record);
    }
}

/// Stops every program that an earlier, killed command recorded in `dir`.
///
/// # Errors
/// [`Error::File`] if a record cannot be read or removed. A missing `dir` holds no record.
pub fn sweep(dir: &Path) -> Result<(), Error> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(Error::File { path: dir.into(), source }),
    };
    for entry in entries {
        let path = entry.map_err(Error::file(dir))?.path();
        if path.extension().is_none_or(|extension| extension != "pid") {
            continue;
        }
        let record = fs::read_to_string(&path).map_err(Error::file(&path))?;
        if let Some((pid, since)) = record.split_once(' ')
            && let Ok(pid) = pid.parse::<u32>()
            // The same number may by now belong to a stranger: the start time tells them apart.
            && process_start(pid).is_some_and(|actual| actual == since)
            && let Some(group) = i32::try_from(pid).ok().and_then(Pid::from_raw)
        {
            // A group that ends in between is what is wanted.
            let _ = rustix::process::kill_process_group(group, Signal::TERM);
            let gone = || Ok::<_, Error>(process_start(pid).is_none());
            if let Err(Error::Deadline { .. }) = wait_until("its end", GRACE, gone) {
                let _ = rustix::process::kill_process_group(group, Signal::KILL);
            }
        }
        fs::remove_file(&path).map_err(Error::file(&path))?;
    }
    Ok(())
}

/// Answers a plain `GET` of `path` from 127.0.0.1 with status and body; `None` while nothing answers.
pub fn http_get(port: u16, path: &str) -> Option<(u16, String)> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, body.to_owned()))
}

/// The last lines of a log, for an error message.
pub fn tail(log: &Path) -> String {
    let text = fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<&str> =
        text.split(['\n', '\r']).map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let mut shown = String::new();
    for line in &lines[lines.len().saturating_sub(TAIL_LINES)..] {
        shown.push_str("  ");
        shown.push_str(line);
        shown.push('\n');
    }
    shown.trim_end().to_owned()
}

fn spawn_logged(command: &mut Command, log: &Path) -> Result<Child, Error> {
    if let Some(dir) = log.parent() {
        fs::create_dir_all(dir).map_err(Error::file(dir))?;
    }
    let out = File::create(log).map_err(Error::file(log))?;
    let err = out.try_clone().map_err(Error::file(log))?;
    command
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .process_group(0)
        .spawn()
        .map_err(|source| Error::Start { program: program(command), source })
}

/// Ends a child and its whole group: politely, then by force. What is already gone is as wanted.
fn stop_group(child: &mut Child) {
    let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else { return };
    if matches!(child.try_wait(), Ok(None)) {
        let _ = rustix::process::kill_process_group(group, Signal::TERM);
        let started = Instant::now();
        while matches!(child.try_wait(), Ok(None)) && started.elapsed() < GRACE {
            pause();
        }
    }
    let _ = rustix::process::kill_process_group(group, Signal::KILL);
    let _ = child.wait();
}

/// When a process began, in the system's own notation; `None` if there is no such process.
fn process_start(pid: u32) -> Option<String> {
    if !Path::new("/proc/self/stat").exists() {
        let mut ps = Command::new("ps");
        return output(ps.args(["-o", "lstart=", "-p", &pid.to_string()])).ok().filter(|out| !out.is_empty());
    }
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may hold spaces; `starttime` is field 22, the 20th after it (proc_pid_stat(5)).
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    let state = fields.next()?;
    (state != "Z").then(|| fields.nth(18).map(str::to_owned)).flatten()
}

/// The command line of a process; `None` if there is no such process, or it has ended and waits for its parent.
pub fn arguments(pid: u32) -> Option<String> {
    if !Path::new("/proc/self/cmdline").exists() {
        let mut ps = Command::new("ps");
        return output(ps.args(["-ww", "-o", "args=", "-p", &pid.to_string()]))
            .ok()
            .filter(|out| !out.is_empty());
    }
    // Empty for a process that has ended.
    let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).ok()?;
    (!line.is_empty()).then(|| line.replace('\0', " "))
}

fn program(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("xtask-process-{name}-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        dir
    }

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_failed_program_is_reported_with_its_last_lines() {
        let log = scratch("failed").join("it.log");
        let mut seen = String::new();
        let error = run("it", &mut shell("echo first; echo why >&2; exit 3"), &log, &mut |piece| {
            seen.push_str(piece);
        })
        .unwrap_err();
        assert_eq!(seen, "first\nwhy\n");
        assert!(error.to_string().ends_with("  first\n  why"), "{error}");
    }

    #[test]
    fn stopping_a_service_stops_what_it_started() {
        let dir = scratch("tree");
        let log = dir.join("tree.log");
        let service = Service::start("tree", &mut shell("sleep 600 & echo $!; wait"), &log).unwrap();
        let mut grandchild = None;
        wait_until::<Error>("the grandchild's start", GRACE, || {
            grandchild = fs::read_to_string(&log).unwrap().strip_suffix('\n').map(str::to_owned);
            Ok(grandchild.is_some())
        })
        .unwrap();
        let pid = grandchild.unwrap().parse().unwrap();
        assert!(process_start(pid).is_some());
        drop(service);
        wait_until::<Error>("the grandchild's end", GRACE, || Ok(process_start(pid).is_none())).unwrap();
        assert!(!dir.join("tree.pid").exists());
    }

    #[test]
    fn a_sweep_stops_what_a_killed_command_left() {
        let dir = scratch("sweep");
        let mut service = Service::start("left", &mut shell("exec sleep 600"), &dir.join("it.log")).unwrap();
        // The child stays this test's to reap, so the sweep runs beside it.
        let sweeper = {
            let dir = dir.clone();
            std::thread::spawn(move || sweep(&dir))
        };
        wait_until::<Error>("the program's end", GRACE, || Ok(service.check().is_err())).unwrap();
        sweeper.join().unwrap().unwrap();
        assert!(!dir.join("it.pid").exists());
    }

    #[test]
    fn a_sweep_spares_a_stranger_with_the_same_number() {
        let dir = scratch("stranger");
        let mut service = Service::start("mine", &mut shell("exec sleep 600"), &dir.join("it.log")).unwrap();
        fs::write(dir.join("it.pid"), format!("{} 1", service.child.id())).unwrap();
        sweep(&dir).unwrap();
        assert!(service.check().is_ok());
    }
}
