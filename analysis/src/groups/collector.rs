//! Cycles of the collector of a group. Cycles are compared by their number since the steady state began, never by the clock: a
//! program that ran longer has larger heaps late, and the other has no cycle to hold against them.

use super::estimate::{Estimate, mean, quantile, ratio, t95};
use super::measure::{Measure, Topic};
use super::{Difference, Group};
use crate::collector::readings_of;
use crate::lens::SourceId;
use crate::model::record::{GcCycle, GcLog, MemoryMeasure, Record, TraceDigest};
use crate::stats::Z95;

/// A cycle; what no file tells is `None`. Times in seconds, sizes in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Cycle {
    begin: f64,
    pub(super) pause: f64,
    at_trigger: Option<f64>,
    pub(super) live: Option<f64>,
    mark: Option<f64>,
    assist: Option<f64>,
    taken: Option<f64>,
}

impl Cycle {
    /// Processor time of marking for each MB live.
    pub(super) fn mark_per_mb(&self) -> Option<f64> {
        Some(self.mark? / (self.live.filter(|&live| live > 0.0)? / MEGABYTE))
    }
}

const MEGABYTE: f64 = 1_048_576.0;
const GIGABYTE: f64 = 1_073_741_824.0;

/// The collector of a group.
#[derive(Clone, Debug, Default)]
pub(super) struct Collector {
    /// The file whose cycles are aligned: the one with most.
    pub(super) source: SourceId,
    /// Sizes are multiples of this, rounded down.
    step: f64,
    /// Its cycles since the steady state began.
    pub(super) cycles: Vec<Cycle>,
    /// How many came before.
    pub(super) skipped: usize,
    /// Cycles of all files, and the seconds that they are of.
    count: f64,
    seconds: f64,
    /// Each stop of all files, in seconds; where only cycles are told, both stops of each together.
    stops: Vec<f64>,
    /// Bytes allocated in the same time.
    allocated: Option<f64>,
}

impl Collector {
    /// Of logs of cycles; where there are none, of traces; else of memory statistics, which tell no single cycle.
    pub(super) fn of(group: &Group<'_>) -> Option<Self> {
        let records = || group.session.records().filter(|(source, _)| group.has(source.id));
        let log = |(source, record): (&crate::session::Source, &Record)| {
            let log = record.gc_log().filter(|log| log.cycles.len() > 1)?;
            Some((source.id, log.cycles.iter().map(of_log).collect(), stops_of(log), log.size_step_bytes as f64))
        };
        let trace = |(source, record): (&crate::session::Source, &Record)| match record {
            Record::Trace(digest) if digest.cycles.len() > 1 => {
                let cycles = of_trace(digest);
                let stops = cycles.iter().map(|cycle| cycle.pause).collect();
                Some((source.id, cycles, stops, 0.0))
            }
            _ => None,
        };
        let logs: Vec<(SourceId, Vec<Cycle>, Vec<f64>, f64)> = records().filter_map(log).collect();
        let told = if logs.is_empty() { records().filter_map(trace).collect() } else { logs };
        let mut all = Self::default();
        for (source, cycles, stops, step) in told {
            let skipped = steady(&cycles);
            let own = cycles.get(skipped..).unwrap_or(&[]);
            if let (Some(first), Some(last)) = (own.first(), own.last()) {
                all.count += (own.len() - 1) as f64;
                all.seconds += (last.begin - first.begin).max(0.0);
            }
            all.stops.extend(stops);
            if own.len() > all.cycles.len() {
                (all.source, all.step, all.skipped, all.cycles) = (source, step, skipped, own.to_vec());
            }
        }
        crate::order::sort_by(&mut all.stops, f64::total_cmp);
        all.allocated = all.came();
        if all.count == 0.0 {
            all.count_readings(group);
        }
        (all.count > 0.0 && all.seconds > 0.0).then_some(all)
    }

    /// Bytes that came within the aligned cycles: what is there when one begins less what the one before left. Only of one
    /// file, as the seconds must be the same.
    fn came(&self) -> Option<f64> {
        let between = |pair: &[Cycle]| match pair {
            [before, after] => Some((after.at_trigger? - before.live?).max(0.0)),
            _ => None,
        };
        let own: f64 = self.cycles.windows(2).map(between).sum::<Option<f64>>()?;
        let counted = (self.cycles.len().saturating_sub(1)) as f64;
        (own > 0.0 && counted > 0.0).then(|| own * self.count / counted)
    }

    fn count_readings(&mut self, group: &Group<'_>) {
        for readings in readings_of(group.session, &|id| group.has(id)) {
            let rows = readings.last_process();
            let Some(cycles) = readings.change(&rows, MemoryMeasure::NumGc) else { continue };
            if cycles.delta() > self.count {
                (self.count, self.seconds) = (cycles.delta(), cycles.seconds);
                self.allocated = readings.change(&rows, MemoryMeasure::TotalAlloc).map(|change| change.delta());
                self.stops = readings.series.pauses.iter().map(|pause| pause.nanos as f64 / 1e9).collect();
                crate::order::sort_by(&mut self.stops, f64::total_cmp);
            }
        }
    }

    /// Cycles a second: as if each came by itself, which is too unsure rather than too sure.
    fn rate(&self) -> Estimate {
        Estimate::sampled(self.count, self.count, 1.0).times(1.0 / self.seconds)
    }

    fn per_gb(&self) -> Option<Estimate> {
        let allocated = self.allocated.filter(|&bytes| bytes > 0.0)?;
        Some(Estimate::sampled(self.count, self.count, 1.0).times(GIGABYTE / allocated))
    }
}

fn of_log(cycle: &GcCycle) -> Cycle {
    let seconds = |nanos: i64| nanos as f64 / 1e9;
    let marking = cycle.cpu.map(|cpu| [cpu.assist_nanos, cpu.worker_nanos, cpu.idle_nanos].map(seconds).iter().sum());
    Cycle {
        begin: seconds(cycle.begin_nanos),
        pause: seconds(cycle.pause_nanos()),
        at_trigger: cycle.heap_before.map(|bytes| bytes as f64),
        live: cycle.heap_live.or(cycle.heap_after).map(|bytes| bytes as f64),
        mark: marking,
        assist: cycle.cpu.map(|cpu| seconds(cpu.assist_nanos)),
        taken: cycle.cpu.map(|cpu| seconds(cpu.taken_nanos())),
    }
}

fn stops_of(log: &GcLog) -> Vec<f64> {
    log.pauses.iter().map(|pause| pause.nanos as f64 / 1e9).collect()
}

fn of_trace(digest: &TraceDigest) -> Vec<Cycle> {
    let cycles = digest.cycles.iter().map(|cycle| Cycle {
        begin: cycle.begin as f64 / 1e9,
        pause: cycle.pause_nanos as f64 / 1e9,
        at_trigger: cycle.heap_begin_bytes.map(|bytes| bytes as f64),
        live: cycle.live_bytes.map(|bytes| bytes as f64),
        ..Cycle::default()
    });
    cycles.collect()
}

/// Where the steady state begins: with the first cycle that begins at half of the median heap or more. Before, a program
/// fills its caches, and cycles are quick and many.
fn steady(cycles: &[Cycle]) -> usize {
    let mut heaps: Vec<f64> = cycles.iter().filter_map(|cycle| cycle.at_trigger).collect();
    crate::order::sort_by(&mut heaps, f64::total_cmp);
    let Some(&median) = heaps.get(heaps.len() / 2) else { return 0 };
    cycles.iter().position(|cycle| cycle.at_trigger.is_some_and(|bytes| bytes >= median / 2.0)).unwrap_or(0)
}

/// Bytes allocated a second, as memory statistics count them: those of the process that they tell of longest.
pub(super) fn allocation(group: &Group<'_>) -> Option<Estimate> {
    let told = readings_of(group.session, &|id| group.has(id));
    let changes =
        told.iter().filter_map(|readings| readings.change(&readings.last_process(), MemoryMeasure::TotalAlloc));
    let longest = changes.filter(|change| change.delta() > 0.0).max_by(|a, b| a.seconds.total_cmp(&b.seconds))?;
    Some(Estimate::exact(longest.rate()))
}

/// Measures of both.
pub(super) fn differences(before: &Collector, after: &Collector, into: &mut Vec<Difference>) {
    let mut add = |measure, a: Option<Estimate>, b: Option<Estimate>| {
        if let (Some(a), Some(b)) = (a, b) {
            into.push(Difference::new(Topic::Collector, measure, String::new(), Some(a), Some(b), None));
        }
    };
    let (a, b) = (before.rate(), after.rate());
    add(Measure::CyclesPerGb, before.per_gb(), after.per_gb());
    add(Measure::PauseMedian, quantile(&before.stops, 0.5), quantile(&after.stops, 0.5));
    if before.stops.len().min(after.stops.len()) >= 40 {
        add(Measure::PauseHigh, quantile(&before.stops, 0.9), quantile(&after.stops, 0.9));
    }
    // By phase: as many cycles of each as both have.
    let most = before.cycles.len().min(after.cycles.len());
    let (old, new) = (before.cycles.get(..most).unwrap_or(&[]), after.cycles.get(..most).unwrap_or(&[]));
    let both = |of: &dyn Fn(&[Cycle]) -> Option<Estimate>| (of(old), of(new));
    let mean_of = |value: fn(&Cycle) -> Option<f64>| both(&move |cycles| mean(&all(cycles, value)?));
    let ratio_of = |part: fn(&Cycle) -> Option<f64>, whole: fn(&Cycle) -> Option<f64>| {
        both(&move |cycles| ratio(&all(cycles, part)?, &all(cycles, whole)?))
    };
    let mut pair = |measure, (a, b): (Option<Estimate>, Option<Estimate>)| add(measure, a, b);
    pair(Measure::PausePerCycle, mean_of(|cycle| Some(cycle.pause)));
    pair(Measure::AssistShare, ratio_of(|cycle| cycle.assist, |cycle| cycle.taken));
    let rounded = |(a, b): (Option<Estimate>, Option<Estimate>)| (widened(a, before.step), widened(b, after.step));
    let live = rounded(mean_of(|cycle| cycle.live));
    // What is rounded to whole MB is no measure of a small heap.
    let is_large = |live: Option<Estimate>, step: f64| live.is_some_and(|live| live.value >= 4.0 * step);
    if is_large(live.0, before.step) && is_large(live.1, after.step) {
        pair(Measure::MarkPerMb, ratio_of(|cycle| cycle.mark, |cycle| Some(cycle.live? / MEGABYTE)));
    }
    pair(Measure::AtTrigger, rounded(mean_of(|cycle| cycle.at_trigger)));
    pair(Measure::Live, live);
    pair(Measure::LiveGrowth, both(&|cycles| per_cycle(&all(cycles, |cycle| cycle.live)?)));
    into.push(Difference::new(Topic::Collector, Measure::Cycles, String::new(), Some(a), Some(b), None));
}

/// Of sizes that were rounded down: half a step more, and half a step unsure.
fn widened(mean: Option<Estimate>, step: f64) -> Option<Estimate> {
    mean.map(|mean| Estimate { value: mean.value + step / 2.0, low: mean.low, high: mean.high + step })
}

/// A value of every cycle; `None` if one does not have it.
fn all(cycles: &[Cycle], value: fn(&Cycle) -> Option<f64>) -> Option<Vec<f64>> {
    cycles.iter().map(value).collect()
}

/// By how much values rise from one to the next (least squares).
fn per_cycle(values: &[f64]) -> Option<Estimate> {
    let n = values.len();
    let freedom = n.checked_sub(2).filter(|&freedom| freedom >= 2)?;
    let (middle, level) = ((n - 1) as f64 / 2.0, values.iter().sum::<f64>() / n as f64);
    let (mut sxx, mut sxy, mut syy) = (0.0, 0.0, 0.0);
    for (at, value) in values.iter().enumerate() {
        let (x, y) = (at as f64 - middle, value - level);
        (sxx, sxy, syy) = (sxx + x * x, sxy + x * y, syy + y * y);
    }
    let slope = sxy / sxx;
    let error = ((syy - slope * sxy).max(0.0) / freedom as f64 / sxx).sqrt();
    Some(Estimate::with_error(slope, error * t95(freedom) / Z95))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_steady_state_begins_at_half_of_the_usual_heap() {
        let cycle = |mb: f64| Cycle { at_trigger: Some(mb * MEGABYTE), ..Cycle::default() };
        let cycles: Vec<Cycle> = [3.0, 4.0, 6.0, 10.0, 11.0, 10.0, 12.0, 11.0].map(cycle).to_vec();
        assert_eq!((steady(&cycles), steady(&[])), (2, 0));
    }

    #[test]
    fn what_rises_from_cycle_to_cycle_does() {
        let rises = per_cycle(&[1.0, 2.1, 2.9, 4.0, 5.0]).unwrap();
        assert!(rises.low > 0.8 && rises.high < 1.2, "{rises:?}");
        assert_eq!(per_cycle(&[1.0, 2.0]), None);
    }
}
