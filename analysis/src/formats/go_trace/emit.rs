//! Where events go once they are in order: into the tables of the trace, each with a time of its own.

use crate::model::trace::{AllocFreeEvent, AllocFreeType, ClockSnapshot, Context, EventType, Sync, Trace};

/// A stretch of a trace is handed on when it has so many events, or so many of its series.
const STRETCH_EVENTS: usize = 1 << 15;

/// Fills a trace.
pub(super) struct Emitter {
    pub(super) trace: Trace,
    /// How many were put into the table of events, those that were taken out included.
    pub(super) events: usize,
    last: i64,
    /// When the next stretch is full, by the number of events held.
    full_at: usize,
}

impl Emitter {
    pub(super) fn new(format_minor: u8) -> Self {
        Self { trace: Trace { format_minor, ..Trace::default() }, events: 0, last: 0, full_at: STRETCH_EVENTS }
    }

    /// Whether so much was put in that it may be handed on.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.held() >= self.full_at
    }

    /// The trace was handed on, and some of it may have been taken.
    pub(super) fn went_on(&mut self) {
        self.full_at = self.held() + STRETCH_EVENTS;
    }

    #[inline]
    fn held(&self) -> usize {
        self.trace.events.len() + self.trace.heap_live.len() + self.trace.alloc_free.len()
    }

    /// The time as Go's reader gives it: above that of the event before (internal/trace, `Reader.ReadEvent`).
    #[inline]
    fn rising(&mut self, time: i64) -> i64 {
        self.last = if time <= self.last { self.last.saturating_add(1) } else { time };
        self.last
    }

    #[inline(always)]
    pub(super) fn event<const N: usize>(
        &mut self,
        time: i64,
        event_type: EventType,
        context: Context,
        words: [u32; N],
    ) {
        let time = self.rising(time);
        self.trace.events.push(time, event_type, context, words);
        self.events += 1;
    }

    pub(super) fn sync(&mut self, time: i64, clock: Option<ClockSnapshot>) {
        let number = self.trace.syncs.len() as u32 + 1;
        self.event(time, EventType::Sync, Context::default(), [number]);
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
