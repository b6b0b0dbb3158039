//! The heap profile: what is handed out now, and was in all, by call site, pool and type, as any pprof tool reads it
//! (profile.proto of google/pprof).
//!
//! `inuse` is what is out, at the site of its get, and what is idle, under a frame of its own; so all of `inuse` is what
//! the pools have. `alloc` is what was handed out: a get is an allocation as its caller sees it.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use pool_dump::{LiveSet, LiveState, StackId};

use super::proto::Message;
use super::sink::Sum;
use crate::stack::Place;

/// What a pool has, for the profile.
pub(super) struct PoolHeap {
    pub(super) name: String,
    pub(super) type_name: &'static str,
    pub(super) live: LiveSet,
    /// What was handed out, by stack.
    pub(super) handed_out: Vec<(StackId, Sum)>,
}

/// What a sample is of. Ordered, so that the same counts give the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Held {
    By(StackId),
    Idle,
}

#[derive(Clone, Copy, Debug, Default)]
struct Values {
    alloc: Sum,
    inuse: Sum,
}

#[derive(Default)]
struct Strings {
    ids: HashMap<String, u64>,
    all: Vec<String>,
}

impl Strings {
    fn id(&mut self, text: &str) -> u64 {
        if self.all.is_empty() {
            // profile.proto: the first string must be empty.
            self.ids.insert(String::new(), 0);
            self.all.push(String::new());
        }
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let id = self.all.len() as u64;
        self.ids.insert(text.to_owned(), id);
        self.all.push(text.to_owned());
        id
    }
}

/// Encodes the profile, gzipped. `places`: of each stack; `every`: one get in so many was recorded.
pub(super) fn encode(
    pools: &[PoolHeap],
    places: &HashMap<StackId, Vec<Place>>,
    wall_nanos: i64,
    every: u32,
) -> io::Result<Vec<u8>> {
    let lone = |function: &str| vec![Place { function: function.to_owned(), ..Place::default() }];
    let (idle, unknown) = (lone("(idle in the pool)"), lone("(unknown)"));
    let mut strings = Strings::default();
    let mut profile = Message::default();
    // As Go's heap profiles have them, in that order.
    for (kind, unit) in
        [("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"), ("inuse_space", "bytes")]
    {
        let mut value_type = Message::default();
        value_type.number(1, strings.id(kind)).number(2, strings.id(unit));
        profile.message(1, &value_type);
    }
    let mut locations: BTreeMap<&Place, u64> = BTreeMap::new();
    for pool in pools {
        let mut labels = Vec::new();
        for (key, value) in [("pool", pool.name.as_str()), ("type", pool.type_name)] {
            let mut label = Message::default();
            label.number(1, strings.id(key)).number(2, strings.id(value));
            labels.push(label);
        }
        for (held, values) in by_holder(pool) {
            let stack = match held {
                Held::By(stack) => places.get(&stack).unwrap_or(&unknown),
                Held::Idle => &idle,
            };
            let mut ids = Vec::with_capacity(stack.len());
            for place in stack {
                let next = locations.len() as u64 + 1;
                ids.push(*locations.entry(place).or_insert(next));
            }
            let Values { alloc, inuse } = values;
            let mut sample = Message::default();
            sample.numbers(1, &ids).numbers(2, &[alloc.objects, alloc.bytes, inuse.objects, inuse.bytes]);
            labels.iter().for_each(|label| {
                sample.message(3, label);
            });
            profile.message(2, &sample);
        }
    }
    for (place, id) in &locations {
        let Place { function: name, file, line: number, column } = place;
        // A call site knows no function.
        let name = if name.is_empty() { format!("{file}:{number}") } else { name.clone() };
        let mut line = Message::default();
        line.number(1, *id).number(2, u64::from(*number)).number(3, u64::from(*column));
        let mut function = Message::default();
        function.number(1, *id).number(2, strings.id(&name)).number(3, strings.id(&name)).number(4, strings.id(file));
        let mut location = Message::default();
        location.number(1, *id).message(4, &line);
        profile.message(4, &location).message(5, &function);
    }
    let mut period_type = Message::default();
    period_type.number(1, strings.id("gets")).number(2, strings.id("count"));
    let default = strings.id("inuse_space");
    strings.all.iter().for_each(|text| {
        profile.bytes(6, text.as_bytes());
    });
    profile.number(9, wall_nanos.max(0) as u64).message(11, &period_type).number(12, u64::from(every));
    profile.number(14, default);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&profile.into_bytes())?;
    gzip.finish()
}

fn by_holder(pool: &PoolHeap) -> BTreeMap<Held, Values> {
    let mut all: BTreeMap<Held, Values> = BTreeMap::new();
    for (stack, sum) in &pool.handed_out {
        all.entry(Held::By(*stack)).or_default().alloc = *sum;
    }
    for object in &pool.live.objects {
        let held = if object.state == LiveState::Active { Held::By(object.stack) } else { Held::Idle };
        let inuse = &mut all.entry(held).or_default().inuse;
        inuse.objects += 1;
        inuse.bytes += object.bytes;
    }
    for values in all.values_mut() {
        // What is out was handed out, also where sampling or the start of recording missed it.
        values.alloc.objects = values.alloc.objects.max(values.inuse.objects);
        values.alloc.bytes = values.alloc.bytes.max(values.inuse.bytes);
    }
    all
}
