//! Chunks of a native pool's dump, their lengths and their checksums.

use super::Dice;
use super::protobuf::edge;

const FILE: &[u8] = b"\x89POOLT\r\n";
const FILE_HEADER: usize = 16;
const CHUNK: &[u8] = b"\xf5PC";
const CHUNK_HEADER: usize = 28;

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn set(bytes: &mut [u8], at: usize, value: u32) {
    if let Some(place) = bytes.get_mut(at..at + 4) {
        place.copy_from_slice(&value.to_le_bytes());
    }
}

/// A pool's dump: headers and payloads get the checksums that they should have, and lengths end within the file.
pub(crate) fn checksums(bytes: &mut [u8]) {
    let mut at = 0;
    while at + FILE_HEADER <= bytes.len() {
        if bytes[at..].starts_with(FILE) {
            let crc = crc32fast::hash(&bytes[at..at + 12]);
            set(bytes, at + 12, crc);
            at += FILE_HEADER;
        } else if bytes[at..].starts_with(CHUNK) && at + CHUNK_HEADER <= bytes.len() {
            let body = at + CHUNK_HEADER;
            // A payload that was made longer or shorter reaches to the next chunk.
            let next = bytes[body..].windows(CHUNK.len()).position(|window| window == CHUNK);
            let length = next.unwrap_or(bytes.len() - body);
            set(bytes, at + 4, length as u32);
            let payload_crc = crc32fast::hash(&bytes[body..body + length]);
            set(bytes, at + 20, payload_crc);
            let crc = crc32fast::hash(&bytes[at..at + CHUNK_HEADER - 4]);
            set(bytes, at + CHUNK_HEADER - 4, crc);
            debug_assert_eq!(word(bytes, at + 4), Some(length as u32));
            at = body + length;
        } else {
            at += 1;
        }
    }
}

/// Chunks left out, doubled and put elsewhere; or a number of a payload set to an edge. Lengths and checksums are for
/// [`checksums`] to mend.
pub(crate) fn chunks(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let starts: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at..].starts_with(CHUNK)).collect();
    let Some(&first) = starts.first() else { return };
    let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
    let mut parts: Vec<Vec<u8>> = starts.iter().zip(ends).map(|(&start, end)| bytes[start..end].to_vec()).collect();
    match dice.below(2) {
        0 => dice.shuffle(&mut parts),
        _ => {
            let at = dice.below(parts.len());
            let part = &mut parts[at];
            if part.len() > CHUNK_HEADER {
                let payload = part.split_off(CHUNK_HEADER);
                part.extend(edge(&payload, dice));
            }
        }
    }
    bytes.truncate(first);
    bytes.extend(parts.concat());
}
