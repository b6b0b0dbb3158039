//! Rules on the collector: how often it runs, what it costs, how long the program stands still for it.

mod gc_assist;
mod gc_forced;
mod gc_pressure;
mod gc_stw_long;
mod gc_thrash;
mod pool_balance;
mod pool_gc_mismatch;

use super::said::{Said, evidence_in, fact};
use super::{Evidence, EvidenceView, Fact, Rule, Site};
use crate::collector::{Readings, Run, readings, runs};
use crate::lens::SourceId;
use crate::model::record::GcMachine;
use crate::session::Session;
pub(in crate::findings) use pool_balance::most_a_second;

/// Every rule on the collector, in the order in which equals are shown.
pub(super) fn rules() -> Vec<Box<dyn Rule>> {
    vec![
        Box::new(gc_thrash::GcThrash),
        Box::new(gc_forced::GcForced),
        Box::new(pool_gc_mismatch::PoolGcMismatch),
        Box::new(gc_pressure::GcPressure),
        Box::new(gc_assist::GcAssist),
        Box::new(gc_stw_long::GcStwLong),
        Box::new(pool_balance::PoolBalance),
    ]
}

/// What the rules look at, measured once.
pub struct Facts {
    /// Runs of programs.
    pub runs: Vec<Run>,
    /// Readings of memory statistics.
    pub readings: Vec<Readings>,
}

impl Facts {
    pub(super) fn new(session: &Session) -> Self {
        Self { runs: runs(session), readings: readings(session) }
    }
}

/// Evidence in the view of the collector; `node` is what is picked there.
fn evidence(source: SourceId, text: String, node: &str) -> Evidence {
    evidence_in(EvidenceView::Gc, source, text, node)
}

/// Evidence of one run there: where several ran, the node says which.
fn of_run(run: &Run, text: String, node: &str) -> Evidence {
    let node = match (run.number, node.is_empty()) {
        (0, _) => node.to_owned(),
        (number, true) => format!("run-{}", number + 1),
        (number, false) => format!("run-{}.{node}", number + 1),
    };
    evidence(run.source, text, &node)
}

/// Who collects, at the beginning of a sentence.
fn whose(run: &Run) -> String {
    match run.machine {
        GcMachine::Go => "The collector".to_owned(),
        GcMachine::Java if run.collector.is_empty() => "Java’s collector".to_owned(),
        GcMachine::Java => format!("{} (Java)", run.collector),
    }
}

/// A rate a second in a few digits.
fn a_second(rate: f64) -> String {
    let decimals = match rate {
        rate if rate >= 99.95 => 0,
        rate if rate >= 0.995 => 1,
        _ => 2,
    };
    format!("{rate:.decimals$} times a second")
}
