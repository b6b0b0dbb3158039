//! Unified logs (JEP 158, JEP 271): decorations in brackets, then `GC(7) ` and what happened, with sizes and its length at
//! the end of the line that ends it.

use super::gather::{Gather, When, is_forced};
use super::sizes;
use crate::formats::memstats::wall_time;
use crate::model::Symbols;

/// Takes a line, or says that it is none of such a log.
pub(super) fn read(text: &str, gather: &mut Gather, symbols: &mut Symbols) -> bool {
    let (head, message) = decorations(text);
    if let Some(number) = message.strip_prefix("GC(") {
        if !head.is_gc && head.count == 0 && !number.contains(") Pause") {
            return false;
        }
        let Some((number, message)) = number.split_once(") ") else {
            gather.torn += 1;
            return true;
        };
        match number.parse() {
            Ok(number) => event(number, message.trim(), &head, gather, symbols),
            Err(_) => gather.torn += 1,
        }
        return true;
    }
    if !head.is_gc {
        return false;
    }
    if let Some(name) = message.strip_prefix("Using ") {
        let name = if name.contains("Z Garbage") { "ZGC" } else { name.trim() };
        gather.collector(name);
    } else if message.starts_with("Allocation Stall (") || message.starts_with("Relocation Stall (") {
        stall(message, &head, gather, symbols);
    }
    true
}

/// What stands in brackets before a message.
#[derive(Default)]
struct Head {
    when: When,
    /// Its tags say `gc`.
    is_gc: bool,
    count: usize,
}

/// Decorations, and the message after them.
fn decorations(text: &str) -> (Head, &str) {
    let (mut head, mut rest) = (Head::default(), text.trim_start());
    // The program's own log may stand before.
    while let Some((inside, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let inside = inside.trim();
        let number =
            |unit: &str| inside.strip_suffix(unit).and_then(|number| number.replace(',', ".").parse::<f64>().ok());
        // Times before 1990 are since the machine began.
        if let Some(nanos) = number("ns") {
            put(&mut head.when, nanos);
        } else if let Some(millis) = number("ms") {
            put(&mut head.when, millis * 1e6);
        } else if let Some(seconds) = number("s") {
            put(&mut head.when, seconds * 1e9);
        } else if inside.len() > 10 && inside.contains(':') {
            head.when.unix = wall_time(inside).map(crate::model::Nanos::unix_nanos).or(head.when.unix);
        } else if inside.split(',').any(|tag| tag.trim() == "gc") {
            head.is_gc = true;
        } else if inside.is_empty() || inside.len() > 60 {
            break;
        }
        head.count += 1;
        rest = after;
    }
    (head, rest.trim_start())
}

fn put(when: &mut When, nanos: f64) {
    const YEAR_1990: f64 = 631_152_000e9;
    let slot = if nanos < YEAR_1990 { &mut when.uptime } else { &mut when.unix };
    *slot = Some(nanos as i64);
}

/// A line of one collection. Only those that end something have a length or sizes.
fn event(number: u64, message: &str, head: &Head, gather: &mut Gather, symbols: &mut Symbols) {
    // Generations of ZGC: old, young, young within a collection of both.
    let message = ["Y: ", "y: ", "O: "].into_iter().find_map(|mark| message.strip_prefix(mark)).unwrap_or(message);
    let at = gather.time(head.when);
    if let Some(times) = message.strip_prefix("User=") {
        let seconds = |text: &str| text.split('s').next().and_then(|number| number.parse::<f64>().ok()).unwrap_or(0.0);
        let system = times.split_once("Sys=").map_or(0.0, |(_, rest)| seconds(rest));
        let row = gather.cycle(number, at, "", symbols);
        gather.cpu(row, ((seconds(times) + system) * 1e9) as i64);
        return;
    }
    let is_pause = message.starts_with("Pause ");
    let is_whole = [
        "Garbage Collection",
        "Minor Collection",
        "Major Collection",
        "Concurrent Mark Cycle",
        "Concurrent Undo Cycle",
    ]
    .into_iter()
    .any(|name| message.starts_with(name));
    let is_concurrent = message.starts_with("Concurrent ");
    if !is_pause && !is_whole && !is_concurrent {
        return;
    }
    let words: Vec<&str> = message.split_ascii_whitespace().collect();
    let length = words.last().and_then(|word| sizes::nanos(word));
    let change = words.iter().find_map(|word| sizes::change(word));
    let name: Vec<&str> =
        words.iter().copied().filter(|word| sizes::nanos(word).is_none() && !word.contains("->")).collect();
    let name = name.join(" ");
    let begin = at.saturating_sub(length.unwrap_or(0));
    let row = gather.cycle(number, begin, &name, symbols);
    if let (true, Some(length)) = (is_pause, length) {
        gather.pause(row, at, length, &name, symbols);
    }
    if is_whole {
        gather.row(row, |cycle| {
            cycle.cause = symbols.strings.intern(&name);
            let whole = at.saturating_sub(cycle.begin_nanos).saturating_sub(cycle.pause_nanos());
            cycle.concurrent_nanos = cycle.concurrent_nanos.max(whole);
            if name.starts_with("Minor") {
                cycle.scope = crate::model::record::GcScope::Young;
            }
        });
    } else if is_concurrent && length.is_some() {
        gather.row(row, |cycle| {
            let whole = at.saturating_sub(cycle.begin_nanos).saturating_sub(cycle.pause_nanos());
            cycle.concurrent_nanos = cycle.concurrent_nanos.max(whole);
        });
    }
    if name.starts_with("Pause Full") || name.contains("(Degenerated") || name.starts_with("Pause Degenerated") {
        gather.row(row, |cycle| {
            cycle.scope = crate::model::record::GcScope::Full;
            cycle.cause = symbols.strings.intern(&name);
        });
    }
    if let Some(change) = change {
        gather.heap(row, change);
    }
    if is_forced(&name) {
        gather.row(row, |cycle| cycle.is_forced = true);
    }
}

/// One thread waited for memory.
fn stall(message: &str, head: &Head, gather: &mut Gather, symbols: &mut Symbols) {
    let at = gather.time(head.when);
    let Some((name, length)) = message.rsplit_once(' ') else { return };
    let Some(nanos) = sizes::nanos(length) else { return };
    let what = symbols.strings.intern(name);
    let pause = crate::model::record::GcPause { begin_nanos: at.saturating_sub(nanos), nanos, cycle: None, what };
    gather.log().stalls.push(pause);
}
