//! Every text of every format, mangled: cut, with bytes flipped, torn into each other, coloured, in other encodings. What must
//! hold of each: no panic, words where nothing could be read, and no more shown of what was not understood than a screen takes.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeMap;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;

use analysis::findings::{Thresholds, diagnose};
use analysis::session::{Content, Session};

/// Longer texts are cut to this: their lines repeat.
const MOST_BYTES: usize = 48 << 10;

/// What a text is parsed through in all, so that long ones are cut at fewer places.
const BYTES_A_TEXT: usize = 1 << 20;

const MOST_CUTS: usize = 200;

/// Texts of one kind differ in numbers only: so many of each are enough.
const OF_A_KIND: usize = 2;

/// Sources of programs, what tests expect, and what other tests read.
const OTHERS: [&str; 11] =
    [".go", ".c", ".java", ".py", ".md", ".oracle.json", ".events", ".test", ".top.txt", "truth.json", "options.json"];

/// Names and contents of texts below `fixtures/`.
fn texts() -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let mut folders = vec![root.clone()];
    let mut by_kind: BTreeMap<String, Vec<(String, Vec<u8>)>> = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if OTHERS.iter().any(|end| name.ends_with(end)) || name.contains("LICENSE") || name.starts_with("fuzz/") {
                continue;
            }
            let Some(text) = text(&std::fs::read(&path).unwrap()) else { continue };
            let kind: String = name.rsplit('/').next().unwrap().chars().filter(|c| !c.is_ascii_digit()).collect();
            by_kind.entry(kind).or_default().push((name, text));
        }
    }
    let mut texts = Vec::new();
    for mut of_kind in by_kind.into_values() {
        of_kind.sort();
        texts.extend(of_kind.into_iter().take(OF_A_KIND));
    }
    texts
}

/// Inflated where it is compressed; `None` for what is no text.
fn text(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    if bytes.starts_with(b"\x1f\x8b") {
        flate2::read::GzDecoder::new(bytes).take(MOST_BYTES as u64).read_to_end(&mut text).ok()?;
    } else {
        text.extend_from_slice(&bytes[..bytes.len().min(MOST_BYTES)]);
    }
    let head = &text[..text.len().min(512)];
    let is_text = !head.is_empty() && head.iter().all(|&c| c >= 0x20 || matches!(c, b'\n' | b'\r' | b'\t'));
    is_text.then_some(text)
}

/// Opens it, and looks at what must hold; gives the words when nothing could be read.
fn open(name: &str, bytes: &[u8]) -> (Session, Option<String>) {
    let mut session = Session::default();
    let go_on = &mut |_| ControlFlow::Continue(());
    session.open(name, bytes, go_on).unwrap();
    let mut refused = None;
    for source in &session.sources {
        match &source.content {
            Content::Refused { words } => {
                assert!(words.len() > 20 && words.len() < 2000, "{name}: {words}");
                refused = Some(words.clone());
            }
            Content::Records { warnings } => {
                assert!(!source.records.is_empty(), "{name}: neither records nor words");
                check_words(name, warnings);
            }
            Content::Profile { warnings, profile } => {
                assert!(profile.values.iter().all(|column| column.len() == profile.len()), "{name}");
                check_words(name, warnings);
            }
            Content::Pools { warnings, .. } => check_words(name, warnings),
        }
        let unread = &source.unread;
        assert!(unread.first.len() <= 5 && unread.first.iter().all(|line| line.chars().count() <= 160), "{name}");
        assert!(unread.lines >= unread.first.len() as u64, "{name}");
    }
    (session, refused)
}

fn check_words(name: &str, warnings: &[String]) {
    assert!(warnings.len() < 100 && warnings.iter().all(|words| words.len() > 5), "{name}: {warnings:?}");
}

/// A run of numbers that is the same each time (SplitMix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) as usize
    }

    fn below(&mut self, end: usize) -> usize {
        self.next() % end.max(1)
    }
}

/// How often a text is mangled: as often as its length allows, up to `most`.
fn times(text: &[u8], most: usize) -> usize {
    (BYTES_A_TEXT / text.len().max(1)).clamp(8, most)
}

#[test]
fn there_are_texts_of_many_formats_and_all_are_read() {
    let texts = texts();
    let formats = texts.iter().filter(|(name, text)| open(name, text).1.is_none()).count();
    assert!(formats > 10, "only {formats} of {} texts are read", texts.len());
}

#[test]
fn cut_at_any_line() {
    for (name, text) in texts() {
        let ends: Vec<usize> = (0..text.len()).filter(|&at| text[at] == b'\n').collect();
        let step = ends.len().div_ceil(times(&text, MOST_CUTS)).max(1);
        for (number, &end) in ends.iter().enumerate().step_by(step) {
            // At the end of a line, and within the next.
            let at = if number % 2 == 0 { end + 1 } else { (end + 7).min(text.len()) };
            open(&name, &text[..at]);
            if number % 8 == 0 {
                open(&name, &text[at..]);
            }
        }
    }
}

#[test]
fn bytes_flipped_and_lines_lost() {
    for (seed, (name, text)) in texts().into_iter().enumerate() {
        let mut chance = Chance(seed as u64);
        for _ in 0..times(&text, 60) {
            let mut bytes = text.clone();
            for _ in 0..1 + chance.below(40) {
                let at = chance.below(bytes.len());
                bytes[at] = match chance.below(4) {
                    0 => b"\0\xff\n \t-,.:[]{}@0"[chance.below(15)],
                    1 => bytes[at] ^ 1 << chance.below(8),
                    _ => b'9',
                };
            }
            open(&name, &bytes);
            let lines: Vec<&[u8]> = text.split_inclusive(|&c| c == b'\n').filter(|_| chance.below(8) > 0).collect();
            open(&name, &lines.concat());
        }
    }
}

#[test]
fn numbers_beyond_all_bounds() {
    for (name, text) in texts() {
        for with in [&b"18446744073709551616"[..], b"99999999999999999999999999999", b"-1", b"1,5", b"0", b"1e999"] {
            let mut out = Vec::with_capacity(text.len() * 2);
            let mut is_number = false;
            for &c in &text[..text.len().min(12 << 10)] {
                match (c.is_ascii_digit(), is_number) {
                    (true, false) => out.extend_from_slice(with),
                    (true, true) => {}
                    (false, _) => out.push(c),
                }
                is_number = c.is_ascii_digit();
            }
            let (session, _) = open(&name, &out);
            diagnose(&session, &Thresholds::default());
        }
    }
}

#[test]
fn torn_into_each_other() {
    let texts = texts();
    for (at, (name, text)) in texts.iter().enumerate() {
        let (other_name, other) = &texts[(at * 7 + 3) % texts.len()];
        let mut mixed = Vec::with_capacity(text.len() + other.len());
        let mut others = other.split_inclusive(|&c| c == b'\n');
        for line in text.split_inclusive(|&c| c == b'\n') {
            mixed.extend_from_slice(line);
            mixed.extend_from_slice(others.next().unwrap_or(b""));
        }
        let (session, _) = open(&format!("{name} + {other_name}"), &mixed);
        diagnose(&session, &Thresholds::default());
        // One after the other.
        let both = [text.as_slice(), b"\n", other].concat();
        open(&format!("{name}, {other_name}"), &both);
    }
}

/// What a text tells, as far as it can be compared: kinds of records and how many, rows of profiles, lines not understood.
fn told(session: &Session) -> Vec<(Vec<&'static str>, usize, u64)> {
    let rows = |source: &analysis::session::Source| session.profile(source.id).map_or(0, |profile| profile.len());
    let kinds = |source: &analysis::session::Source| source.records.iter().map(|record| record.kind()).collect();
    session.sources.iter().map(|source| (kinds(source), rows(source), source.unread.lines)).collect()
}

#[test]
fn other_line_ends_colours_and_encodings_tell_the_same() {
    for (name, text) in texts() {
        let Ok(plain) = std::str::from_utf8(&text) else { continue };
        let (whole, refused) = open(&name, &text);
        // JSON has no lines, and no colours.
        let is_lines = !plain.trim_start().starts_with(['{', '[']) && refused.is_none();
        let windows = plain.replace('\n', "\r\n");
        let coloured: String = plain.lines().map(|line| format!("\x1b[2m{line}\x1b[0m\n")).collect();
        let wide: Vec<u8> = std::iter::once(0xfeff).chain(plain.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        for (how, bytes) in [("CRLF", windows.into_bytes()), ("colours", coloured.into_bytes()), ("UTF-16", wide)] {
            let (session, _) = open(&format!("{name}, {how}"), &bytes);
            if is_lines && plain.ends_with('\n') {
                assert_eq!(told(&session), told(&whole), "{name}, {how}");
            }
        }
        let mut bad = text.clone();
        for at in (0..bad.len()).step_by(97) {
            bad.insert(at, 0xc3);
        }
        open(&name, &bad);
        open(&name, plain.replace('.', ",").as_bytes());
    }
}

/// What the system says that this process had in memory at most, in bytes; `None` where there is no such thing.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes << 10)
}

/// In every text a line that goes on and on, by its own last words: what stood before it is kept.
#[test]
fn a_line_that_goes_on_in_every_text() {
    const LONG: usize = 1 << 20;
    for (name, text) in texts() {
        // Long enough that every format has begun.
        let lines: Vec<&[u8]> = text.split_inclusive(|&c| c == b'\n').collect();
        let begun = lines[..lines.len().div_ceil(2)].concat();
        let line = begun.trim_ascii_end().rsplit(|&c| c == b'\n').next().unwrap_or(b"a");
        let words = &line[line.len().saturating_sub(24)..];
        let long: Vec<u8> = begun.trim_ascii_end().iter().chain(words.iter().cycle().take(LONG)).copied().collect();
        // The line before the long one is the last that can be whole.
        let whole = &begun[..begun.trim_ascii_end().len() - line.len()];
        let is_json = text.trim_ascii_start().starts_with(b"{") || text.trim_ascii_start().starts_with(b"[");
        let (read, refused) = open(&name, whole);
        let (session, now_refused) = open(&name, &long);
        if refused.is_none() && !is_json {
            assert_eq!(now_refused, None, "{name}");
            let kinds = |session: &Session| -> Vec<&'static str> {
                told(session).into_iter().flat_map(|(kinds, ..)| kinds).collect()
            };
            let (was, now) = (kinds(&read), kinds(&session));
            assert!(was.iter().all(|kind| now.contains(kind)), "{name}: {was:?} {now:?}");
        }
    }
}

/// A line without end, of each format's beginnings: it is cut, told, and costs its own size in memory and little more.
#[test]
fn a_line_without_end() {
    let long: usize = if cfg!(debug_assertions) { 20 << 20 } else { 200 << 20 };
    let before = peak();
    for (begin, fill) in [
        ("", "a"),
        ("gc 1 @", "9"),
        ("{\"memstats\":", "{\"a\":"),
        ("goroutine 1 [", "["),
        ("@bytes[", " f+1"),
        ("0-1000 rw-p 0 0:0 0 ", "/"),
        ("heap profile: 1: 1 [1: 1] @ heap/2\n1: 1 [1: 1] @ ", " 0x1"),
        ("a 1 [0] 1.0: kmem:kmalloc: call_site=f ptr=0x1 ", "bytes_req=9"),
    ] {
        let mut text = begin.as_bytes().to_vec();
        text.extend(fill.bytes().cycle().take(long));
        open(begin, &text);
    }
    if let (Some(before), Some(after)) = (before, peak()) {
        assert!(
            after - before < 6 * long as u64 + (64 << 20),
            "{} MB more for {} MB",
            (after - before) >> 20,
            long >> 20
        );
    }
}
