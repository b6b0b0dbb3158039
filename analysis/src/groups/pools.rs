//! How often pools had an object at hand, where records of their gets tell.

use std::collections::BTreeMap;

use super::estimate::Estimate;
use super::measure::{Measure, Topic};
use super::{Difference, Group};
use crate::query::pool_row;

/// By name of the pool: gets, and those of them that it served without making an object.
pub(super) fn hits(group: &Group<'_>) -> BTreeMap<String, [f64; 2]> {
    let mut pools: BTreeMap<String, [f64; 2]> = BTreeMap::new();
    for source in group.session.sources.iter().filter(|source| group.has(source.id)) {
        let Some(lifecycle) = group.session.pools(source.id) else { continue };
        for pool in &lifecycle.pools {
            let row = pool_row(group.session, source.id, lifecycle, pool);
            if let (Some(gets), Some(missed)) = (row.gets.filter(|&gets| gets > 0), row.missed) {
                let name = if row.name.is_empty() { row.type_name } else { row.name };
                let of = pools.entry(name).or_default();
                of[0] += gets as f64;
                of[1] += gets.saturating_sub(missed) as f64;
            }
        }
    }
    pools
}

/// Of both.
pub(super) fn differences(before: &Group<'_>, after: &Group<'_>, into: &mut Vec<Difference>) -> bool {
    let (old, new) = (hits(before), hits(after));
    let mut is_any = false;
    for (name, [gets, served]) in &old {
        let rate = |[gets, served]: &[f64; 2]| Estimate::share(*served, *gets);
        if let Some(other) = new.get(name) {
            is_any = true;
            let a = rate(&[*gets, *served]);
            into.push(Difference::new(Topic::Pools, Measure::HitRate, name.clone(), a, rate(other), None));
        }
    }
    is_any
}
