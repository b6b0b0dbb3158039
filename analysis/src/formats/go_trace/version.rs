//! The sixteen bytes at the start (internal/trace/version, `ReadHeader`).

use crate::formats::error::{ErrorKind, ParseError};

/// `go 1.NN trace` and three zeros.
pub(super) const HEADER_BYTES: usize = 16;
/// The newest format that is read: what Go 1.26 and 1.27 write.
const NEWEST: u8 = 26;

/// Whether `bytes` begin like a trace of any version.
pub(super) fn looks_like(bytes: &[u8]) -> bool {
    bytes.starts_with(b"go 1.") && bytes.get(7..13) == Some(b" trace")
}

/// Whether a trace of that version is a row of generations; those before Go 1.22 say little before their last byte.
pub(super) fn has_generations(minor: u8) -> bool {
    minor >= 22
}

/// The minor version in the header.
///
/// # Errors
/// When the header is cut, or names a version that is not read.
pub(super) fn minor(bytes: &[u8]) -> Result<u8, ParseError> {
    let header = bytes.get(..HEADER_BYTES).filter(|header| looks_like(header) && header.ends_with(b"\0\0\0"));
    let minor = header.and_then(|header| std::str::from_utf8(header.get(5..7)?).ok()?.parse::<u8>().ok());
    let Some(minor) = minor else {
        return Err(ParseError::new(
            ErrorKind::Damaged,
            Some(0),
            "This begins like a Go execution trace, but its header of 16 bytes is cut or damaged. Capture it again: \
             curl -so trace.out 'localhost:6060/debug/pprof/trace?seconds=5'",
        ));
    };
    match minor {
        11 | 19 | 21 | 22 | 23 | 25 | 26 => Ok(minor),
        newer if newer > NEWEST => Err(ParseError::new(
            ErrorKind::NotReadable,
            Some(0),
            format!(
                "This trace has the format of Go 1.{newer}; the newest that this version reads is that of Go 1.{NEWEST}. \
                 Open it with a newer Poolscope."
            ),
        )),
        other => Err(ParseError::new(
            ErrorKind::NotReadable,
            Some(0),
            format!(
                "The header names the format go 1.{other}, which no Go ever wrote; the file is damaged or made up."
            ),
        )),
    }
}
