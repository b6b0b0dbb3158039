//! Groups: goroutines or threads in one state at one place, joined over snapshots and over the forms in which they are told.

use rustc_hash::FxHashMap;

use super::frames::{Frame, frames, is_runtime, key, own_frame};
use super::shape::{End, Shapes};
use super::state;
use crate::lens::SourceId;
use crate::model::record::{DumpedStack, Record, StackDump, StackOrigin};
use crate::model::{ProfileKind, StackId, StringId, Symbols};
use crate::order;
use crate::series::{Series, natural_key};
use crate::session::Session;

/// Everything that stood in one process, over its snapshots.
#[derive(Clone, Debug, Default)]
pub struct Population {
    /// Whose stacks they are.
    pub origin: StackOrigin,
    /// They are of a crash: a moment of its own, perhaps of another run.
    pub is_crash: bool,
    /// Snapshots of one form each, profiles first. The one with most snapshots says how many there are.
    pub tracks: Vec<Track>,
    /// Which of `tracks` says how many.
    pub main: usize,
    /// The largest at the end first.
    pub groups: Vec<Group>,
}

/// Snapshots of one form.
#[derive(Clone, Debug, Default)]
pub struct Track {
    /// In time order, or by name where no time is told.
    pub moments: Vec<Moment>,
    /// They are profiles, not dumps of single stacks.
    pub is_profile: bool,
}

/// One snapshot.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The file.
    pub source: SourceId,
    /// Seconds since the first, where times are told.
    pub at_seconds: Option<f64>,
    /// How many stood there.
    pub total: u64,
}

/// One group.
#[derive(Clone, Debug)]
pub struct Group {
    /// In Go's words, or the machine's; empty where no form tells.
    pub state: String,
    /// A stack that stands for it.
    pub stack: StackId,
    /// Its frames, leaf first.
    pub frames: Vec<Frame>,
    /// By track, by snapshot.
    pub counts: Vec<Vec<u64>>,
    /// The longest wait that the last dump tells, in minutes.
    pub longest_wait: Option<u32>,
    /// How many the runtime says can never run again.
    pub leaked: u64,
    /// Where the last of them was created.
    pub created_at: Option<Frame>,
    /// Addresses that the last dump says are waited for, and by how many.
    pub waits_for: Vec<(u64, u64)>,
    /// Addresses that the last dump says are held.
    pub holds: Vec<u64>,
    /// Names of threads, the first few.
    pub names: Vec<StringId>,
    /// The end of a pool that it waits in.
    pub end: Option<End>,
    /// Only the runtime's own functions stand in it.
    pub is_system: bool,
}

/// How many names of threads are kept.
const KEPT_NAMES: usize = 8;

impl Population {
    /// Counts of a group over the main track.
    pub fn counts<'a>(&self, group: &'a Group) -> &'a [u64] {
        group.counts.get(self.main).map_or(&[], Vec::as_slice)
    }

    /// How many of a group there are at the end.
    pub fn count(&self, group: &Group) -> u64 {
        self.counts(group).last().copied().unwrap_or(0)
    }

    /// Snapshots of the main track.
    pub fn moments(&self) -> &[Moment] {
        self.tracks.get(self.main).map_or(&[], |track| track.moments.as_slice())
    }

    /// Seconds from the first to the last snapshot, where times are told.
    pub fn seconds(&self) -> Option<f64> {
        self.moments().last().and_then(|moment| moment.at_seconds).filter(|&seconds| seconds > 0.0)
    }
}

impl Group {
    /// How links name it.
    pub fn pick(&self, symbols: &Symbols) -> String {
        let own = own_frame(symbols, &self.frames).or(self.frames.first().copied());
        let (name, line) = own.map_or(("", 0), |own| (symbols.strings.get(own.function), own.line));
        format!("group:{}@{name}:{line}", self.state)
    }

    /// Whether it waits for another goroutine or thread.
    pub fn is_waiting(&self) -> bool {
        state::is_for_another(&self.state)
    }
}

/// Populations of a session: goroutines as asked for, of crashes, threads, threads of Java.
pub(super) fn populations(session: &Session, shapes: &Shapes<'_>) -> Vec<Population> {
    let mut all = Vec::new();
    for (origin, is_crash) in [
        (StackOrigin::Goroutines, false),
        (StackOrigin::Goroutines, true),
        (StackOrigin::Threads, false),
        (StackOrigin::JavaThreads, false),
    ] {
        let mut building = Building::new(session, origin, is_crash);
        if !is_crash && origin == StackOrigin::Goroutines {
            building.profiles();
        }
        building.dumps();
        all.extend(building.finish(shapes));
    }
    all
}

type Key = (String, Vec<(StringId, i64)>);

/// What a form says of a state.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Said {
    /// In these words, which may be none.
    Words(StringId),
    /// The stack has the runtime's own functions at its leaf, where it waits.
    Stack,
}

struct Building<'a> {
    session: &'a Session,
    symbols: &'a Symbols,
    population: Population,
    /// Groups by what makes them one.
    index: FxHashMap<Key, usize>,
    /// Groups by what a row says, so that frames are looked at once.
    known: FxHashMap<(Said, StackId), usize>,
}

impl<'a> Building<'a> {
    fn new(session: &'a Session, origin: StackOrigin, is_crash: bool) -> Self {
        let population = Population { origin, is_crash, ..Population::default() };
        let (index, known) = (FxHashMap::default(), FxHashMap::default());
        Self { session, symbols: &session.symbols, population, index, known }
    }

    fn profiles(&mut self) {
        let leaks = Series::of_kind(self.session, ProfileKind::GoroutineLeak);
        let all = Series::of_kind(self.session, ProfileKind::Goroutine);
        // Without a profile of all goroutines, those that can never run again are all that is known.
        let series = if all.snapshots.is_empty() { &leaks } else { &all };
        let places: Vec<usize> = series.distinct().collect();
        if places.is_empty() {
            return;
        }
        let track = self.population.tracks.len();
        self.population.tracks.push(Track { moments: Vec::new(), is_profile: true });
        for (moment, &at) in places.iter().enumerate() {
            let Some(snapshot) = series.snapshots.get(at) else { continue };
            let Some(profile) = self.session.profile(snapshot.source) else { continue };
            let mut total = 0_u64;
            // Text leaves out the runtime's functions at the leaf, and has no mapped objects.
            let said = if profile.mappings.is_empty() { Said::Words(StringId::default()) } else { Said::Stack };
            for (row, &stack) in profile.stacks.iter().enumerate() {
                let value = profile.values.first().and_then(|column| column.get(row)).copied().unwrap_or(0);
                let count = u64::try_from(value).unwrap_or(0);
                total = total.saturating_add(count);
                let group = self.group(said, stack);
                self.count(group, track, moment, count);
            }
            let at_seconds = series.has_times().then_some(snapshot.at_seconds);
            self.moment(track, Moment { source: snapshot.source, at_seconds, total });
        }
        // What can never run again is listed apart, without the others.
        let last = leaks.snapshots.last().and_then(|snapshot| self.session.profile(snapshot.source));
        for (row, &stack) in last.iter().flat_map(|profile| profile.stacks.iter().enumerate()) {
            let value = last.and_then(|profile| profile.values.first()?.get(row).copied()).unwrap_or(0);
            let group = self.group(Said::Words(StringId::default()), stack);
            if let Some(group) = self.population.groups.get_mut(group) {
                group.leaked = group.leaked.saturating_add(u64::try_from(value).unwrap_or(0));
            }
        }
    }

    fn dumps(&mut self) {
        let (origin, is_crash) = (self.population.origin, self.population.is_crash);
        let is_ours = |dump: &StackDump| {
            dump.origin == origin && (is_crash != dump.reason.is_empty() || origin != StackOrigin::Goroutines)
        };
        let mut found: Vec<(SourceId, &str, &StackDump)> = Vec::new();
        for (source, record) in self.session.records() {
            if let Record::Stacks(dump) = record
                && is_ours(dump)
            {
                found.push((source.id, source.name.as_str(), dump));
            }
        }
        if found.is_empty() {
            return;
        }
        order::sort_by_key(&mut found, |&(id, name, dump)| (self.session.time(id, dump.time), natural_key(name), id));
        let track = self.population.tracks.len();
        self.population.tracks.push(Track::default());
        let last = found.len() - 1;
        for (moment, &(source, _, dump)) in found.iter().enumerate() {
            let mut of_rows = Vec::with_capacity(dump.rows.len());
            let mut leaked: FxHashMap<usize, u64> = FxHashMap::default();
            for row in &dump.rows {
                let group = self.group(Said::Words(row.state), row.stack);
                self.count(group, track, moment, 1);
                of_rows.push(group);
                *leaked.entry(group).or_default() += u64::from(row.is_leaked);
                if moment == last {
                    self.detail(group, row);
                }
            }
            // A profile of what leaks, and its marks in a dump, are of the same goroutines.
            for (group, count) in leaked {
                if let Some(group) = self.population.groups.get_mut(group) {
                    group.leaked = group.leaked.max(count);
                }
            }
            if moment == last {
                for held in &dump.held {
                    let group = of_rows.get(held.row).and_then(|&at| self.population.groups.get_mut(at));
                    if let Some(group) = group.filter(|group| !group.holds.contains(&held.address)) {
                        group.holds.push(held.address);
                    }
                }
            }
            self.moment(track, Moment { source, at_seconds: None, total: dump.rows.len() as u64 });
        }
    }

    fn moment(&mut self, track: usize, moment: Moment) {
        if let Some(track) = self.population.tracks.get_mut(track) {
            track.moments.push(moment);
        }
    }

    /// The group of a state and a stack.
    fn group(&mut self, said: Said, stack: StackId) -> usize {
        if let Some(&known) = self.known.get(&(said, stack)) {
            return known;
        }
        let frames = frames(self.symbols, stack);
        let words = self.state(said, &frames);
        let next = self.population.groups.len();
        let at = *self.index.entry((words.clone(), key(self.symbols, &frames))).or_insert(next);
        if at == next {
            let is_system =
                !frames.is_empty() && frames.iter().all(|frame| is_runtime(self.symbols.strings.get(frame.function)));
            self.population.groups.push(Group {
                state: words,
                stack,
                frames,
                counts: Vec::new(),
                longest_wait: None,
                leaked: 0,
                created_at: None,
                waits_for: Vec::new(),
                holds: Vec::new(),
                names: Vec::new(),
                end: None,
                is_system,
            });
        }
        self.known.insert((said, stack), at);
        at
    }

    /// What a row says, or what its stack tells where that says more.
    fn state(&self, said: Said, frames: &[Frame]) -> String {
        let names = || frames.iter().map(|frame| self.symbols.strings.get(frame.function));
        let told = match self.population.origin {
            StackOrigin::Goroutines => state::of_go(names()),
            StackOrigin::Threads => state::of_native(names()),
            StackOrigin::JavaThreads => "",
        };
        let words = match said {
            Said::Words(words) => self.symbols.strings.get(words),
            Said::Stack if names().next().is_some_and(|leaf| !leaf.starts_with("runtime.gopark")) => "runnable",
            Said::Stack => "",
        };
        // Up to Go 1.19 all of sync is `semacquire`.
        let is_vague = ["", "semacquire", "runnable"].contains(&words);
        if is_vague && !told.is_empty() { told.to_owned() } else { words.to_owned() }
    }

    fn count(&mut self, group: usize, track: usize, moment: usize, count: u64) {
        let Some(group) = self.population.groups.get_mut(group) else { return };
        if group.counts.len() <= track {
            group.counts.resize(track + 1, Vec::new());
        }
        if let Some(counts) = group.counts.get_mut(track) {
            if counts.len() <= moment {
                counts.resize(moment + 1, 0);
            }
            if let Some(sum) = counts.get_mut(moment) {
                *sum = sum.saturating_add(count);
            }
        }
    }

    fn detail(&mut self, group: usize, row: &DumpedStack) {
        let Some(group) = self.population.groups.get_mut(group) else { return };
        group.longest_wait = group.longest_wait.max(row.wait_minutes);
        if let Some(at) = row.created_at {
            let line = self.symbols.locations.get(at).lines.first();
            let function = line.and_then(|line| self.symbols.functions.get(line.function?));
            group.created_at = function.zip(line).map(|(function, line)| Frame {
                function: function.name,
                file: function.file,
                line: line.line,
            });
        }
        if let Some(address) = row.waits_for {
            match group.waits_for.iter_mut().find(|(known, _)| *known == address) {
                Some((_, count)) => *count += 1,
                None => group.waits_for.push((address, 1)),
            }
        }
        if row.name != StringId::default() && group.names.len() < KEPT_NAMES {
            group.names.push(row.name);
        }
    }

    fn finish(mut self, shapes: &Shapes<'_>) -> Option<Population> {
        if self.population.tracks.is_empty() {
            return None;
        }
        self.join_unknown_states();
        let mut population = self.population;
        let lengths: Vec<usize> = population.tracks.iter().map(|track| track.moments.len()).collect();
        // Of equals the first, which is that of profiles: they tell their times.
        population.main = (0..lengths.len()).rev().max_by_key(|&at| lengths.get(at)).unwrap_or(0);
        for group in &mut population.groups {
            group.counts.resize(lengths.len(), Vec::new());
            for (counts, &length) in group.counts.iter_mut().zip(&lengths) {
                counts.resize(length, 0);
            }
            group.end = if state::is_for_another(&group.state) || group.state.is_empty() {
                shapes.end_in(&group.frames)
            } else {
                None
            };
        }
        let main = population.main;
        let seen = |group: &Group| {
            group.leaked > 0 || group.counts.get(main).is_some_and(|counts| counts.iter().any(|&n| n > 0))
        };
        population.groups.retain(seen);
        let symbols = self.symbols;
        let name = |group: &Group| group.frames.first().map(|frame| symbols.strings.get(frame.function));
        order::sort_by(&mut population.groups, |a, b| {
            let count = |group: &Group| group.counts.get(main).and_then(|counts| counts.last().copied()).unwrap_or(0);
            count(b).cmp(&count(a)).then_with(|| name(a).cmp(&name(b))).then_with(|| a.state.cmp(&b.state))
        });
        Some(population)
    }

    /// A form that does not tell states (debug=1 leaves out the runtime's functions) joins those that do.
    fn join_unknown_states(&mut self) {
        let groups = &mut self.population.groups;
        let mut by_frames: FxHashMap<Vec<(StringId, i64)>, Vec<usize>> = FxHashMap::default();
        for (at, group) in groups.iter().enumerate() {
            by_frames.entry(key(self.symbols, &group.frames)).or_default().push(at);
        }
        let mut joined = Vec::new();
        for alike in by_frames.values().filter(|alike| alike.len() > 1) {
            let sum = |at: usize| groups.get(at).map_or(0, |group| group.counts.iter().flatten().sum::<u64>());
            let is_unknown = |at: usize| groups.get(at).is_some_and(|group| group.state.is_empty());
            let told =
                alike.iter().copied().filter(|&at| !is_unknown(at)).max_by_key(|&at| (sum(at), std::cmp::Reverse(at)));
            let untold = alike.iter().copied().find(|&at| is_unknown(at));
            joined.extend(told.zip(untold));
        }
        joined.sort_unstable();
        for &(told, untold) in &joined {
            let Some(from) = groups
                .get_mut(untold)
                .map(|group| (std::mem::take(&mut group.counts), std::mem::take(&mut group.leaked)))
            else {
                continue;
            };
            let Some(into) = groups.get_mut(told) else { continue };
            into.leaked = into.leaked.saturating_add(from.1);
            if into.counts.len() < from.0.len() {
                into.counts.resize(from.0.len(), Vec::new());
            }
            for (counts, more) in into.counts.iter_mut().zip(from.0) {
                if counts.len() < more.len() {
                    counts.resize(more.len(), 0);
                }
                counts.iter_mut().zip(more).for_each(|(sum, count)| *sum = sum.saturating_add(count));
            }
        }
    }
}
