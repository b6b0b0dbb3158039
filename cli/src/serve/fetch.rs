//! One file of the program that is watched, by HTTP/1.1, within limits of time and size; one connection at a time.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::request::head;
use super::target::Target;

const TO_CONNECT: Duration = Duration::from_secs(3);
/// Until all of a file is here. A collection of a large heap comes before its profile.
const TO_ANSWER: Duration = Duration::from_secs(30);
/// The largest profile seen has a tenth of this.
const MOST_BYTES: u64 = 256 << 20;

/// What the program gave.
#[derive(Debug, PartialEq)]
pub(super) enum Got {
    File(Vec<u8>),
    /// It has no such file.
    Nothing,
}

/// Asks the program for a file below its path.
///
/// # Errors
/// In words, the program named.
pub(super) fn fetch(target: &Target, file: &str) -> Result<Got, String> {
    let host = &target.host;
    let stream = connect(target).map_err(|error| match error.kind() {
        io::ErrorKind::ConnectionRefused => format!("{host} is not there (connection refused)."),
        _ => format!("{host} cannot be reached ({error})."),
    })?;
    let answered = converse(&stream, target, file).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            format!("{host} did not give {file} within {} s.", TO_ANSWER.as_secs())
        }
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
            format!("The connection to {host} broke in the middle of {file}.")
        }
        io::ErrorKind::FileTooLarge => format!("{file} of {host} has more than 256 MB, and is not kept."),
        _ => format!("{host} does not answer as a web server does ({error})."),
    })?;
    match answered {
        (200, body) => Ok(Got::File(body)),
        (404, _) => Ok(Got::Nothing),
        (401 | 403, _) => Err(format!("{host} does not give {file} to just anybody.")),
        (code @ 300..=399, _) => {
            Err(format!("{host} sends the question for {file} elsewhere ({code}), which is not followed."))
        }
        (code, body) => {
            // Go's handlers say why in a line.
            let why: String = String::from_utf8_lossy(&body).chars().filter(|c| !c.is_control()).take(120).collect();
            Err(format!("{host} failed to give {file} ({code}: {why})."))
        }
    }
}

fn connect(target: &Target) -> io::Result<TcpStream> {
    let mut last = io::ErrorKind::NotFound.into();
    for address in &target.addresses {
        match TcpStream::connect_timeout(address, TO_CONNECT) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// A connection that is read until a time, and no longer.
struct Timed<'a>(&'a TcpStream, Instant);

impl Read for Timed<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = self.1.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.0.set_read_timeout(Some(left))?;
        self.0.read(into)
    }
}

/// Asks, and reads status and body.
fn converse(stream: &TcpStream, target: &Target, file: &str) -> io::Result<(u16, Vec<u8>)> {
    let mut out = stream;
    stream.set_write_timeout(Some(TO_CONNECT))?;
    let request = format!(
        "GET {}{file} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nUser-Agent: poolscope\r\n\r\n",
        target.path, target.host
    );
    out.write_all(request.as_bytes())?;
    answer(&mut BufReader::new(Timed(stream, Instant::now() + TO_ANSWER)))
}

fn answer(from: &mut impl BufRead) -> io::Result<(u16, Vec<u8>)> {
    let invalid = |error: httparse::Error| io::Error::new(io::ErrorKind::InvalidData, error);
    let head = head(from)?;
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Response::new(&mut headers);
    let is_whole = parsed.parse(&head).map_err(invalid)?.is_complete();
    let Some(code) = parsed.code.filter(|_| is_whole) else { return Err(io::ErrorKind::UnexpectedEof.into()) };
    let header = |name: &str| {
        let found = parsed.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.and_then(|header| std::str::from_utf8(header.value).ok())
    };
    let mut body = Vec::new();
    if header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        chunked(from, &mut body)?;
    } else if let Some(length) = header("content-length").and_then(|length| length.trim().parse::<u64>().ok()) {
        exactly(from, length, &mut body)?;
    } else {
        from.take(MOST_BYTES + 1).read_to_end(&mut body)?;
        exactly(from, 0, &mut body)?;
    }
    Ok((code, body))
}

/// The next `length` bytes.
fn exactly(from: &mut impl BufRead, length: u64, body: &mut Vec<u8>) -> io::Result<()> {
    if length.saturating_add(body.len() as u64) > MOST_BYTES {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    match from.take(length).read_to_end(body)? as u64 {
        read if read == length => Ok(()),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// A body in pieces, each with its length before it (RFC 9112, section 7.1). What may follow the last one is of no use here.
fn chunked(from: &mut impl BufRead, body: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let mut line = Vec::new();
        from.take(256).read_until(b'\n', &mut line)?;
        let length = match httparse::parse_chunk_size(&line) {
            Ok(httparse::Status::Complete((_, length))) => length,
            Ok(httparse::Status::Partial) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Err(_) => return Err(io::Error::new(io::ErrorKind::InvalidData, "a piece has no length")),
        };
        if length == 0 {
            return Ok(());
        }
        exactly(from, length, body)?;
        let mut end = [0; 2];
        from.read_exact(&mut end)?;
        if end != *b"\r\n" {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a piece has another length than it says"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<(u16, Vec<u8>), io::ErrorKind> {
        answer(&mut text.as_bytes()).map_err(|error| error.kind())
    }

    #[test]
    fn a_body_comes_in_three_ways() {
        assert_eq!(of("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd"), Ok((200, b"abc".to_vec())));
        assert_eq!(of("HTTP/1.0 404 Not Found\r\n\r\nabcd"), Ok((404, b"abcd".to_vec())));
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1;x=y\r\nd\r\n0\r\n\r\n";
        assert_eq!(of(chunked), Ok((200, b"abcd".to_vec())));
    }

    #[test]
    fn what_is_cut_or_wrong_is_no_file() {
        let chunked = |body: &str| of(&format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}"));
        assert_eq!(of("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcd"), Err(io::ErrorKind::UnexpectedEof));
        assert_eq!(of("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"), Err(io::ErrorKind::FileTooLarge));
        assert_eq!(of(""), Err(io::ErrorKind::UnexpectedEof));
        assert_eq!(of("SSH-2.0-OpenSSH\r\n\r\n"), Err(io::ErrorKind::InvalidData));
        assert_eq!(chunked("3\r\nabc\r\n"), Err(io::ErrorKind::UnexpectedEof));
        assert_eq!(chunked("3\r\nab"), Err(io::ErrorKind::UnexpectedEof));
        assert_eq!(chunked("2\r\nabc\r\n0\r\n\r\n"), Err(io::ErrorKind::InvalidData));
        assert_eq!(chunked("fffffffffffffff\r\nabc"), Err(io::ErrorKind::FileTooLarge));
        assert_eq!(chunked("no\r\nabc"), Err(io::ErrorKind::InvalidData));
    }
}
