//! Lines of `/proc/PID/maps` (proc(5)), by which an address without a symbol has at least a module and an offset.

use crate::model::{Function, Line, Location, LocationId, Mapping, Symbols};
use crate::projection::base_name;

/// Mapped files.
#[derive(Default)]
pub(super) struct Maps {
    ranges: Vec<Range>,
}

struct Range {
    start: u64,
    end: u64,
    offset: u64,
    file: String,
}

impl Maps {
    /// Takes a line, or says that it is none of a map.
    pub(super) fn read(&mut self, text: &str) -> bool {
        let Some(range) = range(text) else { return false };
        // What has no file names nothing.
        if !range.file.is_empty() {
            self.ranges.push(range);
        }
        true
    }

    /// The map is whole: addresses can be looked up.
    pub(super) fn finish(&mut self) {
        crate::order::sort_by_key(&mut self.ranges, |range: &Range| (range.start, range.end));
    }

    /// The file that an address lies in.
    pub(super) fn file(&self, address: u64) -> Option<&str> {
        Some(&self.range(address)?.file)
    }

    /// An address as a function of its own: `libx.so+0x1234`, the offset as tools for symbols take it.
    pub(super) fn location(&self, address: u64, symbols: &mut Symbols) -> LocationId {
        let range = self.range(address);
        let mapping = range.map(|range| Mapping {
            start: range.start,
            limit: range.end,
            offset: range.offset,
            file: symbols.strings.intern(&range.file),
            build_id: symbols.strings.empty(),
        });
        let name = match range {
            Some(range) => {
                let offset = (address - range.start).saturating_add(range.offset);
                format!("{}+{offset:#x}", base_name(&range.file))
            }
            None => format!("{address:#x}"),
        };
        let name = symbols.strings.intern(&name);
        let function = Function { name, system_name: name, file: symbols.strings.empty(), start_line: 0 };
        let line = Line { function: Some(symbols.functions.intern(function)), line: 0, column: 0 };
        let mapping = mapping.map(|mapping| symbols.mappings.intern(mapping));
        symbols.locations.intern(Location { mapping, address, lines: &[line] })
    }

    fn range(&self, address: u64) -> Option<&Range> {
        let after = self.ranges.partition_point(|range| range.start <= address);
        self.ranges.get(after.checked_sub(1)?).filter(|range| address < range.end)
    }
}

/// `556050a10000-556050a11000 r-xp 00001000 fe:00 909794   /path`.
fn range(text: &str) -> Option<Range> {
    let mut fields = text.split_ascii_whitespace();
    let (start, end) = fields.next()?.split_once('-')?;
    let (start, end) = (u64::from_str_radix(start, 16).ok()?, u64::from_str_radix(end, 16).ok()?);
    let rights = fields.next().filter(|rights| rights.len() == 4)?;
    let offset = u64::from_str_radix(fields.next()?, 16).ok()?;
    if !rights.bytes().all(|c| b"rwxps-".contains(&c)) || start >= end {
        return None;
    }
    // Device and inode; the rest is the path, which may hold blanks.
    let rest = fields.nth(1).and(text.splitn(6, ' ').nth(5)).unwrap_or("");
    Some(Range { start, end, offset, file: rest.trim().to_owned() })
}
