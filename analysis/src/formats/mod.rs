//! Bytes to the model. A file's kind is told by its content, never by its name; a parser never panics and keeps what
//! it could read.

pub mod archive;
mod counted;
mod cursor;
mod error;
mod escape;
mod gctrace;
mod go_race;
mod go_stacks;
pub mod go_trace;
mod heaps;
mod inflate;
mod jstack;
mod jvm_gc;
mod kernel;
mod memstats;
mod named_stack;
mod native_stacks;
mod pool_dump;
mod pprof;
mod process;
mod sniff;
mod text;
mod unzip;
mod warnings;
mod wire_ids;

use std::borrow::Cow;
use std::ops::ControlFlow;

pub use error::{ErrorKind, ParseError};
pub use pprof::encode as encode_pprof;
use warnings::Warnings;

use crate::limits::{STACK_FRAMES, STRING_BYTES};
use crate::model::pool::History;
use crate::model::record::Record;
use crate::model::{Profile, Symbols};

/// How far the reading of one file is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// From 0 to 1.
    pub fraction: f32,
}

/// What a file turned out to be.
#[derive(Default)]
pub struct Parsed {
    /// What it is in the first place.
    pub body: Body,
    /// Further profiles of a file that holds several, in file order.
    pub later: Vec<Box<Profile>>,
    /// What else it tells.
    pub records: Vec<Record>,
    /// What is missing and why, a sentence each; empty when all is well.
    pub warnings: Vec<String>,
    /// What of it is of no kind that is known here.
    pub unread: Unread,
}

/// What a file is in the first place.
#[derive(Default)]
pub enum Body {
    /// A profile of any kind.
    Profile(Box<Profile>),
    /// What native pools did.
    Pools(Box<History>),
    /// Neither: it tells what its records hold.
    #[default]
    None,
}

/// Lines that were not understood: a log has lines of its program, which is no fault of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// How many.
    pub lines: u64,
    /// The first of them, cut to a screen's width.
    pub first: Vec<String>,
}

impl Unread {
    const SHOWN_LINES: usize = 5;
    const SHOWN_CHARS: usize = 160;

    /// One more.
    pub(crate) fn add(&mut self, line: &str) {
        self.lines += 1;
        if self.first.len() < Self::SHOWN_LINES {
            self.first.push(line.chars().take(Self::SHOWN_CHARS).collect());
        }
    }
}

/// A format that is told by how a file begins, and fills it wholly.
struct Format {
    looks_like: fn(&[u8]) -> bool,
    parse: Parse,
}

type Parse = fn(&[u8], &mut Symbols, &mut dyn FnMut(Progress) -> ControlFlow<()>) -> Result<Parsed, ParseError>;

/// Formats that fill a file, in the order in which they are asked; what none of them knows may be a log.
const FORMATS: &[Format] = &[
    Format { looks_like: pool_dump::looks_like, parse: pool_dump::parse },
    Format { looks_like: pprof::looks_like, parse: pprof::parse },
    Format { looks_like: heaps::looks_like_dhat, parse: heaps::parse_dhat },
    Format { looks_like: memstats::looks_like, parse: memstats::parse },
];

/// Whether a file is a Go execution trace, compressed or not: these are read by [`go_trace`], not by [`parse`].
pub fn is_go_trace(bytes: &[u8]) -> bool {
    go_trace::looks_like(&inflate::head(bytes, 16))
}

/// Reads one file onto the tables of the session. `progress` is told how far it is, and may ask to stop. Bytes that are
/// given away are freed as soon as they are inflated.
///
/// # Errors
/// When nothing of the file can be used: empty, of another kind, damaged before the first usable byte, too large, or
/// stopped. `symbols` may then hold rows that nothing points at.
pub fn parse<'a>(
    bytes: impl Into<Cow<'a, [u8]>>,
    symbols: &mut Symbols,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Parsed, ParseError> {
    parse_bytes(bytes.into(), symbols, progress)
}

fn parse_bytes(
    bytes: Cow<'_, [u8]>,
    symbols: &mut Symbols,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Parsed, ParseError> {
    if bytes.is_empty() {
        return Err(ParseError::new(
            ErrorKind::Empty,
            None,
            "The file is empty: the capture wrote nothing. Check that the address answered, and capture it again.",
        ));
    }
    let inflated = inflate::inflate(bytes, progress)?;
    if archive::is_archive(&inflated.bytes) {
        return Err(ParseError::new(
            ErrorKind::NotReadable,
            Some(0),
            "This is an archive, of which one file is asked for here. The page and poolscope check open all that is in it; \
             else unpack it and name the file.",
        ));
    }
    if let Some(refusal) = sniff::known(&inflated.bytes) {
        return Err(refusal);
    }
    let bytes = text::utf8(&inflated.bytes);
    let before = (symbols.strings.cut(), symbols.stacks.cut());
    let mut parsed = match FORMATS.iter().find(|format| (format.looks_like)(&bytes)) {
        Some(format) => (format.parse)(&bytes, symbols, progress)?,
        None if sniff::is_text(&bytes) => {
            text::parse(&bytes, symbols, progress)?.ok_or_else(|| sniff::refusal(&bytes))?
        }
        None => return Err(sniff::refusal(&bytes)),
    };
    let cut = (symbols.strings.cut() - before.0, symbols.stacks.cut() - before.1);
    parsed.warnings.extend(cut_words(cut.0, cut.1));
    // Damage of the compression is told first.
    if let Some(damage) = inflated.damage {
        parsed.warnings.insert(0, damage);
    }
    Ok(parsed)
}

/// What of strings and stacks was cut, a sentence each.
fn cut_words(strings: u64, stacks: u64) -> impl Iterator<Item = String> {
    let strings = (strings > 0).then(|| {
        format!(
            "{strings} names are longer than {} KB, of which the rest was left out. Look at the program that wrote them.",
            STRING_BYTES >> 10
        )
    });
    let stacks = (stacks > 0).then(|| {
        format!(
            "{stacks} stacks are deeper than {STACK_FRAMES} frames: their outer calls were left out, and totals are whole. To see \
             these, look for the recursion, or capture with a lower limit of depth."
        )
    });
    strings.into_iter().chain(stacks)
}
