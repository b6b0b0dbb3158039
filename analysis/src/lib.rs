//! The engine of Poolscope: bytes of dump files in, plain answers in the words of the screen out.
//!
//! ```text
//! bytes → formats → model → analyses → session (query/answer) → app | cli
//! ```
//!
//! Pure and WASM-safe: no clock, no files, no threads, no DOM. A parser never panics and keeps what
//! it could read.

pub mod filter;
pub mod findings;
pub mod formats;
pub mod lens;
pub mod measurement;
pub mod model;
pub mod pattern;
pub mod projection;
pub mod selection;
pub mod session;
pub mod top;
