//! An object pool that can be looked into: where each object is, who has it, since when, and what went wrong.
//!
//! [`Pool`] hands out objects from tiers like those of Go's `sync.Pool`: a private slot of each thread, shared queues that
//! threads steal from, and a victim generation that one purge fills and the next one drops. [`Pool::get`] gives a
//! [`Guard`] that puts the object back; [`Guard::detach`] and [`Pool::attach`] are the legal ways out and in; [`Ticket`]s
//! are for lifetimes without a scope, and misuse of one is found out and refused.
//!
//! A [`Recorder`] writes what all pools of the process do into a trace (`.pooltrace`) and heap profiles (`.pb.gz`) that
//! Poolscope opens; the profiles also open in any pprof tool. Faults of the recorder never end the program.
//!
//! # What it costs
//!
//! A get and a put that stay in the private slot run no locked instruction and take no lock: the thread owns its slot
//! by a lock that is biased to it, and a purge that visits pays for both sides by asking the kernel for a fence on all
//! processors (`membarrier`). The clock is read only for what is watched for leaks or recorded.
//!
//! Features, both off unless asked for: `metrics` sets gauges and counters of every pool through the facade of that name
//! once a second; `stacks` lets a pool walk whole stacks where it would know the call site alone.
//!
//! `examples/minimal.rs` is the least that a program needs; `examples/order_service.rs` is a small service with a switch
//! for each way to get pools wrong.
//!
//! # Caveats
//!
//! - A purge takes up to a microsecond for each thread that uses the pool, idle or not.
//! - A get of another thread does not see what lies in a private slot, up to eight objects a thread, unless the pool is
//!   bounded and has nothing else.
//! - Pools that are dropped while objects are out on tickets drop those objects.
//! - A child of `fork` that does not call `exec` must leave its parent's pools alone, as it must its locks.

// Objects are reached through pointers that move between threads' slots and queues without a reference count: that is
// what makes a get cheap. Every use says why it is sound.
#![allow(unsafe_code)]
#![deny(missing_docs, clippy::undocumented_unsafe_blocks)]

mod barrier;
mod biased;
mod builder;
mod bytes;
mod census;
mod clock;
mod contract;
mod core;
mod counts;
mod error;
mod get;
mod guard;
mod leak;
mod local;
#[cfg(feature = "metrics")]
mod metrics;
mod pool;
mod purge;
mod put;
mod quota;
mod record;
mod shard;
mod slot;
mod stack;
mod stats;
mod ticket;
mod upkeep;

pub use builder::Builder;
pub use bytes::{Band, Block, BytePool, BytePoolBuilder, ByteStats, Maintenance};
pub use contract::ObjectPool;
pub use error::{GetError, QuotaExceeded, TicketError};
pub use guard::Guard;
pub use leak::{LeakLevel, LeakReport, LeakedObject, log_and_dump};
pub use pool::Pool;
pub use purge::PurgePolicy;
pub use quota::{CgroupError, Quota, QuotaUse};
pub use record::{Dump, Fault, RecordError, Recorder, RecorderBuilder};
pub use stack::Place;
pub use stats::Stats;
pub use ticket::Ticket;
