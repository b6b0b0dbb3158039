//! Lines that others wrote into. A goroutine that logs while the runtime prints may put its own text anywhere between two
//! pieces of a cycle, more than once: the rest of the cycle then stands later in the same line, or in one of the next.

use super::cycle;
use super::scan::Cut;
use crate::model::record::GcCycle;

/// Lines within which the rest of a cycle is looked for: one writer seldom puts more between two pieces.
const WITHIN_LINES: u64 = 8;
/// Places of a line that are tried: lines of a program's log are shorter.
const TRIED: usize = 1024;
/// Pieces that must fit for a text to be more of a cycle and no accident: a number alone fits in many places.
const PIECES: usize = 3;
/// No cycle's line is longer.
const LONGEST: usize = 400;

/// A cycle that has begun and not ended.
pub(super) struct Torn {
    /// What is of it, up to each place where it may have been cut, the latest first.
    heads: Vec<String>,
    since_line: u64,
}

impl Torn {
    /// Of the text that begins with the cycle.
    pub(super) fn new(text: &str, cut: &Cut, line: u64) -> Self {
        let heads =
            cut.ends.iter().rev().take(Cut::KEPT).filter_map(|&end| text.get(..end)).map(str::to_owned).collect();
        Self { heads, since_line: line }
    }

    /// Whether its rest may still come.
    pub(super) fn is_open(&self, line: u64) -> bool {
        line <= self.since_line + WITHIN_LINES
    }

    /// Looks for more of it in `text`, which holds no whole cycle: the cycle, once all of it is there.
    pub(super) fn read(&mut self, mut text: &str) -> Option<GcCycle> {
        loop {
            let fits = self.fits(text)?;
            if let Ok(cycle) = fits.result {
                return Some(cycle);
            }
            self.heads = fits.heads;
            text = text.get(fits.end..)?;
        }
    }

    /// The place from which most of `text` fits.
    fn fits(&self, text: &str) -> Option<Fit> {
        let starts = text.char_indices().map(|(at, _)| at).take(TRIED);
        let rests = starts.filter_map(|at| Some((at, text.get(at..)?)));
        let fits = rests.flat_map(|(at, rest)| self.heads.iter().filter_map(move |head| fit(head, at, rest)));
        // Of equals the first: the rest of a cycle stands as soon as it can.
        fits.reduce(|best, fit| if fit.pieces > best.pieces { fit } else { best })
    }
}

struct Fit {
    result: Result<GcCycle, ()>,
    pieces: usize,
    /// Where in the text it ends that fits.
    end: usize,
    heads: Vec<String>,
}

fn fit(head: &str, at: usize, rest: &str) -> Option<Fit> {
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit() || c == '.');
    // A number is written whole.
    if is_digit(head.chars().next_back()) && is_digit(rest.chars().next()) {
        return None;
    }
    let rest: String = rest.chars().take(LONGEST).collect();
    let text = format!("{head}{rest}");
    match cycle::read(&text) {
        Ok((cycle, end)) if end > head.len() => {
            Some(Fit { result: Ok(cycle), pieces: usize::MAX, end: at + end - head.len(), heads: Vec::new() })
        }
        Ok(_) => None,
        Err(cut) => {
            let pieces = cut.ends.iter().filter(|&&end| end > head.len()).count();
            let end = *cut.ends.last().filter(|_| pieces >= PIECES)?;
            // A number at the very end may be another's: the cut may be before it.
            let heads = cut.ends.iter().rev().take(pieces).filter_map(|&end| text.get(..end)).map(str::to_owned);
            Some(Fit { result: Err(()), pieces, end: at + end - head.len(), heads: heads.take(Cut::KEPT).collect() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn torn(first: &str) -> Torn {
        match cycle::read(first) {
            Ok(_) => Torn { heads: Vec::new(), since_line: 0 },
            Err(cut) => Torn::new(first, &cut, 1),
        }
    }

    #[test]
    fn what_others_wrote_between_is_left_out() {
        let mut begun = torn("gc 25 @0.128s 1%: 0.017+0.15+0.039 ms clock, 0.034+");
        assert!(begun.read("order 17 of 12.5 ms done").is_none());
        let rest = "0.026/0.016/0.017+order 0.078 ms cpu, 2->3->0 MB, 4 MB goal, 0 MB stacks, 0order  MB globals, 2 P";
        let cycle = begun.read(rest).unwrap_or_default();
        assert_eq!((cycle.number, cycle.heap_goal, cycle.procs), (25, Some(4 << 20), Some(2)));
        assert_eq!(cycle.cpu.map(|cpu| (cpu.assist_nanos, cpu.end_pause_nanos)), Some((26_000, 78_000)));
        // A number of the others before the own one.
        let mut begun = torn("gc 5 @0.1s 1%: 0.085+1.7+2026/11/23 10:00:00 done");
        let cycle = begun
            .read("0.003 ms clock, 0.17+0/0.16/3.2+0.006 ms cpu, 67->67->5 MB, 92 MB goal, 2 P")
            .unwrap_or_default();
        assert_eq!((cycle.number, cycle.end_pause_nanos), (5, 3_000));
        assert!(begun.is_open(9) && !begun.is_open(10));
    }

    #[test]
    fn nothing_is_made_up() {
        let mut begun = torn("gc 5 @0.1s 1%: 0.085+1.7+");
        for text in ["", "2 P", "12 ms clock", "0.003 ms cpu, 4->4->0 MB, 2 P", "\u{fffd}4 MB goal, 8 P"] {
            assert!(begun.read(text).is_none(), "{text}");
        }
    }
}
