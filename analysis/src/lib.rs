//! The engine of Poolscope: bytes of dump files in, plain answers in the words of the screen out.
//!
//! ```text
//! bytes → formats → model → analyses → session (query/answer) → app | cli
//! ```
//!
//! Pure and WASM-safe: no clock, no files, no threads, no DOM. A parser never panics and keeps what
//! it could read.

pub mod aging;
pub mod bundle;
pub mod call_tree;
pub mod capture;
pub mod census;
pub mod clock;
pub mod collector;
pub mod edges;
pub mod escapes;
pub mod export;
pub mod filter;
pub mod findings;
pub mod formats;
pub mod groups;
pub mod growth;
pub mod handed;
pub mod heap_rows;
pub mod holders;
pub mod layout;
pub mod lens;
pub mod lifecycle;
pub mod limits;
pub mod link;
pub mod linked;
pub mod markup;
pub mod measurement;
pub mod memory_map;
pub mod model;
pub mod note_list;
pub mod order;
pub mod pattern;
pub mod pools;
pub mod projection;
pub mod query;
pub mod report;
pub mod selection;
pub mod series;
pub mod session;
pub mod share;
pub mod sites;
pub mod stats;
pub mod timeline;
pub mod top;
pub mod trace_digest;
pub mod trace_profile;
pub mod trace_summary;
pub mod trace_tables;
pub mod waits;
pub mod words;
