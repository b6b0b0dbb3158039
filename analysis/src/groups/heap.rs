//! What each function allocates and keeps, in a group, and the pools that its stacks show.

use std::collections::BTreeMap;

use super::course::Course;
use super::estimate::Estimate;
use super::judge::load;
use super::measure::{Measure, Topic};
use super::sizes::{Sizes, mean_size, sizes};
use super::{Difference, Group};
use crate::census::{Census, Pool};
use crate::heap_rows::{ALLOC_OBJECTS, ALLOC_SPACE, HeapRows, INUSE_SPACE};
use crate::model::{ProfileKind, StringId};
use crate::pools;
use crate::series::Series;
use crate::sites::Sites;

/// The heaps of a group.
pub(super) struct Heap {
    /// How its snapshots follow each other.
    pub(super) course: Course,
    /// Sizes of what each function allocated.
    pub(super) sizes: Sizes,
    sites: BTreeMap<StringId, Values>,
    pools: Vec<Pool>,
    /// All sites together.
    all: Values,
    /// Bytes between two samples on average.
    rate: f64,
}

/// By snapshot: allocated objects and bytes, objects and bytes in use; and their variances.
#[derive(Clone, Debug, Default)]
struct Values(Vec<[i64; 4]>, Vec<[f64; 4]>);

impl Values {
    fn add(&mut self, values: &[[i64; 4]], variances: &[[f64; 4]]) {
        self.0.resize(values.len().max(self.0.len()), [0; 4]);
        self.1.resize(variances.len().max(self.1.len()), [0.0; 4]);
        for (sums, row) in self.0.iter_mut().zip(values) {
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum = sum.wrapping_add(*value));
        }
        for (sums, row) in self.1.iter_mut().zip(variances) {
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
    }

    fn at(&self, snapshot: usize, column: usize) -> (f64, f64) {
        let value = self.0.get(snapshot).and_then(|row| row.get(column)).map_or(0.0, |&value| value as f64);
        (value, self.1.get(snapshot).and_then(|row| row.get(column)).copied().unwrap_or(0.0))
    }

    /// Mean size of what was allocated up to the last snapshot.
    fn size(&self) -> Option<f64> {
        let row = self.0.last()?;
        (row[ALLOC_OBJECTS] > 0).then(|| row[ALLOC_SPACE] as f64 / row[ALLOC_OBJECTS] as f64)
    }
}

impl Heap {
    /// Of the kind of profile that has most snapshots; both hold the same samples.
    pub(super) fn of(group: &Group<'_>) -> Option<Self> {
        let session = group.session;
        let series = |kind| Series::of_some(session, kind, &|id| group.has(id));
        let [heaps, allocs] = [ProfileKind::Heap, ProfileKind::Allocs].map(series);
        let series = if allocs.distinct().count() > heaps.distinct().count() { allocs } else { heaps };
        let snapshots = HeapRows::of_series(session, &series)?;
        let course = Course::of(session, &series);
        let patterns = pools::patterns(&[]);
        let told = Sites::new(&session.symbols, &snapshots, &patterns);
        let census = Census::new(&session.symbols, &told, &patterns);
        let mut sites: BTreeMap<StringId, Values> = BTreeMap::new();
        let mut all = Values::default();
        for site in &told.sites {
            sites.entry(site.function).or_default().add(&site.values, &site.variances);
            all.add(&site.values, &site.variances);
        }
        let sizes = sizes(session, &series, &course);
        Some(Self {
            course,
            sizes,
            sites,
            pools: census.pools,
            all,
            rate: snapshots.last().map_or(0.0, |last| last.rate),
        })
    }

    /// Bytes allocated a second, by all.
    pub(super) fn allocation(&self) -> Option<Estimate> {
        self.course.rate(&|at| self.all.at(at, ALLOC_SPACE), self.rate)
    }

    /// How many bytes one sampled object of that size stands for, and how many objects.
    fn one_sample(&self, size: f64) -> (f64, f64) {
        let chance = if self.rate > 1.0 { -(-size / self.rate).exp_m1() } else { 1.0 };
        (size / chance, 1.0 / chance)
    }

    /// The estimates of a site or a pool, whose objects are of about that size.
    fn rates(&self, values: &Values, size: f64) -> Rates {
        let (bytes, objects) = self.one_sample(size);
        let without = |at: usize| {
            let ((all, variance), (own, of_own)) = (self.all.at(at, ALLOC_SPACE), values.at(at, ALLOC_SPACE));
            (all - own, (variance - of_own).max(0.0))
        };
        Rates {
            growth: self.course.slope(&|at| values.at(at, INUSE_SPACE), bytes),
            in_use: self.course.last().map(|last| {
                let (value, variance) = values.at(last, INUSE_SPACE);
                Estimate::sampled(value, variance, bytes)
            }),
            bytes: self.course.rate(&|at| values.at(at, ALLOC_SPACE), bytes),
            objects: self.course.rate(&|at| values.at(at, ALLOC_OBJECTS), objects),
            rest: self.course.rate(&without, self.rate),
        }
    }
}

/// Estimates of a site or pool.
struct Rates {
    growth: Option<Estimate>,
    in_use: Option<Estimate>,
    bytes: Option<Estimate>,
    objects: Option<Estimate>,
    /// What all others allocated a second: the load, as far as heaps tell it.
    rest: Option<Estimate>,
}

/// Every function of either group.
pub(super) fn sites(text: &dyn Fn(StringId) -> String, before: &Heap, after: &Heap, into: &mut Vec<Difference>) {
    let none = Values::default();
    let mut functions: Vec<StringId> = before.sites.keys().chain(after.sites.keys()).copied().collect();
    crate::order::sort_by_key(&mut functions, |&function| text(function));
    functions.dedup();
    for function in functions {
        let [old, new] = [before, after].map(|heap| heap.sites.get(&function).unwrap_or(&none));
        // Where a group has none, one would be as large as in the other.
        let size = new.size().or(old.size()).unwrap_or(1.0).max(1.0);
        let (old, new) = (before.rates(old, old.size().unwrap_or(size)), after.rates(new, new.size().unwrap_or(size)));
        let mut add = |measure, a: Option<Estimate>, b: Option<Estimate>| {
            let rest = load(old.rest, new.rest);
            into.push(Difference::new(Topic::Sites, measure, text(function), a, b, rest));
        };
        match (old.growth, new.growth) {
            (Some(a), Some(b)) => add(Measure::Growth, Some(a), Some(b)),
            _ => add(Measure::InUse, old.in_use, new.in_use),
        }
        if old.bytes.is_some() || new.bytes.is_some() {
            add(Measure::AllocBytes, old.bytes, new.bytes);
            add(Measure::AllocObjects, old.objects, new.objects);
        }
        let [a, b] = [before, after].map(|heap| heap.sizes.get(&function).and_then(mean_size));
        if a.is_some() && b.is_some() {
            into.push(Difference::new(Topic::Sites, Measure::MeanSize, text(function), a, b, None));
        }
    }
}

/// Every pool that stacks of either group show; how many there are.
pub(super) fn misses(
    text: &dyn Fn(StringId) -> String,
    before: &Heap,
    after: &Heap,
    into: &mut Vec<Difference>,
) -> usize {
    let key = |pool: &Pool| (pool.caller, pool.new);
    let mut keys: Vec<(StringId, StringId)> = before.pools.iter().chain(&after.pools).map(key).collect();
    crate::order::sort_by_key(&mut keys, |&(caller, new)| (text(caller), text(new)));
    keys.dedup();
    for &(caller, new) in &keys {
        let of = |heap: &Heap| {
            let mut values = Values::default();
            for pool in heap.pools.iter().filter(|pool| key(pool) == (caller, new)) {
                values.add(&pool.values, &pool.variances);
            }
            values
        };
        let (old, new) = (of(before), of(after));
        let size = new.size().or(old.size()).unwrap_or(1.0).max(1.0);
        let (old, new) = (before.rates(&old, size), after.rates(&new, size));
        let rest = load(old.rest, new.rest);
        into.push(Difference::new(Topic::Pools, Measure::Misses, text(caller), old.objects, new.objects, rest));
    }
    keys.len()
}
