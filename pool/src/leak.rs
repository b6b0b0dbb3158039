//! What is watched for leaks, and what a report says.

use std::fmt;
use std::panic::Location;
use std::time::Duration;

use pool_dump::StackId;

use crate::stack::{self, Place};

/// How many gets are watched for leaks. What is watched costs a reading of the clock at its get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeakLevel {
    /// None; nothing is ever reported.
    Off,
    /// One in so many, by each thread's own count.
    Sampled(u32),
    /// All.
    Full,
}

impl Default for LeakLevel {
    /// One in 128: some nanoseconds each, and a leak of one get in a hundred is seen within ten thousand.
    fn default() -> Self {
        LeakLevel::Sampled(128)
    }
}

impl LeakLevel {
    /// One get in so many; `u32::MAX` stands for none.
    pub(crate) fn every(self) -> u32 {
        match self {
            LeakLevel::Off => u32::MAX,
            LeakLevel::Sampled(every) => every.max(1),
            LeakLevel::Full => 1,
        }
    }
}

/// An object that has been out for too long.
#[derive(Clone, Copy, Debug)]
pub struct LeakedObject {
    /// Unique in the process.
    pub object: u64,
    /// How often it had been handed out.
    pub generation: u32,
    /// Time since its get; `None` where that was not watched, so that only the pool's end has shown it.
    pub age: Option<Duration>,
    /// Its size when it was last measured, in bytes.
    pub bytes: u64,
    /// Who got it.
    pub site: Option<&'static Location<'static>>,
    /// The thread that got it, by its number in the traces.
    pub thread: u32,
    pub(crate) stack: StackId,
}

impl LeakedObject {
    /// The stack of its get, the innermost place first; empty unless the pool was told to walk stacks. Naming a stack may
    /// take milliseconds.
    pub fn stack(&self) -> Vec<Place> {
        stack::places(self.stack)
    }
}

/// Objects of one pool that have been out for longer than its threshold, each told once per hand-out.
#[derive(Clone, Debug)]
pub struct LeakReport {
    /// The pool's name.
    pub pool: String,
    /// The type of its objects.
    pub type_name: &'static str,
    /// The pool's threshold; zero at the pool's end, when all that is out is told.
    pub threshold: Duration,
    /// One get in so many was watched: there are about so many times more.
    pub sampled_every: u32,
    /// The objects, the oldest first.
    pub objects: Vec<LeakedObject>,
}

/// Objects that a report's text names one by one; the rest are counted.
const NAMED: usize = 5;

impl fmt::Display for LeakReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LeakReport { pool, type_name, threshold, sampled_every, objects } = self;
        write!(f, "pool {pool} ({type_name}): {} objects out ", objects.len())?;
        if threshold.is_zero() {
            write!(f, "at the pool's end")?;
        } else {
            write!(f, "for more than {threshold:?}")?;
            if *sampled_every > 1 {
                write!(f, ", of one get in {sampled_every}")?;
            }
        }
        for object in objects.iter().take(NAMED) {
            write!(f, "; #{}", object.object)?;
            if let Some(age) = object.age {
                write!(f, " for {age:?}")?;
            }
            if let Some(site) = object.site {
                write!(f, " at {site}")?;
            }
        }
        match objects.len().saturating_sub(NAMED) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

/// What a pool does with a report unless its builder was told otherwise: a line on standard error, and a dump if a
/// recorder runs.
pub fn log_and_dump(report: &LeakReport) {
    eprintln!("{report}");
    crate::record::dump_now();
}
