//! The way from a value to its columns.

use std::fmt;

use serde::ser::{self, Serialize};

use super::columns::{Columns, ROOT, parts_of, rounded};

/// What numbers of files become: they are rows of the sender's list, and others than in his session.
pub(super) type Renumber<'a> = &'a dyn Fn(u32) -> u32;

/// All digits of numbers with a fraction count.
pub(super) const ALL_DIGITS: i32 = 17;

/// A value as columns; of numbers with a fraction so many digits count.
pub(super) fn shred(value: &impl Serialize, renumber: Renumber<'_>, digits: i32) -> Result<Columns, ShredError> {
    let mut columns = Columns::new();
    value.serialize(Shredder { columns: &mut columns, node: ROOT, renumber, is_source: false, digits })?;
    Ok(columns)
}

/// A value that is no columns: a map, or a list that does not know its length.
#[derive(Debug)]
pub(super) struct ShredError(pub(super) String);

impl fmt::Display for ShredError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ShredError {}

impl ser::Error for ShredError {
    fn custom<T: fmt::Display>(words: T) -> Self {
        Self(words.to_string())
    }
}

struct Shredder<'a> {
    columns: &'a mut Columns,
    node: u32,
    renumber: Renumber<'a>,
    /// The number that follows is of a file.
    is_source: bool,
    digits: i32,
}

impl<'a> Shredder<'a> {
    fn below(&mut self, number: u32) -> Shredder<'_> {
        let node = self.columns.child(self.node, number);
        Shredder { columns: self.columns, node, renumber: self.renumber, is_source: false, digits: self.digits }
    }

    fn push(self, value: u64) -> Result<(), ShredError> {
        self.columns.push(self.node, value);
        Ok(())
    }

    fn variant(&mut self, name: &str) -> u32 {
        let row = self.columns.variant(name);
        self.columns.push(self.node, u64::from(row));
        row
    }

    fn fields(self) -> Fields<'a> {
        Fields { shredder: self, next: 0 }
    }
}

/// Things one behind the other, each at a place of its own; elements of a list at the same.
struct Fields<'a> {
    shredder: Shredder<'a>,
    next: u32,
}

impl Fields<'_> {
    fn add<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ShredError> {
        let number = self.next;
        self.next += 1;
        value.serialize(self.shredder.below(number))
    }
}

macro_rules! numbers {
    ($($method:ident $type:ty),*) => {$(
        fn $method(self, value: $type) -> Result<(), ShredError> {
            self.push(value as i64 as u64)
        }
    )*};
}

impl<'a> ser::Serializer for Shredder<'a> {
    type Ok = ();
    type Error = ShredError;
    type SerializeSeq = Elements<'a>;
    type SerializeTuple = Fields<'a>;
    type SerializeTupleStruct = Fields<'a>;
    type SerializeTupleVariant = Fields<'a>;
    type SerializeMap = ser::Impossible<(), ShredError>;
    type SerializeStruct = Fields<'a>;
    type SerializeStructVariant = Fields<'a>;

    numbers!(serialize_bool bool, serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64,
        serialize_u8 u8, serialize_u16 u16);

    fn serialize_u32(self, value: u32) -> Result<(), ShredError> {
        let value = if self.is_source { (self.renumber)(value) } else { value };
        self.push(u64::from(value))
    }

    fn serialize_u64(self, value: u64) -> Result<(), ShredError> {
        self.push(value)
    }

    fn serialize_f32(self, value: f32) -> Result<(), ShredError> {
        self.serialize_f64(f64::from(value))
    }

    fn serialize_f64(mut self, value: f64) -> Result<(), ShredError> {
        let (power, whole) = parts_of(rounded(value, self.digits));
        self.below(0).push(whole)?;
        self.push(power)
    }

    fn serialize_char(self, value: char) -> Result<(), ShredError> {
        self.push(u64::from(u32::from(value)))
    }

    fn serialize_str(self, value: &str) -> Result<(), ShredError> {
        let row = self.columns.text(value);
        self.push(u64::from(row))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), ShredError> {
        self.columns.bytes.extend_from_slice(value);
        self.push(value.len() as u64)
    }

    fn serialize_none(self) -> Result<(), ShredError> {
        self.push(0)
    }

    fn serialize_some<T: Serialize + ?Sized>(mut self, value: &T) -> Result<(), ShredError> {
        value.serialize(self.below(0))?;
        self.push(1)
    }

    fn serialize_unit(self) -> Result<(), ShredError> {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), ShredError> {
        Ok(())
    }

    fn serialize_unit_variant(mut self, _: &'static str, _: u32, name: &'static str) -> Result<(), ShredError> {
        self.variant(name);
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), ShredError> {
        self.is_source = name == SOURCE;
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        _: &'static str,
        _: u32,
        name: &'static str,
        value: &T,
    ) -> Result<(), ShredError> {
        let row = self.variant(name);
        value.serialize(self.below(row))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Elements<'a>, ShredError> {
        let length = length.ok_or_else(|| ShredError("a list without a length".to_owned()))?;
        self.columns.push(self.node, length as u64);
        Ok(Elements(self))
    }

    fn serialize_tuple(self, _: usize) -> Result<Fields<'a>, ShredError> {
        Ok(self.fields())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Fields<'a>, ShredError> {
        Ok(self.fields())
    }

    fn serialize_tuple_variant(
        mut self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Fields<'a>, ShredError> {
        let row = self.variant(name);
        self.node = self.columns.child(self.node, row);
        Ok(self.fields())
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, ShredError> {
        Err(ShredError("a map".to_owned()))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<'a>, ShredError> {
        Ok(self.fields())
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        at: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Fields<'a>, ShredError> {
        self.serialize_tuple_variant(name, at, variant, length)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// The name of the type of a file's number ([`crate::lens::SourceId`]).
pub(super) const SOURCE: &str = "SourceId";

/// Elements of a list.
struct Elements<'a>(Shredder<'a>);

impl ser::SerializeSeq for Elements<'_> {
    type Ok = ();
    type Error = ShredError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ShredError> {
        value.serialize(self.0.below(0))
    }

    fn end(self) -> Result<(), ShredError> {
        Ok(())
    }
}

macro_rules! fields {
    ($($trait:ident $method:ident),*) => {$(
        impl ser::$trait for Fields<'_> {
            type Ok = ();
            type Error = ShredError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ShredError> {
                self.add(value)
            }

            fn end(self) -> Result<(), ShredError> {
                Ok(())
            }
        }
    )*};
}

fields!(SerializeTuple serialize_element, SerializeTupleStruct serialize_field, SerializeTupleVariant serialize_field);

macro_rules! named_fields {
    ($($trait:ident),*) => {$(
        impl ser::$trait for Fields<'_> {
            type Ok = ();
            type Error = ShredError;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, value: &T) -> Result<(), ShredError> {
                self.add(value)
            }

            fn end(self) -> Result<(), ShredError> {
                Ok(())
            }
        }
    )*};
}

named_fields!(SerializeStruct, SerializeStructVariant);
