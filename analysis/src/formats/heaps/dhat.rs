//! DHAT's profile, by Valgrind or by the crate of that name (valgrind/dhat/dh_main.c, "dhatFileVersion":2): for each stack
//! what it allocated in all, at the heap's peak, and what was left at the end. Nothing is sampled.

use std::ops::ControlFlow;

use serde::Deserialize;

use super::{Amount, Columns, Heap};
use crate::formats::error::{ErrorKind, ParseError};
use crate::formats::named_stack::hex;
use crate::formats::text::{Frame, file_and_line};
use crate::formats::{Body, Parsed, Progress};
use crate::model::{Location, LocationId, Mapping, ProfileKind, Symbols};

/// Beside Go's: what lay there when most did.
const COLUMNS: &Columns = &[
    ("alloc_objects", "count"),
    ("alloc_space", "bytes"),
    ("inuse_objects", "count"),
    ("inuse_space", "bytes"),
    ("peak_objects", "count"),
    ("peak_space", "bytes"),
];

/// As it lies in the file. Numbers are read as floating point: one that is too large for memory is no reason to stop.
#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "dhatFileVersion")]
    version: f64,
    mode: String,
    /// Whether it tells when blocks ended.
    #[serde(default)]
    bklt: bool,
    #[serde(default)]
    cmd: String,
    pps: Vec<Point>,
    ftbl: Vec<String>,
}

/// A program point.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Point {
    tb: f64,
    tbk: f64,
    eb: f64,
    ebk: f64,
    gb: f64,
    gbk: f64,
    /// The stack, leaf first, as places in `ftbl`.
    fs: Vec<usize>,
}

/// Whether it begins as DHAT's files do.
pub(in crate::formats) fn looks_like(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(512)).unwrap_or(bytes);
    head.trim_ascii_start().starts_with(b"{") && head.windows(17).any(|part| part == b"\"dhatFileVersion\"")
}

/// Reads it whole: the names stand at its end.
///
/// # Errors
/// When it is cut or damaged, of another version, or counts something else than memory.
pub(in crate::formats) fn parse(
    bytes: &[u8],
    symbols: &mut Symbols,
    _: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Parsed, ParseError> {
    let damaged = |error: serde_json::Error| {
        ParseError::new(
            ErrorKind::Damaged,
            None,
            format!(
                "This is a DHAT profile that cannot be read: {error}. The names of its functions stand at its end, so a file \
                 that was cut says nothing. Let the program end by itself, and copy the file whole."
            ),
        )
    };
    let wire: Wire = serde_json::from_slice(bytes).map_err(damaged)?;
    let refused = |words: String| ParseError::new(ErrorKind::NotReadable, Some(0), words);
    if wire.version != 2.0 {
        return Err(refused(format!("This is a DHAT profile of version {}, and version 2 is read.", wire.version)));
    }
    if !wire.bklt {
        return Err(refused(format!(
            "This DHAT profile is of mode “{}”, which counts events and not memory. Take one of the heap: valgrind \
             --tool=dhat ./program",
            wire.mode
        )));
    }
    let frames: Vec<Named<'_>> = wire.ftbl.iter().map(|text| Named::of(text, symbols)).collect();
    let mut heap = Heap::new(ProfileKind::Dhat, COLUMNS, 1, symbols);
    if !wire.cmd.is_empty() {
        heap.profile.comments.push(symbols.strings.intern(&wire.cmd));
    }
    let mut dangling = 0_u64;
    for point in &wire.pps {
        let named = point.fs.iter().filter_map(|&at| {
            let frame = frames.get(at);
            dangling += u64::from(frame.is_none());
            frame
        });
        let named: Vec<&Named<'_>> = named.filter(|frame| frame.text != "[root]").collect();
        let allocator = named.iter().take_while(|frame| is_allocator(frame.function)).count();
        let from = allocator.min(named.len().saturating_sub(1));
        let stack: Vec<LocationId> = named.get(from..).unwrap_or(&[]).iter().map(|frame| frame.location).collect();
        let amount = |objects: f64, bytes: f64| Amount { objects: objects as i64, bytes: bytes as i64 };
        let amounts = [amount(point.tbk, point.tb), amount(point.ebk, point.eb), amount(point.gbk, point.gb)];
        let size = if point.tbk > 0.0 { (point.tb / point.tbk) as i64 } else { 0 };
        heap.push(symbols.stacks.intern(&stack), &amounts, size);
    }
    let warnings = (dangling > 0)
        .then(|| format!("{dangling} frames of stacks point past the table of names; they are left out."))
        .into_iter()
        .collect();
    Ok(Parsed { body: Body::Profile(Box::new(heap.profile)), warnings, ..Parsed::default() })
}

/// A frame of the table.
struct Named<'a> {
    text: &'a str,
    function: &'a str,
    location: LocationId,
}

impl<'a> Named<'a> {
    /// `0x109199: new_session (leak.c:6)`, `0x48417B4: malloc (in /usr/lib/x.so)`, `0x…: f (src/a.rs:12:34)`.
    fn of(text: &'a str, symbols: &mut Symbols) -> Self {
        let (address, rest) =
            text.split_once(": ").and_then(|(address, rest)| Some((hex(address)?, rest))).unwrap_or((0, text));
        let (function, place) = rest.strip_suffix(')').and_then(|rest| rest.rsplit_once(" (")).unwrap_or((rest, ""));
        let object = place.strip_prefix("in ");
        let (file, line) = match file_and_line(place) {
            _ if object.is_some() => ("", 0),
            // With a column, which Rust tells.
            Some((before, last)) => file_and_line(before).unwrap_or((before, last)),
            None => (place, 0),
        };
        let mapping = object.map(|object| {
            let (file, build_id) = (symbols.strings.intern(object), symbols.strings.empty());
            symbols.mappings.intern(Mapping { start: 0, limit: 0, offset: 0, file, build_id })
        });
        let line = Frame { function, file, line, address }.line(symbols);
        let location = symbols.locations.intern(Location { mapping, address, lines: &[line] });
        Self { text, function, location }
    }
}

/// Whether it hands memory out for whoever calls it (valgrind/coregrind/m_replacemalloc/vg_replace_malloc.c; the Rust
/// compiler's shims).
fn is_allocator(function: &str) -> bool {
    const NAMES: [&str; 14] = [
        "malloc",
        "calloc",
        "realloc",
        "reallocarray",
        "memalign",
        "aligned_alloc",
        "posix_memalign",
        "valloc",
        "strdup",
        "__rust_alloc",
        "__rust_alloc_zeroed",
        "__rust_realloc",
        "__rdl_alloc",
        "__rdl_realloc",
    ];
    NAMES.contains(&function) || function.starts_with("operator new") || function.starts_with("_Znw")
}
