//! A file that comes in pieces, compressed or not: what is whole is handed on, and its bytes are let go.

use super::batch::{Generation, Next, Splitter};
use super::version::{HEADER_BYTES, has_generations, minor};
use crate::formats::error::{ErrorKind, ParseError};
use crate::formats::unzip::{SLICE_BYTES, Unzip};

/// The most that is held: a generation is about a second of a trace, and an old trace of that size is refused anyway.
const MOST_HELD_BYTES: u64 = 4 << 30;

/// What is held is one generation and one piece; a trace without generations is held whole.
#[derive(Default)]
pub(super) struct Pieces {
    unzip: Unzip,
    splitter: Option<(u8, Splitter)>,
    held: Vec<u8>,
    /// Bytes that were let go before `held`.
    gone: u64,
}

/// What was found.
pub(super) enum Found<'a> {
    /// The whole of a file without generations.
    Old(&'a [u8]),
    /// A generation, and the bytes that its batches point into.
    Generation(&'a [u8], Generation),
    /// Something is broken at that byte of the file; a generation may be lost with it.
    Damage { at: u64, words: String, lost: Option<u64> },
}

impl Pieces {
    /// The minor version of the format, 0 before the header has come.
    pub(super) fn minor(&self) -> u8 {
        self.splitter.as_ref().map_or(0, |(minor, _)| *minor)
    }

    /// What is wrong with the compression of the file, if something is.
    pub(super) fn damage(&self) -> Option<&str> {
        self.unzip.damage()
    }

    /// How many bytes of the trace have come, inflated.
    pub(super) fn bytes(&self) -> u64 {
        self.gone + self.held.len() as u64
    }

    /// Takes the next piece; `each` is told the minor version of the format, and what the piece completes.
    ///
    /// # Errors
    /// When the header names no version that is read, or the file inflates to more than any trace would.
    pub(super) fn push(
        &mut self,
        mut bytes: &[u8],
        is_whole: bool,
        each: &mut dyn FnMut(u8, Found<'_>),
    ) -> Result<(), ParseError> {
        // What is compressed goes in by slices, so that what one piece inflates to is never held at once.
        while bytes.len() > SLICE_BYTES && !self.unzip.is_plain() {
            let (slice, rest) = bytes.split_at(SLICE_BYTES);
            self.unzip.push(slice, &mut self.held)?;
            self.split(false, each)?;
            bytes = rest;
        }
        self.unzip.push(bytes, &mut self.held)?;
        if is_whole {
            self.unzip.finish(&mut self.held);
        }
        self.split(is_whole, each)
    }

    /// Finds what is whole in what is held.
    fn split(&mut self, is_whole: bool, each: &mut dyn FnMut(u8, Found<'_>)) -> Result<(), ParseError> {
        if self.held.len() as u64 > MOST_HELD_BYTES {
            return Err(ParseError::new(
                ErrorKind::TooLarge,
                Some(self.gone),
                "More than 4 GB came without the end of a generation, which is about a second of a trace: nothing more \
                 was read. A trace of Go 1.21 or older has no generations; capture a shorter one.",
            ));
        }
        if self.splitter.is_none() && self.held.len() < HEADER_BYTES && !is_whole {
            return Ok(());
        }
        let (minor, splitter) = match &mut self.splitter {
            Some(known) => known,
            None => {
                // Where nothing could be inflated, that is what is wrong, not the header.
                let minor = minor(&self.held).map_err(|error| match self.unzip.damage() {
                    Some(words) => ParseError::new(ErrorKind::Damaged, None, words),
                    None => error,
                })?;
                self.splitter.insert((minor, Splitter::new(minor)))
            }
        };
        if !has_generations(*minor) {
            if is_whole {
                each(*minor, Found::Old(&self.held));
            }
            return Ok(());
        }
        loop {
            match splitter.next(&self.held, is_whole) {
                Next::Generation(generation) => each(*minor, Found::Generation(&self.held, generation)),
                Next::Damage { at, words, lost } => {
                    each(*minor, Found::Damage { at: self.gone + at as u64, words, lost });
                }
                Next::End | Next::More => break,
            }
        }
        let gone = splitter.held_from().min(self.held.len());
        self.held.drain(..gone);
        self.gone += gone as u64;
        splitter.forget(gone);
        Ok(())
    }
}
