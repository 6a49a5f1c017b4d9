//! The pinned tools, built once per version into the user's cache directory and shared by every checkout.
//!
//! A tool appears under its final name only when it is complete and answers with its version. An interrupted
//! build resumes: the compilers' own caches stay until the tool is in place.

use std::env;
use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::prerequisites;
use crate::process;
use crate::progress::{self, Step};
use crate::project;

/// A program on crates.io.
struct CargoTool {
    package: &'static str,
    program: &'static str,
    version: &'static str,
    features: &'static str,
    /// What it says when it is asked for its help or version, so that a broken one is noticed.
    says: &'static str,
}

/// Equal to the `wasm-bindgen` of Cargo.lock: the two speak a private format.
const WASM_BINDGEN: CargoTool = CargoTool {
    package: "wasm-bindgen-cli",
    program: "wasm-bindgen",
    version: "0.2.128",
    features: "",
    says: "0.2.128",
};
/// Speaks the format of the `wasm_split_helpers` of Cargo.lock. It does not tell its version.
const WASM_SPLIT: CargoTool = CargoTool {
    package: "wasm_split_cli_support",
    program: "wasm-split-cli",
    version: "0.2.4",
    features: "build-binary",
    says: "--out-name",
};
const CARGO_DENY: CargoTool = CargoTool {
    package: "cargo-deny",
    program: "cargo-deny",
    version: "0.20.2",
    features: "",
    says: "0.20.2",
};
/// On npm, where its wasm-opt is itself WebAssembly and runs on Node.
const BINARYEN: &str = "132.0.0";
/// Stamped into the binaries, which otherwise call themselves v0.0.0 and are refused by kwokctl.
const KUBERNETES: &str = "v1.37.2";

/// The programs of `tests/cluster/go.mod`, by the names under which they are used.
const CONTROL_PLANE: [&str; 9] = [
    "etcd",
    "helm",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubectl",
    "kwok",
    "kwokctl",
    "registry",
];

/// Longer than any build of another checkout that this one waits for.
const LONGEST_BUILD: Duration = Duration::from_secs(2 * 60 * 60);

/// Why a tool could not be provided.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no place for the tools: set HOME or XDG_CACHE_HOME")]
    NoCacheDir,
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{tool} was built but does not answer with its version; see {}", log.display())]
    Unusable { tool: String, log: PathBuf },
    #[error(
        "there is no `kubectl`: install it (https://kubernetes.io/docs/tasks/tools), or run `cargo xtask demo` without --kubeconfig once, which builds one"
    )]
    NoKubectl,
    #[error(transparent)]
    Prerequisite(#[from] prerequisites::Error),
    #[error(transparent)]
    Process(#[from] process::Error),
}

impl Error {
    fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}

/// The programs that make the app out of what cargo compiles.
#[derive(Debug)]
pub struct AppTools {
    pub wasm_split: PathBuf,
    pub wasm_bindgen: PathBuf,
    pub wasm_opt: PathBuf,
}

/// What the app's build needs; installs what is missing.
///
/// # Errors
/// [`Error`]; a failed build names its log.
pub fn for_app() -> Result<AppTools, Error> {
    prerequisites::wasm_target()?;
    prerequisites::node()?;
    Ok(AppTools {
        wasm_split: cargo_tool(&WASM_SPLIT)?,
        wasm_bindgen: cargo_tool(&WASM_BINDGEN)?,
        wasm_opt: wasm_opt()?,
    })
}

/// The directory of the real control plane, helm and an OCI registry; builds them if missing.
///
/// # Errors
/// [`Error`]; a failed build names its log.
pub fn control_plane() -> Result<PathBuf, Error> {
    let name = format!("control-plane-{KUBERNETES}-{:016x}", control_plane_pins()?);
    let root = install(&name, "the control plane", 10, &has_control_plane, &mut |root, log| {
        prerequisites::go()?;
        let mut go = Command::new("go");
        go.current_dir(project::cluster_dir())
            .env("CGO_ENABLED", "0")
            .env("GOBIN", root.join("bin"))
            .args(["install", "-v", "-ldflags"])
            .arg(go_linker_flags())
            .arg("tool");
        let label = format!("Building Kubernetes {KUBERNETES}, etcd, kwok and helm from source");
        progress::run(&label, &mut go, log, &mut go_notes())?;
        let built = root.join("bin/server");
        fs::rename(&built, root.join("bin/etcd")).map_err(Error::file(&built))
    })?;
    Ok(root.join("bin"))
}

/// The directory of what people sign in by in the browser tests: oauth2-proxy and an OpenID Connect provider.
///
/// # Errors
/// [`Error`]; a failed build names its log.
pub fn sign_in() -> Result<PathBuf, Error> {
    let dir = project::cluster_dir().join("sign-in");
    let name = format!(
        "sign-in-{:016x}",
        pins("", &["go.mod", "go.sum", "provider/main.go"].map(|it| dir.join(it)))?
    );
    let programs = ["oauth2-proxy", "provider"];
    let works = |root: &Path| programs.iter().all(|program| root.join("bin").join(program).is_file());
    let root = install(&name, "what people sign in by", 2, &works, &mut |root, log| {
        prerequisites::go()?;
        let mut go = Command::new("go");
        go.current_dir(&dir).env("CGO_ENABLED", "0").env("GOBIN", root.join("bin")).args([
            "install",
            "-v",
            "-ldflags",
            "-s -w",
            "tool",
            "./provider",
        ]);
        let label = "Building oauth2-proxy and an OpenID Connect provider from source";
        progress::run(label, &mut go, log, &mut go_notes()).map_err(Error::from)
    })?;
    Ok(root.join("bin"))
}

/// The user's `kubectl`, or the one of a control plane that was built before.
///
/// # Errors
/// [`Error::NoKubectl`].
pub fn kubectl() -> Result<PathBuf, Error> {
    if process::output(Command::new("kubectl").args(["version", "--client"])).is_ok() {
        return Ok("kubectl".into());
    }
    let name = format!("control-plane-{KUBERNETES}-{:016x}", control_plane_pins()?);
    let built = cache_dir()?.join("tools").join(name).join("bin/kubectl");
    if built.is_file() { Ok(built) } else { Err(Error::NoKubectl) }
}

/// A program that `cargo install` builds.
fn cargo_tool(tool: &CargoTool) -> Result<PathBuf, Error> {
    let CargoTool { package, program, version, features, says } = *tool;
    let works = |root: &Path| answers(&root.join("bin").join(program), says);
    let root = install(&format!("{package}-{version}"), package, 2, &works, &mut |root, log| {
        let target = cache_dir()?.join("build").join(format!("{package}-{version}"));
        let mut cargo = Command::new("cargo");
        cargo
            .args(["install", package, "--version", version, "--features", features, "--locked", "--root"])
            .arg(root)
            .arg("--target-dir")
            .arg(&target)
            // Its progress bar is the only place where cargo tells how many crates there are.
            .env("CARGO_TERM_PROGRESS_WHEN", "always")
            .env("CARGO_TERM_PROGRESS_WIDTH", "100")
            .env_remove("RUSTFLAGS");
        let label = format!("Building {package} {version}");
        progress::run(&label, &mut cargo, log, &mut cargo_note)?;
        // Kept until here, so that an interrupted build resumes.
        fs::remove_dir_all(&target).map_err(Error::file(&target))
    })?;
    Ok(root.join("bin").join(program))
}

/// cargo-deny, which judges the dependencies by deny.toml.
///
/// # Errors
/// [`Error`]; a failed build names its log.
pub fn cargo_deny() -> Result<PathBuf, Error> {
    cargo_tool(&CARGO_DENY)
}

fn wasm_opt() -> Result<PathBuf, Error> {
    let works = |root: &Path| {
        let major = BINARYEN.split('.').next().unwrap_or(BINARYEN);
        answers(&root.join("bin/wasm-opt"), &format!("version {major}"))
    };
    let root = install(&format!("binaryen-{BINARYEN}"), "wasm-opt", 1, &works, &mut |root, log| {
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--prefix"])
            .arg(root)
            .arg(format!("binaryen@{BINARYEN}"));
        progress::run(&format!("Installing wasm-opt {BINARYEN}"), &mut npm, log, &mut |_| None)?;
        // A directory of its own, because npm's holds every program of the package.
        let bin = root.join("bin");
        fs::create_dir(&bin).map_err(Error::file(&bin))?;
        let link = bin.join("wasm-opt");
        symlink("../node_modules/binaryen/bin/wasm-opt", &link).map_err(Error::file(&link))
    })?;
    Ok(root.join("bin/wasm-opt"))
}

/// Provides the directory `name` among the tools: as it is if it `works`, else filled by `build`, which gets an
/// empty directory and a log file. `gigabytes` is what a cold build takes.
fn install(
    name: &str,
    what: &str,
    gigabytes: u64,
    works: &dyn Fn(&Path) -> bool,
    build: &mut dyn FnMut(&Path, &Path) -> Result<(), Error>,
) -> Result<PathBuf, Error> {
    let cache = cache_dir()?;
    let root = cache.join("tools").join(name);
    if works(&root) {
        return Ok(root);
    }
    let _lock = lock(&cache.join("locks"), name)?;
    if works(&root) {
        return Ok(root);
    }
    prerequisites::disk(&format!("building {what}"), &cache, gigabytes)?;
    let partial = cache.join("tools").join(format!("{name}.partial"));
    let logs = cache.join("logs").join(name);
    let log = logs.join("build.log");
    process::sweep(&logs)?;
    project::remove_dir(&partial).map_err(Error::file(&partial))?;
    fs::create_dir_all(&partial).map_err(Error::file(&partial))?;
    build(&partial, &log)?;
    if !works(&partial) {
        return Err(Error::Unusable { tool: what.into(), log });
    }
    project::remove_dir(&root).map_err(Error::file(&root))?;
    fs::rename(&partial, &root).map_err(Error::file(&root))?;
    Ok(root)
}

/// Keeps two checkouts from building the same tool at once; released when dropped or when this process ends.
fn lock(dir: &Path, name: &str) -> Result<File, Error> {
    fs::create_dir_all(dir).map_err(Error::file(dir))?;
    let path = dir.join(name);
    let file = File::create(&path).map_err(Error::file(&path))?;
    let mut waiting = None;
    process::wait_until(&format!("the build of {name} by another command"), LONGEST_BUILD, || {
        match file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => {
                waiting
                    .get_or_insert_with(|| {
                        Step::start(format!("Waiting for another command's build of {name}"))
                    })
                    .tick();
                Ok(false)
            }
            Err(TryLockError::Error(source)) => Err(Error::File { path: path.clone(), source }),
        }
    })?;
    if let Some(step) = waiting {
        step.done();
    }
    Ok(file)
}

/// `$XDG_CACHE_HOME`, or the system's usual place for what can be made again.
fn cache_dir() -> Result<PathBuf, Error> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = match (set("XDG_CACHE_HOME"), set("HOME")) {
        (Some(dir), _) if dir.is_absolute() => dir,
        (_, Some(home)) if cfg!(target_os = "macos") => home.join("Library/Caches"),
        (_, Some(home)) => home.join(".cache"),
        _ => return Err(Error::NoCacheDir),
    };
    let dir = base.join("rootcause-admin");
    fs::create_dir_all(&dir).map_err(Error::file(&dir))?;
    Ok(dir)
}

fn answers(program: &Path, expected: &str) -> bool {
    let said = |option| process::output(Command::new(program).arg(option)).unwrap_or_default();
    program.is_file() && (said("--version").contains(expected) || said("--help").contains(expected))
}

fn has_control_plane(root: &Path) -> bool {
    CONTROL_PLANE.iter().all(|program| root.join("bin").join(program).is_file())
}

fn go_linker_flags() -> String {
    format!(
        "-s -w -X k8s.io/component-base/version.gitVersion={KUBERNETES} \
         -X k8s.io/client-go/pkg/version.gitVersion={KUBERNETES}"
    )
}

/// A number that changes with anything that goes into the control plane's build.
fn control_plane_pins() -> Result<u64, Error> {
    pins(&go_linker_flags(), &["go.mod", "go.sum"].map(|it| project::cluster_dir().join(it)))
}

/// A number that changes with `flags` and with any of these files.
fn pins(flags: &str, files: &[PathBuf]) -> Result<u64, Error> {
    let mut pins = flags.as_bytes().to_vec();
    for path in files {
        pins.extend(fs::read(path).map_err(Error::file(path))?);
    }
    // FNV-1a: the same in every build of this program, which the standard library's hasher does not promise.
    let fold = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    Ok(pins.iter().fold(0xcbf2_9ce4_8422_2325, fold))
}

/// "120 of 345 crates", out of cargo's progress bar.
pub fn cargo_note(output: &str) -> Option<String> {
    let (_, bar) = output.rsplit_once("Building [")?;
    let (_, counts) = bar.split_once("] ")?;
    let (built, rest) = counts.split_once('/')?;
    let total: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let built: u32 = built.trim().parse().ok()?;
    Some(format!("{built} of {} crates", total.parse::<u32>().ok()?))
}

/// "812 packages compiled", out of what `go install -v` prints: a line per downloaded module, then one per package
/// that is not in its cache. It tells no total.
fn go_notes() -> impl FnMut(&str) -> Option<String> {
    let (mut downloaded, mut compiled) = (0, 0);
    move |output| {
        for line in output.lines() {
            if line.starts_with("go: downloading ") {
                downloaded += 1;
            } else if !line.trim().is_empty() {
                compiled += 1;
            }
        }
        match (downloaded, compiled) {
            (0, 0) => None,
            (modules, 0) => Some(format!("{modules} modules downloaded")),
            (_, packages) => Some(format!("{packages} packages compiled")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wasm_bindgen_cli_matches_the_library() {
        let lock = fs::read_to_string(project::root().join("Cargo.lock")).unwrap();
        assert!(lock.contains(&format!("name = \"wasm-bindgen\"\nversion = \"{}\"", WASM_BINDGEN.version)));
    }

    #[test]
    fn the_stamped_version_is_that_of_the_pinned_modules() {
        let pins = fs::read_to_string(project::cluster_dir().join("go.mod")).unwrap();
        assert!(pins.contains(&format!("k8s.io/kubernetes {KUBERNETES}")));
    }

    #[test]
    fn builders_say_how_far_they_are() {
        let check =
            |output, expect: Option<&str>| assert_eq!(cargo_note(output).as_deref(), expect, "{output}");
        check(
            "   Compiling syn v2.0.0\n    Building [====>      ] 12/345: syn, serde\r",
            Some("12 of 345 crates"),
        );
        check("Building [=> ] 1/9: a\r Building [==> ] 2/9: b\r", Some("2 of 9 crates"));
        check("   Compiling syn v2.0.0\n", None);

        let mut go = go_notes();
        assert_eq!(go(""), None);
        assert_eq!(
            go("go: downloading a v1\ngo: downloading b v1\n").as_deref(),
            Some("2 modules downloaded")
        );
        assert_eq!(go("internal/abi\nk8s.io/api/core/v1\n").as_deref(), Some("2 packages compiled"));
    }
}
