//! Typed row numbers. An id is made only by its table; ids of the outside world (addresses, ids on
//! the wire) are other types. They are written down only together with their tables (`handed::Handed`).

use core::fmt;

use serde::{Deserialize, Serialize};

macro_rules! table_ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(u32);

        impl $name {
            /// The row in its table, from 0.
            pub fn index(self) -> usize {
                self.0 as usize
            }

            /// Only tables make ids. Rows past `u32::MAX` cannot exist: no input of that size is taken.
            pub(super) fn from_index(index: usize) -> Self {
                debug_assert!(index <= u32::MAX as usize);
                Self(index as u32)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    )*};
}

table_ids! {
    /// A string of a [`StringTable`](super::StringTable); row 0, the default, is the empty string of every table.
    StringId
    /// A function of a [`FunctionTable`](super::FunctionTable).
    FunctionId
    /// A mapped object (binary or library) of a [`MappingTable`](super::MappingTable).
    MappingId
    /// A location, that is one program counter with all its inlined lines, of a
    /// [`LocationTable`](super::LocationTable).
    LocationId
    /// A call stack of a [`StackTable`](super::StackTable).
    StackId
    /// A set of labels of a [`LabelSets`](super::LabelSets).
    LabelSetId
    /// A pool of a [`pool::History`](super::pool::History).
    PoolId
    /// A pooled object of a [`pool::History`](super::pool::History).
    ObjectId
}
