//! What a rule has to say, without the parts that are the same for all; and the small pieces that findings are made of.

use super::{Decidability, Evidence, EvidenceView, Fact, Finding, Severity, Site};
use crate::lens::{Lens, SourceId};

/// A finding whose words are mostly fixed.
pub(super) struct Said {
    pub(super) rule: &'static str,
    pub(super) severity: Severity,
    pub(super) known: Decidability,
    pub(super) claim: String,
    pub(super) detail: String,
    /// For ranking; a float past the end of the type becomes its end (`as`), a size too ([`weight_of`]).
    pub(super) weight: i64,
    pub(super) headline: String,
    pub(super) site: Site,
    pub(super) evidence: Vec<Evidence>,
    pub(super) facts: Vec<Fact>,
    pub(super) disproof: &'static str,
    pub(super) fix: String,
    pub(super) next: &'static str,
    pub(super) command: &'static str,
}

impl Said {
    pub(super) fn finding(self) -> Finding {
        Finding {
            rule: self.rule.to_owned(),
            severity: self.severity,
            known: self.known,
            claim: self.claim,
            detail: self.detail,
            weight: self.weight,
            headline: self.headline,
            site: self.site,
            evidence: self.evidence,
            facts: self.facts,
            disproof: self.disproof.to_owned(),
            fix: self.fix,
            next: self.next.to_owned(),
            command: self.command.to_owned(),
        }
    }
}

/// A number with its label.
pub(super) fn fact(value: impl Into<String>, label: &str) -> Fact {
    Fact { value: value.into(), label: label.to_owned() }
}

/// Evidence in a view that lenses do not change; `node` is what is picked there.
pub(super) fn evidence_in(view: EvidenceView, source: SourceId, text: String, node: &str) -> Evidence {
    Evidence { source, text, view, lens: Lens::default(), node: node.to_owned() }
}

/// A size as a weight; what is beyond the type is its end.
pub(super) fn weight_of(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// A share, 0 of nothing.
pub(super) fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}
