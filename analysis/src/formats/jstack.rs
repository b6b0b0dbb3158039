//! Threads of a Java machine: `jstack`, `jcmd PID Thread.print`, SIGQUIT (HotSpot, threads.cpp and vframe.cpp).

use super::named_stack::hex;
use super::text::{Found, Frame, Line, LineReader};
use crate::model::record::{DumpedStack, Held, Record, StackDump, StackOrigin};
use crate::model::{LocationId, Symbols};

/// Reads dumps as often as they come.
#[derive(Default)]
pub(super) struct Jstack {
    found: Found,
    dump: Option<StackDump>,
    open: Option<Open>,
    /// The names in the report of a deadlock, while it lasts.
    deadlock: Option<Vec<String>>,
}

/// A thread whose lines come.
struct Open {
    row: DumpedStack,
    stack: Vec<LocationId>,
    locked: Vec<u64>,
}

impl LineReader for Jstack {
    fn read(&mut self, line: &Line<'_>, symbols: &mut Symbols) -> bool {
        let text = line.text.trim_end();
        if text.starts_with("Full thread dump ") {
            self.end_dump(symbols);
            self.dump = Some(StackDump { origin: StackOrigin::JavaThreads, ..StackDump::default() });
            return true;
        }
        if is_date(text) {
            return true;
        }
        if self.dump.is_none() {
            return false;
        }
        if text.starts_with("Found one Java-level deadlock") {
            self.end_thread(symbols);
            self.deadlock = Some(Vec::new());
            return true;
        }
        if let Some(names) = &mut self.deadlock {
            let name = text.strip_prefix('"').and_then(|rest| rest.strip_suffix("\":"));
            if let Some(name) = name.filter(|name| !names.iter().any(|known| known == name)) {
                names.push(name.to_owned());
            }
            if text.starts_with("Found ") && text.contains(" deadlock") {
                self.end_deadlock();
            }
            return true;
        }
        if let Some(row) = thread(text, symbols) {
            self.end_thread(symbols);
            self.open = Some(Open { row, stack: Vec::new(), locked: Vec::new() });
            return true;
        }
        self.open.as_mut().is_some_and(|open| open.read(text, symbols)) || is_of_machine(text)
    }

    fn finish(mut self: Box<Self>, symbols: &mut Symbols) -> Found {
        self.end_dump(symbols);
        self.found
    }
}

impl Jstack {
    fn end_thread(&mut self, symbols: &mut Symbols) {
        let (Some(mut open), Some(dump)) = (self.open.take(), &mut self.dump) else { return };
        open.row.stack = symbols.stacks.intern(&open.stack);
        // What is waited on with wait() is not held meanwhile.
        open.locked.retain(|&address| open.row.waits_for != Some(address));
        let row = dump.rows.len();
        dump.held.extend(open.locked.into_iter().map(|address| Held { row, address }));
        dump.rows.push(open.row);
    }

    fn end_deadlock(&mut self) {
        if let (Some(names), Some(dump)) = (self.deadlock.take(), &mut self.dump) {
            dump.reason = format!("Java-level deadlock of {}", names.join(", "));
        }
    }

    fn end_dump(&mut self, symbols: &mut Symbols) {
        self.end_thread(symbols);
        self.end_deadlock();
        if let Some(dump) = self.dump.take() {
            self.found.records.push(Record::Stacks(Box::new(dump)));
        }
    }
}

impl Open {
    fn read(&mut self, text: &str, symbols: &mut Symbols) -> bool {
        let text = text.trim_start();
        if let Some(state) = text.strip_prefix("java.lang.Thread.State: ") {
            self.row.state = symbols.strings.intern(state);
            return true;
        }
        if let Some((function, file, line)) = text.strip_prefix("at ").and_then(call) {
            self.stack.push(Frame { function: &function, file, line, address: 0 }.location(symbols));
            return true;
        }
        let Some(lock) = text.strip_prefix("- ") else { return false };
        let address = lock.split_once('<').and_then(|(_, rest)| hex(rest.split_once('>')?.0));
        const WAITS: [&str; 3] = ["waiting on ", "waiting to lock ", "parking to wait for "];
        match address {
            Some(address) if WAITS.iter().any(|wait| lock.starts_with(wait)) => self.row.waits_for = Some(address),
            // `locked <0x…>`, and under the synchronizers only the address.
            Some(address) if lock.starts_with("locked ") || lock.starts_with('<') => self.locked.push(address),
            _ => {}
        }
        true
    }
}

/// `"worker-1" #12 [9738] daemon prio=5 … nid=0x26d2 in Object.wait()  [0x0]`.
fn thread(text: &str, symbols: &mut Symbols) -> Option<DumpedStack> {
    let (name, rest) = text.strip_prefix('"')?.rsplit_once("\" ")?;
    let after = |mark: &str| rest.split_whitespace().find_map(|word| word.strip_prefix(mark));
    let nid = after("nid=")?;
    let nid = hex(nid).or_else(|| nid.parse().ok()).unwrap_or(0);
    let number = after("#").and_then(|number| number.parse().ok()).unwrap_or(nid);
    Some(DumpedStack {
        number,
        name: symbols.strings.intern(name),
        state: symbols.strings.empty(),
        wait_minutes: None,
        is_leaked: false,
        is_locked: false,
        stack: symbols.stacks.intern(&[]),
        created_at: None,
        created_by: None,
        waits_for: None,
    })
}

/// `java.lang.Object.wait(java.base@17.0.15/Object.java:338)`: method, file and line.
fn call(text: &str) -> Option<(String, &str, i64)> {
    let (method, place) = text.strip_suffix(')')?.split_once('(')?;
    let place = place.rsplit_once('/').map_or(place, |(_, place)| place);
    let (file, line) = super::text::file_and_line(place).unwrap_or((place, 0));
    // The address of a lambda's class differs from run to run.
    let method = match method.split_once("/0x") {
        Some((class, rest)) => format!("{class}{}", rest.find('.').and_then(|dot| rest.get(dot..)).unwrap_or("")),
        None => method.to_owned(),
    };
    (!method.contains(char::is_whitespace)).then_some((method, file, line))
}

/// `2026-11-25 18:03:47`, which stands above a dump, in the machine's own zone.
fn is_date(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape == "0000-00-00 00:00:00"
}

/// What stands between threads.
fn is_of_machine(text: &str) -> bool {
    const STARTS: [&str; 8] = [
        "Threads class SMR info",
        "_java_thread_list=",
        "}",
        "0x",
        "JNI global ref",
        "   Locked ownable synchronizers",
        "   No compile task",
        "   Compiling:",
    ];
    text.is_empty() || STARTS.iter().any(|start| text.starts_with(start))
}
