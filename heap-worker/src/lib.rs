//! What the page and the worker of profiles say to each other. The worker itself is the binary beside this library.

mod protocol;

pub use protocol::{FromHeap, ToHeap, What};
