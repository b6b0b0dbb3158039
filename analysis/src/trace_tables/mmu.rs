//! Minimum mutator utilization: the least share of the processors that the program had in any window of a given length.
//! A port of Go's `MMUCurve` (internal/trace, gc.go).

use super::mutator_utilization::{Utilization, UtilizationChange};

/// Into so many bands a curve is divided (gc.go, `bandsPerSeries`).
const BANDS: usize = 1000;
/// The shortest window that is asked for: stops of the world are not much shorter.
const LEAST_WINDOW_NANOS: i64 = 1_000;

/// Answers for any length of window.
#[derive(Clone, Debug)]
pub struct MmuCurve {
    changes: Vec<UtilizationChange>,
    /// What was had before each change, in nanoseconds of all processors.
    sums: Vec<f64>,
    bands: Vec<Band>,
    band_nanos: i64,
}

/// The worst window of one length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MmuPoint {
    /// Length of the window.
    pub window_nanos: i64,
    /// Least share of the processors, from 0 to 1.
    pub share: f64,
    /// Where such a window begins.
    pub worst: i64,
}

#[derive(Clone, Copy, Debug)]
struct Band {
    /// Least share in it.
    least: f64,
    /// What was had up to its left edge.
    before: f64,
    /// Last change that is not after its left edge.
    at: usize,
}

impl MmuCurve {
    /// `None` for a trace, or a part of it, that says nothing or lasts no time.
    ///
    /// ```
    /// use analysis::trace_tables::{MmuCurve, Utilization, UtilizationChange};
    ///
    /// // Of 100 ns the world stood still for 10.
    /// let changes = [(0, 1.0), (40, 0.0), (50, 1.0), (100, 0.0)];
    /// let changes = changes.map(|(time, share)| UtilizationChange { time, share }).to_vec();
    /// let curve = MmuCurve::new(&Utilization { changes }).unwrap();
    /// assert_eq!((curve.mmu(10).share, curve.mmu(10).worst), (0.0, 40));
    /// assert_eq!(curve.mmu(20).share, 0.5);
    /// assert_eq!(curve.mmu(100).share, 0.9);
    /// ```
    pub fn new(utilization: &Utilization) -> Option<Self> {
        let changes = utilization.changes.clone();
        let nanos = changes.last()?.time.saturating_sub(changes.first()?.time);
        if nanos <= 0 {
            return None;
        }
        let mut sums = Vec::with_capacity(changes.len());
        let (mut sum, mut before) = (0.0, UtilizationChange { time: 0, share: 0.0 });
        for &change in &changes {
            sum += before.share * change.time.wrapping_sub(before.time) as f64;
            sums.push(sum);
            before = change;
        }
        let count = BANDS.min(changes.len());
        let band_nanos = ((nanos.saturating_add(count as i64 - 1)) / count as i64).max(1);
        let mut curve = Self { changes, sums, bands: Vec::with_capacity(count + 1), band_nanos };
        // One more than there are, to hold the last sum.
        let mut at = 0;
        for number in 0..=count {
            let (start, end) = curve.band_times(number);
            let before = curve.had_until(start, &mut at);
            let within = curve.changes.get(at..).unwrap_or(&[]).iter().take_while(|change| change.time < end);
            let least = within.fold(1.0_f64, |least, change| least.min(change.share));
            curve.bands.push(Band { least, before, at });
        }
        Some(curve)
    }

    /// How long it all lasts.
    pub fn nanos(&self) -> i64 {
        self.last().saturating_sub(self.first())
    }

    /// Windows of 1, 2 and 5 µs, ms and so on, and the whole at last.
    pub fn points(&self) -> Vec<MmuPoint> {
        let decades = (0..).map_while(|decade| LEAST_WINDOW_NANOS.checked_mul(10_i64.checked_pow(decade)?));
        let windows = decades.flat_map(|decade| [1, 2, 5].map(|step| decade.saturating_mul(step)));
        let shorter = windows.take_while(|&window| window < self.nanos());
        shorter.chain(std::iter::once(self.nanos())).map(|window| self.mmu(window)).collect()
    }

    /// The worst window of that length; one that is longer than the whole is the whole.
    pub fn mmu(&self, window_nanos: i64) -> MmuPoint {
        let mut worst = MmuPoint { window_nanos, share: 1.0, worst: self.first() };
        if window_nanos <= 0 {
            worst.share = 0.0;
            return worst;
        }
        let window = window_nanos.min(self.nanos());
        // From the band with the lowest bound on, until none that is left can be lower.
        let mut bounds = self.bounds(window);
        bounds.sort_by(|a, b| a.1.total_cmp(&b.1));
        for (band, bound) in bounds {
            if bound >= worst.share {
                break;
            }
            self.refine(band, window, &mut worst);
        }
        worst
    }

    /// Of each band, a share that no window beginning in it is below (gc.go, `mkBandUtil`): the least for bands that a
    /// window may cover in part, the mean for those that it covers whatever its place.
    fn bounds(&self, window: i64) -> Vec<(usize, f64)> {
        let whole = self.band_nanos;
        let fewest = (window.saturating_add(whole - 1) / whole) as usize;
        let most = (window.saturating_add(2 * (whole - 1)) / whole) as usize;
        let tail = (window % whole) as f64;
        let band = |number: usize| self.bands.get(number).copied().unwrap_or(Band { least: 0.0, before: 0.0, at: 0 });
        let bound = |number: usize| {
            let left = band(number).least;
            let (right, farther) = (band(number + fewest.max(1) - 1).least, band(number + most.max(1) - 1).least);
            let least = left.min(right.min(farther));
            // The worst window lies over the worst part as far as it can, and for the rest over the second worst.
            let mut had = if fewest <= 1 {
                least * window as f64
            } else {
                let second = if least == left {
                    right.min(farther)
                } else if least == right {
                    left.min(farther)
                } else {
                    left.min(right)
                };
                least * whole as f64 + second * tail
            };
            if fewest > 2 {
                had += band(number + fewest - 1).before - band(number + 1).before;
            }
            (number, had / window as f64)
        };
        (0..(self.bands.len() + 1).saturating_sub(most)).map(bound).collect()
    }

    /// Looks at every window that begins in the band and can be the worst (gc.go, `bandMMU`). The share of a sliding window
    /// is lowest where one of its edges meets a change.
    fn refine(&self, band: usize, window: i64, worst: &mut MmuPoint) {
        let (mut time, end) = self.band_times(band);
        let end = end.min(self.last().saturating_sub(window));
        let mut left = self.bands.get(band).map_or(0, |band| band.at);
        let mut right = left;
        loop {
            let had = self.had_until(time.saturating_add(window), &mut right) - self.had_until(time, &mut left);
            let share = had / window as f64;
            if share < worst.share {
                (worst.share, worst.worst) = (share, time);
            }
            if share == 0.0 || time == end {
                return;
            }
            // The share changes by at most 1 ÷ window, so that it cannot be lower before.
            let earliest = time.saturating_add(((share - worst.share) * window as f64) as i64);
            let next = self.next(time, left).min(self.next(time.saturating_add(window), right).saturating_sub(window));
            time = next.max(earliest).min(end);
        }
    }

    /// What was had from the beginning to `time`, which only rises; `at` follows it (gc.go, `integrator.advance`).
    fn had_until(&self, time: i64, at: &mut usize) -> f64 {
        let rest = self.changes.get(*at..).unwrap_or(&[]);
        // Mostly it is near.
        let ahead = match rest.get(8) {
            Some(change) if change.time > time => rest.iter().take_while(|change| change.time <= time).count(),
            _ => rest.partition_point(|change| change.time <= time),
        };
        *at = (*at + ahead).saturating_sub(1);
        let sum = self.sums.get(*at).copied().unwrap_or(0.0);
        match self.changes.get(*at) {
            Some(change) if change.time != time => sum + change.share * time.wrapping_sub(change.time) as f64,
            _ => sum,
        }
    }

    /// When the next change after `time` is.
    fn next(&self, time: i64, at: usize) -> i64 {
        let later = self.changes.get(at..).unwrap_or(&[]).iter().find(|change| change.time > time);
        later.map_or(i64::MAX, |change| change.time)
    }

    fn first(&self) -> i64 {
        self.changes.first().map_or(0, |change| change.time)
    }

    fn last(&self) -> i64 {
        self.changes.last().map_or(0, |change| change.time)
    }

    fn band_times(&self, number: usize) -> (i64, i64) {
        let start = (number as i64).saturating_mul(self.band_nanos).saturating_add(self.first());
        (start, start.saturating_add(self.band_nanos))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// More changes than bands, so that bounds decide which of them are looked at.
    fn utilization() -> Utilization {
        let (mut random, mut time) = (7_u64, 1_000);
        let mut changes = Vec::new();
        for _ in 0..5_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            time += 1 + (random >> 40) as i64 % 1_000;
            changes.push(UtilizationChange { time, share: ((random >> 20) % 5) as f64 / 4.0 });
        }
        changes.push(UtilizationChange { time: time + 5, share: 0.0 });
        Utilization { changes }
    }

    #[test]
    fn the_worst_window_is_the_worst_of_all_that_meet_a_change() {
        let utilization = utilization();
        let curve = MmuCurve::new(&utilization).unwrap();
        let had = |time: i64| curve.had_until(time, &mut 0);
        for window in [1, 7, 300, 1_000, 2_499, 2_500, 50_000, 1_000_000, curve.nanos()] {
            let (first, last) = (curve.first(), curve.last() - window);
            let edges = utilization.changes.iter().flat_map(|change| [change.time, change.time - window]);
            let shares =
                edges.map(|time| time.clamp(first, last)).map(|time| (had(time + window) - had(time)) / window as f64);
            let least = shares.fold(1.0, f64::min);
            let point = curve.mmu(window);
            assert!((point.share - least).abs() < 1e-9, "{window}: {} and not {least}", point.share);
            assert!((had(point.worst + window) - had(point.worst) - point.share * window as f64).abs() < 1e-3);
        }
    }

    #[test]
    fn a_part_is_cut_at_its_edges() {
        let changes = [(0, 1.0), (40, 0.5), (50, 1.0), (100, 0.0)];
        let all = Utilization { changes: changes.map(|(time, share)| UtilizationChange { time, share }).to_vec() };
        let part: Vec<_> = all.within(&(45..60)).changes.iter().map(|change| (change.time, change.share)).collect();
        assert_eq!(part, [(45, 0.5), (50, 1.0), (60, 0.0)]);
        assert_eq!(all.within(&(i64::MIN..i64::MAX)), all);
        assert!(all.within(&(100..200)).changes.is_empty());
        assert!(MmuCurve::new(&all.within(&(100..200))).is_none());
    }
}
