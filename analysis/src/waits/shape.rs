//! Which functions are the ends of a pool, where they stand in a stack of waiting, and whose they are.

use std::collections::BTreeMap;

use super::frames::{Frame, is_library, is_runtime};
use crate::model::{StringId, Symbols};
use crate::pools::{PoolEnd, PoolPattern, end_of, is_named, method_end};

/// The end of a pool in a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Which end.
    pub end: PoolEnd,
    /// The function.
    pub function: StringId,
    /// Whose it is: a type, or a package's functions.
    pub owner: String,
}

/// Pools of the session: those known by name, and types that have both ends.
pub(super) struct Shapes<'a> {
    symbols: &'a Symbols,
    patterns: &'a [PoolPattern],
    /// Types with a function that takes and one that gives back.
    learned: Vec<String>,
}

impl<'a> Shapes<'a> {
    pub(super) fn new(symbols: &'a Symbols, patterns: &'a [PoolPattern]) -> Self {
        let mut ends: BTreeMap<String, (bool, bool)> = BTreeMap::new();
        for (_, function) in symbols.functions.iter() {
            let name = symbols.strings.get(function.name);
            if crate::pools::is_standard(name) {
                continue;
            }
            let owner = owner_of(name);
            let Some(end) =
                method_end(&method_of(name)).filter(|_| owner.contains("(*") && is_not_another_thing(&owner))
            else {
                continue;
            };
            let (has_get, has_put) = ends.entry(owner).or_default();
            match end {
                PoolEnd::Get => *has_get = true,
                PoolEnd::Put => *has_put = true,
            }
        }
        let learned = ends.into_iter().filter(|(_, (get, put))| *get && *put).map(|(owner, _)| owner).collect();
        Self { symbols, patterns, learned }
    }

    /// The end that waits in a stack: between it and the leaf there are only libraries and functions of the same owner.
    pub(super) fn end_in(&self, frames: &[Frame]) -> Option<End> {
        let name = |frame: &Frame| self.symbols.strings.get(frame.function);
        let mut own: Option<String> = None;
        let mut in_pin_slow = false;
        for frame in frames {
            let function = name(frame);
            in_pin_slow |= function == "sync.(*Pool).pinSlow";
            if let Some(end) = self.end(function, self.symbols.strings.get(frame.file)) {
                let owner = owner_of(function);
                // Get and Put of sync.Pool themselves never wait: only the table of pools is locked, once a collection.
                let is_sync = owner == "sync.(*Pool)";
                if is_sync && !in_pin_slow {
                    return None;
                }
                return own.is_none_or(|own| own == owner).then_some(End { end, function: frame.function, owner });
            }
            if is_library(self.symbols, frame) || is_runtime(function) {
                continue;
            }
            // A pool may wait in a function of its own.
            let owner = owner_of(function);
            if own.as_ref().is_some_and(|own| *own != owner) {
                return None;
            }
            own = Some(owner);
        }
        None
    }

    /// Whether an owner is a pool.
    pub(super) fn is_pool(&self, owner: &str) -> bool {
        owner == "sync.(*Pool)"
            || self.learned.iter().any(|known| known == owner)
            || simple_type(owner).to_ascii_lowercase().ends_with("pool")
            || self
                .patterns
                .iter()
                .any(|pattern| pattern.acquire.iter().chain(&pattern.release).any(|f| owner_of(f) == owner))
    }

    fn end(&self, function: &str, file: &str) -> Option<PoolEnd> {
        if self.patterns.iter().any(|pattern| is_named(&pattern.acquire, function)) {
            return Some(PoolEnd::Get);
        }
        if self.patterns.iter().any(|pattern| is_named(&pattern.release, function)) {
            return Some(PoolEnd::Put);
        }
        let plain = without_closures(function);
        let known = end_of(&plain).or((plain == "database/sql.(*DB).conn").then_some(PoolEnd::Get));
        let learned = || {
            let owner = owner_of(function);
            self.learned.contains(&owner).then(|| method_end(&method_of(function))).flatten()
        };
        known.or_else(learned).or_else(|| native_end(function, file)).or_else(|| java_end(function))
    }
}

/// Types whose ends sound like a pool's and that are none.
fn is_not_another_thing(owner: &str) -> bool {
    const OTHERS: [&str; 16] = [
        "cache", "map", "store", "table", "registry", "list", "queue", "log", "client", "context", "writer", "reader",
        "tree", "heap", "index", "repo",
    ];
    let simple = simple_type(owner).to_ascii_lowercase();
    !OTHERS.iter().any(|other| simple.contains(other))
}

/// `main.(*Depot[go.shape.int])` as `Depot`.
fn simple_type(owner: &str) -> &str {
    let owner = owner.split('[').next().unwrap_or(owner);
    owner.rsplit(['.', '*', '(', ':', '$']).find(|part| !part.is_empty()).unwrap_or("").trim_end_matches(')')
}

/// The last name of a function, without what the compiler adds for closures.
fn method_of(function: &str) -> String {
    let plain = without_closures(function);
    plain.rsplit('.').next().unwrap_or("").to_owned()
}

/// Whose a function is: `main.(*LockedPool)` of its methods, a Java class, a Rust module; the function itself otherwise.
pub fn owner_of(function: &str) -> String {
    if function.contains("::") {
        let parts = rust_parts(function);
        let kept = parts.len().saturating_sub(1).max(1);
        return parts.get(..kept).unwrap_or(&parts).join("::");
    }
    let plain = without_closures(function);
    let after_path = plain.rfind('/').map_or(0, |slash| slash + 1);
    let (path, name) = plain.split_at(after_path);
    match name.matches('.').count() {
        0 | 1 if !name.contains("(*") && !name.contains('$') => plain.clone(),
        _ => format!("{path}{}", name.rsplit_once('.').map_or(name, |(owner, _)| owner)),
    }
}

/// `main.run.func1.2` as `main.run`, `main.(*T[go.shape.int]).f` as `main.(*T[...]).f`.
fn without_closures(function: &str) -> String {
    let folded = match function.split_once('[').and_then(|(head, rest)| Some((head, rest.rsplit_once(']')?.1))) {
        Some((head, tail)) => format!("{head}[...]{tail}"),
        None => function.to_owned(),
    };
    let is_made = |part: &str| {
        let number = ["func", "gowrap", "deferwrap"].iter().find_map(|word| part.strip_prefix(word)).unwrap_or(part);
        !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit())
    };
    // The dots of the folded type arguments are no names.
    let (head, tail) = folded.rsplit_once("[...]").map_or(("", folded.as_str()), |(head, tail)| (head, tail));
    let mut tail = tail;
    while let Some((before, last)) = tail.rsplit_once('.').filter(|(_, last)| is_made(last)) {
        let _ = last;
        tail = before;
    }
    if head.is_empty() { tail.to_owned() } else { format!("{head}[...]{tail}") }
}

/// Parts of a Rust or C++ name between `::`, without type arguments.
fn rust_parts(function: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0_u32;
    let mut chars = function.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '<' | '{' => depth = depth.saturating_add(1),
            '>' | '}' => depth = depth.saturating_sub(1),
            ':' if depth == 0 && chars.peek() == Some(&':') => {
                chars.next();
                parts.push(String::new());
            }
            c if depth == 0 => {
                if let Some(last) = parts.last_mut() {
                    last.push(c);
                }
            }
            _ => {}
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// A function of a module or file that is called a pool, or of what it holds.
fn native_end(function: &str, file: &str) -> Option<PoolEnd> {
    let is_native = function.contains("::") || file.ends_with(".rs") || file.ends_with(".c") || file.ends_with(".cc");
    if !is_native || file.starts_with("/rustc/") || file.starts_with("library/") {
        return None;
    }
    let parts = rust_parts(function);
    let is_pool = |part: &str| part.to_ascii_lowercase().ends_with("pool");
    let by_file = file.split(['/', '.']).any(is_pool);
    let from = parts.iter().position(|part| is_pool(part)).map(|at| at + 1).or(by_file.then_some(0))?;
    parts.get(from..)?.iter().find_map(|part| method_end(part))
}

/// `PoolDemo$ConnectionPool.borrow`.
fn java_end(function: &str) -> Option<PoolEnd> {
    let (class, method) = function.rsplit_once('.')?;
    let simple = class.rsplit(['.', '$']).next()?;
    let is_java = function.contains('$') || class.contains('.') && !class.contains("(*") && !class.contains('/');
    let is_standard = ["java.", "jdk.", "sun.", "javax."].iter().any(|start| function.starts_with(start));
    (is_java && !is_standard && simple.to_ascii_lowercase().ends_with("pool")).then(|| method_end(method)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_types_and_closures_belong_to_their_function() {
        let cases = [
            ("main.(*LockedPool).Get", "main.(*LockedPool)"),
            ("a.b/c.(*Depot[go.shape.struct { x [4]int }]).Borrow.func1", "a.b/c.(*Depot[...])"),
            ("main.main.func1.2", "main.main"),
            ("main.Pool.Get", "main.Pool"),
            ("PoolDemo$ConnectionPool.borrow", "PoolDemo$ConnectionPool"),
            ("com.zaxxer.hikari.pool.HikariPool.getConnection", "com.zaxxer.hikari.pool.HikariPool"),
            ("pool::get::<impl pool::core::Core<T>>::wait", "pool::get"),
        ];
        for (function, owner) in cases {
            assert_eq!(owner_of(function), owner);
        }
    }

    #[test]
    fn ends_of_other_languages_are_told() {
        assert_eq!(native_end("pool::get::<impl pool::core::Core<T>>::wait", "pool/src/get.rs"), Some(PoolEnd::Get));
        assert_eq!(native_end("get<a::B>", "pool/src/pool.rs"), Some(PoolEnd::Get));
        assert_eq!(native_end("std::pool::get", "/rustc/1/library/std/pool.rs"), None);
        assert_eq!(java_end("PoolDemo$ConnectionPool.borrow"), Some(PoolEnd::Get));
        assert_eq!(java_end("java.util.concurrent.ForkJoinPool.getTask"), None);
    }
}
