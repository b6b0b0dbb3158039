//! How long objects stay in a state: quantiles, the curve of those still there, a histogram.

use serde::{Deserialize, Serialize};

use crate::lifecycle::{Dwell, State};

/// Time in one state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DwellCurve {
    /// Which.
    pub state: State,
    /// How many stays ended.
    pub ended: u64,
    /// How many had not ended with the record: right-censored.
    pub censored: u64,
    /// Half of all stays are no longer; `None` where the record ends before half had ended.
    pub p50_nanos: Option<u64>,
    /// 90 of 100.
    pub p90_nanos: Option<u64>,
    /// 99 of 100.
    pub p99_nanos: Option<u64>,
    /// Share that had not ended at the longest time seen.
    pub still_there: f64,
    /// Share that stays longer, by Kaplan and Meier, with its standard error.
    pub curve: Vec<CurvePoint>,
    /// How many stays of each length.
    pub histogram: Vec<LengthBar>,
}

/// A point of a curve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Length of time in nanoseconds.
    pub nanos: u64,
    /// Share that stays longer.
    pub share: f64,
    /// Standard error of that.
    pub error: f64,
    /// Censored since the point before: a mark on the curve when there are some.
    pub censored: u64,
}

/// Stays of about one length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LengthBar {
    /// From this length.
    pub from_nanos: u64,
    /// Below this.
    pub to_nanos: u64,
    /// How many ended.
    pub ended: u64,
    /// How many were censored.
    pub censored: u64,
}

/// Bars to a doubling of length: fine enough for a shape, coarse enough to have some height.
const BARS_PER_DOUBLING: f64 = 4.0;
/// A point of a curve is left out when the share moved by less than this.
const CURVE_STEP: f64 = 0.001;

/// A stay in words and lines.
pub fn curve(state: State, dwell: &Dwell) -> DwellCurve {
    let mut curve: Vec<CurvePoint> = Vec::new();
    let points = dwell.survival();
    let mut censored = 0;
    for (at, point) in points.iter().enumerate() {
        censored += point.censored;
        let is_last = at + 1 == points.len();
        let moved = curve.last().is_none_or(|last| last.share - point.share >= CURVE_STEP);
        if moved || is_last {
            curve.push(CurvePoint { nanos: point.nanos, share: point.share, error: point.error, censored });
            censored = 0;
        }
    }
    DwellCurve {
        state,
        ended: dwell.ended(),
        censored: dwell.censored(),
        p50_nanos: dwell.quantile(0.5),
        p90_nanos: dwell.quantile(0.9),
        p99_nanos: dwell.quantile(0.99),
        still_there: dwell.still_there(),
        curve,
        histogram: histogram(dwell),
    }
}

fn histogram(dwell: &Dwell) -> Vec<LengthBar> {
    let mut bars: Vec<LengthBar> = Vec::new();
    for bucket in &dwell.buckets {
        let bar = ((bucket.nanos.max(1) as f64).log2() * BARS_PER_DOUBLING).floor();
        let edge = |bar: f64| (bar / BARS_PER_DOUBLING).exp2() as u64;
        let (from_nanos, to_nanos) = (edge(bar), edge(bar + 1.0));
        match bars.last_mut().filter(|last| last.from_nanos == from_nanos) {
            Some(last) => {
                last.ended += bucket.ended;
                last.censored += bucket.censored;
            }
            None => {
                let (ended, censored) = (bucket.ended, bucket.censored);
                bars.push(LengthBar { from_nanos, to_nanos, ended, censored });
            }
        }
    }
    bars
}
