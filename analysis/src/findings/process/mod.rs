//! Rules on what a process holds, as the kernel counts it and as the runtime accounts for it.

mod facts;
mod fragmentation;
mod kernel_growth;
mod quota_near;
mod rss_unexplained;
mod thp_bloat;

pub(crate) use facts::{Facts, RuntimeMemory};
pub(super) use fragmentation::check as check_fragmentation;
pub(super) use quota_near::check as check_quota;

use super::{Context, Decidability, Evidence, EvidenceView, Fact, Finding, Rule, Severity, Site};
use crate::lens::{Lens, SourceId};

/// Every rule on what a process holds that has a name of its own.
pub(super) fn rules() -> Vec<Box<dyn Rule>> {
    vec![
        Box::new(rss_unexplained::RssUnexplained),
        Box::new(thp_bloat::ThpBloat),
        Box::new(kernel_growth::KernelGrowth),
    ]
}

/// What a rule has to say; the rest is the same for all.
struct Said {
    rule: &'static str,
    severity: Severity,
    known: Decidability,
    claim: String,
    detail: String,
    weight: u64,
    headline: String,
    evidence: Vec<Evidence>,
    facts: Vec<Fact>,
    disproof: &'static str,
    fix: &'static str,
    next: &'static str,
    command: &'static str,
}

impl Said {
    fn finding(self, site: Site) -> Finding {
        Finding {
            rule: self.rule.to_owned(),
            severity: self.severity,
            known: self.known,
            claim: self.claim,
            detail: self.detail,
            weight: i64::try_from(self.weight).unwrap_or(i64::MAX),
            headline: self.headline,
            site,
            evidence: self.evidence,
            facts: self.facts,
            disproof: self.disproof.to_owned(),
            fix: self.fix.to_owned(),
            next: self.next.to_owned(),
            command: self.command.to_owned(),
        }
    }
}

fn fact(value: impl Into<String>, label: &str) -> Fact {
    Fact { value: value.into(), label: label.to_owned() }
}

/// Evidence in the view of GC & memory; `node` is what is picked there.
fn evidence(source: SourceId, text: String, node: &str) -> Evidence {
    Evidence { source, text, view: EvidenceView::Gc, lens: Lens::default(), node: node.to_owned() }
}

/// What two readings that were compared are worth, if they do not tell that they are of one moment.
fn moment_words(is_same: bool) -> &'static str {
    if is_same {
        ""
    } else {
        " The two readings do not tell that they are of one moment: this holds as far as nothing changed between them."
    }
}

fn known(is_same: bool) -> Decidability {
    if is_same { Decidability::Proven } else { Decidability::Sampled }
}

fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}
