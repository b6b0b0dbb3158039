//! Goroutines by the function that they began with, and waiting for locks and channels by function.

use std::collections::BTreeMap;

use super::course::Course;
use super::estimate::Estimate;
use super::measure::{Measure, Topic};
use super::{Difference, Group};
use crate::model::{ProfileKind, StackId, StringId};
use crate::pools::is_standard;
use crate::series::Series;
use crate::sites::site_of;

/// Where goroutines wait that have nothing to do: for a message, a timer, each other's end. More of it is no loss.
const IDLE: [&str; 8] = [
    "runtime.chanrecv1",
    "runtime.chanrecv2",
    "runtime.selectgo",
    "sync.(*Cond).Wait",
    "sync.(*WaitGroup).Wait",
    "sync.runtime_notifyListWait",
    "time.Sleep",
    "runtime.timeSleep",
];

/// Profiles of one kind: by function, by snapshot, a value with its variance.
pub(super) struct Counted {
    course: Course,
    rows: BTreeMap<StringId, Vec<(f64, f64)>>,
}

impl Counted {
    /// Goroutines, by the outermost function that is not of the standard library.
    pub(super) fn goroutines(group: &Group<'_>) -> Option<Self> {
        let symbols = &group.session.symbols;
        let root = |stack: StackId| {
            let names: Vec<StringId> = symbols.function_names(symbols.stacks.get(stack)).collect();
            let is_own = |name: &&StringId| !is_standard(symbols.strings.get(**name));
            names.iter().rev().find(is_own).or(names.last()).copied()
        };
        // Every goroutine is counted.
        Self::of(group, ProfileKind::Goroutine, &root, &["goroutine", "goroutines"], |count, _| (count, 0.0))
    }

    /// Time waited, in seconds, by the innermost function that is not of the standard library.
    pub(super) fn delays(group: &Group<'_>, kind: ProfileKind) -> Option<Self> {
        let symbols = &group.session.symbols;
        let is_idle = |stack: StackId| {
            let leaf = symbols.function_names(symbols.stacks.get(stack)).next();
            leaf.is_some_and(|leaf| IDLE.contains(&symbols.strings.get(leaf)))
        };
        let site = |stack: StackId| site_of(symbols, stack).filter(|_| !is_idle(stack));
        // As if each wait were as long as chance has it: a sum of n such times has n times twice the square of their mean.
        Self::of(group, kind, &site, &["delay"], |nanos, waits| {
            let seconds = nanos / 1e9;
            (seconds, if waits > 0.0 { 2.0 * seconds * seconds / waits } else { 0.0 })
        })
    }

    fn of(
        group: &Group<'_>,
        kind: ProfileKind,
        owner: &dyn Fn(StackId) -> Option<StringId>,
        columns: &[&str],
        value: fn(f64, f64) -> (f64, f64),
    ) -> Option<Self> {
        let (session, strings) = (group.session, &group.session.symbols.strings);
        let series = Series::of_some(session, kind, &|id| group.has(id));
        let course = Course::of(session, &series);
        course.last()?;
        let count = series.snapshots.len();
        let mut rows: BTreeMap<StringId, Vec<(f64, f64)>> = BTreeMap::new();
        for (at, snapshot) in series.snapshots.iter().enumerate() {
            let Some(profile) = session.profile(snapshot.source) else { continue };
            let column = |names: &[&str]| {
                let at = profile.sample_types.iter().position(|t| names.contains(&strings.get(t.name)))?;
                profile.values.get(at)
            };
            let (Some(values), waits) = (column(columns), column(&["contentions"])) else { continue };
            for (row, (&stack, &sum)) in profile.stacks.iter().zip(values).enumerate() {
                let Some(owner) = owner(stack) else { continue };
                let waits = waits.and_then(|waits| waits.get(row)).map_or(0.0, |&waits| waits as f64);
                let (sum, variance) = value(sum as f64, waits);
                if let Some(slot) = rows.entry(owner).or_insert_with(|| vec![(0.0, 0.0); count]).get_mut(at) {
                    *slot = (slot.0 + sum, slot.1 + variance);
                }
            }
        }
        Some(Self { course, rows })
    }

    fn at(&self, function: StringId, snapshot: usize) -> (f64, f64) {
        self.rows.get(&function).and_then(|row| row.get(snapshot)).copied().unwrap_or_default()
    }
}

fn functions(text: &dyn Fn(StringId) -> String, before: &Counted, after: &Counted) -> Vec<StringId> {
    let mut all: Vec<StringId> = before.rows.keys().chain(after.rows.keys()).copied().collect();
    crate::order::sort_by_key(&mut all, |&function| text(function));
    all.dedup();
    all
}

/// How many goroutines there were, and how fast they became more.
pub(super) fn goroutines(
    text: &dyn Fn(StringId) -> String,
    before: &Counted,
    after: &Counted,
    into: &mut Vec<Difference>,
) {
    for function in functions(text, before, after) {
        let level = |of: &Counted| of.course.level(&|at| (of.at(function, at).0, of.at(function, at).0), 1.0);
        let slope = |of: &Counted| of.course.slope(&|at| of.at(function, at), 1.0);
        let mut add = |measure, a: Option<Estimate>, b: Option<Estimate>| {
            into.push(Difference::new(Topic::Goroutines, measure, text(function), a, b, None));
        };
        add(Measure::Goroutines, level(before), level(after));
        if let (Some(a), Some(b)) = (slope(before), slope(after)) {
            add(Measure::GoroutineGrowth, Some(a), Some(b));
        }
    }
}

/// Seconds waited a second.
pub(super) fn delays(
    text: &dyn Fn(StringId) -> String,
    measure: Measure,
    before: &Counted,
    after: &Counted,
    into: &mut Vec<Difference>,
) {
    for function in functions(text, before, after) {
        let rate = |of: &Counted| of.course.rate(&|at| of.at(function, at), 0.0);
        let (a, b) = (rate(before), rate(after));
        if let (Some(a), Some(b)) = (a, b) {
            into.push(Difference::new(Topic::Waits, measure, text(function), Some(a), Some(b), None));
        }
    }
}
