//! Logs of JDK 8 and before (`-XX:+PrintGC`, `-XX:+PrintGCDetails`, with `-XX:+PrintGCTimeStamps` or `PrintGCDateStamps`):
//!
//! ```text
//! 2015-05-26T14:45:37.987-0200: 151.126: [GC (Allocation Failure) 151.126: [DefNew: 629119K->69888K(629120K), 0.0584157 secs] 1619346K->1273247K(2027264K), 0.0585007 secs] [Times: user=0.06 sys=0.00, real=0.06 secs]
//! ```
//!
//! G1 tells the heap on a later line, ` [Eden: 24.0M(24.0M)->0.0B(13.0M) … Heap: 24.0M(256.0M)->2800.0K(256.0M)]`.

use super::gather::{Gather, When, is_forced};
use super::sizes;
use crate::formats::memstats::wall_time;
use crate::formats::text::find;
use crate::model::Symbols;

/// An event that goes on over lines.
#[derive(Default)]
pub(super) struct Open {
    /// Its row, once it has begun; details come on lines that begin with a space.
    row: Option<usize>,
    /// Events so far: such logs have no numbers.
    events: u64,
}

/// Takes a line, or says that it is none of such a log.
pub(super) fn read(text: &str, open: &mut Open, gather: &mut Gather, symbols: &mut Symbols) -> bool {
    if let Some(row) = open.row.filter(|_| text.starts_with("   ") || text.starts_with(" [")) {
        return detail(text.trim(), row, gather);
    }
    let begin = ["[GC ", "[Full GC ", "[GC(", "[Full GC("].into_iter().filter_map(|mark| find(text, mark)).min();
    let Some(begin) = begin else {
        // Notes of a concurrent mark of CMS, and pauses for other reasons.
        let notes = ["[CMS-concurrent-", "Total time for which application threads were stopped"];
        return notes.into_iter().any(|words| find(text, words).is_some());
    };
    let (before, event) = text.split_at_checked(begin).unwrap_or(("", text));
    let when = stamps(before);
    let has_stamp = when.uptime.is_some() || when.unix.is_some();
    let own = own_words(event);
    // A word in brackets, such as a goroutine's state.
    if !has_stamp && own.as_ref().is_none_or(|(own, _)| length(own).is_none()) {
        return false;
    }
    let Some((own, rest)) = own else {
        gather.torn += 1;
        return true;
    };
    if own.contains("concurrent-") {
        return true;
    }
    let Some(nanos) = length(&own) else {
        gather.torn += 1;
        return true;
    };
    let name = name(&own);
    let at = gather.time(when);
    let row = gather.cycle(open.events, at, &name, symbols);
    open.events += 1;
    open.row = Some(row);
    gather.pause(row, at.saturating_add(nanos), nanos, &name, symbols);
    let mut changes = own.split([' ', ',']).filter_map(sizes::change);
    if let Some(change) = changes.next_back() {
        gather.heap(row, change);
    }
    if is_forced(&name) {
        gather.row(row, |cycle| cycle.is_forced = true);
    }
    if rest.contains("[Times:") {
        detail(rest.trim(), row, gather);
    }
    true
}

/// Lines below an event of G1.
fn detail(text: &str, row: usize, gather: &mut Gather) -> bool {
    if let Some((_, heap)) = text.split_once("Heap: ") {
        if let Some(change) = heap.split([' ', ']']).find_map(sizes::change) {
            gather.heap(row, change);
        }
    } else if let Some((_, times)) = text.split_once("[Times: user=") {
        let seconds =
            |text: &str| text.split([' ', ',']).next().and_then(|number| number.parse::<f64>().ok()).unwrap_or(0.0);
        let system = times.split_once("sys=").map_or(0.0, |(_, rest)| seconds(rest));
        gather.cpu(row, ((seconds(times) + system) * 1e9) as i64);
    }
    text.starts_with('[')
}

/// Times before an event: of the wall clock, since the machine began, or both.
fn stamps(text: &str) -> When {
    let mut when = When::default();
    for word in text.split_ascii_whitespace().filter_map(|word| word.strip_suffix(':')) {
        match word.replace(',', ".").parse::<f64>() {
            Ok(seconds) if seconds >= 0.0 => when.uptime = Some((seconds * 1e9) as i64),
            _ => when.unix = wall_time(word).map(crate::model::Nanos::unix_nanos).or(when.unix),
        }
    }
    when
}

/// What an event says itself, without what stands in brackets within it, and what follows it. `None` if it does not end.
fn own_words(event: &str) -> Option<(String, &str)> {
    let mut depth = 0u32;
    let mut own = String::new();
    for (at, c) in event.char_indices() {
        match c {
            '[' => depth += 1,
            ']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some((own, event.get(at + 1..).unwrap_or("")));
                }
            }
            c if depth == 1 => own.push(c),
            _ => {}
        }
    }
    None
}

/// `…, 0.0585007 secs`, in nanoseconds.
fn length(own: &str) -> Option<i64> {
    let (before, _) = own.rsplit_once(" secs")?;
    let seconds = before.rsplit([' ', ',']).next()?;
    let seconds: f64 = match before.rsplit_once(", ").map(|(_, last)| last) {
        Some(last) => last.replace(',', ".").parse().ok()?,
        None => seconds.parse().ok()?,
    };
    (seconds >= 0.0).then_some((seconds * 1e9).round() as i64)
}

/// `GC (Allocation Failure)`, without times and sizes.
fn name(own: &str) -> String {
    let words = own.split_ascii_whitespace().take_while(|word| {
        let is_time = word.trim_end_matches(':').replace(',', ".").parse::<f64>().is_ok();
        !is_time && !word.contains("->") && !word.ends_with("K)")
    });
    let words: Vec<&str> = words.collect();
    words.join(" ").trim_end_matches(',').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_what_stands_outside_of_inner_brackets() {
        let event = "[GC (Allocation Failure) 151.126: [DefNew: 629119K->69888K(629120K), 0.0584157 secs] 1619346K->1273247K(2027264K), 0.0585007 secs] [Times: user=0.06";
        let (own, rest) = own_words(event).unwrap_or_default();
        assert_eq!(
            (name(&own).as_str(), length(&own), rest),
            ("GC (Allocation Failure)", Some(58_500_700), " [Times: user=0.06")
        );
        assert!(own_words("[GC (Allocation [x").is_none() && length("GC 12K").is_none());
        let when = stamps("2015-05-26T14:45:37.987-0200: 151.126: ");
        assert_eq!((when.uptime, when.unix), (Some(151_126_000_000), Some(1_432_658_737_987_000_000)));
    }
}
