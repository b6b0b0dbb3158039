//! Headers of a zip (PKWARE's APPNOTE 4.3), of members whose sizes are known when they are written.

/// 1 January 1980, the first day that the format can tell: a bundle says nothing of when it was made.
const DATE: u16 = 0x0021;
/// Names are UTF-8.
const FLAGS: u16 = 1 << 11;
const VERSION: u16 = 20;

/// A member, packed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) is_deflated: bool,
    pub(super) crc: u32,
    pub(super) packed: u32,
    pub(super) size: u32,
    /// Where its header begins.
    pub(super) at: u32,
}

impl Entry {
    fn fields(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let method = if self.is_deflated { 8_u16 } else { 0 };
        for number in [VERSION, FLAGS, method, 0, DATE] {
            out.extend(number.to_le_bytes());
        }
        for number in [self.crc, self.packed, self.size] {
            out.extend(number.to_le_bytes());
        }
        out.extend((self.name.len() as u16).to_le_bytes());
        out.extend(0_u16.to_le_bytes());
        out
    }

    /// What stands before its bytes.
    pub(super) fn local(&self) -> Vec<u8> {
        [b"PK\x03\x04".as_slice(), &self.fields(), self.name.as_bytes()].concat()
    }

    fn central(&self) -> Vec<u8> {
        let mut out = [b"PK\x01\x02".as_slice(), &VERSION.to_le_bytes(), &self.fields()].concat();
        // Comment, disk, attributes of two kinds.
        out.extend([0; 10]);
        out.extend(self.at.to_le_bytes());
        out.extend(self.name.as_bytes());
        out
    }
}

/// The list at the end, which begins at `at`.
pub(super) fn end(entries: &[Entry], at: u32) -> Vec<u8> {
    let mut out: Vec<u8> = entries.iter().flat_map(Entry::central).collect();
    let (length, count) = (out.len() as u32, entries.len() as u16);
    out.extend(b"PK\x05\x06");
    out.extend([0; 4]);
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend(length.to_le_bytes());
    out.extend(at.to_le_bytes());
    out.extend(0_u16.to_le_bytes());
    out
}
