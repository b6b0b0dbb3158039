//! `GODEBUG=allocfreetrace=1` of Go up to 1.22 (runtime/mprof.go, `tracealloc`, `tracefree`, `tracegc`): every allocation
//! and every free, with the stack of it. Nothing is sampled; sizes are those of the slot. What was not freed by the end of
//! the log is in use.

use rustc_hash::FxHashMap;

use super::{ALL, Amount, Heap};
use crate::formats::go_stacks::{call, place};
use crate::formats::named_stack::hex;
use crate::formats::text::{Found, Frame, Line, LineReader};
use crate::model::{LocationId, ProfileKind, StackId, Symbols};

/// Sums up a log.
#[derive(Default)]
pub(in crate::formats) struct AllocFree {
    block: Option<Block>,
    /// A function whose place may come with the next line.
    function: Option<String>,
    frames: Vec<LocationId>,
    /// How many of `frames` are the runtime's own, at the leaf.
    runtime: usize,
    /// How many of them only hand memory out.
    allocators: usize,
    /// Of each object that is there: which sum it is in.
    live: FxHashMap<u64, Key>,
    sums: FxHashMap<Key, [Amount; 2]>,
    /// Keys of `sums` in the order of the log.
    keys: Vec<Key>,
    is_any: bool,
}

type Key = (StackId, i64);

/// What the lines are of.
#[derive(Clone, Copy)]
enum Block {
    Alloc { address: u64, size: i64 },
    Free,
    Collection,
}

impl LineReader for AllocFree {
    fn read(&mut self, line: &Line<'_>, symbols: &mut Symbols) -> bool {
        let text = line.text.trim_end();
        if let Some(next) = self.begin(text) {
            self.end_block(symbols);
            self.block = Some(next);
            self.is_any = true;
            return true;
        }
        let Some(block) = self.block else { return false };
        if let Block::Collection = block {
            if text == "end tracegc" {
                self.block = None;
                return true;
            }
            return text.is_empty() || is_of_stack(text);
        }
        if text.is_empty() {
            self.end_block(symbols);
            return true;
        }
        if let Some((file, line)) = place(text) {
            self.end_frame(file, line, symbols);
            return true;
        }
        if let Some((function, _)) = call(text) {
            self.end_frame("", 0, symbols);
            self.function = Some(function.to_owned());
            return true;
        }
        is_of_stack(text)
    }

    fn finish(mut self: Box<Self>, symbols: &mut Symbols) -> Found {
        self.end_block(symbols);
        let mut found = Found::default();
        if self.is_any {
            let mut heap = Heap::new(ProfileKind::AllocFreeTrace, ALL, 1, symbols);
            for key in &self.keys {
                let sums = self.sums.get(key).copied().unwrap_or_default();
                heap.push(key.0, &sums, key.1);
            }
            found.profiles.push(heap.profile);
        }
        found
    }
}

impl AllocFree {
    fn begin(&mut self, text: &str) -> Option<Block> {
        let (name, rest) = text.split_once('(')?;
        let arguments = rest.strip_suffix(')')?;
        match name {
            "tracegc" => Some(Block::Collection),
            "tracealloc" | "tracefree" => {
                let mut arguments = arguments.splitn(3, ", ");
                let (address, size) = (hex(arguments.next()?)?, hex(arguments.next()?)?);
                let size = i64::try_from(size).unwrap_or(i64::MAX);
                if name == "tracealloc" {
                    return Some(Block::Alloc { address, size });
                }
                // What was made before the log began has no sum.
                if let Some(key) = self.live.remove(&address) {
                    self.freed(key);
                }
                Some(Block::Free)
            }
            _ => None,
        }
    }

    fn freed(&mut self, key: Key) {
        if let Some([_, in_use]) = self.sums.get_mut(&key) {
            in_use.add(Amount { objects: -1, bytes: key.1.saturating_neg() });
        }
    }

    fn end_frame(&mut self, file: &str, line: i64, symbols: &mut Symbols) {
        let Some(function) = self.function.take() else { return };
        let is_alloc = matches!(self.block, Some(Block::Alloc { .. }));
        if !is_alloc || function == "runtime.goexit" || function.starts_with("created by ") {
            return;
        }
        if self.runtime == self.frames.len() && function.starts_with("runtime.") {
            self.runtime += 1;
        }
        if self.allocators == self.frames.len() && ALLOCATORS.contains(&function.as_str()) {
            self.allocators += 1;
        }
        self.frames.push(Frame { function: &function, file, line, address: 0 }.location(symbols));
    }

    fn end_block(&mut self, symbols: &mut Symbols) {
        self.end_frame("", 0, symbols);
        if let Some(Block::Alloc { address, size }) = self.block.take() {
            // As in Go's heap profiles, the runtime's own frames are left out where others follow.
            let own = if self.runtime < self.frames.len() { self.runtime } else { self.allocators };
            let stack = symbols.stacks.intern(self.frames.get(own..).unwrap_or(&[]));
            let key = (stack, size);
            // An address that is given out again was freed by something that the log has lost.
            if let Some(lost) = self.live.insert(address, key) {
                self.freed(lost);
            }
            let one = Amount { objects: 1, bytes: size };
            let sums = self.sums.entry(key).or_insert_with(|| {
                self.keys.push(key);
                Default::default()
            });
            sums.iter_mut().for_each(|sum| sum.add(one));
        }
        self.frames.clear();
        (self.runtime, self.allocators) = (0, 0);
    }
}

/// Functions of the runtime that hand memory out for whoever calls them (runtime/malloc.go, slice.go, string.go).
const ALLOCATORS: [&str; 11] = [
    "runtime.mallocgc",
    "runtime.newobject",
    "runtime.newarray",
    "runtime.makeslice",
    "runtime.makeslicecopy",
    "runtime.growslice",
    "runtime.rawstring",
    "runtime.rawbyteslice",
    "runtime.concatstrings",
    "runtime.convT",
    "runtime.systemstack_switch",
];

/// Lines of a goroutine's stack beside its frames.
fn is_of_stack(text: &str) -> bool {
    (text.starts_with("goroutine ") && text.ends_with("]:"))
        || text.starts_with("created by ")
        || text.starts_with("...")
        || place(text).is_some()
        || call(text).is_some()
}
