//! Where events go once they are in order: into the tables of the trace, each with a time of its own.

use crate::model::trace::{AllocFreeEvent, AllocFreeType, ClockSnapshot, Context, EventType, Sync, Trace};

/// A stretch of a trace is handed on when it has so many events, or so many of its series.
const STRETCH_EVENTS: usize = 1 << 15;

/// The longest trace: 26 days. Later times are a clock's fault, and sums over thousands of goroutines fit into 64 bits.
pub(super) const MOST_NANOS: i64 = 1 << 51;

/// What is said of times beyond [`MOST_NANOS`].
pub(super) const TOO_LONG: &str = "Times more than 26 days after the first stand in the trace, so its clock is wrong \
    there: they are told as 26 days, and durations up to them mean nothing.";

/// Fills a trace.
pub(super) struct Emitter {
    pub(super) trace: Trace,
    /// How many were put into the table of events, those that were taken out included.
    pub(super) events: usize,
    last: i64,
    /// No time is above.
    most: i64,
    /// When the next stretch is full, by the number of events held.
    full_at: usize,
}

impl Emitter {
    pub(super) fn new(format_minor: u8) -> Self {
        let trace = Trace { format_minor, ..Trace::default() };
        Self { trace, events: 0, last: 0, most: i64::MAX, full_at: STRETCH_EVENTS }
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
        let time = if time <= self.last { self.last.saturating_add(1) } else { time };
        self.last = time.min(self.most);
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
        if number == 1 {
            self.most = time.saturating_add(MOST_NANOS);
        }
        self.event(time, EventType::Sync, Context::default(), [number]);
        self.trace.syncs.push(Sync { time: self.last, clock });
    }

    /// Whether times were above what is believed.
    pub(super) fn is_too_long(&self) -> bool {
        self.last >= self.most
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
