//! Where files contradict each other: of two that cannot both hold, which one does and why, in one sentence. The loser is told
//! one level lower, or as a hint, and says so.

use serde::{Deserialize, Serialize};

use super::collector::most_a_second;
use super::context::Context;
use super::{Checked, Finding, RuleReport, Severity};
use crate::heap_rows::INUSE_OBJECTS;
use crate::model::ProfileKind;
use crate::waits::{Coverage, Lock};
use crate::words::{bytes, count, signed_bytes};

/// Two that contradict each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conflict {
    /// What holds: a rule, or a kind of file.
    pub holds: String,
    /// What does not.
    pub loses: String,
    /// What each says, which one holds, and why.
    pub words: String,
}

impl Conflict {
    fn new(holds: &str, loses: &str, words: String) -> Self {
        Self { holds: holds.to_owned(), loses: loses.to_owned(), words }
    }
}

/// All contradictions among what was found and what was clear. What loses is lowered in `findings`.
pub(super) fn resolve(context: &Context<'_>, findings: &mut [Finding], clear: &[RuleReport]) -> Vec<Conflict> {
    let mut conflicts = hoard_over_leak(findings);
    conflicts.extend(counted_against_sampled(context, findings, clear));
    conflicts.extend(balance_against_heap(context, findings));
    conflicts.extend(lost_but_not_kept(context, findings));
    conflicts.extend(resident_against_heap(context, findings));
    conflicts.extend(reachable_but_standing(context, findings));
    conflicts.extend(waiters_against_holders(context, findings));
    conflicts
}

/// What was told lower because of damage, from `before` to what `findings` say now.
pub(super) fn damaged(before: &[Severity], findings: &[Finding]) -> Vec<Conflict> {
    let lowered = before.iter().zip(findings).filter(|(before, finding)| **before > finding.severity);
    let words = |finding: &Finding| {
        format!(
            "{} says so by damaged files alone, and what is missing of them may say otherwise: it is told one level lower.",
            named(finding)
        )
    };
    lowered.map(|(_, finding)| Conflict::new("evidence-quality", &finding.rule, words(finding))).collect()
}

/// A rule with the place that it speaks of.
fn named(finding: &Finding) -> String {
    match finding.site.function.as_str() {
        "" => finding.rule.clone(),
        function => format!("{} at {function}", finding.rule),
    }
}

/// Makes a finding no worse than `severity`, with the reason below its claim.
fn lower(finding: &mut Finding, severity: Severity, why: &str) {
    finding.severity = finding.severity.min(severity);
    finding.detail.push_str(&format!(" {why}"));
}

fn is_told(finding: &Finding, rule: &str) -> bool {
    finding.rule == rule && finding.severity > Severity::L1
}

/// A heap that grew at a place, and fell there when it was not needed.
fn hoard_over_leak(findings: &mut [Finding]) -> Vec<Conflict> {
    let hoards: Vec<Finding> = findings.iter().filter(|finding| finding.rule == "heap-hoard").cloned().collect();
    let mut conflicts = Vec::new();
    for leak in findings.iter_mut().filter(|finding| is_told(finding, "heap-leak")) {
        let is_its = |hoard: &&Finding| hoard.site.function == leak.site.function && hoard.site.pool == leak.site.pool;
        let Some(hoard) = hoards.iter().find(is_its) else { continue };
        let (grown, place) = (&leak.headline, &leak.site.function);
        let words = format!(
            "The heap grew by {grown} at {place} from the first snapshot to the last; but of it, {}",
            hoard.claim
        );
        lower(leak, Severity::L1, "It fell again: see heap-hoard.");
        conflicts.push(Conflict::new("heap-hoard", "heap-leak", words));
    }
    conflicts
}

/// Sampled objects in use that grow, where the runtime counts all objects and sees none.
fn counted_against_sampled(context: &Context<'_>, findings: &mut [Finding], clear: &[RuleReport]) -> Vec<Conflict> {
    let is_clear = |report: &RuleReport| report.rule == "pool-balance" && matches!(report.checked, Checked::Clear(_));
    let Some((heap, most)) = context.go_heap().zip(most_a_second(context)) else { return Vec::new() };
    if !clear.iter().any(is_clear) {
        return Vec::new();
    }
    let mut conflicts = Vec::new();
    for leak in findings.iter_mut().filter(|finding| is_told(finding, "heap-leak")) {
        let of_site = heap.sites.sites.iter().filter(|site| context.text(site.function) == leak.site.function);
        let objects = |at: usize| {
            of_site
                .clone()
                .filter_map(|site| Some(site.values.get(at)?[INUSE_OBJECTS]))
                .fold(0_i64, i64::saturating_add)
        };
        let grown = objects(heap.last).saturating_sub(objects(heap.first));
        let Some(rate) = heap.seconds.map(|seconds| grown as f64 / seconds) else { continue };
        // Where the counters' own uncertainty is larger, they cannot have seen it, and nothing contradicts.
        if rate <= most {
            continue;
        }
        let words = format!(
            "{} says {} objects a second more stay in use; the runtime, which counts every object, has at most {} more. The \
             counters hold: nothing was sampled there. Either the snapshots caught two phases of the load, or they are of \
             another time.",
            named(leak),
            count(rate as i64),
            count(most as i64)
        );
        lower(leak, Severity::L1, "The runtime’s own counters see no such growth: see pool-balance.");
        conflicts.push(Conflict::new("pool-balance", "heap-leak", words));
    }
    conflicts
}

/// Objects that are counted to grow, in a heap that does not.
fn balance_against_heap(context: &Context<'_>, findings: &mut [Finding]) -> Vec<Conflict> {
    let Some(heap) = context.go_heap().filter(|heap| heap.points() >= 3) else { return Vec::new() };
    let change = heap.total_change();
    if change.inuse_delta > 0 {
        return Vec::new();
    }
    let mut conflicts = Vec::new();
    for balance in findings.iter_mut().filter(|finding| is_told(finding, "pool-balance")) {
        let words = format!(
            "pool-balance counts {} objects; but the heap in use went by {} over {} snapshots. The heap holds: what grew are \
             objects too small to matter, or a warming up that is over.",
            balance.headline,
            signed_bytes(change.inuse_delta),
            heap.points()
        );
        lower(balance, Severity::L1, "The heap in use does not grow.");
        conflicts.push(Conflict::new("heap", "pool-balance", words));
    }
    conflicts
}

/// Objects that were not put back, in a heap that does not grow: they are collected.
fn lost_but_not_kept(context: &Context<'_>, findings: &mut [Finding]) -> Vec<Conflict> {
    let Some(heap) = context.go_heap().filter(|heap| heap.points() >= 3 && !heap.is_delta) else { return Vec::new() };
    let is_kept = findings.iter().any(|finding| is_told(finding, "heap-leak"));
    let growth = heap.inuse_growth();
    if is_kept || growth >= context.thresholds.leak_min_bytes {
        return Vec::new();
    }
    let mut conflicts = Vec::new();
    for rule in ["put-missing-on-error-path", "never-returned"] {
        for lost in findings.iter_mut().filter(|finding| is_told(finding, rule)) {
            let words = format!(
                "The trace says {}: objects are not put back; but the heap in use went by {} over {} snapshots. Both hold: what \
                 is not put back is collected, so it costs allocations and leaks nothing.",
                named(lost),
                signed_bytes(growth),
                heap.points()
            );
            lower(lost, Severity::L2, "The heap does not grow by it: what is lost is collected.");
            conflicts.push(Conflict::new("heap", rule, words));
        }
    }
    conflicts
}

/// A heap that grows in a process that does not.
fn resident_against_heap(context: &Context<'_>, findings: &[Finding]) -> Vec<Conflict> {
    let spaces = &context.process.spaces;
    let resident = |space: &crate::model::record::AddressSpace| space.total.rss;
    // Without times nothing says which one is the earlier.
    let timed = spaces.iter().filter(|(source, space)| context.session.time(*source, space.time).is_some());
    let mut timed = timed.map(|(_, space)| *space);
    let Some((first, last)) = timed.next().zip(timed.next_back()) else { return Vec::new() };
    let (before, after) = (resident(first), resident(last));
    if before == 0 || after > before {
        return Vec::new();
    }
    let words = |leak: &Finding| {
        format!(
            "The heap grew by {} at {}; resident memory did not: {} → {}. The leak holds: the heap grew into room that the \
             process had already, and resident memory follows when that is used up.",
            leak.headline,
            leak.site.function,
            bytes(before.cast_signed()),
            bytes(after.cast_signed())
        )
    };
    let leaks = findings.iter().filter(|finding| is_told(finding, "heap-leak")).take(1);
    leaks.map(|leak| Conflict::new("heap-leak", "memory map", words(leak))).collect()
}

/// Goroutines that pile up though the runtime finds none that is lost.
fn reachable_but_standing(context: &Context<'_>, findings: &[Finding]) -> Vec<Conflict> {
    let session = context.session;
    let mut profiles = session.sources.iter().filter_map(|source| session.profile(source.id));
    if !profiles.any(|profile| profile.kind == ProfileKind::GoroutineLeak) {
        return Vec::new();
    }
    let is_unmarked = |finding: &&Finding| {
        is_told(finding, "goroutine-leak")
            && finding.facts.iter().any(|fact| fact.label == "never run again" && fact.value == "–")
    };
    let words = |standing: &Finding| {
        format!(
            "goroutineleak marks none of those in {}; but their number rises by {}. The growth holds: something that lives can \
             still reach what they wait for, and does not wake them as fast as they come.",
            standing.site.function, standing.headline
        )
    };
    findings
        .iter()
        .filter(is_unmarked)
        .map(|f| Conflict::new("goroutine-leak", "goroutineleak profile", words(f)))
        .collect()
}

/// A lock that one of the two profiles knows and the other, whose rate is on, does not.
fn waiters_against_holders(context: &Context<'_>, findings: &[Finding]) -> Vec<Conflict> {
    let waits = context.waits;
    let is_open = |coverage: &Coverage| !coverage.sources.is_empty() && !coverage.is_off && !coverage.is_empty;
    if !is_open(&waits.mutex) || !is_open(&waits.block) {
        return Vec::new();
    }
    let lock_of = |finding: &Finding| -> Option<&Lock> {
        let is_of_locks = is_told(finding, "lock-contention") || is_told(finding, "pool-contention");
        // A channel has no holder.
        let mut locks = waits.locks.iter().filter(|lock| lock.is_mutex());
        locks.find(|lock| is_of_locks && finding.claim.starts_with(&format!("{}:", lock.owner)))
    };
    let mut conflicts = Vec::new();
    for finding in findings {
        let Some(lock) = lock_of(finding) else { continue };
        let (waited, held) = (lock.waited().contentions, lock.held().contentions);
        match (waited, held) {
            (1.., 0) => conflicts.push(Conflict::new(
                "block profile",
                "mutex profile",
                format!(
                    "The block profile counts {} waits for {}, the mutex profile names no holder of it though its rate is on. \
                     The waits hold: the mutex profile takes one in many and missed them, or another function unlocks.",
                    count(waited),
                    lock.owner
                ),
            )),
            (0, 1..) => conflicts.push(Conflict::new(
                "mutex profile",
                "block profile",
                format!(
                    "The mutex profile says that others lost time to holders of {}, {} times; the block profile has no wait for \
                     it. The holders hold: waits shorter than the block profile’s rate are left out of it.",
                    lock.owner,
                    count(held)
                ),
            )),
            _ => {}
        }
    }
    conflicts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(rule: &str, function: &str) -> Finding {
        Finding {
            claim: "20 MB stood at main.make and 9 MB are left: an idle hoard, no leak.".to_owned(),
            headline: "+8 MB".to_owned(),
            ..Finding::bare(rule, Severity::L3, function)
        }
    }

    #[test]
    fn a_leak_that_fell_is_a_hoard_and_told_as_a_hint() {
        let mut findings = [finding("heap-leak", "main.make"), finding("heap-hoard", "main.make")];
        let conflicts = hoard_over_leak(&mut findings);
        assert_eq!((conflicts[0].holds.as_str(), conflicts[0].loses.as_str()), ("heap-hoard", "heap-leak"));
        assert!(conflicts[0].words.contains("+8 MB at main.make") && conflicts[0].words.contains("9 MB are left"));
        assert_eq!(findings[0].severity, Severity::L1);
        assert!(findings[0].detail.contains("see heap-hoard"));
    }

    #[test]
    fn a_hoard_elsewhere_contradicts_no_leak() {
        let mut findings = [finding("heap-leak", "main.make"), finding("heap-hoard", "main.other")];
        assert!(hoard_over_leak(&mut findings).is_empty());
        assert_eq!(findings[0].severity, Severity::L3);
    }

    #[test]
    fn what_damage_lowered_is_told() {
        let mut findings = [finding("heap-leak", "main.make"), finding("heap-churn", "main.make")];
        assert!(damaged(&[Severity::L3, Severity::L3], &findings).is_empty());
        findings[0].severity = Severity::L2;
        let conflicts = damaged(&[Severity::L3, Severity::L3], &findings);
        assert_eq!((conflicts.len(), conflicts[0].loses.as_str()), (1, "heap-leak"));
    }
}
