//! The release as one file: the compressed bundle, what one applies to a cluster, and the documentation, with a checksum
//! of each. The same input gives the same bytes: sorted names, no times, no owners, fixed levels.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::project;

/// What goes into it beside the bundle, by its place in the repository.
const BESIDE: [&str; 4] = ["LICENSE", "README.md", "deploy", "docs"];

/// Where the bundle is in it.
const SITE: &str = "site";

/// Why there is no archive.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub struct Error {
    path: PathBuf,
    source: io::Error,
}

impl Error {
    fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self { path, source }
    }
}

/// Packs the bundle in `dist` and says where the archive is; its checksum is in a file beside it, as `sha256sum -c`
/// reads it.
///
/// # Errors
/// [`Error`] if a file cannot be read or written.
pub fn pack(dist: &Path) -> Result<PathBuf, Error> {
    let name = format!("rootcause-admin-{}", env!("CARGO_PKG_VERSION"));
    let mut files = Vec::new();
    collect(dist, Path::new(SITE), &mut files)?;
    for place in BESIDE {
        collect(&project::root().join(place), Path::new(place), &mut files)?;
    }
    let archive = packed(&name, files).map_err(Error::at(dist))?;
    let folder = project::state().join("release");
    fs::create_dir_all(&folder).map_err(Error::at(&folder))?;
    let path = folder.join(format!("{name}.tar.gz"));
    let sums = folder.join(format!("{name}.tar.gz.sha256"));
    fs::write(&sums, line(&format!("{name}.tar.gz"), &archive)).map_err(Error::at(&sums))?;
    fs::write(&path, archive).map_err(Error::at(&path))?;
    Ok(path)
}

/// A file's name in the archive and its content.
type Entry = (PathBuf, Vec<u8>);

/// Adds the file, or all files below the folder, under `name`.
fn collect(path: &Path, name: &Path, into: &mut Vec<Entry>) -> Result<(), Error> {
    if !path.is_dir() {
        into.push((name.to_owned(), fs::read(path).map_err(Error::at(path))?));
        return Ok(());
    }
    for entry in fs::read_dir(path).map_err(Error::at(path))? {
        let entry = entry.map_err(Error::at(path))?;
        collect(&entry.path(), &name.join(entry.file_name()), into)?;
    }
    Ok(())
}

/// A line as `sha256sum` writes it.
fn line(name: &str, content: &[u8]) -> String {
    let digest: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{digest}  {name}\n")
}

/// The files below `root`, with `SHA256SUMS` of them, as a compressed archive.
fn packed(root: &str, mut files: Vec<Entry>) -> io::Result<Vec<u8>> {
    files.sort();
    let sums: String = files.iter().map(|(name, content)| line(&name.to_string_lossy(), content)).collect();
    files.push(("SHA256SUMS".into(), sums.into_bytes()));
    let compressed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let mut archive = tar::Builder::new(compressed);
    for (name, content) in &files {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        archive.append_data(&mut header, Path::new(root).join(name), content.as_slice())?;
    }
    archive.into_inner()?.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_reading_does_not_show() {
        let files = || vec![("site/b".into(), b"two".to_vec()), ("LICENSE".into(), b"one".to_vec())];
        let turned = files().into_iter().rev().collect();
        assert_eq!(packed("x-1", files()).unwrap(), packed("x-1", turned).unwrap());
    }

    #[test]
    fn every_file_is_there_with_its_sum() {
        let bytes = packed("x-1", vec![("site/a".into(), b"abc".to_vec())]).unwrap();
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bytes.as_slice()));
        let mut found = Vec::new();
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let mut content = String::new();
            io::Read::read_to_string(&mut entry, &mut content).unwrap();
            found.push((entry.path().unwrap().display().to_string(), content));
        }
        // FIPS 180-2, appendix B.1.
        let sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  site/a\n";
        let expect = [("x-1/site/a", "abc"), ("x-1/SHA256SUMS", sum)];
        assert_eq!(found, expect.map(|(name, content)| (name.to_owned(), content.to_owned())));
    }
}
