//! `drop_frames` and `keep_frames`: the file asks to hide some functions with all that they call, such as the
//! allocator's own frames. pprof does it on loading, and so do we.

use rustc_hash::FxHashMap;

use crate::model::{Line, LocationId, StringId, Symbols};
use crate::pattern::{Pattern, PatternError};

/// Names that hold a parenthesis which opens no argument list.
const RESERVED: [&str; 2] = ["(anonymous namespace)", "operator()"];

/// The rule of one file.
pub(super) struct Pruner {
    drop: Pattern,
    keep: Option<Pattern>,
    verdicts: FxHashMap<StringId, bool>,
}

/// What is done with the stacks that go through a location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// Nothing.
    None,
    /// The location and all it calls go.
    Whole,
    /// What it calls goes, and the inlined lines that matched have gone from it.
    Beneath,
}

impl Pruner {
    pub(super) fn new(drop: &str, keep: &str) -> Result<Self, PatternError> {
        let anchored = |pattern: &str| Pattern::new(&format!("^({pattern})$"));
        let keep = if keep.is_empty() { None } else { Some(anchored(keep)?) };
        Ok(Self { drop: anchored(drop)?, keep, verdicts: FxHashMap::default() })
    }

    /// Cuts matching inlined lines off the front of `lines`.
    pub(super) fn cut(&mut self, lines: &mut Vec<Line>, symbols: &Symbols) -> Cut {
        let Some(at) = lines.iter().rposition(|line| self.drops(line, symbols)) else { return Cut::None };
        if at + 1 == lines.len() {
            return Cut::Whole;
        }
        lines.drain(..=at);
        Cut::Beneath
    }

    fn drops(&mut self, line: &Line, symbols: &Symbols) -> bool {
        let Some(function) = line.function.and_then(|id| symbols.functions.get(id)) else { return false };
        let name = symbols.strings.get(function.name);
        if name.is_empty() {
            return false;
        }
        *self.verdicts.entry(function.name).or_insert_with(|| {
            let simple = without_arguments(name);
            self.drop.is_match(simple) && !self.keep.as_ref().is_some_and(|keep| keep.is_match(simple))
        })
    }
}

/// The part of a leaf-first stack that stays. Frames before the first user frame, seen from the root, are never cut,
/// so that nothing is lost whole.
pub(super) fn visible(stack: &[LocationId], cut_of: impl Fn(LocationId) -> Cut) -> &[LocationId] {
    let mut found_user = false;
    for (at, &location) in stack.iter().enumerate().rev() {
        match cut_of(location) {
            Cut::None => found_user = true,
            _ if !found_user => {}
            Cut::Whole => return stack.get(at + 1..).unwrap_or(&[]),
            Cut::Beneath => return stack.get(at..).unwrap_or(&[]),
        }
    }
    stack
}

/// A function name without its argument list.
fn without_arguments(name: &str) -> &str {
    // Functions of the PowerPC ELF v1 ABI begin with a dot.
    let name = name.strip_prefix('.').unwrap_or(name);
    let mut at = 0;
    while let Some(rest) = name.get(at..) {
        let reserved = RESERVED.iter().filter_map(|word| rest.find(word).map(|found| (found, word.len()))).min();
        match (rest.find('('), reserved) {
            (None, _) => return name,
            (Some(open), Some((found, len))) if found <= open => at += found + len,
            (Some(open), _) => return name.get(..at + open).unwrap_or(name),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_go_and_reserved_names_stay() {
        assert_eq!(without_arguments("foo(int)"), "foo");
        assert_eq!(without_arguments("(anonymous namespace)::f(int)"), "(anonymous namespace)::f");
        assert_eq!(without_arguments("a::operator()(char)"), "a::operator()");
        assert_eq!(without_arguments(".malloc"), "malloc");
    }
}
