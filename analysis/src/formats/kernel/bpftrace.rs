//! Maps as bpftrace prints them (its documentation, “Map printing”; src/output.cpp): `@bytes[key]: n` with keys of words and
//! stacks, and the histograms of `hist` and `lhist`. A file becomes a profile with a column a map and a row a key; maps that
//! are printed again begin the next one.

use rustc_hash::FxHashMap;

use super::{is_allocator, location};
use crate::formats::text::{Found, Line, LineReader};
use crate::model::{
    Label, LabelSetId, LabelSets, LabelValue, LocationId, Profile, ProfileKind, SampleType, StackId, Symbols,
};

/// Reads them.
#[derive(Default)]
pub(in crate::formats) struct Maps {
    printed: Printed,
    done: Vec<Profile>,
    /// A key that goes over several lines.
    key: Option<Key>,
    /// The map and key whose histogram is being read.
    histogram: Option<(String, StackId, Vec<Label>)>,
}

/// What was read of one printing of all maps.
#[derive(Default)]
struct Printed {
    maps: Vec<String>,
    rows: FxHashMap<(StackId, LabelSetId), usize>,
    stacks: Vec<StackId>,
    label_sets: Vec<LabelSetId>,
    labels: LabelSets,
    /// By row, by map: what was printed.
    values: Vec<Vec<Option<i64>>>,
}

#[derive(Default)]
struct Key {
    map: String,
    frames: Vec<LocationId>,
    words: Vec<String>,
}

impl Key {
    fn add(&mut self, line: &str, symbols: &mut Symbols) {
        if let Some(frame) = self.frame(line, symbols) {
            self.frames.extend(frame);
            return;
        }
        let words = line.split(',').map(str::trim).filter(|word| !word.is_empty());
        self.words.extend(words.map(str::to_owned));
    }

    /// What the allocator calls itself is no site, and is left out at the leaf.
    fn frame(&self, line: &str, symbols: &mut Symbols) -> Option<Option<LocationId>> {
        let (address, symbol, object) = frame(line)?;
        let is_left_out = self.frames.is_empty() && is_allocator(super::function_of(symbol));
        Some((!is_left_out).then(|| location(symbols, address, symbol, object)))
    }

    /// The stack, and as a label what stands beside it. A key of words alone is its own stack.
    fn finish(self, symbols: &mut Symbols) -> (String, StackId, Vec<Label>) {
        let Self { map, mut frames, words } = self;
        let mut labels = Vec::new();
        let words = words.join(", ");
        if frames.is_empty() {
            frames.push(location(symbols, 0, if words.is_empty() { "(all)" } else { &words }, ""));
        } else if !words.is_empty() {
            let (key, text) = (symbols.strings.intern("key"), symbols.strings.intern(&words));
            labels.push(Label { key, value: LabelValue::Text(text) });
        }
        (map, symbols.stacks.intern(&frames), labels)
    }
}

impl Maps {
    fn set(&mut self, map: &str, stack: StackId, labels: &[Label], value: i64, symbols: &mut Symbols) {
        if !self.printed.set(map, stack, labels, value) {
            let next = std::mem::take(&mut self.printed);
            self.done.extend(next.into_profile(symbols));
            self.printed.set(map, stack, labels, value);
        }
    }

    /// A key is complete: a number, or a histogram that follows.
    fn value(&mut self, key: Key, text: &str, symbols: &mut Symbols) -> bool {
        let (map, stack, labels) = key.finish(symbols);
        if text.is_empty() {
            self.histogram = Some((map, stack, labels));
            return true;
        }
        let Some(value) = number(text) else { return false };
        self.set(&map, stack, &labels, value, symbols);
        true
    }

    /// `[1K, 2K)       12 |@@@@   |`
    fn bucket(&mut self, text: &str, symbols: &mut Symbols) -> bool {
        let Some((map, stack, labels)) = self.histogram.take() else { return false };
        let Some((from, count)) = bucket(text) else { return false };
        if count != 0 {
            let unit = symbols.strings.intern(unit_of(&map));
            let is_bytes = symbols.strings.get(unit) == BYTES;
            let key = symbols.strings.intern(if is_bytes { BYTES } else { &map });
            let unit = if is_bytes { unit } else { symbols.strings.empty() };
            let mut all = labels.clone();
            all.push(Label { key, value: LabelValue::Number(from, unit) });
            self.set(&map, stack, &all, count, symbols);
        }
        self.histogram = Some((map, stack, labels));
        true
    }
}

impl LineReader for Maps {
    fn read(&mut self, line: &Line<'_>, symbols: &mut Symbols) -> bool {
        let text = line.text.trim_end();
        if let Some(mut key) = self.key.take() {
            if let Some((rest, value)) = text.rsplit_once("]:") {
                key.add(rest, symbols);
                return self.value(key, value.trim(), symbols);
            }
            // A key ends; a line at the margin that ends none is no part of it.
            if !text.is_empty() && !text.starts_with([' ', '\t', ',']) {
                return false;
            }
            key.add(text, symbols);
            self.key = Some(key);
            return true;
        }
        if let Some(rest) = text.strip_prefix('@') {
            self.histogram = None;
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            let (map, rest) = rest.split_at(end);
            let mut key = Key { map: map.to_owned(), ..Key::default() };
            return match rest.strip_prefix('[') {
                Some(rest) => match rest.rsplit_once("]:") {
                    Some((words, value)) => {
                        key.add(words, symbols);
                        self.value(key, value.trim(), symbols)
                    }
                    None => {
                        key.add(rest, symbols);
                        self.key = Some(key);
                        true
                    }
                },
                None => rest.strip_prefix(':').is_some_and(|value| self.value(key, value.trim(), symbols)),
            };
        }
        text.starts_with(['[', '(']) && self.bucket(text, symbols)
            || text.starts_with("Attaching ") && text.ends_with("probes...")
    }

    fn finish(mut self: Box<Self>, symbols: &mut Symbols) -> Found {
        let warnings = match self.key {
            Some(key) => vec![format!("The last key of @{} is cut: the file ends in it.", key.map)],
            None => Vec::new(),
        };
        self.done.extend(self.printed.into_profile(symbols));
        Found { profiles: self.done, warnings, ..Found::default() }
    }
}

impl Printed {
    /// Puts a value; says no when there is one already.
    fn set(&mut self, map: &str, stack: StackId, labels: &[Label], value: i64) -> bool {
        let column = self.maps.iter().position(|known| known == map).unwrap_or_else(|| {
            self.maps.push(map.to_owned());
            self.maps.len() - 1
        });
        let set = self.labels.intern(labels);
        let next = self.stacks.len();
        let row = *self.rows.entry((stack, set)).or_insert(next);
        if row == next {
            self.stacks.push(stack);
            self.label_sets.push(set);
            self.values.push(Vec::new());
        }
        let Some(values) = self.values.get_mut(row) else { return true };
        if values.len() <= column {
            values.resize(column + 1, None);
        }
        match values.get_mut(column) {
            Some(slot @ None) => {
                *slot = Some(value);
                true
            }
            _ => false,
        }
    }

    fn into_profile(self, symbols: &mut Symbols) -> Option<Profile> {
        if self.stacks.is_empty() {
            return None;
        }
        let sample_type = |map: &String| SampleType {
            name: symbols.strings.intern(if map.is_empty() { "value" } else { map }),
            unit: symbols.strings.intern(unit_of(map)),
        };
        let sample_types: Vec<SampleType> = self.maps.iter().map(sample_type).collect();
        let column = |at: usize| self.values.iter().map(|row| row.get(at).copied().flatten().unwrap_or(0)).collect();
        let values = (0..self.maps.len()).map(column).collect();
        let Self { stacks, label_sets, labels, .. } = self;
        Some(Profile {
            kind: ProfileKind::Probe,
            sample_types,
            stacks,
            label_sets,
            values,
            labels,
            ..Profile::default()
        })
    }
}

const BYTES: &str = "bytes";

/// What a map counts, by its name: bpftrace prints no units.
fn unit_of(map: &str) -> &'static str {
    let lower = map.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(&["byte", "size", "mem", "outstanding"]) {
        BYTES
    } else if has(&["nsec", "_ns"]) {
        "nanoseconds"
    } else if has(&["usec", "_us"]) {
        "microseconds"
    } else {
        "count"
    }
}

/// `    kmem_cache_alloc+123`, `    malloc+20 (/usr/lib/libc.so.6)`, `    ffffffff8163 do_mmap+1`: a frame of a stack.
fn frame(line: &str) -> Option<(u64, &str, &str)> {
    if !line.starts_with([' ', '\t']) {
        return None;
    }
    let text = line.trim();
    let (text, object) = match text.rsplit_once(" (") {
        Some((text, object)) if object.ends_with(')') => (text, object.trim_end_matches(')')),
        _ => (text, ""),
    };
    let (address, symbol) = match text.split_once(' ') {
        Some((address, symbol)) => (super::address_of(address)?, symbol),
        None => (super::address_of(text).unwrap_or(0), text),
    };
    (!symbol.is_empty()).then_some((address, symbol, object))
}

/// A number, or of `count 3, average 12, total 36` (`stats`) the total.
fn number(text: &str) -> Option<i64> {
    let text = text.rsplit_once("total ").map_or(text, |(_, total)| total);
    text.parse::<i128>().ok().map(|value| i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX }))
}

/// The lower end of a bucket, and how much is in it.
fn bucket(text: &str) -> Option<(i64, i64)> {
    let end = text.find([')', ']'])?;
    let (range, rest) = text.split_at_checked(end)?;
    let from = range.get(1..)?.split(',').next()?.trim();
    let from = if from == "..." { i64::MIN } else { scaled(from)? };
    let count = rest.get(1..)?.split('|').next()?.trim();
    Some((from, number(count)?))
}

/// `16`, `2K`, `-4`, `1M`.
fn scaled(text: &str) -> Option<i64> {
    let digits = text.trim_end_matches(['K', 'M', 'G', 'T', 'P', 'E']);
    let factor: i64 = match text.get(digits.len()..)? {
        "" => 1,
        "K" => 1 << 10,
        "M" => 1 << 20,
        "G" => 1 << 30,
        "T" => 1 << 40,
        "P" => 1 << 50,
        "E" => 1 << 60,
        _ => return None,
    };
    Some(digits.parse::<i64>().ok()?.saturating_mul(factor))
}
