//! Where events go: from the rings through the tables of the trace into its file.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};
use std::panic::Location;
use std::path::PathBuf;
use std::ptr;
use std::sync::Arc;

use pool_dump::{
    Action, End, Event, EventBatch, Frame, Generation, LiveSet, ObjectId, PoolId, Process, StackId, ThreadId,
    ThreadInfo, Writer,
};

use super::Inspect;
use super::ring::{RawEvent, Ring};
use crate::clock::{self, Scale};
use crate::core::Site;
use crate::stack::{self, Place};

/// A thread's ring, and whose it is.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) recorder: u32,
    pub(super) thread: u32,
    pub(super) name: String,
    pub(super) ring: Ring<RawEvent>,
}

/// Where an event comes from: a call site by where its `Location` stands (equal places of two crates may differ, and then
/// meet in the tables), or a stack that was walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Origin {
    Site(usize),
    Walked(StackId),
}

/// Objects and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) objects: u64,
    pub(super) bytes: u64,
}

/// Events of one thread that are not in the trace.
#[derive(Clone, Copy, Debug, Default)]
struct Loss {
    /// That its ring had no room for, as the ring counts them.
    in_ring: u64,
    /// That could not be written.
    in_file: u64,
    /// Of both, those that the trace tells of.
    told: u64,
}

/// The trace that is being written.
pub(super) struct Sink {
    writer: Writer<Box<dyn Write + Send>>,
    every: u32,
    stacks: HashMap<Origin, StackId>,
    /// Of each stack in the trace, the innermost first.
    pub(super) places: HashMap<StackId, Vec<Place>>,
    threads: HashSet<u32>,
    pools: HashSet<u32>,
    /// What each thread has lost.
    losses: HashMap<u32, Loss>,
    /// Sizes of the objects that events have told of.
    sizes: HashMap<u64, u64>,
    /// What was handed out, by pool and stack, since recording began: estimated where only some gets are recorded.
    pub(super) handed_out: HashMap<(u32, StackId), Sum>,
}

impl Sink {
    pub(super) fn new(out: Box<dyn Write + Send>, every: u32) -> io::Result<Self> {
        // Its name alone: dumps are passed on, and folders tell of their user.
        let program = PathBuf::from(std::env::args_os().next().unwrap_or_default());
        let program = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let recorder = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")).to_owned();
        let mut writer = Writer::new(out, &Process { pid: std::process::id(), program, recorder })?;
        writer.clock(clock::pair())?;
        Ok(Sink {
            writer,
            every,
            stacks: HashMap::new(),
            places: HashMap::new(),
            threads: HashSet::new(),
            pools: HashSet::new(),
            losses: HashMap::new(),
            sizes: HashMap::new(),
            handed_out: HashMap::new(),
        })
    }

    /// Moves what is in the rings into the trace. Pools first: events refer to them.
    pub(super) fn drain(&mut self, sources: &[Arc<Source>], pools: &[Arc<dyn Inspect>]) -> io::Result<()> {
        for pool in pools {
            self.describe(&**pool)?;
        }
        let scale = Scale::now();
        let mut drained = Vec::new();
        for source in sources {
            let mut raw = Vec::new();
            let lost = source.ring.drain(&mut raw);
            // All sizes before any get: the get of an object may be in the ring of another thread than its making.
            for event in &raw {
                if let Action::New { bytes, .. } | Action::Attach { bytes, .. } | Action::Put { bytes, .. } =
                    event.action
                {
                    self.sizes.insert(event.object, bytes);
                }
            }
            self.losses.entry(source.thread).or_default().in_ring = lost;
            drained.push((source, raw));
        }
        let mut result = Ok(());
        for (source, raw) in drained {
            let events = raw.len() as u64;
            let written = self.write(source, raw, scale);
            if written.is_err() {
                self.losses.entry(source.thread).or_default().in_file += events;
            }
            result = result.and(written);
        }
        result.and(self.writer.flush())
    }

    fn write(&mut self, source: &Source, raw: Vec<RawEvent>, scale: Scale) -> io::Result<()> {
        let Loss { in_ring, in_file, told } = self.losses.get(&source.thread).copied().unwrap_or_default();
        let lost = (in_ring + in_file).saturating_sub(told);
        if raw.is_empty() && lost == 0 {
            return Ok(());
        }
        let thread = ThreadId(source.thread);
        if self.threads.insert(source.thread) {
            let name = self.writer.string(&source.name);
            self.writer.thread(&ThreadInfo { id: thread, name })?;
        }
        let events = raw.into_iter().map(|event| self.cooked(event, scale)).collect();
        self.writer.events(&EventBatch { thread, lost, events })?;
        self.losses.entry(source.thread).or_default().told += lost;
        Ok(())
    }

    /// Writes what a pool is, once.
    pub(super) fn describe(&mut self, pool: &dyn Inspect) -> io::Result<()> {
        if !self.pools.insert(pool.id()) {
            return Ok(());
        }
        let mut info = pool.info(&mut |text| self.writer.string(text));
        info.record_every = self.every;
        self.writer.pool(&info)
    }

    /// Writes what a pool has counted and what it has. Gives the live set, for the heap profile.
    pub(super) fn snapshot(&mut self, pool: &dyn Inspect) -> io::Result<LiveSet> {
        self.describe(pool)?;
        let scale = Scale::now();
        let time = scale.nanos(clock::now());
        self.writer.counters(&pool.counters(time))?;
        let (mut set, sites) = pool.live_set(time, scale);
        for (object, site) in set.objects.iter_mut().zip(&sites) {
            object.stack = self.stack(*site, object.stack);
        }
        self.writer.live_set(&set)?;
        Ok(set)
    }

    /// Writes what a pool has counted at its end.
    pub(super) fn last_counts(&mut self, pool: &dyn Inspect) -> io::Result<()> {
        self.describe(pool)?;
        self.writer.counters(&pool.counters(Scale::now().nanos(clock::now())))
    }

    pub(super) fn clock(&mut self) -> io::Result<()> {
        self.writer.clock(clock::pair())
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }

    pub(super) fn finish(self) -> io::Result<()> {
        let lost = self.losses.values().map(|loss| loss.in_ring + loss.in_file).sum();
        self.writer.finish(&End { time: Scale::now().nanos(clock::now()), lost }).map(|_| ())
    }

    /// The number in the trace of what was walked or, without that, of the call site.
    fn stack(&mut self, site: Option<Site>, walked: StackId) -> StackId {
        let origin = match site {
            _ if walked != StackId(0) => Origin::Walked(walked),
            Some(site) => Origin::Site(ptr::from_ref::<Location<'_>>(site).addr()),
            None => return StackId(0),
        };
        if let Some(id) = self.stacks.get(&origin) {
            return *id;
        }
        let mut places = stack::places(walked);
        if places.is_empty()
            && let Some(site) = site
        {
            let (file, line, column) = (site.file().to_owned(), site.line(), site.column());
            places.push(Place { function: String::new(), file, line, column });
        }
        let mut frames = Vec::with_capacity(places.len());
        for Place { function, file, line, column } in &places {
            let (function, file) = (self.writer.string(function), self.writer.string(file));
            frames.push(self.writer.frame(Frame { function, file, line: *line, column: *column }));
        }
        let id = self.writer.stack(&frames);
        self.stacks.insert(origin, id);
        self.places.insert(id, places);
        id
    }

    /// Gives an event its time and stack, and counts it for the heap profile.
    fn cooked(&mut self, raw: RawEvent, scale: Scale) -> Event {
        let RawEvent { time, object, site, pool, generation, mut action } = raw;
        match &mut action {
            Action::New { stack, .. }
            | Action::Attach { stack, .. }
            | Action::Get { stack, .. }
            | Action::Put { stack, .. }
            | Action::Detach { stack }
            | Action::Touch { stack }
            | Action::Misuse { stack, .. }
            | Action::Wait { stack, .. } => *stack = self.stack(site, *stack),
            _ => {}
        }
        match action {
            Action::Get { stack, .. } => {
                let bytes = self.sizes.get(&object).copied().unwrap_or(0);
                let sum = self.handed_out.entry((pool, stack)).or_default();
                // Each recorded get stands for so many.
                sum.objects += u64::from(self.every);
                sum.bytes += bytes * u64::from(self.every);
            }
            Action::Drop { .. } | Action::Detach { .. } => drop(self.sizes.remove(&object)),
            _ => {}
        }
        let time = scale.nanos(time);
        Event { time, pool: PoolId(pool), object: ObjectId(object), generation: Generation(generation), action }
    }
}
