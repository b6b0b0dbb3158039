//! Objects that another thread gives back than took them. Ranked by what it costs: gets that must steal.

use super::{Said, Seen, fact, number, pools, share, time};
use crate::findings::{Checked, Context, Finding, Rule, Severity, misuse};
use crate::lifecycle::Handover;
use crate::model::pool::{Counter, Mark, Tier};
use crate::words::percent;

/// `cross-thread`
pub(super) struct CrossThread;

impl Rule for CrossThread {
    fn name(&self) -> &'static str {
        "cross-thread"
    }

    fn title(&self) -> &'static str {
        "Handed across threads"
    }

    fn needs(&self) -> &'static str {
        "a record of pools, or what the race detector said"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let by_races = misuse::shared(context, into);
        let Some(all) = pools(context) else { return misuse::either(Checked::NotCovered, by_races) };
        let t = context.thresholds;
        let mut most = 0.0_f64;
        for seen in &all {
            let ended: u64 = seen.life.handovers.iter().map(|handover| handover.count).sum();
            let across: u64 = seen.life.handovers.iter().map(|handover| handover.across_threads).sum();
            most = most.max(share(across, ended));
            if across >= t.pool_min_events && share(across, ended) >= t.cross_thread_min_share {
                into.push(finding(seen, across, ended));
            }
        }
        Checked::Clear(percent(most))
    }
}

fn finding(seen: &Seen<'_>, across: u64, ended: u64) -> Finding {
    let stolen = seen.counted(Counter::HitsStolen, seen.life.gets_of(Tier::Stolen));
    let gets = seen.gets();
    let stood = seen.marked(|mark| if let Mark::Contended { nanos } = mark { Some(*nanos) } else { None });
    let stood = seen.counted(Counter::ContendedNanos, stood.iter().map(|(_, nanos)| nanos).sum());
    let is_dear = share(stolen, gets) >= seen.context.thresholds.cross_thread_min_stolen;
    let worst = seen.life.handovers.iter().max_by_key(|handover| handover.across_threads).copied();
    let Handover { got_at, put_at, .. } = worst.unwrap_or_default();
    let (taken, given) = (seen.at(got_at), seen.at(put_at));
    let cost = if is_dear {
        "Each thread’s own slot runs empty, and its gets take from others’ queues, under their lock and with a cold cache."
    } else {
        "It costs little here: few gets had to steal."
    };
    seen.finding(Said {
        rule: "cross-thread",
        severity: if is_dear { Severity::L2 } else { Severity::L1 },
        claim: format!(
            "{}: {} of {} objects were given back by another thread than took them, and {} of gets had to steal.",
            seen.name,
            number(across),
            number(ended),
            percent(share(stolen, gets))
        ),
        detail: format!("Taken at {taken}, given back at {given}. {cost}"),
        weight: stolen,
        headline: format!("{} stolen", percent(share(stolen, gets))),
        site: worst.map_or(seen.whole(), |_| seen.place(put_at)),
        evidence: vec![
            seen.evidence(format!("{} gets stolen of {}", number(stolen), number(gets)), None, None),
            seen.evidence(format!("{} handed across threads", number(across)), None, None),
        ],
        facts: vec![
            fact(percent(share(across, ended)), "handed across"),
            fact(percent(share(stolen, gets)), "of gets stole"),
            fact(time(stood), "stood at locked queues"),
        ],
        disproof: "Gets that are as fast as in a pool without hand-overs: compare the time of a get, not the share.",
        fix: format!(
            "Put in the thread that took: at {given}, hand on the result and not the object; or hand objects back in \
             batches; or give the receiving thread a pool of its own."
        ),
        next: "The same load with the put moved shows what it saves.",
        rests_on_all: true,
    })
}
