//! Reports of Go's race detector (compiler-rt, tsan/rtl/tsan_report.cpp, its Go half).

use super::go_stacks::{call, place};
use super::named_stack::hex;
use super::text::{Found, Frame, Line, LineReader};
use crate::model::record::{Access, Race, Races, Record};
use crate::model::{LocationId, Symbols};

/// Reads reports between the lines of a log.
#[derive(Default)]
pub(super) struct GoRace {
    races: Races,
    open: Option<Open>,
    /// Reports that end before both accesses are told.
    broken: u64,
}

/// A report whose lines come.
#[derive(Default)]
struct Open {
    address: u64,
    /// The access seen, then the one before.
    accesses: Vec<Access>,
    stack: Vec<LocationId>,
    part: Part,
    call: Option<String>,
}

/// Whose stack comes.
#[derive(Default)]
enum Part {
    #[default]
    None,
    Access,
    /// Of the creation of this goroutine.
    Created(u64),
}

impl LineReader for GoRace {
    fn read(&mut self, line: &Line<'_>, symbols: &mut Symbols) -> bool {
        let text = line.text.trim_end();
        if text == "WARNING: DATA RACE" {
            self.close(symbols);
            self.open = Some(Open::default());
            return true;
        }
        if !text.is_empty() && text.bytes().all(|byte| byte == b'=') {
            self.close(symbols);
            return true;
        }
        if text.starts_with("Found ") && text.ends_with(" data race(s)") {
            return true;
        }
        self.open.as_mut().is_some_and(|open| open.read(text, symbols))
    }

    fn finish(mut self: Box<Self>, symbols: &mut Symbols) -> Found {
        self.close(symbols);
        let mut found = Found::default();
        if self.broken > 0 {
            found.warnings.push(format!("{} reports of races are cut before both accesses are told.", self.broken));
        }
        if !self.races.races.is_empty() {
            found.records.push(Record::Races(Box::new(self.races)));
        }
        found
    }
}

impl GoRace {
    fn close(&mut self, symbols: &mut Symbols) {
        let Some(mut open) = self.open.take() else { return };
        open.end_part(symbols);
        let mut accesses = open.accesses.into_iter();
        match (accesses.next(), accesses.next()) {
            (Some(now), Some(before)) => self.races.races.push(Race { address: open.address, now, before }),
            _ => self.broken += 1,
        }
    }
}

impl Open {
    fn read(&mut self, text: &str, symbols: &mut Symbols) -> bool {
        if text.is_empty() || text.trim_start().starts_with("[failed to restore") {
            return true;
        }
        if let Some((what, at, by)) = access(text) {
            self.end_part(symbols);
            self.address = at;
            let goroutine = by.strip_prefix("goroutine ").and_then(|number| number.parse().ok());
            self.accesses.push(Access { what, goroutine, ..Access::default() });
            self.part = Part::Access;
            return true;
        }
        if let Some(number) = created(text) {
            self.end_part(symbols);
            self.part = Part::Created(number);
            return true;
        }
        if let Some((file, line)) = place(text) {
            let Some(function) = self.call.take() else { return false };
            self.stack.push(Frame { function: &function, file, line, address: 0 }.location(symbols));
            return true;
        }
        let Some((function, _)) = call(text.trim_start()) else { return false };
        self.end_call(symbols);
        self.call = Some(function.to_owned());
        true
    }

    /// A call whose place did not come.
    fn end_call(&mut self, symbols: &mut Symbols) {
        if let Some(function) = self.call.take() {
            self.stack.push(Frame { function: &function, ..Frame::default() }.location(symbols));
        }
    }

    fn end_part(&mut self, symbols: &mut Symbols) {
        self.end_call(symbols);
        let stack = symbols.stacks.intern(&self.stack);
        self.stack.clear();
        match std::mem::take(&mut self.part) {
            Part::Access => {
                if let Some(last) = self.accesses.last_mut() {
                    last.stack = stack;
                }
            }
            Part::Created(number) => {
                for access in self.accesses.iter_mut().filter(|access| access.goroutine == Some(number)) {
                    access.created = Some(stack);
                }
            }
            Part::None => {}
        }
    }
}

/// `Previous write at 0x00c0 by goroutine 7:` as what, where and by whom.
fn access(text: &str) -> Option<(String, u64, &str)> {
    let (what, rest) = text.strip_suffix(':')?.split_once(" at ")?;
    let (address, by) = rest.split_once(" by ")?;
    let what = what.to_ascii_lowercase();
    let what = what.strip_prefix("previous ").unwrap_or(&what);
    let is_known = ["read", "write", "atomic read", "atomic write"].contains(&what);
    Some((what.to_owned(), hex(address)?, by)).filter(|_| is_known)
}

/// `Goroutine 8 (running) created at:`.
fn created(text: &str) -> Option<u64> {
    let rest = text.strip_suffix(" created at:")?.strip_prefix("Goroutine ")?;
    rest.split(' ').next()?.parse().ok()
}
