//! Every pool that the heap's stacks show: what its `New` made, what of that is still in use, and what the pool itself
//! costs. A hit is visible nowhere in a heap profile; a miss is an allocation below `Get`.

use std::collections::BTreeMap;

use crate::heap_rows::ALLOC_SPACE;
use crate::model::{StackId, StringId, Symbols};
use crate::pools::PoolPattern;
use crate::sites::Sites;

/// One pool.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    /// Such as `sync.Pool`.
    pub family: String,
    /// Who takes objects from it.
    pub caller: StringId,
    /// The function that makes an object on a miss.
    pub new: StringId,
    /// The function that allocates below it, of the largest site.
    pub function: StringId,
    /// A stack that stands for it.
    pub stack: StackId,
    /// By snapshot: objects and bytes that `New` made, objects and bytes of it in use.
    pub values: Vec<[i64; 4]>,
    /// Their variances.
    pub variances: Vec<[f64; 4]>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Census {
    /// Pools by the function that takes from them, then by `New`.
    pub pools: Vec<Pool>,
    /// By snapshot: what the pools' own bookkeeping allocated and holds.
    pub overhead: Vec<[i64; 4]>,
}

impl Census {
    /// Sums the sites that allocate below a `Get`; `patterns` are those that the sites were told by.
    pub fn new(symbols: &Symbols, sites: &Sites, patterns: &[PoolPattern]) -> Self {
        let mut pools: BTreeMap<(String, String), (Pool, i64)> = BTreeMap::new();
        let mut overhead: Vec<[i64; 4]> = Vec::new();
        for site in &sites.sites {
            let Some(key) = site.pool else { continue };
            if key.is_overhead {
                overhead.resize(overhead.len().max(site.values.len()), [0; 4]);
                overhead.iter_mut().zip(&site.values).for_each(|(sums, values)| add(sums, values));
                continue;
            }
            let text = |id| symbols.strings.get(id).to_owned();
            let weight = site.values.last().map_or(0, |values| values[ALLOC_SPACE]);
            let family = patterns.get(key.family).map_or_else(String::new, |pattern| pattern.family.clone());
            let (pool, heaviest) = pools.entry((text(key.caller), text(key.new))).or_insert_with(|| {
                let pool = Pool {
                    family,
                    caller: key.caller,
                    new: key.new,
                    function: site.function,
                    stack: site.stack,
                    values: vec![[0; 4]; site.values.len()],
                    variances: vec![[0.0; 4]; site.values.len()],
                };
                (pool, i64::MIN)
            });
            if weight > *heaviest {
                *heaviest = weight;
                (pool.function, pool.stack) = (site.function, site.stack);
            }
            pool.values.iter_mut().zip(&site.values).for_each(|(sums, values)| add(sums, values));
            for (sums, values) in pool.variances.iter_mut().zip(&site.variances) {
                sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
            }
        }
        Self { pools: pools.into_values().map(|(pool, _)| pool).collect(), overhead }
    }
}

fn add(sums: &mut [i64; 4], values: &[i64; 4]) {
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum = sum.wrapping_add(*value));
}
