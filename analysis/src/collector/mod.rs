//! What logs of cycles and memory statistics say of a collector together: how often it runs and why, what it costs, how long
//! the program stands still, what the heap has in between.

mod pauses;
mod readings;
mod run;

pub use pauses::Pauses;
pub use readings::{Readings, readings, readings_of};
pub use run::{Forced, Run, runs};
