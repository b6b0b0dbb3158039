//! What stays though most like it goes may lie in pooled objects, and be seen by their next holder. A heap profile shows
//! that it stays, and not in what, nor who sees it.

use super::fact;
use crate::census::Pool;
use crate::findings::context::Heap;
use crate::findings::{Checked, Context, Decidability, EvidenceView, Finding, Severity, pool_retained};
use crate::model::StringId;
use crate::pools::is_standard;
use crate::sites::Site;
use crate::words::{bytes, count};

/// Looks at what stands on a plateau; `None` where there is no series of heaps.
pub(in crate::findings) fn check(context: &Context<'_>, into: &mut Vec<Finding>) -> Option<Checked> {
    let heap = context.go_heap().filter(|heap| heap.has_change() && !heap.is_delta)?;
    for site in pool_retained::poolable(context, heap) {
        let Some(holder) = holder(context, site) else { continue };
        // A pool that hardly ever misses is not seen in a sampled heap.
        let pool = heap.census.pools.iter().find(|pool| is_in(context, pool, holder));
        into.push(finding(context, heap, site, pool, holder));
    }
    Some(Checked::Clear("0 B kept".to_owned()))
}

/// Who has a site allocate: the next function of the program's own.
fn holder(context: &Context<'_>, site: &Site) -> Option<StringId> {
    let symbols = &context.session.symbols;
    let mut names = symbols.function_names(symbols.stacks.get(site.stack));
    names.by_ref().find(|&name| name == site.function)?;
    names.find(|&name| name != site.function && !is_standard(context.text(name)))
}

/// Whether a function takes from a pool, itself or by what it calls.
fn is_in(context: &Context<'_>, pool: &Pool, holder: StringId) -> bool {
    let symbols = &context.session.symbols;
    let mut names = symbols.function_names(symbols.stacks.get(pool.stack)).skip_while(|&name| name != pool.caller);
    // Near: further out, everyone calls everything.
    names.by_ref().take(NEAR_FRAMES).any(|name| name == holder)
}

/// Frames from the one that takes from the pool outward.
const NEAR_FRAMES: usize = 3;

fn finding(context: &Context<'_>, heap: &Heap, site: &Site, pool: Option<&Pool>, holder: StringId) -> Finding {
    let change = heap.site_change(site);
    let (name, holder) = (context.text(site.function), context.text(holder));
    let caller = pool.map(|pool| context.text(pool.caller));
    let stays = bytes(change.inuse_bytes);
    Finding {
        rule: "dirty-reuse".to_owned(),
        severity: Severity::L1,
        known: Decidability::NeedsAnnotation,
        claim: match caller {
            Some(caller) => format!(
                "{holder} takes from the pool of {caller} and has {name} make what stays, {stays}: objects may come back with \
                 it in them."
            ),
            None => format!(
                "{holder} has {name} make what stays, {stays}: if it puts objects into a pool with that in them, the next \
                 holder may see it."
            ),
        },
        detail: "What is left in a pooled object is kept by the pool, and is there when the next holder takes it. A plain dump \
                 does not tell whether that one sees it, and does not show a pool that hardly ever misses."
            .to_owned(),
        weight: change.inuse_bytes,
        headline: bytes(change.inuse_bytes),
        site: context.place(site.function, site.stack, caller.map(str::to_owned)),
        evidence: vec![context.heap_evidence(
            heap,
            EvidenceView::HeapTable,
            "inuse_space",
            name,
            format!("{} objects in use", count(change.inuse_objects)),
        )],
        facts: vec![fact(bytes(change.inuse_bytes), "stays"), fact(count(change.inuse_objects), "objects")],
        disproof: "Every field that is left being overwritten before it is read, or the reset standing before Put.".to_owned(),
        fix: format!("Empty the object before it is put back: *x = T{{}}, or each field that {name} fills; keep a buffer only up to a size."),
        next: "This decides it, after each Get: if v := reflect.ValueOf(x).Elem(); !v.IsZero() { log.Printf(\"dirty: %+v\", x) }"
            .to_owned(),
        command: "grep -rn '\\.Get()' --include='*.go' .".to_owned(),
    }
}
