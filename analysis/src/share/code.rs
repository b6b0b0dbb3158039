//! Functions and locations that trees point at, each once. A location is what its lines say: addresses and mapped objects stay
//! with the sender.

use rustc_hash::FxHashMap;

use super::{Code, CodeFunction, CodeLine, CodeLocation};
use crate::model::{FunctionId, LocationId, Symbols};

/// What stands for calls that were left out.
pub(super) const PRUNED: &str = "[pruned]";

/// The code of some trees, while they grow.
pub(super) struct CodeTable {
    code: Code,
    functions: FxHashMap<FunctionId, u32>,
    locations: FxHashMap<CodeLocation, u32>,
    /// Row of each location of the session plus one; 0 before it is met.
    rows: Vec<u32>,
}

impl CodeTable {
    /// Row 0 stands for what was left out.
    pub(super) fn new(symbols: &Symbols) -> Self {
        let pruned = CodeFunction { name: PRUNED.to_owned(), ..CodeFunction::default() };
        let location = CodeLocation { lines: vec![CodeLine { function: Some(0), line: 0 }], address: 0 };
        let mut locations = FxHashMap::default();
        locations.insert(location.clone(), 0);
        Self {
            code: Code { functions: vec![pruned], locations: vec![location] },
            functions: FxHashMap::default(),
            locations,
            rows: vec![0; symbols.locations.len()],
        }
    }

    /// The row of a location.
    pub(super) fn row(&mut self, symbols: &Symbols, id: LocationId) -> u32 {
        if let Some(row) = self.rows.get(id.index()).copied().filter(|&row| row > 0) {
            return row - 1;
        }
        let line = |line: &crate::model::Line| CodeLine {
            function: line.function.and_then(|id| self.function(symbols, id)),
            line: line.line,
        };
        let read = symbols.locations.get(id);
        let lines: Vec<CodeLine> = read.lines.iter().map(line).collect();
        let location = CodeLocation { address: if lines.is_empty() { read.address } else { 0 }, lines };
        let row = match self.locations.get(&location) {
            Some(&row) => row,
            None => {
                let row = self.code.locations.len() as u32;
                self.code.locations.push(location.clone());
                self.locations.insert(location, row);
                row
            }
        };
        if let Some(known) = self.rows.get_mut(id.index()) {
            *known = row + 1;
        }
        row
    }

    fn function(&mut self, symbols: &Symbols, id: FunctionId) -> Option<u32> {
        if let Some(&row) = self.functions.get(&id) {
            return Some(row);
        }
        let function = symbols.functions.get(id)?;
        let text = |id| symbols.strings.get(id).to_owned();
        let row = self.code.functions.len() as u32;
        self.code.functions.push(CodeFunction {
            name: text(function.name),
            file: text(function.file),
            start_line: function.start_line,
        });
        self.functions.insert(id, row);
        Some(row)
    }

    /// All of it.
    pub(super) fn into_code(self) -> Code {
        self.code
    }
}

impl Code {
    /// As much of it as trees point at, which are made to point at that.
    pub(super) fn used(&self, families: &mut [super::Family]) -> Self {
        let mut used = Self::default();
        let mut locations: FxHashMap<u32, u32> = FxHashMap::default();
        let mut functions: FxHashMap<u32, u32> = FxHashMap::default();
        let pruned = super::TreeNode::default();
        let mut pruned = [pruned];
        let nodes = families.iter_mut().flat_map(|family| family.nodes.iter_mut());
        for node in pruned.iter_mut().chain(nodes) {
            let next = locations.len() as u32;
            node.location = *locations.entry(node.location).or_insert_with(|| {
                let read = self.locations.get(node.location as usize).cloned().unwrap_or_default();
                let line = |line: &CodeLine| {
                    let function = line.function.and_then(|row| {
                        let function = self.functions.get(row as usize)?;
                        Some(*functions.entry(row).or_insert_with(|| {
                            used.functions.push(function.clone());
                            used.functions.len() as u32 - 1
                        }))
                    });
                    CodeLine { function, ..*line }
                };
                let lines = read.lines.iter().map(line).collect();
                used.locations.push(CodeLocation { lines, ..read });
                next
            });
        }
        used
    }
}
