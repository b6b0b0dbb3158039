//! Which stacks lead through `sync.Pool`.

use crate::model::{StackId, StringId, Symbols};

/// Functions of `sync.Pool` and of the lists in it.
const PREFIXES: [&str; 2] = ["sync.(*Pool).", "sync.(*pool"];

/// Remembers of each stack what is asked of it once.
pub struct PoolFrames<'a> {
    symbols: &'a Symbols,
    /// By row of the stack table, as far as it was asked for.
    known: Vec<Option<Option<StringId>>>,
}

impl<'a> PoolFrames<'a> {
    /// Nothing is known yet.
    pub fn new(symbols: &'a Symbols) -> Self {
        Self { symbols, known: vec![None; symbols.stacks.len()] }
    }

    /// The innermost function of `sync.Pool` in a stack.
    #[inline]
    pub fn innermost(&mut self, stack: StackId) -> Option<StringId> {
        let known = self.known.get_mut(stack.index())?;
        *known.get_or_insert_with(|| {
            let mut names = self.symbols.function_names(self.symbols.stacks.get(stack));
            names.find(|&name| is_pool(self.symbols, name))
        })
    }
}

fn is_pool(symbols: &Symbols, name: StringId) -> bool {
    let name = symbols.strings.get(name);
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}
