//! Comment lines of debug=1 text that name the functions of the stack above them (runtime/pprof/pprof.go,
//! `printStackRecord`): `#`, an address, `name+0xOFFSET`, `file:line`.

use crate::model::{Function, FunctionId, Line, Location, LocationId, StackId, Symbols};

/// A stack whose names come line by line.
#[derive(Default)]
pub(super) struct NamedStack {
    frames: Vec<Frame>,
}

struct Frame {
    address: u64,
    /// Where the code of the function begins, or of the one it is inlined into.
    entry: u64,
    function: Option<FunctionId>,
    line: i64,
}

impl NamedStack {
    /// Takes a line, or says that it names no function.
    pub(super) fn read(&mut self, text: &str, symbols: &mut Symbols) -> bool {
        let Some(rest) = text.strip_prefix('#') else { return false };
        let rest = rest.trim_start();
        let (address, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let Some(address) = hex(address) else { return false };
        let frame = named(rest.trim(), symbols).map_or(
            Frame { address, entry: 0, function: None, line: 0 },
            |(function, offset, line)| Frame {
                address,
                entry: address.wrapping_sub(offset),
                function: Some(function),
                line,
            },
        );
        self.frames.push(frame);
        true
    }

    /// The stack, for which `addresses` stand where nothing was named; the next one begins.
    ///
    /// Frames of one entry and different names are inlined into the last of them.
    pub(super) fn finish(&mut self, addresses: &[u64], symbols: &mut Symbols) -> StackId {
        let mut locations: Vec<LocationId> = Vec::with_capacity(self.frames.len());
        let mut lines: Vec<Line> = Vec::new();
        let mut frames = self.frames.drain(..).peekable();
        while let Some(frame) = frames.next() {
            lines.clear();
            lines.extend(frame.function.map(|function| Line { function: Some(function), line: frame.line, column: 0 }));
            let is_inlined = |next: &Frame, lines: &[Line]| {
                frame.function.is_some()
                    && next.entry == frame.entry
                    && next.function.is_some()
                    && lines.iter().all(|line| line.function != next.function)
            };
            while let Some(next) = frames.next_if(|next| is_inlined(next, &lines)) {
                lines.push(Line { function: next.function, line: next.line, column: 0 });
            }
            locations.push(symbols.locations.intern(Location { mapping: None, address: frame.address, lines: &lines }));
        }
        drop(frames);
        if locations.is_empty() {
            let nameless = addresses.iter().filter(|&&address| address != 0);
            locations.extend(
                nameless.map(|&address| symbols.locations.intern(Location { mapping: None, address, lines: &[] })),
            );
        }
        symbols.stacks.intern(&locations)
    }
}

/// `name+0x1b   /path/file.go:142`: the function, the offset in it, and the line.
fn named(text: &str, symbols: &mut Symbols) -> Option<(FunctionId, u64, i64)> {
    let (name, rest) = text.split_once("+0x")?;
    let (offset, place) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let offset = u64::from_str_radix(offset, 16).ok()?;
    let (file, line) = place.trim().rsplit_once(':').unwrap_or((place.trim(), ""));
    let name = symbols.strings.intern(name);
    let file = symbols.strings.intern(file);
    let function = symbols.functions.intern(Function { name, system_name: name, file, start_line: 0 });
    Some((function, offset, line.parse().unwrap_or(0)))
}

/// `0x4e795b`.
pub(super) fn hex(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}
