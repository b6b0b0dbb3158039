//! Large profiles, the same in every run: profile.proto written by hand, so that the engine is not measured on its own
//! encoder's habits.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

const FUNCTIONS: u64 = 8_000;
const LOCATIONS: u64 = 20_000;
const STACKS: u64 = 200_000;
const DEPTH: usize = 60;
const CPU_SAMPLES: u64 = 300_000;
const CPU_DEPTH: usize = 40;

/// xorshift64*: plain, and the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % bound
    }
}

/// A heap profile of 200,000 distinct stacks of depth 60.
pub(super) fn heap() -> Vec<u8> {
    let mut out = Vec::new();
    let mut strings = Strings::default();
    for (name, unit) in
        [("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"), ("inuse_space", "bytes")]
    {
        sample_type(&mut out, 1, strings.index(name), strings.index(unit));
    }
    let bytes_key = strings.index("bytes");
    let mut random = Random(0x5EED);
    let mut path = Vec::with_capacity(DEPTH);
    for _ in 0..STACKS {
        next(&mut path, DEPTH, &mut random);
        let size = 16 << random.below(10);
        let (alloc, inuse) = (1 + random.below(5_000), random.below(200));
        let mut label = Vec::new();
        number(&mut label, 1, bytes_key);
        number(&mut label, 3, size);
        message(&mut out, &path, &[alloc, alloc * size, inuse, inuse * size], Some(&label));
    }
    code(&mut out, &mut strings);
    let mut period = Vec::new();
    number(&mut period, 1, strings.index("space"));
    number(&mut period, 2, strings.index("bytes"));
    bytes(&mut out, 11, &period);
    number(&mut out, 12, 524_288);
    finish(out, &strings)
}

/// A CPU profile of 300,000 samples of depth 40, rarely two on one stack.
pub(super) fn cpu() -> Vec<u8> {
    let mut out = Vec::new();
    let mut strings = Strings::default();
    for (name, unit) in [("samples", "count"), ("cpu", "nanoseconds")] {
        sample_type(&mut out, 1, strings.index(name), strings.index(unit));
    }
    let mut random = Random(0xC0FFEE);
    let mut path = Vec::with_capacity(CPU_DEPTH);
    for _ in 0..CPU_SAMPLES {
        next(&mut path, CPU_DEPTH, &mut random);
        let count = 1 + random.below(4);
        message(&mut out, &path, &[count, count * 10_000_000], None);
    }
    code(&mut out, &mut strings);
    number(&mut out, 9, 1_795_474_791_139_713_204);
    number(&mut out, 10, 30_000_000_000);
    finish(out, &strings)
}

/// The next stack of a program: the one before, cut back to one of its callers (more often to a near one), and walked
/// on through neighbours of what is called. So roots are shared by many stacks and leaves by few.
fn next(path: &mut Vec<u64>, depth: usize, random: &mut Random) {
    let cut = random.below(depth as u64).max(random.below(depth as u64));
    path.truncate(cut as usize);
    let mut at = path.last().map_or_else(|| random.below(16), |&at| at - 1);
    while path.len() < depth {
        at = (at * 31 + random.below(6) * 97 + 1) % LOCATIONS;
        path.push(1 + at);
    }
}

/// A sample; `path` is root first, which the format turns round.
fn message(out: &mut Vec<u8>, path: &[u64], values: &[u64], label: Option<&[u8]>) {
    let mut body = Vec::with_capacity(path.len() * 3 + 64);
    let mut packed = Vec::with_capacity(path.len() * 3);
    path.iter().rev().for_each(|&id| varint(&mut packed, id));
    bytes(&mut body, 1, &packed);
    packed.clear();
    values.iter().for_each(|&value| varint(&mut packed, value));
    bytes(&mut body, 2, &packed);
    if let Some(label) = label {
        bytes(&mut body, 3, label);
    }
    bytes(out, 2, &body);
}

/// Mapping, locations (every fifth with an inlined line) and functions.
fn code(out: &mut Vec<u8>, strings: &mut Strings) {
    let mut mapping = Vec::new();
    number(&mut mapping, 1, 1);
    number(&mut mapping, 2, 0x40_0000);
    number(&mut mapping, 3, 0x400_0000);
    number(&mut mapping, 5, strings.index("/srv/bench"));
    number(&mut mapping, 7, 1);
    bytes(out, 3, &mapping);
    for id in 0..LOCATIONS {
        let mut location = Vec::new();
        number(&mut location, 1, id + 1);
        number(&mut location, 2, 1);
        number(&mut location, 3, 0x40_1000 + id * 64);
        for inlined in 0..=u64::from(id % 5 == 0) {
            let mut line = Vec::new();
            number(&mut line, 1, 1 + (id * 7 + inlined * 13) % FUNCTIONS);
            number(&mut line, 2, 10 + id % 500);
            bytes(&mut location, 4, &line);
        }
        bytes(out, 4, &location);
    }
    for id in 0..FUNCTIONS {
        let name = strings.index(&format!("example.com/service/pkg{}.(*Type{}).Method{id}", id % 97, id % 13));
        let file = strings.index(&format!("/src/service/pkg{}/file{}.go", id % 97, id % 29));
        let mut function = Vec::new();
        number(&mut function, 1, id + 1);
        number(&mut function, 2, name);
        number(&mut function, 3, name);
        number(&mut function, 4, file);
        bytes(out, 5, &function);
    }
}

#[derive(Default)]
struct Strings {
    known: std::collections::HashMap<String, u64>,
    rows: Vec<String>,
}

impl Strings {
    fn index(&mut self, text: &str) -> u64 {
        if self.rows.is_empty() {
            self.rows.push(String::new());
        }
        if let Some(&known) = self.known.get(text) {
            return known;
        }
        let index = self.rows.len() as u64;
        self.rows.push(text.to_owned());
        self.known.insert(text.to_owned(), index);
        index
    }
}

fn sample_type(out: &mut Vec<u8>, field: u64, name: u64, unit: u64) {
    let mut message = Vec::new();
    number(&mut message, 1, name);
    number(&mut message, 2, unit);
    bytes(out, field, &message);
}

fn finish(mut out: Vec<u8>, strings: &Strings) -> Vec<u8> {
    for text in &strings.rows {
        bytes(&mut out, 6, text.as_bytes());
    }
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    // Writing to memory does not fail.
    let _ = gzip.write_all(&out);
    gzip.finish().unwrap_or_default()
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn number(out: &mut Vec<u8>, field: u64, value: u64) {
    varint(out, field << 3);
    varint(out, value);
}

fn bytes(out: &mut Vec<u8>, field: u64, value: &[u8]) {
    varint(out, field << 3 | 2);
    varint(out, value.len() as u64);
    out.extend_from_slice(value);
}
