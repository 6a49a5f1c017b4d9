//! The rules of ARCHITECTURE.md that a machine can hold: what each layer must not contain.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process;
use crate::project;

/// What must not appear in the code below a directory; tests within it may say anything.
struct Ban {
    dir: &'static str,
    words: &'static [&'static str],
    because: &'static str,
}

const BANS: [Ban; 4] = [
    Ban {
        dir: "src",
        words: &["platform.rootcause.dev"],
        because: "the installation's API group is found by discovery, never named",
    },
    Ban {
        dir: "crates/domain/src",
        words: &["platform.rootcause.dev"],
        because: "the installation's API group is found by discovery, never named",
    },
    Ban {
        dir: "src",
        words: &["inner_html", "set_inner_html", "insert_adjacent_html", "document.write"],
        because: "what a cluster says is text, never markup",
    },
    Ban {
        dir: "src/ui",
        words: &["crate::live", "crate::pages", "crate::shell", "kube_web", "k8s_openapi"],
        because: "controls know neither Kubernetes nor routes",
    },
];

/// Crates that would tie a layer to a browser or a runtime.
struct Purity {
    package: &'static str,
    without: &'static [&'static str],
    because: &'static str,
}

const PURITIES: [Purity; 2] = [
    Purity {
        package: "rootcause-domain",
        without: &["web-sys", "js-sys", "wasm-bindgen", "tokio", "leptos", "kube-web", "getrandom"],
        because: "the domain has no DOM, clock, chance or I/O",
    },
    Purity {
        package: "kube-web",
        without: &["leptos", "tokio", "hyper", "rootcause-domain"],
        because: "the Kubernetes client stands alone, fit to be published",
    },
];

/// Why the rules could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Process(#[from] process::Error),
}

impl Error {
    fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}

/// Every broken rule, one line each.
///
/// # Errors
/// [`Error`] if a file or cargo's dependency tree cannot be read.
pub fn broken() -> Result<Vec<String>, Error> {
    let mut broken = Vec::new();
    for ban in &BANS {
        for file in rust_files(&project::root().join(ban.dir))? {
            let text = fs::read_to_string(&file).map_err(Error::file(&file))?;
            let name = file.strip_prefix(project::root()).unwrap_or(&file).display();
            for (line, word) in uses(&text, ban.words) {
                broken.push(format!("{name}:{line} uses `{word}`: {}", ban.because));
            }
        }
    }
    for purity in &PURITIES {
        let mut tree = Command::new("cargo");
        tree.current_dir(project::root()).args([
            "tree",
            "--package",
            purity.package,
            "--target",
            "wasm32-unknown-unknown",
            "--edges",
            "normal",
            "--prefix",
            "none",
        ]);
        let tree = process::output(&mut tree)?;
        for found in dependencies(&tree, purity.without) {
            broken.push(format!("{} depends on {found}: {}", purity.package, purity.because));
        }
    }
    Ok(broken)
}

/// Line numbers and banned words of a source file, its test module left out.
fn uses<'a>(text: &'a str, words: &'a [&'a str]) -> impl Iterator<Item = (usize, &'a str)> {
    let code = text.split_once("#[cfg(test)]\nmod tests").map_or(text, |(code, _)| code);
    code.lines().enumerate().flat_map(move |(index, line)| {
        words.iter().filter(move |word| line.contains(**word)).map(move |word| (index + 1, *word))
    })
}

/// The unwanted crates in the output of `cargo tree --prefix none`.
fn dependencies<'a>(tree: &'a str, unwanted: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    unwanted.iter().copied().filter(|name| tree.lines().any(|line| line.split(' ').next() == Some(name)))
}

/// The Rust files below a directory, or none while it does not exist.
fn rust_files(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(Error::File { path: dir.into(), source }),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(Error::file(dir))?.path();
        if path.is_dir() {
            found.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn banned_words_are_found_in_code_and_not_in_tests() {
        let text = "use a;\nuse kube_web::Client;\n#[cfg(test)]\nmod tests {\n use kube_web::X;\n}\n";
        assert_eq!(uses(text, &["kube_web"]).collect::<Vec<_>>(), [(2, "kube_web")]);
        assert_eq!(uses(text, &["leptos"]).count(), 0);
    }

    #[test]
    fn whole_crate_names_are_matched() {
        let tree = "rootcause-domain v0.1.0 (/x)\njs-sys v0.3.1\nwasm-bindgen-shared v0.2.1\n";
        let found: Vec<_> = dependencies(tree, &["js-sys", "wasm-bindgen"]).collect();
        assert_eq!(found, ["js-sys"]);
    }
}
