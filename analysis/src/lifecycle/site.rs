//! How the place of an event is written.

use crate::model::{StackId, Symbols};

/// The innermost function of a stack, as `function:line`; empty where there is none.
pub fn site(symbols: &Symbols, stack: StackId) -> String {
    let lines = symbols.stacks.get(stack).iter().flat_map(|&location| symbols.locations.get(location).lines);
    let mut named = lines.filter_map(|line| Some((symbols.functions.get(line.function?)?, line.line)));
    named.next().map_or(String::new(), |(function, line)| {
        let name = symbols.strings.get(function.name);
        // A function that is known only by its place has the line in its name.
        let has_line = name.rsplit_once(':').is_some_and(|(_, last)| last.parse() == Ok(line));
        if line == 0 || has_line { name.to_owned() } else { format!("{name}:{line}") }
    })
}
