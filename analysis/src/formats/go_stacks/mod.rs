//! Goroutines as Go prints them: `?debug=2`, a panic, a fatal error, SIGQUIT; Go 1.11 to 1.27, within the lines of a log.

mod frame;
mod header;
mod reason;

use std::collections::HashSet;

pub(super) use frame::{call, place};
use header::Header;

use super::text::{Found, Frame, Line, LineReader};
use crate::model::record::{DumpedStack, Record, StackDump};
use crate::model::{LocationId, Symbols};

/// Reads dumps as often as they come. A new one begins with a reason, or where a goroutine comes a second time.
#[derive(Default)]
pub(super) struct GoStacks {
    found: Found,
    dump: Option<StackDump>,
    seen: HashSet<u64>,
    open: Option<Open>,
    /// What a log put before the head of the goroutine, and puts before its lines.
    prefix: String,
    /// The stack of the thread comes, on which the runtime itself failed: no goroutine's.
    is_of_thread: bool,
}

/// A goroutine whose lines come.
struct Open {
    row: DumpedStack,
    frames: Vec<Named>,
    created: Option<Named>,
}

/// A frame whose place may come with the next line.
#[derive(Default)]
struct Named {
    function: String,
    file: String,
    line: i64,
}

impl LineReader for GoStacks {
    fn read(&mut self, line: &Line<'_>, symbols: &mut Symbols) -> bool {
        if let Some(header) = Header::of(&line.text) {
            self.begin(&header, &line.text, symbols);
            return true;
        }
        let text = without_prefix(&line.text, &self.prefix);
        if let Some(reason) = reason::reason(text) {
            if let Some(dump) = self.dump.as_mut().filter(|dump| dump.reason.starts_with(reason::FAULT)) {
                // The next line is of the same crash.
                if dump.rows.is_empty() && self.open.is_none() {
                    dump.reason = format!("{reason}; {}", dump.reason);
                    return true;
                }
            }
            self.end_dump(symbols);
            self.prefix.clear();
            self.dump = Some(StackDump { reason: reason.to_owned(), ..StackDump::default() });
            return true;
        }
        let Some(dump) = &mut self.dump else { return false };
        if reason::is_of_crash(text) {
            let is_before_stacks = dump.rows.is_empty() && self.open.is_none();
            if let Some(more) = text.strip_prefix('\t').filter(|_| is_before_stacks) {
                dump.reason = format!("{}; {}", dump.reason, more.trim());
            }
            self.is_of_thread |= text == "runtime stack:";
            return true;
        }
        let Some(open) = &mut self.open else {
            let is_frame = self.is_of_thread && (frame::call(text).is_some() || frame::place(text).is_some());
            self.is_of_thread &= !text.is_empty();
            return is_frame || text.is_empty();
        };
        if text.ends_with("frames elided...") {
            open.frames.push(Named { function: "(frames elided)".to_owned(), ..Named::default() });
            return true;
        }
        if text.is_empty() {
            self.end_goroutine(symbols);
            return true;
        }
        open.read(text)
    }

    fn finish(mut self: Box<Self>, symbols: &mut Symbols) -> Found {
        self.end_dump(symbols);
        self.found
    }
}

impl GoStacks {
    fn begin(&mut self, header: &Header<'_>, line: &str, symbols: &mut Symbols) {
        self.end_goroutine(symbols);
        self.is_of_thread = false;
        // Goroutine 0 is each thread's own, and comes as often.
        if header.number != 0 && !self.seen.insert(header.number) {
            self.end_dump(symbols);
            self.seen.insert(header.number);
        }
        self.dump.get_or_insert_default();
        self.prefix = line.get(..header.at).unwrap_or("").to_owned();
        let row = DumpedStack {
            number: header.number,
            name: symbols.strings.empty(),
            state: symbols.strings.intern(header.state),
            wait_minutes: header.wait_minutes,
            is_leaked: header.is_leaked,
            is_locked: header.is_locked,
            stack: symbols.stacks.intern(&[]),
            created_at: None,
            created_by: None,
            waits_for: None,
        };
        self.open = Some(Open { row, frames: Vec::new(), created: None });
    }

    fn end_goroutine(&mut self, symbols: &mut Symbols) {
        let Some(mut open) = self.open.take() else { return };
        let stack: Vec<LocationId> = open.frames.iter().map(|frame| frame.location(symbols)).collect();
        open.row.stack = symbols.stacks.intern(&stack);
        open.row.created_at = open.created.map(|created| created.location(symbols));
        if let Some(dump) = &mut self.dump {
            dump.rows.push(open.row);
        }
    }

    fn end_dump(&mut self, symbols: &mut Symbols) {
        self.end_goroutine(symbols);
        self.seen.clear();
        if let Some(dump) = self.dump.take() {
            self.found.records.push(Record::Stacks(Box::new(dump)));
        }
    }
}

impl Open {
    fn read(&mut self, text: &str) -> bool {
        if let Some((file, line)) = frame::place(text) {
            let last = self.created.as_mut().or(self.frames.last_mut());
            let Some(last) = last.filter(|last| last.file.is_empty()) else { return false };
            (last.file, last.line) = (file.to_owned(), line);
            return true;
        }
        if let Some((function, number)) = frame::created_by(text) {
            self.created = Some(Named { function: function.to_owned(), ..Named::default() });
            self.row.created_by = number;
            return true;
        }
        // Who created the goroutine stands last: what looks like a call after it is of the program's own log.
        let Some((function, argument)) = frame::call(text).filter(|_| self.created.is_none()) else { return false };
        if is_lock(function) && argument.is_some() {
            self.row.waits_for = argument;
        }
        self.frames.push(Named { function: function.to_owned(), ..Named::default() });
        true
    }
}

impl Named {
    fn location(&self, symbols: &mut Symbols) -> LocationId {
        Frame { function: &self.function, file: &self.file, line: self.line, address: 0 }.location(symbols)
    }
}

/// Methods whose receiver is what is waited for. The outermost that tells its receiver counts: a mutex may lie within
/// another lock.
fn is_lock(function: &str) -> bool {
    const LOCKS: [&str; 5] =
        ["sync.(*Mutex).", "internal/sync.(*Mutex).", "sync.(*RWMutex).", "sync.(*WaitGroup).", "sync.(*Cond)."];
    LOCKS.iter().any(|lock| function.starts_with(lock))
}

/// The line without what the log put before the head, where the same is put before it: digits may differ.
fn without_prefix<'a>(line: &'a str, prefix: &str) -> &'a str {
    let is_alike = |(a, b): (u8, u8)| a == b || a.is_ascii_digit() && b.is_ascii_digit();
    match line.get(..prefix.len()) {
        Some(start) if start.bytes().zip(prefix.bytes()).all(is_alike) => line.get(prefix.len()..).unwrap_or(line),
        _ => line,
    }
}
