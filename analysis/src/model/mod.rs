//! What was read, as tables of columns with small typed ids. Imports nothing of ours.
//!
//! One [`Symbols`] serves a whole session, so that N snapshots share one stack table and a delta is
//! a subtraction of columns. A [`Profile`] holds only ids into it and numbers.

mod id;
mod intern;
mod label;
pub mod pool;
mod profile;
pub mod record;
mod stack_table;
mod string_table;
mod symbols;
pub mod trace;
mod unit;

pub use id::{FunctionId, LabelSetId, LocationId, MappingId, ObjectId, PoolId, StackId, StringId};
pub use label::{Label, LabelSets, LabelValue};
pub use profile::{Profile, ProfileKind, SampleType, TraceProfileKind};
pub use stack_table::StackTable;
pub use string_table::StringTable;
pub use symbols::{Function, FunctionTable, Line, Location, LocationTable, Mapping, MappingTable, Symbols};
pub use unit::{Bytes, BytesDelta, Count, Nanos, NanosDelta, ValueUnit};
