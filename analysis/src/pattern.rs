//! Regular expressions as pprof's users write them (Go's RE2 syntax).

use std::fmt;

use regex_lite::{Regex, RegexBuilder};

/// What a compiled expression may take. One typed by hand takes some kilobytes; repeats of repeats, as a link may hold,
/// megabytes.
const MOST_BYTES: usize = 1 << 20;

/// A compiled expression.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

/// Why an expression does not compile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// The expression as it was typed.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "“{}” is not a regular expression: {}.", self.pattern, self.reason.trim_end_matches('.'))
    }
}

impl std::error::Error for PatternError {}

impl Pattern {
    /// Compiles `pattern`.
    ///
    /// # Errors
    /// When it is not a regular expression of Go's syntax, or uses `\p{…}`, which is not supported.
    pub fn new(pattern: &str) -> Result<Self, PatternError> {
        RegexBuilder::new(&translated(pattern))
            .size_limit(MOST_BYTES)
            .build()
            .map(Self)
            .map_err(|error| PatternError { pattern: pattern.to_owned(), reason: error.to_string() })
    }

    /// Whether it matches anywhere in `text`.
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

/// Go's syntax in the words of `regex-lite`, which lacks only the quoting `\Q…\E`.
fn translated(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((before, quoted)) = rest.split_once("\\Q") {
        // An escaped backslash before the Q is no quote.
        if before.chars().rev().take_while(|&c| c == '\\').count() % 2 == 1 {
            out.push_str(before);
            out.push_str("\\Q");
            rest = quoted;
            continue;
        }
        out.push_str(before);
        let (literal, after) = quoted.split_once("\\E").unwrap_or((quoted, ""));
        out.push_str(&regex_lite::escape(literal));
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn reads_go_syntax() {
        assert!(Pattern::new(r"sync\.\(\*Pool\)").unwrap().is_match("sync.(*Pool).Get"));
        assert!(Pattern::new(r"^\Qsync.(*Pool)\E\.Get$").unwrap().is_match("sync.(*Pool).Get"));
        assert!(Pattern::new("(?i)POOL").unwrap().is_match("sync.(*Pool).Get"));
        assert!(!Pattern::new(r"\bé").unwrap().is_match("é"), "\\b is of ASCII words, as in RE2");
    }

    #[test]
    fn says_what_is_wrong() {
        let error = Pattern::new("main.(").unwrap_err().to_string();
        assert!(error.starts_with("“main.(” is not a regular expression: "), "{error}");
        assert!(Pattern::new("(main|runtime){1,200}").is_ok());
        assert!(Pattern::new("[^a-z]{51432}(x|y)").is_err(), "a thousand repeats are Go's limit too");
    }
}
