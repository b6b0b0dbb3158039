//! The pools that a Go execution trace tells of: by annotations of the program, else by Go's allocation events.

use super::{alloc_free, annotations};
use crate::model::pool::{History, Process, Source};
use crate::model::trace::{EventType, Trace};
use crate::model::{Nanos, Symbols};

/// A history in the making: one walk over a trace, in steps.
pub struct TraceWalk {
    annotations: Option<annotations::Walk>,
    alloc_free: Option<alloc_free::Walk>,
}

/// The history of the pools that a trace tells of; `None` when it tells of none.
pub fn from_trace(trace: &Trace, symbols: &mut Symbols) -> Option<History> {
    let mut walk = TraceWalk::new(trace, symbols);
    while !walk.follow(trace, symbols, usize::MAX) {}
    walk.finish(trace)
}

/// Whether a [`TraceWalk`] looks at events of this type. Who has no room for a trace need not keep others for it.
pub fn is_walked(event_type: EventType) -> bool {
    matches!(event_type, EventType::Log | EventType::RegionBegin | EventType::GcBegin | EventType::GcEnd)
}

impl TraceWalk {
    /// At the first event of a trace that is whole.
    pub fn new(trace: &Trace, symbols: &mut Symbols) -> Self {
        let begin = trace.span().map_or(0, |(begin, _)| begin);
        Self {
            annotations: annotations::Walk::new(begin, symbols),
            alloc_free: alloc_free::Walk::new(begin, trace, symbols),
        }
    }

    /// Walks over at most `most` further events; `true` when there are none left.
    pub fn follow(&mut self, trace: &Trace, symbols: &mut Symbols, most: usize) -> bool {
        if let Some(walk) = &mut self.annotations {
            let is_done = walk.follow(trace, symbols, most);
            if is_done && walk.history.events.is_empty() {
                self.annotations = None;
            }
            return is_done && (self.annotations.is_some() || self.alloc_free.is_none());
        }
        self.alloc_free.as_mut().is_none_or(|walk| walk.follow(trace, most))
    }

    /// Events of objects that were found so far.
    pub fn events(&self) -> usize {
        self.history().map_or(0, |history| history.events.len())
    }

    /// What was found; `None` when the trace tells of no pool.
    pub fn finish(self, trace: &Trace) -> Option<History> {
        let (begin, end) = trace.span()?;
        let source = match (&self.annotations, trace.alloc_free.is_empty()) {
            (Some(_), true) => Source::Annotations,
            (Some(_), false) => Source::AnnotationsWithFrees,
            (None, _) => Source::AllocFree,
        };
        let by_annotations = self.annotations.map(|walk| walk.history);
        let mut history = by_annotations.or_else(|| Some(self.alloc_free?.history))?;
        if history.events.is_empty() {
            return None;
        }
        let recorder = if source == Source::AllocFree { "traceallocfree" } else { "annotations" };
        let length = end.saturating_sub(begin);
        history.source = source;
        history.span = (0, length);
        history.origin = u64::try_from(begin).unwrap_or(0);
        history.wall = trace.syncs.iter().find_map(|sync| sync.clock).map(|clock| {
            let since = begin.saturating_sub(clock.trace_nanos);
            Nanos::from_unix_nanos(clock.wall_unix_nanos.saturating_add(since))
        });
        history.processes.push(Process {
            program: format!("Go execution trace, format 1.{}", trace.format_minor),
            recorder: recorder.to_owned(),
            version: format!("go 1.{}", trace.format_minor),
            is_ended: true,
            end: length,
            ..Process::default()
        });
        Some(history)
    }

    fn history(&self) -> Option<&History> {
        let by_annotations = self.annotations.as_ref().map(|walk| &walk.history);
        by_annotations.or_else(|| Some(&self.alloc_free.as_ref()?.history))
    }
}
