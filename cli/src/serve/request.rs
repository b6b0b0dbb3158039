//! A request as a browser sends it: its head, within limits; a body is never taken.

use std::io::{self, BufRead, Read};

/// The longest head: browsers send some hundred bytes.
const MOST_BYTES: u64 = 16 << 10;
const MOST_HEADERS: usize = 64;

/// What is asked.
#[derive(Debug, PartialEq)]
pub(super) struct Request {
    pub(super) method: String,
    /// Without what stands behind a question mark.
    pub(super) path: String,
    pub(super) host: String,
    /// The site whose page asks, where the browser tells it.
    pub(super) origin: Option<String>,
    /// Something follows the head, which nobody reads.
    pub(super) has_body: bool,
    /// The browser means to ask more on this connection.
    pub(super) stays: bool,
}

/// The next request of a connection; `None` at its end.
///
/// # Errors
/// When the connection breaks, or what comes is no request: there is nothing to be said then.
pub(super) fn read(from: &mut impl BufRead) -> io::Result<Option<Request>> {
    let head = head(from)?;
    if head.is_empty() {
        return Ok(None);
    }
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let is_whole =
        parsed.parse(&head).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?.is_complete();
    let (Some(method), Some(path), Some(version), true) = (parsed.method, parsed.path, parsed.version, is_whole) else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let header = |name: &str| {
        let found = parsed.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.map(|header| String::from_utf8_lossy(header.value).trim().to_owned())
    };
    Ok(Some(Request {
        method: method.to_owned(),
        path: path.split(['?', '#']).next().unwrap_or_default().to_owned(),
        host: header("host").unwrap_or_default(),
        origin: header("origin"),
        has_body: header("content-length").is_some_and(|length| length != "0") || header("transfer-encoding").is_some(),
        stays: version == 1 && header("connection").is_none_or(|words| !words.eq_ignore_ascii_case("close")),
    }))
}

/// A head with the empty line at its end, of a request or of an answer; nothing at the end of the connection.
pub(super) fn head(from: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut from = from.take(MOST_BYTES);
    loop {
        let read = from.read_until(b'\n', &mut head)?;
        if head.ends_with(b"\r\n\r\n") || head.is_empty() {
            return Ok(head);
        }
        if read == 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the head is cut, or too long"));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn of(text: &str) -> io::Result<Option<Request>> {
        read(&mut text.as_bytes())
    }

    #[test]
    fn a_head_is_read_and_what_is_none_ends_the_connection() {
        let request = of("GET /a?b=c HTTP/1.1\r\nHOST:  localhost:1 \r\nOrigin: null\r\n\r\n").unwrap().unwrap();
        assert_eq!(
            (request.method.as_str(), request.path.as_str(), request.host.as_str()),
            ("GET", "/a", "localhost:1")
        );
        assert_eq!(request.origin.as_deref(), Some("null"));
        assert!(request.stays && !request.has_body);
        assert!(of("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n").unwrap().unwrap().has_body);
        assert!(!of("GET / HTTP/1.0\r\n\r\n").unwrap().unwrap().stays);
        assert_eq!(of("").unwrap(), None);
        let long = format!("GET / HTTP/1.1\r\nA: {}\r\n\r\n", "a".repeat(1 << 15));
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(100));
        for text in ["GET", "GET / HTTP/1.1\r\n", "\r\n\r\n", "\0\r\n\r\n", "GET / HTTP/9\r\n\r\n", &long, &many] {
            assert!(of(text).is_err(), "{text:.40}");
        }
    }
}
