//! How what an event holds is written into its words. Reading is [`Event`](super::Event)'s matter.

use super::event_table::NONE;
use super::resource::{Goroutine, Proc, Task};
use super::state::{GoState, ProcState};
use crate::model::{StackId, StringId};

/// Something that fits into one word of an event.
pub trait Word {
    /// The word.
    fn word(self) -> u32;
}

macro_rules! rows {
    ($($row:ty)*) => {$(
        impl Word for $row {
            fn word(self) -> u32 {
                self.index() as u32
            }
        }

        impl Word for Option<$row> {
            fn word(self) -> u32 {
                self.map_or(NONE, Word::word)
            }
        }
    )*};
}

rows! { Goroutine Proc Task StackId StringId }

impl Word for (GoState, GoState) {
    fn word(self) -> u32 {
        (self.0 as u32) << 8 | self.1 as u32
    }
}

impl Word for (ProcState, ProcState) {
    fn word(self) -> u32 {
        (self.0 as u32) << 8 | self.1 as u32
    }
}
