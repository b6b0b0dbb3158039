//! Text dumps and logs. A log may hold several kinds at once, between lines of the program's own, so each line is offered
//! to one reader after the other; what nobody takes is counted and shown.

mod code;
mod lines;

use std::ops::ControlFlow;

pub(super) use code::{Frame, file_and_line};
pub(super) use lines::{Line, find, lines, utf8};

use super::error::{ErrorKind, ParseError};
use super::gctrace::GcTrace;
use super::jvm_gc::JvmGc;
use super::memstats::{JsonLines, Jstat, Prometheus};
use super::{
    Body, Parsed, Progress, Unread, counted, go_race, go_stacks, heaps, jstack, kernel, native_stacks, process,
};
use crate::limits::STRING_BYTES;
use crate::model::record::Record;
use crate::model::{Profile, Symbols};

/// Reads one kind of text, line by line.
pub(super) trait LineReader {
    /// Takes a line, or says that it is none of its own. A reader that took the line before is asked first.
    fn read(&mut self, line: &Line<'_>, symbols: &mut Symbols) -> bool;
    /// There are no more lines: what was found.
    fn finish(self: Box<Self>, symbols: &mut Symbols) -> Found;
}

/// What a reader found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) profiles: Vec<Profile>,
    pub(super) records: Vec<Record>,
    /// What is missing and why, a sentence each.
    pub(super) warnings: Vec<String>,
}

/// Every reader of lines, those first whose lines could be taken for another's.
fn readers() -> Vec<Box<dyn LineReader>> {
    vec![
        Box::new(heaps::Debug1::default()),
        Box::new(heaps::Jemalloc::default()),
        Box::new(heaps::AllocFree::default()),
        Box::new(heaps::ClassHistogram::default()),
        Box::new(super::escape::EscapeText::default()),
        Box::new(super::escape::EscapeJson::default()),
        Box::new(process::Reader::default()),
        Box::new(kernel::Events::default()),
        Box::new(kernel::Maps::default()),
        Box::new(counted::Counted::default()),
        Box::new(go_stacks::GoStacks::default()),
        Box::new(go_race::GoRace::default()),
        Box::new(native_stacks::NativeStacks::default()),
        Box::new(jstack::Jstack::default()),
        Box::new(GcTrace::default()),
        Box::new(JvmGc::default()),
        Box::new(JsonLines::default()),
        Box::new(Prometheus::default()),
        Box::new(Jstat::default()),
    ]
}

/// Lines between two reports of progress.
const LINES_A_STEP: u64 = 4096;

/// Reads a text. `None` when no reader took a line.
pub(super) fn parse(
    bytes: &[u8],
    symbols: &mut Symbols,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Option<Parsed>, ParseError> {
    let mut readers = readers();
    let mut last: Option<usize> = None;
    let mut unread = Unread::default();
    let mut is_any = false;
    let mut cut_lines = 0_u64;
    for line in lines(bytes) {
        if line.number.is_multiple_of(LINES_A_STEP) {
            let fraction = 0.5 + 0.5 * line.offset as f32 / bytes.len().max(1) as f32;
            if progress(Progress { fraction }).is_break() {
                return Err(ParseError::new(ErrorKind::Cancelled, None, "Reading was stopped."));
            }
        }
        let others = (0..readers.len()).filter(|&at| Some(at) != last);
        let took =
            last.into_iter().chain(others).find(|&at| readers.get_mut(at).is_some_and(|r| r.read(&line, symbols)));
        is_any |= took.is_some();
        cut_lines += u64::from(line.is_cut && took.is_some());
        if took.is_none() && !line.text.trim().is_empty() {
            unread.add(&line.text);
        }
        last = took;
    }
    if !is_any {
        return Ok(None);
    }
    let mut found = Found::default();
    for reader in readers {
        let more = reader.finish(symbols);
        found.profiles.extend(more.profiles);
        found.records.extend(more.records);
        found.warnings.extend(more.warnings);
    }
    if cut_lines > 0 {
        let most = STRING_BYTES >> 10;
        found.warnings.push(format!(
            "{cut_lines} lines are longer than {most} KB, of which the rest was not read. If these are many lines in one, \
             break them up."
        ));
    }
    // Lines that only say when something was taken, or from where, are nothing by themselves.
    if found.profiles.is_empty() && found.records.is_empty() {
        return Ok(None);
    }
    let mut profiles = found.profiles.into_iter().map(Box::new);
    let body = profiles.next().map_or(Body::None, Body::Profile);
    Ok(Some(Parsed { body, later: profiles.collect(), records: found.records, warnings: found.warnings, unread }))
}
