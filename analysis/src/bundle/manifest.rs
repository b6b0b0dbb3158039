//! The list of a bundle.

use serde::{Deserialize, Serialize};

use crate::share::{Identity, Note};

/// Version of the list. A reader takes the files out of what is newer, and leaves the rest.
pub const FORMAT: u32 = 1;

/// What a bundle says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// What made it, such as `Poolscope 0.1.0`.
    pub made_by: String,
    /// The files of the session, in its order.
    #[serde(default)]
    pub files: Vec<ManifestFile>,
    /// What was looked at, as the address of the page has it.
    #[serde(default)]
    pub state: String,
    /// Notes.
    #[serde(default)]
    pub notes: Vec<Note>,
    /// Names were replaced.
    #[serde(default)]
    pub is_redacted: bool,
}

/// A file of the session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestFile {
    /// Its name in the session.
    pub name: String,
    /// Its member; empty where the bundle holds only what an analysis says of it.
    #[serde(default)]
    pub member: String,
    /// What it is, in words.
    #[serde(default)]
    pub kind: String,
    /// Size on disk.
    #[serde(default)]
    pub size_bytes: u64,
    /// SHA-256 of its bytes without compression, in hexadecimal digits; empty when it is not known.
    #[serde(default)]
    pub sha256: String,
    /// How many bytes these are.
    #[serde(default)]
    pub length_bytes: u64,
}

impl ManifestFile {
    /// Which bytes it is, if that is told.
    pub fn identity(&self) -> Option<Identity> {
        Identity::from_hex(&self.sha256, self.length_bytes)
    }
}
