//! What an execution trace says in sum: as much of it as other files are compared with.

use crate::model::unit::Nanos;

/// A trace in sum.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TraceDigest {
    /// Wall-clock time of its beginning, if it tells (Go 1.25 and later).
    pub begin: Option<Nanos>,
}
