//! How snapshots of a group follow each other: runs of one process each, rates of what only rises, slopes of what may fall.

use super::estimate::{Estimate, t95};
use crate::series::{Note, Series, is_delta};
use crate::session::Session;
use crate::stats::Z95;

/// What a value is in one snapshot, and its variance.
pub(super) type At<'a> = &'a dyn Fn(usize) -> (f64, f64);

/// Snapshots in the order of time, apart by process.
#[derive(Clone, Debug, Default)]
pub(super) struct Course {
    /// Positions in the series with seconds since its first; a run ends where a process was restarted.
    pub(super) runs: Vec<Vec<(usize, f64)>>,
    /// Snapshots that are differences already, with the seconds that they are of.
    pub(super) deltas: Vec<(usize, f64)>,
}

/// Changes of fewer than this do not tell by themselves how much they vary.
const MIN_CHANGES: usize = 4;

impl Course {
    pub(super) fn of(session: &Session, series: &Series) -> Self {
        let mut course = Self::default();
        for at in series.distinct() {
            let Some(snapshot) = series.snapshots.get(at) else { continue };
            let profile = session.profile(snapshot.source).filter(|profile| is_delta(profile));
            if let Some(seconds) = profile.and_then(|profile| profile.duration) {
                course.deltas.push((at, seconds.nanos() as f64 / 1e9));
                continue;
            }
            let is_new = series.notes.contains(&Note::Restarted(snapshot.source));
            match course.runs.last_mut().filter(|_| !is_new) {
                Some(run) => run.push((at, snapshot.at_seconds)),
                None => course.runs.push(vec![(at, snapshot.at_seconds)]),
            }
        }
        if !series.has_times() {
            // Without times nothing can be said a second; the last snapshot of each run stands.
            course.runs.iter_mut().for_each(|run| drop(run.drain(..run.len().saturating_sub(1))));
        }
        course
    }

    /// Seconds that changes are known for.
    pub(super) fn seconds(&self) -> f64 {
        let runs = self.runs.iter().filter_map(|run| Some(run.last()?.1 - run.first()?.1));
        runs.chain(self.deltas.iter().map(|&(_, seconds)| seconds)).sum()
    }

    /// The last snapshot.
    pub(super) fn last(&self) -> Option<usize> {
        self.runs.iter().flatten().chain(&self.deltas).map(|&(at, _)| at).max()
    }

    /// What a counter rose by: one entry between two snapshots, with its variance and the seconds.
    fn changes(&self, at: At<'_>) -> Vec<(f64, f64, f64)> {
        let between = |pair: &[(usize, f64)]| {
            let [(a, from), (b, to)] = *pair else { return None };
            let ((before, known), (after, variance)) = (at(a), at(b));
            // The counter holds the earlier one's samples: only what came since is sampled anew.
            Some((after - before, (variance - known).max(0.0), to - from))
        };
        let runs = self.runs.iter().flat_map(|run| run.windows(2).filter_map(between));
        let deltas = self.deltas.iter().map(|&(snapshot, seconds)| {
            let (value, variance) = at(snapshot);
            (value, variance, seconds)
        });
        runs.chain(deltas).filter(|(.., seconds)| *seconds > 0.0).collect()
    }

    /// By what a counter rose a second. Its error is that of sampling, or of how much it varied from snapshot to snapshot,
    /// whichever is larger.
    pub(super) fn rate(&self, at: At<'_>, one_sample: f64) -> Option<Estimate> {
        let changes = self.changes(at);
        let seconds: f64 = changes.iter().map(|(.., seconds)| seconds).sum();
        if seconds <= 0.0 {
            return None;
        }
        let value = changes.iter().map(|(value, ..)| value).sum::<f64>() / seconds;
        let sampling = changes.iter().map(|(_, variance, _)| variance).sum::<f64>() / (seconds * seconds);
        let n = changes.len();
        let spread = if n < MIN_CHANGES {
            0.0
        } else {
            let squares: f64 = changes.iter().map(|(change, _, seconds)| (change - value * seconds).powi(2)).sum();
            squares / (seconds * seconds) * n as f64 / (n - 1) as f64 * (t95(n - 1) / Z95).powi(2)
        };
        Some(match spread > sampling && value > 0.0 {
            true => Estimate::with_error(value, spread.sqrt()).above_zero(),
            false => Estimate::sampled(value, sampling, one_sample / seconds),
        })
    }

    /// By what a level rose a second: the straight line through the snapshots of each run, one slope for all (least squares).
    /// Its error is that of the points' scatter about it; of too few points, that of sampling.
    pub(super) fn slope(&self, at: At<'_>, one_sample: f64) -> Option<Estimate> {
        if !self.deltas.is_empty() {
            return self.mean_change(at, one_sample);
        }
        let (mut sxx, mut sxy, mut syy, mut sampling) = (0.0, 0.0, 0.0, 0.0);
        let (mut points, mut runs, mut is_any) = (0, 0, false);
        for run in self.runs.iter().filter(|run| run.len() > 1) {
            let values: Vec<(f64, f64, f64)> = run.iter().map(|&(row, time)| (time, at(row).0, at(row).1)).collect();
            let n = values.len() as f64;
            let (time, level) = values.iter().fold((0.0, 0.0), |(t, y), value| (t + value.0 / n, y + value.1 / n));
            for (t, y, variance) in values {
                sxx += (t - time).powi(2);
                sxy += (t - time) * (y - level);
                syy += (y - level).powi(2);
                sampling += (t - time).powi(2) * variance;
                is_any |= y != 0.0;
            }
            (points, runs) = (points + run.len(), runs + 1);
        }
        let seconds = self.seconds();
        if sxx <= 0.0 || seconds <= 0.0 {
            return None;
        }
        let value = sxy / sxx;
        if !is_any || (value == 0.0 && syy == 0.0) {
            // What is less than a sample is not seen.
            return Some(Estimate::sampled(0.0, 0.0, one_sample / seconds));
        }
        let freedom = points - runs - 1;
        // What stays is sampled once and seen in every later snapshot, so that points scatter less than sampling errs.
        let own = value.abs() * one_sample / seconds;
        let variance = if freedom >= 2 {
            let scatter = (syy - value * sxy).max(0.0) / freedom as f64 / sxx * (t95(freedom) / Z95).powi(2);
            scatter.max(own)
        } else {
            (sampling / (sxx * sxx)).max(own)
        };
        Some(Estimate::with_error(value, variance.sqrt()))
    }

    /// The same of differences: what each says, by its seconds.
    fn mean_change(&self, at: At<'_>, one_sample: f64) -> Option<Estimate> {
        let changes = self.changes(at);
        let seconds: f64 = changes.iter().map(|(.., seconds)| seconds).sum();
        let value: f64 = changes.iter().map(|(value, ..)| value).sum();
        let variance: f64 = changes.iter().map(|(value, variance, _)| variance.max(value.abs() * one_sample)).sum();
        (seconds > 0.0).then(|| Estimate::with_error(value / seconds, variance.sqrt() / seconds))
    }

    /// The level in the middle of all snapshots; of a single one, as it is, with the error of sampling.
    pub(super) fn level(&self, at: At<'_>, one_sample: f64) -> Option<Estimate> {
        let values: Vec<f64> = self.runs.iter().flatten().map(|&(row, _)| at(row).0).collect();
        if let Some(mean) = super::estimate::mean(&values).filter(|_| values.len() >= 3) {
            return Some(Estimate { low: mean.low.max(0.0), ..mean });
        }
        let (value, variance) = at(self.last()?);
        Some(Estimate::sampled(value, variance, one_sample))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn course(times: &[f64]) -> Course {
        Course { runs: vec![times.iter().copied().enumerate().collect()], deltas: Vec::new() }
    }

    #[test]
    fn a_restart_is_no_fall() {
        // 10 a second in two processes, the second from 0 again.
        let runs = vec![vec![(0, 0.0), (1, 10.0)], vec![(2, 20.0), (3, 40.0)]];
        let course = Course { runs, deltas: Vec::new() };
        let counter = [100.0, 200.0, 0.0, 200.0];
        let rate = course.rate(&|at| (counter[at], 0.0), 0.0).unwrap();
        assert_eq!((rate.value, course.seconds()), (10.0, 30.0));
        let slope = course.slope(&|at| (counter[at], 0.0), 0.0).unwrap();
        assert!((slope.value - 10.0).abs() < 1e-9, "{slope:?}");
    }

    #[test]
    fn a_level_that_goes_up_and_down_has_no_sure_slope() {
        let values = [5.0, 9.0, 4.0, 8.0, 6.0];
        let slope = course(&[0.0, 1.0, 2.0, 3.0, 4.0]).slope(&|at| (values[at], 0.0), 1.0).unwrap();
        assert!(slope.low < 0.0 && slope.high > 0.0, "{slope:?}");
        let values = [5.0, 6.1, 6.9, 8.0, 9.0];
        let slope = course(&[0.0, 1.0, 2.0, 3.0, 4.0]).slope(&|at| (values[at], 0.0), 0.01).unwrap();
        assert!(slope.low > 0.85 && slope.high < 1.15, "{slope:?}");
    }

    #[test]
    fn a_rate_is_as_unsure_as_it_varies() {
        let counter = [0.0, 1.0, 20.0, 21.0, 22.0, 60.0];
        let rate = course(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]).rate(&|at| (counter[at], 0.0), 1.0).unwrap();
        assert!(rate.value == 12.0 && rate.low < 2.0 && rate.high > 22.0, "{rate:?}");
        assert_eq!(course(&[0.0]).rate(&|_| (1.0, 0.0), 1.0), None);
    }
}
