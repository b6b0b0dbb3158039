//! zip (PKWARE's APPNOTE): by its list at the end, or where that is cut off, from member to member. Members are stored or
//! deflated; others are named.

use std::io::Read;

use flate2::Crc;
use flate2::read::DeflateDecoder;

use super::{Unpacking, most_inflated};

const LOCAL: &[u8] = b"PK\x03\x04";
const CENTRAL: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";
const END_64: &[u8] = b"PK\x06\x06";
const LOCATOR_64: &[u8] = b"PK\x06\x07";
/// Length of the end record without its comment, and of the longest comment.
const END_BYTES: usize = 22;
const COMMENT_BYTES: usize = 0xffff;
/// Sizes of 32 bits that say: see the field of 64 bits.
const SEE_64: u64 = 0xffff_ffff;

type Found<'f, 'a> = &'f mut dyn FnMut(&mut Unpacking<'a>, &str, Vec<u8>);

pub(super) fn looks_like(bytes: &[u8]) -> bool {
    bytes.starts_with(LOCAL) || bytes.starts_with(END)
}

/// One entry of the list, or a member's own header.
struct Entry {
    name: String,
    flags: u16,
    method: u16,
    crc: u32,
    packed: u64,
    size: u64,
    /// Where the member's header begins.
    at: u64,
}

pub(super) fn read<'a>(bytes: &[u8], unpacking: &mut Unpacking<'a>, found: Found<'_, 'a>) {
    let Some(entries) = listed(bytes) else {
        return walk(bytes, unpacking, found);
    };
    for entry in entries {
        if !unpacking.has_room(0) {
            continue;
        }
        match local(bytes, entry.at) {
            Some((_, data)) => {
                let end = data.saturating_add(usize::try_from(entry.packed).unwrap_or(usize::MAX));
                let packed = bytes.get(data..end.min(bytes.len())).unwrap_or(&[]);
                member(&entry, packed, true, unpacking, found);
            }
            None => unpacking.say(format!("{} is not where the archive's list has it.", entry.name)),
        }
    }
}

/// The list at the end; `None` when it is missing or broken.
fn listed(bytes: &[u8]) -> Option<Vec<Entry>> {
    let from = bytes.len().saturating_sub(END_BYTES + COMMENT_BYTES);
    let end = bytes.get(from..)?.windows(END.len()).rposition(|part| part == END)? + from;
    let (mut count, mut at) = (u64::from(u16_at(bytes, end + 10)?), u64::from(u32_at(bytes, end + 16)?));
    if let Some(locator) = end.checked_sub(20).filter(|&at| bytes.get(at..).is_some_and(|b| b.starts_with(LOCATOR_64)))
    {
        let record = usize::try_from(u64_at(bytes, locator + 8)?).ok()?;
        bytes.get(record..).filter(|rest| rest.starts_with(END_64))?;
        (count, at) = (u64_at(bytes, record + 32)?, u64_at(bytes, record + 48)?);
    }
    let mut at = usize::try_from(at).ok()?;
    let mut entries = Vec::new();
    for _ in 0..count {
        bytes.get(at..).filter(|rest| rest.starts_with(CENTRAL))?;
        let [name, extra, comment] = [28, 30, 32].map(|field| u16_at(bytes, at + field).map(usize::from));
        let (name, extra, comment) = (name?, extra?, comment?);
        let fields = bytes.get(at + 46 + name..at + 46 + name + extra)?;
        let mut entry = Entry {
            name: text(bytes.get(at + 46..at + 46 + name)?),
            flags: u16_at(bytes, at + 8)?,
            method: u16_at(bytes, at + 10)?,
            crc: u32_at(bytes, at + 16)?,
            packed: u32_at(bytes, at + 20)?.into(),
            size: u32_at(bytes, at + 24)?.into(),
            at: u32_at(bytes, at + 42)?.into(),
        };
        widen(fields, [&mut entry.size, &mut entry.packed, &mut entry.at]);
        entries.push(entry);
        at += 46 + name + extra + comment;
    }
    Some(entries)
}

/// Puts numbers of 64 bits where those of 32 say so; they stand in this order.
fn widen(mut fields: &[u8], numbers: [&mut u64; 3]) {
    while let (Some(id), Some(length)) = (u16_at(fields, 0), u16_at(fields, 2)) {
        let Some(field) = fields.get(4..4 + usize::from(length)) else { return };
        if id == 1 {
            let mut wide = field.chunks_exact(8).filter_map(|part| u64_at(part, 0));
            for number in numbers {
                if *number == SEE_64 {
                    *number = wide.next().unwrap_or(*number);
                }
            }
            return;
        }
        fields = fields.get(4 + usize::from(length)..).unwrap_or(&[]);
    }
}

/// A member's own header, and where its data begins.
fn local(bytes: &[u8], at: u64) -> Option<(Entry, usize)> {
    let at = usize::try_from(at).ok()?;
    let head = bytes.get(at..).filter(|rest| rest.starts_with(LOCAL))?;
    let (name, extra) = (usize::from(u16_at(head, 26)?), usize::from(u16_at(head, 28)?));
    let mut entry = Entry {
        name: text(head.get(30..30 + name)?),
        flags: u16_at(head, 6)?,
        method: u16_at(head, 8)?,
        crc: u32_at(head, 14)?,
        packed: u32_at(head, 18)?.into(),
        size: u32_at(head, 22)?.into(),
        at: at as u64,
    };
    let fields = head.get(30 + name..30 + name + extra)?;
    let mut none = 0;
    widen(fields, [&mut entry.size, &mut entry.packed, &mut none]);
    Some((entry, at + 30 + name + extra))
}

/// Goes from member to member where the list is missing.
fn walk<'a>(bytes: &[u8], unpacking: &mut Unpacking<'a>, found: Found<'_, 'a>) {
    unpacking.say("The list at the archive's end is missing or damaged: it was cut short. The members that are there were read one after the other.".to_owned());
    let mut at = 0;
    while let Some((entry, data)) = local(bytes, at as u64) {
        let rest = bytes.get(data..).unwrap_or(&[]);
        let is_told = entry.flags & 8 == 0;
        let packed = usize::try_from(entry.packed).unwrap_or(usize::MAX).min(rest.len());
        let used = if !unpacking.has_room(0) {
            return;
        } else if is_told {
            member(&entry, rest.get(..packed).unwrap_or(&[]), true, unpacking, found);
            packed
        } else {
            // Its length comes after it: where the deflated data ends.
            member(&entry, rest, false, unpacking, found)
        };
        let after = data.saturating_add(used);
        let next = bytes.get(after..).and_then(|rest| rest.windows(LOCAL.len()).position(|part| part == LOCAL));
        let Some(next) = next else { return };
        at = after + next;
    }
}

/// Unpacks one; gives how many packed bytes it took. `is_told`: its sizes and checksum are known.
fn member<'a>(
    entry: &Entry,
    packed: &[u8],
    is_told: bool,
    unpacking: &mut Unpacking<'a>,
    found: Found<'_, 'a>,
) -> usize {
    let name = &entry.name;
    if super::clean(name).is_none() {
        return packed.len();
    }
    if entry.flags & 1 != 0 {
        unpacking.say(format!("{name} is encrypted: unpack it with its password and open what comes out."));
        return packed.len();
    }
    let most = most_inflated(packed.len());
    let is_short = is_told && (packed.len() as u64) < entry.packed;
    let (bytes, used, is_broken) = match entry.method {
        0 if is_told => (packed.to_vec(), packed.len(), false),
        8 => {
            let mut decoder = DeflateDecoder::new(packed);
            let mut bytes = Vec::new();
            let read = decoder.by_ref().take(most as u64 + 1).read_to_end(&mut bytes);
            (bytes, usize::try_from(decoder.total_in()).unwrap_or(packed.len()), read.is_err())
        }
        method => {
            unpacking.say(format!(
                "{name} is packed in a way that is not read ({}): pack it again with deflate, which every tool knows.",
                method_words(method)
            ));
            return packed.len();
        }
    };
    unpacking.took(bytes.len());
    if bytes.len() > most {
        unpacking.say(format!(
            "{name} unpacks to more than {} MB from {} bytes, which no dump does: it was not read further. If it is real, unpack it first and open the result.",
            most >> 20,
            packed.len()
        ));
        return used;
    }
    if !unpacking.has_room(0) {
        return used;
    }
    let mut crc = Crc::new();
    crc.update(&bytes);
    if is_short || is_broken {
        unpacking.say(format!("{name} is cut short or damaged; the {} bytes before that were read.", bytes.len()));
    } else if is_told && (crc.sum() != entry.crc || bytes.len() as u64 != entry.size) {
        unpacking.say(format!("{name} does not match its checksum: what was read of it may be damaged."));
    }
    if !bytes.is_empty() || entry.size == 0 {
        found(unpacking, name, bytes);
    }
    used
}

/// APPNOTE 4.4.5.
fn method_words(method: u16) -> String {
    match method {
        0 => "stored without its length".to_owned(),
        9 => "deflate64".to_owned(),
        12 => "bzip2".to_owned(),
        14 => "LZMA".to_owned(),
        93 => "zstd".to_owned(),
        95 => "xz".to_owned(),
        99 => "encrypted by AES".to_owned(),
        method => format!("method {method}"),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}
