//! Allocations that stand for something which keeps what it is given until it ends: contexts, timers, lists. A heap profile
//! does not say who points at an object; what is made beside it, and stays as it does, is the best it tells.

use rustc_hash::FxHashMap;

use crate::heap_rows::HeapRows;
use crate::model::{StackId, StringId, Symbols};
use crate::order;
use crate::pools::is_standard;
use crate::sites::add_row;

/// What keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Keeps {
    /// A context that has not ended, and what waits for its end.
    Context,
    /// A timer that has not fired.
    Timer,
    /// A ticker that was not stopped.
    Ticker,
    /// A list of `container/list`.
    List,
    /// A `sync.Map`.
    Map,
}

/// Starts of names of functions that make what keeps. Sources: Go's context, time, container/list, sync, internal/sync.
const MAKERS: &[(&str, Keeps)] = &[
    ("context.", Keeps::Context),
    ("time.NewTicker", Keeps::Ticker),
    ("time.Tick", Keeps::Ticker),
    ("time.AfterFunc", Keeps::Timer),
    ("time.After", Keeps::Timer),
    ("time.NewTimer", Keeps::Timer),
    ("container/list.", Keeps::List),
    ("sync.(*Map).", Keeps::Map),
    ("internal/sync.(*HashTrieMap[", Keeps::Map),
];

/// One function that makes such things, over all snapshots.
pub struct Maker {
    /// The function of the program that asks for them.
    pub owner: StringId,
    /// What it makes.
    pub keeps: Keeps,
    /// The functions of the standard library that it calls for it, by name.
    pub calls: Vec<StringId>,
    /// A stack that stands for it.
    pub stack: StackId,
    /// By snapshot: allocated objects and bytes, objects and bytes in use.
    pub values: Vec<[i64; 4]>,
    /// Their variances.
    pub variances: Vec<[f64; 4]>,
}

/// All of a heap's snapshots, in order of owner and kind.
pub fn makers(symbols: &Symbols, snapshots: &[HeapRows<'_>]) -> Vec<Maker> {
    // By stack: nothing is known of it yet; or which of the makers it is of, if any.
    let mut places: Vec<Option<Option<usize>>> = vec![None; symbols.stacks.len()];
    let mut known: FxHashMap<(StringId, Keeps), usize> = FxHashMap::default();
    let mut makers: Vec<Maker> = Vec::new();
    for (at, snapshot) in snapshots.iter().enumerate() {
        for (stack, row) in snapshot.iter() {
            let Some(place) = places.get_mut(stack.index()) else { continue };
            let place = *place.get_or_insert_with(|| {
                let (owner, keeps, call) = maker(symbols, stack)?;
                let index = *known.entry((owner, keeps)).or_insert_with(|| {
                    let (values, variances) = (vec![[0; 4]; snapshots.len()], vec![[0.0; 4]; snapshots.len()]);
                    makers.push(Maker { owner, keeps, calls: Vec::new(), stack, values, variances });
                    makers.len() - 1
                });
                let calls = &mut makers.get_mut(index)?.calls;
                if !calls.contains(&call) {
                    calls.push(call);
                }
                Some(index)
            });
            let Some(maker) = place.and_then(|index| makers.get_mut(index)) else { continue };
            if let (Some(values), Some(variances)) = (maker.values.get_mut(at), maker.variances.get_mut(at)) {
                add_row(values, variances, row, snapshot.rate);
            }
        }
    }
    let name = |id: StringId| symbols.strings.get(id);
    makers.iter_mut().for_each(|maker| order::sort_by(&mut maker.calls, |a, b| name(*a).cmp(name(*b))));
    order::sort_by(&mut makers, |a, b| (name(a.owner), a.keeps).cmp(&(name(b.owner), b.keeps)));
    makers
}

/// Who has a stack's allocation made, what it is, and the function called for it: between the owner and the leaf there is
/// only the standard library.
fn maker(symbols: &Symbols, stack: StackId) -> Option<(StringId, Keeps, StringId)> {
    let mut call = None;
    for function in symbols.function_names(symbols.stacks.get(stack)) {
        let name = symbols.strings.get(function);
        if !is_standard(name) {
            let call = call?;
            let called = symbols.strings.get(call);
            let (_, keeps) = MAKERS.iter().find(|(start, _)| called.starts_with(start))?;
            return Some((function, *keeps, call));
        }
        call = Some(function);
    }
    None
}
