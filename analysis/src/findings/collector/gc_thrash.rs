//! The collector runs without gaining room: the heap is full of what lives, and the limit or GOGC leaves no more.

use super::{Said, Site, a_second, fact, of_run, whose};
use crate::collector::Run;
use crate::findings::{Checked, Context, Decidability, Finding, Rule, Severity};
use crate::model::record::GcMachine;
use crate::words::{bytes, number, percent, seconds};

/// `gc-thrash`
pub(super) struct GcThrash;

impl Rule for GcThrash {
    fn name(&self) -> &'static str {
        "gc-thrash"
    }

    fn title(&self) -> &'static str {
        "GC thrash"
    }

    fn needs(&self) -> &'static str {
        "a log of collections (GODEBUG=gctrace=1) or memory statistics"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let t = context.thresholds;
        let mut fullest: Option<f64> = None;
        for run in context.collector.runs.iter().filter(|run| run.seconds > 0.0) {
            match run.machine {
                GcMachine::Go => {
                    let Some((live, room)) = room(run) else { continue };
                    fullest = Some(fullest.map_or(full(room), |fullest| fullest.max(full(room))));
                    if live >= t.gc_thrash_min_live as f64
                        && room <= t.gc_thrash_max_room
                        && run.own_rate() >= t.gc_thrash_min_per_second
                    {
                        into.push(of_go(run, live, room));
                    }
                }
                GcMachine::Java => {
                    let (Some((count, paused)), Some(after)) = (run.full, run.full_after) else { continue };
                    let room = 1.0 - after;
                    fullest = Some(fullest.map_or(after, |fullest| fullest.max(after)));
                    if count as f64 / run.seconds >= t.gc_thrash_min_full_per_second
                        && count >= MIN_FULL
                        && room <= t.gc_thrash_max_room
                    {
                        into.push(of_java(run, count, paused, room));
                    }
                }
            }
        }
        fullest.map_or(Checked::NotCovered, |share| Checked::Clear(format!("{} of the goal lives", percent(share))))
    }
}

/// Full collections below which it may be a program that starts.
const MIN_FULL: u64 = 5;
/// Share of the processors from which the collector does little else: at half, Go's limiter of the collector sets in
/// (runtime/mgclimit.go).
const SPIRAL_CPU: f64 = 0.25;

/// What stays in use, and the room to the goal as a share of it.
fn room(run: &Run) -> Option<(f64, f64)> {
    let live = run.live.filter(|&live| live > 0.0)?;
    Some((live, (run.goal? - live).max(0.0) / live))
}

/// What lives, as a share of the goal.
fn full(room: f64) -> f64 {
    1.0 / (1.0 + room)
}

fn of_go(run: &Run, live: f64, room: f64) -> Finding {
    let cpu = run.cpu_share.unwrap_or(0.0);
    // GOGC alone never leaves less than it says: what leaves less is the limit.
    let by_limit =
        run.gogc.is_some_and(|gogc| room * 100.0 < gogc * 0.5) || (run.gogc.is_none() && room < BELOW_ANY_GOGC);
    let cause = match (by_limit, run.limit, run.gogc) {
        (true, Some(limit), _) => format!("GOMEMLIMIT is {}, and what lives fills it", bytes(limit as i64)),
        (true, None, _) => "GOMEMLIMIT leaves no more (no GOGC in use is as small)".to_owned(),
        (false, _, Some(gogc)) => format!("GOGC is {gogc:.0}"),
        (false, ..) => "GOGC is small".to_owned(),
    };
    let mut facts = vec![
        fact(bytes(live as i64), "stays in use"),
        fact(percent(room), "room to the next cycle"),
        fact(format!("{:.1}/s", run.own_rate()), ""),
    ];
    facts.extend(run.cpu_share.map(|share| fact(percent(share), "of the processors’ time")));
    Said {
        rule: "gc-thrash",
        severity: if cpu >= SPIRAL_CPU { Severity::L3 } else { Severity::L2 },
        known: Decidability::Proven,
        claim: format!(
            "The collector runs {} and gains little: {} stay in use, and the next cycle begins {} later. {cause}.",
            a_second(run.own_rate()),
            bytes(live as i64),
            bytes((live * room) as i64)
        ),
        detail: if by_limit {
            "Near its limit the runtime collects as often as it must to stay below. The more lives, the more often, until it does \
             nothing else: a death spiral, which Go only bounds at half of the processors’ time."
                .to_owned()
        } else {
            "Every cycle marks all that lives. With so little room between cycles that work is paid again for few new bytes."
                .to_owned()
        },
        weight: ((cpu * 1e6).max(1.0)) as i64,
        headline: format!("{} room", percent(room)),
        site: Site::default(),
        evidence: vec![of_run(run, format!("{} cycles: goal and live heap", number(run.cycles)), "")],
        facts,
        disproof: "A peak that passed: goal and live heap lie apart again in later cycles.",
        fix: if by_limit {
            "Raise GOMEMLIMIT (leave it below the container’s memory.max), or make less stay alive: a heap profile says what. Do not \
             set GOGC=off with a limit that the live heap can reach."
        } else {
            "Raise GOGC: at 100 the heap may double between cycles. Use GOMEMLIMIT, not a small GOGC, to bound memory."
        }
        .to_owned(),
        next: "A heap profile says what stays in use.",
        command: "curl -so heap.pb.gz localhost:6060/debug/pprof/heap",
    }
    .finding()
}

/// Less room than any GOGC leaves that people set.
const BELOW_ANY_GOGC: f64 = 0.15;

fn of_java(run: &Run, count: u64, paused: f64, room: f64) -> Finding {
    let share = paused / run.seconds.max(paused).max(1e-9);
    Said {
        rule: "gc-thrash",
        severity: if share >= SPIRAL_CPU { Severity::L3 } else { Severity::L2 },
        known: Decidability::Proven,
        claim: format!(
            "{} made {} full collections in {} and gained little: {} of the heap was still in use after them.",
            whose(run),
            number(count),
            seconds(run.seconds),
            percent(1.0 - room)
        ),
        detail: format!(
            "The program stood still for them {} of the time. A heap that is full of what lives is collected for every few new \
             objects, and ends with OutOfMemoryError (GC overhead limit exceeded).",
            percent(share)
        ),
        weight: (share * 1e6) as i64,
        headline: format!("{} full", number(count)),
        site: Site::default(),
        evidence: vec![of_run(run, format!("{} full collections", number(count)), "")],
        facts: vec![
            fact(number(count), "full collections"),
            fact(percent(share), "of the time stood still"),
            fact(percent(room), "of the heap free after them"),
        ],
        disproof: "A peak that passed: the heap after later collections falls again.",
        fix: "Make less stay alive (a class histogram or heap dump says what), or raise -Xmx.".to_owned(),
        next: "A histogram of classes names what lives.",
        command: "jcmd PID GC.class_histogram > histogram.txt",
    }
    .finding()
}
