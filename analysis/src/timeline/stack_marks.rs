//! What a stack says of pools: whether the code was inside Get, waiting for a pool's lock, or making an object.

use crate::model::{LocationId, StackId, StringId, Symbols};

const GET: &str = "sync.(*Pool).Get";
const PIN_SLOW: &str = "sync.(*Pool).pinSlow";

/// What is known of one stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StackMark {
    /// `sync.(*Pool).Get` is in it.
    pub is_in_get: bool,
    /// `sync.(*Pool).pinSlow` is in it: the first use after a purge, under one lock for all pools.
    pub is_in_pin_slow: bool,
    /// The function that Get called to make an object: whatever runs right under Get and is not of `sync` or the
    /// runtime is the pool's New.
    pub maker: Option<StringId>,
}

/// Marks of stacks, each found once.
#[derive(Clone, Debug, Default)]
pub struct StackMarks {
    marks: Vec<StackMark>,
}

impl StackMarks {
    /// Takes in the stacks that are new in `symbols`.
    pub fn follow(&mut self, symbols: &Symbols) {
        let get = symbols.strings.find(GET);
        let pin_slow = symbols.strings.find(PIN_SLOW);
        for (_, locations) in symbols.stacks.iter().skip(self.marks.len()) {
            // Without these names there is nothing to be found.
            let mark = if get.is_none() { StackMark::default() } else { mark(symbols, locations, get, pin_slow) };
            self.marks.push(mark);
        }
    }

    /// What is known of `stack`.
    pub fn of(&self, stack: Option<StackId>) -> StackMark {
        stack.and_then(|stack| self.marks.get(stack.index())).copied().unwrap_or_default()
    }
}

fn mark(symbols: &Symbols, locations: &[LocationId], get: Option<StringId>, pin_slow: Option<StringId>) -> StackMark {
    let mut found = StackMark::default();
    let mut under: Option<StringId> = None;
    for &location in locations {
        for line in symbols.locations.get(location).lines {
            let name = line.function.and_then(|function| symbols.functions.get(function)).map(|function| function.name);
            found.is_in_pin_slow |= name.is_some() && name == pin_slow;
            if name.is_some() && name == get {
                found.is_in_get = true;
                found.maker = found.maker.or(under.filter(|&name| is_user(symbols.strings.get(name))));
            }
            under = name;
        }
    }
    found
}

fn is_user(name: &str) -> bool {
    !["sync.", "runtime.", "internal/"].iter().any(|prefix| name.starts_with(prefix))
}
