//! Reading fields from a payload that passed its checksum but may still be odd: a place, and words about it.

use crate::varint;

/// A field that could not be read: where in the payload, and what was wanted there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) at: usize,
    pub(crate) expected: &'static str,
}

pub(crate) type Read<T> = Result<T, Malformed>;

/// Fields of a payload from front to back.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Cursor { rest: bytes, at: 0 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn malformed(&self, expected: &'static str) -> Malformed {
        Malformed { at: self.at, expected }
    }

    #[inline]
    pub(crate) fn byte(&mut self, expected: &'static str) -> Read<u8> {
        let (&byte, rest) = self.rest.split_first().ok_or(self.malformed(expected))?;
        self.rest = rest;
        self.at += 1;
        Ok(byte)
    }

    #[inline]
    pub(crate) fn number(&mut self, expected: &'static str) -> Read<u64> {
        let (value, length) = varint::take(self.rest).ok_or(self.malformed(expected))?;
        self.rest = self.rest.get(length..).unwrap_or_default();
        self.at += length;
        Ok(value)
    }

    #[inline]
    pub(crate) fn number_u32(&mut self, expected: &'static str) -> Read<u32> {
        let malformed = self.malformed(expected);
        self.number(expected)?.try_into().map_err(|_| malformed)
    }

    pub(crate) fn bytes(&mut self, length: usize, expected: &'static str) -> Read<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(self.malformed(expected))?;
        self.rest = rest;
        self.at += length;
        Ok(taken)
    }

    /// A stretch with its length in front, as a cursor of its own that keeps telling places in the payload.
    pub(crate) fn prefixed(&mut self, expected: &'static str) -> Read<Cursor<'a>> {
        let malformed = self.malformed(expected);
        let length = self.number(expected)?;
        let length = usize::try_from(length).map_err(|_| malformed)?;
        let at = self.at;
        Ok(Cursor { rest: self.bytes(length, expected)?, at })
    }

    /// A field that an older minor did not write reads as zero.
    pub(crate) fn later_number(&mut self, expected: &'static str) -> Read<u64> {
        if self.is_empty() { Ok(0) } else { self.number(expected) }
    }

    /// As [`Cursor::later_number`], for fields of 32 bits.
    pub(crate) fn later_u32(&mut self, expected: &'static str) -> Read<u32> {
        if self.is_empty() { Ok(0) } else { self.number_u32(expected) }
    }
}
