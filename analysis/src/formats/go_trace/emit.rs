//! Where events go once they are in order: into the tables of the trace, each with a time of its own.

use crate::model::trace::{AllocFreeEvent, AllocFreeType, ClockSnapshot, Context, EventType, Sync, Trace};

/// Fills a trace.
pub(super) struct Emitter {
    pub(super) trace: Trace,
    last: i64,
}

impl Emitter {
    pub(super) fn new(format_minor: u8) -> Self {
        Self { trace: Trace { format_minor, ..Trace::default() }, last: 0 }
    }

    /// The time as Go's reader gives it: above that of the event before (internal/trace, `Reader.ReadEvent`).
    #[inline]
    fn rising(&mut self, time: i64) -> i64 {
        self.last = if time <= self.last { self.last.saturating_add(1) } else { time };
        self.last
    }

    #[inline]
    pub(super) fn event(&mut self, time: i64, event_type: EventType, context: Context, words: &[u32]) {
        let time = self.rising(time);
        self.trace.events.push(time, event_type, context, words);
    }

    pub(super) fn sync(&mut self, time: i64, clock: Option<ClockSnapshot>) {
        let number = self.trace.syncs.len() as u32 + 1;
        self.event(time, EventType::Sync, Context::default(), &[number]);
        self.trace.syncs.push(Sync { time: self.last, clock });
    }

    /// The sync that ends a trace.
    pub(super) fn end(&mut self) {
        self.sync(self.last, None);
    }

    pub(super) fn heap_live(&mut self, time: i64, bytes: u64) {
        let time = self.rising(time);
        self.trace.heap_live.push(time, bytes);
    }

    pub(super) fn heap_goal(&mut self, time: i64, bytes: u64) {
        let time = self.rising(time);
        self.trace.heap_goal.push(time, bytes);
    }

    pub(super) fn alloc_free(&mut self, time: i64, kind: AllocFreeType, number: u64, detail: u64, context: Context) {
        let time = self.rising(time);
        self.trace.alloc_free.push(AllocFreeEvent { time, kind, number, detail, goroutine: context.goroutine });
    }
}
