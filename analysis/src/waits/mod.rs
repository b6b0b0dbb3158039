//! What waits: groups of goroutines and threads over snapshots, and locks with who waits for them and who holds them.

mod frames;
mod groups;
mod locks;
mod shape;
mod state;

pub use frames::{Frame, frames, is_library, own_frame};
pub use groups::{Group, Moment, Population, Track};
pub use locks::{Coverage, Delay, Lock, Side};
pub use shape::{End, owner_of};
pub use state::is_lock;

use crate::model::ProfileKind;
use crate::model::record::{Record, StackOrigin};
use crate::pools::PoolPattern;
use crate::session::Session;

/// All of a session.
#[derive(Clone, Debug, Default)]
pub struct Waits {
    /// Goroutines, goroutines of crashes, threads, threads of Java; those that are there.
    pub populations: Vec<Population>,
    /// The longest waited for first; the runtime's own last.
    pub locks: Vec<Lock>,
    /// Mutex profiles.
    pub mutex: Coverage,
    /// Block profiles.
    pub block: Coverage,
}

impl Waits {
    /// Looks at all files. `patterns` are the pools that the user named, and the known ones.
    pub fn new(session: &Session, patterns: &[PoolPattern]) -> Self {
        // Names of functions need not be looked at where nothing stands or waits.
        if !is_told(session) {
            return Self::default();
        }
        let shapes = shape::Shapes::new(&session.symbols, patterns);
        let populations = groups::populations(session, &shapes);
        let locks::Found { locks, mutex, block } = locks::locks(session, &shapes, &populations);
        Self { populations, locks, mutex, block }
    }

    /// Whether there is anything to look at.
    pub fn is_empty(&self) -> bool {
        self.populations.is_empty() && self.mutex.sources.is_empty() && self.block.sources.is_empty()
    }

    /// The goroutines, as asked for.
    pub fn goroutines(&self) -> Option<&Population> {
        let is = |population: &&Population| population.origin == StackOrigin::Goroutines;
        self.populations.iter().find(|population| is(population) && !population.is_crash)
    }
}

/// Whether a file tells of goroutines, threads or locks.
fn is_told(session: &Session) -> bool {
    let kinds = [
        ProfileKind::Goroutine,
        ProfileKind::GoroutineLeak,
        ProfileKind::Mutex,
        ProfileKind::Block,
        ProfileKind::Contention,
    ];
    let mut profiles = session.sources.iter().filter_map(|source| session.profile(source.id));
    profiles.any(|profile| kinds.contains(&profile.kind))
        || session.records().any(|(_, record)| matches!(record, Record::Stacks(_)))
}
