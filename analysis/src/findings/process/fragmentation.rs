//! A Go heap that holds much more than it needs: spans that a few objects keep, and idle ones that are not given back.

use super::{Context, EvidenceView, Finding, RuntimeMemory, Said, Severity, Site, evidence, fact, share, weight_of};
use crate::findings::{Checked, Decidability};
use crate::heap_rows::{HeapRows, INUSE_SPACE};
use crate::model::LabelValue;
use crate::words::{percent, size};

/// How much above its goal the runtime keeps at hand by itself (runtime/mgcscavenge.go, `retainExtraPercent`).
const RETAINED: f64 = 1.1;

/// The source of `fragmentation` that is Go's heap; the rules on pools' lives have that of byte pools.
pub(in crate::findings) fn check(context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
    let readings = &context.process.runtime;
    // The later half, and of it the reading with the least: what is free only between two collections is none.
    let later = readings.get(readings.len() / 2..).unwrap_or_default();
    let Some(reading) = later.iter().min_by_key(|reading| loose(reading)) else { return Checked::NotCovered };
    let t = context.thresholds;
    let part = share(loose(reading), reading.held());
    if loose(reading) >= t.held_min_bytes && part >= t.fragmentation_heap_share {
        into.push(finding(context, reading, later.len()));
    }
    Checked::Clear(format!("{} of the Go heap", percent(part)))
}

/// What is held beyond what the next collection lets the heap grow to, with the tenth that the runtime adds.
fn loose(reading: &RuntimeMemory) -> u64 {
    let needed = reading.heap_alloc.max(reading.goal.unwrap_or(0)) as f64 * RETAINED;
    reading.held().saturating_sub(needed as u64)
}

fn finding(context: &Context<'_>, reading: &RuntimeMemory, readings: usize) -> Finding {
    let (loose, held, idle, waste) = (loose(reading), reading.held(), reading.idle(), reading.span_waste());
    let of_spans = waste >= idle;
    let sizes = sizes(context);
    let largest: Vec<String> =
        sizes.iter().take(3).map(|(bytes, held)| format!("{} in objects of {}", size(*held), size(*bytes))).collect();
    let by_size = match largest.join(", ") {
        none if none.is_empty() => String::new(),
        sizes => format!(" By the heap profile what is kept is {sizes}."),
    };
    let goal =
        reading.goal.map_or("no goal is set".to_owned(), |goal| format!("the next collection ends at {}", size(goal)));
    let of_many =
        if readings > 1 { format!(" It is the least of the last {readings} readings.") } else { String::new() };
    let (inuse, alloc) = (size(reading.heap_inuse), size(reading.heap_alloc));
    let text = format!("HeapInuse {inuse}, HeapAlloc {alloc}, HeapIdle − HeapReleased {}", size(idle));
    let mut all = vec![evidence(reading.source, text, "runtime")];
    if let Some(heap) = context.heap.as_ref().filter(|_| !largest.is_empty()) {
        let text = "What is kept, by who allocated it".to_owned();
        all.push(context.heap_evidence(heap, EvidenceView::HeapTable, "inuse_space", "", text));
    }
    Said {
        rule: "fragmentation",
        severity: Severity::L2,
        known: Decidability::Proven,
        claim: format!(
            "The Go heap holds {} for {alloc} of objects: {} ({}) is neither used nor given back.",
            size(held),
            size(loose),
            percent(share(loose, held))
        ),
        detail: if of_spans {
            format!(
                "{} lie free inside spans that some object still keeps: a span of 8 kB or more goes back only when all objects in \
                 it are dead, and {goal}.{of_many}{by_size}",
                size(waste)
            )
        } else {
            format!("{} are idle spans that the scavenger has not given back, and {goal}.{of_many}", size(idle))
        },
        weight: weight_of(loose),
        headline: format!("{} free", percent(share(loose, held))),
        site: Site::default(),
        evidence: all,
        facts: vec![
            fact(size(held), "held by the heap"),
            fact(alloc, "of objects"),
            fact(size(waste), "free inside spans"),
            fact(size(idle), "idle, not given back"),
        ],
        disproof: "A heap that grows back into what is free within minutes: then it was room between two bursts.",
        fix: if of_spans {
            "Keep long-lived objects apart from short-lived ones of the same size: allocate them together, early, in slices of \
             values; or copy the few that live on after a burst, so that their old spans empty.".to_owned()
        } else {
            "Call debug.FreeOSMemory once after a burst that will not come back, or set GOMEMLIMIT, which makes the scavenger \
             give back sooner.".to_owned()
        },
        next: "A heap profile after two collections names who keeps the spans.",
        command: "curl -so heap.pb.gz 'localhost:6060/debug/pprof/heap?gc=2'",
    }
    .finding()
}

/// Bytes in use by size of one object, the most first.
fn sizes(context: &Context<'_>) -> Vec<(u64, u64)> {
    let Some(heap) = &context.heap else { return Vec::new() };
    let Some(profile) = heap.profile(context.session, heap.last) else { return Vec::new() };
    let Some(rows) = HeapRows::of(&context.session.symbols, profile) else { return Vec::new() };
    let mut sums: rustc_hash::FxHashMap<u64, u64> = rustc_hash::FxHashMap::default();
    for (&set, (_, values)) in profile.label_sets.iter().zip(rows.iter()) {
        let bytes = profile.labels.get(set).iter().find_map(|label| match label.value {
            LabelValue::Number(bytes, _) if context.text(label.key) == "bytes" => u64::try_from(bytes).ok(),
            _ => None,
        });
        if let Some((bytes, held)) = bytes.zip(u64::try_from(values[INUSE_SPACE]).ok()).filter(|(_, held)| *held > 0) {
            let sum = sums.entry(bytes).or_default();
            *sum = sum.saturating_add(held);
        }
    }
    let mut sizes: Vec<(u64, u64)> = sums.into_iter().collect();
    crate::order::sort_by_key(&mut sizes, |&(bytes, held)| (std::cmp::Reverse(held), bytes));
    sizes
}
