//! How sure a sampled heap value is.
//!
//! Go samples allocations by a Poisson process over bytes: an object of `size` is taken with probability
//! `p = 1 − exp(−size / rate)`, and the profile's values are already divided by `p` (runtime/pprof/protomem.go,
//! `scaleHeapSample`). So a value tells how many samples stand behind it, and they tell its error.

/// A range that holds the true value with 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Two-sided 95 % quantile of the normal distribution.
pub(crate) const Z95: f64 = 1.959_964;

/// Variance of an estimated number of objects of `size_bytes` each, when every `rate_bytes` on average one is sampled.
/// A rate of 0 or 1 samples everything: no error.
pub fn object_variance(objects: f64, size_bytes: f64, rate_bytes: f64) -> f64 {
    if rate_bytes <= 1.0 || size_bytes <= 0.0 || objects <= 0.0 {
        return 0.0;
    }
    // k of N objects are seen, N is estimated as k / p: Var = N (1 − p) / p.
    let p = -(-size_bytes / rate_bytes).exp_m1();
    objects * (1.0 - p) / p
}

/// The 95 % interval of an estimate `value` with `variance`.
///
/// A weighted sum of Poisson counts is approximated by a scaled Gamma with the same mean and variance (Fay and Feuer
/// 1997), which stays above zero and is wide where few samples stand behind the value; its quantiles by
/// Wilson and Hilferty's cube root.
pub fn interval(value: f64, variance: f64) -> Interval {
    if variance <= 0.0 || value <= 0.0 {
        return Interval { low: value, high: value };
    }
    let samples = value * value / variance;
    let scale = variance / value;
    Interval { low: scale * gamma_quantile(samples, -Z95), high: scale * gamma_quantile(samples + 1.0, Z95) }
}

fn gamma_quantile(shape: f64, z: f64) -> f64 {
    let ninth = 1.0 / (9.0 * shape);
    shape * (1.0 - ninth + z * ninth.sqrt()).max(0.0).powi(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// xorshift: the same numbers in every run.
    struct Random(u64);

    impl Random {
        fn next(&mut self) -> f64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 >> 11) as f64 / (1_u64 << 53) as f64
        }
    }

    #[test]
    fn the_interval_holds_the_truth_nineteen_times_in_twenty() {
        let (rate, mut random) = (524_288.0, Random(88_172_645_463_325_252));
        for (objects, size) in [(2_000_u32, 4096.0_f64), (60_000, 1024.0), (300, 65536.0)] {
            let p = -(-size / rate).exp_m1();
            let held = (0..400)
                .filter(|_| {
                    let seen = (0..objects).filter(|_| random.next() < p).count() as f64;
                    let estimate = seen / p;
                    let interval = interval(estimate, object_variance(estimate, size, rate));
                    (interval.low..=interval.high).contains(&f64::from(objects))
                })
                .count();
            assert!((370..=399).contains(&held), "{objects} of {size} bytes: {held} of 400");
        }
    }

    #[test]
    fn known_poisson_bounds() {
        // Garwood's exact interval for 10 counts is 4.80 to 18.39.
        let found = interval(10.0, 10.0);
        assert!((found.low - 4.80).abs() < 0.05 && (found.high - 18.39).abs() < 0.05, "{found:?}");
    }

    #[test]
    fn a_rate_of_one_is_exact() {
        assert_eq!(object_variance(100.0, 48.0, 1.0), 0.0);
        assert_eq!(interval(100.0, 0.0), Interval { low: 100.0, high: 100.0 });
    }
}
