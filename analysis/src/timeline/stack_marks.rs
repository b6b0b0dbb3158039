//! What a stack says of pools: whether the code was inside Get or Put, waiting for a pool's lock, or making an object.

use crate::model::{FunctionId, LocationId, StackId, StringId, Symbols};
use crate::pools::{PoolEnd, end_of};

const GET: &str = "sync.(*Pool).Get";
const PIN_SLOW: &str = "sync.(*Pool).pinSlow";

/// What is known of one stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StackMark {
    /// The end of a pool that the code was in: the innermost.
    pub end: Option<PoolEnd>,
    /// `sync.(*Pool).pinSlow` is in it: the first use after a purge, under one lock for all pools.
    pub is_in_pin_slow: bool,
    /// The function that `sync.(*Pool).Get` called to make an object: whatever runs right under it and is not of
    /// `sync` or the runtime is the pool's New.
    pub maker: Option<StringId>,
}

/// Marks of stacks, each found once.
#[derive(Clone, Debug, Default)]
pub struct StackMarks {
    /// By function.
    parts: Vec<Part>,
    /// By stack.
    marks: Vec<StackMark>,
}

/// What a function is to pools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Nothing,
    /// Of the standard library's own pool: what it calls makes objects.
    StandardGet,
    PinSlow,
    End(PoolEnd),
}

impl StackMarks {
    /// Takes in the functions and stacks that are new in `symbols`.
    pub fn follow(&mut self, symbols: &Symbols) {
        let new = symbols.functions.iter().skip(self.parts.len());
        self.parts.extend(new.map(|(_, function)| part(symbols.strings.get(function.name))));
        for (_, locations) in symbols.stacks.iter().skip(self.marks.len()) {
            self.marks.push(mark(symbols, &self.parts, locations));
        }
    }

    /// What is known of `stack`.
    pub fn of(&self, stack: Option<StackId>) -> StackMark {
        stack.and_then(|stack| self.marks.get(stack.index())).copied().unwrap_or_default()
    }
}

fn part(name: &str) -> Part {
    match name {
        GET => Part::StandardGet,
        PIN_SLOW => Part::PinSlow,
        name => end_of(name).map_or(Part::Nothing, Part::End),
    }
}

fn mark(symbols: &Symbols, parts: &[Part], locations: &[LocationId]) -> StackMark {
    let mut found = StackMark::default();
    let mut under: Option<FunctionId> = None;
    let lines = locations.iter().flat_map(|&location| symbols.locations.get(location).lines);
    for function in lines.filter_map(|line| line.function) {
        match parts.get(function.index()) {
            Some(Part::StandardGet) => {
                found.end = found.end.or(Some(PoolEnd::Get));
                let name = under.and_then(|under| symbols.functions.get(under)).map(|under| under.name);
                found.maker = found.maker.or(name.filter(|&name| is_user(symbols.strings.get(name))));
            }
            Some(Part::PinSlow) => found.is_in_pin_slow = true,
            Some(&Part::End(end)) => found.end = found.end.or(Some(end)),
            Some(Part::Nothing) | None => {}
        }
        under = Some(function);
    }
    found
}

fn is_user(name: &str) -> bool {
    !["sync.", "runtime.", "internal/"].iter().any(|prefix| name.starts_with(prefix))
}
