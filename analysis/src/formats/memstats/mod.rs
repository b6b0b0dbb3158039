//! Memory statistics, whatever wrote them.

// The reader of heap profiles as text takes this away.
#[allow(dead_code)]
mod footer;
mod json;
mod jstat;
mod names;
mod pause_ring;
mod prometheus;
mod wall_clock;

#[allow(unused_imports)]
pub(super) use footer::Footer;
pub(super) use json::{JsonLines, looks_like, parse};
pub(super) use jstat::Jstat;
pub(super) use prometheus::Prometheus;
pub(super) use wall_clock::wall_time;
