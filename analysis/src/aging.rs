//! How old and how large a node's objects are, and where that goes over the snapshots.

use crate::growth::{Growth, Scope};
use crate::projection::NodeId;
use crate::stats::{Trend, trend};

/// A quantity over the snapshots that are measurements of their own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Course {
    /// Seconds since the first snapshot.
    pub at_seconds: Vec<f64>,
    /// What it was.
    pub values: Vec<f64>,
}

impl Course {
    fn push(&mut self, at_seconds: f64, value: f64) {
        self.at_seconds.push(at_seconds);
        self.values.push(value);
    }

    /// The last value.
    pub fn last(&self) -> Option<f64> {
        self.values.last().copied()
    }

    /// Change per second, and how steady it is; `None` for fewer than two values.
    pub fn trend(&self) -> Option<Trend> {
        trend(&self.at_seconds, &self.values)
    }

    /// From the first value to the last, relative to the larger; `None` for fewer than two values.
    pub fn drift(&self) -> Option<f64> {
        let (first, last) = (*self.values.first()?, self.last()?);
        (self.values.len() > 1 && first.max(last) > 0.0).then(|| (last - first) / first.max(last))
    }
}

impl Growth {
    /// Mean age in seconds of what is in use, by snapshot: Little's law says that it is what is in use over the rate of
    /// allocation. The rate is one for the whole series, the median of all pairs: a heap profile lags by up to two
    /// collections, so that the rate between two neighbours can be off by any factor. Empty without times, and where
    /// nothing is allocated.
    pub fn mean_ages(&self, node: NodeId, scope: Scope) -> Course {
        let mut ages = Course::default();
        let Some(heap) = self.heap.filter(|_| self.series.has_times()) else { return ages };
        let rate = heap.alloc_space.and_then(|space| self.trend(node, space, scope)).map_or(0.0, |trend| trend.slope);
        for at in self.series.distinct() {
            if let Some(snapshot) = self.series.snapshots.get(at).filter(|_| rate > 0.0) {
                ages.push(snapshot.at_seconds, self.value(at, node, heap.inuse_space, scope) as f64 / rate);
            }
        }
        ages
    }

    /// Mean size in bytes of an object in use, by snapshot; nothing for a snapshot with none in use.
    pub fn mean_sizes(&self, node: NodeId, scope: Scope) -> Course {
        let mut sizes = Course::default();
        let Some(heap) = self.heap else { return sizes };
        for at in self.series.distinct() {
            let objects = self.value(at, node, heap.inuse_objects, scope);
            if let Some(snapshot) = self.series.snapshots.get(at).filter(|_| objects > 0) {
                sizes.push(snapshot.at_seconds, self.value(at, node, heap.inuse_space, scope) as f64 / objects as f64);
            }
        }
        sizes
    }
}
