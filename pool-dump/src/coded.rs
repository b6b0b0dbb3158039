//! Enumerations that stand on the wire as a number, and keep a number that this version has no name for.

macro_rules! coded {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $code:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
            /// Of a newer minor: its number.
            Other(u64),
        }

        impl $name {
            /// All that have a name, in the order of their numbers.
            pub const ALL: &[$name] = &[$($name::$variant,)*];

            pub(crate) fn from_code(code: u64) -> Self {
                match code {
                    $($code => $name::$variant,)*
                    other => $name::Other(other),
                }
            }

            /// Its number on the wire.
            pub fn code(self) -> u64 {
                match self {
                    $($name::$variant => $code,)*
                    $name::Other(code) => code,
                }
            }
        }
    };
}

pub(crate) use coded;
