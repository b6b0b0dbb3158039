//! Lines of a text that may be anything: torn, coloured, of another system, or one line of 200 MB.

use std::borrow::Cow;

use crate::limits::STRING_BYTES;

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::formats) struct Line<'a> {
    /// From 1.
    pub(in crate::formats) number: u64,
    /// Where it begins.
    pub(in crate::formats) offset: usize,
    /// Without its end, without colours; what is no UTF-8 is replaced.
    pub(in crate::formats) text: Cow<'a, str>,
    /// It was longer than what is read of it.
    pub(in crate::formats) is_cut: bool,
}

/// All lines of `bytes`.
pub(in crate::formats) fn lines(bytes: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let mut at = 0;
    let mut number = 0;
    std::iter::from_fn(move || {
        let rest = bytes.get(at..).filter(|rest| !rest.is_empty())?;
        let end = memchr::memchr(b'\n', rest);
        let whole = rest.get(..end.unwrap_or(rest.len())).unwrap_or(rest);
        let offset = at;
        at += end.map_or(rest.len(), |end| end + 1);
        number += 1;
        let is_cut = whole.len() > STRING_BYTES;
        let read = whole.get(..whole.len().min(STRING_BYTES)).unwrap_or(whole);
        let text = std::str::from_utf8(read).map_or_else(|_| String::from_utf8_lossy(read), Cow::Borrowed);
        let text = match plain(text) {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim_end_matches('\r')),
            Cow::Owned(text) => Cow::Owned(text.trim_end_matches('\r').to_owned()),
        };
        Some(Line { number, offset, text, is_cut })
    })
}

/// Where `words` stand in a line. Every line of a log is asked for many words: `str::find` prepares for a long search each
/// time, which takes longer than the search.
pub(in crate::formats) fn find(line: &str, words: &str) -> Option<usize> {
    memchr::memmem::find(line.as_bytes(), words.as_bytes())
}

/// Without the escapes by which terminals colour (ECMA-48, `CSI … final`).
fn plain(text: Cow<'_, str>) -> Cow<'_, str> {
    if memchr::memchr(b'\x1b', text.as_bytes()).is_none() {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\x1b' => {
                if rest.next() == Some('[') {
                    // Parameters, up to a letter.
                    let _ = rest.find(|c| ('@'..='~').contains(c));
                }
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// UTF-16 with its mark, as some shells write what is sent to a file, as UTF-8.
pub(in crate::formats) fn utf8(bytes: &[u8]) -> Cow<'_, [u8]> {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        [0xef, 0xbb, 0xbf, rest @ ..] => return Cow::Borrowed(rest),
        _ => return Cow::Borrowed(bytes),
    };
    let units = bytes.chunks_exact(2).skip(1).filter_map(|pair| Some(unit(pair.try_into().ok()?)));
    let text: String = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    Cow::Owned(text.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(bytes: &[u8]) -> Vec<String> {
        lines(bytes).map(|line| line.text.into_owned()).collect()
    }

    #[test]
    fn ends_colours_and_bad_bytes_are_no_trouble() {
        assert_eq!(texts(b"a\r\n\x1b[31;1mred\x1b[0m\n\nb\xffc"), ["a", "red", "", "b\u{fffd}c"]);
        assert_eq!(texts(b""), [""; 0]);
        assert_eq!(texts(b"a\n"), ["a"]);
        let offsets: Vec<usize> = lines(b"ab\ncd\n\ne").map(|line| line.offset).collect();
        assert_eq!(offsets, [0, 3, 6, 7]);
    }

    #[test]
    fn a_line_without_end_is_cut() {
        let long = vec![b'x'; STRING_BYTES * 3];
        let line = lines(&long).next().map(|line| (line.text.len(), line.is_cut));
        assert_eq!(line, Some((STRING_BYTES, true)));
    }

    #[test]
    fn utf_16_is_read_as_text() {
        assert_eq!(&*utf8(b"\xff\xfeg\0c\0"), b"gc");
        assert_eq!(&*utf8(b"\xfe\xff\0g\0c"), b"gc");
        assert_eq!(&*utf8(b"\xef\xbb\xbfgc"), b"gc");
        assert_eq!(&*utf8(b"gc"), b"gc");
    }
}
