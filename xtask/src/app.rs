//! The app's build, into `dist/`: cargo compiles the program, wasm-split takes it apart into files that load when they are
//! first needed, wasm-bindgen writes the JavaScript around the first of them, wasm-opt shrinks each, and esbuild puts
//! scripts and styles into one file each. Names carry a hash of the content, and whoever names a file knows its digest.
//!
//! trunk, the usual tool, has no place for the second step (trunk#1022).

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use sha2::{Digest, Sha384};

use crate::process;
use crate::progress;
use crate::project;
use crate::tools::{self, AppTools};

/// What the program is called: in the build's own folder, as cargo knows it.
const PROGRAM: &str = "app";

/// The script that others embed the app by.
const ELEMENT: &str = "rootcause-admin.js";

/// The script that loads the files which wasm-split makes, under the name that it gives it.
const SPLIT_SCRIPT: &str = "__wasm_split.js";

/// The WebAssembly features that rustc's wasm32-unknown-unknown target uses; every browser since 2022 has them.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Why the app could not be built.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{} should contain {what:?} exactly once", file.display())]
    Unexpected { file: PathBuf, what: String },
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

/// Builds the release bundle into `dist/`, replacing what was there; leaves it alone where it is up to date.
///
/// # Errors
/// [`Error`]; a failed step names its log and shows its last lines.
pub fn build() -> Result<(), Error> {
    let tools = tools::for_app()?;
    let root = project::root();
    step("Bundling the editor", Command::new("node").arg(root.join("editor/build.mjs")))?;
    let program = compile()?;

    let stamp = project::state().join("app/stamp");
    let now = stamp_of(&program)?;
    if project::dist().is_dir() && fs::read_to_string(&stamp).is_ok_and(|before| before == now) {
        return Ok(());
    }
    let built = Workshop::new(tools)?.build(&program)?;
    let dist = project::dist();
    project::remove_dir(&dist).map_err(Error::file(&dist))?;
    fs::rename(&built, &dist).map_err(Error::file(&dist))?;
    write(&stamp, now)
}

/// Compiles the program and says where it is.
fn compile() -> Result<PathBuf, Error> {
    let mut cargo = Command::new("cargo");
    cargo
        .current_dir(project::root())
        .args(["build", "--release", "--locked", "--target", "wasm32-unknown-unknown"])
        .args(["--package", "rootcause-admin-entry"])
        .env("CARGO_TERM_PROGRESS_WHEN", "always")
        .env("CARGO_TERM_PROGRESS_WIDTH", "100");
    let log = project::state().join("logs/app.log");
    progress::run("Building the app", &mut cargo, &log, &mut tools::cargo_note)?;
    // Beside this program's own folder, which the same cargo filled.
    let this = env::current_exe().map_err(Error::file(Path::new("the running program")))?;
    let target = this.ancestors().nth(2).unwrap_or(&this);
    Ok(target.join("wasm32-unknown-unknown/release").join(PROGRAM).with_extension("wasm"))
}

/// The digest of everything that the bundle is made of.
fn stamp_of(program: &Path) -> Result<String, Error> {
    let root = project::root();
    let mut inputs = vec![program.to_owned(), root.join("editor/dist/editor.js")];
    inputs.extend(
        ["index.html", "boot.js", "element.js", "xtask/src/app.rs", "xtask/src/tools.rs"]
            .map(|name| root.join(name)),
    );
    for dir in ["style", "public"] {
        inputs.extend(files(&root.join(dir))?);
    }
    let mut digest = Sha384::new();
    for input in inputs {
        digest.update(read(&input)?);
    }
    Ok(encoded(&digest.finalize()))
}

/// Where one build is put together.
struct Workshop {
    tools: AppTools,
    dir: PathBuf,
}

impl Workshop {
    fn new(tools: AppTools) -> Result<Self, Error> {
        let dir = project::state().join("app");
        project::remove_dir(&dir).map_err(Error::file(&dir))?;
        for name in ["split", "bound", "site"] {
            let dir = dir.join(name);
            fs::create_dir_all(&dir).map_err(Error::file(&dir))?;
        }
        Ok(Self { tools, dir })
    }

    /// Makes the whole site and says where it is.
    fn build(&self, program: &Path) -> Result<PathBuf, Error> {
        let (split, bound, site) = (self.dir.join("split"), self.dir.join("bound"), self.dir.join("site"));
        step(
            "Splitting the app",
            Command::new(&self.tools.wasm_split).arg(program).arg(&split).args(["--out-name", PROGRAM]),
        )?;
        let main = split.join(PROGRAM).with_extension("wasm");
        step(
            "Binding the app to JavaScript",
            Command::new(&self.tools.wasm_bindgen)
                .arg(&main)
                // Chunks import the table of functions and the stack pointer, which are the linker's exports.
                .args([
                    "--target",
                    "web",
                    "--no-typescript",
                    "--omit-default-module-path",
                    "--keep-lld-exports",
                ])
                .args(["--remove-name-section", "--remove-producers-section"])
                .args(["--out-name", PROGRAM, "--out-dir"])
                .arg(&bound),
        )?;
        fs::remove_file(&main).map_err(Error::file(&main))?;

        let loader = read_text(&split.join(SPLIT_SCRIPT))?;
        let chunks = self.optimize_chunks(&split, &loader, &site)?;
        let main = site.join(PROGRAM).with_extension("wasm");
        self.optimize(&bound.join(format!("{PROGRAM}_bg.wasm")), &main)?;
        let main = named_by_content(&main)?;

        let exact = chunks.iter().try_fold(loader, |loader, (plain, chunk)| {
            let Named { file, integrity } = chunk;
            let plain = format!("new URL(\"./{plain}\", import.meta.url)");
            let exact = format!("new URL(\"./{file}\", import.meta.url), {{ integrity: \"{integrity}\" }}");
            replace_once(&split.join(SPLIT_SCRIPT), &loader, &plain, &exact)
        })?;
        write(&bound.join(SPLIT_SCRIPT), exact)?;

        let root = project::root();
        let script = self.bundle(&bound.join(format!("{PROGRAM}.js")), "app.js")?;
        let boot = self.bundle(&root.join("boot.js"), "boot.js")?;
        let style = self.bundle(&root.join("style/index.css"), "style.css")?;

        let page = root.join("index.html");
        let mut html = read_text(&page)?;
        let linked = |attribute: &str, file: &Named| {
            format!(
                "{attribute}=\"./{}\" integrity=\"{}\" crossorigin=\"anonymous\"",
                file.file, file.integrity
            )
        };
        html = replace_once(&page, &html, "href=\"style/index.css\"", &linked("href", &style))?;
        html = replace_once(&page, &html, "src=\"boot.js\"", &linked("src", &boot))?;
        html = replace_once(&page, &html, "href=\"app.js\"", &linked("href", &script))?;
        html = replace_once(&page, &html, "href=\"app.wasm\"", &linked("href", &main))?;
        write(&site.join("index.html"), html)?;

        self.element(&bound, &main, &style)?;
        copy_into(&root.join("public"), &site)?;
        let editor = root.join("editor/dist/editor.js");
        copy(&editor, &site.join("editor.js"))?;
        Ok(site)
    }

    /// Shrinks what wasm-split took out of the program into `site`; each with the name that `loader` has for it.
    fn optimize_chunks(
        &self,
        split: &Path,
        loader: &str,
        site: &Path,
    ) -> Result<Vec<(String, Named)>, Error> {
        let mut chunks = Vec::new();
        for chunk in files(split)?.into_iter().filter(|it| it.extension().is_some_and(|it| it == "wasm")) {
            let plain = part(chunk.file_name());
            let small = site.join(telling_name(loader, &part(chunk.file_stem()))).with_extension("wasm");
            self.optimize(&chunk, &small)?;
            chunks.push((plain, named_by_content(&small)?));
        }
        Ok(chunks)
    }

    fn optimize(&self, from: &Path, to: &Path) -> Result<(), Error> {
        let name = part(to.file_name());
        step(
            &format!("Optimizing {name}"),
            Command::new(&self.tools.wasm_opt)
                .arg("-Oz")
                .args(FEATURES)
                .args(["--strip-debug", "--strip-producers", "--output"])
                .arg(to)
                .arg(from),
        )
    }

    /// The script that others embed the app by, under a name that stays.
    fn element(&self, bound: &Path, program: &Named, style: &Named) -> Result<(), Error> {
        let source = project::root().join("element.js");
        let mut script = read_text(&source)?;
        script = replace_once(&source, &script, "from \"app.js\"", &format!("from \"./{PROGRAM}.js\""))?;
        for (name, file) in [("app.wasm", program), ("style.css", style)] {
            let plain = format!("{{ name: \"{name}\", integrity: \"\" }}");
            let exact = format!("{{ name: \"./{}\", integrity: \"{}\" }}", file.file, file.integrity);
            script = replace_once(&source, &script, &plain, &exact)?;
        }
        let exact = bound.join("element.js");
        write(&exact, script)?;
        self.pack(&exact, &self.dir.join("site").join(ELEMENT))
    }

    /// Puts a script or style sheet and all that it imports into one small file of the site, named by its content.
    fn bundle(&self, from: &Path, name: &str) -> Result<Named, Error> {
        let to = self.dir.join("site").join(name);
        self.pack(from, &to)?;
        named_by_content(&to)
    }

    fn pack(&self, from: &Path, to: &Path) -> Result<(), Error> {
        let esbuild = project::root().join("editor/node_modules/.bin/esbuild");
        step(
            &format!("Bundling {}", part(to.file_name())),
            Command::new(esbuild)
                .arg(from)
                .args(["--bundle", "--minify", "--format=esm", "--target=es2022", "--legal-comments=none"])
                // All of it is needed at the start: browsers compile it as it arrives, and not function by function.
                .args(["--log-level=warning", "--banner:js=//# allFunctionsCalledOnLoad"])
                .arg(format!("--outfile={}", to.display())),
        )
    }
}

/// What a chunk is called by what needs it: `releases` for `split_releases`, and `bootstrap_releases` for the `chunk_7`
/// that those two share, as the comment above it says in the script that loads them.
fn telling_name(loader: &str, stem: &str) -> String {
    if let Some(name) = stem.strip_prefix("split_") {
        return name.to_owned();
    }
    let shared =
        loader.split_once(&format!("*/\nconst __{stem} =")).and_then(|(before, _)| before.rsplit_once("/*"));
    shared.map_or_else(|| stem.to_owned(), |(_, names)| names.trim().replace(", ", "_"))
}

/// A file of the site: as it is called by its content, and its digest as browsers check it.
struct Named {
    file: String,
    integrity: String,
}

/// Renames `app.js` to `app-0123456789abcdef.js`.
fn named_by_content(path: &Path) -> Result<Named, Error> {
    let digest = Sha384::digest(read(path)?);
    let hash: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let file = format!("{}-{hash}.{}", part(path.file_stem()), part(path.extension()));
    fs::rename(path, path.with_file_name(&file)).map_err(Error::file(path))?;
    Ok(Named { file, integrity: encoded(&digest) })
}

/// A part of a path as text; the build's own names are ASCII.
fn part(of: Option<&OsStr>) -> String {
    of.unwrap_or_default().to_string_lossy().into_owned()
}

/// A SHA-384 digest as Subresource Integrity writes it.
fn encoded(digest: &[u8]) -> String {
    format!("sha384-{}", base64::engine::general_purpose::STANDARD.encode(digest))
}

/// Runs one program of the build, its output in a log of its own.
fn step(label: &str, command: &mut Command) -> Result<(), Error> {
    let log = project::state().join("logs/app-tools.log");
    command.current_dir(project::root());
    Ok(progress::run(label, command, &log, &mut |_| None)?)
}

/// `text` of `file` with the one place that says `what` saying `instead`.
fn replace_once(file: &Path, text: &str, what: &str, instead: &str) -> Result<String, Error> {
    match text.matches(what).count() {
        1 => Ok(text.replace(what, instead)),
        _ => Err(Error::Unexpected { file: file.to_owned(), what: what.to_owned() }),
    }
}

/// The files in a folder in the order of their names; folders within it are left out.
fn files(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(Error::file(dir))? {
        let path = entry.map_err(Error::file(dir))?.path();
        if path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn copy_into(from: &Path, to: &Path) -> Result<(), Error> {
    for file in files(from)? {
        copy(&file, &to.join(file.file_name().unwrap_or_default()))?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    fs::copy(from, to).map(drop).map_err(Error::file(from))
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(Error::file(path))
}

fn read_text(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(Error::file(path))
}

fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<(), Error> {
    fs::write(path, content).map_err(Error::file(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_replaced_where_it_is_the_only_one() {
        let file = Path::new("index.html");
        assert_eq!(replace_once(file, "a b", "b", "c").unwrap(), "a c");
        assert!(replace_once(file, "a b b", "b", "c").is_err());
        assert!(replace_once(file, "a", "b", "c").is_err());
    }

    #[test]
    fn chunks_are_named_by_what_needs_them() {
        let loader =
            "/* bootstrap, releases */\nconst __chunk_7 = x;\n/* releases, rest */\nconst __chunk_8 = x;\n";
        assert_eq!(telling_name(loader, "chunk_8"), "releases_rest");
        assert_eq!(telling_name(loader, "chunk_7"), "bootstrap_releases");
        assert_eq!(telling_name(loader, "split_releases"), "releases");
        assert_eq!(telling_name(loader, "chunk_9"), "chunk_9");
    }

    #[test]
    fn files_are_named_by_what_is_in_them() {
        let path = std::env::temp_dir().join(format!("xtask-app-{}.js", std::process::id()));
        fs::write(&path, "abc").unwrap();
        let named = named_by_content(&path).unwrap();
        fs::remove_file(path.with_file_name(&named.file)).unwrap();
        // FIPS 180-4's example of SHA-384.
        assert!(named.file.ends_with("-cb00753f45a35e8b.js"), "{}", named.file);
        assert_eq!(
            named.integrity,
            "sha384-ywB1P0WjXou1oD1pmsZQBycsMqsO3tFjGotgWkP/W+2AhgcroefMI1i67KE0yCWn"
        );
    }
}
