//! The way from columns to a value. What is made of hostile columns is bounded: every element of a list takes a number of some
//! column, and all memory asked for is counted.

use std::fmt;

use serde::de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer, Visitor};

use super::columns::{Columns, ROOT, of_parts};
use super::shred::{Renumber, SOURCE};

/// As much memory as it takes: for what was taken apart here.
pub(super) const ANY_MEMORY: usize = usize::MAX;

/// The value of columns, whose lists and texts take at most so much memory.
pub(super) fn unshred<T: DeserializeOwned>(
    columns: &Columns,
    renumber: Renumber<'_>,
    most_memory: usize,
) -> Result<T, UnshredError> {
    let at = vec![0; columns.columns.len()];
    let mut reader = Reader { columns, at, bytes: 0, taken: 0, left: most_memory, renumber };
    T::deserialize(Place { reader: &mut reader, node: Some(ROOT), is_source: false })
}

/// Columns that are not those of such a value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum UnshredError {
    /// Something is not there, or not what it should be.
    Damaged(String),
    /// It would take more memory than any analysis does.
    TooMuch,
}

impl fmt::Display for UnshredError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(words) => f.write_str(words),
            Self::TooMuch => f.write_str("too much memory"),
        }
    }
}

impl std::error::Error for UnshredError {}

impl de::Error for UnshredError {
    fn custom<T: fmt::Display>(words: T) -> Self {
        Self::Damaged(words.to_string())
    }
}

struct Reader<'a> {
    columns: &'a Columns,
    /// How far each column is read.
    at: Vec<usize>,
    /// How far the runs of bytes are.
    bytes: usize,
    /// Numbers read in all.
    taken: usize,
    /// Memory that may still be asked for.
    left: usize,
    renumber: Renumber<'a>,
}

impl Reader<'_> {
    fn take(&mut self, node: Option<u32>) -> Result<u64, UnshredError> {
        let missing = || UnshredError::Damaged("a column ends".to_owned());
        let node = node.ok_or_else(missing)? as usize;
        let at = self.at.get_mut(node).ok_or_else(missing)?;
        let value = self.columns.columns.get(node).and_then(|column| column.get(*at)).ok_or_else(missing)?;
        *at += 1;
        self.taken += 1;
        Ok(*value)
    }

    fn charge(&mut self, bytes: usize) -> Result<(), UnshredError> {
        self.left = self.left.checked_sub(bytes).ok_or(UnshredError::TooMuch)?;
        Ok(())
    }
}

/// A place of the value.
struct Place<'r, 'a> {
    reader: &'r mut Reader<'a>,
    /// `None` for what was not written.
    node: Option<u32>,
    is_source: bool,
}

impl<'a> Place<'_, 'a> {
    fn child(&self, number: u32) -> Option<u32> {
        self.reader.columns.find_child(self.node?, number)
    }

    fn below(&mut self, number: u32) -> Place<'_, 'a> {
        let node = self.child(number);
        Place { reader: self.reader, node, is_source: false }
    }

    fn text(&mut self) -> Result<&'a str, UnshredError> {
        let row = self.reader.take(self.node)?;
        let text = usize::try_from(row).ok().and_then(|row| self.reader.columns.texts.get(row));
        text.map(String::as_str).ok_or_else(|| UnshredError::Damaged("a text that is not there".to_owned()))
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $type:ty),*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, UnshredError> {
            let value = self.reader.take(self.node)? as i64;
            match <$type>::try_from(value) {
                Ok(value) => visitor.$visit(value),
                Err(_) => Err(UnshredError::Damaged("a number that is too large".to_owned())),
            }
        }
    )*};
}

impl<'de> de::Deserializer<'de> for Place<'_, '_> {
    type Error = UnshredError;

    numbers!(deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64, deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16);

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, UnshredError> {
        Err(UnshredError::Damaged("a value of no type".to_owned()))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, UnshredError> {
        match self.reader.take(self.node)? {
            0 => visitor.visit_bool(false),
            1 => visitor.visit_bool(true),
            _ => Err(UnshredError::Damaged("neither yes nor no".to_owned())),
        }
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, UnshredError> {
        let value = u32::try_from(self.reader.take(self.node)?);
        let value = value.map_err(|_| UnshredError::Damaged("a number that is too large".to_owned()))?;
        visitor.visit_u32(if self.is_source { (self.reader.renumber)(value) } else { value })
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, UnshredError> {
        let value = self.reader.take(self.node)?;
        visitor.visit_u64(value)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, UnshredError> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, UnshredError> {
        let power = self.reader.take(self.node)?;
        let below = self.below(0);
        let whole = below.reader.take(below.node)?;
        let value = of_parts(power, whole).ok_or_else(|| UnshredError::Damaged("no number".to_owned()))?;
        visitor.visit_f64(value)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, UnshredError> {
        let value = u32::try_from(self.reader.take(self.node)?).ok().and_then(char::from_u32);
        visitor.visit_char(value.ok_or_else(|| UnshredError::Damaged("no letter".to_owned()))?)
    }

    fn deserialize_str<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, UnshredError> {
        let text = self.text()?;
        self.reader.charge(text.len())?;
        visitor.visit_str(text)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, UnshredError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, UnshredError> {
        let length = usize::try_from(self.reader.take(self.node)?).unwrap_or(usize::MAX);
        let end = self.reader.bytes.checked_add(length);
        let run = end.and_then(|end| self.reader.columns.bytes.get(self.reader.bytes..end));
        let run = run.ok_or_else(|| UnshredError::Damaged("bytes are missing".to_owned()))?;
        self.reader.bytes += length;
        visitor.visit_bytes(run)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, UnshredError> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, UnshredError> {
        match self.reader.take(self.node)? {
            0 => visitor.visit_none(),
            _ => visitor.visit_some(self.below(0)),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, UnshredError> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, UnshredError> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, UnshredError> {
        self.is_source = name == SOURCE;
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, UnshredError> {
        let left = usize::try_from(self.reader.take(self.node)?).map_err(|_| UnshredError::TooMuch)?;
        visitor.visit_seq(Elements { place: self, left })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, UnshredError> {
        visitor.visit_seq(Fields { place: self, next: 0, end: length as u32 })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, UnshredError> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, UnshredError> {
        self.deserialize_any(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, UnshredError> {
        self.deserialize_tuple(fields.len(), visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, UnshredError> {
        visitor.visit_enum(self)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, UnshredError> {
        self.deserialize_any(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, UnshredError> {
        self.deserialize_any(visitor)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// Fields one behind the other: as many as were written.
struct Fields<'r, 'a> {
    place: Place<'r, 'a>,
    next: u32,
    end: u32,
}

impl<'de> de::SeqAccess<'de> for Fields<'_, '_> {
    type Error = UnshredError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, UnshredError> {
        if self.next >= self.end || self.place.child(self.next).is_none() {
            return Ok(None);
        }
        let number = self.next;
        self.next += 1;
        seed.deserialize(self.place.below(number)).map(Some)
    }
}

/// Elements of a list.
struct Elements<'r, 'a> {
    place: Place<'r, 'a>,
    left: usize,
}

impl<'de> de::SeqAccess<'de> for Elements<'_, '_> {
    type Error = UnshredError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, UnshredError> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        self.place.reader.charge(size_of::<T::Value>())?;
        let taken = self.place.reader.taken;
        let value = seed.deserialize(self.place.below(0))?;
        // A list of what is not written could be of any length.
        if self.place.reader.taken == taken { Err(UnshredError::TooMuch) } else { Ok(Some(value)) }
    }

    fn size_hint(&self) -> Option<usize> {
        // No room is made on a stranger's word.
        None
    }
}

impl<'de, 'r, 'a> de::EnumAccess<'de> for Place<'r, 'a> {
    type Error = UnshredError;
    type Variant = Place<'r, 'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(mut self, seed: V) -> Result<(V::Value, Self::Variant), UnshredError> {
        let row = self.reader.take(self.node)?;
        let name = usize::try_from(row).ok().and_then(|row| self.reader.columns.variants.get(row));
        let name = name.ok_or_else(|| UnshredError::Damaged("a text that is not there".to_owned()))?;
        let value = seed.deserialize(IntoDeserializer::<UnshredError>::into_deserializer(name.as_str()))?;
        self.node = self.child(row as u32);
        Ok((value, self))
    }
}

impl<'de> de::VariantAccess<'de> for Place<'_, '_> {
    type Error = UnshredError;

    fn unit_variant(self) -> Result<(), UnshredError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, UnshredError> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, UnshredError> {
        de::Deserializer::deserialize_tuple(self, length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, UnshredError> {
        de::Deserializer::deserialize_tuple(self, fields.len(), visitor)
    }
}
