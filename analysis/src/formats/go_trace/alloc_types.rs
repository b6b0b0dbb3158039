//! Types and layout of the heap, as the experiment `AllocFree` writes them (runtime/tracetype.go, traceallocfree.go).

use rustc_hash::FxHashMap;

use crate::formats::cursor::{Broken, Cursor};
use crate::formats::wire_ids::WireIds;
use crate::model::Symbols;
use crate::model::trace::{AllocFree, HeapLayout, HeapType};

/// Number of the experiment (tracev2, `AllocFree`).
pub(super) const EXPERIMENT: u8 = 1;

/// Batches hold types.
const TYPES: u8 = 0;
/// Batches hold the layout of the heap.
const INFO: u8 = 1;

/// The table that is filled, and where each of its types stands: generations name the same ones again.
pub(super) struct Heap<'a> {
    pub(super) table: &'a mut AllocFree,
    pub(super) rows: &'a mut FxHashMap<HeapType, u32>,
}

/// Reads a batch as far as it goes: Go's own reader hands it on unread, so nothing in it damages a trace.
pub(super) fn read(data: &[u8], symbols: &mut Symbols, heap: &mut Heap<'_>, ids: &mut WireIds<u32>) {
    let mut cursor = Cursor::new(data);
    match cursor.byte() {
        Ok(TYPES) => while let Ok(true) = read_type(&mut cursor, symbols, heap, ids) {},
        Ok(INFO) => {
            if let Ok(layout) = read_layout(&mut cursor) {
                heap.table.layout = layout;
            }
        }
        _ => {}
    }
}

fn read_type(
    cursor: &mut Cursor<'_>,
    symbols: &mut Symbols,
    heap: &mut Heap<'_>,
    ids: &mut WireIds<u32>,
) -> Result<bool, Broken> {
    if cursor.is_at_end() {
        return Ok(false);
    }
    let (id, _address, size_bytes, pointer_bytes) =
        (cursor.varint()?, cursor.varint()?, cursor.varint()?, cursor.varint()?);
    let name = symbols.strings.intern(&String::from_utf8_lossy(cursor.delimited()?));
    let found = HeapType { name, size_bytes, pointer_bytes };
    let types = &mut heap.table.types;
    let row = *heap.rows.entry(found).or_insert_with(|| {
        types.push(found);
        types.len() as u32 - 1
    });
    ids.insert(id, row);
    Ok(true)
}

fn read_layout(cursor: &mut Cursor<'_>) -> Result<HeapLayout, Broken> {
    Ok(HeapLayout {
        min_address: cursor.varint()?,
        page_bytes: cursor.varint()?,
        align_bytes: cursor.varint()?,
        min_stack_bytes: cursor.varint()?,
    })
}
