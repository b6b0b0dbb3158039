//! Numbers that carry their unit.

use serde::{Deserialize, Serialize};

macro_rules! quantities {
    ($($(#[$doc:meta])* $name:ident($inner:ty) $from:ident $get:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name($inner);

        impl $name {
            /// From the plain number.
            pub const fn $from(value: $inner) -> Self {
                Self(value)
            }

            /// The plain number.
            pub const fn $get(self) -> $inner {
                self.0
            }
        }
    )*};
}

quantities! {
    /// A moment: nanoseconds since the Unix epoch.
    Nanos(i64) from_unix_nanos unix_nanos
    /// A length of time in nanoseconds.
    NanosDelta(i64) from_nanos nanos
    /// An amount of memory.
    Bytes(u64) from_bytes bytes
    /// A change of an amount of memory.
    BytesDelta(i64) from_bytes bytes
    /// How many there are.
    Count(u64) from_count count
}

impl core::ops::Sub for Nanos {
    type Output = NanosDelta;

    fn sub(self, earlier: Self) -> NanosDelta {
        NanosDelta(self.0.saturating_sub(earlier.0))
    }
}

/// The unit of a column of values, as far as the screen treats units differently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ValueUnit {
    /// Memory.
    Bytes,
    /// Time.
    Nanoseconds,
    /// A plain count, or a unit we do not scale.
    #[default]
    Count,
}

impl ValueUnit {
    /// From the unit a dump names (pprof's own spellings).
    pub fn from_name(name: &str) -> Self {
        match name {
            "bytes" | "byte" | "B" => Self::Bytes,
            "nanoseconds" | "nanosecond" | "ns" => Self::Nanoseconds,
            _ => Self::Count,
        }
    }
}
