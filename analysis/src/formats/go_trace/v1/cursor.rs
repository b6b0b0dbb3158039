//! The events of one processor, one after the other, with what each depends on.

use std::ops::Range;

use super::kind::Kind;
use super::place::{Place, slot};
use super::wire::Wire;
use crate::model::trace::Goroutines;

/// What is known of a goroutine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    pub(super) seq: u64,
    pub(super) status: Status,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Status {
    #[default]
    Dead,
    Runnable,
    Running,
    Waiting,
}

/// A state's number that an event does not name: any will do, and it stays, or rises by one.
pub(super) const ANY: u64 = u64::MAX;
pub(super) const RISE: u64 = u64::MAX - 1;

/// Whose state an event needs and changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Nobody,
    Collector,
    Goroutine(u32),
}

/// The next event of a processor.
#[derive(Clone, Copy)]
pub(super) struct Head {
    pub(super) place: Place,
    pub(super) subject: Subject,
    pub(super) needs: State,
    pub(super) leaves: State,
    /// When a system call ended, in ticks; it is noted later than that. 0 where the event does not say.
    pub(super) ended: i64,
}

/// A processor's events, read as they are needed.
pub(super) struct Cursor<'a> {
    wire: Wire<'a>,
    /// Batches that are still to come, last first.
    batches: Vec<Range<u32>>,
    end: usize,
    proc: i32,
    time: i64,
    running: u32,
    samples: std::vec::IntoIter<Place>,
    pub(super) head: Option<Head>,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8], minor: u8, proc: i32, batches: Vec<Range<u32>>, samples: Vec<Place>) -> Self {
        let samples = samples.into_iter();
        let wire = Wire::new(bytes, 0, minor);
        Self { wire, batches, end: 0, proc, time: 0, running: 0, samples, head: None }
    }

    /// The next event, which stays until it is taken; `None` after the last.
    pub(super) fn head(&mut self, goroutines: &mut Goroutines) -> Option<Head> {
        if self.head.is_none() {
            self.head = match self.samples.next() {
                Some(place) => Some(Head::free(place)),
                None => self.read(goroutines),
            };
        }
        self.head
    }

    fn read(&mut self, goroutines: &mut Goroutines) -> Option<Head> {
        loop {
            let at = self.wire.offset();
            if at >= self.end {
                let batch = self.batches.pop()?;
                self.wire.go_to(batch.start as usize);
                self.end = batch.end as usize;
                continue;
            }
            // The first pass read it: it can be read again.
            let event = self.wire.event().ok()??;
            match event.kind {
                Kind::Batch => self.time = event.args[1] as i64,
                Kind::Frequency | Kind::Stack | Kind::TimerGoroutine | Kind::String | Kind::CpuSample => {}
                kind => {
                    self.time = self.time.wrapping_add(event.args[0] as i64);
                    return Some(self.place(kind, at, &event.args, goroutines));
                }
            }
        }
    }

    /// Places the event and says what it depends on (internal/tracev1, `parseEvent` and `stateTransition`).
    fn place(&mut self, kind: Kind, at: usize, args: &[u64; 5], goroutines: &mut Goroutines) -> Head {
        use Kind as K;
        use Status::{Dead, Runnable, Running, Waiting};
        let [_, first, second, third, _] = *args;
        let named = match kind {
            K::GoCreate
            | K::GoStart
            | K::GoStartLocal
            | K::GoStartLabel
            | K::GoUnblock
            | K::GoUnblockLocal
            | K::GoSysExit
            | K::GoSysExitLocal
            | K::GoWaiting
            | K::GoInSyscall => slot(goroutines, first),
            _ => 0,
        };
        let mut goroutine = self.running;
        match kind {
            K::GoStart | K::GoStartLocal | K::GoStartLabel => {
                self.running = named;
                goroutine = named;
            }
            K::GoSysExit | K::GoWaiting | K::GoInSyscall => goroutine = named,
            kind if kind.ends_running() => self.running = 0,
            _ => {}
        }
        let place = Place {
            time: self.time,
            at: at as u32,
            goroutine,
            proc: self.proc,
            kind: kind.without_local(),
            is_blocking: false,
        };
        let mut head = Head::free(place);
        let mut needs = |subject, needs: (u64, Status), leaves: (u64, Status)| {
            head.subject = subject;
            head.needs = State { seq: needs.0, status: needs.1 };
            head.leaves = State { seq: leaves.0, status: leaves.1 };
        };
        let (named, own) = (Subject::Goroutine(named), Subject::Goroutine(goroutine));
        match kind {
            K::GoCreate => needs(named, (0, Dead), (1, Runnable)),
            K::GoWaiting | K::GoInSyscall => needs(own, (1, Runnable), (2, Waiting)),
            K::GoStart | K::GoStartLabel => needs(own, (second, Runnable), (second.wrapping_add(1), Running)),
            // On the processor of the event that made it runnable, which is therefore behind it.
            K::GoStartLocal => needs(own, (ANY, Runnable), (RISE, Running)),
            K::GoSched | K::GoPreempt => needs(own, (ANY, Running), (ANY, Runnable)),
            K::GoUnblock | K::GoSysExit => needs(named, (second, Waiting), (second.wrapping_add(1), Runnable)),
            K::GoUnblockLocal | K::GoSysExitLocal => needs(named, (ANY, Waiting), (RISE, Runnable)),
            K::GcStart => needs(Subject::Collector, (first, Dead), (first.wrapping_add(1), Dead)),
            kind if kind.blocks() || kind == K::GoSysBlock => needs(own, (ANY, Running), (ANY, Waiting)),
            _ => {}
        }
        if kind == K::GoSysExit {
            head.ended = third as i64;
        }
        head
    }
}

impl Head {
    /// An event that depends on nothing.
    fn free(place: Place) -> Self {
        Self { place, subject: Subject::Nobody, needs: State::default(), leaves: State::default(), ended: 0 }
    }
}
