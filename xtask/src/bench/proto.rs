//! profile.proto, written by hand.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

/// Texts, each once; the first is empty.
#[derive(Default)]
pub(super) struct Strings {
    known: std::collections::HashMap<String, u64>,
    rows: Vec<String>,
}

impl Strings {
    /// Where a text stands.
    pub(super) fn index(&mut self, text: &str) -> u64 {
        if self.rows.is_empty() {
            self.rows.push(String::new());
        }
        if let Some(&known) = self.known.get(text) {
            return known;
        }
        let index = self.rows.len() as u64;
        self.rows.push(text.to_owned());
        self.known.insert(text.to_owned(), index);
        index
    }
}

/// A type of values (`Profile.sample_type`).
pub(super) fn sample_type(out: &mut Vec<u8>, strings: &mut Strings, name: &str, unit: &str) {
    let mut message = Vec::new();
    field(&mut message, 1, strings.index(name));
    field(&mut message, 2, strings.index(unit));
    bytes(out, 1, &message);
}

/// With its texts, and compressed.
pub(super) fn finish(mut out: Vec<u8>, strings: &Strings) -> Vec<u8> {
    for text in &strings.rows {
        bytes(&mut out, 6, text.as_bytes());
    }
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    // Writing to memory does not fail.
    let _ = gzip.write_all(&out);
    gzip.finish().unwrap_or_default()
}

/// A number as it stands in packed fields.
pub(super) fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A field that is a number.
pub(super) fn field(out: &mut Vec<u8>, number: u64, value: u64) {
    varint(out, number << 3);
    varint(out, value);
}

/// A field that is a text, a message or packed numbers.
pub(super) fn bytes(out: &mut Vec<u8>, field: u64, value: &[u8]) {
    varint(out, field << 3 | 2);
    varint(out, value.len() as u64);
    out.extend_from_slice(value);
}
