//! Who probably keeps what leaks: goroutines that pile up on its way, contexts, timers and lists that are made beside it and
//! stay as it does, or functions that store and grow with it.

use std::collections::BTreeMap;

use super::context::{Context, Heap};
use super::said::evidence_in;
use super::{Evidence, EvidenceView, Finding};
use crate::heap_rows::INUSE_SPACE;
use crate::holders::{Keeps, Maker};
use crate::model::StringId;
use crate::sites::Site;
use crate::waits::Group;
use crate::words::{bytes, count, number, signed_bytes};

/// A keeper, in words.
pub(super) struct Keeper {
    /// “Probably kept by …”, a whole sentence.
    pub(super) words: String,
    /// What lets go.
    pub(super) fix: String,
    /// The numbers behind it.
    pub(super) evidence: Evidence,
}

/// The most probable keeper of what grows at a site; `None` where nothing that could keep it grows beside it.
pub(super) fn probable(context: &Context<'_>, heap: &Heap, site: &Site) -> Option<Keeper> {
    if !heap.is_go() || !heap.has_change() {
        return None;
    }
    let way: Vec<StringId> = context.own_functions(site.stack).collect();
    goroutines(context, heap, site, &way)
        .or_else(|| made_beside(context, heap, site, &way))
        .or_else(|| stored(context, heap, site, &way))
}

/// Of what a finding of a leak tells, in the same words.
pub(super) fn of_finding(context: &Context<'_>, heap: &Heap, finding: &Finding) -> Option<Keeper> {
    let is_its = |site: &&Site| {
        let pool = site.pool.filter(|pool| !pool.is_overhead).map(|pool| context.text(pool.caller));
        context.text(site.function) == finding.site.function && pool == finding.site.pool.as_deref()
    };
    probable(context, heap, heap.sites.sites.iter().find(is_its)?)
}

/// Functions outward from a leak within which its keeper is looked for: further out, everyone calls everything.
const NEAR: usize = 4;

/// Goroutines that pile up on the way to the leak, or as many as are kept.
fn goroutines(context: &Context<'_>, heap: &Heap, site: &Site, way: &[StringId]) -> Option<Keeper> {
    let population = context.waits.goroutines().filter(|population| population.moments().len() > 1)?;
    let near = way.get(..NEAR.min(way.len()))?;
    let leaked = heap.grown_objects(site);
    // Groups of one place together: they may stand in several lines, or come by several ways.
    let mut places: BTreeMap<StringId, (u64, u64, &Group)> = BTreeMap::new();
    for group in population.groups.iter().filter(|group| !group.is_system) {
        let Some(own) = crate::waits::own_frame(&context.session.symbols, &group.frames) else { continue };
        let counts = population.counts(group);
        let (first, last) = (counts.first().copied().unwrap_or(0), counts.last().copied().unwrap_or(0));
        let place = places.entry(own.function).or_insert((0, 0, group));
        (place.0, place.1) = (place.0.saturating_add(first), place.1.saturating_add(last));
    }
    let piles_up = |(_, (first, last, group)): &(StringId, (u64, u64, &Group))| {
        let more = last.saturating_sub(*first);
        let is_on = group.frames.iter().any(|frame| near.contains(&frame.function));
        // Each keeps one object, or one with its buffer.
        let each = leaked as f64 / more.max(1) as f64;
        let is_as_many = (each - 1.0).abs() <= AS_MANY || (each / 2.0 - 1.0).abs() <= AS_MANY;
        more >= context.thresholds.goroutine_leak_min && (is_on || is_as_many)
    };
    let (place, (first, last, group)) = places.into_iter().filter(piles_up).max_by_key(|(_, (_, last, _))| *last)?;
    let place = context.text(place);
    let source = population.moments().last()?.source;
    let words = format!(
        "Probably kept by goroutines that stand in {place}: {} → {} of them, while {} objects more were kept.",
        number(first),
        number(last),
        count(leaked)
    );
    let fix = format!("Give the goroutines in {place} an end: what they hold goes with them.");
    let text = format!("{} goroutines in {place}, {} at first", number(last), number(first));
    let pick = group.pick(&context.session.symbols);
    Some(Keeper { words, fix, evidence: evidence_in(EvidenceView::Contention, source, text, &pick) })
}

/// How far from each other the numbers of goroutines and of kept objects may be that belong together: one is sampled.
const AS_MANY: f64 = 0.15;

/// Contexts, timers and lists.
fn made_beside(context: &Context<'_>, heap: &Heap, site: &Site, way: &[StringId]) -> Option<Keeper> {
    let near = way.get(..NEAR.min(way.len()))?;
    let grows_with = |maker: &&Maker| {
        let change = heap.change(&maker.values, &maker.variances);
        let is_near = context.own_functions(maker.stack).take(2).any(|owner| near.contains(&owner));
        is_near && change.grew() && goes_along(heap, &site.values, &maker.values, context.thresholds.leak_min_tau)
    };
    // The nearest to the leak; of those the one that grew most.
    let nearness = |maker: &Maker| near.iter().position(|&function| function == maker.owner).unwrap_or(NEAR);
    let growth = |maker: &Maker| heap.change(&maker.values, &maker.variances).inuse_delta;
    let maker = heap.makers.iter().filter(grows_with).min_by_key(|maker| (nearness(maker), -growth(maker)))?;
    let change = heap.change(&maker.values, &maker.variances);
    let owner = context.text(maker.owner);
    let calls: Vec<&str> = maker.calls.iter().map(|&call| context.text(call)).take(3).collect();
    let (what, fix) = told(maker.keeps, owner);
    // Where it is they that grow, they are not beside it.
    let is_itself = maker.owner == site.function && change.inuse_delta * 2 > heap.site_change(site).inuse_delta;
    let head = if is_itself { "It is mostly" } else { "Probably kept by" };
    let words = format!(
        "{head} {what} that {owner} makes ({}): they grow as it does, {} in the same time.",
        calls.join(", "),
        signed_bytes(change.inuse_delta)
    );
    let text = format!("{} in use beside it from {}", signed_bytes(change.inuse_delta), calls.join(", "));
    let call = calls.first().copied().unwrap_or(owner);
    let evidence = context.heap_evidence(heap, EvidenceView::HeapFlame, "inuse_space", call, text);
    Some(Keeper { words, fix, evidence })
}

/// What keeps, and what lets go.
fn told(keeps: Keeps, owner: &str) -> (&'static str, String) {
    match keeps {
        Keeps::Context => (
            "contexts, and functions that wait for their end,",
            format!(
                "End the context of {owner} on every way out, on errors too: defer its cancel function, or what calls it. One \
                 with a timeout lets go when that has passed: until then, what it keeps is the rate times the timeout."
            ),
        ),
        Keeps::Timer => (
            "timers that have not fired",
            format!(
                "Stop the timer of {owner} on every way out, on errors too: until it fires, it keeps what its function uses."
            ),
        ),
        Keeps::Ticker => ("tickers that nobody stops", format!("Stop the ticker of {owner} when its user is done.")),
        Keeps::List => ("a list", format!("Take entries out of the list that {owner} fills when their owner is done.")),
        Keeps::Map => {
            ("a sync.Map", format!("Delete entries of the sync.Map that {owner} fills when their owner is done."))
        }
    }
}

/// A function that grows with the leak in few large objects, called by what leads to the leak: so look tables that are
/// filled.
fn stored(context: &Context<'_>, heap: &Heap, site: &Site, way: &[StringId]) -> Option<Keeper> {
    let leaked = heap.grown_objects(site);
    let is_store = |other: &&Site| {
        let change = heap.site_change(other);
        // One object of a table stands for many that are kept.
        let is_table =
            heap.grown_objects(other) > 0 && heap.grown_objects(other).saturating_mul(TABLE_OBJECTS) <= leaked;
        is_table
            && !way.contains(&other.function)
            && context.own_functions(other.stack).nth(1).is_some_and(|caller| way.contains(&caller))
            && change.grew()
            && goes_along(heap, &site.values, &other.values, context.thresholds.leak_min_tau)
    };
    let store = heap.sites.sites.iter().filter(is_store).max_by_key(|other| heap.site_change(other).inuse_delta)?;
    let (name, change) = (context.text(store.function), heap.site_change(store));
    let words = format!(
        "Probably kept by what {name} fills: it grew by {} in {} objects beside {} that are kept, and both are called from one \
         place.",
        bytes(change.inuse_delta),
        count(heap.grown_objects(store)),
        count(leaked)
    );
    let fix = format!("Take entries out of what {name} fills when their owner is done.");
    let text = format!("{} in use beside it", signed_bytes(change.inuse_delta));
    let evidence = context.heap_evidence(heap, EvidenceView::HeapGrowth, "inuse_space", name, text);
    Some(Keeper { words, fix, evidence })
}

/// Kept objects for each object of a table, at least: a table of Go's maps has eight slots and more.
const TABLE_OBJECTS: i64 = 8;

/// Whether two series rise together over the snapshots that are measurements of their own.
fn goes_along(heap: &Heap, leak: &[[i64; 4]], other: &[[i64; 4]], min_tau: f64) -> bool {
    let points = heap.series.distinct().filter(|at| (heap.first..=heap.last).contains(at));
    let value = |of: &[[i64; 4]], at: usize| of.get(at).map(|values| values[INUSE_SPACE] as f64);
    let (leak, other): (Vec<f64>, Vec<f64>) =
        points.filter_map(|at| Some((value(leak, at)?, value(other, at)?))).unzip();
    // Where one is plotted over the other: Kendall's tau is that of the order of both.
    leak.len() < 3 || crate::stats::trend(&leak, &other).is_some_and(|trend| trend.tau >= min_tau)
}
