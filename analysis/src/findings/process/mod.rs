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

use super::said::{Said, evidence_in, fact, share, weight_of};
use super::{Context, Decidability, Evidence, EvidenceView, Finding, Rule, Severity, Site};
use crate::lens::SourceId;

/// Every rule on what a process holds that has a name of its own.
pub(super) fn rules() -> Vec<Box<dyn Rule>> {
    vec![
        Box::new(rss_unexplained::RssUnexplained),
        Box::new(thp_bloat::ThpBloat),
        Box::new(kernel_growth::KernelGrowth),
    ]
}

/// Evidence in the view of GC & memory; `node` is what is picked there.
fn evidence(source: SourceId, text: String, node: &str) -> Evidence {
    evidence_in(EvidenceView::Gc, source, text, node)
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
