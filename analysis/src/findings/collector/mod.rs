//! Rules on the collector: how often it runs, what it costs, how long the program stands still for it.

mod gc_assist;
mod gc_forced;
mod gc_pressure;
mod gc_stw_long;
mod gc_thrash;
mod pool_balance;
mod pool_gc_mismatch;

use super::{Decidability, Evidence, EvidenceView, Fact, Finding, Rule, Severity, Site};
use crate::collector::{Readings, Run, readings, runs};
use crate::lens::{Lens, SourceId};
use crate::model::record::GcMachine;
use crate::session::Session;

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

/// What a rule has to say; the rest is the same for all.
struct Said {
    rule: &'static str,
    severity: Severity,
    known: Decidability,
    claim: String,
    detail: String,
    weight: f64,
    headline: String,
    evidence: Vec<Evidence>,
    facts: Vec<Fact>,
    disproof: &'static str,
    fix: String,
    next: &'static str,
    command: &'static str,
}

impl Said {
    fn finding(self) -> Finding {
        Finding {
            rule: self.rule.to_owned(),
            severity: self.severity,
            known: self.known,
            claim: self.claim,
            detail: self.detail,
            // A float past the end of the type becomes its end.
            weight: self.weight as i64,
            headline: self.headline,
            site: Site::default(),
            evidence: self.evidence,
            facts: self.facts,
            disproof: self.disproof.to_owned(),
            fix: self.fix,
            next: self.next.to_owned(),
            command: self.command.to_owned(),
        }
    }
}

/// Evidence in the view of the collector; `node` is what is picked there.
fn evidence(source: SourceId, text: String, node: &str) -> Evidence {
    Evidence { source, text, view: EvidenceView::Gc, lens: Lens::default(), node: node.to_owned() }
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

fn fact(value: impl Into<String>, label: &str) -> Fact {
    Fact { value: value.into(), label: label.to_owned() }
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
