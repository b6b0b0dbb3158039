//! tar (POSIX.1-1988 `ustar`, pax, and GNU's long names): blocks of 512 bytes, a header before each file.

use super::Unpacking;

pub(super) const BLOCK: usize = 512;

type Found<'f, 'a> = &'f mut dyn FnMut(&mut Unpacking<'a>, &str, Vec<u8>);

/// Where each field of a header lies.
const NAME: std::ops::Range<usize> = 0..100;
const SIZE: std::ops::Range<usize> = 124..136;
const CHECKSUM: std::ops::Range<usize> = 148..156;
const KIND: usize = 156;
const MAGIC: std::ops::Range<usize> = 257..262;
const PREFIX: std::ops::Range<usize> = 345..500;

/// A block whose checksum is right is a header: text and profiles have none there.
pub(super) fn looks_like(bytes: &[u8]) -> bool {
    bytes.get(..BLOCK).is_some_and(is_header)
}

fn is_header(block: &[u8]) -> bool {
    let told = block.get(CHECKSUM).and_then(number);
    // The checksum counts itself as spaces.
    let sum = block.iter().enumerate().map(|(at, &byte)| u64::from(if CHECKSUM.contains(&at) { b' ' } else { byte }));
    told.is_some_and(|told| told != 0 && told == sum.sum::<u64>())
}

pub(super) fn read<'a>(bytes: &[u8], unpacking: &mut Unpacking<'a>, found: Found<'_, 'a>) {
    let mut at = 0;
    // What the header before says of the next file.
    let (mut long_name, mut long_size) = (None, None);
    while let Some(block) = bytes.get(at..at + BLOCK) {
        if block.iter().all(|&byte| byte == 0) {
            return;
        }
        if !is_header(block) {
            let next = bytes.get(at..).unwrap_or(&[]).chunks_exact(BLOCK).position(is_header);
            unpacking.say(match next {
                Some(blocks) => {
                    format!("The archive is damaged at byte {at}; {} bytes of it were skipped.", blocks * BLOCK)
                }
                None => format!("The archive is damaged at byte {at}: what comes after is missing."),
            });
            let Some(blocks) = next else { return };
            at += blocks * BLOCK;
            continue;
        }
        let kind = block.get(KIND).copied().unwrap_or(0);
        let size = long_size.take().or_else(|| block.get(SIZE).and_then(number)).unwrap_or(0);
        let data = at + BLOCK;
        let end = data.saturating_add(usize::try_from(size).unwrap_or(usize::MAX));
        let content = bytes.get(data.min(bytes.len())..end.min(bytes.len())).unwrap_or(&[]);
        match kind {
            b'L' => long_name = Some(string(content)),
            b'x' => {
                let (name, size) = pax(content);
                (long_name, long_size) = (name.or(long_name), size);
            }
            b'0' | 0 | b'7' => {
                let name = long_name.take().unwrap_or_else(|| name_of(block));
                if super::clean(&name).is_some() && unpacking.has_room(content.len()) {
                    if end > bytes.len() {
                        let have = content.len();
                        unpacking.say(format!("{name} is cut short: {have} of its {size} bytes are there."));
                    }
                    unpacking.took(content.len());
                    found(unpacking, &name, content.to_vec());
                }
            }
            b'S' => {
                let name = long_name.take().unwrap_or_else(|| name_of(block));
                unpacking.say(format!("{name} is stored with holes (GNU sparse), which is not read: pack it without."));
            }
            // Folders, links and devices hold nothing; what is said of all files is not about names.
            b'g' | b'K' => {}
            _ => long_name = None,
        }
        let Some(next) = end.checked_next_multiple_of(BLOCK) else { return };
        at = next;
    }
    if at < bytes.len() {
        unpacking.say(format!("The archive ends within a header at byte {at}: it was cut short."));
    } else if at > bytes.len() && at - bytes.len() >= BLOCK {
        unpacking.say("The archive was cut short: members after that are missing.".to_owned());
    }
}

/// Octal digits, or for large ones binary with the first bit set.
fn number(field: &[u8]) -> Option<u64> {
    if let [first, rest @ ..] = field
        && first & 0x80 != 0
    {
        let first = u64::from(first & 0x7f);
        return Some(rest.iter().fold(first, |sum, &byte| sum.wrapping_shl(8) | u64::from(byte)));
    }
    let digits = field.iter().skip_while(|&&byte| byte == b' ').take_while(|byte| byte.is_ascii_digit());
    let mut any = false;
    let value = digits.fold(0_u64, |value, &digit| {
        any = true;
        value.wrapping_mul(8).wrapping_add(u64::from(digit - b'0'))
    });
    any.then_some(value)
}

fn string(field: &[u8]) -> String {
    let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
    String::from_utf8_lossy(field.get(..end).unwrap_or(field)).into_owned()
}

fn name_of(block: &[u8]) -> String {
    let field = |at: std::ops::Range<usize>| block.get(at).map(string).unwrap_or_default();
    let (name, prefix) = (field(NAME), field(PREFIX));
    // GNU's header has other fields where POSIX has the prefix, and its magic ends with a space.
    let has_prefix = block.get(MAGIC) == Some(b"ustar") && block.get(MAGIC.end) == Some(&0);
    if has_prefix && !prefix.is_empty() { format!("{prefix}/{name}") } else { name }
}

/// Name and size of the next file, from records such as `27 path=long/name\n`.
fn pax(mut records: &[u8]) -> (Option<String>, Option<u64>) {
    let (mut name, mut size) = (None, None);
    while let Some(space) = records.iter().position(|&byte| byte == b' ') {
        let length = records.get(..space).and_then(|text| std::str::from_utf8(text).ok()?.parse::<usize>().ok());
        let Some(length) = length.filter(|&length| length > space && length <= records.len()) else { break };
        let record = records.get(space + 1..length).unwrap_or(&[]);
        let record = String::from_utf8_lossy(record.strip_suffix(b"\n").unwrap_or(record)).into_owned();
        match record.split_once('=') {
            Some(("path", value)) => name = Some(value.to_owned()),
            Some(("size", value)) => size = value.parse().ok(),
            _ => {}
        }
        records = records.get(length..).unwrap_or(&[]);
    }
    (name, size)
}
