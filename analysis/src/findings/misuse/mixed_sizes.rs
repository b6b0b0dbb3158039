//! One line of a pool's `New` that makes objects of several sizes: what a Get hands out is then sometimes small and
//! sometimes large, or of another type. A heap profile tells sizes, not types.

use std::collections::BTreeMap;

use super::fact;
use crate::census::Pool;
use crate::findings::context::Heap;
use crate::findings::{Checked, Context, Decidability, EvidenceView, Finding, Severity};
use crate::model::{LabelValue, LocationId, Profile, StackId};
use crate::words::{bytes, number};

/// Looks at every pool of the heap; `None` where no pool is seen.
pub(super) fn check(context: &Context<'_>, into: &mut Vec<Finding>) -> Option<Checked> {
    let heap = context.go_heap().filter(|heap| !heap.census.pools.is_empty())?;
    let source = heap.series.snapshots.get(heap.last)?.source;
    let profile = context.session.profile(source)?;
    let mut most = 1;
    for pool in &heap.census.pools {
        for (leaf, sizes) in sizes(context, profile, pool) {
            let t = context.thresholds;
            let all: i64 = sizes.values().map(|&(objects, _)| objects).sum();
            // A size that is seldom made is a rounding of another, or a first try.
            let usual: Vec<(i64, i64)> = sizes
                .iter()
                .filter(|(_, (objects, _))| *objects as f64 >= t.mixed_min_share * all as f64)
                .map(|(&size, &(objects, _))| (size, objects))
                .collect();
            let (Some(&(small, _)), Some(&(large, _))) = (usual.first(), usual.last()) else { continue };
            most = most.max(usual.len());
            if usual.len() > 1 && large as f64 >= t.oversize_ratio * small as f64 {
                let stack = sizes.values().next().map_or(pool.stack, |&(_, stack)| stack);
                into.extend(finding(context, heap, pool, leaf, stack, &usual));
            }
        }
    }
    Some(Checked::Clear(format!("{most} size{} a line", if most == 1 { "" } else { "s" })))
}

/// By the line that allocates, where it is `New`'s own: objects made and a stack, by size.
fn sizes(context: &Context<'_>, profile: &Profile, pool: &Pool) -> BTreeMap<LocationId, BTreeMap<i64, (i64, StackId)>> {
    let symbols = &context.session.symbols;
    let text = |id| symbols.strings.get(id);
    let mut lines: BTreeMap<LocationId, BTreeMap<i64, (i64, StackId)>> = BTreeMap::new();
    let Some(made) = profile.sample_types.iter().position(|t| text(t.name) == "alloc_objects") else { return lines };
    let made = profile.values.get(made).map_or(&[][..], Vec::as_slice);
    for ((&stack, &set), &objects) in profile.stacks.iter().zip(&profile.label_sets).zip(made) {
        let labels = profile.labels.get(set).iter();
        let size = labels.filter(|label| text(label.key) == "bytes").find_map(|label| match label.value {
            LabelValue::Number(size, _) => Some(size),
            LabelValue::Text(_) => None,
        });
        let locations = symbols.stacks.get(stack);
        let Some((size, &leaf)) = size.zip(locations.first()) else { continue };
        let is_new = symbols.function_names(&[leaf]).any(|name| name == pool.new);
        let is_taken = is_new && symbols.function_names(locations).any(|name| name == pool.caller);
        if is_taken && objects > 0 {
            let sum = lines.entry(leaf).or_default().entry(size).or_insert((0, stack));
            sum.0 = sum.0.saturating_add(objects);
        }
    }
    lines
}

fn finding(
    context: &Context<'_>,
    heap: &Heap,
    pool: &Pool,
    leaf: LocationId,
    stack: StackId,
    usual: &[(i64, i64)],
) -> Option<Finding> {
    let (new, caller) = (context.text(pool.new), context.text(pool.caller));
    let line = context.session.symbols.locations.get(leaf).lines.first()?.line;
    let said: Vec<String> = usual
        .iter()
        .take(4)
        .map(|&(size, objects)| format!("{} of {}", number(objects.unsigned_abs()), bytes(size)))
        .collect();
    let (small, large) = (usual.first()?.0, usual.last()?.0);
    let mut site = context.place(pool.new, stack, Some(caller.to_owned()));
    site.line = line;
    Some(Finding {
        rule: "type-mismatch".to_owned(),
        severity: Severity::L1,
        known: Decidability::NeedsAnnotation,
        claim: format!("{new}, the New of the pool of {caller}, makes objects of {} sizes at line {line}: {}.", usual.len(), said.join(", ")),
        detail: "What a Get hands out is now one, now the other. Of buffers that is waste; of types it is a panic at the next \
                 assertion. A heap profile tells sizes and not types."
            .to_owned(),
        weight: large,
        headline: format!("{} – {}", bytes(small), bytes(large)),
        site,
        evidence: vec![context.heap_evidence(
            heap,
            EvidenceView::HeapTable,
            "alloc_space",
            new,
            format!("{} sizes made at one line", usual.len()),
        )],
        facts: vec![fact(usual.len().to_string(), "sizes"), fact(bytes(small), "smallest"), fact(bytes(large), "largest")],
        disproof: "One type whose buffer has no fixed size, and holders that do not care.".to_owned(),
        fix: "Give each size class or type a pool of its own.".to_owned(),
        next: "contrib/go/poolscope in place of the sync.Pool says in a trace of which type and size each object is.".to_owned(),
        command: "curl -so trace.out 'localhost:6060/debug/pprof/trace?seconds=5'".to_owned(),
    })
}
