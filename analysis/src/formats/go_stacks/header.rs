//! The line above a goroutine's stack (runtime/traceback.go, `goroutineheader`).

use crate::formats::text::find;

/// What it says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Header<'a> {
    /// Where in the line it begins: a log puts words of its own before it.
    pub(super) at: usize,
    pub(super) number: u64,
    pub(super) state: &'a str,
    pub(super) wait_minutes: Option<u32>,
    pub(super) is_leaked: bool,
    pub(super) is_locked: bool,
}

impl<'a> Header<'a> {
    /// `goroutine N [STATE, M minutes, locked to thread]:`, perhaps with addresses before the bracket and labels after it.
    pub(super) fn of(line: &'a str) -> Option<Self> {
        let line = line.trim_end().strip_suffix(':')?;
        let at = find(line, "goroutine ")?;
        let rest = line.get(at + "goroutine ".len()..)?;
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, rest) = rest.split_at(digits);
        let number = number.parse().ok()?;
        let open = rest.find('[')?;
        let (before, rest) = (rest.get(..open)?, rest.get(open + 1..)?);
        let is_before_known = |word: &str| ["gp=", "m=", "mp="].iter().any(|start| word.starts_with(start));
        if !before.starts_with(' ') || !before.split_whitespace().all(is_before_known) {
            return None;
        }
        let (inside, labels) = rest.split_once(']')?;
        if !labels.is_empty() && !labels.starts_with(" {") {
            return None;
        }
        let mut parts = inside.split(", ");
        let state = parts.next()?;
        let mut header = Self { at, number, ..Self::default() };
        for part in parts {
            match part.strip_suffix(" minutes").or(part.strip_suffix(" minute")) {
                Some(minutes) => header.wait_minutes = minutes.parse().ok(),
                None => header.is_locked |= part == "locked to thread",
            }
        }
        // Marks of the moment, not of what is waited for.
        let state = state.trim_end_matches(" (scan)").trim_end_matches(" (durable)");
        header.is_leaked = state.ends_with(" (leaked)");
        header.state = state.trim_end_matches(" (leaked)");
        Some(header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read() {
        let of = |line| Header::of(line).map(|h| (h.number, h.state, h.wait_minutes, h.is_leaked, h.is_locked));
        assert_eq!(of("goroutine 7 [select]:"), Some((7, "select", None, false, false)));
        assert_eq!(
            of("goroutine 1 [chan receive (nil chan), 3 minutes, locked to thread]:"),
            Some((1, "chan receive (nil chan)", Some(3), false, true))
        );
        assert_eq!(of("goroutine 9 [chan receive (leaked)]:"), Some((9, "chan receive", None, true, false)));
        assert_eq!(
            of(r#"goroutine 27 gp=0x2969da9 m=nil [sync.Cond.Wait (leaked) (scan), 12 minutes] {route: "/a b"}:"#),
            Some((27, "sync.Cond.Wait", Some(12), true, false))
        );
        assert_eq!(of("x goroutine 3 [running, synctest bubble 1]:"), Some((3, "running", None, false, false)));
        for other in ["goroutine 7 [select]", "goroutine x [select]:", "goroutine 7 is [slow]:", "goroutine 7 [a] b:"] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
