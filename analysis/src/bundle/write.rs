//! Writing a bundle, member by member, from pieces.

use std::io::Write;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use super::zip::{Entry, end};
use super::{ANALYSIS_MEMBER, FILES_FOLDER, FINDINGS_MEMBER, FORMAT, MANIFEST_MEMBER, MIME, MIME_MEMBER};
use super::{Frozen, Manifest, ManifestFile};
use crate::share::{Hasher, Identity, Note};

/// Members of a zip without 64-bit fields.
const MOST_MEMBERS: usize = 60_000;

/// Packs one member, piece by piece. What is compressed already is stored.
pub struct Packer {
    is_deflated: bool,
    crc: Crc,
    size: u64,
    packed: u64,
    hasher: Option<Hasher>,
    /// Of an input that was looked at before.
    identity: Option<Identity>,
    deflater: DeflateEncoder<Vec<u8>>,
}

impl Packer {
    /// For an input, of which the first bytes are known.
    pub fn new(head: &[u8]) -> Self {
        let is_packed =
            [&[0x1f, 0x8b][..], b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"BZh"].iter().any(|sign| head.starts_with(sign));
        Self { hasher: Some(Hasher::default()), ..Self::plain(!is_packed) }
    }

    /// For an input of which it is known which bytes it is.
    pub fn known(head: &[u8], identity: Identity) -> Self {
        Self { hasher: None, identity: Some(identity), ..Self::new(head) }
    }

    fn plain(is_deflated: bool) -> Self {
        let deflater = DeflateEncoder::new(Vec::new(), Compression::default());
        Self { is_deflated, crc: Crc::new(), size: 0, packed: 0, hasher: None, identity: None, deflater }
    }

    /// Whether bytes go into the bundle as they are.
    pub fn is_stored(&self) -> bool {
        !self.is_deflated
    }

    /// The next piece of the member. Gives what is to be appended to it; nothing where it is stored, and goes in as it is.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.crc.update(bytes);
        self.size += bytes.len() as u64;
        if let Some(hasher) = &mut self.hasher {
            hasher.push(bytes);
        }
        if !self.is_deflated {
            self.packed += bytes.len() as u64;
            return Vec::new();
        }
        // Writing to memory does not fail.
        let _ = self.deflater.write_all(bytes);
        let out = std::mem::take(self.deflater.get_mut());
        self.packed += out.len() as u64;
        out
    }

    /// The end of the member: what is still to be appended to it, and what is known of it.
    fn finish(self) -> (Vec<u8>, Entry, Option<(Identity, u64)>) {
        let tail = if self.is_deflated { self.deflater.finish().unwrap_or_default() } else { Vec::new() };
        let (packed, size) = (self.packed + tail.len() as u64, self.size);
        let entry = Entry {
            is_deflated: self.is_deflated,
            crc: self.crc.sum(),
            packed: u32::try_from(packed).unwrap_or(u32::MAX),
            size: u32::try_from(size).unwrap_or(u32::MAX),
            ..Entry::default()
        };
        let identity = self.identity.or_else(|| self.hasher.map(Hasher::finish));
        (tail, entry, identity.map(|identity| (identity, size)))
    }
}

/// A bundle that is being written. What its methods give is to be appended in that order.
#[derive(Default)]
pub struct Writer {
    entries: Vec<Entry>,
    at: u64,
    manifest: Manifest,
}

impl Writer {
    /// The beginning.
    pub fn begin() -> (Self, Vec<u8>) {
        let made_by = concat!("Poolscope ", env!("CARGO_PKG_VERSION")).to_owned();
        let manifest = Manifest { format: FORMAT, made_by, ..Manifest::default() };
        let mut this = Self { manifest, ..Self::default() };
        let mut out = Vec::new();
        // As EPUB and OpenDocument have it: what a file is stands at one place in it, readable.
        this.member(MIME_MEMBER, MIME.as_bytes(), false, &mut out);
        (this, out)
    }

    /// An input of that name that was packed: what stands before its bytes, and what is appended to what [`Packer::push`] gave.
    ///
    /// # Errors
    /// In words, when the bundle would become too large.
    pub fn input(&mut self, name: &str, packer: Packer) -> Result<(Vec<u8>, Vec<u8>), String> {
        let (tail, mut entry, known) = packer.finish();
        let number = self.manifest.files.len() + 1;
        let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let member = format!("{FILES_FOLDER}{number:04}-{}", crate::export::file_name(base, ""));
        entry.name.clone_from(&member);
        let head = self.entry(entry)?;
        let (identity, size_bytes) = known.map_or((None, 0), |(identity, size)| (Some(identity), size));
        self.manifest.files.push(ManifestFile {
            name: name.to_owned(),
            member,
            kind: String::new(),
            size_bytes,
            sha256: identity.map_or(String::new(), |identity| identity.hex()),
            length_bytes: identity.map_or(0, |identity| identity.length_bytes),
        });
        Ok((head, tail))
    }

    /// What each file is, by its name, in words.
    pub fn kinds(&mut self, of: impl Fn(&str) -> String) {
        let inputs = self.manifest.files.iter_mut().filter(|file| !file.member.is_empty());
        inputs.for_each(|file| file.kind = of(&file.name));
    }

    /// What was looked at, and notes.
    pub fn look(&mut self, state: &str, notes: Vec<Note>) {
        state.clone_into(&mut self.manifest.state);
        self.manifest.notes = notes;
    }

    /// An analysis, and the files that it is of.
    pub fn frozen(&mut self, frozen: &Frozen) -> Vec<u8> {
        self.manifest.is_redacted = frozen.is_redacted;
        for (name, size_bytes, kind, identity) in &frozen.files {
            let known = self.manifest.files.iter().any(|file| file.name == *name);
            if !known {
                self.manifest.files.push(ManifestFile {
                    name: name.clone(),
                    kind: kind.clone(),
                    size_bytes: *size_bytes,
                    sha256: identity.map_or(String::new(), |identity| identity.hex()),
                    length_bytes: identity.map_or(0, |identity| identity.length_bytes),
                    ..ManifestFile::default()
                });
            }
        }
        let mut out = Vec::new();
        self.member(ANALYSIS_MEMBER, frozen.text.as_bytes(), true, &mut out);
        out
    }

    /// Findings, and the end.
    ///
    /// # Errors
    /// In words, when the bundle has become too large.
    pub fn finish(mut self, findings: &str) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        self.member(FINDINGS_MEMBER, findings.as_bytes(), true, &mut out);
        let manifest = serde_json::to_vec_pretty(&self.manifest).map_err(|error| error.to_string())?;
        self.member(MANIFEST_MEMBER, &manifest, true, &mut out);
        let at = u32::try_from(self.at).map_err(|_| too_large())?;
        out.extend(end(&self.entries, at));
        Ok(out)
    }

    /// A small member, whole.
    fn member(&mut self, name: &str, bytes: &[u8], is_deflated: bool, out: &mut Vec<u8>) {
        let mut packer = Packer::plain(is_deflated);
        let mut body = packer.push(bytes);
        let (tail, entry, _) = packer.finish();
        body.extend(tail);
        if !is_deflated {
            body.extend(bytes);
        }
        // What is too large is told at the end.
        out.extend(self.entry(Entry { name: name.to_owned(), ..entry }).unwrap_or_default());
        out.extend(body);
    }

    /// Takes note of a member at its place; gives its header.
    fn entry(&mut self, mut entry: Entry) -> Result<Vec<u8>, String> {
        entry.at = u32::try_from(self.at).map_err(|_| too_large())?;
        if entry.packed == u32::MAX || entry.size == u32::MAX || self.entries.len() >= MOST_MEMBERS {
            return Err(too_large());
        }
        let head = entry.local();
        self.at += head.len() as u64 + u64::from(entry.packed);
        self.entries.push(entry);
        Ok(head)
    }
}

fn too_large() -> String {
    "These files are too large for one bundle, which holds 4 GB. Share the analysis only, or fewer files.".to_owned()
}
