//! The collector runs again and again because the program allocates much over a small heap.

use super::{Said, Site, a_second, fact, of_run, whose};
use crate::collector::Run;
use crate::findings::{Checked, Context, Decidability, Finding, Rule, Severity};
use crate::model::record::GcMachine;
use crate::words::{bytes, number, percent, seconds};

/// `gc-pressure`
pub(super) struct GcPressure;

impl Rule for GcPressure {
    fn name(&self) -> &'static str {
        "gc-pressure"
    }

    fn title(&self) -> &'static str {
        "GC pressure"
    }

    fn needs(&self) -> &'static str {
        "a log of collections (GODEBUG=gctrace=1) or memory statistics, twice"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let runs = context.collector.runs.iter().filter(|run| run.rate > 0.0 && run.seconds >= MIN_SECONDS);
        let runs: Vec<&Run> = runs.collect();
        let t = context.thresholds;
        let mut most = 0.0_f64;
        for run in &runs {
            let (rate, cpu) = (run.own_rate(), run.cpu_share.unwrap_or(0.0));
            most = most.max(rate);
            // What the program asked for itself is another rule's.
            let is_own = run.forced.is_none_or(|forced| forced.count * 2 < run.cycles);
            let is_dear = is_own && cpu >= t.gc_min_cpu;
            if rate < t.gc_min_per_second && !is_dear {
                continue;
            }
            let severity = match () {
                () if is_own && cpu >= t.gc_critical_cpu => Severity::L3,
                () if rate >= t.gc_warning_per_second || (is_own && cpu >= t.gc_warning_cpu) => Severity::L2,
                () => Severity::L1,
            };
            into.push(finding(context, run, rate, severity));
        }
        match runs.is_empty() {
            true => Checked::NotCovered,
            false => Checked::Clear(a_second(most)),
        }
    }
}

/// Rates of less time are those of a start.
const MIN_SECONDS: f64 = 0.5;

fn finding(context: &Context<'_>, run: &Run, rate: f64, severity: Severity) -> Finding {
    let mut claim = format!("{} runs {}", whose(run), a_second(rate));
    match (run.alloc_rate, run.live_words()) {
        (Some(alloc), Some(live)) => {
            claim.push_str(&format!(": {}/s are allocated over {live} that stays in use.", bytes(alloc as i64)))
        }
        _ => claim.push('.'),
    }
    let mut detail = format!("{} cycles in {}.", number(run.cycles), seconds(run.seconds));
    if let Some(cpu) = run.cpu_share {
        detail.push_str(&format!(" They took {} of the processors’ time", percent(cpu)));
        match run.busy_share {
            Some(busy) => detail.push_str(&format!(", {} of the time that those were busy.", percent(busy))),
            None => detail.push('.'),
        }
    }
    if run.machine == GcMachine::Go && run.goal.is_some_and(|goal| goal <= SMALLEST_GOAL) {
        detail.push_str(
            " The heap is at its smallest goal, 4 MB: whatever is allocated fills it soon, and a larger GOGC or a ballast by \
             GOMEMLIMIT with GOGC=off costs little memory.",
        );
    }
    let rate_words = format!("{rate:.1}/s");
    let mut facts = vec![fact(rate_words.clone(), "")];
    facts.extend(run.cpu_share.map(|share| fact(percent(share), "of the processors’ time")));
    facts.extend(run.alloc_rate.map(|rate| fact(format!("{}/s", bytes(rate as i64)), "allocated")));
    facts.extend(run.live_words().map(|live| fact(live, "stays in use")));
    let mut proof = vec![of_run(run, format!("{} cycles, their heap and cost", number(run.cycles)), "")];
    // Who allocates is in the heap profiles.
    if let Some(heap) = &context.heap {
        let text = "Who allocates, most first".to_owned();
        proof.push(context.heap_evidence(heap, crate::findings::EvidenceView::HeapTable, "alloc_space", "", text));
    }
    let has_heap = context.heap.is_some();
    Said {
        rule: "gc-pressure",
        severity,
        known: Decidability::Proven,
        claim,
        detail,
        weight: (rate * 1000.0) as i64,
        headline: rate_words,
        site: Site::default(),
        evidence: proof,
        facts,
        disproof: "Cycles that cost nothing that can be felt: a share of busy processors below 2 % and latency that does not \
                   follow them.",
        fix: match run.machine {
            GcMachine::Go => "Allocate less where most is allocated: reuse buffers, size slices and maps up front, take what \
                              is made and dropped at once from a pool. If memory is there, raise GOGC, or set GOMEMLIMIT and \
                              a higher GOGC: twice the room is half the cycles."
                .to_owned(),
            GcMachine::Java => "Allocate less where most is allocated, or give the young generation more room (-Xmn, -Xmx)."
                .to_owned(),
        },
        next: if has_heap {
            "A trace shows what the cycles do to the goroutines."
        } else {
            "An allocation profile names who allocates."
        },
        command: if has_heap {
            "curl -so trace.out 'localhost:6060/debug/pprof/trace?seconds=5'"
        } else {
            "curl -so allocs.pb.gz 'localhost:6060/debug/pprof/allocs?seconds=30'"
        },
    }
    .finding()
}

/// Go's least goal at GOGC=100 (runtime/mgcpacer.go, defaultHeapMinimum).
const SMALLEST_GOAL: f64 = 4.0 * 1_048_576.0;
