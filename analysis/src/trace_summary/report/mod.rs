//! A trace in numbers: what `poolscope trace --json` prints.

mod shape;
mod text;

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

pub use shape::*;
pub use text::wall_text;

use super::census::{Census, Metric, PoolEvent};
use super::durations::Durations;
use super::goroutine::{GoroutineSummary, Spent};
use super::occurrence::{Occurrence, range_text};
use super::{EVERYTHING, Summary};
use crate::model::trace::{AllocFreeType, EventKind, GoState, Goroutine, ProcState, RangeName, RangeScope, Trace};
use crate::model::{StringId, Symbols};

/// How many functions of CPU samples are listed.
const LEAVES: usize = 30;

/// Puts what was counted in a trace into words.
pub(super) fn report(trace: &Trace, symbols: &Symbols, census: &Census, summary: &Summary) -> Report {
    let words = Words { trace, symbols };
    let (first, last) = trace.span().or(census.span).unwrap_or((0, 0));
    let (first_not_sync, last_not_sync) = census.span.unwrap_or((0, 0));
    let kinds =
        EventKind::ALL.map(|kind| (kind.name(), census.of(kind))).into_iter().filter(|kind| kind.1 > 0).collect();
    let goroutines = summary.goroutines.iter().zip(trace.goroutines.iter());
    let goroutines: Vec<_> = goroutines.filter_map(|(known, (_, id))| Some((id.0, known.as_ref()?))).collect();
    let ranges = |wanted: fn(RangeName) -> bool| -> Vec<RangeReport> {
        census.ranges.iter().filter(|range| wanted(range.name)).map(|range| words.range(range)).collect()
    };
    Report {
        header: format!("go 1.{} trace", trace.format_minor),
        events: census.events(),
        events_by_kind: kinds,
        first_time: first,
        last_time: last.max(last_not_sync),
        first_time_not_sync: first_not_sync,
        last_time_not_sync: last_not_sync,
        syncs: syncs(trace),
        transitions: words.transitions(census),
        reasons: words.reasons(census),
        gc_ranges: ranges(|name| name == RangeName::Mark),
        stw_ranges: ranges(|name| matches!(name, RangeName::StopTheWorld(_))),
        other_ranges: words.other_ranges(census),
        regions: words.regions(summary),
        tasks: words.tasks(summary),
        logs: words.logs(census),
        labels: census.labels.values().sum(),
        label_counts: words.counts(&census.labels),
        metrics: metrics(census),
        goroutines_max: census.alive.max,
        goroutines_min_from_second_sync: census.alive.min_from_second_sync.map_or(-1, |min| min as i64),
        goroutines_end: census.alive.end,
        goroutines_distinct: goroutines.len(),
        goroutines_created: census.alive.created,
        goroutines_ended: census.alive.ended,
        procs_distinct: census.procs_seen(),
        threads_distinct: census.threads_seen(),
        stack_samples: census.of(EventKind::StackSample),
        stack_sample_leaf_top: words.leaves(census),
        events_whose_stack_has_sync_pool: words.pool_events(census),
        goroutines_by_name: words.groups(&goroutines),
        goroutines: Some(words.goroutines(&goroutines)),
        experimental: (census.of(EventKind::Experimental) > 0).then(|| words.experimental(census)),
    }
}

fn syncs(trace: &Trace) -> Vec<SyncReport> {
    let report = |(at, sync): (usize, &crate::model::trace::Sync)| SyncReport {
        n: at + 1,
        time: sync.time,
        clock: sync.clock.map(|clock| ClockReport {
            trace_ns: clock.trace_nanos,
            mono_ns: clock.mono_nanos,
            wall: wall_text(clock.wall_unix_nanos),
            wall_unix_nano: clock.wall_unix_nanos,
        }),
    };
    trace.syncs.iter().enumerate().map(report).collect()
}

fn metrics(census: &Census) -> BTreeMap<&'static str, Metric> {
    let named = [
        ("/gc/heap/goal:bytes", census.heap_goal),
        ("/memory/classes/heap/objects:bytes", census.heap_live),
        ("/sched/gomaxprocs:threads", census.procs),
    ];
    named.into_iter().filter_map(|(name, metric)| Some((name, metric?))).collect()
}

struct Words<'a> {
    trace: &'a Trace,
    symbols: &'a Symbols,
}

impl Words<'_> {
    fn text(&self, id: StringId) -> String {
        self.symbols.strings.get(id).to_owned()
    }

    fn name(&self, id: Option<StringId>) -> String {
        id.map_or(String::new(), |id| self.text(id))
    }

    /// The program's number of a goroutine; -1 for none, as Go has it.
    fn goroutine(&self, goroutine: Option<Goroutine>) -> i64 {
        goroutine.and_then(|row| self.trace.goroutines.id(row)).map_or(-1, |id| id.0 as i64)
    }

    fn counts(&self, counts: &FxHashMap<StringId, usize>) -> BTreeMap<String, usize> {
        counts.iter().map(|(&name, &count)| (self.text(name), count)).collect()
    }

    fn transitions(&self, census: &Census) -> BTreeMap<String, usize> {
        let mut named = BTreeMap::new();
        for (from, row) in GoState::ALL.into_iter().zip(&census.goroutine_transitions) {
            for (to, &count) in GoState::ALL.into_iter().zip(row).filter(|(_, count)| **count > 0) {
                named.insert(format!("goroutine {}->{}", from.name(), to.name()), count);
            }
        }
        for (from, row) in ProcState::ALL.into_iter().zip(&census.proc_transitions) {
            for (to, &count) in ProcState::ALL.into_iter().zip(row).filter(|(_, count)| **count > 0) {
                named.insert(format!("proc {}->{}", from.name(), to.name()), count);
            }
        }
        named
    }

    fn reasons(&self, census: &Census) -> BTreeMap<String, usize> {
        let text = |(from, to, reason): &(GoState, GoState, StringId)| {
            format!("{}->{}: {}", from.name(), to.name(), self.symbols.strings.get(*reason))
        };
        census.reasons.iter().map(|(reason, &count)| (text(reason), count)).collect()
    }

    fn range(&self, range: &Occurrence) -> RangeReport {
        let scope = match range.scope {
            RangeScope::Global => "None".to_owned(),
            RangeScope::Goroutine(goroutine) => format!("Goroutine({})", self.goroutine(Some(goroutine))),
            RangeScope::Proc(proc) => format!("Proc({})", self.trace.procs.id(proc).map_or(0, |id| id.0)),
        };
        RangeReport {
            name: range_text(self.symbols, range.name),
            scope,
            start: range.start,
            end: range.end,
            g: self.goroutine(range.goroutine),
        }
    }

    fn other_ranges(&self, census: &Census) -> BTreeMap<String, super::Distribution> {
        let of = |name| {
            let lengths = census.ranges.iter().filter(|range| range.name == name).map(|range| range.end - range.start);
            (range_text(self.symbols, name), lengths.collect::<Durations>().distribution())
        };
        [of(RangeName::Sweep), of(RangeName::Assist)].into_iter().filter(|(_, lengths)| lengths.count > 0).collect()
    }

    fn regions(&self, summary: &Summary) -> BTreeMap<String, RegionReport> {
        let report = |group: &super::RegionGroup| RegionReport {
            durations: group.durations,
            incomplete: group.incomplete,
            exec_ns: group.spent.exec_ns,
        };
        summary.regions.iter().map(|group| (self.name(group.name), report(group))).collect()
    }

    fn tasks(&self, summary: &Summary) -> BTreeMap<String, TaskReport> {
        let report = |group: super::TaskGroup| TaskReport { durations: group.durations, incomplete: group.incomplete };
        let groups = summary.tasks.groups(&EVERYTHING);
        groups.into_iter().map(|group| (self.name(group.name), report(group))).collect()
    }

    fn logs(&self, census: &Census) -> BTreeMap<String, LogReport> {
        let report = |(count, first): &(usize, Vec<StringId>)| LogReport {
            count: *count,
            first_messages: first.iter().map(|&message| self.text(message)).collect(),
        };
        census.logs.iter().map(|(&category, log)| (self.text(category), report(log))).collect()
    }

    fn leaves(&self, census: &Census) -> BTreeMap<String, usize> {
        let mut leaves: Vec<_> = self.counts(&census.sample_leaves).into_iter().collect();
        leaves.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        leaves.into_iter().take(LEAVES).collect()
    }

    fn pool_events(&self, census: &Census) -> BTreeMap<String, usize> {
        let what = |event: &PoolEvent| match *event {
            PoolEvent::Transition(from, to, reason) => {
                format!("goroutine {}->{} ({})", from.name(), to.name(), self.symbols.strings.get(reason))
            }
            PoolEvent::Range(kind, name) => format!("{} {}", kind.name(), range_text(self.symbols, name)),
            // The one number that has a stack.
            PoolEvent::Other(kind @ EventKind::Metric) => format!("{} /sched/gomaxprocs:threads", kind.name()),
            PoolEvent::Other(kind) => kind.name().to_owned(),
        };
        let text = |(frame, event): &(StringId, PoolEvent)| format!("{} | {}", self.text(*frame), what(event));
        census.pool_events.iter().map(|(event, &count)| (text(event), count)).collect()
    }

    fn groups(&self, goroutines: &[(u64, &GoroutineSummary)]) -> BTreeMap<String, GroupReport> {
        let mut groups: BTreeMap<String, GroupReport> = BTreeMap::new();
        for (_, goroutine) in goroutines {
            let group = groups.entry(self.name(goroutine.name)).or_default();
            group.count += 1;
            self.add(&mut group.spent, &goroutine.spent);
        }
        groups
    }

    fn goroutines(&self, goroutines: &[(u64, &GoroutineSummary)]) -> Vec<GoroutineReport> {
        let report = |&(id, goroutine): &(u64, &GoroutineSummary)| {
            let mut spent = SpentReport::default();
            self.add(&mut spent, &goroutine.spent);
            GoroutineReport {
                id,
                name: self.name(goroutine.name),
                creation: goroutine.creation,
                start: goroutine.start.unwrap_or(0),
                end: goroutine.end.unwrap_or(0),
                spent,
                regions: goroutine.regions,
            }
        };
        let mut reports: Vec<_> = goroutines.iter().map(report).collect();
        reports.sort_by_key(|report| report.id);
        reports
    }

    fn add(&self, sum: &mut SpentReport, spent: &Spent) {
        sum.total_ns += spent.total_ns;
        sum.exec_ns += spent.exec_ns;
        sum.sched_wait_ns += spent.sched_wait_ns;
        sum.syscall_ns += spent.syscall_ns;
        sum.syscall_block_ns += spent.syscall_block_ns;
        for &(reason, nanos) in &spent.block_ns {
            *sum.block_ns_by_reason.entry(self.text(reason)).or_default() += nanos;
        }
        for &(name, nanos) in &spent.range_ns {
            *sum.range_ns.entry(range_text(self.symbols, name)).or_default() += nanos;
        }
    }

    fn experimental(&self, census: &Census) -> ExperimentalReport {
        let alloc_free = &self.trace.alloc_free;
        let events = AllocFreeType::ALL.iter().zip(census.alloc_free).filter(|&(_, count)| count > 0);
        let mut report = ExperimentalReport {
            events: events.map(|(kind, count)| (kind.name(), count)).collect(),
            heap_object_allocs_by_type: BTreeMap::new(),
            types: BTreeMap::new(),
            info_minaddr_pagesize_heapalign_stackalign: [
                alloc_free.layout.min_address,
                alloc_free.layout.page_bytes,
                alloc_free.layout.align_bytes,
                alloc_free.layout.min_stack_bytes,
            ],
        };
        let types = alloc_free.types.iter().map(|t| self.text(t.name));
        let names = std::iter::once("(no type)".to_owned()).chain(types);
        let sizes = alloc_free.types.iter().map(|t| Some(TypeReport { size: t.size_bytes, ptrspan: t.pointer_bytes }));
        for ((name, sizes), &count) in names.zip(std::iter::once(None).chain(sizes)).zip(&census.allocated) {
            if count > 0 {
                report.types.extend(sizes.map(|sizes| (name.clone(), sizes)));
                *report.heap_object_allocs_by_type.entry(name).or_default() += count;
            }
        }
        report
    }
}
