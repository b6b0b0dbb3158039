//! The program stands still for the collector longer than a request may wait.

use super::{Said, Site, fact, of_run, whose};
use crate::collector::Run;
use crate::findings::{Checked, Context, Decidability, Finding, Rule, Severity};
use crate::model::record::GcMachine;
use crate::words::{number, time};

/// `gc-stw-long`
pub(super) struct GcStwLong;

impl Rule for GcStwLong {
    fn name(&self) -> &'static str {
        "gc-stw-long"
    }

    fn title(&self) -> &'static str {
        "Long GC pauses"
    }

    fn needs(&self) -> &'static str {
        "a log of collections (GODEBUG=gctrace=1), or an execution trace"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let t = context.thresholds;
        let mut longest: Option<i64> = None;
        for run in context.collector.runs.iter().filter(|run| run.pauses.count() > 0) {
            longest = longest.max(run.pauses.longest());
            let millis = match run.machine {
                GcMachine::Go => t.pause_max_millis,
                GcMachine::Java => t.pause_max_millis_java,
            };
            let line = (millis * 1e6) as i64;
            let above = run.pauses.longer_than(line);
            if above == 0 {
                continue;
            }
            let p99 = run.pauses.quantile(0.99).unwrap_or(0);
            let severity = match () {
                () if run.pauses.longest().unwrap_or(0) >= line.saturating_mul(CRITICAL) && above >= MIN_SEVERAL => {
                    Severity::L3
                }
                () if above >= MIN_SEVERAL && p99 >= line => Severity::L2,
                () => Severity::L1,
            };
            into.push(finding(run, above, line, severity));
        }
        longest.map_or(Checked::NotCovered, |nanos| Checked::Clear(time(nanos)))
    }
}

/// One long pause may be the machine's fault and not the collector's: another process, a debugger.
const MIN_SEVERAL: u64 = 3;
/// So many times over the line is critical.
const CRITICAL: i64 = 50;

fn finding(run: &Run, above: u64, line: i64, severity: Severity) -> Finding {
    let quantile = |share| time(run.pauses.quantile(share).unwrap_or(0));
    let longest = quantile(1.0);
    let node = run.longest_cycle.map_or("pauses".to_owned(), |cycle| format!("cycle-{cycle}"));
    let claim = format!(
        "{} stopped the program {} for longer than {}; the longest stop was {longest}.",
        whose(run),
        if above == 1 { "once".to_owned() } else { format!("{} times", number(above)) },
        time(line)
    );
    let detail = match run.machine {
        GcMachine::Go => {
            "Both stops of a Go cycle need microseconds of work. What makes them long is waiting: for a goroutine that does not \
             yield (a tight loop in C, a system call of the kernel’s), for a processor that others hold, or for memory that is \
             swapped out."
        }
        GcMachine::Java => {
            "A collection that stops the program copies or compacts what lives: its length follows what survives."
        }
    };
    Said {
        rule: "gc-stw-long",
        severity,
        known: Decidability::Proven,
        claim,
        detail: detail.to_owned(),
        weight: (run.pauses.longest().unwrap_or(0) as f64 / 1000.0) as i64,
        headline: longest.clone(),
        site: Site::default(),
        evidence: vec![of_run(run, format!("The stop of {longest}, and the others"), &node)],
        facts: vec![
            fact(number(above), "longer than the line"),
            fact(quantile(0.5), "half are not longer"),
            fact(quantile(0.99), "99 of 100 are not longer"),
            fact(longest.clone(), "longest"),
        ],
        disproof: "A machine that was paused or overloaded at those moments: pauses of other processes then lengthen alike.",
        fix: match run.machine {
            GcMachine::Go => "Look at what ran when it stopped: a trace shows who was waited for. Give the program the processors \
                              that GOMAXPROCS says (a container’s CPU quota throttles all threads), and keep it out of swap."
                .to_owned(),
            GcMachine::Java => "Keep less alive from one collection to the next, give the heap more room, or use a collector that \
                                runs beside the program (ZGC, Shenandoah)."
                .to_owned(),
        },
        next: "A trace names the reason of every stop and how long it took to stop the world.",
        command: match run.machine {
            GcMachine::Go => "curl -so trace.out 'localhost:6060/debug/pprof/trace?seconds=5'",
            GcMachine::Java => "java -Xlog:gc*,safepoint:file=gc.log …",
        },
    }
    .finding()
}
