//! Frames that a text names, on the tables of the session.

use crate::model::{Function, Line, Location, LocationId, Symbols};

/// One frame as a text tells it; what it does not tell is empty or 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::formats) struct Frame<'a> {
    pub(in crate::formats) function: &'a str,
    pub(in crate::formats) file: &'a str,
    pub(in crate::formats) line: i64,
    pub(in crate::formats) address: u64,
}

impl Frame<'_> {
    /// The line it stands for.
    pub(in crate::formats) fn line(self, symbols: &mut Symbols) -> Line {
        let name = symbols.strings.intern(self.function);
        let file = symbols.strings.intern(self.file);
        let function = symbols.functions.intern(Function { name, system_name: name, file, start_line: 0 });
        Line { function: Some(function), line: self.line, column: 0 }
    }

    /// A location of its own: a text does not say what is inlined into what.
    pub(in crate::formats) fn location(self, symbols: &mut Symbols) -> LocationId {
        let line = self.line(symbols);
        symbols.locations.intern(Location { mapping: None, address: self.address, lines: &[line] })
    }
}

/// `PATH:LINE` as path and line; a path may hold colons.
pub(in crate::formats) fn file_and_line(text: &str) -> Option<(&str, i64)> {
    let (file, line) = text.rsplit_once(':')?;
    let is_number = !line.is_empty() && line.bytes().all(|digit| digit.is_ascii_digit());
    // A number that is too large is no line that anyone could open.
    (is_number && !file.is_empty()).then(|| (file, line.parse().unwrap_or(0)))
}
