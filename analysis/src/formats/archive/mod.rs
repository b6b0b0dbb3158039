//! Archives: zip, tar, and tar in gzip. Not a format of its own but a folder in one file: each member is opened as if it
//! had been opened by itself.

mod tar;
mod zip;

use super::inflate::{head, inflate, most_inflated};
use crate::limits::{ARCHIVE_BYTES, ARCHIVE_DEPTH, ARCHIVE_MEMBERS};

/// Faults that are told one by one.
const MOST_WORDS: usize = 20;

/// A file of an archive.
pub struct Member {
    /// Its path in the archive, cleaned: parts divided by `/`, none of them `..`.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// Gives every file of an archive, and of archives right in it, to `found`, as soon as it is unpacked. Tells what could not
/// be had, a sentence each. `None` when `bytes` are no archive. Folders, and what systems put beside files
/// (`__MACOSX`, `.DS_Store`), are left out silently.
pub fn unpack(bytes: &[u8], found: &mut dyn FnMut(Member)) -> Option<Vec<String>> {
    let mut unpacking = Unpacking { found, words: Vec::new(), members: 0, bytes: 0, left_out: 0 };
    if !unpacking.archive(bytes, "", 0) {
        return None;
    }
    let mut words = unpacking.words;
    if unpacking.left_out > 0 {
        words.push(format!("{} more members were left out.", unpacking.left_out));
    }
    if unpacking.members == 0 && words.is_empty() {
        words.push("There is no file in this archive.".to_owned());
    }
    Some(words)
}

/// Gives every member of a zip to `found`, under the name that it has there, as soon as it is unpacked; what is in them stays
/// packed. Tells what could not be had, a sentence each.
pub(crate) fn members(bytes: &[u8], found: &mut dyn FnMut(&str, Vec<u8>)) -> Vec<String> {
    let mut unpacking = Unpacking { found: &mut |_| {}, words: Vec::new(), members: 0, bytes: 0, left_out: 0 };
    zip::read(bytes, &mut unpacking, &mut |unpacking, name, bytes| {
        unpacking.members += 1;
        found(name, bytes);
    });
    unpacking.words
}

/// Whether these are the bytes of an archive, out of gzip.
pub(super) fn is_archive(bytes: &[u8]) -> bool {
    zip::looks_like(bytes) || tar::looks_like(bytes)
}

/// An archive while it is unpacked.
struct Unpacking<'a> {
    found: &'a mut dyn FnMut(Member),
    words: Vec<String>,
    members: usize,
    bytes: usize,
    left_out: usize,
}

impl Unpacking<'_> {
    /// Unpacks `bytes`, which stand at `path` in what is unpacked; `false` when they are no archive.
    fn archive(&mut self, bytes: &[u8], path: &str, depth: u8) -> bool {
        let mut member = |this: &mut Self, name: &str, bytes: Vec<u8>| {
            if let Some(name) = clean(name) {
                this.member(&if path.is_empty() { name } else { format!("{path}/{name}") }, bytes, depth);
            }
        };
        if zip::looks_like(bytes) {
            zip::read(bytes, self, &mut member);
            return true;
        }
        if tar::looks_like(bytes) {
            tar::read(bytes, self, &mut member);
            return true;
        }
        if !is_tar_in_gzip(bytes) {
            return false;
        }
        match inflate(bytes.into(), &mut |_| std::ops::ControlFlow::Continue(())) {
            Ok(inflated) => {
                if let Some(damage) = inflated.damage {
                    self.say(damage);
                }
                tar::read(&inflated.bytes, self, &mut member);
            }
            Err(error) => self.say(error.words),
        }
        true
    }

    /// A member was read; an archive in it is unpacked too, but none that is in such a one.
    fn member(&mut self, name: &str, bytes: Vec<u8>, depth: u8) {
        if depth < ARCHIVE_DEPTH && self.archive(&bytes, name, depth + 1) {
            return;
        }
        if is_archive(&bytes) || is_tar_in_gzip(&bytes) {
            return self
                .say(format!("{name} is an archive in an archive in an archive: unpack it and open its files."));
        }
        self.members += 1;
        (self.found)(Member { name: name.to_owned(), bytes });
    }

    /// Whether a further member of about that size may come; if not, that is told once.
    fn has_room(&mut self, bytes: usize) -> bool {
        let has_room = self.members < ARCHIVE_MEMBERS && self.bytes.saturating_add(bytes) <= ARCHIVE_BYTES;
        if !has_room {
            if self.left_out == 0 {
                self.say(format!(
                    "An archive is unpacked up to {ARCHIVE_MEMBERS} files and {} MB in all; what comes after was left out. Unpack it, \
                     and open the files of interest.",
                    ARCHIVE_BYTES >> 20
                ));
            }
            self.left_out += 1;
        }
        has_room
    }

    /// Takes note of what a member took.
    fn took(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// Something could not be had.
    fn say(&mut self, words: String) {
        if self.words.len() < MOST_WORDS {
            self.words.push(words);
        } else {
            self.left_out += 1;
        }
    }
}

fn is_tar_in_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b]) && tar::looks_like(&head(bytes, tar::BLOCK))
}

/// The most of a name that is kept.
const MOST_NAME_CHARS: usize = 400;

/// A member's name as a path that leads nowhere but down; `None` for what is no dump: folders, and files of the system.
fn clean(name: &str) -> Option<String> {
    if name.ends_with(['/', '\\']) {
        return None;
    }
    let parts: Vec<&str> = name.split(['/', '\\']).filter(|part| !matches!(*part, "" | "." | "..")).collect();
    let last = *parts.last()?;
    let is_of_system = parts.first() == Some(&"__MACOSX") || last.starts_with("._") || last == ".DS_Store";
    if is_of_system {
        return None;
    }
    let path = parts.join("/");
    Some(path.chars().map(|char| if char.is_control() { '_' } else { char }).take(MOST_NAME_CHARS).collect())
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn names_lead_down() {
        let cleaned = |name| clean(name).unwrap_or_default();
        assert_eq!(cleaned("../../etc/passwd"), "etc/passwd");
        assert_eq!(cleaned("/a//b/./c.pb.gz"), "a/b/c.pb.gz");
        assert_eq!(cleaned("C:\\dumps\\heap.pb"), "C:/dumps/heap.pb");
        assert_eq!(cleaned("a\nb\u{1b}[2J"), "a_b_[2J");
        for left_out in ["a/", "", "__MACOSX/a/._heap", "a/.DS_Store", "..", "a/._heap.pb"] {
            assert_eq!(clean(left_out), None, "{left_out}");
        }
    }
}
