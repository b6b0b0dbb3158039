//! A history on its way to another engine: with the names and stacks that it points at, and nothing else of the tables
//! that these are in. The worker that decodes a trace finds pools in it and hands them over so; a `.pooltrace` would not
//! keep what the source cannot show.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::model::pool::History;
use crate::model::{Function, FunctionId, Line, Location, LocationId, Mapping, MappingId, StackId, StringId, Symbols};

/// A history with all that it points at. Its ids are rows of the tables beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handed {
    history: History,
    strings: Vec<String>,
    functions: Vec<Function>,
    mappings: Vec<Mapping>,
    locations: Vec<(Option<MappingId>, u64, Vec<Line>)>,
    stacks: Vec<Vec<LocationId>>,
}

impl Handed {
    /// Takes a history out of the tables that it was read into.
    pub fn pack(mut history: History, from: &Symbols) -> Self {
        let mut own = Symbols::default();
        Move::new(from, &mut own).history(&mut history);
        let strings = own.strings.iter().map(|id| own.strings.get(id).to_owned()).collect();
        let location = |(_, at): (LocationId, Location<'_>)| (at.mapping, at.address, at.lines.to_vec());
        Self {
            history,
            strings,
            functions: own.functions.iter().map(|(_, function)| *function).collect(),
            mappings: own.mappings.iter().map(|(_, mapping)| *mapping).collect(),
            locations: own.locations.iter().map(location).collect(),
            stacks: own.stacks.iter().map(|(_, stack)| stack.to_vec()).collect(),
        }
    }

    /// Puts it into the tables of another session.
    pub fn unpack(self, to: &mut Symbols) -> History {
        // Every row is there once, so that in the same order each gets the same number.
        let mut own = Symbols::default();
        for string in &self.strings {
            own.strings.intern(string);
        }
        for function in self.functions {
            own.functions.intern(function);
        }
        for mapping in self.mappings {
            own.mappings.intern(mapping);
        }
        for (mapping, address, lines) in &self.locations {
            own.locations.intern(Location { mapping: *mapping, address: *address, lines });
        }
        for stack in &self.stacks {
            own.stacks.intern(stack);
        }
        let mut history = self.history;
        Move::new(&own, to).history(&mut history);
        history
    }
}

/// Finds for ids of some tables those of others, where rows are added that are missing.
struct Move<'a> {
    from: &'a Symbols,
    to: &'a mut Symbols,
    locations: FxHashMap<LocationId, LocationId>,
    stacks: FxHashMap<StackId, StackId>,
}

impl<'a> Move<'a> {
    fn new(from: &'a Symbols, to: &'a mut Symbols) -> Self {
        Self { from, to, locations: FxHashMap::default(), stacks: FxHashMap::default() }
    }

    fn history(&mut self, history: &mut History) {
        for thread in &mut history.threads {
            thread.name = self.string(thread.name);
        }
        for pool in &mut history.pools {
            for name in [&mut pool.name, &mut pool.type_name, &mut pool.tenant] {
                *name = self.string(*name);
            }
        }
        for event in &mut history.events {
            event.stack = self.stack(event.stack);
        }
        for mark in &mut history.marks {
            mark.stack = self.stack(mark.stack);
        }
    }

    fn string(&mut self, id: StringId) -> StringId {
        self.to.strings.intern(self.from.strings.get(id))
    }

    fn function(&mut self, id: FunctionId) -> Option<FunctionId> {
        let mut function = *self.from.functions.get(id)?;
        for name in [&mut function.name, &mut function.system_name, &mut function.file] {
            *name = self.string(*name);
        }
        Some(self.to.functions.intern(function))
    }

    fn mapping(&mut self, id: MappingId) -> Option<MappingId> {
        let mut mapping = *self.from.mappings.get(id)?;
        for name in [&mut mapping.file, &mut mapping.build_id] {
            *name = self.string(*name);
        }
        Some(self.to.mappings.intern(mapping))
    }

    fn location(&mut self, id: LocationId) -> LocationId {
        if let Some(&known) = self.locations.get(&id) {
            return known;
        }
        let from = self.from;
        let Location { mapping, address, lines } = from.locations.get(id);
        let mapping = mapping.and_then(|id| self.mapping(id));
        let line = |line: &Line| Line { function: line.function.and_then(|id| self.function(id)), ..*line };
        let lines: Vec<Line> = lines.iter().map(line).collect();
        let moved = self.to.locations.intern(Location { mapping, address, lines: &lines });
        self.locations.insert(id, moved);
        moved
    }

    fn stack(&mut self, id: StackId) -> StackId {
        if let Some(&known) = self.stacks.get(&id) {
            return known;
        }
        let from = self.from;
        let locations: Vec<LocationId> = from.stacks.get(id).iter().map(|&at| self.location(at)).collect();
        let moved = self.to.stacks.intern(&locations);
        self.stacks.insert(id, moved);
        moved
    }
}
