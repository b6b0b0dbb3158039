//! The worst windows of one length: each at another stretch of collecting.

use super::mmu::{MmuCurve, MmuPoint};
use super::mutator_utilization::{Utilization, UtilizationChange};

impl Utilization {
    /// At most `count` windows of a length with the least share of the processors, the worst first. After one is found,
    /// the whole stretch of collecting that it meets is left out, so that one long pause is told once. Windows in which
    /// the program had everything are not told.
    ///
    /// ```
    /// use analysis::trace_tables::{Utilization, UtilizationChange};
    ///
    /// // It stood still for 10 ns, and later had half for 10.
    /// let changes = [(0, 1.0), (40, 0.0), (50, 1.0), (70, 0.5), (80, 1.0), (100, 0.0)];
    /// let changes = changes.map(|(time, share)| UtilizationChange { time, share }).to_vec();
    /// let worst = Utilization { changes }.worst(10, 9);
    /// let told: Vec<_> = worst.iter().map(|window| (window.worst, window.share)).collect();
    /// assert_eq!(told, [(40, 0.0), (70, 0.5)]);
    /// ```
    pub fn worst(&self, window_nanos: i64, count: usize) -> Vec<MmuPoint> {
        let mut found = Vec::new();
        // Parts that are left, with the worst of each.
        let mut parts: Vec<(Self, MmuPoint)> = self.part(i64::MIN, i64::MAX, window_nanos).into_iter().collect();
        while found.len() < count {
            let least = parts.iter().enumerate().min_by(|(_, a), (_, b)| {
                let key = |part: &(Self, MmuPoint)| (part.1.share, part.1.worst);
                key(a).0.total_cmp(&key(b).0).then(key(a).1.cmp(&key(b).1))
            });
            let Some((at, _)) = least else { break };
            let (part, worst) = parts.swap_remove(at);
            if worst.share >= 1.0 {
                break;
            }
            found.push(worst);
            let (from, to) = part.stretch(worst.worst, worst.worst.saturating_add(window_nanos));
            parts.extend(part.part(i64::MIN, from, window_nanos));
            parts.extend(part.part(to, i64::MAX, window_nanos));
        }
        found
    }

    /// When the program had no processor for longest, and how long.
    pub fn longest_stop(&self) -> Option<(i64, i64)> {
        let mut longest = None;
        for two in self.changes.windows(2) {
            let nanos = two[1].time.saturating_sub(two[0].time);
            if two[0].share <= 0.0 && longest.is_none_or(|(_, most)| nanos > most) {
                longest = Some((two[0].time, nanos));
            }
        }
        longest
    }

    /// What is between two times, if the window fits in.
    fn part(&self, from: i64, to: i64, window_nanos: i64) -> Option<(Self, MmuPoint)> {
        let part = self.within(&(from..to));
        let curve = MmuCurve::new(&part).filter(|curve| curve.nanos() >= window_nanos)?;
        let worst = curve.mmu(window_nanos);
        Some((part, worst))
    }

    /// From before a window to after it, to where the program had everything.
    fn stretch(&self, from: i64, to: i64) -> (i64, i64) {
        let is_free = |change: &&UtilizationChange| change.share >= 1.0;
        let before = self.changes.partition_point(|change| change.time <= from);
        let held = self.changes.get(..before).unwrap_or(&[]);
        let start = match held.iter().rposition(|change| change.share >= 1.0) {
            // It had everything up to the window.
            Some(at) if at + 1 == held.len() => from,
            Some(at) => held.get(at + 1).map_or(from, |change| change.time),
            None => i64::MIN,
        };
        let after = self.changes.partition_point(|change| change.time <= to);
        let last = after.checked_sub(1).and_then(|at| self.changes.get(at));
        let end = match last.filter(is_free) {
            Some(_) => to,
            None => {
                self.changes.get(after..).unwrap_or(&[]).iter().find(is_free).map_or(i64::MAX, |change| change.time)
            }
        };
        (start, end)
    }
}
