//! The code that stacks point at: functions, mapped objects, locations; and [`Symbols`], all tables
//! of a session together.

use serde::{Deserialize, Serialize};

use super::id::{FunctionId, LocationId, MappingId, StringId};
use super::intern::{Index, hash_of};
use super::stack_table::StackTable;
use super::string_table::StringTable;

/// All interned tables of a session, shared by every profile in it.
#[derive(Clone, Default)]
pub struct Symbols {
    /// Names, paths, label keys and values.
    pub strings: StringTable,
    /// Source functions.
    pub functions: FunctionTable,
    /// Binaries and libraries.
    pub mappings: MappingTable,
    /// Program counters with their inlined lines.
    pub locations: LocationTable,
    /// Call stacks.
    pub stacks: StackTable,
}

impl Symbols {
    /// Function names of a stack's locations, leaf first, inlined ones included; lines without a function are left out.
    pub fn function_names<'a>(&'a self, locations: &'a [LocationId]) -> impl Iterator<Item = StringId> + 'a {
        let ids = locations.iter().flat_map(|&at| self.locations.get(at).lines).filter_map(|line| line.function);
        ids.filter_map(|id| Some(self.functions.get(id)?.name))
    }
}

/// A source function (profile.proto, `Function`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Function {
    /// Name as people read it.
    pub name: StringId,
    /// Name as the linker has it.
    pub system_name: StringId,
    /// Source file.
    pub file: StringId,
    /// First line of the function, 0 when unknown.
    pub start_line: i64,
}

/// A binary or library (profile.proto, `Mapping`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Mapping {
    /// First address.
    pub start: u64,
    /// First address past the end.
    pub limit: u64,
    /// Offset in the file that is mapped at `start`.
    pub offset: u64,
    /// The file mapped, or a name such as `[vdso]`.
    pub file: StringId,
    /// Build id, empty when unknown.
    pub build_id: StringId,
}

/// One line of a location (profile.proto, `Line`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Line {
    /// The function; `None` when the file does not say or points nowhere.
    pub function: Option<FunctionId>,
    /// Line in the source, 0 when unknown.
    pub line: i64,
    /// Column in the source, 0 when unknown.
    pub column: i64,
}

/// One program counter (profile.proto, `Location`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Location<'a> {
    /// Where the code came from.
    pub mapping: Option<MappingId>,
    /// The address, 0 when unknown.
    pub address: u64,
    /// The innermost inlined function first; all but the last are inlined into the one after.
    /// Empty when the location has no symbols.
    pub lines: &'a [Line],
}

macro_rules! row_table {
    ($(#[$doc:meta])* $table:ident, $row:ident, $id:ident) => {
        $(#[$doc])*
        #[derive(Clone, Default)]
        pub struct $table {
            rows: Vec<$row>,
            index: Index,
        }

        impl $table {
            /// The id of `row`, which is added when it is new.
            pub fn intern(&mut self, row: $row) -> $id {
                let hash = hash_of(&row);
                if let Some(found) = self.index.find(hash, |at| self.rows.get(at) == Some(&row)) {
                    return $id::from_index(found);
                }
                let at = self.rows.len();
                self.rows.push(row);
                self.index.insert(hash, at);
                $id::from_index(at)
            }

            /// The row of `id`; `None` for an id of another table.
            pub fn get(&self, id: $id) -> Option<&$row> {
                self.rows.get(id.index())
            }

            /// How many rows there are.
            pub fn len(&self) -> usize {
                self.rows.len()
            }

            /// Whether there are none.
            pub fn is_empty(&self) -> bool {
                self.rows.is_empty()
            }

            /// Every row with its id, in the order they came.
            pub fn iter(&self) -> impl ExactSizeIterator<Item = ($id, &$row)> {
                self.rows.iter().enumerate().map(|(at, row)| ($id::from_index(at), row))
            }
        }
    };
}

row_table! {
    /// Functions, each once.
    FunctionTable, Function, FunctionId
}
row_table! {
    /// Mapped objects, each once.
    MappingTable, Mapping, MappingId
}

/// Locations, each once, their lines in one column.
#[derive(Clone, Default)]
pub struct LocationTable {
    mappings: Vec<Option<MappingId>>,
    addresses: Vec<u64>,
    /// Where the lines of each row end in `lines`.
    line_ends: Vec<u32>,
    lines: Vec<Line>,
    index: Index,
}

impl LocationTable {
    /// The id of `location`, which is added when it is new.
    pub fn intern(&mut self, location: Location<'_>) -> LocationId {
        let hash = hash_of(&location);
        if let Some(row) = self.index.find(hash, |row| self.row(row) == location) {
            return LocationId::from_index(row);
        }
        let row = self.addresses.len();
        self.mappings.push(location.mapping);
        self.addresses.push(location.address);
        self.lines.extend_from_slice(location.lines);
        self.line_ends.push(self.lines.len() as u32);
        self.index.insert(hash, row);
        LocationId::from_index(row)
    }

    /// The location of `id`; one without lines for an id of another table.
    pub fn get(&self, id: LocationId) -> Location<'_> {
        self.row(id.index())
    }

    /// How many locations there are.
    pub fn len(&self) -> usize {
        self.addresses.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.addresses.is_empty()
    }

    /// Every location with its id, in the order they came.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (LocationId, Location<'_>)> {
        (0..self.len()).map(|row| (LocationId::from_index(row), self.row(row)))
    }

    fn row(&self, row: usize) -> Location<'_> {
        let start = row.checked_sub(1).and_then(|before| self.line_ends.get(before)).map_or(0, |&end| end as usize);
        let end = self.line_ends.get(row).map_or(start, |&end| end as usize);
        Location {
            mapping: self.mappings.get(row).copied().flatten(),
            address: self.addresses.get(row).copied().unwrap_or(0),
            lines: self.lines.get(start..end).unwrap_or(&[]),
        }
    }
}
