//! The wire format of a native object pool's event trace, `.pooltrace`: what `poolscope-pool` records and the Poolscope
//! engine reads. Records, encode, decode; no clock, no file, no thread, so it runs in WASM.
//!
//! # Grammar
//!
//! A **dump** is one or more **sections**, one behind the other, each written by one process. All fixed numbers are
//! little-endian; a *number* is a LEB128 varint of at most 64 bits; a *delta* is a zigzag varint of a wrapping difference;
//! a *text* is a number of bytes and so many bytes of UTF-8.
//!
//! **Section**: a header of 16 bytes, then chunks.
//!
//! | bytes | header of a section |
//! |---|---|
//! | 8 | `89 50 4F 4F 4C 54 0D 0A` (`\x89POOLT\r\n`) |
//! | 2 + 2 | version: major, minor |
//! | 4 | CRC-32 of the twelve bytes before |
//!
//! **Chunk**: a header of 28 bytes, then a payload of at most 1 MiB. Writers close payloads at about 64 kB, which is what a
//! wrong byte can cost.
//!
//! | bytes | header of a chunk |
//! |---|---|
//! | 4 | `F5 50 43`, then the major version as one byte: known even where the section's header is lost |
//! | 4 | length of the payload |
//! | 4 | sequence: 0, 1, 2… within the section; a gap tells how many chunks are lost |
//! | 4 | kind |
//! | 4 | records in the payload; for events and live sets, events and objects |
//! | 4 | CRC-32 of the payload |
//! | 4 | CRC-32 of the 24 bytes before |
//!
//! The header has a checksum of its own, so that a wrong payload can be stepped over by its length and a wrong length is
//! never believed. After damage a reader looks for the next header that checks.
//!
//! **Payloads** of all kinds but events and live sets are records, each with its length in front (a number): a reader
//! steps over trailing fields that it does not know, and reads fields that an older minor did not write as zero.
//!
//! | kind | record |
//! |---|---|
//! | 1 process | pid, text program, text recorder |
//! | 2 clock | monotonic nanoseconds, zigzag wall nanoseconds since 1970 |
//! | 3 strings | id, text |
//! | 4 frames | id, function (string), file (string), line, column |
//! | 5 stacks | id, count, that many frames, the innermost first |
//! | 6 pools | id, name, type, tenant (strings), object bytes, capacity min, max, per shard, shards, retained bytes, purge interval, leak threshold (nanoseconds), leak rate, record rate, has reset, is bytes |
//! | 7 threads | id, name (string) |
//! | 8 events | see below |
//! | 9 live set | time, pool, total; then objects with their length in front: object, generation, state, since, bytes, stack, thread |
//! | 10 counters | time, pool, count, that many pairs of counter and count |
//! | 11 end | time, lost events of all threads |
//!
//! Ids of strings, frames and stacks start at 1; 0 is the empty string, no frame, no stack. An entry stands before all that
//! refers to it.
//!
//! **Events**: thread, events lost since this thread's batch before, base time, count of shapes, that many shapes (a byte of
//! kind below 128, a byte of field count); then events until the payload ends. An event is: a byte of kind, delta of time to
//! the event before (the first: to the base), pool, delta of object to the event before (the first: to 0), generation, and
//! as many numbers as the shape of its kind says. Time may go back. Kinds and fields: [`Action`], in order, from 1.
//!
//! # Versions
//!
//! 1.0 is the first. A newer minor adds chunk kinds, event kinds, trailing fields and codes, all of which an older reader
//! steps over or keeps as numbers. A newer major is refused with both versions named. A reader of a newer major must read
//! the older ones: a fixture of each version is kept for ever.
//!
//! # Why CRC-32
//!
//! It catches every single flipped byte and every burst up to 32 bits, `crc32fast` runs it at several GB/s with the
//! processor's own instructions behind a safe interface, and gzip brings that crate into every build of Poolscope anyway.
//!
//! # Reading
//!
//! [`Reader`] iterates over [`Item`]s: sections, records, and [`Damage`] with offsets. [`Batch::events`] unpacks events
//! as they are iterated. [`Writer`] has an example of both directions.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod batch;
mod chunk;
mod codec;
mod coded;
mod cursor;
mod damage;
mod event;
mod ids;
mod reader;
mod record;
mod varint;
mod version;
mod writer;

pub use batch::{BadEvent, Batch, Events};
pub use chunk::ChunkKind;
pub use damage::{Damage, DamageKind, Refused};
pub use event::{Action, DropReason, Event, EventBatch, Misuse, Tier};
pub use ids::{FrameId, Generation, Nanos, ObjectId, PoolId, StackId, StringId, ThreadId, WallNanos};
pub use reader::{Item, Reader, Section, is_dump};
pub use record::{
    ClockPair, Counter, Counters, End, Frame, LiveObject, LiveSet, LiveState, PoolInfo, Process, Record, ThreadInfo,
};
pub use version::Version;
pub use writer::Writer;
