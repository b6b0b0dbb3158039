//! Large profiles, the same in every run: profile.proto written by hand, so that the engine is not measured on its own
//! encoder's habits.

use super::proto::{Strings, bytes, field, finish, sample_type, varint};

const FUNCTIONS: u64 = 8_000;
const LOCATIONS: u64 = 20_000;
/// Distinct stacks of the big heap profile.
pub(super) const STACKS: u64 = 200_000;
const DEPTH: usize = 60;
/// Samples of the big CPU profile.
pub(super) const CPU_SAMPLES: u64 = 300_000;
const CPU_DEPTH: usize = 40;
/// Unix time of what is captured first.
pub(super) const BEGUN_NANOS: u64 = 1_795_474_791_139_713_204;
/// Between snapshots.
pub(super) const MINUTE_NANOS: u64 = 60_000_000_000;

/// xorshift64*: plain, and the same everywhere.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % bound
    }
}

/// Heap profile of that number in a series of one program, a minute apart, with so many stacks of depth 60: what is allocated adds up,
/// and at every hundredth stack all of it stays in use.
pub(super) fn snapshot(stacks: u64, number: u64) -> Vec<u8> {
    let mut out = Vec::new();
    let mut strings = Strings::default();
    for (name, unit) in
        [("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"), ("inuse_space", "bytes")]
    {
        sample_type(&mut out, &mut strings, name, unit);
    }
    let bytes_key = strings.index("bytes");
    let mut random = Random(0x5EED);
    let mut path = Vec::with_capacity(DEPTH);
    for stack in 0..stacks {
        next(&mut path, DEPTH, &mut random);
        let size = 16 << random.below(10);
        let (alloc, inuse) = (1 + random.below(5_000), random.below(200));
        let alloc = alloc * (1 + number);
        let inuse = if stack % 100 == 0 && number > 0 { alloc } else { inuse };
        let mut label = Vec::new();
        field(&mut label, 1, bytes_key);
        field(&mut label, 3, size);
        message(&mut out, &path, &[alloc, alloc * size, inuse, inuse * size], Some(&label));
    }
    code(&mut out, &mut strings);
    let mut period = Vec::new();
    field(&mut period, 1, strings.index("space"));
    field(&mut period, 2, strings.index("bytes"));
    bytes(&mut out, 11, &period);
    field(&mut out, 12, 524_288);
    if number > 0 {
        field(&mut out, 9, BEGUN_NANOS + number * MINUTE_NANOS);
    }
    finish(out, &strings)
}

/// A mutex or block profile of so many stacks.
pub(super) fn delays(stacks: u64) -> Vec<u8> {
    let mut out = Vec::new();
    let mut strings = Strings::default();
    for (name, unit) in [("contentions", "count"), ("delay", "nanoseconds")] {
        sample_type(&mut out, &mut strings, name, unit);
    }
    let mut random = Random(0xB10C);
    let mut path = Vec::with_capacity(CPU_DEPTH);
    for _ in 0..stacks {
        next(&mut path, CPU_DEPTH, &mut random);
        let count = 1 + random.below(100);
        message(&mut out, &path, &[count, count * random.below(1_000_000)], None);
    }
    code(&mut out, &mut strings);
    let mut period = Vec::new();
    field(&mut period, 1, strings.index("contentions"));
    field(&mut period, 2, strings.index("count"));
    bytes(&mut out, 11, &period);
    field(&mut out, 9, BEGUN_NANOS);
    field(&mut out, 12, 1);
    finish(out, &strings)
}

/// A CPU profile of so many samples of depth 40, rarely two on one stack.
pub(super) fn cpu(samples: u64) -> Vec<u8> {
    let mut out = Vec::new();
    let mut strings = Strings::default();
    for (name, unit) in [("samples", "count"), ("cpu", "nanoseconds")] {
        sample_type(&mut out, &mut strings, name, unit);
    }
    let mut random = Random(0xC0FFEE);
    let mut path = Vec::with_capacity(CPU_DEPTH);
    for _ in 0..samples {
        next(&mut path, CPU_DEPTH, &mut random);
        let count = 1 + random.below(4);
        message(&mut out, &path, &[count, count * 10_000_000], None);
    }
    code(&mut out, &mut strings);
    field(&mut out, 9, BEGUN_NANOS);
    field(&mut out, 10, 30_000_000_000);
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
    field(&mut mapping, 1, 1);
    field(&mut mapping, 2, 0x40_0000);
    field(&mut mapping, 3, 0x400_0000);
    field(&mut mapping, 5, strings.index("/srv/bench"));
    field(&mut mapping, 7, 1);
    bytes(out, 3, &mapping);
    for id in 0..LOCATIONS {
        let mut location = Vec::new();
        field(&mut location, 1, id + 1);
        field(&mut location, 2, 1);
        field(&mut location, 3, 0x40_1000 + id * 64);
        for inlined in 0..=u64::from(id % 5 == 0) {
            let mut line = Vec::new();
            field(&mut line, 1, 1 + (id * 7 + inlined * 13) % FUNCTIONS);
            field(&mut line, 2, 10 + id % 500);
            bytes(&mut location, 4, &line);
        }
        bytes(out, 4, &location);
    }
    for id in 0..FUNCTIONS {
        let name = strings.index(&format!("example.com/service/pkg{}.(*Type{}).Method{id}", id % 97, id % 13));
        let file = strings.index(&format!("/src/service/pkg{}/file{}.go", id % 97, id % 29));
        let mut function = Vec::new();
        field(&mut function, 1, id + 1);
        field(&mut function, 2, name);
        field(&mut function, 3, name);
        field(&mut function, 4, file);
        bytes(out, 5, &function);
    }
}
