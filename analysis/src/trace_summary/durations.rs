//! Lengths of time, and their quantiles.

use serde::{Deserialize, Serialize};

/// Many lengths of time, four bytes each while they are short: regions come by the million.
#[derive(Clone, Debug, Default)]
pub struct Durations {
    short: Vec<u32>,
    long: Vec<i64>,
}

/// How lengths of time are distributed, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distribution {
    /// How many.
    pub count: usize,
    /// All together.
    pub total_ns: i64,
    /// Half are not longer (nearest rank).
    pub p50_ns: i64,
    /// 99 of 100 are not longer (nearest rank).
    pub p99_ns: i64,
    /// The longest.
    pub max_ns: i64,
}

impl Durations {
    /// Adds one.
    pub fn push(&mut self, nanos: i64) {
        match u32::try_from(nanos) {
            Ok(short) => self.short.push(short),
            Err(_) => self.long.push(nanos),
        }
    }

    /// Sums them up.
    pub fn distribution(mut self) -> Distribution {
        self.short.sort_unstable();
        self.long.sort_unstable();
        // A clock that went back gives lengths below 0, which are first.
        let below = self.long.partition_point(|&nanos| nanos < 0);
        let count = self.short.len() + self.long.len();
        let nth = |rank: usize| {
            let Some(rank) = rank.checked_sub(below) else { return self.long.get(rank).copied().unwrap_or(0) };
            match self.short.get(rank) {
                Some(&short) => i64::from(short),
                None => self.long.get(rank - self.short.len() + below).copied().unwrap_or(0),
            }
        };
        let nearest = |percent: usize| nth((count * percent).div_ceil(100).saturating_sub(1));
        Distribution {
            count,
            total_ns: self.short.iter().map(|&short| i64::from(short)).chain(self.long.iter().copied()).sum(),
            p50_ns: nearest(50),
            p99_ns: nearest(99),
            max_ns: nearest(100),
        }
    }
}

impl FromIterator<i64> for Durations {
    fn from_iter<I: IntoIterator<Item = i64>>(lengths: I) -> Self {
        let mut durations = Self::default();
        lengths.into_iter().for_each(|nanos| durations.push(nanos));
        durations
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_those_of_all_lengths_in_order() {
        let long = i64::from(u32::MAX) + 7;
        let got = [5, long, 1, -3, 4, 2, 3].into_iter().collect::<Durations>().distribution();
        assert_eq!((got.count, got.total_ns), (7, long + 12));
        assert_eq!((got.p50_ns, got.p99_ns, got.max_ns), (3, long, long));
        let hundred = (1..=200).collect::<Durations>().distribution();
        assert_eq!((hundred.p50_ns, hundred.p99_ns, hundred.max_ns), (100, 198, 200));
        assert_eq!(Durations::default().distribution(), Distribution::default());
    }
}
