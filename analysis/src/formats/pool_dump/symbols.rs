//! Strings, frames and stacks of one section onto the session's tables.

use pool_dump::{Frame, FrameId, StackId as WireStack, StringId as WireString};

use super::ids::Ids;
use crate::model::{Function, Line, Location, LocationId, StackId, StringId, Symbols};

/// What the ids of one section stand for.
#[derive(Default)]
pub(super) struct SectionSymbols {
    strings: Ids<StringId>,
    frames: Ids<LocationId>,
    stacks: Ids<StackId>,
    scratch: Vec<LocationId>,
    /// Entries that refer to one that is not there.
    pub(super) dangling: u64,
}

impl SectionSymbols {
    pub(super) fn text(&mut self, id: WireString, text: &str, symbols: &mut Symbols) {
        self.strings.insert(u64::from(id.0), symbols.strings.intern(text));
    }

    pub(super) fn string(&mut self, id: WireString, symbols: &Symbols) -> StringId {
        if id.0 == 0 {
            return symbols.strings.empty();
        }
        let found = self.strings.get(u64::from(id.0));
        self.dangling += u64::from(found.is_none());
        found.unwrap_or_else(|| symbols.strings.empty())
    }

    pub(super) fn frame(&mut self, id: FrameId, frame: Frame, symbols: &mut Symbols) {
        let (mut name, file) = (self.string(frame.function, symbols), self.string(frame.file, symbols));
        if name == symbols.strings.empty() {
            // Only the place is known. The heap profile of the same recorder names it so too.
            let place = format!("{}:{}", symbols.strings.get(file), frame.line);
            name = symbols.strings.intern(&place);
        }
        let function = symbols.functions.intern(Function { name, system_name: name, file, start_line: 0 });
        let line = Line { function: Some(function), line: i64::from(frame.line), column: i64::from(frame.column) };
        let location = symbols.locations.intern(Location { mapping: None, address: 0, lines: &[line] });
        self.frames.insert(u64::from(id.0), location);
    }

    pub(super) fn stack(&mut self, id: WireStack, frames: &[FrameId], symbols: &mut Symbols) {
        self.scratch.clear();
        for frame in frames {
            match self.frames.get(u64::from(frame.0)) {
                Some(location) => self.scratch.push(location),
                None => self.dangling += 1,
            }
        }
        self.stacks.insert(u64::from(id.0), symbols.stacks.intern(&self.scratch));
    }

    #[inline]
    pub(super) fn stack_of(&mut self, id: WireStack, none: StackId) -> StackId {
        if id.0 == 0 {
            return none;
        }
        let found = self.stacks.get(u64::from(id.0));
        self.dangling += u64::from(found.is_none());
        found.unwrap_or(none)
    }
}
