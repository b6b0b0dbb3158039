//! `perf script` of the kernel's allocation events (`perf record -e kmem:kmalloc,kmem:kfree,…`; include/trace/events/kmem.h),
//! with call stacks or without; lines of ftrace's `trace_pipe`, which lack the group's name, are read too.

use super::ledger::{Ledger, Place};
use super::{address_of, function_of, is_allocator, location};
use crate::formats::text::{Found, Line, LineReader, find};
use crate::formats::warnings::Warnings;
use crate::model::{Label, LabelValue, LocationId, NanosDelta, Symbols};

/// Reads them.
#[derive(Default)]
pub(in crate::formats) struct Events {
    ledger: Ledger,
    event: Option<Event>,
    /// The stack of `event`, leaf first, with each function's name.
    frames: Vec<LocationId>,
    /// Between the two lines of `# ========`.
    is_header: bool,
    span: Option<(f64, f64)>,
    warnings: Warnings,
}

/// An event whose stack may still come.
struct Event {
    is_free: bool,
    place: Option<Place>,
    asked: i64,
    given: i64,
    cache: String,
    command: String,
    site: String,
    /// Where in the frames the call site's function is.
    site_at: Option<usize>,
    /// How many frames are the allocator's own.
    allocators: usize,
}

/// Sizes of pages are those of most machines.
const PAGE_BYTES: i64 = 4096;

/// A page of 2^20 pages is 4 GB: the kernel's largest is 2^10.
const MAX_ORDER: u64 = 20;

/// One allocation in so many may lie where memory was out.
const LOSSY: u64 = 10;

impl Events {
    fn flush(&mut self, symbols: &mut Symbols) {
        let Some(event) = self.event.take() else { return };
        let mut frames = std::mem::take(&mut self.frames);
        let Some(place) = event.place else {
            if !event.is_free {
                self.warnings.count("allocations failed, and count nothing", || format!("the first in {}", event.site));
            }
            return;
        };
        if event.is_free {
            self.ledger.free(place);
            return;
        }
        // What the allocator calls itself is no site.
        frames.drain(..event.site_at.unwrap_or(event.allocators).min(frames.len()));
        if frames.is_empty() {
            let address = if function_of(&event.site).is_empty() { address_of(&event.site).unwrap_or(0) } else { 0 };
            frames.push(location(symbols, address, &event.site, "[kernel]"));
        }
        let stack = symbols.stacks.intern(&frames);
        let text = |key: &str, text: &str, symbols: &mut Symbols| {
            let (key, text) = (symbols.strings.intern(key), symbols.strings.intern(text));
            Label { key, value: LabelValue::Text(text) }
        };
        let bytes = symbols.strings.intern("bytes");
        let mut labels = vec![Label { key: bytes, value: LabelValue::Number(event.asked, bytes) }];
        if !event.cache.is_empty() {
            labels.push(text("cache", &event.cache, symbols));
        }
        if !event.command.is_empty() {
            labels.push(text("command", &event.command, symbols));
        }
        self.ledger.allocate(place, event.given, stack, &labels);
        frames.clear();
        self.frames = frames;
    }

    /// One frame of the event's stack.
    fn frame(&mut self, text: &str, symbols: &mut Symbols) -> bool {
        let Some(event) = &mut self.event else { return false };
        if !text.starts_with([' ', '\t']) {
            return false;
        }
        let text = text.trim();
        let (address, rest) = text.split_once(' ').unwrap_or((text, ""));
        let Ok(address) = u64::from_str_radix(address, 16) else { return false };
        let rest = rest.trim();
        let (symbol, object) = match rest.rsplit_once(" (") {
            Some((symbol, object)) => (symbol, object.strip_suffix(')').unwrap_or(object)),
            None => (rest, ""),
        };
        let (name, at) = (function_of(symbol), self.frames.len());
        if event.site_at.is_none() && !name.is_empty() && name == function_of(&event.site) {
            event.site_at = Some(at);
        }
        if event.allocators == at && is_allocator(name) {
            event.allocators += 1;
        }
        self.frames.push(location(symbols, address, symbol, object));
        true
    }

    fn begin(&mut self, text: &str, symbols: &mut Symbols) -> bool {
        let Some((head, name, fields)) = split(text) else { return false };
        self.flush(symbols);
        let field = |name: &str| fields.split_whitespace().find_map(|f| f.strip_prefix(name)?.strip_prefix('='));
        let number =
            |name: &str| field(name).and_then(|text| text.parse::<i64>().ok()).filter(|&n| n >= 0).unwrap_or(0);
        let is_page = name.starts_with("mm_page");
        let pointer = field("ptr").and_then(|text| u64::from_str_radix(text.trim_start_matches("0x"), 16).ok());
        let place = if is_page {
            let pfn = field("pfn").and_then(|text| match text.strip_prefix("0x") {
                Some(digits) => u64::from_str_radix(digits, 16).ok(),
                None => text.parse().ok(),
            });
            pfn.map(Place::Page)
        } else {
            pointer.filter(|&at| at != 0).map(Place::Object)
        };
        let order = u64::try_from(number("order")).unwrap_or(0).min(MAX_ORDER);
        let pages = PAGE_BYTES << order;
        let (asked, given) = if is_page { (pages, pages) } else { (number("bytes_req"), number("bytes_alloc")) };
        let (command, time) = command_and_time(head);
        if let Some(time) = time {
            let (first, last) = self.span.unwrap_or((time, time));
            self.span = Some((first.min(time), last.max(time)));
        }
        self.event = Some(Event {
            is_free: matches!(name, "kfree" | "kmem_cache_free" | "mm_page_free" | "mm_page_free_batched"),
            place,
            asked,
            given: given.max(asked),
            cache: field("name").unwrap_or("").to_owned(),
            command: command.to_owned(),
            site: field("call_site").unwrap_or("").to_owned(),
            site_at: None,
            allocators: 0,
        });
        true
    }
}

impl LineReader for Events {
    fn read(&mut self, line: &Line<'_>, symbols: &mut Symbols) -> bool {
        let text = line.text.as_ref();
        if text.starts_with("# ====") {
            self.is_header = !self.is_header;
            return true;
        }
        if self.is_header && text.starts_with('#') {
            return true;
        }
        if self.begin(text, symbols) || self.frame(text, symbols) {
            return true;
        }
        let is_after = self.event.is_some();
        if is_after || self.ledger.allocations > 0 {
            self.flush(symbols);
            if text.contains("PERF_RECORD_LOST") || (text.starts_with("CPU:") && text.contains("[LOST ")) {
                self.warnings.count("notes of lost events: what is out may be less, or more", || {
                    format!("the first in line {}", line.number)
                });
                return true;
            }
        }
        // The blank line that ends a stack.
        is_after && text.trim().is_empty()
    }

    fn finish(mut self: Box<Self>, symbols: &mut Symbols) -> Found {
        self.flush(symbols);
        let (unknown, replaced) = (self.ledger.unknown_frees, self.ledger.replaced);
        let mut warnings = self.warnings;
        // A record of one process lacks what others free for it; more than that is lost.
        let is_lossy = replaced.saturating_mul(LOSSY) > self.ledger.allocations;
        let words =
            format!("{replaced} allocations lie where memory was still out: others freed it, or events were lost");
        if is_lossy {
            warnings
                .once(format!("{words}. Record all of kmalloc, kfree, kmem_cache_alloc and kmem_cache_free, with -a."));
        }
        let mut found = Found { warnings: warnings.into_words(), ..Found::default() };
        if self.ledger.allocations > 0 {
            let mut profile = self.ledger.into_profile(symbols);
            profile.duration = self.span.map(|(first, last)| NanosDelta::from_nanos(((last - first) * 1e9) as i64));
            let frees = format!("{unknown} frees of memory that was allocated before the record began");
            for (count, note) in [(unknown, frees), (if is_lossy { 0 } else { replaced }, words)] {
                if count > 0 {
                    profile.comments.push(symbols.strings.intern(&note));
                }
            }
            found.profiles.push(profile);
        } else if unknown > 0 {
            found
                .warnings
                .push("It has frees and no allocation: record kmem:kmalloc and kmem:kmem_cache_alloc too.".to_owned());
        }
        found
    }
}

/// Names of the events that are read.
const NAMES: [&str; 9] = [
    "kmalloc",
    "kmalloc_node",
    "kfree",
    "kmem_cache_alloc",
    "kmem_cache_alloc_node",
    "kmem_cache_free",
    "mm_page_alloc",
    "mm_page_free",
    "mm_page_free_batched",
];

/// What stands before the event, its name, and its fields.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    let at = find(text, "call_site=").or_else(|| find(text, "page=").filter(|_| text.contains("pfn=")))?;
    let (before, fields) = text.split_at_checked(at)?;
    let before = before.trim_end().strip_suffix(':')?;
    let (head, name) = before.rsplit_once(char::is_whitespace)?;
    let name = name.strip_prefix("kmem:").unwrap_or(name);
    let name = NAMES.into_iter().find(|known| *known == name)?;
    Some((head.trim_end(), name, fields))
}

/// `perf 12707 [000] 30137.357492:`, `nginx 1/7 30137.3:`, `bash-1234 [001] d..3. 123.45:`: the command, and the time in
/// seconds.
fn command_and_time(head: &str) -> (&str, Option<f64>) {
    // A period may stand behind the time.
    let at = head.rfind(':').unwrap_or(head.len());
    let before = head.get(..at).unwrap_or(head);
    let (before, time) = before.rsplit_once(char::is_whitespace).unwrap_or(("", before));
    let time = time.parse::<f64>().ok().filter(|time| time.is_finite() && *time >= 0.0 && *time < 1e9);
    let mut command = before.trim();
    while let Some((rest, word)) = command.rsplit_once(char::is_whitespace) {
        let is_number = |c: char| c.is_ascii_digit() || matches!(c, '/' | '[' | ']');
        let is_flags = word.len() <= 6 && word.starts_with(['d', '.']) && word.contains('.');
        if !word.chars().all(is_number) && !is_flags {
            break;
        }
        command = rest.trim_end();
    }
    (command, time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_of_every_tool() {
        assert_eq!(command_and_time("perf 12707 [000] 30137.357492:"), ("perf", Some(30137.357492)));
        assert_eq!(command_and_time("  perf 12707/12707 30137.5:"), ("perf", Some(30137.5)));
        assert_eq!(command_and_time("Web Content  8 [001] 3.5:   1"), ("Web Content", Some(3.5)));
        assert_eq!(command_and_time("kworker/0:1-ev 7 [001] 3.5:"), ("kworker/0:1-ev", Some(3.5)));
        assert_eq!(command_and_time(" bash-1234    [001] d..3.   123.45:"), ("bash-1234", Some(123.45)));
        assert_eq!(command_and_time(""), ("", None));
    }

    #[test]
    fn names_without_what_is_not_theirs() {
        assert_eq!(function_of("sched_setaffinity+0x10c"), "sched_setaffinity");
        assert_eq!(function_of("ffffffff811e0b9d"), "");
        assert_eq!(function_of("[unknown]"), "");
        assert_eq!(function_of("std::operator+"), "std::operator+");
        assert_eq!(split("a 1 [0] 2.0: sched:sched_switch: call_site=x"), None);
        let text = "a 1 [000] 2.0: kmem:kfree: call_site=f+0x1 ptr=0x1";
        assert_eq!(split(text), Some(("a 1 [000] 2.0:", "kfree", "call_site=f+0x1 ptr=0x1")));
    }
}
