//! Puts a built site into the command, for `poolscope serve`: every file of the folder that `POOLSCOPE_SITE` names. Without it
//! the command has none, and says how to get it.

use std::fmt::Write;
use std::io::Result;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// What is for hosts, and the service worker: a site that ends with the command must not stay in a browser.
const LEFT_OUT: [&str; 3] = ["_headers", ".nojekyll", "sw.js"];

fn main() -> Result<()> {
    println!("cargo::rerun-if-env-changed=POOLSCOPE_SITE");
    let mut table = String::from("&[\n");
    if let Some(site) = env::var_os("POOLSCOPE_SITE").filter(|site| !site.is_empty()) {
        let site = fs::canonicalize(site)?;
        println!("cargo::rerun-if-changed={}", site.display());
        let mut files = Vec::new();
        gather(&site, &mut files)?;
        files.sort();
        for file in files {
            let name = file.strip_prefix(&site).unwrap_or(&file).to_string_lossy().replace('\\', "/");
            if !LEFT_OUT.contains(&name.as_str()) {
                let _ = writeln!(table, "    ({name:?}, include_bytes!({:?})),", file.to_string_lossy());
            }
        }
    }
    table.push_str("]\n");
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("site.rs"), table)
}

/// Every file below a path.
fn gather(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(path)? {
        let path = entry?.path();
        if path.is_dir() { gather(&path, files)? } else { files.push(path) }
    }
    Ok(())
}
