//! Sizes of what each call site allocated, object by object as the profile groups them (`bytes` label), summed over what
//! came within the snapshots of a group.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::course::Course;
use super::estimate::Estimate;
use crate::heap_rows::rate_of;
use crate::lens::SourceId;
use crate::model::{LabelValue, Profile, StackId, StringId, Symbols};
use crate::series::Series;
use crate::session::Session;
use crate::sites::site_of;
use crate::stats::object_variance;

/// Objects of one size in bytes, the variance of their number, and how many of them were sampled.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sized {
    objects: f64,
    variance: f64,
    samples: f64,
}

/// Fewer samples than this do not tell a mean size: the next might be of another.
const MIN_SAMPLES: f64 = 10.0;

/// By call site: by size.
pub(super) type Sizes = FxHashMap<StringId, BTreeMap<u64, Sized>>;

/// Sizes of what was allocated between the first and the last snapshot of each run; where a group has one snapshot, since the
/// program began.
pub(super) fn sizes(session: &Session, series: &Series, course: &Course) -> Sizes {
    let mut sizes = Sizes::default();
    let mut sites: FxHashMap<StackId, Option<StringId>> = FxHashMap::default();
    let source = |at: usize| series.snapshots.get(at).map(|snapshot| snapshot.source);
    let mut add = |at: usize, sign: f64| {
        if let Some(id) = source(at) {
            add_profile(session, id, sign, &mut sites, &mut sizes);
        }
    };
    for run in &course.runs {
        if let (Some(&(last, _)), Some(&(first, _))) = (run.last(), run.first()) {
            add(last, 1.0);
            if first != last {
                add(first, -1.0);
            }
        }
    }
    course.deltas.iter().for_each(|&(at, _)| add(at, 1.0));
    sizes
}

fn add_profile(
    session: &Session,
    id: SourceId,
    sign: f64,
    sites: &mut FxHashMap<StackId, Option<StringId>>,
    sizes: &mut Sizes,
) {
    let (symbols, Some(profile)) = (&session.symbols, session.profile(id)) else { return };
    let column = |name: &str| {
        let at = profile.sample_types.iter().position(|t| symbols.strings.get(t.name) == name)?;
        profile.values.get(at)
    };
    let (Some(objects), Some(bytes)) = (column("alloc_objects"), column("alloc_space")) else { return };
    let rate = rate_of(symbols, profile);
    for (row, (&stack, (&objects, &bytes))) in profile.stacks.iter().zip(objects.iter().zip(bytes)).enumerate() {
        if objects <= 0 {
            continue;
        }
        let Some(site) = *sites.entry(stack).or_insert_with(|| site_of(symbols, stack)) else { continue };
        let size = labelled(symbols, profile, row).unwrap_or_else(|| (bytes as f64 / objects as f64).round() as u64);
        let slot = sizes.entry(site).or_default().entry(size).or_default();
        slot.objects += sign * objects as f64;
        // What came since is a part of what the later snapshot sampled.
        slot.variance += sign * object_variance(objects as f64, size as f64, rate);
        slot.samples += sign * objects as f64 * if rate > 1.0 { -(-(size as f64) / rate).exp_m1() } else { 1.0 };
    }
}

/// The size that the profile says of a row's objects.
fn labelled(symbols: &Symbols, profile: &Profile, row: usize) -> Option<u64> {
    let labels = profile.labels.get(*profile.label_sets.get(row)?);
    let label = labels.iter().find(|label| symbols.strings.get(label.key) == "bytes")?;
    match label.value {
        LabelValue::Number(size, _) => u64::try_from(size).ok().filter(|&size| size > 0),
        LabelValue::Text(_) => None,
    }
}

/// The mean size with its interval; `None` where too little was seen.
pub(super) fn mean_size(sizes: &BTreeMap<u64, Sized>) -> Option<Estimate> {
    let seen = || sizes.iter().filter(|(_, sized)| sized.objects > 0.0).map(|(&size, &sized)| (size as f64, sized));
    let objects: f64 = seen().map(|(_, sized)| sized.objects).sum();
    if objects <= 0.0 || seen().map(|(_, sized)| sized.samples).sum::<f64>() < MIN_SAMPLES {
        return None;
    }
    let mean = seen().map(|(size, sized)| size * sized.objects).sum::<f64>() / objects;
    // How many of each size there are is what errs, not the size.
    let squares: f64 = seen().map(|(size, sized)| (size - mean).powi(2) * sized.variance.max(0.0)).sum();
    let error = squares.sqrt() / objects;
    let (low, high) = (seen().next()?.0, seen().next_back()?.0);
    let estimate = Estimate::with_error(mean, error);
    Some(Estimate { low: estimate.low.max(low), high: estimate.high.min(high), ..estimate })
}

/// Shares of objects by size: from each power of two to below the next, 0 being sizes of one byte.
pub(super) fn histogram(sizes: &BTreeMap<u64, Sized>) -> Vec<(u32, f64)> {
    let mut bars: BTreeMap<u32, f64> = BTreeMap::new();
    for (&size, sized) in sizes.iter().filter(|(_, sized)| sized.objects > 0.0) {
        *bars.entry(size.max(1).ilog2()).or_default() += sized.objects;
    }
    let all: f64 = bars.values().sum();
    bars.into_iter().map(|(power, objects)| (power, objects / all)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn one_size_is_sure_and_two_are_weighed() {
        let sized = |objects, variance| Sized { objects, variance, samples: objects };
        let one = BTreeMap::from([(1024, sized(100.0, 500.0))]);
        assert_eq!(mean_size(&one), Some(Estimate::exact(1024.0)));
        let two = BTreeMap::from([(1024, sized(100.0, 100.0)), (4096, sized(100.0, 100.0)), (64, sized(-1.0, 0.0))]);
        let mean = mean_size(&two).unwrap();
        assert!(mean.value == 2560.0 && mean.low < 2500.0 && mean.low > 1024.0, "{mean:?}");
        assert_eq!(histogram(&two), [(10, 0.5), (12, 0.5)]);
        let few = BTreeMap::from([(1024, Sized { samples: 2.0, ..sized(100.0, 500.0) })]);
        assert_eq!((mean_size(&few), mean_size(&BTreeMap::new())), (None, None));
    }
}
