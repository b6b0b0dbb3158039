//! What the files say of processes: readings of the kernel's and of the runtime's, and which go together.

use crate::lens::SourceId;
use crate::model::Nanos;
use crate::model::record::{AddressSpace, Cgroup, MapOrigin, MemoryMeasure as Measure, MemorySeries, Record};
use crate::session::Session;

/// Readings in the order of time, where they tell it.
pub struct Facts<'a> {
    /// Memory of processes as the kernel counts it.
    pub spaces: Vec<(SourceId, &'a AddressSpace)>,
    /// Control groups.
    pub groups: Vec<(SourceId, &'a Cgroup)>,
    /// What Go's runtime accounts for.
    pub runtime: Vec<RuntimeMemory>,
}

/// One reading of what Go's runtime accounts for, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RuntimeMemory {
    /// The file.
    pub source: SourceId,
    /// When.
    pub time: Option<Nanos>,
    /// Of objects, dead ones that are not swept included.
    pub heap_alloc: u64,
    /// Of spans with objects.
    pub heap_inuse: u64,
    /// Of spans without.
    pub heap_idle: u64,
    /// Of them given back.
    pub heap_released: u64,
    /// Of spans of stacks.
    pub stack_inuse: u64,
    /// All that was obtained from the system and not given back.
    pub committed: u64,
    /// The size at which the next cycle ends; `None` without one (`GOGC=off`).
    pub goal: Option<u64>,
}

impl RuntimeMemory {
    /// Of a reading; `None` where it is not Go's, or lacks what is needed.
    pub fn new(session: &Session, source: SourceId, series: &MemorySeries, row: usize) -> Option<Self> {
        let of = |measure| series.at(row, measure).filter(|value| *value >= 0.0).map(|value| value as u64);
        let heap_released = of(Measure::HeapReleased)?;
        Some(Self {
            source,
            time: session.time_of_row(source, series, row),
            heap_alloc: of(Measure::HeapAlloc)?,
            heap_inuse: of(Measure::HeapInuse)?,
            heap_idle: of(Measure::HeapIdle)?,
            heap_released,
            stack_inuse: of(Measure::StackInuse).unwrap_or(0),
            committed: of(Measure::Sys)?.saturating_sub(heap_released),
            goal: of(Measure::NextGc).filter(|&goal| goal > 0 && goal < 1 << 62),
        })
    }

    /// Idle spans that were not given back.
    pub fn idle(&self) -> u64 {
        self.heap_idle.saturating_sub(self.heap_released)
    }

    /// Free memory within spans that some object keeps.
    pub fn span_waste(&self) -> u64 {
        self.heap_inuse.saturating_sub(self.heap_alloc)
    }

    /// Spans that are held, with objects or without.
    pub fn held(&self) -> u64 {
        self.heap_inuse.saturating_add(self.idle())
    }

    /// What of the heap's addresses may be in memory: what is held, and stacks, which lie among it.
    pub fn heap_resident(&self) -> u64 {
        self.held().saturating_add(self.stack_inuse)
    }

    /// What is no heap: tables of the runtime.
    pub fn tables(&self) -> u64 {
        self.committed.saturating_sub(self.heap_resident())
    }
}

/// Readings this near are of one moment: a heap seldom changes by much in less.
const SAME_MOMENT: u64 = 2_000_000_000;

impl<'a> Facts<'a> {
    /// Looks through the session.
    pub fn new(session: &'a Session) -> Self {
        let mut facts = Self { spaces: Vec::new(), groups: Vec::new(), runtime: Vec::new() };
        for (source, record) in session.records() {
            match record {
                Record::AddressSpace(space) => facts.spaces.push((source.id, &**space)),
                Record::Cgroup(group) => facts.groups.push((source.id, &**group)),
                Record::Memory(series) => {
                    let rows = (0..series.len()).filter_map(|row| RuntimeMemory::new(session, source.id, series, row));
                    facts.runtime.extend(rows);
                }
                _ => {}
            }
        }
        crate::order::sort_by_key(&mut facts.spaces, |&(source, space)| session.time(source, space.time));
        crate::order::sort_by_key(&mut facts.groups, |&(source, group)| session.time(source, group.time));
        crate::order::sort_by_key(&mut facts.runtime, |reading| reading.time);
        facts
    }

    /// What the runtime said at a moment, and whether it is known to be the same moment: the nearest reading, or the last
    /// where no times are told.
    pub fn runtime_at(&self, time: Option<Nanos>) -> Option<(RuntimeMemory, bool)> {
        let Some(time) = time else { return self.runtime.last().map(|&reading| (reading, false)) };
        let away = |reading: &&RuntimeMemory| reading.time.map_or(u64::MAX, |at| (at - time).nanos().unsigned_abs());
        let nearest = self.runtime.iter().min_by_key(away)?;
        Some((*nearest, away(&nearest) <= SAME_MOMENT))
    }

    /// The last reading with ranges; where there is none, the last with sums.
    pub fn last_space(&self) -> Option<(SourceId, &'a AddressSpace)> {
        let with_ranges = self.spaces.iter().rev().find(|(_, space)| space.origin == MapOrigin::Ranges);
        with_ranges.or_else(|| self.spaces.last()).copied()
    }
}
