//! A session as one HTML file that opens from a disk, without a network: the page's own program, styles and workers, and the
//! session as a bundle, all as text in it. Nothing is fetched: its policy forbids it.

use std::fmt::Write as _;
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use crate::markup::escaped;

/// A report above this is said to be large: mail programs refuse it, and browsers take their time.
pub const LARGE_BYTES: u64 = 50 << 20;

/// Starts the page out of the file.
const BOOT: &str = include_str!("boot.js");
/// Parts of the site that a report must have.
const NEEDED: [&str; 6] =
    ["app.js", "app.wasm", "heap-worker.js", "heap-worker.wasm", "trace-worker.js", "trace-worker.wasm"];
/// Its styles.
const STYLE: &str = "style.css";

/// What stands before the session in the file, and what after. Between them comes [`base64`] of a bundle.
pub struct Shell {
    /// Before.
    pub head: String,
    /// After.
    pub tail: &'static str,
}

/// The file around a session. `parts` are files of the site by name: `style.css`, and glue and module of the page (`app.js`,
/// `app.wasm`) and of each worker; others are put in as they are.
///
/// # Errors
/// In words, when a part of the site is missing.
pub fn shell(title: &str, parts: &[(String, Vec<u8>)]) -> Result<Shell, String> {
    let part = |name: &str| parts.iter().find(|(known, _)| known == name).map(|(_, bytes)| bytes.as_slice());
    if let Some(missing) = NEEDED.iter().find(|name| part(name).is_none_or(<[u8]>::is_empty)) {
        return Err(format!("The page's own file {missing} could not be had, without which a report does not run."));
    }
    // An element of styles ends at its end tag, wherever that stands.
    let style = String::from_utf8_lossy(part(STYLE).unwrap_or(&[])).replace("</", "<\\/");
    // What the page would keep and fetch has no place here; an element of its name tells it that it is there already.
    let hash = base64(&Sha256::digest(BOOT));
    let mut head = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'sha256-{hash}' \
         'wasm-unsafe-eval' blob:; worker-src blob:; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; \
         form-action 'none'\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n<link rel=\"icon\" href=\"data:,\">\n\
         <style>{style}</style>\n</head>\n<body>\n<template id=\"keep\"></template>\n<p id=\"words\">Opening the report…</p>\n\
         <noscript>This report is a program that reads what stands in it; it needs JavaScript and WebAssembly.</noscript>\n",
        escaped(title)
    );
    for (name, bytes) in parts.iter().filter(|(name, _)| name != STYLE) {
        open_part(&mut head, name);
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        // Writing to memory does not fail.
        let _ = encoder.write_all(bytes);
        head.push_str(&base64(&encoder.finish().unwrap_or_default()));
        head.push_str(CLOSE);
    }
    open_part(&mut head, "session.poolscope");
    Ok(Shell { head, tail: TAIL })
}

const CLOSE: &str = "</script>\n";
const TAIL: &str = concat!("</script>\n<script>", include_str!("boot.js"), "</script>\n</body>\n</html>\n");

/// Text that no browser runs.
fn open_part(out: &mut String, name: &str) {
    // Writing to a string does not fail.
    let _ = write!(out, "<script type=\"application/octet-stream\" id=\"part:{}\">", escaped(name));
}

/// Base64 (RFC 4648, section 4). Pieces of a multiple of three bytes may be encoded one after the other.
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        let encoded = ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map(|text| base64(text.as_bytes()));
        assert_eq!(encoded, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"]);
    }

    #[test]
    fn a_report_runs_only_its_own_script_and_needs_every_part() {
        let mut parts: Vec<(String, Vec<u8>)> = NEEDED.iter().map(|name| ((*name).to_owned(), vec![1])).collect();
        parts.push((STYLE.to_owned(), b"a{}</style><script>alert(1)</script>".to_vec()));
        let shell = super::shell("</title><script>alert(1)</script>", &parts)
            .unwrap_or_else(|words| Shell { head: words, tail: "" });
        assert!(
            shell.head.contains("<title>&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;</title>"),
            "{}",
            shell.head
        );
        // Its own two words and nobody else's.
        assert_eq!(shell.head.matches("</style>").count(), 1);
        assert_eq!(shell.head.matches("<script>").count(), 1, "only in the styles, where it is text");
        assert!(shell.head.contains("default-src 'none'") && !shell.head.contains("connect-src"));
        assert!(!BOOT.contains("</script"), "it would end its element");
        parts.retain(|(name, _)| name != "app.wasm");
        assert!(super::shell("", &parts).is_err_and(|words| words.contains("app.wasm")));
    }
}
