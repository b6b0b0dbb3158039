//! Members of zip and tar, changed below their compression; and the sums by which they are checked.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use super::{Dice, MOST_INFLATED};

const LOCAL: &[u8] = b"PK\x03\x04";
const BLOCK: usize = 512;
/// Where a tar header has its checksum.
const SUM: std::ops::Range<usize> = 148..156;

/// A tar's headers get the checksums that they should have.
pub(crate) fn sums(bytes: &mut [u8]) {
    for block in bytes.chunks_exact_mut(BLOCK).filter(|block| &block[257..262] == b"ustar") {
        block[SUM].fill(b' ');
        let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
        block[SUM].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
}

#[derive(Clone)]
struct Member {
    name: Vec<u8>,
    is_deflated: bool,
    bytes: Vec<u8>,
}

/// A zip's members left out, doubled, put elsewhere, or changed inside, and the zip written anew around them; of a tar, whole
/// blocks.
pub(crate) fn members(bytes: &mut Vec<u8>, dice: &mut Dice) {
    if !bytes.starts_with(LOCAL) {
        let mut blocks: Vec<Vec<u8>> = bytes.chunks(BLOCK).map(<[u8]>::to_vec).collect();
        dice.shuffle(&mut blocks);
        *bytes = blocks.concat();
        return;
    }
    let mut members = unzip(bytes);
    if members.is_empty() || dice.below(2) == 0 {
        dice.shuffle(&mut members);
    } else {
        let at = dice.below(members.len());
        let is_name = dice.below(4) == 0;
        let member = &mut members[at];
        dice.change(if is_name { &mut member.name } else { &mut member.bytes });
    }
    *bytes = zip(&members);
}

fn unzip(bytes: &[u8]) -> Vec<Member> {
    let number = |at: usize| bytes.get(at..at + 2).map_or(0, |two| usize::from(two[0]) | usize::from(two[1]) << 8);
    let starts: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at..].starts_with(LOCAL)).collect();
    let mut out = Vec::new();
    for (index, &start) in starts.iter().enumerate() {
        let (name, extra) = (number(start + 26), number(start + 28));
        let data = start + 30 + name + extra;
        let end = starts.get(index + 1).copied().unwrap_or(bytes.len());
        let (Some(name), Some(packed)) = (bytes.get(start + 30..start + 30 + name), bytes.get(data..end)) else {
            continue;
        };
        let mut inside = Vec::new();
        let is_deflated = number(start + 8) == 8;
        if is_deflated {
            let _ = DeflateDecoder::new(packed).take(MOST_INFLATED as u64).read_to_end(&mut inside);
        } else {
            let size = number(start + 18) | number(start + 20) << 16;
            inside.extend_from_slice(&packed[..size.min(packed.len())]);
        }
        out.push(Member { name: name.to_vec(), is_deflated, bytes: inside });
    }
    out
}

fn zip(members: &[Member]) -> Vec<u8> {
    let (mut out, mut list) = (Vec::new(), Vec::new());
    for member in members {
        let at = out.len() as u32;
        let packed = if member.is_deflated {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(&member.bytes).unwrap();
            encoder.finish().unwrap()
        } else {
            member.bytes.clone()
        };
        let mut fields = vec![20, 0, 0, 0, u8::from(member.is_deflated) * 8, 0, 0, 0, 0x21, 0];
        fields.extend(crc32fast::hash(&member.bytes).to_le_bytes());
        fields.extend((packed.len() as u32).to_le_bytes());
        fields.extend((member.bytes.len() as u32).to_le_bytes());
        fields.extend((member.name.len() as u16).to_le_bytes());
        fields.extend([0, 0]);
        out.extend_from_slice(LOCAL);
        out.extend_from_slice(&fields);
        out.extend_from_slice(&member.name);
        out.extend(packed);
        list.extend_from_slice(b"PK\x01\x02\x14\0");
        list.extend(fields);
        list.extend([0; 10]);
        list.extend(at.to_le_bytes());
        list.extend_from_slice(&member.name);
    }
    let (at, count) = (out.len() as u32, (members.len() as u16).to_le_bytes());
    let length = (list.len() as u32).to_le_bytes();
    out.extend(list);
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    out.extend([count, count].concat());
    out.extend([length, at.to_le_bytes()].concat());
    out.extend([0, 0]);
    out
}
