//! More objects are allocated than freed, steadily: by the runtime's own counters, without sampling.

use super::{Said, Site, evidence, fact};
use crate::collector::Readings;
use crate::findings::{Checked, Context, Decidability, Finding, Rule, Severity};
use crate::model::record::MemoryMeasure as M;
use crate::stats::{Trend, slope_interval, trend};
use crate::words::{count, percent, seconds};

/// `pool-balance`
pub(super) struct PoolBalance;

impl Rule for PoolBalance {
    fn name(&self) -> &'static str {
        "pool-balance"
    }

    fn title(&self) -> &'static str {
        "Allocated less freed"
    }

    fn needs(&self) -> &'static str {
        "memory statistics of several cycles (runtime.MemStats)"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let t = context.thresholds;
        let longest = context.collector.readings.iter().filter_map(|readings| Some((readings, Window::of(readings)?)));
        let Some((readings, window)) = longest.max_by_key(|(_, window)| window.floors.len()) else {
            return Checked::NotCovered;
        };
        let (times, values): (Vec<f64>, Vec<f64>) = window.floors.iter().copied().unzip();
        let Some((trend, interval)) = trend(&times, &values).zip(slope_interval(&times, &values)) else {
            return Checked::NotCovered;
        };
        let grown = trend.slope * window.seconds / values.first().copied().unwrap_or(1.0).max(1.0);
        if interval.0 > 0.0 && trend.tau >= t.leak_min_tau && grown >= t.balance_min_growth {
            into.push(finding(readings, &window, trend, interval, grown));
        }
        Checked::Clear(format!("{}/s", count(trend.slope as i64)))
    }
}

/// The most that objects can have grown by in a second, by the counters' interval; `None` where they do not tell.
pub(in crate::findings) fn most_a_second(context: &Context<'_>) -> Option<f64> {
    let windows = context.collector.readings.iter().filter_map(Window::of);
    let window = windows.max_by_key(|window| window.floors.len())?;
    let (times, values): (Vec<f64>, Vec<f64>) = window.floors.iter().copied().unzip();
    Some(slope_interval(&times, &values)?.1)
}

/// Readings after the program has warmed up.
struct Window {
    seconds: f64,
    rows: usize,
    /// The fewest objects in each stretch of readings, with its time: what is there just after a cycle.
    floors: Vec<(f64, f64)>,
}

/// Readings below which the order of stretches says nothing.
const MIN_ROWS: usize = 16;
/// Stretches: few enough that each holds a cycle, enough for an interval.
const STRETCHES: usize = 8;

impl Window {
    fn of(readings: &Readings) -> Option<Self> {
        let rows = readings.last_process();
        // A quarter to warm up.
        let rows = rows.start + rows.len() / 4..rows.end;
        if rows.len() < MIN_ROWS {
            return None;
        }
        let live = |row: usize| {
            let objects = readings.series.at(row, M::Mallocs)? - readings.series.at(row, M::Frees)?;
            Some((readings.seconds.get(row).copied().flatten()?, objects))
        };
        let points: Vec<(f64, f64)> = rows.clone().filter_map(live).collect();
        let stretch = points.len().div_ceil(STRETCHES).max(1);
        let floors: Vec<(f64, f64)> = points
            .chunks(stretch)
            .filter_map(|points| points.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1)))
            .collect();
        let seconds = points.last()?.0 - points.first()?.0;
        (seconds > 0.0).then_some(Self { seconds, rows: points.len(), floors })
    }
}

fn finding(readings: &Readings, window: &Window, trend: Trend, (low, high): (f64, f64), grown: f64) -> Finding {
    let a_second = |rate: f64| format!("{}/s", count(rate as i64));
    Said {
        rule: "pool-balance",
        severity: Severity::L2,
        known: Decidability::Sampled,
        claim: format!(
            "More objects are allocated than freed: the fewest after collections rise by {} (95 % interval {} to {}).",
            a_second(trend.slope),
            a_second(low),
            a_second(high)
        ),
        detail: format!(
            "Mallocs less Frees of {} readings over {}, after the first quarter; the lowest of each stretch, since between \
             cycles what is dead counts too. They grew by {} within.",
            count(window.rows as i64),
            seconds(window.seconds),
            percent(grown)
        ),
        weight: trend.slope as i64,
        headline: format!("+{}", a_second(trend.slope)),
        site: Site::default(),
        evidence: vec![evidence(
            readings.sources.last().copied().unwrap_or_default(),
            "Objects over time".to_owned(),
            "objects",
        )],
        facts: vec![
            fact(a_second(trend.slope), "allocated and not freed"),
            fact(format!("{} to {}", a_second(low), a_second(high)), "95 % interval"),
            fact(seconds(window.seconds), "watched"),
        ],
        disproof: "A curve that flattens: caches and pools that fill up rise as well, and stop.",
        fix: "Find who keeps them: heap profiles from the beginning and the end of this time name the site.".to_owned(),
        next: "Two heap profiles, minutes apart.",
        command: "for i in 1 2; do curl -so heap.$i.pb.gz localhost:6060/debug/pprof/heap; sleep 120; done",
    }
    .finding()
}
