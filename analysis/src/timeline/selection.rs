//! What of each anchor falls within a window.

use serde::{Deserialize, Serialize};

use super::annotations::PoolRole;
use super::evidence::EvidenceKind;
use super::intervals::{Intervals, OPEN, Spread};
use super::survey::Survey;
use super::window::Window;

/// Counts and lengths, one row an anchor.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Within {
    /// The world stood still.
    pub stops: Spread,
    /// Regions that tell of pools, in the order get, new, put, init.
    pub pools: [Spread; 4],
    /// Logs that tell of pools and stand in no region that tells the same, in the order of `pools`.
    pub logged: [u64; 4],
    /// Events inside Get and Put, in the order of [`EvidenceKind::ALL`].
    pub evidence: [Spread; 6],
    /// Goroutines that helped the collector.
    pub assists: Spread,
    /// Purges of all pools.
    pub purges: u64,
    /// Events of all kinds.
    pub events: u64,
}

const ROLES: [PoolRole; 4] = [PoolRole::Get, PoolRole::New, PoolRole::Put, PoolRole::Init];

/// What falls within `window`.
pub fn within(survey: &Survey, window: Window) -> Within {
    let stops = survey.collector.stops_in(window);
    let length = |begin: i64, end: i64| if end == OPEN { 0 } else { end - begin };
    let lengths = |intervals: &Intervals| -> Vec<i64> {
        intervals.in_window(window).filter(|interval| interval.end != OPEN).map(|i| i.end - i.begin).collect()
    };
    let evidence = &survey.evidence.all;
    let first = evidence.partition_point(|evidence| evidence.begin < window.start);
    let last = evidence.partition_point(|evidence| evidence.begin < window.end);
    let evidence = evidence.get(first..last).unwrap_or(&[]);
    Within {
        stops: Spread::of(stops.iter().map(|stop| length(stop.begin, stop.end)).collect()),
        pools: ROLES
            .map(|role| Spread::of(survey.annotations.of_role(role).flat_map(|kind| lengths(&kind.regions)).collect())),
        logged: ROLES.map(|role| survey.annotations.logged_in(role, window).len() as u64),
        evidence: EvidenceKind::ALL.map(|kind| {
            let of_kind = evidence.iter().filter(|evidence| evidence.kind == kind);
            Spread::of(of_kind.map(|evidence| length(evidence.begin, evidence.end)).collect())
        }),
        assists: Spread::of(lengths(&survey.collector.assists)),
        purges: stops.iter().filter(|stop| stop.kind == super::collector::StopKind::Purge).count() as u64,
        events: 0,
    }
}
