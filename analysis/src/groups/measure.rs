//! What is compared: each measure with its name, its unit, and which way is worse.

use serde::{Deserialize, Serialize};

use super::estimate::Estimate;
use crate::words;

/// Which part of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// Functions that allocate.
    Sites,
    /// Pools.
    Pools,
    /// The collector.
    Collector,
    /// Goroutines, by the function that they began with.
    Goroutines,
    /// Waiting for locks and channels, by function.
    Waits,
}

/// In what a measure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    BytesPerSecond,
    PerSecond,
    Bytes,
    Share,
    /// Seconds.
    Time,
    /// Seconds a second.
    TimePerSecond,
    Count,
    BytesPerCycle,
    PerGigabyte,
    /// Seconds a MB.
    TimePerMegabyte,
}

/// Which way a measure is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worse {
    /// When it is more.
    Up,
    /// When it is less.
    Down,
    /// Neither way by itself.
    Neither,
}

macro_rules! measures {
    ($($(#[doc = $about:literal])+ $key:ident $name:literal $unit:ident $worse:ident $by_load:literal,)+) => {
        /// What is compared.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Measure {
            $($(#[doc = $about])+ $key,)+
        }

        impl Measure {
            /// What it is called.
            pub fn name(self) -> &'static str {
                match self { $(Self::$key => $name,)+ }
            }

            /// What it is and how it was computed.
            pub fn about(self) -> &'static str {
                match self { $(Self::$key => concat!($($about),+).trim_ascii(),)+ }
            }

            /// Which way is worse.
            pub fn worse(self) -> Worse {
                match self { $(Self::$key => Worse::$worse,)+ }
            }

            /// Whether it rises with the load by itself, so that it must differ for what is allocated too.
            pub(super) fn goes_with_load(self) -> bool {
                match self { $(Self::$key => $by_load,)+ }
            }

            fn unit(self) -> Unit {
                match self { $(Self::$key => Unit::$unit,)+ }
            }
        }
    };
}

measures! {
    /// Bytes in use that came to stay, a second: the slope over all snapshots, its interval by their scatter.
    Growth "growth" BytesPerSecond Up true,
    /// Bytes in use in the last snapshot; compared where there are too few snapshots for a slope.
    InUse "in use" Bytes Up false,
    /// Bytes allocated a second.
    AllocBytes "allocation" BytesPerSecond Up true,
    /// Objects allocated a second.
    AllocObjects "objects" PerSecond Up true,
    /// Mean size of an allocated object.
    MeanSize "mean size" Bytes Neither false,
    /// Objects that a pool had to make, a second.
    Misses "misses" PerSecond Up true,
    /// Share of gets that a pool served without making an object.
    HitRate "hit rate" Share Down false,
    /// Cycles of the collector a second. A smaller heap has more of them, and each costs less: neither is worse by itself.
    Cycles "cycles" PerSecond Neither true,
    /// Cycles for each GB that was allocated: free of the load.
    CyclesPerGb "cycles per GB allocated" PerGigabyte Neither false,
    /// Length of a stop: half are not longer.
    PauseMedian "pause, median" Time Up false,
    /// Length of a stop: nine of ten are not longer.
    PauseHigh "pause, 90 %" Time Up false,
    /// How long the program stood still for one cycle, on the mean.
    PausePerCycle "pause per cycle" Time Up false,
    /// Share of the collector’s processor time that goroutines had to give as help.
    AssistShare "assist share" Share Up false,
    /// Processor time of marking for each MB that was found live.
    MarkPerMb "mark CPU per MB live" TimePerMegabyte Up false,
    /// Bytes on the heap when a cycle began, on the mean of the cycles that both groups have.
    AtTrigger "heap at trigger" Bytes Neither false,
    /// Bytes found live, on the mean of the cycles that both groups have.
    Live "live after a cycle" Bytes Up false,
    /// By how much the live heap rose from cycle to cycle.
    LiveGrowth "live growth" BytesPerCycle Up false,
    /// How many goroutines there were.
    Goroutines "goroutines" Count Up false,
    /// By how many goroutines it rose a second.
    GoroutineGrowth "goroutine growth" PerSecond Up true,
    /// Time waited for mutexes a second, told at who held them.
    MutexDelay "mutex delay" TimePerSecond Up true,
    /// Time waited for locks and to send a second, told at who waited; waiting for work is not in it.
    BlockDelay "block delay" TimePerSecond Up true,
}

impl Measure {
    /// Whether it may be below nothing.
    pub(super) fn has_sign(self) -> bool {
        matches!(self, Self::Growth | Self::GoroutineGrowth | Self::LiveGrowth)
    }

    /// A value in words: `3.9 MB/s`.
    pub fn words(self, value: f64) -> String {
        let sign = if value < 0.0 { "−" } else { "" };
        let size = value.abs();
        let text = match self.unit() {
            Unit::BytesPerSecond => format!("{}/s", words::bytes(size as i64)),
            Unit::Bytes => words::bytes(size as i64),
            Unit::BytesPerCycle => format!("{} a cycle", words::bytes(size as i64)),
            Unit::PerSecond => format!("{}/s", plain(size)),
            Unit::PerGigabyte => format!("{}/GB", plain(size)),
            Unit::Share => words::percent(size),
            Unit::Count => plain(size),
            Unit::Time => time(size),
            Unit::TimePerSecond => format!("{}/s", time(size)),
            Unit::TimePerMegabyte => format!("{}/MB", time(size)),
        };
        // What is rounded to nothing has no sign.
        if text.starts_with(['0']) && !text.contains(['1', '2', '3', '4', '5', '6', '7', '8', '9']) {
            text
        } else {
            format!("{sign}{text}")
        }
    }

    /// With its interval: `3.9 MB/s (3.5–4.3)`; without where it is known.
    pub fn estimate_words(self, estimate: Estimate) -> String {
        match self.interval_words(estimate) {
            words if words.is_empty() => self.words(estimate.value),
            words => format!("{} ({words})", self.words(estimate.value)),
        }
    }

    /// The interval, with a unit where it is not that of the value: `3.5–4.3`; empty where the value is known.
    pub fn interval_words(self, estimate: Estimate) -> String {
        let [value, low, high] = [estimate.value, estimate.low, estimate.high].map(|value| self.words(value));
        let ((from, unit), (to, other)) = (number_and_unit(&low), number_and_unit(&high));
        let is_none = !from.contains(|digit: char| ('1'..='9').contains(&digit));
        if low == high {
            String::new()
        } else if unit == other || is_none {
            let from = if is_none { "0" } else { from };
            let to_word = if from.starts_with('−') || to.starts_with('−') { " to " } else { "–" };
            format!("{from}{to_word}{to}{}", if value.ends_with(other) { "" } else { other })
        } else {
            format!("{low} to {high}")
        }
    }
}

/// `3.9 MB/s` as `3.9` and ` MB/s`.
fn number_and_unit(words: &str) -> (&str, &str) {
    let is_unit = |letter: char| !letter.is_ascii_digit() && ![',', '.', '−'].contains(&letter);
    words.split_at(words.find(is_unit).unwrap_or(words.len()))
}

/// Three digits or so.
fn plain(value: f64) -> String {
    match value {
        v if v >= 100.0 || v.fract() == 0.0 => words::count(v.round() as i64),
        v if v >= 10.0 => format!("{v:.1}"),
        v if v >= 0.01 || v == 0.0 => format!("{v:.2}"),
        v => format!("{v:.4}"),
    }
}

/// Seconds in the unit that fits.
fn time(seconds: f64) -> String {
    match seconds {
        0.0 => "0 s".to_owned(),
        s if s < 1e-6 => format!("{:.0} ns", s * 1e9),
        s if s < 1e-3 => format!("{:.1} µs", s * 1e6),
        s if s < 1.0 => format!("{:.1} ms", s * 1e3),
        s => words::seconds(s),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_well() {
        assert_eq!(Measure::Growth.words(-2048.0), "−2.0 kB/s");
        assert_eq!(Measure::Growth.words(-0.2), "0 B/s");
        assert_eq!(Measure::PauseMedian.words(0.000_25), "250.0 µs");
        assert_eq!(Measure::HitRate.words(0.75), "75.0%");
        let estimate = Estimate { value: 12.5, low: 11.0, high: 14.0 };
        assert_eq!(Measure::Misses.estimate_words(estimate), "12.5/s (11–14)");
        let estimate = Estimate { value: 2e6, low: 9e5, high: 3e6 };
        assert_eq!(Measure::Growth.estimate_words(estimate), "1.9 MB/s (879 kB/s to 2.9 MB/s)");
        assert_eq!(Measure::Goroutines.estimate_words(Estimate::exact(7.0)), "7");
        let estimate = Estimate { value: 0.0, low: 0.0, high: 3000.0 };
        assert_eq!(Measure::Growth.estimate_words(estimate), "0 B/s (0–2.9 kB/s)");
        let estimate = Estimate { value: 2000.0, low: -2000.0, high: 6000.0 };
        assert_eq!(Measure::LiveGrowth.estimate_words(estimate), "2.0 kB a cycle (−2.0 to 5.9)");
    }
}
