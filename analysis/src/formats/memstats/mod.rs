//! Memory statistics, whatever wrote them.

mod footer;
mod json;
mod jstat;
mod names;
mod pause_ring;
mod prometheus;
mod wall_clock;

pub(super) use footer::Footer;
pub(super) use json::{JsonLines, looks_like, parse};
pub(super) use jstat::Jstat;
pub(super) use prometheus::Prometheus;
pub(super) use wall_clock::wall_time;
