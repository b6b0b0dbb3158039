//! What every rule looks at: the heaps of the session, their sites and pools, first and last snapshot.

use super::forced::Forced;
use super::process::Facts as Process;
use super::{Evidence, EvidenceView, Site as Place, SiteFrame, Thresholds, collector};
use crate::census::{Census, Pool};
use crate::collector::{Readings, Run};
use crate::heap_rows::{ALLOC_OBJECTS, ALLOC_SPACE, HeapRows, INUSE_OBJECTS, INUSE_SPACE};
use crate::holders::{Maker, makers};
use crate::lens::{Base, Lens, SourceId};
use crate::model::{Profile, ProfileKind, StackId, StringId};
use crate::order;
use crate::pools::{self, PoolPattern};
use crate::series::{Series, is_delta};
use crate::session::Session;
use crate::sites::{Site, Sites};
use crate::stats::{Interval, Trend, Z95, trend};
use crate::waits::Waits;

/// Everything that rules share.
pub struct Context<'a> {
    /// The files.
    pub session: &'a Session,
    /// The lines rules draw.
    pub thresholds: &'a Thresholds,
    /// Series of every kind that is there, for hygiene.
    pub series: &'a [(ProfileKind, Series)],
    /// The heaps.
    pub heap: &'a Option<Heap>,
    /// What processes hold, as the kernel and the runtime say.
    pub process: Process<'a>,
    /// The collector.
    pub collector: &'a collector::Facts,
    /// What waits: goroutines, threads, locks.
    pub waits: &'a Waits,
    /// Functions that use a pool, and the end of it that each calls.
    pub pool_users: &'a [(StringId, StringId)],
}

/// What is measured once for a session, wherever rules draw their lines: moving a line measures nothing anew.
pub struct Measured {
    /// The pools of the user's own that it was measured with.
    pools: Vec<PoolPattern>,
    series: Vec<(ProfileKind, Series)>,
    heap: Option<Heap>,
    collector: collector::Facts,
    waits: Waits,
    pool_users: Vec<(StringId, StringId)>,
}

/// The heap over its snapshots.
pub struct Heap {
    /// What wrote it.
    pub kind: ProfileKind,
    /// The snapshots.
    pub series: Series,
    /// By snapshot: objects and bytes allocated, objects and bytes in use, of all of it.
    pub totals: Vec<[i64; 4]>,
    /// It tells what was allocated, and not only what is in use.
    pub tells_allocated: bool,
    /// Values by site.
    pub sites: Sites,
    /// Pools.
    pub census: Census,
    /// What keeps what it is given: contexts, timers, lists.
    pub makers: Vec<Maker>,
    /// Collections that were forced between snapshots.
    pub forced: Forced,
    /// First snapshot that can be compared with `last`; equal to it when there is only one.
    pub first: usize,
    /// Last snapshot.
    pub last: usize,
    /// Seconds between the two; `None` without times or with one snapshot.
    pub seconds: Option<f64>,
    /// The series is one difference (`?seconds=`): its values are changes already.
    pub is_delta: bool,
}

/// Values of one site or pool between first and last snapshot.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    /// In use at the end, in bytes.
    pub inuse_bytes: i64,
    /// In use at the end.
    pub inuse_objects: i64,
    /// Change of bytes in use.
    pub inuse_delta: i64,
    /// Its standard error.
    pub inuse_error: f64,
    /// Bytes allocated between.
    pub alloc_delta: i64,
    /// Objects allocated between.
    pub alloc_objects_delta: i64,
    /// Standard error of `alloc_delta`.
    pub alloc_error: f64,
}

impl Change {
    /// Share of new bytes that stayed; 0 when nothing new came.
    pub fn survival(&self) -> f64 {
        if self.alloc_delta <= 0 { 0.0 } else { self.inuse_delta as f64 / self.alloc_delta as f64 }
    }

    /// Whether the growth in use is outside what sampling explains.
    pub fn grew(&self) -> bool {
        self.inuse_delta > 0 && self.inuse_delta as f64 > Z95 * self.inuse_error
    }

    /// Whether the allocation is outside what sampling explains.
    pub fn allocated(&self) -> bool {
        self.alloc_delta > 0 && self.alloc_delta as f64 > Z95 * self.alloc_error
    }
}

impl Measured {
    /// Measures the session.
    pub fn new(session: &Session, user_pools: &[PoolPattern]) -> Self {
        let mut kinds: Vec<ProfileKind> =
            session.sources.iter().filter_map(|source| Some(session.profile(source.id)?.kind)).collect();
        // What was made of a record of pools is no capture, and has no hygiene.
        kinds.retain(|&kind| kind != ProfileKind::Pool);
        order::sort_by_key(&mut kinds, |&kind| kind);
        kinds.dedup();
        // Parts of a trace are no snapshots of a process: there is nothing to judge between them.
        kinds.retain(|kind| !matches!(kind, ProfileKind::Trace(_)));
        let series = kinds.iter().map(|&kind| (kind, Series::of_kind(session, kind))).collect();
        let patterns = pools::patterns(user_pools);
        let heap = heap_kind(&kinds, session).and_then(|kind| Heap::new(session, kind, &patterns));
        let (collector, waits) = (collector::Facts::new(session), Waits::new(session, &patterns));
        let pool_users = pools::users(&session.symbols);
        Self { pools: user_pools.to_owned(), series, heap, collector, waits, pool_users }
    }

    /// What waits.
    pub fn waits(&self) -> &Waits {
        &self.waits
    }

    /// The collector: runs of programs, and readings of memory statistics.
    pub fn collector(&self) -> (&[Run], &[Readings]) {
        (&self.collector.runs, &self.collector.readings)
    }

    /// Whether it holds for these pools of the user's own.
    pub fn is_for(&self, user_pools: &[PoolPattern]) -> bool {
        self.pools == user_pools
    }
}

impl<'a> Context<'a> {
    /// What was measured of the session, and the lines to hold it against.
    pub fn new(session: &'a Session, measured: &'a Measured, thresholds: &'a Thresholds) -> Self {
        let Measured { series, heap, collector, waits, pool_users, .. } = measured;
        Self { session, thresholds, series, heap, collector, process: Process::new(session), waits, pool_users }
    }

    /// The heap, if it is one of Go: what is said of pools and of collections holds there.
    pub fn go_heap(&self) -> Option<&Heap> {
        self.heap.as_ref().filter(|heap| heap.is_go())
    }

    /// The text of a name.
    pub fn text(&self, id: StringId) -> &'a str {
        self.session.symbols.strings.get(id)
    }

    /// The name of a file.
    pub fn file_name(&self, id: SourceId) -> &'a str {
        self.session.source(id).map_or("", |source| source.name.as_str())
    }

    /// Functions of the program's own on the way to a place, innermost first; `main.main` is on every way.
    pub fn own_functions(&self, stack: StackId) -> impl Iterator<Item = StringId> + use<'_> {
        let symbols = &self.session.symbols;
        let names = symbols.function_names(symbols.stacks.get(stack));
        names.filter(|&name| !pools::is_standard(self.text(name)) && self.text(name) != "main.main")
    }

    /// The place of a function, with a stack through it.
    pub fn place(&self, function: StringId, stack: StackId, pool: Option<String>) -> Place {
        let symbols = &self.session.symbols;
        let mut frames = Vec::new();
        for &location in symbols.stacks.get(stack) {
            for line in symbols.locations.get(location).lines {
                let Some(function) = line.function.and_then(|id| symbols.functions.get(id)) else { continue };
                let (name, file) = (self.text(function.name).to_owned(), self.text(function.file).to_owned());
                frames.push(SiteFrame { function: name, file, line: line.line });
            }
        }
        let name = self.text(function).to_owned();
        let own = frames.iter().find(|frame| frame.function == name);
        let (file, line) = own.map_or((String::new(), 0), |frame| (frame.file.clone(), frame.line));
        Place { function: name, file, line, pool, stack: frames }
    }

    /// Evidence in the heap's views.
    pub fn heap_evidence(
        &self,
        heap: &Heap,
        view: EvidenceView,
        sample_type: &str,
        node: &str,
        text: String,
    ) -> Evidence {
        let id = |at: usize| heap.series.snapshots.get(at).map(|snapshot| snapshot.source);
        let base = id(heap.first).filter(|_| heap.first != heap.last).map_or(Base::None, Base::Base);
        let lens = Lens { sample_type: Some(sample_type.to_owned()), current: id(heap.last), base, ..Lens::default() };
        let source = id(heap.last).unwrap_or(SourceId(0));
        Evidence { source, text, view, lens, node: node.to_owned() }
    }
}

/// Which heaps are judged: Go's, or else those of which there are most snapshots.
fn heap_kind(kinds: &[ProfileKind], session: &Session) -> Option<ProfileKind> {
    const HEAPS: [ProfileKind; 6] = [
        ProfileKind::AllocFreeTrace,
        ProfileKind::ClassHistogram,
        ProfileKind::Dhat,
        ProfileKind::NativeHeap,
        ProfileKind::Allocs,
        ProfileKind::Heap,
    ];
    let count = |kind: ProfileKind| {
        session.sources.iter().filter(|s| session.profile(s.id).is_some_and(|p| p.kind == kind)).count()
    };
    // Both of Go's kinds hold the same samples; more snapshots say more.
    let is_go = |kind: ProfileKind| matches!(kind, ProfileKind::Heap | ProfileKind::Allocs);
    HEAPS.into_iter().filter(|kind| kinds.contains(kind)).max_by_key(|&kind| (is_go(kind), count(kind)))
}

impl Heap {
    fn new(session: &Session, kind: ProfileKind, patterns: &[PoolPattern]) -> Option<Self> {
        let series = Series::of_kind(session, kind);
        let snapshots = HeapRows::of_series(session, &series)?;
        let newest = series.snapshots.last().and_then(|snapshot| session.profile(snapshot.source));
        let is_delta = newest.is_some_and(is_delta);
        let duration = newest.and_then(|profile| profile.duration).map(|d| d.nanos() as f64 / 1e9);
        let totals: Vec<[i64; 4]> = snapshots.iter().map(HeapRows::totals).collect();
        let tells_allocated = snapshots.iter().any(|rows| rows.tells_allocated);
        let sites = Sites::new(&session.symbols, &snapshots, patterns);
        let census = Census::new(&session.symbols, &sites, patterns);
        let makers = makers(&session.symbols, &snapshots);
        let distinct: Vec<usize> = series.distinct().collect();
        let last = *distinct.last()?;
        // Each of DHAT's files is of a whole run.
        let is_series = series.is_comparable() && kind != ProfileKind::Dhat;
        let first = if is_series { *distinct.first()? } else { last };
        let seconds = if is_delta { duration } else { series.seconds(first, last) };
        let forced = Forced::new(session, &series, &totals);
        Some(Self {
            kind,
            series,
            totals,
            tells_allocated,
            sites,
            census,
            makers,
            forced,
            first,
            last,
            seconds,
            is_delta,
        })
    }

    /// Whether it is one of Go.
    pub fn is_go(&self) -> bool {
        matches!(self.kind, ProfileKind::Heap | ProfileKind::Allocs)
    }

    /// A snapshot.
    pub fn profile<'a>(&self, session: &'a Session, at: usize) -> Option<&'a Profile> {
        session.profile(self.series.snapshots.get(at)?.source)
    }

    /// Bytes in use in a snapshot, of all of it.
    pub fn inuse(&self, at: usize) -> i64 {
        self.totals.get(at).map_or(0, |totals| totals[INUSE_SPACE])
    }

    /// The command that takes the next one.
    pub fn next_command(&self) -> &'static str {
        match self.kind {
            ProfileKind::NativeHeap => {
                "MALLOC_CONF=prof:true,prof_accum:true,lg_prof_interval:30,prof_prefix:heap ./program"
            }
            ProfileKind::Dhat => "valgrind --tool=dhat ./program",
            ProfileKind::ClassHistogram => "jcmd PID GC.class_histogram >> classes.txt",
            ProfileKind::AllocFreeTrace => "GODEBUG=allocfreetrace=1 ./program 2> alloc.log",
            _ => "curl -so heap.next.pb.gz 'localhost:6060/debug/pprof/heap?gc=1'",
        }
    }

    /// Whether anything can be said of change.
    pub fn has_change(&self) -> bool {
        self.first != self.last || self.is_delta
    }

    /// Values of a site or pool between first and last.
    pub fn change(&self, values: &[[i64; 4]], variances: &[[f64; 4]]) -> Change {
        let zero = ([0; 4], [0.0; 4]);
        let at = |at: usize| (values.get(at).copied().unwrap_or(zero.0), variances.get(at).copied().unwrap_or(zero.1));
        let (now, now_variance) = at(self.last);
        let (before, before_variance) = if self.is_delta || self.first == self.last { zero } else { at(self.first) };
        let delta = |column: usize| now[column].wrapping_sub(before[column]);
        Change {
            inuse_bytes: now[INUSE_SPACE],
            inuse_objects: now[INUSE_OBJECTS],
            inuse_delta: delta(INUSE_SPACE),
            inuse_error: (now_variance[INUSE_SPACE] + before_variance[INUSE_SPACE]).sqrt(),
            alloc_delta: delta(ALLOC_SPACE),
            alloc_objects_delta: delta(ALLOC_OBJECTS),
            alloc_error: (now_variance[ALLOC_SPACE] - before_variance[ALLOC_SPACE]).max(0.0).sqrt(),
        }
    }

    /// Objects of a site in use in the last snapshot beyond those in the first.
    pub fn grown_objects(&self, site: &Site) -> i64 {
        let objects = |at: usize| site.values.get(at).map_or(0, |values| values[INUSE_OBJECTS]);
        objects(self.last).saturating_sub(objects(self.first))
    }

    /// Of a site.
    pub fn site_change(&self, site: &Site) -> Change {
        self.change(&site.values, &site.variances)
    }

    /// Of a pool.
    pub fn pool_change(&self, pool: &Pool) -> Change {
        self.change(&pool.values, &pool.variances)
    }

    /// The trend of bytes in use over snapshots that are measurements of their own.
    pub fn trend(&self, values: &[[i64; 4]]) -> Option<Trend> {
        let points: Vec<usize> = self.series.distinct().filter(|at| (self.first..=self.last).contains(at)).collect();
        let times: Vec<f64> = points.iter().filter_map(|&at| Some(self.series.snapshots.get(at)?.at_seconds)).collect();
        let values: Vec<f64> = points.iter().filter_map(|&at| Some(values.get(at)?[INUSE_SPACE] as f64)).collect();
        trend(&times, &values)
    }

    /// Whether bytes in use still grew in the later half of the snapshots: warming up ends, a leak goes on.
    pub fn still_grows(&self, values: &[[i64; 4]]) -> bool {
        let at_seconds = |at: usize| self.series.snapshots.get(at).map_or(0.0, |snapshot| snapshot.at_seconds);
        let points: Vec<(f64, i64)> = self
            .series
            .distinct()
            .filter(|at| (self.first..=self.last).contains(at))
            .filter_map(|at| Some((at_seconds(at), values.get(at)?[INUSE_SPACE])))
            .collect();
        let (Some(&(begin, first)), Some(&(end, last))) = (points.first(), points.last()) else { return false };
        if points.len() < 3 {
            return last > first;
        }
        // The last of the earlier half by the clock: snapshots come closer together where someone looks closer.
        let half = begin + (end - begin) / 2.0;
        let middle = points.iter().rev().find(|(at, _)| *at <= half).map_or(first, |(_, value)| *value);
        // A third of an even rise: half of it is expected, and sampling may take some.
        (last - middle) as f64 >= (last - first) as f64 / 6.0
    }

    /// How many snapshots are measurements of their own.
    pub fn points(&self) -> usize {
        self.series.distinct().filter(|at| (self.first..=self.last).contains(at)).count()
    }

    /// Change of the whole heap in use, as pprof would subtract it.
    pub fn inuse_growth(&self) -> i64 {
        let before = if self.is_delta { 0 } else { self.inuse(self.first) };
        self.inuse(self.last).wrapping_sub(before)
    }

    /// Change of the whole heap in use, and allocated, without what measuring itself holds.
    pub fn total_change(&self) -> Change {
        let mut values = vec![[0_i64; 4]; self.series.snapshots.len()];
        let mut variances = vec![[0.0; 4]; self.series.snapshots.len()];
        for site in &self.sites.sites {
            for (sums, row) in values.iter_mut().zip(&site.values) {
                sums.iter_mut().zip(row).for_each(|(sum, value)| *sum = sum.wrapping_add(*value));
            }
            for (sums, row) in variances.iter_mut().zip(&site.variances) {
                sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
            }
        }
        self.change(&values, &variances)
    }

    /// How many samples stand behind a value.
    pub fn samples(&self, site: &Site) -> f64 {
        let value = site.values.get(self.last).map_or(0.0, |v| v[INUSE_SPACE] as f64);
        let variance = site.variances.get(self.last).map_or(0.0, |v| v[INUSE_SPACE]);
        if variance > 0.0 { value * value / variance } else { f64::INFINITY }
    }

    /// The interval of a change.
    pub fn interval(value: i64, error: f64) -> Interval {
        Interval { low: value as f64 - Z95 * error, high: value as f64 + Z95 * error }
    }
}
