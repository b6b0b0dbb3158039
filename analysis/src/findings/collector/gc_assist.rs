//! Goroutines that allocate have to mark for the collector first, as it cannot keep up: their requests wait for it.

use super::{Said, Site, evidence, fact, of_run};
use crate::findings::{Checked, Context, Decidability, Finding, Rule, Severity};
use crate::model::record::{Record, TraceDigest};
use crate::words::percent;

/// `gc-assist`
pub(super) struct GcAssist;

impl Rule for GcAssist {
    fn name(&self) -> &'static str {
        "gc-assist"
    }

    fn title(&self) -> &'static str {
        "GC assists"
    }

    fn needs(&self) -> &'static str {
        "a log of collections (GODEBUG=gctrace=1), or an execution trace"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let t = context.thresholds;
        let mut most: Option<f64> = None;
        for run in &context.collector.runs {
            let Some(share) = run.assist_share.filter(|_| run.seconds > 0.0) else { continue };
            most = Some(most.map_or(share, |most| most.max(share)));
            if share < t.assist_min_share {
                continue;
            }
            let text = format!("{} of the processors’ time, by cycle", percent(share));
            let mut facts = vec![fact(percent(share), "of the processors’ time")];
            facts.extend(run.assist_of_gc.map(|share| fact(percent(share), "of what the collector took")));
            into.push(finding(t.assist_warning_share, share, facts, of_run(run, text, ""), OF_PROCESSORS));
        }
        for (source, digest) in traces(context) {
            let share = digest.assist_share();
            most = Some(most.map_or(share, |most| most.max(share)));
            if share < t.assist_min_share {
                continue;
            }
            let text = format!(
                "{} of the time that goroutines ran in the trace, or of one processor where they ran less",
                percent(share)
            );
            let facts = vec![fact(percent(share), "of running time, or of one processor")];
            into.push(finding(t.assist_warning_share, share, facts, evidence(source, text, ""), OF_GOROUTINES));
        }
        most.map_or(Checked::NotCovered, |most| Checked::Clear(percent(most)))
    }
}

const OF_PROCESSORS: &str = "of the processors’ time";
const OF_GOROUTINES: &str = "of the time that goroutines ran, or of one processor,";

fn traces<'a>(context: &Context<'a>) -> impl Iterator<Item = (crate::lens::SourceId, &'a TraceDigest)> {
    context.session.records().filter_map(|(source, record)| match record {
        Record::Trace(digest) => Some((source.id, digest.as_ref())),
        _ => None,
    })
}

fn finding(warning: f64, share: f64, facts: Vec<super::Fact>, proof: super::Evidence, of: &str) -> Finding {
    Said {
        rule: "gc-assist",
        severity: if share >= warning { Severity::L2 } else { Severity::L1 },
        known: Decidability::Proven,
        claim: format!("Goroutines spend {} {of} marking for the collector before they may allocate.", percent(share)),
        detail: "While a cycle marks, who allocates pays with marking where the collector’s own quarter of the processors does \
                 not keep up: requests that allocate much are slowed by as much."
            .to_owned(),
        weight: (share * 1e6) as i64,
        headline: percent(share),
        site: Site::default(),
        evidence: vec![proof],
        facts,
        disproof: "Latency that is the same within cycles and between them.",
        fix: "Allocate less during cycles, and less that holds pointers: marking costs by pointers, not by bytes. Fewer cycles \
              (a larger GOGC, with GOMEMLIMIT as a bound) are fewer assists."
            .to_owned(),
        next: "A trace shows which goroutines assist, and what waits for them.",
        command: "curl -so trace.out 'localhost:6060/debug/pprof/trace?seconds=5'",
    }
    .finding()
}
