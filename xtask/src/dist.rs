//! The release bundle: every file beside its brotli and gzip form, and what each weighs.
//!
//! The same input gives the same bytes: no time stamps, no file names inside, fixed levels.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::app;
use crate::archive;
use crate::project;

/// What all that the first page loads may weigh, compressed with brotli.
pub const LIMIT: u64 = 320 * 1024;

/// How the names start of what the first page loads. Every other page is a chunk that loads when it is opened.
const FIRST: [&str; 4] = ["app-", "boot-", "index.html", "style-"];

/// brotli's strongest level and its largest standard window (RFC 7932).
const BROTLI_LEVEL: i32 = 11;
const BROTLI_WINDOW: i32 = 24;

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    App(#[from] app::Error),
    #[error(transparent)]
    Archive(#[from] archive::Error),
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
}

impl Error {
    fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}

/// One file of the bundle with its sizes in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sizes {
    pub name: String,
    pub raw: u64,
    pub gzip: u64,
    pub brotli: u64,
}

/// Builds the app and compresses it in place.
///
/// # Errors
/// [`Error`].
pub fn run() -> Result<(), Error> {
    app::build()?;
    let dist = project::dist();
    let mut sizes = Vec::new();
    for file in files(&dist)? {
        let (gzip, brotli) = compressed(&file)?;
        write(&with_suffix(&file, "gz"), &gzip)?;
        write(&with_suffix(&file, "br"), &brotli)?;
        sizes.push(sizes_of(&dist, &file, &gzip, &brotli)?);
    }
    print!("{}", table(&sizes));
    println!("packed: {}", archive::pack(&dist)?.display());
    Ok(())
}

/// What every file of the built app weighs, without writing anything.
///
/// # Errors
/// [`Error::File`].
pub fn measure() -> Result<Vec<Sizes>, Error> {
    let dist = project::dist();
    files(&dist)?
        .iter()
        .map(|file| {
            let (gzip, brotli) = compressed(file)?;
            sizes_of(&dist, file, &gzip, &brotli)
        })
        .collect()
}

fn is_first(file: &Sizes) -> bool {
    FIRST.iter().any(|start| file.name.starts_with(start))
}

/// The sum of the files that the first page loads, under the name "first page".
pub fn total(sizes: &[Sizes]) -> Sizes {
    let sum = |of: fn(&Sizes) -> u64| sizes.iter().filter(|file| is_first(file)).map(of).sum();
    Sizes { name: "first page".into(), raw: sum(|s| s.raw), gzip: sum(|s| s.gzip), brotli: sum(|s| s.brotli) }
}

/// The sizes as a table in KB (1024 bytes): the files that the first page loads, their total, which is measured against
/// [`LIMIT`], then those that load later or never.
pub fn table(sizes: &[Sizes]) -> String {
    let total = total(sizes);
    let width = sizes.iter().map(|file| file.name.len()).max().unwrap_or(0).max(total.name.len());
    let mut out = format!("{:width$}  {:>9}  {:>9}  {:>9}\n", "KB", "raw", "gzip", "brotli");
    let (first, later): (Vec<_>, Vec<_>) = sizes.iter().partition(|file| is_first(file));
    for file in first.into_iter().chain([&total]).chain(later) {
        let row = [file.raw, file.gzip, file.brotli].map(kilobytes);
        out += &format!("{:width$}  {:>9}  {:>9}  {:>9}\n", file.name, row[0], row[1], row[2]);
    }
    out += &format!("limit: {} KB of brotli\n", kilobytes(LIMIT));
    out
}

/// Bytes as KB with one decimal, rounded to nearest.
fn kilobytes(bytes: u64) -> String {
    let tenths = (bytes * 10 + 512) / 1024;
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// The files of the bundle in the order of their names, without compressed forms.
fn files(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(Error::file(dir))? {
        let path = entry.map_err(Error::file(dir))?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_none_or(|extension| extension != "br" && extension != "gz") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn compressed(file: &Path) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let bytes = fs::read(file).map_err(Error::file(file))?;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let gzip = gzip.write_all(&bytes).and_then(|()| gzip.finish()).map_err(Error::file(file))?;
    let mut small = Vec::new();
    let params = brotli::enc::BrotliEncoderParams {
        quality: BROTLI_LEVEL,
        lgwin: BROTLI_WINDOW,
        size_hint: bytes.len(),
        ..Default::default()
    };
    brotli::BrotliCompress(&mut bytes.as_slice(), &mut small, &params).map_err(Error::file(file))?;
    Ok((gzip, small))
}

fn sizes_of(dist: &Path, file: &Path, gzip: &[u8], brotli: &[u8]) -> Result<Sizes, Error> {
    let raw = fs::metadata(file).map_err(Error::file(file))?.len();
    let name = file.strip_prefix(dist).unwrap_or(file).display().to_string();
    Ok(Sizes { name, raw, gzip: gzip.len() as u64, brotli: brotli.len() as u64 })
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

fn write(file: &Path, bytes: &[u8]) -> Result<(), Error> {
    fs::write(file, bytes).map_err(Error::file(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_lines_up_and_adds_up() {
        let file = |name: &str, raw, gzip, brotli| Sizes { name: name.into(), raw, gzip, brotli };
        let table = table(&[
            file("app-1.wasm", 307_200, 102_400, 81_920),
            file("editor.js", 512_000, 153_600, 102_400),
            file("index.html", 1_000, 500, 400),
            file("rest-3.wasm", 2_048, 1_024, 1_024),
        ]);
        let expect = "\
KB                 raw       gzip     brotli
app-1.wasm       300.0      100.0       80.0
index.html         1.0        0.5        0.4
first page       301.0      100.5       80.4
editor.js        500.0      150.0      100.0
rest-3.wasm        2.0        1.0        1.0
";
        let limit = format!("limit: {} KB of brotli\n", kilobytes(LIMIT));
        assert_eq!(table, format!("{expect}{limit}"));
    }

    #[test]
    fn compression_is_deterministic_and_reversible() {
        let file = std::env::temp_dir().join(format!("xtask-dist-{}.txt", std::process::id()));
        let text = "the same words again and again, ".repeat(400);
        fs::write(&file, &text).unwrap();
        let (gzip, brotli) = compressed(&file).unwrap();
        assert_eq!(compressed(&file).unwrap(), (gzip.clone(), brotli.clone()));

        let mut back = String::new();
        io::Read::read_to_string(&mut flate2::read::GzDecoder::new(gzip.as_slice()), &mut back).unwrap();
        assert_eq!(back, text);
        let mut back = Vec::new();
        brotli::BrotliDecompress(&mut brotli.as_slice(), &mut back).unwrap();
        assert_eq!(back, text.as_bytes());
    }
}
