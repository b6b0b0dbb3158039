//! Time lost at locks: waiters and holders paired by whose the lock is, and what the two profiles say against each other.

use super::{at, evidence, fact, flame, place, seconds};
use crate::findings::{Checked, Context, Decidability, Finding, Rule, Severity};
use crate::lens::SourceId;
use crate::pools::PoolEnd;
use crate::waits::{Delay, Lock, frames, is_library};
use crate::words::{bytes, count, signed_bytes, time};

/// `lock-contention`
pub(super) struct LockContention;

impl Rule for LockContention {
    fn name(&self) -> &'static str {
        "lock-contention"
    }

    fn title(&self) -> &'static str {
        "Waiting for locks"
    }

    fn needs(&self) -> &'static str {
        "a mutex or a block profile with its rate set"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        judge(context, self.name(), false, into)
    }
}

/// Judges the locks of pools, or all others but the runtime's own.
pub(super) fn judge(context: &Context<'_>, rule: &str, of_pools: bool, into: &mut Vec<Finding>) -> Checked {
    let waits = &context.waits;
    if waits.mutex.sources.is_empty() && waits.block.sources.is_empty() {
        return Checked::NotCovered;
    }
    let mut longest = 0;
    for lock in waits.locks.iter().filter(|lock| lock.is_pool == of_pools && !lock.is_runtime) {
        // Channels of pools are judged by who stands there.
        if !lock.is_mutex() {
            continue;
        }
        let delay = lock.delay();
        longest = longest.max(delay.nanos);
        if let Some(severity) = severity(context, lock, delay) {
            into.push(finding(context, rule, lock, delay, severity));
        }
    }
    Checked::Clear(time(longest))
}

/// Threads that did nothing but wait, in the time that passed; `None` where no time is told.
fn threads(context: &Context<'_>, lock: &Lock, delay: Delay) -> Option<f64> {
    Some(delay.nanos as f64 / 1e9 / seconds(context, lock)?)
}

fn is_slow(context: &Context<'_>, delay: Delay) -> bool {
    delay.mean() as f64 >= context.thresholds.lock_wait_millis * 1e6
}

fn severity(context: &Context<'_>, lock: &Lock, delay: Delay) -> Option<Severity> {
    let t = context.thresholds;
    if delay.nanos < 1_000_000_000 || delay.contentions < 2 {
        return None;
    }
    match (threads(context, lock, delay), is_slow(context, delay)) {
        (Some(lost), true) if lost >= t.contention_warning_threads => Some(Severity::L3),
        (Some(lost), _) if lost >= t.contention_warning_threads => Some(Severity::L2),
        (_, true) => Some(Severity::L2),
        (Some(lost), false) if lost < t.contention_min_threads => None,
        // One profile does not tell since when it counts.
        (_, false) => Some(Severity::L1),
    }
}

fn finding(context: &Context<'_>, rule: &str, lock: &Lock, delay: Delay, severity: Severity) -> Finding {
    let symbols = &context.session.symbols;
    let lost = threads(context, lock, delay);
    let lost_words = lost.map_or(String::new(), |lost| format!(", as if {lost:.1} threads did nothing else"));
    let side = lock.waiters.first().or(lock.holders.first());
    let waiter = lock.waiters.first().and_then(|side| side.place);
    let holder = lock.holders.first().and_then(|side| side.place);
    let mut detail = match (&waiter, &holder) {
        (Some(waiter), Some(holder)) => {
            format!("They wait at {} for whoever unlocks at {}.", at(context, waiter), at(context, holder))
        }
        (Some(waiter), None) => format!("They wait at {}.", at(context, waiter)),
        (None, Some(holder)) => format!("It is held until {}.", at(context, holder)),
        (None, None) => String::new(),
    };
    let mut shared =
        lock.shared(symbols).into_iter().filter(|frame| !is_library(symbols, frame)).map(|frame| frame.function);
    if let Some(inner) = shared.next() {
        let by = shared
            .find(|&caller| caller != inner)
            .map_or(String::new(), |by| format!(", called by {}", context.text(by)));
        detail.push_str(&format!(" Both stacks meet in {}{by}.", context.text(inner)));
    }
    for words in contradictions(context, lock) {
        detail.push_str(&format!(" {words}"));
    }
    if let Some(words) = late_release(context, lock) {
        detail.push_str(&format!(" {words}"));
    }
    let all = side.map(|side| frames(symbols, side.stack)).unwrap_or_default();
    let own = side.and_then(|side| side.place);
    let name = own.map_or(lock.owner.clone(), |own| context.text(own.function).to_owned());
    let last = |sources: &[SourceId]| sources.last().copied();
    let (block, mutex) = (last(&context.waits.block.sources), last(&context.waits.mutex.sources));
    let mut shown = Vec::new();
    if let Some(source) = block.filter(|_| !lock.waiters.is_empty()) {
        let waited = lock.waited();
        let text =
            format!("{} waits, {} in all, {} each", count(waited.contentions), time(waited.nanos), time(waited.mean()));
        shown.push(evidence(source, text, lock.pick()));
        shown.push(flame(source, "Who waits, as a flame graph".to_owned(), "delay", &name));
    }
    if let Some(source) = mutex.filter(|_| !lock.holders.is_empty()) {
        let held = lock.held();
        let holder = holder.map_or(name.clone(), |holder| context.text(holder.function).to_owned());
        shown.push(evidence(source, format!("{} lost by others while it was held", time(held.nanos)), lock.pick()));
        shown.push(flame(source, "Who holds it, as a flame graph".to_owned(), "delay", &holder));
    }
    let limit = context.thresholds.lock_wait_millis;
    let pool = (rule == "pool-contention").then(|| lock.owner.clone());
    Finding {
        rule: rule.to_owned(),
        severity,
        known: Decidability::Sampled,
        claim: format!(
            "{}: {} waits for its lock took {}{lost_words}: {} each.",
            lock.owner,
            count(delay.contentions),
            time(delay.nanos),
            time(delay.mean())
        ),
        detail,
        weight: delay.nanos,
        headline: time(delay.nanos),
        site: place(context, own, &all, pool.clone()),
        evidence: shown,
        facts: vec![
            fact(time(delay.mean()), &format!("mean wait; the line is {limit} ms")),
            fact(lost.map_or("–".to_owned(), |lost| format!("{lost:.1}")), "threads’ time lost"),
            fact(count(delay.contentions), "waits"),
            fact(count(i64::try_from(lock.waiting_now).unwrap_or(i64::MAX)), "wait now"),
        ],
        disproof: "The same load with the work moved out of the lock: if the wait stays, it is for another lock."
            .to_owned(),
        fix: match pool {
            Some(_) => format!(
                "Hold the lock of {} for less long: make, clear and log objects outside of it; or one pool a processor, as \
                 sync.Pool has.",
                lock.owner
            ),
            None => format!("Hold the lock of {} for less long, split it, or let readers share it.", lock.owner),
        },
        next: "Both profiles over one and the same minute, with both rates on, pair waiters and holders exactly."
            .to_owned(),
        command: "curl -so mutex.pb.gz 'localhost:6060/debug/pprof/mutex?seconds=60' & curl -so block.pb.gz \
                  'localhost:6060/debug/pprof/block?seconds=60'"
            .to_owned(),
    }
}

/// What the two profiles say against each other.
fn contradictions(context: &Context<'_>, lock: &Lock) -> Vec<String> {
    let waits = &context.waits;
    let mut words = Vec::new();
    let (waited, held) = (lock.waited().nanos, lock.held().nanos);
    let is_open = |sources: &[SourceId]| !sources.is_empty();
    match (waited, held) {
        (1.., 0) if waits.mutex.is_off => words.push(
            "The mutex profile was off (sampling period 0): call runtime.SetMutexProfileFraction(5).".to_owned(),
        ),
        (1.., 0) if is_open(&waits.mutex.sources) => words.push(
            "The mutex profile names no holder of it: either its sampling missed them, or another function unlocks."
                .to_owned(),
        ),
        (1.., 0) => words.push("Without a mutex profile nothing tells who holds it.".to_owned()),
        (0, 1..) if is_open(&waits.block.sources) => words.push(
            "The block profile has no wait for it, though others lost time: its rate is set too coarse, or was set later \
             (runtime.SetBlockProfileRate)."
                .to_owned(),
        ),
        (0, 1..) => words.push("Without a block profile nothing tells who waits.".to_owned()),
        // Both charge the same waits; sampling of one in five and the waits that are not over yet explain some of it.
        (1.., 1..) if waited > held.saturating_mul(3) || held > waited.saturating_mul(3) => words.push(format!(
            "Waiters lost {} and holders are charged with {}: too far apart for one lock. Rates differ, or more than one lock \
             of this owner is behind it.",
            time(waited),
            time(held)
        )),
        _ => {}
    }
    words
}

/// Objects that wait to be given back are kept meanwhile.
fn late_release(context: &Context<'_>, lock: &Lock) -> Option<String> {
    let symbols = &context.session.symbols;
    let heap = context.heap.as_ref()?;
    let put = lock.waiters.iter().find(|side| {
        let name = side.place.map_or("", |place| context.text(place.function));
        crate::pools::end_of(name) == Some(PoolEnd::Put)
    })?;
    let callers: Vec<_> = frames(symbols, put.stack).into_iter().map(|frame| frame.function).collect();
    let theirs = heap.sites.sites.iter().filter(|site| {
        callers.contains(&site.function) || {
            frames(symbols, site.stack).iter().take(4).any(|frame| {
                callers.contains(&frame.function) && !crate::pools::is_standard(context.text(frame.function))
            })
        }
    });
    let site = theirs.max_by_key(|site| heap.site_change(site).inuse_bytes)?;
    let change = heap.site_change(site);
    (change.inuse_bytes > 0).then(|| {
        format!(
            "Releases stand behind the lock too ({} of it at put): what {} allocated stays in use meanwhile, {} now ({}).",
            time(put.change.nanos),
            context.text(site.function),
            bytes(change.inuse_bytes),
            signed_bytes(change.inuse_delta)
        )
    })
}
