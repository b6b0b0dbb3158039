//! What is answered, and with which headers.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::Arc;

/// What the page may do (Content Security Policy 3): that of the hosted site, and here it fetches from this command alone and
/// stands in no other site's frame. `style` attributes hold places and widths of bars.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; \
    style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// An answer.
pub(super) struct Answer {
    status: &'static str,
    mime: &'static str,
    body: Body,
}

pub(super) enum Body {
    Bytes(Cow<'static, [u8]>),
    Shared(Arc<[u8]>),
    /// A file, as long as it was when it was opened.
    File(File, u64),
}

impl Answer {
    /// A file of the site.
    pub(super) fn site(path: &str, bytes: Cow<'static, [u8]>) -> Self {
        Self { status: "200 OK", mime: mime(path), body: Body::Bytes(bytes) }
    }

    pub(super) fn json(text: String) -> Self {
        Self { status: "200 OK", mime: "application/json", body: Body::Bytes(text.into_bytes().into()) }
    }

    /// A dump: never anything that a browser would show or run.
    pub(super) fn dump(body: Body) -> Self {
        Self { status: "200 OK", mime: "application/octet-stream", body }
    }

    pub(super) fn refusal(status: &'static str, words: &'static str) -> Self {
        Self { status, mime: "text/plain; charset=utf-8", body: Body::Bytes(words.as_bytes().into()) }
    }

    /// Writes it, for `HEAD` without its body.
    pub(super) fn write(self, out: &mut impl Write, has_body: bool, stays: bool) -> io::Result<()> {
        let length = match &self.body {
            Body::Bytes(bytes) => bytes.len() as u64,
            Body::Shared(bytes) => bytes.len() as u64,
            Body::File(_, length) => *length,
        };
        let connection = if stays { "keep-alive" } else { "close" };
        write!(
            out,
            "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {length}\r\nConnection: {connection}\r\nCache-Control: no-store\r\n\
             Content-Security-Policy: {POLICY}\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n\
             Cross-Origin-Resource-Policy: same-origin\r\n\r\n",
            self.status, self.mime
        )?;
        match self.body {
            _ if !has_body => Ok(()),
            Body::Bytes(bytes) => out.write_all(&bytes),
            Body::Shared(bytes) => out.write_all(&bytes),
            Body::File(file, length) => match io::copy(&mut file.take(length), out)? {
                sent if sent == length => Ok(()),
                // It has become shorter: a connection that ends early says so.
                _ => Err(io::ErrorKind::UnexpectedEof.into()),
            },
        }
    }
}

fn mime(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}
