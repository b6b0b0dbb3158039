//! Numbers with their intervals, and differences of them.

use serde::{Deserialize, Serialize};

use crate::stats::{Interval, Z95, interval, two_sided_p};

/// A number with its 95 % interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// What a mean of nothing seen may be at most: the upper end of a Poisson count of 0 (95 %, two-sided).
const NONE_SEEN: f64 = 3.689;

impl Estimate {
    /// A number that is known.
    pub fn exact(value: f64) -> Self {
        Self { value, low: value, high: value }
    }

    /// With a standard error.
    pub fn with_error(value: f64, error: f64) -> Self {
        Self { value, low: value - Z95 * error, high: value + Z95 * error }
    }

    /// A sum of what was sampled, with its variance; where nothing was, one sample stands for `one_sample`.
    pub fn sampled(value: f64, variance: f64, one_sample: f64) -> Self {
        if value <= 0.0 {
            return Self { value: 0.0, low: 0.0, high: NONE_SEEN * one_sample };
        }
        let Interval { low, high } = interval(value, variance);
        Self { value, low, high }
    }

    /// A part of a whole that was counted, 0 to 1 (Wilson 1927).
    pub fn share(part: f64, whole: f64) -> Option<Self> {
        if whole <= 0.0 {
            return None;
        }
        let (share, z2) = ((part / whole).clamp(0.0, 1.0), Z95 * Z95);
        let middle = (share + z2 / (2.0 * whole)) / (1.0 + z2 / whole);
        let half = Z95 / (1.0 + z2 / whole) * (share * (1.0 - share) / whole + z2 / (4.0 * whole * whole)).sqrt();
        Some(Self { value: share, low: (middle - half).max(0.0).min(share), high: (middle + half).min(1.0).max(share) })
    }

    /// In another unit.
    pub fn times(self, factor: f64) -> Self {
        Self { value: self.value * factor, low: self.low * factor, high: self.high * factor }
    }

    /// This less another, by their intervals (MOVER: Zou and Donner 2008), which need not be symmetric.
    pub fn less(self, other: Self) -> Self {
        let value = self.value - other.value;
        let below = (self.value - self.low).hypot(other.high - other.value);
        let above = (self.high - self.value).hypot(other.value - other.low);
        Self { value, low: value - below, high: value + above }
    }

    /// Of what is never negative.
    pub fn above_zero(self) -> Self {
        Self { value: self.value.max(0.0), low: self.low.max(0.0), high: self.high.max(0.0) }
    }

    /// Times a factor that is not negative.
    pub fn scaled(self, by: Self) -> Self {
        let value = self.value * by.value;
        let below = ((self.value - self.low) * by.value).hypot(self.value * (by.value - by.low));
        let above = ((self.high - self.value) * by.value).hypot(self.value * (by.high - by.value));
        Self { value, low: value - below, high: value + above }
    }

    /// The interval is not wider than this share of the number, to both sides together.
    pub fn is_within(self, share: f64) -> bool {
        self.value > 0.0 && self.high - self.low <= share * self.value
    }

    /// This by another that is not negative, by their intervals in proportion; `None` where the other may be nothing.
    pub fn per(self, other: Self) -> Option<Self> {
        if other.low <= 0.0 {
            return None;
        }
        let value = self.value / other.value;
        let below = ((self.value - self.low) / other.value).hypot(value.abs() * (other.high / other.value - 1.0));
        let above = ((self.high - self.value) / other.value).hypot(value.abs() * (1.0 - other.low / other.value));
        Some(Self { value, low: value - below, high: value + above })
    }

    /// Of a difference: the chance that so large a one comes of sampling alone.
    pub fn chance(self) -> f64 {
        let half = if self.value >= 0.0 { self.value - self.low } else { self.high - self.value };
        match (self.value == 0.0, half <= 0.0) {
            (true, _) => 1.0,
            (false, true) => 0.0,
            (false, false) => two_sided_p(self.value / half * Z95),
        }
    }
}

/// How many standard errors a 95 % interval has to each side where the error itself is estimated from `freedom` + 1 values
/// (Student's t).
pub(super) fn t95(freedom: usize) -> f64 {
    const FIRST: [f64; 10] = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];
    match freedom.checked_sub(1) {
        None => f64::INFINITY,
        // Beyond ten the series of Cornish and Fisher is exact to three digits.
        Some(at) => FIRST.get(at).copied().unwrap_or_else(|| {
            let (n, z) = (freedom as f64, Z95);
            z + (z.powi(3) + z) / (4.0 * n)
                + (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * n * n)
                + (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / (384.0 * n.powi(3))
        }),
    }
}

/// The mean of values that vary, with the error that this gives; `None` for fewer than two.
pub(super) fn mean(values: &[f64]) -> Option<Estimate> {
    let ones = vec![1.0; values.len()];
    ratio(values, &ones)
}

/// The sum of `parts` by the sum of `wholes`, with the error that the spread of the pairs gives; `None` for fewer than two.
pub(super) fn ratio(parts: &[f64], wholes: &[f64]) -> Option<Estimate> {
    let (part, whole): (f64, f64) = (parts.iter().sum(), wholes.iter().sum());
    let n = parts.len().min(wholes.len());
    if n < 2 || whole <= 0.0 {
        return None;
    }
    let value = part / whole;
    let deviations = parts.iter().zip(wholes).map(|(part, whole)| part - value * whole);
    let squares: f64 = deviations.map(|deviation| deviation * deviation).sum();
    let error = (squares * n as f64 / (n - 1) as f64).sqrt() / whole;
    Some(Estimate::with_error(value, error * t95(n - 1) / Z95))
}

/// The value that a share of all does not exceed, with the ranks that hold it with 95 % confidence.
pub(super) fn quantile(sorted: &[f64], share: f64) -> Option<Estimate> {
    let n = sorted.len() as f64;
    let at = |rank: f64| sorted.get((rank.ceil().clamp(1.0, n.max(1.0)) as usize).saturating_sub(1)).copied();
    let half = Z95 * (n * share * (1.0 - share)).sqrt();
    Some(Estimate { value: at(n * share)?, low: at(n * share - half)?, high: at(n * share + half + 1.0)? })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_difference_has_the_interval_of_both() {
        let d = Estimate::with_error(5.0, 3.0).less(Estimate::with_error(1.0, 4.0));
        assert!((d.value - 4.0).abs() < 1e-9 && (d.high - d.value - Z95 * 5.0).abs() < 1e-6, "{d:?}");
        assert!(d.chance() > 0.3 && Estimate::with_error(9.8, 5.0).chance() < 0.051);
        assert_eq!((Estimate::exact(0.0).chance(), Estimate::exact(1.0).chance()), (1.0, 0.0));
        // Nothing seen of one, so that the other must be some samples to differ.
        let none = Estimate::sampled(0.0, 0.0, 1.0);
        let seen = |count: f64| Estimate::sampled(count, count, 1.0).less(none).chance();
        assert!(seen(3.0) > 0.05 && seen(20.0) < 0.001, "{} {}", seen(3.0), seen(20.0));
    }

    #[test]
    fn shares_stay_within_nothing_and_all() {
        let share = Estimate::share(0.0, 10.0).unwrap();
        assert!(share.low == 0.0 && (share.high - 0.2775).abs() < 1e-3, "{share:?}");
        assert_eq!(Estimate::share(1.0, 0.0), None);
    }

    #[test]
    fn means_quantiles_and_student() {
        let found = mean(&[1.0, 2.0, 3.0, 4.0]).unwrap();
        assert!((found.value - 2.5).abs() < 1e-9 && (found.high - 2.5 - 3.182 * 0.645_497).abs() < 1e-3, "{found:?}");
        assert!((t95(11) - 2.201).abs() < 2e-3 && (t95(60) - 2.000).abs() < 1e-3);
        let values: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(quantile(&values, 0.5), Some(Estimate { value: 50.0, low: 41.0, high: 61.0 }));
        assert!(mean(&[1.0]).is_none() && quantile(&[], 0.5).is_none());
    }

    #[test]
    fn a_ratio_is_as_unsure_as_what_it_is_of() {
        let per = Estimate::with_error(10.0, 1.0).per(Estimate::with_error(5.0, 0.5)).unwrap();
        assert!(
            (per.value - 2.0).abs() < 1e-9 && (per.high - 2.0 - Z95 * 0.2 * f64::sqrt(2.0)).abs() < 0.01,
            "{per:?}"
        );
        assert_eq!(Estimate::exact(1.0).per(Estimate::with_error(1.0, 1.0)), None);
    }
}
