//! Stacks of a native program's threads, as debuggers print them: `gdb -batch -ex 'thread apply all bt'` (gdb/stack.c,
//! `print_frame`), `pstack`, which is gdb in a script, and `eu-stack` (elfutils, src/stack.c).

use std::collections::HashSet;

use super::named_stack::hex;
use super::text::{Found, Frame, Line, LineReader, file_and_line};
use crate::model::record::{DumpedStack, Record, StackDump, StackOrigin};
use crate::model::{LocationId, Symbols};

/// Reads dumps as often as they come; a new one begins where a thread comes a second time.
#[derive(Default)]
pub(super) struct NativeStacks {
    found: Found,
    dump: Option<StackDump>,
    seen: HashSet<u64>,
    open: Option<Open>,
}

/// A thread whose frames come.
struct Open {
    number: u64,
    name: String,
    frames: Vec<Named>,
}

struct Named {
    function: String,
    file: String,
    line: i64,
    address: u64,
}

impl LineReader for NativeStacks {
    fn read(&mut self, line: &Line<'_>, symbols: &mut Symbols) -> bool {
        let text = line.text.trim_end();
        if let Some((number, name)) = thread(text) {
            self.end_thread(symbols);
            if !self.seen.insert(number) {
                self.end_dump(symbols);
                self.seen.insert(number);
            }
            self.open = Some(Open { number, name: name.to_owned(), frames: Vec::new() });
            return true;
        }
        if is_of_debugger(text) {
            return true;
        }
        let Some(open) = &mut self.open else { return false };
        if let Some(frame) = frame(text) {
            open.frames.push(frame);
            return true;
        }
        // eu-stack -s puts the place below the frame.
        let place = text.strip_prefix("    ").map(str::trim).and_then(place_with_column);
        match (place, open.frames.last_mut()) {
            (Some((file, line)), Some(last)) => {
                (last.file, last.line) = (file.to_owned(), line);
                true
            }
            _ => text.is_empty(),
        }
    }

    fn finish(mut self: Box<Self>, symbols: &mut Symbols) -> Found {
        self.end_thread(symbols);
        self.end_dump(symbols);
        self.found
    }
}

impl NativeStacks {
    fn end_thread(&mut self, symbols: &mut Symbols) {
        let Some(open) = self.open.take() else { return };
        let location = |frame: &Named| {
            let Named { function, file, line, address } = frame;
            Frame { function, file, line: *line, address: *address }.location(symbols)
        };
        let stack: Vec<LocationId> = open.frames.iter().map(location).collect();
        let row = DumpedStack {
            number: open.number,
            name: symbols.strings.intern(&open.name),
            state: symbols.strings.empty(),
            wait_minutes: None,
            is_leaked: false,
            is_locked: false,
            stack: symbols.stacks.intern(&stack),
            created_at: None,
            created_by: None,
            waits_for: None,
        };
        let new = || StackDump { origin: StackOrigin::Threads, ..StackDump::default() };
        self.dump.get_or_insert_with(new).rows.push(row);
    }

    fn end_dump(&mut self, _: &mut Symbols) {
        self.seen.clear();
        if let Some(dump) = self.dump.take() {
            self.found.records.push(Record::Stacks(Box::new(dump)));
        }
    }
}

/// `Thread 3 (Thread 0x7f… (LWP 9738) "worker-1"):` or `TID 9738:`: the number that the kernel knows it by, and its name.
fn thread(text: &str) -> Option<(u64, &str)> {
    if let Some(number) = text.strip_prefix("TID ").and_then(|rest| rest.strip_suffix(':')) {
        return Some((number.parse().ok()?, ""));
    }
    let (number, inside) = text.strip_prefix("Thread ")?.strip_suffix("):")?.split_once(" (")?;
    let own: u64 = number.parse().ok()?;
    let within =
        |mark: &str| inside.split_once(mark).and_then(|(_, rest)| rest.split([')', ' ', '"']).next()?.parse().ok());
    let name = inside.split_once('"').and_then(|(_, rest)| Some(rest.rsplit_once('"')?.0)).unwrap_or("");
    Some((within("LWP ").or(within("process ")).unwrap_or(own), name))
}

/// What gdb and eu-stack say beside stacks.
fn is_of_debugger(text: &str) -> bool {
    const STARTS: [&str; 5] = [
        "[New LWP ",
        "[Thread debugging using ",
        "Using host libthread_db library ",
        "[Inferior ",
        "[Current thread is ",
    ];
    STARTS.iter().any(|start| text.starts_with(start)) || text.starts_with("PID ") && text.ends_with(" - process")
}

/// `#4  0x0000 in f (x=1) at a.c:12`, without the address where it is inlined, `from LIBRARY` where nothing else is known;
/// `#4  0x0000 f - LIBRARY` of eu-stack.
fn frame(text: &str) -> Option<Named> {
    let rest = text.strip_prefix('#')?;
    let (number, rest) = rest.split_once(' ')?;
    let _: u32 = number.parse().ok()?;
    let rest = rest.trim_start();
    let (address, rest) = match rest.split_once(' ') {
        Some((first, rest)) if hex(first).is_some() => (hex(first).unwrap_or(0), rest.trim_start()),
        _ => (hex(rest).unwrap_or(0), if hex(rest).is_some() { "" } else { rest }),
    };
    let is_gdb = rest.starts_with("in ") || address == 0;
    let rest = rest.strip_prefix("in ").unwrap_or(rest);
    let named = |function: &str, file: &str, line: i64| {
        let function = without_hash(function).to_owned();
        Some(Named { function, file: file.to_owned(), line, address })
    };
    if !is_gdb {
        let (function, file) = rest.rsplit_once(" - ").unwrap_or((rest, ""));
        return named(function, file, 0);
    }
    let (call, place) = match (rest.rsplit_once(") at "), rest.rsplit_once(") from ")) {
        (Some((call, place)), _) | (None, Some((call, place))) => (call, place),
        _ => (rest.strip_suffix(')').unwrap_or(rest), ""),
    };
    let (file, line) = file_and_line(place).unwrap_or((place, 0));
    // The parenthesis of the arguments: names hold some of their own.
    let mut depth = 1_u32;
    let open = call.char_indices().rev().find_map(|(at, c)| {
        match c {
            ')' => depth = depth.saturating_add(1),
            '(' => depth = depth.saturating_sub(1),
            _ => {}
        }
        (depth == 0).then_some(at)
    });
    named(open.and_then(|at| call.get(..at)).unwrap_or(call).trim_end(), file, line)
}

/// Rust's linker names end in a hash, which differs between builds.
fn without_hash(function: &str) -> &str {
    match function.rsplit_once("::h") {
        Some((name, hash)) if hash.len() == 16 && hash.bytes().all(|c| c.is_ascii_hexdigit()) => name,
        _ => function,
    }
}

/// `a.c:12:3`, or without the column.
fn place_with_column(text: &str) -> Option<(&str, i64)> {
    let (place, number) = file_and_line(text)?;
    Some(file_and_line(place).unwrap_or((place, number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_and_frames_of_each_tool() {
        assert_eq!(thread(r#"Thread 3 (Thread 0x7f57 (LWP 9738) "a b"):"#), Some((9738, "a b")));
        assert_eq!(thread("Thread 1 (process 77):"), Some((77, "")));
        assert_eq!(thread("TID 9738:"), Some((9738, "")));
        let of = |text: &str| frame(text).map(|f| (f.function, f.file, f.line, f.address));
        let named =
            |function: &str, file: &str, line, address| Some((function.to_owned(), file.to_owned(), line, address));
        assert_eq!(
            of(
                "#4  0x0055 in pool::get::<impl pool::core::Core<T>>::wait::h61afbf0f4eba5e15 (s=\"x\") at pool/src/get.rs:219"
            ),
            named("pool::get::<impl pool::core::Core<T>>::wait", "pool/src/get.rs", 219, 0x55)
        );
        assert_eq!(of("#3  get<a::B> () at pool/src/pool.rs:67"), named("get<a::B>", "pool/src/pool.rs", 67, 0));
        assert_eq!(
            of("#2  0x10 in std::v<int, a<int> >::push(int) (this=0x1) from /lib/x.so"),
            named("std::v<int, a<int> >::push(int)", "/lib/x.so", 0, 0x10)
        );
        assert_eq!(of("#1  <signal handler called>"), named("<signal handler called>", "", 0, 0));
        assert_eq!(
            of("#0  0x00007f1c3c6d5b1f __poll - /lib/libc.so.6"),
            named("__poll", "/lib/libc.so.6", 0, 0x7f1c3c6d5b1f)
        );
        assert_eq!(of("#0  0x10 in ?? ()"), named("??", "", 0, 0x10));
        assert_eq!(of("#\t0x10\tmain.f+0x1\t/m.go:1"), None);
        assert_eq!(place_with_column("/a/b.c:12:3"), Some(("/a/b.c", 12)));
    }
}
