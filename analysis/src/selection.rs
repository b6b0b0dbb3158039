//! The samples that are left after filters, merged files and a subtracted base: stacks with values.

use std::fmt;

use rustc_hash::FxHashMap;

use crate::filter::{CompiledFilter, FilterError, UnitOf, units_meet};
use crate::measurement;
use crate::model::{
    Label, LabelSetId, LabelSets, LabelValue, LocationId, Profile, SampleType, StackId, StringTable, Symbols,
};
use crate::order;
use crate::projection::Projection;

/// Weighted stacks, the common input of every report (top, call tree, sandwich, call graph).
pub struct Selection {
    /// What each column counts.
    pub sample_types: Vec<SampleType>,
    /// The column that is shown when none is named.
    pub default_type: usize,
    /// The stack of each row.
    pub stacks: Vec<StackId>,
    /// How many locations of the row's stack are visible, counted from the leaf (pprof: `show_from`).
    pub visible: Vec<u32>,
    /// One column per sample type; rows of a base are negated.
    pub values: Vec<Vec<i64>>,
    /// The labels of each row.
    pub label_sets: Vec<LabelSetId>,
    /// The sets that `label_sets` names.
    pub labels: LabelSets,
    /// Whether each row is of a diff base; empty when there is none.
    pub of_base: Vec<bool>,
    /// What percentages are of, per sample type (pprof's total).
    pub totals: Vec<i64>,
}

/// What is selected from.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// Files that are added up.
    pub profiles: &'a [&'a Profile],
    /// Files that are subtracted.
    pub bases: &'a [&'a Profile],
    /// Percentages are of the base (pprof: `-diff_base`).
    pub diff_base: bool,
    /// The profiles are scaled to the base's total first (pprof: `-normalize`).
    pub normalize: bool,
    /// Percentages are of what the filters leave (pprof: `-relative_percentages`).
    pub relative_percentages: bool,
}

/// Why nothing can be selected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SelectError {
    /// The filter does not compile.
    Filter(FilterError),
    /// No profile was named.
    NoProfile,
    /// The files share no sample type.
    NoCommonType,
    /// The same sample type has units that cannot be added.
    Units {
        /// Sample type.
        name: String,
        /// One unit.
        left: String,
        /// The other.
        right: String,
    },
}

impl fmt::Display for SelectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Filter(error) => error.fmt(f),
            Self::NoProfile => f.write_str("There is no profile to look at."),
            Self::NoCommonType => {
                f.write_str("These files share no sample type, so they cannot be added or subtracted.")
            }
            Self::Units { name, left, right } => {
                write!(f, "{name} is counted in {left} in one file and in {right} in another.")
            }
        }
    }
}

impl std::error::Error for SelectError {}

impl From<FilterError> for SelectError {
    fn from(error: FilterError) -> Self {
        Self::Filter(error)
    }
}

impl Selection {
    /// The visible locations of a row, leaf first.
    #[inline]
    pub fn locations<'a>(&self, symbols: &'a Symbols, row: usize) -> &'a [LocationId] {
        let Some(&stack) = self.stacks.get(row) else { return &[] };
        let all = symbols.stacks.get(stack);
        let visible = self.visible.get(row).map_or(all.len(), |&n| n as usize);
        all.get(..visible).unwrap_or(all)
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.stacks.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.stacks.is_empty()
    }

    /// The column of a sample type named as pprof's `-sample_index` allows: by name, by number, or with `inuse_` where
    /// old profiles have none.
    pub fn type_named(&self, symbols: &Symbols, name: &str) -> Option<usize> {
        if let Ok(number) = name.parse::<usize>() {
            return (number < self.sample_types.len()).then_some(number);
        }
        let bare = name.strip_prefix("inuse_").unwrap_or(name);
        self.sample_types.iter().position(|t| [name, bare].contains(&symbols.strings.get(t.name)))
    }
}

/// Rows before filters: merged samples with their labels.
struct Rows {
    sample_types: Vec<SampleType>,
    default_type: usize,
    stacks: Vec<StackId>,
    label_sets: Vec<LabelSetId>,
    labels: LabelSets,
    /// Whether the row is of a diff base.
    of_base: Vec<bool>,
    values: Vec<Vec<i64>>,
}

/// Applies filters and base. `projection` must be made from the same filter.
///
/// # Errors
/// When the files cannot be added up.
pub fn select(
    symbols: &Symbols,
    inputs: Inputs<'_>,
    filter: &CompiledFilter,
    projection: &Projection,
) -> Result<Selection, SelectError> {
    let rows = match (inputs.profiles, inputs.bases) {
        ([], _) => return Err(SelectError::NoProfile),
        ([profile], []) => Rows::of(profile),
        _ => Rows::merged(symbols, inputs)?,
    };
    let units = NumericUnits::of(&rows, &symbols.strings);
    let (kept, visible) = kept_rows(symbols, &rows, filter, projection, &units);
    let everything = kept.len() == rows.stacks.len();
    let pick = |row: &u32| *row as usize;
    let totals = rows
        .values
        .iter()
        .map(|column| {
            if inputs.relative_percentages && !everything {
                total(kept.iter().map(pick), column, &rows.of_base)
            } else {
                total(0..rows.stacks.len(), column, &rows.of_base)
            }
        })
        .collect();
    let Rows { sample_types, default_type, mut stacks, mut label_sets, labels, mut of_base, mut values } = rows;
    if !everything {
        stacks = picked(&stacks, &kept);
        label_sets = picked(&label_sets, &kept);
        of_base = picked(&of_base, &kept);
        values = values.iter().map(|column| picked(column, &kept)).collect();
    }
    Ok(Selection { sample_types, default_type, stacks, visible, values, label_sets, labels, of_base, totals })
}

/// The rows of a column that are kept.
fn picked<T: Copy>(column: &[T], kept: &[u32]) -> Vec<T> {
    kept.iter().filter_map(|&row| column.get(row as usize).copied()).collect()
}

/// The sum of absolute values; only of the diff base's rows if there are any with a value.
fn total(rows: impl Iterator<Item = usize>, column: &[i64], of_base: &[bool]) -> i64 {
    let (mut all, mut base) = (0_i64, 0_i64);
    for row in rows {
        let value = column.get(row).map_or(0, |value| value.wrapping_abs());
        all = all.wrapping_add(value);
        if of_base.get(row).is_some_and(|&of_base| of_base) {
            base = base.wrapping_add(value);
        }
    }
    if base > 0 { base } else { all }
}

/// Which rows the filters keep, and how much of each stack is visible.
fn kept_rows(
    symbols: &Symbols,
    rows: &Rows,
    filter: &CompiledFilter,
    projection: &Projection,
    units: &NumericUnits<'_>,
) -> (Vec<u32>, Vec<u32>) {
    let by_name = filter.is_by_name();
    // Label sets are few where rows are many.
    let tags_keep: Vec<[bool; 2]> = rows
        .labels
        .iter()
        .map(|(_, labels)| [false, true].map(|of_base| tags_keep(filter, labels, of_base, symbols, units)))
        .collect();
    let mut kept = Vec::with_capacity(rows.stacks.len());
    let mut visible = Vec::with_capacity(rows.stacks.len());
    for (row, (&stack, labels)) in rows.stacks.iter().zip(&rows.label_sets).enumerate() {
        let locations = symbols.stacks.get(stack);
        if by_name && !named_keep(locations, projection) {
            continue;
        }
        let length = if filter.show_from.is_some() {
            let top = locations.iter().rposition(|&location| projection.verdict(location).shown_from);
            let Some(top) = top else { continue };
            top + 1
        } else {
            locations.len()
        };
        let of_base = rows.of_base.get(row).copied().unwrap_or(false);
        if tags_keep.get(labels.index()).is_some_and(|keep| !keep[usize::from(of_base)]) {
            continue;
        }
        kept.push(row as u32);
        visible.push(length as u32);
    }
    (kept, visible)
}

/// At least one location is in focus, none is ignored, and something is left to see.
fn named_keep(locations: &[LocationId], projection: &Projection) -> bool {
    let (mut focused, mut shown, mut any_hidden) = (false, false, false);
    for &location in locations {
        let verdict = projection.verdict(location);
        if verdict.ignored {
            return false;
        }
        focused |= verdict.focused;
        shown |= !verdict.hidden;
        any_hidden |= verdict.hidden;
    }
    focused && (shown || !any_hidden)
}

fn tags_keep(
    filter: &CompiledFilter,
    labels: &[Label],
    of_base: bool,
    symbols: &Symbols,
    units: &NumericUnits<'_>,
) -> bool {
    let matches = |tags: &crate::filter::TagFilter| tags.is_match(labels, of_base, &symbols.strings, units);
    filter.tagfocus.as_ref().is_none_or(matches) && !filter.tagignore.as_ref().is_some_and(matches)
}

/// Units of numeric labels: the first that a key comes with, else guessed from the key (pprof: `NumLabelUnits`).
struct NumericUnits<'a> {
    by_key: FxHashMap<&'a str, &'a str>,
}

impl<'a> NumericUnits<'a> {
    fn of(rows: &Rows, strings: &'a StringTable) -> Self {
        let mut by_key = FxHashMap::default();
        // In the order of rows, since the first unit met wins.
        let mut seen = vec![false; rows.labels.len()];
        for set in &rows.label_sets {
            if seen.get_mut(set.index()).is_none_or(|seen| std::mem::replace(seen, true)) {
                continue;
            }
            for label in rows.labels.get(*set) {
                if let LabelValue::Number(_, unit) = label.value
                    && unit != strings.empty()
                {
                    by_key.entry(strings.get(label.key)).or_insert(strings.get(unit));
                }
            }
        }
        Self { by_key }
    }
}

impl UnitOf for NumericUnits<'_> {
    fn unit_of<'b>(&'b self, key: &'b str) -> &'b str {
        match (self.by_key.get(key), key) {
            (Some(unit), _) => unit,
            (None, "alignment" | "request") => "bytes",
            (None, key) => key,
        }
    }
}

impl Rows {
    fn of(profile: &Profile) -> Self {
        Self {
            sample_types: profile.sample_types.clone(),
            default_type: profile.default_sample_type.unwrap_or(profile.sample_types.len().saturating_sub(1)),
            stacks: profile.stacks.clone(),
            label_sets: profile.label_sets.clone(),
            labels: profile.labels.clone(),
            of_base: Vec::new(),
            values: profile.values.clone(),
        }
    }

    /// Adds up samples of equal stack and labels, as pprof's `profile.Merge`.
    fn merged(symbols: &Symbols, inputs: Inputs<'_>) -> Result<Self, SelectError> {
        let all: Vec<&Profile> = inputs.profiles.iter().chain(inputs.bases).copied().collect();
        let first = all.first().ok_or(SelectError::NoProfile)?;
        let mut sample_types: Vec<SampleType> = first
            .sample_types
            .iter()
            .filter(|t| all.iter().all(|profile| profile.sample_types.iter().any(|other| other.name == t.name)))
            .copied()
            .collect();
        if sample_types.is_empty() {
            return Err(SelectError::NoCommonType);
        }
        let factors = unit_factors(symbols, &all, &mut sample_types)?;
        let default = first.default_sample_type.and_then(|at| first.sample_types.get(at)).map(|t| t.name);
        let same_types = sample_types.len() == first.sample_types.len();
        let default_type = match default.and_then(|name| sample_types.iter().position(|t| t.name == name)) {
            Some(at) => at,
            None if same_types => sample_types.len() - 1,
            None => 0,
        };
        let mut merger = Merger::new(symbols, sample_types.len());
        let unit_scales = |at: usize| factors.get(at).cloned().unwrap_or_default();
        let split = inputs.profiles.len();
        let bases = sums_of(inputs.bases, &sample_types, factors.get(split..).unwrap_or(&[]));
        match inputs.profiles {
            // Where it rounds is pprof's: each sample of one file, the sums of several.
            [profile] if inputs.normalize => {
                let sums = sums_of(inputs.profiles, &sample_types, &factors);
                let ratios = bases.iter().zip(&sums).map(|(&base, &sum)| normalizer(base, sum));
                let scales: Vec<f64> = unit_scales(0).iter().zip(ratios).map(|(unit, ratio)| unit * ratio).collect();
                merger.add(profile, &sample_types, &scales, false, false);
            }
            profiles => {
                for (at, profile) in profiles.iter().enumerate() {
                    merger.add(profile, &sample_types, &unit_scales(at), false, false);
                }
                if inputs.normalize {
                    merger.normalize(&bases);
                }
            }
        }
        for (at, profile) in inputs.bases.iter().enumerate() {
            merger.add(profile, &sample_types, &unit_scales(split + at), true, inputs.diff_base);
        }
        Ok(merger.into_rows(sample_types, default_type))
    }
}

/// How much each column of each profile is scaled so that all have the smallest unit, which is put into `types`.
fn unit_factors(
    symbols: &Symbols,
    profiles: &[&Profile],
    types: &mut [SampleType],
) -> Result<Vec<Vec<f64>>, SelectError> {
    let unit_in = |profile: &Profile, name| {
        profile.sample_types.iter().find(|t| t.name == name).map_or(symbols.strings.empty(), |t| t.unit)
    };
    for t in types.iter_mut() {
        for profile in profiles {
            let unit = unit_in(profile, t.name);
            let (left, right) = (symbols.strings.get(t.unit), symbols.strings.get(unit));
            if !units_meet(left, right) {
                let name = symbols.strings.get(t.name).to_owned();
                return Err(SelectError::Units { name, left: left.to_owned(), right: right.to_owned() });
            }
            if left != right && measurement::ratio(right, left) < 1.0 {
                t.unit = unit;
            }
        }
    }
    let factor = |profile: &Profile, t: &SampleType| {
        let (from, to) = (symbols.strings.get(unit_in(profile, t.name)), symbols.strings.get(t.unit));
        if from == to { 1.0 } else { measurement::ratio(from, to) }
    };
    Ok(profiles.iter().map(|profile| types.iter().map(|t| factor(profile, t)).collect()).collect())
}

/// What brings the sum of a column to the base's (pprof: `Profile.Normalize`).
fn normalizer(base: i64, sum: i64) -> f64 {
    if sum == 0 { 0.0 } else { base as f64 / sum as f64 }
}

/// The sum of each column over all of `profiles`.
fn sums_of(profiles: &[&Profile], types: &[SampleType], factors: &[Vec<f64>]) -> Vec<i64> {
    let sum = |(column, t): (usize, &SampleType)| {
        let sums = profiles.iter().zip(factors).filter_map(|(profile, factors)| {
            let (values, factor) = (column_of(profile, t)?, factors.get(column)?);
            Some(values.iter().fold(0_i64, |sum, &value| sum.wrapping_add(scaled(value, *factor))))
        });
        sums.fold(0_i64, i64::wrapping_add)
    };
    types.iter().enumerate().map(sum).collect()
}

fn column_of<'a>(profile: &'a Profile, t: &SampleType) -> Option<&'a [i64]> {
    let at = profile.sample_types.iter().position(|other| other.name == t.name)?;
    profile.values.get(at).map(Vec::as_slice)
}

fn scaled(value: i64, factor: f64) -> i64 {
    #[allow(clippy::float_cmp)] // Exactly 1 is “not scaled”, and must not round.
    if factor == 1.0 { value } else { (value as f64 * factor).round() as i64 }
}

/// Adds up rows of equal key.
struct Merger<'a> {
    symbols: &'a Symbols,
    rows: FxHashMap<(StackId, LabelSetId, bool), u32>,
    stacks: Vec<StackId>,
    label_sets: Vec<LabelSetId>,
    labels: LabelSets,
    of_base: Vec<bool>,
    values: Vec<Vec<i64>>,
}

impl<'a> Merger<'a> {
    fn new(symbols: &'a Symbols, types: usize) -> Self {
        Self {
            symbols,
            rows: FxHashMap::default(),
            stacks: Vec::new(),
            label_sets: Vec::new(),
            labels: LabelSets::default(),
            of_base: Vec::new(),
            values: vec![Vec::new(); types],
        }
    }

    fn add(&mut self, profile: &Profile, types: &[SampleType], scales: &[f64], negate: bool, of_base: bool) {
        let columns: Vec<&[i64]> = types.iter().map(|t| column_of(profile, t).unwrap_or(&[])).collect();
        // Order of keys is no difference between label sets.
        let sets: Vec<LabelSetId> = profile
            .labels
            .iter()
            .map(|(_, labels)| {
                let mut sorted = labels.to_vec();
                order::sort_by(&mut sorted, |a, b| {
                    self.symbols.strings.get(a.key).cmp(self.symbols.strings.get(b.key))
                });
                self.labels.intern(&sorted)
            })
            .collect();
        for (row, (&stack, set)) in profile.stacks.iter().zip(&profile.label_sets).enumerate() {
            let set = sets.get(set.index()).copied().unwrap_or_else(|| self.labels.empty());
            let next = self.stacks.len() as u32;
            let at = *self.rows.entry((stack, set, of_base)).or_insert(next);
            if at == next {
                self.stacks.push(stack);
                self.label_sets.push(set);
                self.of_base.push(of_base);
                self.values.iter_mut().for_each(|column| column.push(0));
            }
            for ((into, from), &scale) in self.values.iter_mut().zip(&columns).zip(scales) {
                let value = scaled(from.get(row).copied().unwrap_or(0), scale);
                let value = if negate { value.wrapping_neg() } else { value };
                if let Some(sum) = into.get_mut(at as usize) {
                    *sum = sum.wrapping_add(value);
                }
            }
        }
    }

    /// Scales each column so that its sum becomes the base's.
    fn normalize(&mut self, bases: &[i64]) {
        for (column, &base) in self.values.iter_mut().zip(bases) {
            let sum = column.iter().fold(0_i64, |sum, &value| sum.wrapping_add(value));
            let ratio = normalizer(base, sum);
            column.iter_mut().for_each(|value| *value = scaled(*value, ratio));
        }
    }

    fn into_rows(self, sample_types: Vec<SampleType>, default_type: usize) -> Rows {
        Rows {
            sample_types,
            default_type,
            stacks: self.stacks,
            label_sets: self.label_sets,
            labels: self.labels,
            of_base: self.of_base,
            values: self.values,
        }
    }
}
