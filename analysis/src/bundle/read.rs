//! Taking a bundle apart. It may come from anywhere: nothing in it is believed that can be checked.

use rustc_hash::FxHashMap;

use super::{ANALYSIS_MEMBER, FILES_FOLDER, FINDINGS_MEMBER, FORMAT, MANIFEST_MEMBER, MIME, MIME_MEMBER, Manifest};
use crate::formats::archive;
use crate::limits::BUNDLE_STATE_BYTES;
use crate::share::{Identity, Note};

const MOST_NAME_CHARS: usize = 400;

/// A file that came out of a bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BundledFile {
    /// Its name in the session.
    pub name: String,
    /// Its bytes, as they lay on disk.
    pub bytes: Vec<u8>,
    /// Which bytes these are, where they were held against the list: nobody needs to find that out again.
    pub identity: Option<Identity>,
}

/// What came out of a bundle.
#[derive(Clone, Debug, Default)]
pub struct Opened {
    /// Files.
    pub files: Vec<BundledFile>,
    /// What was looked at, as the address of the page has it; empty when the bundle does not say.
    pub state: String,
    /// Notes.
    pub notes: Vec<Note>,
    /// The analysis, as a link has it, of a bundle that holds no files.
    pub analysis: Option<String>,
    /// What is not as it should be, a sentence each.
    pub words: Vec<String>,
}

/// Takes a bundle apart; `None` when it is none. What is damaged, missing or not what the list says is told in words and left
/// out, and the rest is given.
pub fn read(bytes: &[u8]) -> Option<Opened> {
    is_bundle(bytes).then(|| {
        let mut opened = Opened::default();
        let mut members: FxHashMap<String, Vec<u8>> = FxHashMap::default();
        let mut order = Vec::new();
        let mut said = Vec::new();
        let damage = archive::members(bytes, &mut |name, bytes| {
            if let Some(why) = hostile(name) {
                said.push(format!("{} {why}: it was left out.", shown(name)));
            } else if members.contains_key(name) {
                said.push(format!("{} is in the bundle twice: the first one counts.", shown(name)));
            } else {
                order.push(name.to_owned());
                members.insert(name.to_owned(), bytes);
            }
        });
        opened.words.extend(damage);
        opened.words.extend(said);
        match manifest(members.get(MANIFEST_MEMBER)) {
            Ok(manifest) => listed(manifest, &mut members, &order, &mut opened),
            Err(words) => {
                opened.words.push(words);
                for name in order.iter().filter(|name| name.starts_with(FILES_FOLDER)) {
                    let file = |bytes| BundledFile { name: plain_name(name), bytes, identity: None };
                    opened.files.extend(members.remove(name).map(file));
                }
            }
        }
        opened
    })
}

/// Whether a file begins as a bundle does.
fn is_bundle(bytes: &[u8]) -> bool {
    let named = bytes.get(30..30 + MIME_MEMBER.len()) == Some(MIME_MEMBER.as_bytes());
    let rest = bytes.get(30 + MIME_MEMBER.len()..).unwrap_or(&[]);
    bytes.starts_with(b"PK\x03\x04") && named && rest.starts_with(MIME.as_bytes())
}

fn manifest(bytes: Option<&Vec<u8>>) -> Result<Manifest, String> {
    /// What is read first, whatever the rest has become.
    #[derive(serde::Deserialize)]
    struct Version {
        format: u32,
        #[serde(default)]
        made_by: String,
    }
    let rest = "its files were opened under the names that they have in it, without view and notes.";
    let bytes = bytes.ok_or(format!("The bundle's list ({MANIFEST_MEMBER}) is missing: {rest}"))?;
    let unreadable = |error: serde_json::Error| format!("The bundle's list cannot be read ({error}): {rest}");
    let version: Version = serde_json::from_slice(bytes).map_err(unreadable)?;
    if version.format > FORMAT {
        let made_by: String = version.made_by.chars().filter(|letter| !letter.is_control()).take(40).collect();
        return Err(format!(
            "The bundle was written by a newer program ({made_by}) in format {}; this one reads format {FORMAT}: {rest}",
            version.format
        ));
    }
    serde_json::from_slice(bytes).map_err(unreadable)
}

fn listed(manifest: Manifest, members: &mut FxHashMap<String, Vec<u8>>, order: &[String], opened: &mut Opened) {
    for file in &manifest.files {
        let name = plain(&file.name);
        if file.member.is_empty() {
            continue;
        }
        let Some(bytes) = members.remove(&file.member) else {
            opened.words.push(format!("{name} is named by the bundle's list and not in the bundle."));
            continue;
        };
        let found = Identity::of(&bytes);
        match file.identity() {
            Some(expected) if expected != found => opened.words.push(format!(
                "{name} is not the file that was bundled: its SHA-256 begins with {}, that of the list with {}. It was left out.",
                found.short_hex(),
                expected.short_hex()
            )),
            None => {
                opened.words.push(format!("The list does not say which bytes {name} has: it was opened unchecked."));
                opened.files.push(BundledFile { name, bytes, identity: Some(found) });
            }
            Some(_) => opened.files.push(BundledFile { name, bytes, identity: Some(found) }),
        }
    }
    let known = [MIME_MEMBER, MANIFEST_MEMBER, FINDINGS_MEMBER, ANALYSIS_MEMBER];
    for name in order.iter().filter(|name| !known.contains(&name.as_str()) && members.contains_key(*name)) {
        opened.words.push(format!("{} is in the bundle and not in its list: it was left out.", shown(name)));
    }
    if let Some(text) = members.remove(ANALYSIS_MEMBER) {
        opened.analysis = String::from_utf8(text).ok();
    }
    if manifest.state.len() > BUNDLE_STATE_BYTES {
        opened.words.push(format!(
            "The bundle says of what was looked at more than {} KB, which no page writes: its files were opened without.",
            BUNDLE_STATE_BYTES >> 10
        ));
    } else if manifest.state.starts_with('#') {
        opened.state = manifest.state;
    }
    let note = |note: Note| Note::new(note.on, &note.text);
    opened.notes = manifest.notes.into_iter().filter_map(note).take(Note::MOST).collect();
}

/// Why a member's name is none that was written; `None` when all is well.
fn hostile(name: &str) -> Option<&'static str> {
    let is_drive = name.as_bytes().get(1) == Some(&b':');
    if name.starts_with(['/', '\\']) || is_drive {
        return Some("has a name that begins at the root of a disk");
    }
    name.split(['/', '\\']).any(|part| part == "..").then_some("has a name that leads out of the bundle")
}

/// A member's name, without folder and number.
fn plain_name(member: &str) -> String {
    let name = member.strip_prefix(FILES_FOLDER).unwrap_or(member);
    let bare = name.split_once('-').filter(|(number, _)| number.bytes().all(|digit| digit.is_ascii_digit()));
    plain(bare.map_or(name, |(_, name)| name))
}

/// A name as a label: one line of bounded length.
fn plain(name: &str) -> String {
    let name: String = name.chars().map(|c| if c.is_control() { '_' } else { c }).take(MOST_NAME_CHARS).collect();
    if name.is_empty() { "nameless".to_owned() } else { name }
}

fn shown(name: &str) -> String {
    plain(name).chars().take(80).collect()
}
