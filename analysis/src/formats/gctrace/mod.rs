//! What Go's runtime prints when `GODEBUG` asks it to: cycles of the collector (`gctrace`), the scavenger (`scavtrace`), the
//! scheduler (`schedtrace`), between lines of the program and torn by them.

mod cycle;
mod other;
mod scan;
mod torn;

use torn::Torn;

use super::text::{Found, Line, LineReader};
use super::warnings::Warnings;
use crate::limits::LOGS;
use crate::model::Symbols;
use crate::model::record::{GcCycle, GcLog, GcMachine, GcPause, Record};

/// Gathers the lines of one process, or of several whose logs were put together.
#[derive(Default)]
pub(super) struct GcTrace {
    logs: Vec<GcLog>,
    torn: Option<Torn>,
    /// Torn cycles whose rest was not found.
    lost: u64,
    /// Cycles of processes that came after as many as are told apart.
    beyond: u64,
}

/// Cycles that may be missing before one that was put together.
const MOST_SKIPPED: u64 = 64;

impl LineReader for GcTrace {
    fn read(&mut self, line: &Line<'_>, _: &mut Symbols) -> bool {
        let mut text: &str = &line.text;
        let mut took = false;
        loop {
            let at = cycle::find(text);
            // The runtime prints one cycle after the other: the rest of a torn one comes before the next.
            took |= self.mend(text.get(..at.unwrap_or(text.len())).unwrap_or(""), line.number);
            let Some(at) = at else { break };
            took = true;
            text = text.get(at..).unwrap_or("");
            let end = match cycle::read(text) {
                Ok((cycle, end)) => {
                    self.add(cycle);
                    end
                }
                Err(cut) => {
                    self.lost += u64::from(self.torn.replace(Torn::new(text, &cut, line.number)).is_some());
                    cut.ends.last().copied().unwrap_or(text.len())
                }
            };
            text = text.get(end..).unwrap_or("");
        }
        took || self.read_other(&line.text)
    }

    fn finish(mut self: Box<Self>, symbols: &mut Symbols) -> Found {
        self.lost += u64::from(self.torn.is_some());
        let mut warnings = Warnings::default();
        if self.lost > 0 {
            warnings.once(format!(
                "{} lines of gctrace are torn by other output, and their rest was not found.",
                self.lost
            ));
        }
        if self.beyond > 0 {
            warnings.once(format!(
                "{LOGS} processes are told apart in one log; {} cycles of others were left out. Cut the log into parts, and \
                 open these.",
                self.beyond
            ));
        }
        let missing: u64 = self.logs.iter().map(missing).sum();
        if missing > 0 {
            warnings.once(format!("{missing} cycles are missing between those that are there (by their numbers)."));
        }
        let mut found = Found { warnings: warnings.into_words(), ..Found::default() };
        let what = ["sweep termination", "mark termination"].map(|what| symbols.strings.intern(what));
        for mut log in self.logs {
            log.machine = GcMachine::Go;
            log.size_step_bytes = 1 << 20;
            log.pauses = (0..).zip(&log.cycles).flat_map(|(at, cycle)| pauses(at, cycle, what)).collect();
            found.records.push(Record::GcLog(Box::new(log)));
        }
        found
    }
}

/// The two stops of a cycle.
fn pauses(at: u32, cycle: &GcCycle, what: [crate::model::StringId; 2]) -> [GcPause; 2] {
    let end = cycle.begin_nanos.saturating_add(cycle.begin_pause_nanos).saturating_add(cycle.concurrent_nanos);
    let [begin_what, end_what] = what;
    [
        GcPause { begin_nanos: cycle.begin_nanos, nanos: cycle.begin_pause_nanos, cycle: Some(at), what: begin_what },
        GcPause { begin_nanos: end, nanos: cycle.end_pause_nanos, cycle: Some(at), what: end_what },
    ]
}

/// How many numbers of cycles are left out.
fn missing(log: &GcLog) -> u64 {
    let numbers = |cycle: Option<&GcCycle>| cycle.map_or(0, |cycle| cycle.number);
    let (first, last) = (numbers(log.cycles.first()), numbers(log.cycles.last()));
    (last.saturating_sub(first)).saturating_add(1).saturating_sub(log.cycles.len().max(1) as u64)
}

impl GcTrace {
    /// A whole cycle: of the process that was last before it. A number that comes again is of another process.
    fn add(&mut self, cycle: GcCycle) {
        let last = |log: &GcLog| log.cycles.last().map(|last| (last.number, last.begin_nanos));
        let is_before =
            |log: &GcLog| last(log).is_none_or(|(number, at)| number < cycle.number && at <= cycle.begin_nanos);
        let log = (0..self.logs.len()).filter(|&at| self.logs.get(at).is_some_and(is_before));
        let log = log.max_by_key(|&at| self.logs.get(at).and_then(last));
        let count = self.logs.len();
        match log.and_then(|at| self.logs.get_mut(at)) {
            Some(log) => log.cycles.push(cycle),
            None if count < LOGS => {
                self.logs.push(GcLog { cycles: vec![cycle], ..GcLog::default() });
            }
            None => self.beyond += 1,
        }
    }

    /// A cycle of pieces: a number of others may have run into its own.
    fn add_mended(&mut self, cycle: GcCycle) {
        let is_next = |last: &GcCycle| (1..=MOST_SKIPPED).contains(&cycle.number.saturating_sub(last.number));
        if self.logs.is_empty() || self.logs.iter().filter_map(|log| log.cycles.last()).any(is_next) {
            self.add(cycle);
        } else {
            self.lost += 1;
        }
    }

    /// Whether a text holds the rest of a torn cycle.
    fn mend(&mut self, text: &str, line: u64) -> bool {
        let Some(mut torn) = self.torn.take() else { return false };
        if let Some(cycle) = torn.read(text) {
            self.add_mended(cycle);
            return true;
        }
        match torn.is_open(line) {
            true => self.torn = Some(torn),
            false => self.lost += 1,
        }
        false
    }

    fn read_other(&mut self, text: &str) -> bool {
        let after = self.logs.last().and_then(|log| Some(log.cycles.last()?.number));
        let (scavenge, schedule) = (other::scavenge(text, after), other::schedule(text));
        if scavenge.is_none() && schedule.is_none() {
            return other::is_passed_over(text);
        }
        // They do not say whose they are: the process that came last.
        if self.logs.is_empty() {
            self.logs.push(GcLog::default());
        }
        if let Some(log) = self.logs.last_mut() {
            log.scavenges.extend(scavenge);
            log.schedules.extend(schedule);
        }
        true
    }
}
