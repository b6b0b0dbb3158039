//! Strings and stacks by the numbers that events have for them.

use rustc_hash::FxHashMap;

use super::index::Index;
use super::wire::Wire;
use crate::formats::warnings::Warnings;
use crate::model::{Function, Line, Location, LocationId, StackId, StringId, Symbols};

/// Strings and stacks of the trace.
pub(super) struct Tables {
    strings: FxHashMap<u64, StringId>,
    stacks: FxHashMap<u32, StackId>,
}

impl Tables {
    pub(super) fn new(index: &Index<'_>, symbols: &mut Symbols, warnings: &mut Warnings) -> Self {
        let mut tables = Self { strings: FxHashMap::default(), stacks: FxHashMap::default() };
        for &(id, text) in &index.strings {
            let string = symbols.strings.intern(&String::from_utf8_lossy(text));
            if tables.strings.insert(id, string).is_some() {
                warnings.count("strings have a number that another has, so names may be mixed up", || {
                    format!("the first is string {id}")
                });
            }
        }
        let mut frames = FxHashMap::default();
        let mut stack = Vec::new();
        for &(id, body) in &index.stacks {
            stack.clear();
            let mut wire = Wire::new(body, 0, 0);
            while let Some(frame) = frame(&mut wire) {
                stack.push(tables.location(frame, &mut frames, symbols, warnings));
            }
            tables.stacks.insert(id, symbols.stacks.intern(&stack));
        }
        tables
    }

    /// The first frame of an address stands for all of them (internal/tracev1, `parseEvent`).
    fn location(
        &self,
        [pc, function, file, line]: [u64; 4],
        frames: &mut FxHashMap<u64, LocationId>,
        symbols: &mut Symbols,
        warnings: &mut Warnings,
    ) -> LocationId {
        *frames.entry(pc).or_insert_with(|| {
            let (name, file) = (self.string(function, warnings), self.string(file, warnings));
            let function = Function { name, system_name: name, file, start_line: 0 };
            let function = Some(symbols.functions.intern(function));
            let lines = [Line { function, line: line as i64, column: 0 }];
            symbols.locations.intern(Location { mapping: None, address: pc, lines: &lines })
        })
    }

    /// The string of that number; the empty one for 0 and for one that is not there.
    pub(super) fn string(&self, id: u64, warnings: &mut Warnings) -> StringId {
        let found = self.strings.get(&id).copied();
        if found.is_none() && id != 0 {
            warnings.count("names point at strings that are not there; they are shown as empty", || {
                format!("the first at string {id}")
            });
        }
        found.unwrap_or_default()
    }

    /// The stack of that number; none for 0, and for one that is not there, as Go's reader takes it.
    #[inline]
    pub(super) fn stack(&self, id: u32, warnings: &mut Warnings) -> Option<StackId> {
        let found = self.stacks.get(&id).copied();
        // That all are missing is said once.
        if found.is_none() && id != 0 && !self.stacks.is_empty() {
            warnings
                .count("times an event names call stacks that are not there: the end of the file is missing", || {
                    format!("the first is stack {id}")
                });
        }
        found
    }
}

fn frame(wire: &mut Wire<'_>) -> Option<[u64; 4]> {
    let mut number = || wire.number().ok();
    Some([number()?, number()?, number()?, number()?])
}
