//! Events as they lie in a file of the old format. What they mean is told elsewhere.

use super::kind::Kind;
use crate::formats::cursor::{Cursor, What};

/// Arguments an event holds at most; only [`Kind::Stack`] has more, and keeps them in its body.
const MAX_ARGS: usize = 5;
/// The longest arguments that Go's reader takes (internal/tracev1, `readRawEvent`); it saw at most 128 bytes.
const MAX_ARG_BYTES: u64 = 2048;
/// The longest string that Go's reader takes.
const MAX_TEXT_BYTES: u64 = 1_000_000;

/// An event that could not be read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    /// Where it begins, in bytes from the start of the file.
    pub(super) offset: usize,
    /// What is wrong, to go on after a colon.
    pub(super) words: String,
}

/// One event.
#[derive(Clone, Copy, Debug)]
pub(super) struct RawEvent<'a> {
    pub(super) kind: Kind,
    /// In the order of the wire; those that its kind does not have are 0.
    pub(super) args: [u64; MAX_ARGS],
    /// A string's text, a log's message, a stack's arguments.
    pub(super) body: &'a [u8],
}

/// Reads forward through the bytes of a file.
#[derive(Clone)]
pub(super) struct Wire<'a> {
    bytes: &'a [u8],
    at: usize,
    minor: u8,
}

impl<'a> Wire<'a> {
    /// Reads `bytes`, a file of Go 1.`minor`'s format, from `at` on.
    pub(super) fn new(bytes: &'a [u8], at: usize, minor: u8) -> Self {
        Self { bytes, at, minor }
    }

    /// Goes to another place of the same file.
    pub(super) fn go_to(&mut self, at: usize) {
        self.at = at;
    }

    /// Where the next event begins.
    pub(super) fn offset(&self) -> usize {
        self.at
    }

    /// The next event; `None` at the end (internal/tracev1, `readRawEvent`).
    #[inline]
    pub(super) fn event(&mut self) -> Result<Option<RawEvent<'a>>, Broken> {
        let start = self.at;
        let Some(&head) = self.bytes.get(start) else { return Ok(None) };
        self.at += 1;
        match self.after_head(head) {
            Ok(event) => Ok(Some(event)),
            Err(words) => {
                self.at = start;
                let words = if self.bytes.get(start..).is_some_and(|rest| rest.starts_with(b"go 1.")) {
                    "another trace begins there: two files were put together".to_owned()
                } else {
                    words
                };
                Err(Broken { offset: start, words })
            }
        }
    }

    fn after_head(&mut self, head: u8) -> Result<RawEvent<'a>, String> {
        let kind = Kind::from_code(head & 0x3f).filter(|kind| kind.since() <= self.minor);
        let kind = kind.ok_or_else(|| {
            format!("Go 1.{} does not write events of kind {}: the file is damaged there", self.minor, head & 0x3f)
        })?;
        let mut event = RawEvent { kind, args: [0; MAX_ARGS], body: &[] };
        // Two bits hold the number of arguments, without the time that most begin with; 3 says that a length in
        // bytes comes first.
        let count = usize::from(head >> 6) + 1;
        match kind {
            Kind::String => {
                self.numbers(&mut event, 1)?;
                event.body = self.text()?;
            }
            Kind::Batch if count != 2 => return Err(wrong_count(kind, count)),
            Kind::Batch => self.numbers(&mut event, 2)?,
            _ if count < 4 => {
                if count != kind.args() {
                    return Err(wrong_count(kind, count));
                }
                self.numbers(&mut event, count)?;
            }
            _ => self.counted(&mut event)?,
        }
        Ok(event)
    }

    /// Arguments after their length in bytes, and what follows them.
    fn counted(&mut self, event: &mut RawEvent<'a>) -> Result<(), String> {
        let length = self.number()?;
        if length > MAX_ARG_BYTES {
            return Err(format!("an event of {length} bytes is declared, where {MAX_ARG_BYTES} are the most"));
        }
        let arguments = self.take(length)?;
        if event.kind == Kind::Stack {
            event.body = arguments;
            return Ok(());
        }
        let mut inner = Wire::new(arguments, 0, self.minor);
        let wanted = event.kind.args();
        inner.numbers(event, wanted)?;
        if inner.at != arguments.len() {
            return Err(format!("{} holds more than its {wanted} arguments", event.kind.name()));
        }
        if event.kind == Kind::UserLog {
            event.body = self.text()?;
        }
        Ok(())
    }

    #[inline]
    fn numbers(&mut self, event: &mut RawEvent<'a>, count: usize) -> Result<(), String> {
        for arg in event.args.iter_mut().take(count) {
            *arg = self.number()?;
        }
        Ok(())
    }

    /// One base-128 number.
    #[inline]
    pub(super) fn number(&mut self) -> Result<u64, String> {
        let mut cursor = Cursor::new(self.bytes.get(self.at..).unwrap_or(&[]));
        let value = cursor.varint().map_err(|broken| match broken.what {
            What::LongVarint => "a number runs over 64 bits".to_owned(),
            _ => "the file ends inside an event".to_owned(),
        })?;
        self.at += cursor.offset();
        Ok(value)
    }

    fn text(&mut self) -> Result<&'a [u8], String> {
        let length = self.number()?;
        if length > MAX_TEXT_BYTES {
            return Err(format!("a string of {length} bytes is declared, where {MAX_TEXT_BYTES} are the most"));
        }
        self.take(length)
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], String> {
        let end = usize::try_from(length).ok().and_then(|length| self.at.checked_add(length));
        let taken = end.and_then(|end| self.bytes.get(self.at..end)).ok_or("the file ends inside an event")?;
        self.at += taken.len();
        Ok(taken)
    }
}

fn wrong_count(kind: Kind, count: usize) -> String {
    format!("{} has {} arguments, and {count} were written", kind.name(), kind.args())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn first(bytes: &[u8]) -> Result<Option<RawEvent<'_>>, Broken> {
        Wire::new(bytes, 0, 21).event()
    }

    #[test]
    fn arguments_stand_inline_or_after_their_length() {
        // GoUnblockLocal has three arguments, GoUnblock four.
        let inline = first(&[2 << 6 | 39, 5, 0x80, 0x01, 7]).unwrap().unwrap();
        assert_eq!((inline.kind, inline.args), (Kind::GoUnblockLocal, [5, 128, 7, 0, 0]));
        let counted = first(&[3 << 6 | 21, 5, 5, 0x80, 0x01, 7, 9]).unwrap().unwrap();
        assert_eq!((counted.kind, counted.args), (Kind::GoUnblock, [5, 128, 7, 9, 0]));
        let log = first(&[3 << 6 | 48, 4, 1, 2, 3, 4, 2, b'h', b'i']).unwrap().unwrap();
        assert_eq!((log.args, log.body), ([1, 2, 3, 4, 0], b"hi".as_slice()));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let words = |bytes: &[u8]| first(bytes).unwrap_err().words;
        assert!(words(&[60]).contains("events of kind 60"));
        assert!(words(&[1]).contains("Batch has 2 arguments"));
        assert!(words(&[1 << 6 | 1, 0xff]).contains("ends inside"));
        assert!(words(&[3 << 6 | 3, 0xff, 0xff, 1]).contains("2048 are the most"));
        assert!(words(b"go 1.21 trace\0\0\0").contains("two files"));
        // CPU samples came with Go 1.19.
        assert!(Wire::new(&[3 << 6 | 49, 0], 0, 11).event().unwrap_err().words.contains("kind 49"));
    }
}
