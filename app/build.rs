//! A stamp of everything that the workers are made of. Their files have no hash in their names (Trunk gives workers none),
//! so the page asks for them with this behind a question mark: a cache never gives it older ones.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Result;
use std::path::{Path, PathBuf};

/// Sources of the workers, from the root of the checkout.
const SOURCES: [&str; 9] = [
    "Cargo.lock",
    "Cargo.toml",
    "index.html",
    "public/keep",
    "public/worker.js",
    "analysis",
    "heap-worker",
    "trace-worker",
    "worker-io",
];

fn main() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    for source in SOURCES {
        let path = root.join(source);
        println!("cargo::rerun-if-changed={}", path.display());
        gather(&path, &mut files)?;
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.strip_prefix(&root).unwrap_or(&file).hash(&mut hasher);
        fs::read(&file)?.hash(&mut hasher);
    }
    println!("cargo::rustc-env=WORKERS_STAMP={:016x}", hasher.finish());
    Ok(())
}

/// Every file below a path.
fn gather(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        gather(&entry?.path(), files)?;
    }
    Ok(())
}
