//! Allocation sites over all snapshots of a heap: who allocated, through which pool, how much of it stayed.
//!
//! A site is the innermost function of a stack that is not of the standard library: `fmt.Sprintf` is never to blame,
//! whoever called it is.

use std::slice::from_ref;

use rustc_hash::FxHashMap;

use crate::heap_rows::{ALLOC_OBJECTS, ALLOC_SPACE, HeapRows, INUSE_OBJECTS, INUSE_SPACE};
use crate::model::{LocationId, StackId, StringId, Symbols};
use crate::order;
use crate::pools::{PoolPattern, is_measuring, is_named, is_standard};
use crate::stats::object_variance;

/// One site.
pub struct Site {
    /// Full name of the function.
    pub function: StringId,
    /// The pool it allocates for, if its stacks come through one.
    pub pool: Option<PoolKey>,
    /// The stack that holds most of the change.
    pub stack: StackId,
    /// By snapshot: allocated objects and bytes, objects and bytes in use.
    pub values: Vec<[i64; 4]>,
    /// Their variances.
    pub variances: Vec<[f64; 4]>,
}

/// A pool as stacks show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PoolKey {
    /// Which family: an index into the patterns.
    pub family: usize,
    /// Who took the object.
    pub caller: StringId,
    /// What made it.
    pub new: StringId,
    /// The allocation is the pool's own bookkeeping.
    pub is_overhead: bool,
}

/// All sites, and what was left out.
pub struct Sites {
    /// In order of function name, then pool.
    pub sites: Vec<Site>,
    /// By snapshot: bytes in use by what takes and serves profiles, which no site counts.
    pub measuring_inuse: Vec<i64>,
}

impl Sites {
    /// Groups the stacks of every snapshot of a heap by site and by pool of `patterns`.
    pub fn new(symbols: &Symbols, snapshots: &[HeapRows<'_>], patterns: &[PoolPattern]) -> Self {
        let mut names = Names::new(symbols, patterns).of_locations();
        let mut places: Vec<Option<Place>> = vec![None; symbols.stacks.len()];
        let mut known: FxHashMap<(StringId, Option<PoolKey>), usize> = FxHashMap::default();
        let mut sites: Vec<Site> = Vec::new();
        let mut heaviest: Vec<i64> = Vec::new();
        let mut measuring_inuse = vec![0; snapshots.len()];
        let nothing = (vec![[0; 4]; snapshots.len()], vec![[0.0; 4]; snapshots.len()]);
        for (at, snapshot) in snapshots.iter().enumerate() {
            let is_last = at + 1 == snapshots.len();
            for (stack, values) in snapshot.iter() {
                let Some(place) = places.get_mut(stack.index()) else { continue };
                let place = *place.get_or_insert_with(|| match owner(&mut names, symbols.stacks.get(stack)) {
                    Owner::Measuring => Place::Measuring,
                    Owner::Site(function, pool) => Place::Site(*known.entry((function, pool)).or_insert_with(|| {
                        let (values, variances) = nothing.clone();
                        sites.push(Site { function, pool, stack, values, variances });
                        heaviest.push(i64::MIN);
                        sites.len() - 1
                    })),
                });
                let Place::Site(index) = place else {
                    if let Some(sum) = measuring_inuse.get_mut(at) {
                        *sum += values[INUSE_SPACE];
                    }
                    continue;
                };
                let (Some(site), Some(heaviest)) = (sites.get_mut(index), heaviest.get_mut(index)) else { continue };
                let weight = values[INUSE_SPACE].max(values[ALLOC_SPACE] / 1024);
                if is_last && weight > *heaviest {
                    *heaviest = weight;
                    site.stack = stack;
                }
                if let (Some(sums), Some(variances)) = (site.values.get_mut(at), site.variances.get_mut(at)) {
                    add_row(sums, variances, values, snapshot.rate);
                }
            }
        }
        order::sort_by(&mut sites, |a, b| {
            let key = |site: &Site| (symbols.strings.get(site.function), site.pool);
            key(a).cmp(&key(b))
        });
        Self { sites, measuring_inuse }
    }
}

/// Adds a row of a snapshot to sums and their variances; `rate` is what it was sampled at.
pub(crate) fn add_row(sums: &mut [i64; 4], variances: &mut [f64; 4], values: [i64; 4], rate: f64) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum = sum.wrapping_add(value);
    }
    for (objects, space) in [(ALLOC_OBJECTS, ALLOC_SPACE), (INUSE_OBJECTS, INUSE_SPACE)] {
        let (count, bytes) = (values[objects] as f64, values[space] as f64);
        let size = if count > 0.0 { bytes / count } else { 0.0 };
        let variance = object_variance(count, size, rate);
        variances[objects] += variance;
        variances[space] += variance * size * size;
    }
}

/// Who answers for a stack.
#[derive(Clone, Copy)]
enum Owner {
    Site(StringId, Option<PoolKey>),
    /// Taking and serving profiles.
    Measuring,
}

/// Where the rows of a stack are counted.
#[derive(Clone, Copy)]
enum Place {
    /// At the site of that row.
    Site(usize),
    /// At none: taking and serving profiles.
    Measuring,
}

/// What names of functions say, each asked once: stacks name the same ones again and again.
struct Names<'a> {
    symbols: &'a Symbols,
    patterns: &'a [PoolPattern],
    known: FxHashMap<StringId, Name>,
    /// By location, those that are plain: most of every stack. Empty where few stacks are asked of.
    plain: Vec<Option<Plain>>,
}

/// A location whose functions neither measure nor belong to a pool: all that it can say of a stack.
#[derive(Clone, Copy)]
struct Plain {
    innermost: Option<StringId>,
    /// The innermost that is not of the standard library.
    own: Option<StringId>,
    outermost: Option<StringId>,
}

/// What the name of a function says.
#[derive(Clone, Copy)]
struct Name {
    is_measuring: bool,
    is_standard: bool,
    /// The first family that it takes an object of.
    acquires: Option<usize>,
    /// The first family that it gives an object back to.
    releases: Option<usize>,
}

impl<'a> Names<'a> {
    fn new(symbols: &'a Symbols, patterns: &'a [PoolPattern]) -> Self {
        Self { symbols, patterns, known: FxHashMap::default(), plain: Vec::new() }
    }

    /// Looks at every location first: millions of frames are at some thousand.
    fn of_locations(mut self) -> Self {
        let symbols = self.symbols;
        self.plain = symbols.locations.iter().map(|(at, _)| self.plain_at(at)).collect();
        self
    }

    fn plain_at(&mut self, location: LocationId) -> Option<Plain> {
        let mut plain = Plain { innermost: None, own: None, outermost: None };
        for function in self.symbols.function_names(&[location]) {
            let name = self.get(function);
            if name.is_measuring || name.acquires.is_some() || name.releases.is_some() {
                return None;
            }
            plain.innermost.get_or_insert(function);
            if !name.is_standard {
                plain.own.get_or_insert(function);
            }
            plain.outermost = Some(function);
        }
        Some(plain)
    }

    fn get(&mut self, function: StringId) -> Name {
        *self.known.entry(function).or_insert_with(|| {
            let name = self.symbols.strings.get(function);
            Name {
                is_measuring: is_measuring(name),
                is_standard: is_standard(name),
                acquires: self.patterns.iter().position(|pattern| is_named(&pattern.acquire, name)),
                releases: self.patterns.iter().position(|pattern| is_named(&pattern.release, name)),
            }
        })
    }
}

/// The function that answers for a stack; `None` for taking and serving profiles.
pub(crate) fn site_of(symbols: &Symbols, stack: StackId) -> Option<StringId> {
    match owner(&mut Names::new(symbols, &[]), symbols.stacks.get(stack)) {
        Owner::Site(function, _) => Some(function),
        Owner::Measuring => None,
    }
}

fn owner(names: &mut Names<'_>, locations: &[LocationId]) -> Owner {
    let (symbols, patterns) = (names.symbols, names.patterns);
    let empty = symbols.strings.empty();
    let mut site = None;
    let mut leaf = None;
    let mut pool = None;
    let mut below: Option<StringId> = None;
    let mut acquire: Option<(usize, StringId)> = None;
    for location in locations {
        if acquire.is_none()
            && let Some(Some(plain)) = names.plain.get(location.index())
        {
            leaf = leaf.or(plain.innermost);
            site = site.or(plain.own);
            below = plain.outermost.or(below);
            continue;
        }
        for function in symbols.function_names(from_ref(location)) {
            let name = names.get(function);
            if name.is_measuring {
                return Owner::Measuring;
            }
            leaf.get_or_insert(function);
            if site.is_none() && !name.is_standard {
                site = Some(function);
            }
            if let Some((family, new)) = acquire.take() {
                // A pool of pools (bytebufferpool over sync.Pool) is known by its outer name.
                match name.acquires {
                    Some(outer) => acquire = Some((outer, new)),
                    None => {
                        let is_overhead = patterns.get(family).is_some_and(|pattern| {
                            [&pattern.overhead, &pattern.release]
                                .iter()
                                .any(|names| is_named(names, symbols.strings.get(new)))
                        });
                        pool = Some(PoolKey { family, caller: function, new, is_overhead });
                    }
                }
            } else if pool.is_none()
                && let Some(family) = name.acquires
            {
                acquire = Some((family, below.unwrap_or(function)));
            }
            if pool.is_none() && acquire.is_none() {
                // What an acquire does of its own is told above, where the stack goes on to say who called.
                pool = name.releases.map(|family| PoolKey { family, caller: empty, new: function, is_overhead: true });
            }
            below = Some(function);
        }
    }
    Owner::Site(site.or(leaf).unwrap_or(empty), pool)
}
