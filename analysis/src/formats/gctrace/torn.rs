//! Lines that others wrote into. A goroutine that logs while the runtime prints may put its own line anywhere between two
//! pieces of a cycle: the rest of the cycle then stands later in the same line, or in one of the next.

use super::cycle;
use super::scan::Cut;
use crate::model::record::GcCycle;

/// Lines within which the rest of a cycle is looked for: one writer seldom puts more between two pieces.
const WITHIN_LINES: u64 = 8;
/// Rests of a line that are tried: longer lines are no log lines of a program.
const TRIED_CHARS: usize = 2048;

/// A cycle that has begun and not ended.
pub(super) struct Torn {
    /// What is surely of it, by where it may have been cut, the latest first.
    heads: Vec<String>,
    since_line: u64,
}

impl Torn {
    /// Of the text that begins with the cycle.
    pub(super) fn new(text: &str, cut: &Cut, line: u64) -> Self {
        let heads = cut.ends.iter().filter_map(|&end| text.get(..end)).map(str::to_owned).collect();
        Self { heads, since_line: line }
    }

    /// Whether its rest may still come.
    pub(super) fn is_open(&self, line: u64) -> bool {
        line <= self.since_line + WITHIN_LINES
    }

    /// The cycle, if its rest is somewhere in `text`.
    pub(super) fn complete(&self, text: &str) -> Option<GcCycle> {
        // The end of every cycle.
        if !text.contains(" P") {
            return None;
        }
        let starts = text.char_indices().map(|(at, _)| at).take(TRIED_CHARS);
        starts.filter_map(|at| text.get(at..)).find_map(|rest| self.heads.iter().find_map(|head| join(head, rest)))
    }
}

fn join(head: &str, rest: &str) -> Option<GcCycle> {
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit() || c == '.');
    // A number is written whole.
    if is_digit(head.chars().next_back()) && is_digit(rest.chars().next()) {
        return None;
    }
    // Most places do not fit by their first character: no text is made for them.
    let next = rest.get(..rest.len().min(200)).unwrap_or(rest);
    let text = format!("{head}{next}");
    let (cycle, end) = cycle::read(&text).ok()?;
    (end > head.len()).then_some(cycle)
}
