//! A place in a slice of bytes that cannot leave it: varints and lengths of the protobuf wire format.

/// Reads forward through `bytes`.
#[derive(Clone)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// A read that could not be done, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) offset: usize,
    pub(super) what: What,
}

/// What was in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// The bytes end inside a value.
    Ends,
    /// A varint of more than 64 bits.
    LongVarint,
    /// A length that points past the end: how many bytes it declares, and how many are left.
    PastEnd { declared: u64, left: u64 },
    /// A wire type that protobuf does not have (any more), or a code that a trace has not at that place.
    WireType(u8),
    /// A length over what the format allows.
    TooLong { declared: u64, most: u64 },
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ends => f.write_str("the data ends inside a value"),
            Self::LongVarint => f.write_str("a number runs over 64 bits"),
            Self::PastEnd { declared, left } => {
                write!(f, "a length of {declared} bytes is declared where {left} are left")
            }
            Self::WireType(wire) => write!(f, "wire type {wire} does not exist in protobuf"),
            Self::TooLong { declared, most } => {
                write!(f, "a length of {declared} bytes is declared where the format allows {most}")
            }
        }
    }
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// How far it has read.
    pub(super) fn offset(&self) -> usize {
        self.at
    }

    /// One byte.
    #[inline]
    pub(super) fn byte(&mut self) -> Result<u8, Broken> {
        let Some(&byte) = self.bytes.get(self.at) else { return self.broken(What::Ends) };
        self.at += 1;
        Ok(byte)
    }

    fn broken<T>(&self, what: What) -> Result<T, Broken> {
        Err(Broken { offset: self.at, what })
    }

    /// One varint; as protobuf readers do, bits past the 64th of its tenth byte are an error.
    #[inline]
    pub(super) fn varint(&mut self) -> Result<u64, Broken> {
        let Some(&first) = self.bytes.get(self.at) else { return self.broken(What::Ends) };
        if first < 0x80 {
            self.at += 1;
            return Ok(u64::from(first));
        }
        self.long_varint()
    }

    fn long_varint(&mut self) -> Result<u64, Broken> {
        let mut value = 0_u64;
        for (count, &byte) in self.bytes.get(self.at..).unwrap_or(&[]).iter().take(10).enumerate() {
            if count == 9 && byte > 1 {
                return self.broken(What::LongVarint);
            }
            value |= u64::from(byte & 0x7f) << (7 * count);
            if byte < 0x80 {
                self.at += count + 1;
                return Ok(value);
            }
        }
        self.broken(What::Ends)
    }

    /// The bytes of a length-delimited value.
    #[inline]
    pub(super) fn delimited(&mut self) -> Result<&'a [u8], Broken> {
        let start = self.at;
        let declared = self.varint()?;
        let left = self.bytes.len() - self.at;
        let Some(bytes) = usize::try_from(declared).ok().and_then(|n| self.bytes.get(self.at..self.at.checked_add(n)?))
        else {
            self.at = start;
            return self.broken(What::PastEnd { declared, left: left as u64 });
        };
        self.at += bytes.len();
        Ok(bytes)
    }

    /// The next field of a message: its number and value; `None` at the end.
    #[inline]
    pub(super) fn field(&mut self) -> Result<Option<(u32, Value<'a>)>, Broken> {
        if self.is_at_end() {
            return Ok(None);
        }
        let start = self.at;
        let tag = self.varint()?;
        let number = (tag >> 3) as u32;
        let value = match (tag & 7) as u8 {
            0 => Value::Varint(self.varint()?),
            1 => self.fixed(8)?,
            2 => Value::Bytes(self.delimited()?),
            5 => self.fixed(4)?,
            wire => return Err(Broken { offset: start, what: What::WireType(wire) }),
        };
        Ok(Some((number, value)))
    }

    fn fixed(&mut self, size: usize) -> Result<Value<'a>, Broken> {
        if self.bytes.len() - self.at < size {
            return self.broken(What::Ends);
        }
        self.at += size;
        Ok(Value::Fixed)
    }
}

/// The value of a field as it lies on the wire.
#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    /// Fixed-width numbers: no field of profile.proto is one, so they are skipped.
    Fixed,
}

impl Value<'_> {
    /// The number, or 0 for a value that is none: as protobuf readers skip a field of the wrong type.
    pub(super) fn number(self) -> u64 {
        match self {
            Self::Varint(value) => value,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn varints_end_where_they_must() {
        assert_eq!(Cursor::new(&[0xff; 9]).varint().unwrap_err().what, What::Ends);
        assert_eq!(Cursor::new(&[0xff; 10]).varint().unwrap_err().what, What::LongVarint);
        let mut max = [0xff; 10];
        max[9] = 1;
        assert_eq!(Cursor::new(&max).varint().unwrap(), u64::MAX);
    }

    #[test]
    fn a_length_past_the_end_says_both_numbers() {
        let bytes = [0x80, 0x80, 0x80, 0x80, 0x08, 1, 2];
        let broken = Cursor::new(&bytes).delimited().unwrap_err();
        assert_eq!(broken.what, What::PastEnd { declared: 1 << 31, left: 2 });
        assert_eq!(broken.offset, 0);
    }
}
