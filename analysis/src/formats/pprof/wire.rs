//! The file as it lies on disk: where each message is. Nothing is decoded that is not a plain number.

use crate::formats::cursor::{Cursor, Value};

/// The messages of a profile by kind, in file order (profile.proto, `Profile`).
#[derive(Default)]
pub(super) struct Sections<'a> {
    pub(super) sample_types: Vec<&'a [u8]>,
    /// How many samples there are; there are too many to list.
    pub(super) sample_count: usize,
    bytes: &'a [u8],
    pub(super) mappings: Vec<&'a [u8]>,
    pub(super) locations: Vec<&'a [u8]>,
    pub(super) functions: Vec<&'a [u8]>,
    pub(super) strings: Vec<&'a [u8]>,
    pub(super) drop_frames: u64,
    pub(super) keep_frames: u64,
    pub(super) time_nanos: i64,
    pub(super) duration_nanos: i64,
    pub(super) period_type: Option<&'a [u8]>,
    pub(super) period: i64,
    pub(super) comments: Vec<u64>,
    pub(super) default_sample_type: u64,
    pub(super) doc_url: u64,
    /// Where the message structure breaks off, in words, if it does.
    pub(super) damage: Option<String>,
}

impl<'a> Sections<'a> {
    /// One pass over the fields of the file; stops at the first that is broken.
    pub(super) fn find(bytes: &'a [u8]) -> Self {
        let mut sections = Self { bytes, ..Self::default() };
        let mut cursor = Cursor::new(bytes);
        loop {
            match cursor.field() {
                Ok(Some((number, value))) => sections.add(number, value),
                Ok(None) => return sections,
                Err(broken) => {
                    sections.damage = Some(format!("at byte {} {}", broken.offset, broken.what));
                    return sections;
                }
            }
        }
    }

    /// How many bytes the file has, inflated.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Every sample, in file order.
    pub(super) fn samples(&self) -> impl Iterator<Item = &'a [u8]> {
        let mut cursor = Cursor::new(self.bytes);
        // What is broken ends the iteration where it ended the search above.
        std::iter::from_fn(move || cursor.field().ok().flatten()).filter_map(|field| match field {
            (2, Value::Bytes(message)) => Some(message),
            _ => None,
        })
    }

    fn add(&mut self, number: u32, value: Value<'a>) {
        match (number, value) {
            (1, Value::Bytes(message)) => self.sample_types.push(message),
            (2, Value::Bytes(_)) => self.sample_count += 1,
            (3, Value::Bytes(message)) => self.mappings.push(message),
            (4, Value::Bytes(message)) => self.locations.push(message),
            (5, Value::Bytes(message)) => self.functions.push(message),
            (6, Value::Bytes(message)) => self.strings.push(message),
            (7, value) => self.drop_frames = value.number(),
            (8, value) => self.keep_frames = value.number(),
            (9, value) => self.time_nanos = value.number() as i64,
            (10, value) => self.duration_nanos = value.number() as i64,
            (11, Value::Bytes(message)) => self.period_type = Some(message),
            (12, value) => self.period = value.number() as i64,
            (13, value) => for_each_number(value, |comment| self.comments.push(comment)),
            (14, value) => self.default_sample_type = value.number(),
            (15, value) => self.doc_url = value.number(),
            // Fields of a later profile.proto.
            _ => {}
        }
    }
}

/// Calls `each` with every number of a repeated field, packed or not. A broken tail of a packed run is left out.
#[inline]
pub(super) fn for_each_number(value: Value<'_>, mut each: impl FnMut(u64)) {
    match value {
        Value::Varint(number) => each(number),
        Value::Bytes(packed) => {
            let mut cursor = Cursor::new(packed);
            while !cursor.is_at_end() {
                let Ok(number) = cursor.varint() else { return };
                each(number);
            }
        }
        Value::Fixed => {}
    }
}

/// Every field of a message until its end or its first broken field; returns whether all of it was read.
#[inline]
pub(super) fn fields<'a>(message: &'a [u8], mut each: impl FnMut(u32, Value<'a>)) -> bool {
    let mut cursor = Cursor::new(message);
    loop {
        match cursor.field() {
            Ok(Some((number, value))) => each(number, value),
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}

/// Whether the first field is one of profile.proto with its wire type, and fits or is plainly cut.
pub(super) fn looks_like(bytes: &[u8]) -> bool {
    let Some(&tag) = bytes.first() else { return false };
    let (number, wire) = (tag >> 3, tag & 7);
    let right_type = match number {
        1..=6 | 11 => wire == 2,
        7..=10 | 12 | 14 | 15 => wire == 0,
        13 => wire == 0 || wire == 2,
        _ => false,
    };
    // Text begins like this too ("\n" is field 1): the first message must itself be made of known fields.
    right_type && (wire == 0 || first_message_is_plausible(bytes))
}

fn first_message_is_plausible(bytes: &[u8]) -> bool {
    let mut cursor = Cursor::new(bytes);
    match cursor.field() {
        Ok(Some((6, Value::Bytes(text)))) => std::str::from_utf8(text).is_ok(),
        Ok(Some((_, Value::Bytes(message)))) => {
            let mut known = true;
            let whole = fields(message, |number, _| known &= (1..=10).contains(&number));
            whole && known
        }
        Ok(_) => true,
        // A declared length past the end: a cut or damaged profile, when the tag is that of a message.
        Err(_) => bytes.len() > 1 && bytes.iter().take(64).any(|byte| *byte >= 0x80 || *byte == 0),
    }
}
