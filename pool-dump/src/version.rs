//! The version of a dump, and which of them this crate reads.

use core::fmt;

/// Version of the format. A newer minor adds fields, event kinds and chunk kinds that an older reader skips; a newer
/// major changes what an older reader would misread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Changes with the layout of chunks or the meaning of known fields.
    pub major: u16,
    /// Changes with every addition.
    pub minor: u16,
}

impl Version {
    /// What [`crate::Writer`] writes, and the newest that [`crate::Reader`] knows all of.
    pub const CURRENT: Version = Version { major: 1, minor: 0 };

    /// Whether this crate reads it, perhaps without its newest additions.
    pub fn is_readable(self) -> bool {
        self.major == Self::CURRENT.major
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}
