//! One run of a program, as its log of cycles tells it, with what memory statistics add; or as they alone tell it.

use super::readings::by_name;
use super::{Pauses, Readings, readings};
use crate::lens::SourceId;
use crate::model::record::{GcCycle, GcLog, GcMachine, GcScope, MemoryMeasure as M, MemoryOrigin};
use crate::session::Session;
use crate::stats::median;
use crate::words::bytes;

/// What is known of a collector over one run. What no file tells is `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    /// Which of all runs, from 0.
    pub number: usize,
    /// The file that tells most of it.
    pub source: SourceId,
    /// Whose collector it is.
    pub machine: GcMachine,
    /// Which collector; empty for Go's.
    pub collector: String,
    /// Seconds that it is known for.
    pub seconds: f64,
    /// Cycles within.
    pub cycles: u64,
    /// Cycles a second.
    pub rate: f64,
    /// Of them those that the program asked for, and how regularly.
    pub forced: Option<Forced>,
    /// Share of all processors' time that it took, 0 to 1; workers on idle processors do not count.
    pub cpu_share: Option<f64>,
    /// The same of the time that processors were busy.
    pub busy_share: Option<f64>,
    /// Share of all processors' time that goroutines spent on helping it.
    pub assist_share: Option<f64>,
    /// The same of all that the collector took.
    pub assist_of_gc: Option<f64>,
    /// Bytes allocated a second.
    pub alloc_rate: Option<f64>,
    /// Bytes that cycles find in use, the median of the later half.
    pub live: Option<f64>,
    /// It is known in whole MiB only.
    pub is_live_rounded: bool,
    /// Bytes at which the next cycle is to end, the median of the later half.
    pub goal: Option<f64>,
    /// `GOGC`, in percent, where it is told.
    pub gogc: Option<f64>,
    /// `GOMEMLIMIT`, where it is told and set.
    pub limit: Option<f64>,
    /// How long the program stood still: each stop of a log; of statistics both stops of a cycle together.
    pub pauses: Pauses,
    /// Which cycle had the longest stop, where cycles are told one by one.
    pub longest_cycle: Option<u64>,
    /// Collections of all of the heap that stopped the program (Java), and seconds of them.
    pub full: Option<(u64, f64)>,
    /// Share of the heap's capacity that is in use after the last full collections, the median.
    pub full_after: Option<f64>,
    /// Threads that had to wait for memory (Java), and seconds of them.
    pub stalls: Option<(u64, f64)>,
}

/// Cycles that the program asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Forced {
    /// How many.
    pub count: u64,
    /// Median time between them, in nanoseconds; 0 for fewer than two.
    pub period_nanos: i64,
    /// Half of the distances deviate less than this share from it: near 0, a timer asks; infinite where single ones are
    /// not known.
    pub spread: f64,
}

/// All runs: one a log; where there is none, one of the statistics that tell most.
pub fn runs(session: &Session) -> Vec<Run> {
    let all = readings(session);
    let mut runs: Vec<Run> = Vec::new();
    for (source, record) in by_name(session) {
        if let Some(log) = record.gc_log().filter(|log| !log.cycles.is_empty()) {
            runs.push(of_log(source.id, log));
        }
    }
    for machine in [GcMachine::Go, GcMachine::Java] {
        let own = all
            .iter()
            .filter(|readings| (readings.series.origin == MemoryOrigin::Jstat) == (machine == GcMachine::Java));
        let mut told: Vec<Run> = own.map(of_readings).collect();
        // Most readings first: the others add what it does not tell.
        crate::order::sort_by(&mut told, |a, b| {
            (b.rate > 0.0).cmp(&(a.rate > 0.0)).then(b.seconds.total_cmp(&a.seconds))
        });
        let mut logs: Vec<&mut Run> = runs.iter_mut().filter(|run| run.machine == machine).collect();
        match logs.as_mut_slice() {
            // Whose statistics they are cannot be told where several ran.
            [_, _, ..] => {}
            [log] => told.iter().for_each(|run| log.add(run)),
            [] => {
                let mut told = told.into_iter();
                if let Some(mut best) = told.next() {
                    told.for_each(|run| best.add(&run));
                    runs.extend(Some(best).filter(|best| best.cycles > 0));
                }
            }
        }
    }
    for (number, run) in runs.iter_mut().enumerate() {
        run.number = number;
    }
    runs
}

/// From so many bytes on a whole number of MiB is exact enough.
const EXACT_ENOUGH: f64 = 4.0 * 1_048_576.0;

impl Run {
    /// Takes what another source of the same run knows better or alone.
    fn add(&mut self, other: &Self) {
        // Logs of Go tell sizes in whole MiB.
        self.alloc_rate = other.alloc_rate.or(self.alloc_rate);
        self.busy_share = self.busy_share.or(other.busy_share);
        self.cpu_share = self.cpu_share.or(other.cpu_share);
        self.assist_share = self.assist_share.or(other.assist_share);
        self.assist_of_gc = self.assist_of_gc.or(other.assist_of_gc);
        // What lives is no more than any of them says; a log of Go says it in whole MiB.
        self.live = match (self.live, other.live) {
            (Some(own), Some(more)) if !self.is_live_rounded => Some(own.min(more)),
            (Some(own), _) if own >= EXACT_ENOUGH => Some(own),
            (own, more) => more.or(own),
        };
        self.is_live_rounded &= other.live.is_none() || self.live >= Some(EXACT_ENOUGH);
        self.goal = self.goal.or(other.goal);
        self.gogc = self.gogc.or(other.gogc);
        self.limit = self.limit.or(other.limit);
        self.forced = self.forced.or(other.forced);
        if self.pauses.count() == 0 {
            self.pauses = other.pauses.clone();
        }
    }

    /// What stays in use, in words; logs of Go tell it in whole MiB.
    pub fn live_words(&self) -> Option<String> {
        let live = self.live?;
        Some(if self.is_live_rounded && live < 1.0 { "less than 1 MB".to_owned() } else { bytes(live as i64) })
    }

    /// Cycles a second that nobody asked for.
    pub fn own_rate(&self) -> f64 {
        let forced = self.forced.map_or(0, |forced| forced.count);
        self.rate * self.cycles.saturating_sub(forced) as f64 / self.cycles.max(1) as f64
    }
}

fn of_log(source: SourceId, log: &GcLog) -> Run {
    let (first, last) = (log.cycles.first(), log.cycles.last());
    let ends = first.zip(last).map_or((0, 0), |(first, last)| (first.begin_nanos, last.begin_nanos));
    let seconds = ends.1.saturating_sub(ends.0).max(0) as f64 / 1e9;
    let cycles = log.cycles.len() as u64;
    let sum = |of: fn(&GcCycle) -> Option<i64>| -> f64 {
        log.cycles.iter().filter_map(of).fold(0_i64, i64::saturating_add) as f64
    };
    let taken = sum(|cycle| Some(cycle.cpu?.taken_nanos()));
    let assist = sum(|cycle| Some(cycle.cpu?.assist_nanos));
    let has_cpu = log.machine == GcMachine::Go && seconds > 0.0 && log.cycles.iter().all(|cycle| cycle.cpu.is_some());
    let procs = f64::from(log.cycles.iter().filter_map(|cycle| cycle.procs).max().unwrap_or(1));
    let available = Some(procs * seconds * 1e9).filter(|_| has_cpu);
    let later = log.cycles.get(log.cycles.len() / 2..).unwrap_or(&[]);
    let median_of =
        |of: fn(&GcCycle) -> Option<u64>| median(later.iter().filter_map(of).map(|bytes| bytes as f64).collect());
    let full: Vec<&GcCycle> = log.cycles.iter().filter(|cycle| cycle.scope == GcScope::Full).collect();
    let after = |cycle: &&GcCycle| Some(cycle.heap_after? as f64 / cycle.heap_goal.filter(|&goal| goal > 0)? as f64);
    let total = |nanos: &mut dyn Iterator<Item = i64>| nanos.fold(0_i64, i64::saturating_add) as f64 / 1e9;
    let is_java = log.machine == GcMachine::Java;
    let longest = log.pauses.iter().max_by_key(|pause| pause.nanos).and_then(|pause| pause.cycle);
    Run {
        number: 0,
        source,
        machine: log.machine,
        collector: log.collector.clone(),
        seconds,
        cycles,
        rate: if seconds > 0.0 { (cycles - 1) as f64 / seconds } else { 0.0 },
        forced: Some(forced(log.cycles.iter().filter(|cycle| cycle.is_asked_for()).map(|cycle| cycle.begin_nanos))),
        cpu_share: available.map(|available| taken / available),
        busy_share: None,
        assist_share: available.map(|available| assist / available),
        assist_of_gc: available.filter(|_| taken > 0.0).map(|_| assist / taken),
        alloc_rate: alloc_rate(log, seconds),
        live: median_of(|cycle| cycle.heap_live),
        is_live_rounded: log.size_step_bytes >= 1 << 20,
        goal: median_of(|cycle| cycle.heap_goal),
        gogc: None,
        limit: None,
        pauses: Pauses::of(log.pauses.iter().map(|pause| pause.nanos).collect()),
        longest_cycle: longest.and_then(|row| Some(log.cycles.get(row as usize)?.number)),
        full: is_java.then(|| (full.len() as u64, total(&mut full.iter().map(|cycle| cycle.pause_nanos())))),
        full_after: median(full.iter().rev().take(20).filter_map(after).collect()),
        stalls: is_java.then(|| (log.stalls.len() as u64, total(&mut log.stalls.iter().map(|stall| stall.nanos)))),
    }
}

/// Bytes that came between cycles and while they ran: what is there less what was left.
fn alloc_rate(log: &GcLog, seconds: f64) -> Option<f64> {
    let mut bytes = 0.0;
    for pair in log.cycles.windows(2) {
        if let [before, after] = pair {
            let left = before.heap_live.or(before.heap_after)? as f64;
            bytes += (after.heap_before? as f64 - left).max(0.0);
        }
    }
    (seconds > 0.0).then_some(bytes / seconds)
}

/// What begins at these times was asked for.
fn forced(begins: impl Iterator<Item = i64>) -> Forced {
    let begins: Vec<i64> = begins.collect();
    let gaps: Vec<f64> = begins.iter().zip(begins.iter().skip(1)).map(|(a, b)| b.saturating_sub(*a) as f64).collect();
    let period = median(gaps.clone()).unwrap_or(0.0);
    let deviations = gaps.iter().map(|gap| (gap - period).abs()).collect();
    let spread = median(deviations).map_or(0.0, |deviation| deviation / period.max(1.0));
    Forced { count: begins.len() as u64, period_nanos: period as i64, spread }
}

fn of_readings(readings: &Readings) -> Run {
    let series = &readings.series;
    let rows = readings.last_process();
    let is_java = series.origin == MemoryOrigin::Jstat;
    let counter = if is_java { M::YoungCollections } else { M::NumGc };
    let change = |measure| readings.change(&rows, measure);
    let cycles = change(counter);
    let last = |measure| rows.clone().rev().find_map(|row| series.at(row, measure));
    let forced = change(M::NumForcedGc).map(|change| {
        let count = change.delta().max(0.0);
        Forced {
            count: count as u64,
            period_nanos: if count > 1.0 { (change.seconds * 1e9 / count) as i64 } else { 0 },
            spread: f64::INFINITY,
        }
    });
    // Shares of what passed between first and last reading; of one reading, since the process began.
    let share = |part: M, whole: M| match (change(part), change(whole)) {
        (Some(part), Some(whole)) if whole.delta() > 0.0 => Some(part.delta() / whole.delta()),
        _ => Some(last(part)? / last(whole).filter(|&whole| whole > 0.0)?),
    };
    let idle = share(M::IdleCpuSeconds, M::TotalCpuSeconds);
    let gc = share(M::GcCpuSeconds, M::TotalCpuSeconds).map(|all| {
        // What idle processors gave costs nobody.
        (all - share(M::IdleGcCpuSeconds, M::TotalCpuSeconds).unwrap_or(0.0)).max(0.0)
    });
    let later = rows.start + rows.len() / 2..rows.end;
    let median_of = |measure| median(later.clone().filter_map(|row| series.at(row, measure)).collect());
    let pauses = match (series.pauses.as_slice(), series.pause_buckets.as_slice()) {
        ([], []) => Pauses::default(),
        ([], buckets) => Pauses::of_buckets(buckets),
        (pauses, _) => Pauses::of(pauses.iter().map(|pause| pause.nanos).collect()),
    };
    let full = change(M::FullCollections).zip(change(M::FullSeconds));
    Run {
        number: 0,
        source: rows.clone().next_back().and_then(|row| readings.sources.get(row)).copied().unwrap_or_default(),
        machine: if is_java { GcMachine::Java } else { GcMachine::Go },
        collector: String::new(),
        seconds: cycles.map_or(0.0, |cycles| cycles.seconds),
        cycles: cycles.map_or(last(counter).unwrap_or(0.0), |cycles| cycles.delta()).max(0.0) as u64,
        rate: cycles.map_or(0.0, |cycles| cycles.rate()),
        forced,
        cpu_share: gc.or_else(|| last(M::GcCpuFraction)),
        busy_share: gc.zip(idle).filter(|(_, idle)| *idle < 1.0).map(|(gc, idle)| gc / (1.0 - idle)),
        assist_share: share(M::AssistCpuSeconds, M::TotalCpuSeconds),
        assist_of_gc: share(M::AssistCpuSeconds, M::GcCpuSeconds),
        alloc_rate: change(M::TotalAlloc).map(|change| change.rate()).or_else(|| eden_rate(readings, &rows)),
        live: median_of(M::HeapLive)
            .or_else(|| lowest(&later, |row| series.at(row, if is_java { M::OldUsed } else { M::HeapAlloc }))),
        is_live_rounded: false,
        goal: median_of(M::NextGc),
        gogc: last(M::GcPercent),
        limit: last(M::MemoryLimit),
        pauses,
        longest_cycle: None,
        full: full.map(|(count, time)| (count.delta().max(0.0) as u64, time.delta())),
        full_after: last(M::OldUsed)
            .zip(last(M::OldCapacity))
            .filter(|_| is_java)
            .map(|(used, all)| used / all.max(1.0)),
        stalls: None,
    }
}

/// Bytes a second by the sawtooth of eden: what it grew, and its size for each young collection.
fn eden_rate(readings: &Readings, rows: &std::ops::Range<usize>) -> Option<f64> {
    let collections = readings.change(rows, M::YoungCollections)?;
    let first = rows.clone().find_map(|row| readings.series.at(row, M::EdenUsed))?;
    let last = rows.clone().rev().find_map(|row| readings.series.at(row, M::EdenUsed))?;
    let capacity = median(rows.clone().filter_map(|row| readings.series.at(row, M::EdenCapacity)).collect())?;
    Some((collections.delta() * capacity + last - first).max(0.0) / collections.seconds)
}

fn lowest(rows: &std::ops::Range<usize>, value: impl Fn(usize) -> Option<f64>) -> Option<f64> {
    rows.clone().filter_map(value).min_by(f64::total_cmp)
}
