//! One trace that is open: what was decoded of it so far, and the lanes that were looked at.

use std::collections::HashMap;

use analysis::formats::go_trace::Reader;
use analysis::model::trace::{EventType, GoState, Goroutine, Overview, Trace, Transition};
use analysis::model::{Profile, StackId, StringId, Symbols, TraceProfileKind};
use analysis::timeline::{
    ClockMap, ClockMethod, Executors, Pin, PinPlace, Spans, Spread, Survey, Window, goroutine_lane, places, thread_of,
};
use analysis::trace_profile::{Presence, trace_profile};
use analysis::trace_summary::{Ledger, LedgerWalk, Range, Summary, summarize};

use crate::tables::KeptAnswer;
use crate::tables::events::Search;

/// Lanes of goroutines that are kept; beyond that only those in sight are.
const MOST_LANE_BYTES: usize = 200 << 20;

/// A trace, and everything that was made of it.
pub(crate) struct Open {
    pub(crate) key: u32,
    pub(crate) name: String,
    pub(crate) symbols: Symbols,
    pub(crate) reader: Option<Reader>,
    decoded: Trace,
    pub(crate) survey: Survey,
    /// From a first look at the file; until all is decoded.
    front: Option<(Trace, Survey)>,
    pub(crate) warnings: Vec<String>,
    pub(crate) groups: Vec<Group>,
    grouped: usize,
    lanes: HashMap<u32, Lane>,
    /// Of the lanes that were made, also of those that others took the place of since.
    lane_bytes: usize,
    threads: (Executors, usize),
    pub(crate) clock: Option<ClockMap>,
    /// What the files tell of the clock, whatever was set by hand.
    pub(crate) found: Option<ClockMap>,
    guess: Option<i64>,
    pub(crate) pins: Vec<PinPlace>,
    /// What goroutines spent; before, the walk that finds it.
    ledger: Option<Ledger>,
    walk: Option<LedgerWalk>,
    /// The search through events that was asked for last.
    pub(crate) search: Option<Search>,
    /// Of all Gets, with the number of events that it was found in.
    slow_get: (usize, i64),
    /// Answers that took a walk over the trace.
    pub(crate) kept: Vec<KeptAnswer>,
}

/// Goroutines that began with the same function, the busiest first.
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) members: Vec<u32>,
    pub(crate) events: u64,
}

struct Lane {
    spans: Spans,
    seen: usize,
    used: u64,
}

impl Open {
    pub(crate) fn new(key: u32, name: String) -> Self {
        Self {
            key,
            name,
            symbols: Symbols::default(),
            reader: Some(Reader::new()),
            decoded: Trace::default(),
            survey: Survey::default(),
            front: None,
            warnings: Vec::new(),
            groups: Vec::new(),
            grouped: 0,
            lanes: HashMap::new(),
            lane_bytes: 0,
            threads: (Executors::default(), 0),
            clock: None,
            found: None,
            guess: None,
            pins: Vec::new(),
            ledger: None,
            walk: None,
            search: None,
            slow_get: (0, 0),
            kept: Vec::new(),
        }
    }

    /// What a first look found.
    pub(crate) fn set_overview(&mut self, overview: &Overview) {
        if overview.span.is_some() {
            self.front = Some(Survey::of_overview(overview, &self.symbols));
        }
    }

    /// All is decoded.
    pub(crate) fn set_trace(&mut self, trace: Trace, warnings: Vec<String>) {
        self.decoded = trace;
        self.warnings = warnings;
        self.reader = None;
    }

    /// All is decoded and looked at.
    pub(crate) fn finish(&mut self) {
        self.front = None;
    }

    pub(crate) fn is_done(&self) -> bool {
        self.reader.is_none() && self.front.is_none() && self.survey.seen() >= self.decoded.events.len()
    }

    /// What is decoded.
    pub(crate) fn trace(&self) -> &Trace {
        self.reader.as_ref().and_then(Reader::trace).unwrap_or(&self.decoded)
    }

    /// What is known of the whole file: the first look, until everything is decoded.
    pub(crate) fn front(&self) -> (&Trace, &Survey) {
        self.front.as_ref().map_or((self.trace(), &self.survey), |(trace, survey)| (trace, survey))
    }

    /// Looks at events that were decoded since; `true` when none are left.
    pub(crate) fn follow(&mut self, most: usize) -> bool {
        let trace = self.reader.as_ref().and_then(Reader::trace).unwrap_or(&self.decoded);
        self.survey.follow(trace, &self.symbols, most)
    }

    pub(crate) fn bounds(&self) -> Window {
        let (trace, survey) = self.front();
        survey.bounds(trace).unwrap_or(Window::new(0, 1_000_000))
    }

    /// Up to where events are decoded.
    pub(crate) fn decoded_until(&self) -> i64 {
        if self.is_done() { i64::MAX } else { self.survey.bounds(self.trace()).map_or(i64::MIN, |bounds| bounds.end) }
    }

    /// Places the other files, at an offset set by hand if there is one.
    pub(crate) fn set_pins(&mut self, pins: &[Pin], by_hand: Option<i64>) {
        let (_, survey) = self.front();
        // The clock's snapshots are in the decoded part.
        let find = |by_hand| ClockMap::find(self.trace(), &survey.collector, &self.symbols, pins, by_hand);
        let bounds = self.bounds();
        // Other files saw more than their goroutine profiles tell here.
        let own = pins.iter().find(|pin| pin.is_trace() && pin.name == self.name);
        let session = own.map(|own| ClockMap {
            offset_nanos: own.time_nanos.saturating_sub(bounds.start),
            method: ClockMethod::Session,
            residual_nanos: 0,
        });
        let found =
            find(None).filter(|found| found.method == ClockMethod::Snapshots).or(session).or_else(|| find(None));
        let clock = by_hand.map_or(found, |by_hand| find(Some(by_hand)));
        let places = clock.map_or(Vec::new(), |clock| places(clock, pins, &survey.collector, bounds));
        let guess =
            pins.iter().filter(|pin| !pin.is_trace()).map(|pin| pin.time_nanos.saturating_sub(bounds.start)).min();
        (self.found, self.guess, self.clock, self.pins) = (found, guess, clock, places);
    }

    /// What a shift by hand counts from: the offset that was found, else the one at which the first file stands at the
    /// trace's beginning.
    pub(crate) fn shift_base(&self) -> Option<i64> {
        self.found.map(|clock| clock.offset_nanos).or(self.guess)
    }

    /// Groups the goroutines anew when there is more of them.
    pub(crate) fn group(&mut self) {
        if self.grouped == self.survey.seen() {
            return;
        }
        self.grouped = self.survey.seen();
        let mut by_name: HashMap<StringId, (Vec<u32>, u64)> = HashMap::new();
        for (at, row) in self.survey.roster.rows.iter().enumerate().filter(|(_, row)| row.events > 0) {
            let group = by_name.entry(row.name).or_default();
            group.0.push(at as u32);
            group.1 += u64::from(row.events);
        }
        let events = |at: u32| self.survey.roster.rows.get(at as usize).map_or(0, |row| row.events);
        self.groups = by_name
            .into_iter()
            .map(|(name, (mut members, total))| {
                members.sort_by_key(|&at| (std::cmp::Reverse(events(at)), at));
                let name = self.symbols.strings.get(name);
                let name = if name.is_empty() { "start not known" } else { name };
                Group { name: name.to_owned(), members, events: total }
            })
            .collect();
        // The program's own before the runtime's.
        let is_runtime =
            |name: &str| (name.starts_with("runtime.") && name != "runtime.main") || name.starts_with("runtime/trace");
        self.groups.sort_by(|a, b| {
            let key = |group: &Group| (is_runtime(&group.name), std::cmp::Reverse(group.events));
            key(a).cmp(&key(b)).then_with(|| a.name.cmp(&b.name))
        });
    }

    /// Goes on with the ledger; `true` when it is made. Made once all is read.
    pub(crate) fn make_ledger(&mut self, most: usize) -> bool {
        if self.ledger.is_some() || !self.is_done() {
            return true;
        }
        let mut walk = self.walk.take().unwrap_or_else(|| LedgerWalk::new(&self.symbols));
        if walk.follow(self.trace(), most) {
            self.ledger = Some(walk.finish(self.trace()));
        } else {
            self.walk = Some(walk);
        }
        self.ledger.is_some()
    }

    /// What goroutines spent in a range.
    pub(crate) fn spent_in(&mut self, range: Range) -> Summary {
        while !self.make_ledger(usize::MAX) {}
        match &self.ledger {
            Some(ledger) => ledger.summary_in(self.trace(), range),
            None => summarize(self.trace(), &self.symbols, range),
        }
    }

    /// The decoded trace, its tables, the survey of it and what is missing, once all is read.
    pub(crate) fn whole(&mut self) -> Option<(&Trace, &mut Symbols, &Survey, &[String])> {
        self.is_done().then_some((&self.decoded, &mut self.symbols, &self.survey, &self.warnings))
    }

    /// Makes the lanes of these goroutines, if they are not there.
    pub(crate) fn make_lanes(&mut self, rows: &[Goroutine], frame: u64) {
        let seen = self.survey.seen();
        for &row in rows {
            let at = row.index() as u32;
            let trace = self.reader.as_ref().and_then(Reader::trace).unwrap_or(&self.decoded);
            match self.lanes.get_mut(&at) {
                Some(lane) if lane.seen == seen => lane.used = frame,
                _ => {
                    let is_collector = self.survey.roster.is_collector(row);
                    let spans = goroutine_lane(&trace.events, &self.survey.subjects, row, is_collector, seen);
                    self.lane_bytes += spans.held_bytes();
                    self.lanes.insert(at, Lane { spans, seen, used: frame });
                }
            }
        }
        if self.lane_bytes > MOST_LANE_BYTES {
            self.lanes.retain(|_, lane| lane.used == frame);
            self.lane_bytes = self.lanes.values().map(|lane| lane.spans.held_bytes()).sum();
        }
    }

    /// The lane of a goroutine, if it was made.
    pub(crate) fn lane(&self, row: u32) -> Option<&Spans> {
        self.lanes.get(&row).map(|lane| &lane.spans)
    }

    /// What threads did, for when they are looked at.
    pub(crate) fn make_threads(&mut self) {
        let trace = self.reader.as_ref().and_then(Reader::trace).unwrap_or(&self.decoded);
        let (threads, seen) = &mut self.threads;
        let roster = &self.survey.roster;
        for event in trace.events.iter_from(*seen).take(self.survey.seen().saturating_sub(*seen)) {
            *seen = event.index + 1;
            threads
                .see(&event, event.transition(), thread_of(&event.context), |goroutine| roster.is_collector(goroutine));
        }
    }

    pub(crate) fn threads(&self) -> &[Spans] {
        self.threads.0.lanes()
    }

    /// What goroutines of a part waited for or ran, once all is decoded.
    pub(crate) fn profile(
        &mut self,
        kind: TraceProfileKind,
        range: &Range,
        is_wanted: Option<&dyn Fn(Goroutine) -> bool>,
    ) -> Profile {
        let times = self.survey.roster.rows.iter().map(|row| (row.first_run, row.left));
        let presence = Presence::new(&self.decoded, times);
        trace_profile(&self.decoded, &mut self.symbols, &presence, kind, range, is_wanted)
    }

    /// The row of a goroutine by its place.
    pub(crate) fn goroutine(&self, at: u32) -> Option<Goroutine> {
        self.trace().goroutines.at(at as usize)
    }

    /// Such as `G 23`.
    pub(crate) fn goroutine_words(&self, row: Goroutine) -> String {
        self.trace().goroutines.id(row).map_or(String::new(), |id| format!("G {}", id.0))
    }

    /// The function that it began with.
    pub(crate) fn goroutine_name(&self, row: Goroutine) -> &str {
        self.survey.roster.get(row).map_or("", |row| self.symbols.strings.get(row.name))
    }

    /// Functions of a stack, leaf first.
    pub(crate) fn frames(&self, stack: StackId) -> impl Iterator<Item = &str> {
        self.symbols.function_names(self.symbols.stacks.get(stack)).map(|name| self.symbols.strings.get(name))
    }

    /// Which Gets are slow: as long as the slowest of a hundred.
    pub(crate) fn slow_get_nanos(&mut self) -> i64 {
        if self.slow_get.0 != self.survey.seen() {
            let lengths = self.survey.gets().into_iter().map(|(begin, end)| end - begin).collect();
            self.slow_get = (self.survey.seen(), Spread::of(lengths).p99_nanos.max(1));
        }
        self.slow_get.1
    }

    /// Who let a goroutine run at `time` or last before, when, and when it then ran.
    pub(crate) fn waker(&self, goroutine: Goroutine, time: i64) -> Option<(Goroutine, i64, i64)> {
        let events = &self.trace().events;
        let mut before = events.first_at(time.saturating_add(1));
        let mut ran = None;
        // Few events lie between being let run and running.
        for _ in 0..64 {
            before = self.survey.subjects.last_before(goroutine, before)?;
            let event = events.get(before)?;
            match event.transition() {
                Some(Transition::Goroutine { to: GoState::Running, .. }) => ran = ran.or(Some(event.time)),
                Some(Transition::Goroutine { from: GoState::Waiting | GoState::NotExist, .. })
                    if event.event_type != EventType::GoStatus =>
                {
                    return Some((event.context.goroutine?, event.time, ran.unwrap_or(event.time)));
                }
                _ => {}
            }
        }
        None
    }
}
