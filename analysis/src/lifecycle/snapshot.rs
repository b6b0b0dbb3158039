//! What was out at a moment, by call site, as an ordinary heap profile: so the same table and flame graph show it, and
//! the difference of two moments is a difference of two profiles.

use rustc_hash::FxHashMap;

use super::{Lifecycle, PoolLife, State};
use crate::model::pool::EventKind;
use crate::model::{
    Function, Label, LabelSetId, LabelValue, Line, Location, Nanos, Profile, ProfileKind, SampleType, StackId, Symbols,
};

/// The sample types, as Go's heap profiles have them.
const TYPES: [(&str, &str); 4] =
    [("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"), ("inuse_space", "bytes")];
/// Idle objects stand under a name of their own, as in the recorder's own heap profile.
const IDLE: &str = "(idle in the pool)";

/// Everything that had been handed out by `time` (`alloc`), and what was out or idle then (`inuse`).
pub fn snapshot(lifecycle: &Lifecycle, time: i64, symbols: &mut Symbols) -> Profile {
    let mut rows = Samples::default();
    let mut profile = Profile {
        kind: ProfileKind::Pool,
        sample_types: TYPES
            .iter()
            .map(|(name, unit)| SampleType { name: symbols.strings.intern(name), unit: symbols.strings.intern(unit) })
            .collect(),
        default_sample_type: Some(TYPES.len() - 1),
        time: lifecycle.history.wall.map(|wall| Nanos::from_unix_nanos(wall.unix_nanos().saturating_add(time))),
        ..Profile::default()
    };
    let idle = idle_stack(symbols);
    let keys = ["pool", "type"].map(|key| symbols.strings.intern(key));
    for pool in &lifecycle.pools {
        let Some(setup) = lifecycle.history.pool(pool.pool) else { continue };
        let labels = keys.iter().zip([setup.name, setup.type_name]);
        let labels: Vec<Label> = labels.map(|(&key, value)| Label { key, value: LabelValue::Text(value) }).collect();
        let set = profile.labels.intern(&labels);
        for life in pool.lives.clone() {
            rows.life(lifecycle, pool, life, time, idle, set);
        }
    }
    rows.into_profile(&mut profile);
    profile
}

fn idle_stack(symbols: &mut Symbols) -> StackId {
    let (name, file) = (symbols.strings.intern(IDLE), symbols.strings.empty());
    let function = symbols.functions.intern(Function { name, system_name: name, file, start_line: 0 });
    let line = Line { function: Some(function), line: 0, column: 0 };
    let location = symbols.locations.intern(Location { mapping: None, address: 0, lines: &[line] });
    symbols.stacks.intern(&[location])
}

#[derive(Default)]
struct Samples {
    rows: FxHashMap<(StackId, LabelSetId), u32>,
    keys: Vec<(StackId, LabelSetId)>,
    values: Vec<[i64; 4]>,
}

impl Samples {
    fn add(&mut self, stack: StackId, set: LabelSetId, values: [i64; 4]) {
        let next = self.keys.len() as u32;
        let row = *self.rows.entry((stack, set)).or_insert(next);
        if row == next {
            self.keys.push((stack, set));
            self.values.push([0; 4]);
        }
        if let Some(sums) = self.values.get_mut(row as usize) {
            sums.iter_mut().zip(values).for_each(|(sum, value)| *sum = sum.saturating_add(value));
        }
    }

    fn life(&mut self, lifecycle: &Lifecycle, pool: &PoolLife, life: usize, time: i64, idle: StackId, set: LabelSetId) {
        let rows = lifecycle.rows_of(life);
        let (mut bytes, mut state, mut got_at) = (pool_bytes(lifecycle, pool), State::Outside, None);
        let all = &lifecycle.rows;
        let rows = all.times.get(rows.clone()).zip(all.steps.get(rows.clone())).zip(all.facts.get(rows));
        let Some(((times, steps), facts)) = rows else { return };
        for ((&at, &step), fact) in times.iter().zip(steps).zip(facts) {
            if at > time {
                continue;
            }
            use EventKind as K;
            let measures =
                matches!(fact.kind, K::New | K::Attach | K::Put | K::FoundActive | K::FoundIdle | K::FoundVictim);
            if measures && fact.value > 0 {
                bytes = i64::try_from(fact.value).unwrap_or(i64::MAX);
            }
            if !step.is_none() {
                state = step.to();
                if state == State::Active {
                    got_at = Some(fact.stack);
                    self.add(fact.stack, set, [1, bytes, 0, 0]);
                }
            }
        }
        match (state, got_at) {
            (State::Active, Some(stack)) => self.add(stack, set, [0, 0, 1, bytes]),
            (State::Returned | State::Idle | State::Victim, _) => self.add(idle, set, [0, 0, 1, bytes]),
            _ => {}
        }
    }

    fn into_profile(self, profile: &mut Profile) {
        profile.values = vec![Vec::with_capacity(self.keys.len()); TYPES.len()];
        for ((stack, set), values) in self.keys.into_iter().zip(self.values) {
            profile.stacks.push(stack);
            profile.label_sets.push(set);
            profile.values.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
        }
    }
}

/// Size of an object of the pool that was never measured.
fn pool_bytes(lifecycle: &Lifecycle, pool: &PoolLife) -> i64 {
    let setup = lifecycle.history.pool(pool.pool);
    setup.map_or(0, |setup| i64::try_from(setup.object_bytes).unwrap_or(i64::MAX))
}
