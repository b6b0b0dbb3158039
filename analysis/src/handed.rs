//! What a trace tells, on its way to another engine: with the names and stacks that it points at, and nothing else of the
//! tables that these are in. The worker that decodes a trace hands it over so; a `.pooltrace` or a profile would not keep
//! what it says.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::model::pool::History;
use crate::model::record::TraceDigest;
use crate::model::{Function, FunctionId, Line, Location, LocationId, Mapping, MappingId, StackId, StringId, Symbols};

/// Something with all that it points at. Its ids are rows of the tables beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handed<T> {
    it: T,
    strings: Vec<String>,
    functions: Vec<Function>,
    mappings: Vec<Mapping>,
    locations: Vec<(Option<MappingId>, u64, Vec<Line>)>,
    stacks: Vec<Vec<LocationId>>,
}

/// What holds ids of a session's tables.
pub trait Movable {
    /// Takes its ids to other tables.
    fn move_with(&mut self, to: &mut Move<'_>);
}

impl<T: Movable> Handed<T> {
    /// Takes it out of the tables that it was read into.
    pub fn pack(mut it: T, from: &Symbols) -> Self {
        let mut own = Symbols::default();
        it.move_with(&mut Move::new(from, &mut own));
        let strings = own.strings.iter().map(|id| own.strings.get(id).to_owned()).collect();
        let location = |(_, at): (LocationId, Location<'_>)| (at.mapping, at.address, at.lines.to_vec());
        Self {
            it,
            strings,
            functions: own.functions.iter().map(|(_, function)| *function).collect(),
            mappings: own.mappings.iter().map(|(_, mapping)| *mapping).collect(),
            locations: own.locations.iter().map(location).collect(),
            stacks: own.stacks.iter().map(|(_, stack)| stack.to_vec()).collect(),
        }
    }

    /// Puts it into the tables of another session.
    pub fn unpack(self, to: &mut Symbols) -> T {
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
        let mut it = self.it;
        it.move_with(&mut Move::new(&own, to));
        it
    }
}

/// Takes something from the tables that it was read into to those of a session, with all that it points at.
pub fn move_to<T: Movable>(mut it: T, from: &Symbols, to: &mut Symbols) -> T {
    it.move_with(&mut Move::new(from, to));
    it
}

/// Finds for ids of some tables those of others, where rows are added that are missing.
pub struct Move<'a> {
    from: &'a Symbols,
    to: &'a mut Symbols,
    locations: FxHashMap<LocationId, LocationId>,
    stacks: FxHashMap<StackId, StackId>,
}

impl Movable for History {
    fn move_with(&mut self, to: &mut Move<'_>) {
        for thread in &mut self.threads {
            thread.name = to.string(thread.name);
        }
        for pool in &mut self.pools {
            for name in [&mut pool.name, &mut pool.type_name, &mut pool.tenant] {
                *name = to.string(*name);
            }
        }
        for event in &mut self.events {
            event.stack = to.stack(event.stack);
        }
        for mark in &mut self.marks {
            mark.stack = to.stack(mark.stack);
        }
    }
}

/// What a trace tells: in sum, and of pools if it tells of some.
impl Movable for (TraceDigest, Option<History>) {
    fn move_with(&mut self, to: &mut Move<'_>) {
        self.0.move_with(to);
        self.1.iter_mut().for_each(|history| history.move_with(to));
    }
}

impl Movable for TraceDigest {
    fn move_with(&mut self, to: &mut Move<'_>) {
        for stop in &mut self.stops {
            stop.reason = to.string(stop.reason);
        }
        for wait in &mut self.blocked {
            (wait.stack, wait.reason) = (to.stack(wait.stack), to.string(wait.reason));
        }
        for region in &mut self.regions {
            region.name = to.string(region.name);
        }
        for started in &mut self.goroutines {
            started.function = started.function.map(|name| to.string(name));
        }
    }
}

impl<'a> Move<'a> {
    fn new(from: &'a Symbols, to: &'a mut Symbols) -> Self {
        Self { from, to, locations: FxHashMap::default(), stacks: FxHashMap::default() }
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
