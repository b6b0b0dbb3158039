//! Standard output that a dump cannot write on: names in it may hold signs that move a terminal's cursor, colour it, or turn
//! the direction of writing. A file or a pipe gets every byte as it is.

use std::io::{self, IsTerminal, StdoutLock, Write};

/// Standard output.
pub(crate) fn stdout() -> Screen<StdoutLock<'static>> {
    let out = io::stdout().lock();
    Screen { is_terminal: out.is_terminal(), out }
}

/// See [`stdout`].
pub(crate) struct Screen<W> {
    out: W,
    is_terminal: bool,
}

impl<W: Write> Write for Screen<W> {
    /// Takes whole letters: text is written in pieces of text, and a `BufWriter` in front of this keeps them whole.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.is_terminal {
            return self.out.write(bytes);
        }
        let shown: String =
            String::from_utf8_lossy(bytes).chars().filter(|&letter| letter != '\r').map(shown).collect();
        self.out.write_all(shown.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A letter as a terminal may have it.
fn shown(letter: char) -> char {
    match letter {
        '\n' | '\t' => letter,
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
        _ if letter.is_control() => char::REPLACEMENT_CHARACTER,
        _ => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(is_terminal: bool, text: &str) -> Vec<u8> {
        let mut screen = Screen { out: Vec::new(), is_terminal };
        // A letter of three bytes lies across what the buffer holds.
        let mut out = io::BufWriter::with_capacity(4, &mut screen);
        // Writing to memory does not fail.
        let _ = text.split_inclusive(' ').try_for_each(|piece| write!(out, "{piece}"));
        drop(out);
        screen.out
    }

    #[test]
    fn names_write_on_no_terminal() {
        let name = "main.\u{1b}[2J\u{1b}]0;owned\u{7}f \u{202e}gnp.exe \u{9b}31m é→\r\n\tb\u{0}";
        let shown = String::from_utf8_lossy(&written(true, name)).into_owned();
        assert_eq!(shown, "main.\u{fffd}[2J\u{fffd}]0;owned\u{fffd}f \u{fffd}gnp.exe \u{fffd}31m é→\n\tb\u{fffd}");
    }

    #[test]
    fn a_pipe_gets_every_byte() {
        let name = "main.\u{1b}[2J \u{202e}\r\n\u{0}é→";
        assert_eq!(written(false, name), name.as_bytes());
    }
}
