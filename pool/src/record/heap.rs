//! The heap profile: what is handed out now, and was in all, by call site, pool and type, as any pprof tool reads it
//! (profile.proto of google/pprof).
//!
//! `inuse` is what is out, at the site of its get, and what is idle, under a frame of its own; so all of `inuse` is what
//! the pools have. `alloc` is what was handed out: a get is an allocation as its caller sees it.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use pool_dump::{LiveSet, LiveState};

use super::proto::Message;
use super::sink::Sum;
use crate::core::Site;

/// What a pool has, for the profile.
pub(super) struct PoolHeap {
    pub(super) name: String,
    pub(super) type_name: &'static str,
    pub(super) live: LiveSet,
    pub(super) sites: Vec<Option<Site>>,
    /// What was handed out, by site.
    pub(super) handed_out: Vec<(Site, Sum)>,
}

/// The place of a sample. Ordered, so that the same counts give the same bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Site { file: &'static str, line: u32, column: u32 },
    Unknown,
    Idle,
}

impl Place {
    fn of(site: Option<Site>) -> Self {
        site.map_or(Place::Unknown, |site| Place::Site { file: site.file(), line: site.line(), column: site.column() })
    }

    /// A name for the function, which a `Location` does not know.
    fn name(&self) -> String {
        match self {
            Place::Site { file, line, .. } => format!("{file}:{line}"),
            Place::Unknown => "(unknown)".to_owned(),
            Place::Idle => "(idle in the pool)".to_owned(),
        }
    }
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

/// Encodes the profile, gzipped. `every`: one get in so many was recorded.
pub(super) fn encode(pools: &[PoolHeap], wall_nanos: i64, every: u32) -> io::Result<Vec<u8>> {
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
    let mut places: BTreeMap<Place, u64> = BTreeMap::new();
    for pool in pools {
        let mut labels = Vec::new();
        for (key, value) in [("pool", pool.name.as_str()), ("type", pool.type_name)] {
            let mut label = Message::default();
            label.number(1, strings.id(key)).number(2, strings.id(value));
            labels.push(label);
        }
        for (place, values) in by_place(pool) {
            let next = places.len() as u64 + 1;
            let location = *places.entry(place).or_insert(next);
            let Values { alloc, inuse } = values;
            let mut sample = Message::default();
            sample.numbers(1, &[location]).numbers(2, &[alloc.objects, alloc.bytes, inuse.objects, inuse.bytes]);
            labels.iter().for_each(|label| {
                sample.message(3, label);
            });
            profile.message(2, &sample);
        }
    }
    for (place, id) in &places {
        let mut line = Message::default();
        line.number(1, *id);
        let mut function = Message::default();
        function.number(1, *id).number(2, strings.id(&place.name())).number(3, strings.id(&place.name()));
        if let Place::Site { file, line: number, column } = place {
            line.number(2, u64::from(*number)).number(3, u64::from(*column));
            function.number(4, strings.id(file));
        }
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

fn by_place(pool: &PoolHeap) -> BTreeMap<Place, Values> {
    let mut all: BTreeMap<Place, Values> = BTreeMap::new();
    for (site, sum) in &pool.handed_out {
        let alloc = &mut all.entry(Place::of(Some(site))).or_default().alloc;
        alloc.objects += sum.objects;
        alloc.bytes += sum.bytes;
    }
    for (object, site) in pool.live.objects.iter().zip(&pool.sites) {
        let place = if object.state == LiveState::Active { Place::of(*site) } else { Place::Idle };
        let inuse = &mut all.entry(place).or_default().inuse;
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
