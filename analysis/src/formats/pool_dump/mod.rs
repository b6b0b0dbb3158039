//! A native pool's event trace, `.pooltrace`, onto the model. The wire format itself is the crate `pool-dump`.

mod clock;
mod ids;
mod resolve;
mod section;
mod symbols;

use std::ops::ControlFlow;

use pool_dump::{Item, Reader, Record, Refused};

use super::error::{ErrorKind, ParseError};
use super::warnings::Warnings;
use super::{Body, Parsed, Progress};
use crate::limits::POOL_EVENTS;
use crate::model::Symbols;
use crate::model::pool::History;
use section::Section;

/// Damages that are told one by one; the rest as a number.
const TOLD_DAMAGES: usize = 8;
/// Items between two reports of progress: a chunk has some thousand events.
const ITEMS_A_REPORT: usize = 64;

pub(super) use pool_dump::is_dump as looks_like;

/// Reads a dump. Damage is told and read around.
///
/// # Errors
/// When it is of a newer major version, or nothing of it could be found, or it was stopped.
pub(super) fn parse(
    bytes: &[u8],
    symbols: &mut Symbols,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Parsed, ParseError> {
    let reader = Reader::new(bytes).map_err(|refused| refusal(&refused))?;
    let mut reading = Reading::new(symbols);
    let mut reader = reader;
    let mut items = 0_usize;
    while let Some(item) = reader.next() {
        items += 1;
        if items.is_multiple_of(ITEMS_A_REPORT) {
            let fraction = 0.5 + 0.5 * reader.offset() as f32 / bytes.len().max(1) as f32;
            if progress(Progress { fraction }).is_break() {
                return Err(ParseError::new(ErrorKind::Cancelled, None, "Reading was stopped."));
            }
        }
        if reading.take(item).is_break() {
            break;
        }
    }
    reading.finish()
}

fn refusal(refused: &Refused) -> ParseError {
    let (kind, words) = match refused {
        Refused::Version { .. } => (ErrorKind::NotReadable, format!("This is {refused}.")),
        Refused::HeaderCut { .. } | Refused::NotADump => {
            (ErrorKind::Damaged, format!("This is {refused}. Copy it again in binary mode, or record it again."))
        }
    };
    ParseError::new(kind, Some(0), words)
}

/// What was read so far.
struct Reading<'a> {
    symbols: &'a mut Symbols,
    history: History,
    sections: Vec<Section>,
    warnings: Warnings,
    damages: usize,
    /// Damage before the first section.
    is_damaged_in_front: bool,
    has_records: bool,
}

impl<'a> Reading<'a> {
    fn new(symbols: &'a mut Symbols) -> Self {
        Self {
            symbols,
            history: History::default(),
            sections: Vec::new(),
            warnings: Warnings::default(),
            damages: 0,
            is_damaged_in_front: false,
            has_records: false,
        }
    }

    fn take(&mut self, item: Item<'_>) -> ControlFlow<()> {
        match item {
            Item::Section(section) => {
                let found = Section::begin(&mut self.history, self.symbols, section.version.to_string());
                self.sections.push(found);
                if std::mem::take(&mut self.is_damaged_in_front) {
                    self.mark_damaged();
                }
            }
            Item::Damage(damage) => {
                self.damages += 1;
                if self.damages <= TOLD_DAMAGES {
                    self.warnings.once(sentence(&damage.to_string()));
                }
                if self.sections.is_empty() { self.is_damaged_in_front = true } else { self.mark_damaged() }
            }
            Item::Unknown { kind, records, .. } => {
                let told = || format!("kind {kind}, {records} records in the first");
                self.warnings.count("chunks of a kind that came with a newer version were left out", told);
            }
            Item::Record(record) => return self.record(&record),
        }
        ControlFlow::Continue(())
    }

    fn record(&mut self, record: &Record<'_>) -> ControlFlow<()> {
        if self.sections.is_empty() {
            self.sections.push(Section::begin(&mut self.history, self.symbols, String::new()));
        }
        self.has_records = true;
        let Some(section) = self.sections.last_mut() else { return ControlFlow::Continue(()) };
        section.record(record, &mut self.history, self.symbols, &mut self.warnings);
        if self.history.events.len() < POOL_EVENTS {
            return ControlFlow::Continue(());
        }
        self.warnings.once(format!(
            "Only the first {POOL_EVENTS} events were read: this is what memory holds. The command reads more: poolscope \
             pool FILE."
        ));
        self.mark_damaged();
        ControlFlow::Break(())
    }

    fn mark_damaged(&mut self) {
        if let Some(process) = self.history.processes.last_mut() {
            process.is_damaged = true;
        }
    }

    fn finish(mut self) -> Result<Parsed, ParseError> {
        if !self.has_records {
            let words = "This is a pool trace in which nothing can be read: all of its chunks are damaged or missing. \
                         Copy it again in binary mode, or record it again.";
            return Err(ParseError::new(ErrorKind::Damaged, None, words));
        }
        if self.damages > TOLD_DAMAGES {
            self.warnings.once(format!("{} more damaged places.", self.damages - TOLD_DAMAGES));
        }
        for section in &mut self.sections {
            section.end(&mut self.history, &mut self.warnings);
        }
        clock::onto_one(&mut self.history, &self.sections, &mut self.warnings);
        Ok(Parsed {
            body: Body::Pools(Box::new(self.history)),
            warnings: self.warnings.into_words(),
            ..Parsed::default()
        })
    }
}

/// A sentence with a capital and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
