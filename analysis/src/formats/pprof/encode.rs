//! The model as profile.proto: what exports write and what tests read back.

use rustc_hash::FxHashMap;

use crate::model::{FunctionId, LabelValue, LocationId, MappingId, Profile, SampleType, StringId, Symbols};

/// The bytes of a profile, not compressed.
pub fn encode(symbols: &Symbols, profile: &Profile) -> Vec<u8> {
    let mut encoder = Encoder::new(symbols);
    let mut out = Vec::new();
    let mut body = Vec::new();
    for t in &profile.sample_types {
        let message = encoder.sample_type(*t);
        bytes(&mut out, 1, &message);
    }
    for (row, (&stack, &set)) in profile.stacks.iter().zip(&profile.label_sets).enumerate() {
        body.clear();
        let mut packed = Vec::new();
        for &location in symbols.stacks.get(stack) {
            varint(&mut packed, encoder.location(location));
        }
        bytes(&mut body, 1, &packed);
        packed.clear();
        for column in &profile.values {
            varint(&mut packed, column.get(row).copied().unwrap_or(0) as u64);
        }
        bytes(&mut body, 2, &packed);
        for label in profile.labels.get(set) {
            let mut message = Vec::new();
            number(&mut message, 1, encoder.string(label.key));
            match label.value {
                LabelValue::Text(text) => number(&mut message, 2, encoder.string(text)),
                LabelValue::Number(value, unit) => {
                    number(&mut message, 3, value as u64);
                    number(&mut message, 4, encoder.string(unit));
                }
            }
            bytes(&mut body, 3, &message);
        }
        bytes(&mut out, 2, &body);
    }
    for &mapping in &profile.mappings {
        encoder.mapping(mapping);
    }
    encoder.tables(&mut out);
    let optional = |id: Option<StringId>, encoder: &mut Encoder<'_>| id.map_or(0, |id| encoder.string(id));
    let texts = [(7, profile.drop_frames), (8, profile.keep_frames), (15, profile.doc_url)];
    for (field, id) in texts {
        let index = optional(id, &mut encoder);
        number(&mut out, field, index);
    }
    number(&mut out, 9, profile.time.map_or(0, |time| time.unix_nanos() as u64));
    number(&mut out, 10, profile.duration.map_or(0, |duration| duration.nanos() as u64));
    if let Some(t) = profile.period_type {
        let message = encoder.sample_type(t);
        bytes(&mut out, 11, &message);
    }
    number(&mut out, 12, profile.period as u64);
    for &comment in &profile.comments {
        let index = encoder.string(comment);
        tag(&mut out, 13, 0);
        varint(&mut out, index);
    }
    let default = profile.default_sample_type.and_then(|at| profile.sample_types.get(at)).map(|t| t.name);
    let default = optional(default, &mut encoder);
    number(&mut out, 14, default);
    for &text in &encoder.string_rows {
        bytes(&mut out, 6, text.as_bytes());
    }
    out
}

/// Numbers of the file for ids of the session: in the order in which they come.
struct Encoder<'a> {
    symbols: &'a Symbols,
    strings: FxHashMap<StringId, u64>,
    string_rows: Vec<&'a str>,
    mappings: Numbers<MappingId>,
    functions: Numbers<FunctionId>,
    locations: Numbers<LocationId>,
}

struct Numbers<T> {
    known: FxHashMap<T, u64>,
    rows: Vec<T>,
}

impl<T: Copy + Eq + std::hash::Hash> Numbers<T> {
    fn new() -> Self {
        Self { known: FxHashMap::default(), rows: Vec::new() }
    }

    /// From 1: 0 means “none” in profile.proto.
    fn of(&mut self, id: T) -> u64 {
        let next = self.rows.len() as u64 + 1;
        *self.known.entry(id).or_insert_with(|| {
            self.rows.push(id);
            next
        })
    }
}

impl<'a> Encoder<'a> {
    fn new(symbols: &'a Symbols) -> Self {
        // String 0 must be empty.
        let strings = FxHashMap::from_iter([(symbols.strings.empty(), 0)]);
        let (mappings, functions, locations) = (Numbers::new(), Numbers::new(), Numbers::new());
        Self { symbols, strings, string_rows: vec![""], mappings, functions, locations }
    }

    fn string(&mut self, id: StringId) -> u64 {
        let next = self.string_rows.len() as u64;
        *self.strings.entry(id).or_insert_with(|| {
            self.string_rows.push(self.symbols.strings.get(id));
            next
        })
    }

    fn location(&mut self, id: LocationId) -> u64 {
        self.locations.of(id)
    }

    fn mapping(&mut self, id: MappingId) -> u64 {
        self.mappings.of(id)
    }

    fn sample_type(&mut self, t: SampleType) -> Vec<u8> {
        let mut message = Vec::new();
        number(&mut message, 1, self.string(t.name));
        number(&mut message, 2, self.string(t.unit));
        message
    }

    /// Everything that samples led to. Rows may be added while earlier ones are written.
    fn tables(&mut self, out: &mut Vec<u8>) {
        for at in 0..self.locations.rows.len() {
            let Some(&id) = self.locations.rows.get(at) else { continue };
            let location = self.symbols.locations.get(id);
            let mut message = Vec::new();
            number(&mut message, 1, at as u64 + 1);
            number(&mut message, 2, location.mapping.map_or(0, |id| self.mapping(id)));
            number(&mut message, 3, location.address);
            for line in location.lines {
                let mut part = Vec::new();
                number(&mut part, 1, line.function.map_or(0, |id| self.functions.of(id)));
                number(&mut part, 2, line.line as u64);
                number(&mut part, 3, line.column as u64);
                bytes(&mut message, 4, &part);
            }
            bytes(out, 4, &message);
        }
        for at in 0..self.functions.rows.len() {
            let Some(function) = self.functions.rows.get(at).and_then(|&id| self.symbols.functions.get(id)) else {
                continue;
            };
            let mut message = Vec::new();
            number(&mut message, 1, at as u64 + 1);
            number(&mut message, 2, self.string(function.name));
            number(&mut message, 3, self.string(function.system_name));
            number(&mut message, 4, self.string(function.file));
            number(&mut message, 5, function.start_line as u64);
            bytes(out, 5, &message);
        }
        for at in 0..self.mappings.rows.len() {
            let Some(mapping) = self.mappings.rows.get(at).and_then(|&id| self.symbols.mappings.get(id)) else {
                continue;
            };
            let mut message = Vec::new();
            number(&mut message, 1, at as u64 + 1);
            number(&mut message, 2, mapping.start);
            number(&mut message, 3, mapping.limit);
            number(&mut message, 4, mapping.offset);
            number(&mut message, 5, self.string(mapping.file));
            number(&mut message, 6, self.string(mapping.build_id));
            bytes(out, 3, &message);
        }
    }
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn tag(out: &mut Vec<u8>, field: u32, wire: u32) {
    varint(out, u64::from(field << 3 | wire));
}

/// A number that is not 0: 0 is what a missing field means.
fn number(out: &mut Vec<u8>, field: u32, value: u64) {
    if value != 0 {
        tag(out, field, 0);
        varint(out, value);
    }
}

fn bytes(out: &mut Vec<u8>, field: u32, value: &[u8]) {
    tag(out, field, 2);
    varint(out, value.len() as u64);
    out.extend_from_slice(value);
}
