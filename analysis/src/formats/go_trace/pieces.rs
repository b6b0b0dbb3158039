//! A file that comes in pieces: what is whole is handed on, and its bytes are let go.

use super::batch::{Generation, Next, Splitter};
use super::version::{HEADER_BYTES, has_generations, minor};
use crate::formats::error::ParseError;

/// What is held is one generation and one piece; a trace without generations is held whole.
#[derive(Default)]
pub(super) struct Pieces {
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

    /// Takes the next piece; `each` is told the minor version of the format, and what the piece completes.
    ///
    /// # Errors
    /// When the header names no version that is read.
    pub(super) fn push(
        &mut self,
        bytes: &[u8],
        is_whole: bool,
        each: &mut dyn FnMut(u8, Found<'_>),
    ) -> Result<(), ParseError> {
        self.held.extend_from_slice(bytes);
        if self.splitter.is_none() && self.held.len() < HEADER_BYTES && !is_whole {
            return Ok(());
        }
        let (minor, splitter) = match &mut self.splitter {
            Some(known) => known,
            None => {
                let minor = minor(&self.held)?;
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
