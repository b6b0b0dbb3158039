//! Allocations that stand for something which keeps what it is given until it ends: contexts, timers, lists. A heap profile
//! does not say who points at an object; what is made beside it, and stays as it does, is the best it tells.

use rustc_hash::FxHashMap;

use crate::growth::Growth;
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

/// All of a heap's snapshots, in order of owner and kind; `rates` are those that the snapshots were sampled at.
pub fn makers(symbols: &Symbols, growth: &Growth, rates: &[f64]) -> Vec<Maker> {
    let Some(heap) = growth.heap else { return Vec::new() };
    let columns = [heap.alloc_objects, heap.alloc_space, Some(heap.inuse_objects), Some(heap.inuse_space)];
    let count = growth.measured.len();
    let mut known: FxHashMap<StackId, Option<(StringId, Keeps, StringId)>> = FxHashMap::default();
    let mut rows: FxHashMap<(StringId, Keeps), usize> = FxHashMap::default();
    let mut makers: Vec<Maker> = Vec::new();
    for (at, measured) in growth.measured.iter().enumerate() {
        let rate = rates.get(at).copied().unwrap_or(0.0);
        for (row, &stack) in measured.selection.stacks.iter().enumerate() {
            let Some((owner, keeps, call)) = *known.entry(stack).or_insert_with(|| maker(symbols, stack)) else {
                continue;
            };
            let value = |column: Option<usize>| {
                column.and_then(|at| measured.selection.values.get(at)?.get(row).copied()).unwrap_or(0)
            };
            let next = makers.len();
            let index = *rows.entry((owner, keeps)).or_insert(next);
            if index == next {
                let (values, variances) = (vec![[0; 4]; count], vec![[0.0; 4]; count]);
                makers.push(Maker { owner, keeps, calls: Vec::new(), stack, values, variances });
            }
            let Some(maker) = makers.get_mut(index) else { continue };
            if !maker.calls.contains(&call) {
                maker.calls.push(call);
            }
            if let (Some(values), Some(variances)) = (maker.values.get_mut(at), maker.variances.get_mut(at)) {
                add_row(values, variances, columns.map(value), rate);
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
