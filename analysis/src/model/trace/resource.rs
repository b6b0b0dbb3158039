//! Goroutines, processors, threads and tasks: the program's own numbers, and rows for them that columns can hold.

use std::fmt;
use std::num::NonZeroU32;

use super::recent::Recent;
use crate::model::intern::{Index, hash_of};

macro_rules! resources {
    ($($(#[$doc:meta])* $table:ident $row:ident $rowdoc:literal $id:ident $iddoc:literal)*) => {$(
        #[doc = $iddoc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $id(pub u64);

        #[doc = $rowdoc]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $row(NonZeroU32);

        impl $row {
            /// The row in its table, from 0.
            pub fn index(self) -> usize {
                self.0.get() as usize - 1
            }

            /// One more than the row is held, so that none takes no room of its own.
            #[inline]
            pub(super) const fn from_word(word: u32) -> Self {
                Self(NonZeroU32::MIN.saturating_add(word))
            }
        }

        impl fmt::Debug for $row {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($row), "({})"), self.index())
            }
        }

        $(#[$doc])*
        #[derive(Clone, Default)]
        pub struct $table {
            ids: Vec<$id>,
            index: Index,
            recent: Recent,
        }

        impl $table {
            /// The row of `id`, which is added when it is new.
            #[inline]
            pub fn intern(&mut self, id: $id) -> $row {
                if let Some(row) = self.look_up(id) {
                    return row;
                }
                let row = self.ids.len();
                self.ids.push(id);
                self.index.insert(hash_of(&id), row);
                $row::from_word(row as u32)
            }

            /// The row of `id` if it is there; remembers it for the next time.
            #[inline]
            pub fn look_up(&mut self, id: $id) -> Option<$row> {
                if let Some(row) = self.recent.find(id.0) {
                    return Some($row::from_word(row));
                }
                let row = self.find(id)?;
                self.recent.note(id.0, row.index() as u32);
                Some(row)
            }

            /// The row of `id` if it is there.
            pub fn find(&self, id: $id) -> Option<$row> {
                self.index.find(hash_of(&id), |row| self.ids.get(row) == Some(&id)).map(|row| $row::from_word(row as u32))
            }

            /// The program's number for `row`; `None` for a row of another table.
            pub fn id(&self, row: $row) -> Option<$id> {
                self.ids.get(row.index()).copied()
            }

            /// The row at a place, counted from 0.
            pub fn at(&self, place: usize) -> Option<$row> {
                (place < self.ids.len()).then_some($row::from_word(place as u32))
            }

            /// How many there are.
            pub fn len(&self) -> usize {
                self.ids.len()
            }

            /// Whether there are none.
            pub fn is_empty(&self) -> bool {
                self.ids.is_empty()
            }

            /// Every row with the program's number, in the order they first came.
            pub fn iter(&self) -> impl ExactSizeIterator<Item = ($row, $id)> {
                self.ids.iter().enumerate().map(|(row, &id)| ($row::from_word(row as u32), id))
            }
        }
    )*};
}

resources! {
    /// Every goroutine that the trace names.
    Goroutines Goroutine "A goroutine's row in [`Goroutines`]." GoId "The program's number of a goroutine."
    /// Every processor that the trace names.
    Procs Proc "A processor's row in [`Procs`]." ProcId "The program's number of a processor (P)."
    /// Every thread that the trace names.
    Threads Thread "A thread's row in [`Threads`]." ThreadId "The system's number of a thread (M)."
    /// Every user task that the trace names; number 0 is the background task.
    Tasks Task "A task's row in [`Tasks`]." TaskId "The program's number of a task."
}
