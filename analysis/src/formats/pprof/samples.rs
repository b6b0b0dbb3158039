//! The samples: by far the largest part, decoded without an allocation per sample.

use std::ops::ControlFlow;

use super::prune;
use super::resolve::Cuts;
use super::wire::{Sections, fields, for_each_number};
use crate::formats::cursor::Value;
use crate::formats::error::{ErrorKind, ParseError};
use crate::formats::wire_ids::WireIds;
use crate::formats::{Progress, Warnings};
use crate::limits::{COLUMN_BYTES, VALUES_LEFT_OUT};
use crate::model::{Label, LabelValue, Location, LocationId, Profile, StringId, Symbols};

/// How many samples are decoded between two reports of progress.
const SAMPLES_A_STEP: usize = 4096;

/// Fills the columns of `profile`.
#[allow(clippy::too_many_arguments)] // The tables of one file, each needed on every sample.
pub(super) fn decode(
    sections: &Sections<'_>,
    strings: &[StringId],
    locations: &WireIds<LocationId>,
    cuts: &Cuts,
    symbols: &mut Symbols,
    profile: &mut Profile,
    warnings: &mut Warnings,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<(), ParseError> {
    let types = profile.sample_types.len();
    let (most, words) = most_samples(sections.len(), types, COLUMN_BYTES);
    let count = sections.sample_count.min(most);
    if count < sections.sample_count {
        warnings.once(format!("Only the first {count} of {} samples were read: {words}", sections.sample_count));
    }
    profile.values = (0..types).map(|_| Vec::with_capacity(count)).collect();
    profile.stacks.reserve_exact(count);
    profile.label_sets.reserve_exact(count);
    let unknown = Unknown::default();
    let mut scratch = Scratch { unknown, ..Scratch::default() };
    for (at, message) in sections.samples().take(count).enumerate() {
        if at % SAMPLES_A_STEP == 0 && progress(Progress { fraction: 0.5 + 0.5 * at as f32 / count as f32 }).is_break()
        {
            return Err(ParseError::new(ErrorKind::Cancelled, None, "Reading was stopped."));
        }
        scratch.read(message, strings, locations, symbols, warnings);
        let stack = if cuts.is_empty() {
            &scratch.stack[..]
        } else {
            prune::visible(&scratch.stack, |id| cuts.get(id.index()).copied().unwrap_or(prune::Cut::None))
        };
        profile.stacks.push(symbols.stacks.intern(stack));
        profile.label_sets.push(profile.labels.intern(&scratch.labels));
        if scratch.values.len() != types {
            warnings.count(
                "samples have another number of values than the profile has types; missing ones count 0",
                || format!("the first is sample {at}, with {} instead of {types}", scratch.values.len()),
            );
        }
        for (column, value) in profile.values.iter_mut().zip(scratch.values.iter().chain(std::iter::repeat(&0))) {
            column.push(*value);
        }
    }
    Ok(())
}

/// How many samples of a file of so many bytes are read, where columns may take so much memory; and why no more.
fn most_samples(bytes: usize, types: usize, column_bytes: usize) -> (usize, String) {
    // A stack and a set of labels, and a value for each type.
    let by_memory = column_bytes / (8 + 8 * types);
    // A value that is there takes a byte.
    let by_values = bytes.saturating_add(VALUES_LEFT_OUT) / types.max(1);
    if by_values < by_memory {
        let words = "the samples leave out most of their values, which no profiler does. Capture it again.";
        return (by_values, words.to_owned());
    }
    let words = format!(
        "its columns would take more than {} MB. The command holds more: poolscope check FILE. Or capture less at once.",
        column_bytes >> 20
    );
    (by_memory, words)
}

/// What stands for a location that the file does not define.
#[derive(Default)]
struct Unknown(Option<LocationId>);

impl Unknown {
    fn get(&mut self, symbols: &mut Symbols) -> LocationId {
        *self.0.get_or_insert_with(|| symbols.locations.intern(Location { mapping: None, address: 0, lines: &[] }))
    }
}

/// One sample, its buffers used again for the next.
#[derive(Default)]
struct Scratch {
    stack: Vec<LocationId>,
    values: Vec<i64>,
    labels: Vec<Label>,
    unknown: Unknown,
}

impl Scratch {
    fn read(
        &mut self,
        message: &[u8],
        strings: &[StringId],
        locations: &WireIds<LocationId>,
        symbols: &mut Symbols,
        warnings: &mut Warnings,
    ) {
        self.stack.clear();
        self.values.clear();
        self.labels.clear();
        let Self { stack, values, labels, unknown } = self;
        let whole = fields(message, |number, value| match (number, value) {
            (1, ids) => for_each_number(ids, |id| {
                stack.push(locations.get(id).unwrap_or_else(|| {
                    warnings.count("frames point at a location that is not there; they are shown as unknown", || {
                        format!("the first at location {id}")
                    });
                    unknown.get(symbols)
                }));
            }),
            (2, numbers) => for_each_number(numbers, |number| values.push(number as i64)),
            (3, Value::Bytes(label)) => labels.extend(label_of(label, strings, symbols.strings.empty())),
            _ => {}
        });
        if !whole {
            warnings.count("samples are cut inside; what could be read of them counts", || {
                "a length or number inside them is broken".to_owned()
            });
        }
    }
}

/// A label as pprof takes it: a string if it has one, else a number that is not 0 or has a unit.
fn label_of(message: &[u8], strings: &[StringId], empty: StringId) -> Option<Label> {
    let (mut key, mut text, mut number, mut unit) = (0, 0, 0, 0);
    fields(message, |field, value| match field {
        1 => key = value.number(),
        2 => text = value.number(),
        3 => number = value.number() as i64,
        4 => unit = value.number(),
        _ => {}
    });
    let string = |index: u64| usize::try_from(index).ok().and_then(|at| strings.get(at)).copied().unwrap_or(empty);
    let value = match (text, number, unit) {
        (0, 0, 0) => return None,
        (0, number, unit) => LabelValue::Number(number, string(unit)),
        (text, ..) => LabelValue::Text(string(text)),
    };
    Some(Label { key: string(key), value })
}

#[cfg(test)]
mod tests {
    use super::most_samples;

    #[test]
    fn samples_end_where_memory_or_values_do() {
        // Two types: 24 bytes a sample.
        let (most, words) = most_samples(1 << 30, 2, 24 << 20);
        assert_eq!(most, 1 << 20);
        assert!(words.contains("more than 24 MB") && words.contains("poolscope check FILE"), "{words}");
        let (most, words) = most_samples(1000, 64, 1 << 30);
        assert_eq!(most, (1000 + (128 << 10)) / 64);
        assert!(words.contains("leave out most of their values"), "{words}");
    }
}
