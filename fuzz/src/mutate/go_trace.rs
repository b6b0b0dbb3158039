//! Batches of a Go execution trace (Go 1.22 and later), with lengths that are right.

use super::Dice;
use super::protobuf::{edge, put, varint};

/// "go 1.22 trace" and zeros.
const HEADER_BYTES: usize = 16;
/// `EvEventBatch` and `EvExperimentalBatch`: generation, thread, time, size (and an experiment before these).
const BATCH: u8 = 1;
const EXPERIMENTAL: u8 = 49;

/// A batch: what stands before its length, and its data.
#[derive(Clone)]
struct Batch {
    head: Vec<u8>,
    data: Vec<u8>,
}

/// Batches left out, doubled and put elsewhere, or a number of one set to an edge.
pub(crate) fn batches(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let Some(mut rest) = bytes.get(HEADER_BYTES..) else { return };
    let mut batches = Vec::new();
    while let Some((batch, after)) = split(rest) {
        batches.push(batch);
        rest = after;
    }
    let tail = rest.to_vec();
    if batches.is_empty() {
        // An old trace: events without batches.
        let events = edge(&tail, dice);
        bytes.truncate(HEADER_BYTES);
        bytes.extend(events);
        return;
    }
    match dice.below(3) {
        0 => dice.shuffle(&mut batches),
        1 => {
            let at = dice.below(batches.len());
            let head = batches[at].head.split_off(1);
            batches[at].head.extend(if head.is_empty() { head } else { edge(&head, dice) });
        }
        _ => {
            let at = dice.below(batches.len());
            let data = &batches[at].data;
            batches[at].data = if data.is_empty() { vec![dice.roll() as u8] } else { edge(data, dice) };
        }
    }
    bytes.truncate(HEADER_BYTES);
    for batch in batches {
        bytes.extend(batch.head);
        put(bytes, batch.data.len() as u64);
        bytes.extend(batch.data);
    }
    bytes.extend(tail);
}

fn split(bytes: &[u8]) -> Option<(Batch, &[u8])> {
    let numbers = match *bytes.first()? {
        BATCH => 3,
        EXPERIMENTAL => 4,
        _ => return None,
    };
    let mut at = 1;
    for _ in 0..numbers {
        at += varint(bytes.get(at..)?)?.1;
    }
    let (length, used) = varint(bytes.get(at..)?)?;
    let (data, after) = bytes.get(at + used..)?.split_at_checked(usize::try_from(length).ok()?)?;
    Some((Batch { head: bytes[..at].to_vec(), data: data.to_vec() }, after))
}
