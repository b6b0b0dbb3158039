//! Heaps as text: what is allocated, what is still in use, by stack. All become ordinary profiles with the four sample
//! types of Go's heap profiles, so that every view and rule of the heap works on them.

mod alloc_free;
mod class_histogram;
mod debug1;
mod dhat;
mod jemalloc;
mod maps;

pub(super) use alloc_free::AllocFree;
pub(super) use class_histogram::ClassHistogram;
pub(super) use debug1::Debug1;
pub(super) use dhat::{looks_like as looks_like_dhat, parse as parse_dhat};
pub(super) use jemalloc::Jemalloc;

use crate::model::{Label, LabelValue, Profile, ProfileKind, SampleType, StackId, StringId, Symbols};

/// What is told of a stack: name and unit of each column.
type Columns = [(&'static str, &'static str)];

/// The sample types of Go's heap profiles (runtime/pprof/protomem.go), in its order.
const ALL: &Columns =
    &[("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"), ("inuse_space", "bytes")];
/// Where only what is in use is told.
const IN_USE: &Columns = &[("inuse_objects", "count"), ("inuse_space", "bytes")];

/// A heap profile in the making.
struct Heap {
    profile: Profile,
    size_key: StringId,
}

/// Objects and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Amount {
    objects: i64,
    bytes: i64,
}

impl Heap {
    /// One sample in `rate` bytes; 1 when all are there.
    fn new(kind: ProfileKind, columns: &Columns, rate: i64, symbols: &mut Symbols) -> Self {
        let mut named = |&(name, unit): &(&str, &str)| SampleType {
            name: symbols.strings.intern(name),
            unit: symbols.strings.intern(unit),
        };
        let profile = Profile {
            kind,
            sample_types: columns.iter().map(&mut named).collect(),
            values: vec![Vec::new(); columns.len()],
            period_type: Some(named(&("space", "bytes"))),
            period: rate,
            ..Profile::default()
        };
        Self { profile, size_key: symbols.strings.intern("bytes") }
    }

    /// One stack, already scaled, objects and bytes for each pair of columns; `size` is that of one object, 0 when
    /// unknown.
    fn push(&mut self, stack: StackId, amounts: &[Amount], size: i64) {
        let values = amounts.iter().flat_map(|amount| [amount.objects, amount.bytes]);
        self.profile.values.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
        self.profile.stacks.push(stack);
        let label = Label { key: self.size_key, value: LabelValue::Number(size, StringId::default()) };
        let set = self.profile.labels.intern(if size > 0 { std::slice::from_ref(&label) } else { &[] });
        self.profile.label_sets.push(set);
    }
}

impl Amount {
    fn add(&mut self, more: Self) {
        self.objects = self.objects.saturating_add(more.objects);
        self.bytes = self.bytes.saturating_add(more.bytes);
    }
}

/// One function without a place, as a stack of its own or a part of one.
fn named(name: &str, symbols: &mut Symbols) -> crate::model::LocationId {
    use crate::formats::text::Frame;
    Frame { function: name, ..Frame::default() }.location(symbols)
}

/// What a sample of one in `rate` bytes stands for (runtime/pprof/protomem.go, `scaleHeapSample`; jemalloc's jeprof does
/// the same): an object of mean size is taken with probability `1 − exp(−size / rate)`.
fn unsampled(sampled: Amount, rate: i64) -> Amount {
    if sampled.objects == 0 || sampled.bytes == 0 {
        return Amount::default();
    }
    if rate <= 1 {
        return sampled;
    }
    let size = sampled.bytes as f64 / sampled.objects as f64;
    let scale = 1.0 / (1.0 - (-size / rate as f64).exp());
    let scaled = |value: i64| (value as f64 * scale) as i64;
    Amount { objects: scaled(sampled.objects), bytes: scaled(sampled.bytes) }
}
