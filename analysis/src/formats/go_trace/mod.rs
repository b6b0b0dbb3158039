//! Go execution traces: the bytes of `runtime/trace` and of the flight recorder, Go 1.11 to 1.27.
//!
//! Since Go 1.22 a trace is a row of generations, each about a second long and complete in itself:
//!
//! ```text
//! bytes ─ batch ─▶ generations ─ tables ─▶ strings, stacks, samples, clock
//!                       │                            │
//!                       └─ frontier ─▶ next event of each thread ─ order ─▶ emit ─▶ model::trace::Trace
//! ```
//!
//! Before that it is one list of events with its tables at the end: [`v1`].
//!
//! The authority is the Go source: `internal/trace` reads, `runtime/trace*.go` writes. Events, their order and their
//! times are those of Go's own reader; where a trace is damaged, it stops and we keep what stands.

mod alloc_types;
mod batch;
mod emit;
mod fault;
mod frontier;
mod go_sort;
mod order;
mod pieces;
mod reader;
mod scan;
mod tables;
mod v1;
mod version;
mod wire;

pub use reader::{Follow, Reader, read, read_followed};
pub use scan::Scanner;

/// Whether `bytes` begin like a trace of any version, newer ones included.
pub fn looks_like(bytes: &[u8]) -> bool {
    version::looks_like(bytes)
}
