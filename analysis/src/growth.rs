//! What every node has in each snapshot of a series, how sure that is, and where it goes.
//!
//! All snapshots share one projection, so that a difference is a subtraction of columns.

use crate::filter::CompiledFilter;
use crate::heap_rows::rate_of;
use crate::lens::{Granularity, Lens};
use crate::model::{ProfileKind, Symbols};
use crate::projection::{NodeId, Projection};
use crate::selection::{Inputs, SelectError, Selection, select};
use crate::series::Series;
use crate::session::Session;
use crate::stats::{Interval, Trend, interval, object_variance, trend};
use crate::top::{Top, walk};

/// The columns of a heap profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeapColumns {
    /// Objects allocated since the start, if that is told.
    pub alloc_objects: Option<usize>,
    /// Bytes allocated since the start, if that is told.
    pub alloc_space: Option<usize>,
    /// Objects not freed.
    pub inuse_objects: usize,
    /// Bytes not freed.
    pub inuse_space: usize,
}

/// Which value of a node is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Scope {
    /// The node's own.
    Flat,
    /// With all it called.
    #[default]
    Cum,
}

/// A series, measured.
pub struct Growth {
    /// The snapshots.
    pub series: Series,
    /// Nodes, shared by all snapshots.
    pub projection: Projection,
    /// By snapshot.
    pub measured: Vec<Measured>,
    /// Where the heap's columns are, when it is a heap.
    pub heap: Option<HeapColumns>,
}

/// One snapshot, measured.
pub struct Measured {
    /// Stacks with values.
    pub selection: Selection,
    /// Values by node.
    pub top: Top,
    /// Sums of its columns.
    totals: Vec<i64>,
    /// Variances by node, in the heap's columns.
    errors: Errors,
}

impl Growth {
    /// Measures every profile of `kind` through the lens (its filter and granularity; its base is not subtracted).
    ///
    /// # Errors
    /// When the filter does not compile or a profile has no sample type.
    pub fn new(session: &Session, kind: ProfileKind, lens: &Lens) -> Result<Self, SelectError> {
        Self::of_series(session, Series::of_kind(session, kind), lens)
    }

    /// The same of a series.
    ///
    /// # Errors
    /// As [`Growth::new`].
    pub fn of_series(session: &Session, series: Series, lens: &Lens) -> Result<Self, SelectError> {
        let filter = CompiledFilter::new(&lens.filter)?;
        let symbols = &session.symbols;
        let projection = Projection::new(symbols, &filter, lens.granularity, lens.no_inlines);
        let mut measured = Vec::with_capacity(series.snapshots.len());
        let mut heap = None;
        for snapshot in &series.snapshots {
            let Some(profile) = session.profile(snapshot.source) else { continue };
            let inputs = Inputs {
                profiles: &[profile],
                bases: &[],
                diff_base: false,
                normalize: false,
                relative_percentages: lens.relative_percentages,
            };
            let selection = select(symbols, inputs, &filter, &projection)?;
            let top = Top::new(symbols, &projection, &selection);
            let columns = heap_columns(symbols, &selection);
            let errors = Errors::new(symbols, &projection, &selection, columns, rate_of(symbols, profile));
            heap = heap.or(columns);
            let sum = |values: &Vec<i64>| values.iter().fold(0_i64, |sum, &value| sum.wrapping_add(value));
            let totals = selection.values.iter().map(sum).collect();
            measured.push(Measured { selection, top, totals, errors });
        }
        Ok(Self { series, projection, measured, heap })
    }

    /// The same by function, without filters: what rules look at.
    ///
    /// # Errors
    /// As [`Growth::new`].
    pub fn by_function(session: &Session, kind: ProfileKind) -> Result<Self, SelectError> {
        Self::new(session, kind, &Lens { granularity: Granularity::Functions, ..Lens::default() })
    }

    /// A node's value in one snapshot.
    pub fn value(&self, snapshot: usize, node: NodeId, column: usize, scope: Scope) -> i64 {
        let row = self.measured.get(snapshot).map(|measured| measured.top.get(node, column));
        row.map_or(0, |row| match scope {
            Scope::Flat => row.flat,
            Scope::Cum => row.cum,
        })
    }

    /// A node's value in every snapshot.
    pub fn values(&self, node: NodeId, column: usize, scope: Scope) -> Vec<i64> {
        (0..self.measured.len()).map(|at| self.value(at, node, column, scope)).collect()
    }

    /// Variance of a node's value in one snapshot; 0 where it is exact.
    pub fn variance(&self, snapshot: usize, node: NodeId, column: usize, scope: Scope) -> f64 {
        self.measured.get(snapshot).map_or(0.0, |measured| measured.errors.get(node, column, scope))
    }

    /// The 95 % interval of a node's value in one snapshot.
    pub fn interval(&self, snapshot: usize, node: NodeId, column: usize, scope: Scope) -> Interval {
        let value = self.value(snapshot, node, column, scope) as f64;
        interval(value, self.variance(snapshot, node, column, scope))
    }

    /// The difference of two snapshots, with its standard error.
    ///
    /// The counters of allocations contain the base's samples, so what is sampled of the difference is only what came
    /// since. For what is in use the two are taken as independent, which makes the error too large rather than too small.
    pub fn delta(&self, base: usize, current: usize, node: NodeId, column: usize, scope: Scope) -> Delta {
        let value = self.value(current, node, column, scope).wrapping_sub(self.value(base, node, column, scope));
        let before = self.variance(base, node, column, scope);
        let after = self.variance(current, node, column, scope);
        let is_counter = self.heap.is_some_and(|heap| [heap.alloc_objects, heap.alloc_space].contains(&Some(column)));
        let variance = if is_counter { (after - before).max(0.0) } else { after + before };
        Delta { value, error: variance.sqrt() }
    }

    /// The trend of a node over snapshots that are measurements of their own, per second where times are known.
    pub fn trend(&self, node: NodeId, column: usize, scope: Scope) -> Option<Trend> {
        let points: Vec<usize> = self.series.distinct().collect();
        let times: Vec<f64> = points.iter().filter_map(|&at| Some(self.series.snapshots.get(at)?.at_seconds)).collect();
        let values: Vec<f64> = points.iter().map(|&at| self.value(at, node, column, scope) as f64).collect();
        trend(&times, &values)
    }

    /// Total of a column in one snapshot, after filters.
    pub fn total(&self, snapshot: usize, column: usize) -> i64 {
        self.measured.get(snapshot).and_then(|measured| measured.totals.get(column)).copied().unwrap_or(0)
    }
}

/// A difference with its standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Delta {
    /// Current minus base.
    pub value: i64,
    /// Standard error; 0 where both are exact.
    pub error: f64,
}

impl Delta {
    /// Whether zero lies outside the 95 % interval.
    pub fn is_significant(self) -> bool {
        self.value != 0 && (self.value as f64).abs() > crate::stats::Z95 * self.error
    }
}

/// The heap's columns, found by name.
pub fn heap_columns(symbols: &Symbols, selection: &Selection) -> Option<HeapColumns> {
    let column = |name: &str| selection.sample_types.iter().position(|t| symbols.strings.get(t.name) == name);
    Some(HeapColumns {
        alloc_objects: column("alloc_objects"),
        alloc_space: column("alloc_space"),
        inuse_objects: column("inuse_objects")?,
        inuse_space: column("inuse_space")?,
    })
}

/// Variances by node and column.
#[derive(Default)]
struct Errors {
    types: usize,
    flat: Vec<f64>,
    cum: Vec<f64>,
}

impl Errors {
    fn new(
        symbols: &Symbols,
        projection: &Projection,
        selection: &Selection,
        columns: Option<HeapColumns>,
        rate: f64,
    ) -> Self {
        let Some(columns) = columns.filter(|_| rate > 1.0) else { return Self::default() };
        let types = selection.values.len();
        let mut errors =
            Self { types, flat: vec![0.0; projection.len() * types], cum: vec![0.0; projection.len() * types] };
        let allocated = columns.alloc_objects.zip(columns.alloc_space);
        let pairs: Vec<_> = allocated.into_iter().chain([(columns.inuse_objects, columns.inuse_space)]).collect();
        let mut variances = vec![0.0; types];
        let mut current = usize::MAX;
        walk(symbols, projection, selection, |row, node, is_leaf| {
            if current != row {
                current = row;
                row_variances(selection, row, &pairs, rate, &mut variances);
            }
            add(&mut errors.cum, node, &variances);
            if is_leaf {
                add(&mut errors.flat, node, &variances);
            }
        });
        errors
    }

    fn get(&self, node: NodeId, column: usize, scope: Scope) -> f64 {
        let values = match scope {
            Scope::Flat => &self.flat,
            Scope::Cum => &self.cum,
        };
        values.get(node.index() * self.types + column).copied().unwrap_or(0.0)
    }
}

fn row_variances(selection: &Selection, row: usize, pairs: &[(usize, usize)], rate: f64, into: &mut [f64]) {
    let value = |column: usize| selection.values.get(column).and_then(|c| c.get(row)).map_or(0.0, |&v| v as f64);
    for &(objects, space) in pairs {
        // Both values of a row were scaled alike, so their ratio is the size of its objects.
        let (count, bytes) = (value(objects), value(space));
        let size = if count > 0.0 { bytes / count } else { 0.0 };
        let variance = object_variance(count, size, rate);
        for (column, variance) in [(objects, variance), (space, variance * size * size)] {
            if let Some(slot) = into.get_mut(column) {
                *slot = variance;
            }
        }
    }
}

fn add(sums: &mut [f64], node: NodeId, values: &[f64]) {
    let start = node.index() * values.len();
    for (sum, value) in sums.get_mut(start..start + values.len()).unwrap_or(&mut []).iter_mut().zip(values) {
        *sum += value;
    }
}
