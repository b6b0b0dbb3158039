//! A stretch of trace time, and how hands move it.

use serde::{Deserialize, Serialize};

/// Nothing is drawn wider: below, a pixel is less than a tenth of a nanosecond.
const NARROWEST_NANOS: i64 = 100;

/// From `start` up to, and without, `end`; nanoseconds of the trace's clock. Never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Its left edge.
    pub start: i64,
    /// Its right edge.
    pub end: i64,
}

impl Window {
    /// From one time to another, in whichever order they come.
    pub fn new(one: i64, other: i64) -> Self {
        let start = one.min(other);
        Self { start, end: one.max(other).max(start.saturating_add(1)) }
    }

    /// How long it is.
    pub fn nanos(self) -> i64 {
        self.end.saturating_sub(self.start).max(1)
    }

    /// The time at a share of its width.
    pub fn time_at(self, share: f64) -> i64 {
        self.start.saturating_add((self.nanos() as f64 * share).round() as i64)
    }

    /// Where `time` is, as a share of its width; outside of 0 to 1 for times outside.
    pub fn share_of(self, time: i64) -> f64 {
        time.saturating_sub(self.start) as f64 / self.nanos() as f64
    }

    /// Whether any of `other` is in it.
    pub fn meets(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// What both hold.
    pub fn shared(self, other: Self) -> Option<Self> {
        self.meets(other).then(|| Self::new(self.start.max(other.start), self.end.min(other.end)))
    }

    /// `factor` times as long, with the time at `share` kept where it is, inside `bounds`.
    pub fn zoomed(self, share: f64, factor: f64, bounds: Self) -> Self {
        let fixed = self.start as f64 + self.nanos() as f64 * share;
        let least = NARROWEST_NANOS.min(bounds.nanos()) as f64;
        let nanos = (self.nanos() as f64 * factor).clamp(least, bounds.nanos() as f64);
        let start = (fixed - nanos * share).round() as i64;
        Self { start, end: start + nanos.round().max(1.0) as i64 }.inside(bounds)
    }

    /// Moved by a share of its width, inside `bounds`.
    pub fn moved(self, shares: f64, bounds: Self) -> Self {
        let by = (self.nanos() as f64 * shares).round() as i64;
        Self { start: self.start.saturating_add(by), end: self.end.saturating_add(by) }.inside(bounds)
    }

    /// As long, or as `bounds` if that is shorter, and inside.
    pub fn inside(self, bounds: Self) -> Self {
        let nanos = self.nanos().min(bounds.nanos());
        let start = self.start.clamp(bounds.start, bounds.end - nanos);
        Self { start, end: start + nanos }
    }

    /// Around something, with room at both sides.
    pub fn around(start: i64, end: i64, bounds: Self) -> Self {
        let inner = Self::new(start, end);
        let room = (inner.nanos() / 2).max(NARROWEST_NANOS);
        Self { start: inner.start.saturating_sub(room), end: inner.end.saturating_add(room) }.inside(bounds)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn zooming_keeps_the_time_under_the_pointer() {
        let bounds = Window::new(1_000, 1_001_000);
        let near = bounds.zoomed(0.25, 0.5, bounds);
        assert_eq!((near.time_at(0.25), near.nanos()), (251_000, 500_000));
        assert_eq!(near.zoomed(0.25, 2.0, bounds), bounds);
        assert_eq!(near.zoomed(0.9, 1e-12, bounds).nanos(), NARROWEST_NANOS);
        assert_eq!(near.zoomed(0.9, 1e12, bounds), bounds);
    }

    #[test]
    fn it_stays_inside() {
        let bounds = Window::new(0, 1_000);
        let window = Window::new(900, 1_000);
        assert_eq!(window.moved(5.0, bounds), window);
        assert_eq!(window.moved(-50.0, bounds), Window::new(0, 100));
        assert_eq!(Window::around(990, 995, bounds).end, 1_000);
        assert_eq!(Window::new(5, 5).nanos(), 1);
    }
}
