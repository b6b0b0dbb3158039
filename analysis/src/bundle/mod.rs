//! A session in one file (`.poolscope`): a zip of the inputs, or only of what an analysis of them says, with a list that tells
//! what was looked at, which bytes each file had, findings and notes. [`Writer`] makes one from pieces, so that no input lies
//! in memory as a whole; [`read`] takes one apart and says of everything in it that is not as the list has it.
//!
//! ```text
//! mimetype             "application/vnd.poolscope+zip", first and stored: what the file is
//! files/0001-NAME …    the inputs as they lay on disk
//! analysis.txt         the analysis, as a link has it (share::encode)
//! findings.json        findings, as `poolscope check --json` has them
//! manifest.json        the list
//! ```
//!
//! The same session gives the same bytes: nothing in it tells a time or a machine.

mod frozen;
mod manifest;
mod read;
mod write;
mod zip;

pub use frozen::Frozen;
pub use manifest::{FORMAT, Manifest, ManifestFile};
pub use read::{BundledFile, Opened, read};
pub use write::{Packer, Writer};

/// What the first member says.
const MIME: &str = "application/vnd.poolscope+zip";
const MIME_MEMBER: &str = "mimetype";
const MANIFEST_MEMBER: &str = "manifest.json";
const ANALYSIS_MEMBER: &str = "analysis.txt";
const FINDINGS_MEMBER: &str = "findings.json";
const FILES_FOLDER: &str = "files/";
