//! A sync.Pool that misses while the collector empties it: cycles come faster than objects are wanted again.

use super::{Said, fact, of_run};
use crate::census::Pool;
use crate::collector::Run;
use crate::findings::context::{Change, Heap};
use crate::findings::{Checked, Context, Decidability, EvidenceView, Finding, Rule, Severity};
use crate::model::record::GcMachine;
use crate::words::{count, number, percent, time};

/// `pool-gc-mismatch`
pub(super) struct PoolGcMismatch;

impl Rule for PoolGcMismatch {
    fn name(&self) -> &'static str {
        "pool-gc-mismatch"
    }

    fn title(&self) -> &'static str {
        "Pool emptied by the collector"
    }

    fn needs(&self) -> &'static str {
        "two heap profiles, and a log of collections of that time"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let Some(heap) = &context.heap else { return Checked::NotCovered };
        let Some(seconds) = heap.seconds.filter(|_| heap.has_change()) else { return Checked::NotCovered };
        let Some(run) = context.collector.runs.iter().find(|run| run.machine == GcMachine::Go && run.rate > 0.0) else {
            return Checked::NotCovered;
        };
        let t = context.thresholds;
        for pool in heap.census.pools.iter().filter(|pool| pool.family == "sync.Pool") {
            let change = heap.pool_change(pool);
            let misses = change.alloc_objects_delta as f64 / seconds;
            let is_missing =
                change.allocated() && misses >= t.miss_min_per_second && change.survival() < t.miss_max_survival;
            if is_missing && run.rate >= t.mismatch_min_per_second {
                into.push(finding(context, heap, pool, change, run, misses));
            }
        }
        Checked::Clear(super::a_second(run.rate))
    }
}

fn finding(context: &Context<'_>, heap: &Heap, pool: &Pool, change: Change, run: &Run, misses: f64) -> Finding {
    let (caller, maker) = (context.text(pool.caller), context.text(pool.function));
    let forced = run.forced.map_or(0, |forced| forced.count);
    let forced_share = forced as f64 / run.cycles.max(1) as f64;
    let between = (1e9 / run.rate) as i64;
    let by_program = forced_share >= 0.5;
    let asked = match by_program {
        true => format!(", {} of them asked for by the program itself", percent(forced_share)),
        false => String::new(),
    };
    Said {
        rule: "pool-gc-mismatch",
        severity: if by_program || run.rate >= context.thresholds.gc_min_per_second { Severity::L2 } else { Severity::L1 },
        known: Decidability::NeedsAnnotation,
        claim: format!(
            "The pool that {caller} takes from misses {} times a second while the collector empties it {}{asked}.",
            count(misses as i64),
            super::a_second(run.rate)
        ),
        detail: format!(
            "Each cycle drops what lay idle in a sync.Pool for two of them: here an object that is not wanted again within {} is \
             lost, and made anew by {maker}. How many misses that explains, and how many are objects never put back, only \
             recorded Gets and Puts tell.",
            time(between.saturating_mul(2))
        ),
        weight: misses as i64,
        headline: format!("{}/s", count(misses as i64)),
        site: context.place(pool.function, pool.stack, Some(caller.to_owned())),
        evidence: vec![
            context.heap_evidence(
                heap,
                EvidenceView::HeapTable,
                "alloc_objects",
                maker,
                format!("{} objects made by New", count(change.alloc_objects_delta)),
            ),
            of_run(run, format!("{} cycles, {} forced: each purges the pool", number(run.cycles), number(forced)), ""),
        ],
        facts: vec![
            fact(format!("{}/s", count(misses as i64)), "misses"),
            fact(format!("{:.1}/s", run.rate), "purges"),
            fact(time(between.saturating_mul(2)), "an idle object lives at most"),
            fact(count((misses / run.rate) as i64), "misses a purge"),
        ],
        disproof: "Objects made by New that stay at the same rate when cycles come half as often (GOGC doubled): then they are not \
                   put back, and the collector is not to blame.",
        fix: match by_program {
            true => "Take the calls of runtime.GC out first. Then see that every path puts the object back.".to_owned(),
            false => "Make cycles rarer (GOGC, GOMEMLIMIT), or hold a bounded free list of your own for what is dear to make: a \
                      channel of objects is not purged."
                .to_owned(),
        },
        next: "A trace with the pool’s annotations counts hits, misses and what each purge dropped.",
        command: "curl -so trace.out 'localhost:6060/debug/pprof/trace?seconds=5'",
    }
    .finding()
}
