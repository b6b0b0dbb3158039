//! The program asks for collections itself, again and again.

use super::{Said, Site, fact, of_run, whose};
use crate::collector::{Forced, Run};
use crate::findings::{Checked, Context, Decidability, Finding, Rule, Severity};
use crate::model::record::GcMachine;
use crate::words::{number, percent, time};

/// `gc-forced`
pub(super) struct GcForced;

impl Rule for GcForced {
    fn name(&self) -> &'static str {
        "gc-forced"
    }

    fn title(&self) -> &'static str {
        "Forced collections"
    }

    fn needs(&self) -> &'static str {
        "a log of collections (GODEBUG=gctrace=1) or memory statistics, twice"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let t = context.thresholds;
        let mut most: Option<u64> = None;
        for run in &context.collector.runs {
            let Some(forced) = run.forced else { continue };
            most = most.max(Some(forced.count));
            if forced.count >= t.forced_min_count && per_minute(run, forced) >= t.forced_min_per_minute {
                into.push(finding(run, forced, t.forced_warning_per_minute));
            }
        }
        most.map_or(Checked::NotCovered, |most| Checked::Clear(format!("{} forced", number(most))))
    }
}

fn per_minute(run: &Run, forced: Forced) -> f64 {
    forced.count as f64 / run.seconds.max(1.0) * 60.0
}

fn finding(run: &Run, forced: Forced, warning: f64) -> Finding {
    let (what, whom) = match run.machine {
        GcMachine::Go => ("runtime.GC", "runtime.GC and debug.FreeOSMemory"),
        GcMachine::Java => ("System.gc", "System.gc, jcmd GC.run and tools that list the heap"),
    };
    // Of statistics only the mean distance is known.
    let is_timer = forced.spread < 0.25 && forced.period_nanos > 0;
    let period = time(forced.period_nanos);
    let claim = format!(
        "The program asked for {} of {} collections itself ({what}), {} one every {period}.",
        number(forced.count),
        number(run.cycles),
        if is_timer { "by the clock," } else { "about" }
    );
    let share = forced.count as f64 / run.cycles.max(1) as f64;
    let mut facts =
        vec![fact(number(forced.count), "forced"), fact(percent(share), "of all"), fact(period.clone(), "between two")];
    facts.extend(run.cpu_share.map(|share| fact(percent(share), "of the processors’ time")));
    Said {
        rule: "gc-forced",
        severity: if per_minute(run, forced) >= warning { Severity::L2 } else { Severity::L1 },
        known: Decidability::Proven,
        claim,
        detail: format!(
            "{} knows by itself when a cycle pays. One that is forced marks all that lives for what little has come since{}.",
            whose(run),
            match run.machine {
                GcMachine::Go => ", waits until all is swept, and empties every sync.Pool by one step",
                GcMachine::Java => ", and mostly stops the program for all of it",
            }
        ),
        weight: (forced.count as f64) as i64,
        headline: format!("{} forced", number(forced.count)),
        site: Site::default(),
        evidence: vec![of_run(run, format!("{} forced cycles", number(forced.count)), "forced")],
        facts,
        disproof: "Captures that force them: heap?gc=1, goroutineleak and jmap -histo:live each ask for one.",
        fix: format!("Take calls of {whom} out of the program. To bound memory use GOMEMLIMIT or -Xmx instead."),
        next: match run.machine {
            GcMachine::Go => "A trace shows which goroutine asks: its stack is at GC begin.",
            GcMachine::Java => "The log with stacks shows who asks; -XX:+DisableExplicitGC makes calls do nothing.",
        },
        command: match run.machine {
            GcMachine::Go => "curl -so trace.out 'localhost:6060/debug/pprof/trace?seconds=5'",
            GcMachine::Java => "",
        },
    }
    .finding()
}
