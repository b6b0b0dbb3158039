//! Frames of a stack as groups compare them: by name and line, so that builds, forms of a file and machines meet.

use crate::model::{StackId, StringId, Symbols};
use crate::pools::is_standard;

/// One frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Frame {
    /// Full function name.
    pub function: StringId,
    /// Source file, as the dump has it.
    pub file: StringId,
    /// Line, 0 when unknown.
    pub line: i64,
}

/// All frames of a stack, leaf first, inlined ones included.
pub fn frames(symbols: &Symbols, stack: StackId) -> Vec<Frame> {
    let lines = symbols.stacks.get(stack).iter().flat_map(|&at| symbols.locations.get(at).lines);
    lines
        .filter_map(|line| {
            let function = symbols.functions.get(line.function?)?;
            Some(Frame { function: function.name, file: function.file, line: line.line })
        })
        .collect()
}

/// Go's own scheduler and start-up code, which some forms of a dump show and others leave out.
pub(super) fn is_runtime(function: &str) -> bool {
    function.starts_with("runtime.")
        || function.starts_with("internal/runtime/")
        || function.starts_with("runtime/internal/")
}

/// A function that the compiler made around a call (`go f(x)`), which some forms of a dump leave out.
fn is_wrapper(function: &str) -> bool {
    let last = function.rsplit('.').next().unwrap_or("");
    let number = last.strip_prefix("gowrap").or(last.strip_prefix("deferwrap"));
    number.is_some_and(|number| number.bytes().all(|digit| digit.is_ascii_digit()))
}

/// Function and line of what is left without runtime and wrappers; of all frames where nothing else is.
pub(super) fn key(symbols: &Symbols, frames: &[Frame]) -> Vec<(StringId, i64)> {
    let of = |frame: &Frame| (frame.function, frame.line);
    let own: Vec<_> = frames
        .iter()
        .filter(|frame| {
            let name = symbols.strings.get(frame.function);
            !is_runtime(name) && !is_wrapper(name)
        })
        .map(of)
        .collect();
    if own.is_empty() { frames.iter().map(of).collect() } else { own }
}

/// Whether a frame is of a library that everybody has: of Go, of Java, of Rust, of C.
pub fn is_library(symbols: &Symbols, frame: &Frame) -> bool {
    let (name, file) = (symbols.strings.get(frame.function), symbols.strings.get(frame.file));
    const JAVA: [&str; 4] = ["java.", "jdk.", "sun.", "javax."];
    const RUST: [&str; 5] = ["std::", "core::", "alloc::", "<alloc::", "<core::"];
    const FILES: [&str; 6] = ["/rustc/", "library/", "../sysdeps/", "./nptl/", "./posix/", "./io/"];
    is_standard(name)
        || name == "panic"
        || JAVA.iter().chain(&RUST).any(|start| name.starts_with(start))
        || FILES.iter().any(|start| file.starts_with(start))
        || file.contains(".so")
        || name.starts_with("__")
        || ["??", "", "syscall", "clone3", "start_thread"].contains(&name)
}

/// The innermost frame that is of no library.
pub fn own_frame(symbols: &Symbols, frames: &[Frame]) -> Option<Frame> {
    frames.iter().find(|frame| !is_library(symbols, frame)).copied()
}
