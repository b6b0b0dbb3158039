//! All rules on one session: what was found, ranked, what was checked and clear, and one sentence above it all.

use serde::{Deserialize, Serialize};

use super::chain::{Link, chain};
use super::context::{Context, Heap, Measured};
use super::{Checked, Conflict, Finding, Next, Severity, Thresholds, all_rules, conflict, keeper, next};
use crate::model::ProfileKind;
use crate::order;
use crate::pools::is_standard;
use crate::session::Session;
use crate::sites::Site;
use crate::words::{bytes, count, number, percent, seconds, signed_bytes};

/// The answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// The sentence above all.
    pub verdict: Verdict,
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
    /// Every rule that found nothing.
    pub clear: Vec<RuleReport>,
    /// What was left out of every rule, in words; empty when nothing was.
    pub suppressed: String,
    /// Where files contradict each other, and which one holds.
    // Last, as links have it (share::columns).
    #[serde(default)]
    pub conflicts: Vec<Conflict>,
}

/// One sentence, and how the heap's growth divides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The sentence.
    pub text: String,
    /// The findings it rests on, by position.
    pub findings: Vec<u32>,
    /// From the root cause to what it explains; empty when nothing is worse than L1.
    pub chain: Vec<Link>,
    /// The heap at the end, in pieces: what was there before, then what grew, the largest first.
    pub segments: Vec<Segment>,
    /// The capture that would decide most; `None` where what is here suffices.
    #[serde(default)]
    pub next: Option<Next>,
}

/// One piece of the heap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Its name.
    pub label: String,
    /// Its size in bytes.
    pub bytes: i64,
    /// It was there before.
    pub is_before: bool,
}

/// A rule that found nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RuleReport {
    /// Its name.
    pub rule: String,
    /// What it looks for.
    pub title: String,
    /// What it saw.
    pub checked: Checked,
    /// The files that it needs; empty where they are here.
    #[serde(default)]
    pub needs: String,
}

/// How many growing sites the bar names.
const NAMED_SEGMENTS: usize = 3;

/// Measures a session and runs every rule.
pub fn diagnose(session: &Session, thresholds: &Thresholds) -> Diagnosis {
    diagnose_measured(session, &Measured::new(session, &thresholds.pools), thresholds)
}

/// Runs every rule on what was measured.
pub fn diagnose_measured(session: &Session, measured: &Measured, thresholds: &Thresholds) -> Diagnosis {
    let context = Context::new(session, measured, thresholds);
    let mut findings = Vec::new();
    let mut clear = Vec::new();
    for rule in all_rules() {
        let before = findings.len();
        let checked = rule.check(&context, &mut findings);
        if findings.len() == before {
            let needs = if checked == Checked::NotCovered { rule.needs() } else { "" };
            let (rule, title) = (rule.name().to_owned(), rule.title().to_owned());
            clear.push(RuleReport { rule, title, checked, needs: needs.to_owned() });
        }
        // Within a rule the largest effect comes first; sites come by name.
        let mut own = findings.split_off(before);
        order::sort_by_key(&mut own, |finding: &Finding| std::cmp::Reverse(finding.weight));
        findings.append(&mut own);
    }
    let before: Vec<Severity> = findings.iter().map(|finding| finding.severity).collect();
    super::evidence_quality::lower(session, &mut findings);
    let mut conflicts = conflict::damaged(&before, &findings);
    conflicts.extend(conflict::resolve(&context, &mut findings, &clear));
    order::sort_by_key(&mut findings, |finding| std::cmp::Reverse(finding.severity));
    let verdict = verdict(&context, &findings);
    let suppressed = context.heap.as_ref().map_or(String::new(), suppressed);
    Diagnosis { verdict, findings, clear, conflicts, suppressed }
}

fn suppressed(heap: &Heap) -> String {
    match heap.sites.measuring_inuse.get(heap.last) {
        Some(&held) if held > 0 => format!("{} held by taking and serving profiles and traces", bytes(held)),
        _ => String::new(),
    }
}

fn verdict(context: &Context<'_>, findings: &[Finding]) -> Verdict {
    let worst = findings.first().map(|finding| finding.severity);
    let behind = findings.iter().enumerate().filter(|(_, f)| Some(f.severity) == worst && f.severity > Severity::L1);
    let behind: Vec<u32> = behind.map(|(at, _)| at as u32).collect();
    let (mut text, segments) = match &context.heap {
        Some(heap) if heap.has_change() && !heap.is_delta => over_time(context, heap, findings),
        Some(heap) => single(context, heap, findings),
        None => (without_heap(context, findings), Vec::new()),
    };
    let chain = chain(findings);
    // The worst is told already; where it comes from is more than that.
    let root = chain.first().filter(|root| root.finding != 0).and_then(|root| findings.get(root.finding as usize));
    if let Some(root) = root {
        text.push_str(&format!(" Most probable root cause: {}", root.claim));
    }
    let next = next::next(context, findings, &chain);
    Verdict { text, findings: behind, chain, next, segments }
}

/// The sentence where there is no heap profile.
fn without_heap(context: &Context<'_>, findings: &[Finding]) -> String {
    let records = context.session.sources.iter().filter_map(|source| context.session.pools(source.id));
    let used = records.flat_map(|record| &record.pools).filter(|pool| pool.gets() > 0);
    let (pools, gets) = used.fold((0, 0), |(pools, gets), pool| (pools + 1, gets + pool.gets()));
    if pools == 0 {
        let worst = findings.first().filter(|worst| worst.severity > Severity::L1);
        let words = "There is no heap profile here; the files can be read in their views.";
        return worst.map_or(words.to_owned(), |worst| worst.claim.clone());
    }
    let what = format!("{} pool{}, {} recorded gets.", count(pools), if pools == 1 { "" } else { "s" }, number(gets));
    match findings.first().filter(|worst| worst.severity > Severity::L1) {
        Some(worst) => format!("{what} {}", worst.claim),
        None => format!("{what} Nothing here reads as a fault."),
    }
}

fn over_time(context: &Context<'_>, heap: &Heap, findings: &[Finding]) -> (String, Vec<Segment>) {
    let (before, after) = (heap.inuse(heap.first), heap.inuse(heap.last));
    let took = heap.seconds.map_or(String::new(), |s| format!(" in {}", seconds(s)));
    let mut grown: Vec<(String, i64)> = heap
        .sites
        .sites
        .iter()
        .map(|site| (context.text(site.function).to_owned(), heap.site_change(site).inuse_delta))
        .filter(|(_, delta)| *delta > 0)
        .collect();
    order::sort_by(&mut grown, |a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let mut text = match after - before {
        _ if bytes(before) == bytes(after) => format!("Heap in use stayed at {}{took}.", bytes(after)),
        delta if delta > 0 => format!("Heap in use grew {} → {}{took}.", bytes(before), bytes(after)),
        _ => format!("Heap in use fell {} → {}{took}.", bytes(before), bytes(after)),
    };
    match (findings.first(), grown.first()) {
        (Some(worst), Some((name, delta)))
            if worst.rule == "heap-leak" && worst.severity > Severity::L1 && after > before =>
        {
            let share = *delta as f64 / (after - before) as f64;
            text.push_str(&format!(" {} of it is {name}.", percent(share.min(1.0))));
            if let Some(keeper) = keeper::of_finding(context, heap, worst) {
                text.push_str(&format!(" {}", keeper.words));
            }
        }
        (Some(worst), _) if worst.severity > Severity::L1 => text.push_str(&format!(" {}", worst.claim)),
        _ => text.push_str(" Nothing here reads as a leak."),
    }
    let mut segments =
        vec![Segment { label: format!("{} before", bytes(before)), bytes: before.min(after), is_before: true }];
    let room = (after - before).max(0);
    let mut named = 0;
    for (name, delta) in grown.into_iter().take(NAMED_SEGMENTS) {
        let shown = delta.min(room - named);
        // A piece too thin to see is no news.
        if shown * 100 > after.max(1) {
            named += shown;
            segments.push(Segment { label: format!("{} {name}", signed_bytes(delta)), bytes: shown, is_before: false });
        }
    }
    if (room - named) * 100 > after.max(1) {
        segments.push(Segment {
            label: format!("{} other", signed_bytes(room - named)),
            bytes: room - named,
            is_before: false,
        });
    }
    (text, segments)
}

/// A log of every allocation: what is in use at its end says less than who allocated.
fn allocated(context: &Context<'_>, heap: &Heap) -> String {
    let all = heap.total_change();
    let own = heap.sites.sites.iter().filter(|site| !is_standard(context.text(site.function)));
    let change = |site: &&Site| heap.site_change(site);
    let most = own.max_by_key(|site| (change(site).alloc_delta, std::cmp::Reverse(context.text(site.function))));
    let most = most.map_or(String::new(), |site| {
        let change = change(&site);
        format!(
            " Of the program’s own functions {} allocated most: {} in {} objects, of which {} are still in use.",
            context.text(site.function),
            bytes(change.alloc_delta),
            count(change.alloc_objects_delta),
            count(change.inuse_objects)
        )
    });
    format!(
        "A log of every allocation: {} in {} objects, of which {} are in use at its end.{most}",
        bytes(all.alloc_delta),
        count(all.alloc_objects_delta),
        bytes(all.inuse_bytes)
    )
}

fn single(context: &Context<'_>, heap: &Heap, findings: &[Finding]) -> (String, Vec<Segment>) {
    let total = heap.inuse(heap.last);
    let mut held: Vec<(&str, i64)> = heap
        .sites
        .sites
        .iter()
        .map(|site| (context.text(site.function), heap.site_change(site).inuse_bytes))
        .filter(|(_, held)| *held > 0)
        .collect();
    order::sort_by(&mut held, |a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let largest = held.first().map_or(String::new(), |(name, bytes_held)| {
        format!(" {} of it at {name}.", percent(*bytes_held as f64 / total.max(1) as f64))
    });
    let segments = held
        .iter()
        .take(NAMED_SEGMENTS)
        .map(|(name, held)| Segment { label: format!("{} {name}", bytes(*held)), bytes: *held, is_before: true })
        .collect();
    let words = if heap.is_delta { "changed by" } else { "holds" };
    let snapshots = &heap.series.snapshots;
    // Some may be of another process: only those that repeat are counted with the one that is told of.
    let heaps = if heap.is_delta { 1 } else { snapshots.iter().filter(|snapshot| snapshot.repeats).count() + 1 };
    let more = match findings.first().filter(|worst| worst.severity > Severity::L1) {
        Some(worst) => format!(" {}", worst.claim),
        None if heap.is_delta || heap.kind == ProfileKind::AllocFreeTrace => String::new(),
        None if heaps > 1 => {
            " One more, taken after a collection and minutes later, tells a leak from a large heap.".to_owned()
        }
        None => " A second snapshot, minutes later, tells a leak from a large heap.".to_owned(),
    };
    if heap.kind == ProfileKind::AllocFreeTrace {
        return (format!("{}{more}", allocated(context, heap)), segments);
    }
    // Repeats are no measurements, and whoever dropped them must not read that there is one file.
    let what = match heaps {
        1 => "One heap profile: it".to_owned(),
        heaps => format!("{heaps} heap profiles, of which one counts, for the others repeat it: it"),
    };
    (format!("{what} {words} {}.{largest}{more}", bytes(total)), segments)
}
