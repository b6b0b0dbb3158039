//! Fields of profile.proto's messages, and the varints that most formats are made of.

use super::Dice;

pub(super) fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0;
    for (index, &byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index).min(63);
        if byte < 0x80 {
            return Some((value, index + 1));
        }
    }
    None
}

/// A profile: its fields one after the other, those that are none left out, and the last cut to what is there.
pub(crate) fn lengths(bytes: &mut Vec<u8>) {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some((tag, used)) = bytes.get(at..).and_then(varint) {
        let start = at;
        at += used;
        let field = tag >> 3;
        let is_known = (1..=15).contains(&field);
        match tag & 7 {
            0 if is_known => {
                let Some((_, used)) = bytes.get(at..).and_then(varint) else { break };
                at += used;
                out.extend_from_slice(&bytes[start..at]);
            }
            2 if is_known => {
                let Some((length, used)) = bytes.get(at..).and_then(varint) else { break };
                at += used;
                let end = bytes.len().min(at.saturating_add(length as usize));
                out.push(tag as u8);
                let mut rest = end - at;
                while rest >= 0x80 {
                    out.push(rest as u8 | 0x80);
                    rest >>= 7;
                }
                out.push(rest as u8);
                out.extend_from_slice(&bytes[at..end]);
                at = end;
            }
            // Between two fields lies what is none.
            _ => at = start + 1,
        }
    }
    *bytes = out;
}

/// A varint, as short as it goes.
pub(super) fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// The bytes with one varint in them set to a number at an edge; where none begins, from the middle of one.
pub(super) fn edge(bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    let at = dice.below(bytes.len());
    let used = varint(bytes.get(at..).unwrap_or(&[])).map_or(0, |(_, used)| used);
    let mut out = bytes[..at].to_vec();
    put(&mut out, dice.number());
    out.extend_from_slice(bytes.get(at + used..).unwrap_or(&[]));
    out
}

/// A field of a message.
#[derive(Clone)]
enum Field {
    Number(u64, u64),
    Bytes(u64, Vec<u8>),
}

/// The fields of a message; `None` when it is none.
fn split(mut bytes: &[u8]) -> Option<Vec<Field>> {
    let mut out = Vec::new();
    while !bytes.is_empty() {
        let (tag, used) = varint(bytes)?;
        let (value, more) = varint(bytes.get(used..)?)?;
        bytes = bytes.get(used + more..)?;
        match tag & 7 {
            0 => out.push(Field::Number(tag >> 3, value)),
            2 => {
                let (inside, rest) = bytes.split_at_checked(usize::try_from(value).ok()?)?;
                out.push(Field::Bytes(tag >> 3, inside.to_vec()));
                bytes = rest;
            }
            _ => return None,
        }
    }
    Some(out)
}

fn join(fields: &[Field]) -> Vec<u8> {
    let mut out = Vec::new();
    for field in fields {
        match field {
            Field::Number(number, value) => {
                put(&mut out, number << 3);
                put(&mut out, *value);
            }
            Field::Bytes(number, bytes) => {
                put(&mut out, number << 3 | 2);
                put(&mut out, bytes.len() as u64);
                out.extend_from_slice(bytes);
            }
        }
    }
    out
}

/// Fields left out, doubled, put elsewhere, or set to a number at an edge, in the message or in one that is in it. Lengths
/// are always right.
pub(crate) fn fields(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let Some(mut fields) = split(bytes) else {
        *bytes = edge(bytes, dice);
        return;
    };
    if fields.is_empty() || dice.below(3) == 0 {
        dice.shuffle(&mut fields);
    } else {
        let at = dice.below(fields.len());
        match &mut fields[at] {
            Field::Number(_, value) => *value = dice.number(),
            Field::Bytes(_, inside) if inside.is_empty() => inside.push(dice.roll() as u8),
            Field::Bytes(_, inside) => self::fields(inside, dice),
        }
    }
    *bytes = join(&fields);
}
