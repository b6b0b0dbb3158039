//! `cargo xtask release`: what is published, built out of a clone of what is committed, the same bytes wherever that is done.

mod archive;
mod build;
mod licences;
mod linked;
mod sbom;
mod verify;

pub(crate) use verify::verify;

use crate::run::{root, say};
use crate::site;

/// Builds HEAD, and writes the release into `target/poolscope-VERSION`.
pub(crate) fn release() -> Result<(), String> {
    let built = build::Clone::of_head("release")?.build()?;
    let mut files = built.files;
    files.insert("SHA256SUMS".to_owned(), verify::sums(&files).into_bytes());
    let folder = root().join("target").join(format!("poolscope-{}", built.version));
    site::write(&folder, &files)?;
    say(&format!("The release is in {}", folder.display()));
    Ok(())
}
