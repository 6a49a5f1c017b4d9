//! Tells the app the digest of the editor's bundle, which is built before it.

use std::fs;

const DIGEST: &str = "editor/dist/editor.digest";

fn main() {
    // Absent where only the code is checked, not built: then nothing is loaded either.
    let digest = fs::read_to_string(DIGEST).unwrap_or_default();
    println!("cargo::rerun-if-changed={DIGEST}");
    println!("cargo::rustc-env=EDITOR_DIGEST={digest}");
}
