//! Any serde value as columns: what stands at one place of a type stands in one column, whatever list it is in.
//!
//! A place is a node: field `i` of a struct is child `i` of the struct's node, elements of a list are child 0 of the list's
//! node, whose own column has the lengths. Whole numbers are kept as steps from the one before in their column, so that what
//! changes little is small; texts are rows of one table, each text once.
//!
//! The places are written with the columns. What reads finds fields by their number, takes those that are missing for their
//! default, and leaves those alone that it does not know: types that travel may get new fields **at their end, with
//! `#[serde(default)]`**, and new variants anywhere, which are written by name.

use rustc_hash::FxHashMap;

/// A value as columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Columns {
    /// Parent and number of each node; the first is the root.
    pub(super) places: Vec<(u32, u32)>,
    children: FxHashMap<(u32, u32), u32>,
    /// By node.
    pub(super) columns: Vec<Vec<u64>>,
    /// Every text once, in the order in which they came.
    pub(super) texts: Vec<String>,
    text_rows: FxHashMap<String, u32>,
    /// Names of variants, which are of the types and not of the value.
    pub(super) variants: Vec<String>,
    /// Runs of bytes, one behind the other.
    pub(super) bytes: Vec<u8>,
}

/// The root's node.
pub(super) const ROOT: u32 = 0;

impl Columns {
    /// None but the root.
    pub(super) fn new() -> Self {
        Self { places: vec![(0, 0)], columns: vec![Vec::new()], ..Self::default() }
    }

    /// The node of a place below another, which is added when it is new.
    pub(super) fn child(&mut self, node: u32, number: u32) -> u32 {
        *self.children.entry((node, number)).or_insert_with(|| {
            self.places.push((node, number));
            self.columns.push(Vec::new());
            self.places.len() as u32 - 1
        })
    }

    /// The node of a place below another, if it is there.
    pub(super) fn find_child(&self, node: u32, number: u32) -> Option<u32> {
        self.children.get(&(node, number)).copied()
    }

    /// One more number of a column.
    pub(super) fn push(&mut self, node: u32, value: u64) {
        if let Some(column) = self.columns.get_mut(node as usize) {
            column.push(value);
        }
    }

    /// The row of a text, which is added when it is new.
    pub(super) fn text(&mut self, text: &str) -> u32 {
        if let Some(&row) = self.text_rows.get(text) {
            return row;
        }
        let row = self.texts.len() as u32;
        self.texts.push(text.to_owned());
        self.text_rows.insert(text.to_owned(), row);
        row
    }

    /// The row of a variant's name, which is added when it is new.
    pub(super) fn variant(&mut self, name: &str) -> u32 {
        let known = self.variants.iter().position(|known| known == name);
        let row = known.unwrap_or_else(|| {
            self.variants.push(name.to_owned());
            self.variants.len() - 1
        });
        row as u32
    }

    /// As bytes: numbers of seven bits a byte, the last with its high bit clear.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put(&mut out, self.places.len() as u64);
        let mut before = 0;
        for &(parent, number) in self.places.iter().skip(1) {
            put(&mut out, zigzag(i64::from(parent) - before));
            before = i64::from(parent);
            put(&mut out, u64::from(number));
        }
        self.columns.iter().for_each(|column| put(&mut out, column.len() as u64));
        for column in &self.columns {
            let mut before = 0_u64;
            for &value in column {
                put(&mut out, zigzag(value.wrapping_sub(before) as i64));
                before = value;
            }
        }
        put(&mut out, self.bytes.len() as u64);
        out.extend_from_slice(&self.bytes);
        for texts in [&self.variants, &self.texts] {
            put(&mut out, texts.len() as u64);
            texts.iter().for_each(|text| put(&mut out, text.len() as u64));
            texts.iter().for_each(|text| out.extend_from_slice(text.as_bytes()));
        }
        out
    }

    /// What [`to_bytes`](Self::to_bytes) made; `None` for anything else. Takes no more memory than some times its input.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut from = Cursor(bytes);
        let mut columns = Self::new();
        let mut before = 0_i64;
        for _ in 1..from.count()? {
            before = before.checked_add(unzigzag(from.take()?))?;
            let (parent, number) = (u32::try_from(before).ok()?, u32::try_from(from.take()?).ok()?);
            // A place below one that is not there yet, or there twice, is not written.
            let known = columns.places.len() as u32;
            if parent >= known || columns.child(parent, number) != known {
                return None;
            }
        }
        let lengths: Option<Vec<usize>> = columns.places.iter().map(|_| from.count()).collect();
        for (column, length) in columns.columns.iter_mut().zip(lengths?) {
            let mut before = 0_u64;
            for _ in 0..length {
                before = before.wrapping_add(unzigzag(from.take()?) as u64);
                column.push(before);
            }
        }
        let length = from.count()?;
        columns.bytes = from.bytes(length)?.to_vec();
        for texts in [&mut columns.variants, &mut columns.texts] {
            let lengths: Option<Vec<usize>> = (0..from.count()?).map(|_| from.count()).collect();
            for length in lengths? {
                texts.push(std::str::from_utf8(from.bytes(length)?).ok()?.to_owned());
            }
        }
        from.0.is_empty().then_some(columns)
    }
}

/// What is left of the input.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return None;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    /// A number of things, each of which takes a byte at least of what follows.
    fn count(&mut self) -> Option<usize> {
        usize::try_from(self.take()?).ok().filter(|&count| count <= self.0.len() + 1)
    }

    fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}

fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Small for small numbers of either sign.
fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// A float with so many digits that count.
pub(super) fn rounded(value: f64, digits: i32) -> f64 {
    if !value.is_finite() || value == 0.0 || digits >= 17 {
        return value;
    }
    let power = digits - 1 - value.abs().log10().floor() as i32;
    // Whole numbers are short as they are.
    match power {
        1..=9 => (value * 10_f64.powi(power)).round() / 10_f64.powi(power),
        _ if power <= 0 => value.round(),
        _ => value,
    }
}

/// A float as a whole number and the power of ten that it is divided by, where that is exact; else its bits, as power 15.
pub(super) fn parts_of(value: f64) -> (u64, u64) {
    const LARGEST: f64 = 1e15;
    let mut scale = 1.0;
    // Whole numbers know no negative zero.
    for power in if value == 0.0 && value.is_sign_negative() { 0..0 } else { 0..10 } {
        let whole = (value * scale).round();
        if whole.abs() < LARGEST && (whole / scale).to_bits() == value.to_bits() {
            return (power, whole as i64 as u64);
        }
        scale *= 10.0;
    }
    (BITS, value.to_bits())
}

/// The power of a float that is its bits.
const BITS: u64 = 15;

/// What [`parts_of`] took apart.
pub(super) fn of_parts(power: u64, whole: u64) -> Option<f64> {
    match power {
        0..=9 => Some(whole as i64 as f64 / 10_f64.powi(power as i32)),
        BITS => Some(f64::from_bits(whole)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_come_back_bit_for_bit() {
        for value in
            [0.0, -0.0, 1.0, 0.1, 0.123_456_789, 1.0 / 3.0, 1e300, -5e-324, f64::NAN, f64::INFINITY, 1e14 + 0.5]
        {
            let (power, whole) = parts_of(value);
            assert_eq!(of_parts(power, whole).map(f64::to_bits), Some(value.to_bits()), "{value}");
        }
        assert_eq!(parts_of(12.5), (1, 125));
    }

    #[test]
    fn numbers_at_the_ends_come_back() {
        let mut columns = Columns::new();
        let values = [0, u64::MAX, 1, u64::MAX / 2, i64::MIN as u64, 7];
        values.iter().for_each(|&value| columns.push(ROOT, value));
        columns.text("a");
        columns.text("é");
        let read = Columns::from_bytes(&columns.to_bytes()).map(|read| (read.columns, read.texts));
        assert_eq!(read, Some((columns.columns, columns.texts)));
    }
}
