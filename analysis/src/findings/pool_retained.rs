//! Memory that stands on a plateau while much passes through: held by something that keeps the latest objects, as a
//! pool does whose objects go back with their buffers in them. A cache with a bound looks alike, and so do requests in
//! flight; what tells them apart decides how bad it is.

use super::context::{Context, Heap};
use super::{Checked, Decidability, EvidenceView, Fact, Finding, Rule, Severity, heap_hoard};
use crate::heap_rows::{ALLOC_SPACE, INUSE_SPACE};
use crate::model::StringId;
use crate::sites::Site;
use crate::words::{bytes, count, number, percent, seconds as duration};

/// `pool-retained`
pub(super) struct PoolRetained;

impl Rule for PoolRetained {
    fn name(&self) -> &'static str {
        "pool-retained"
    }

    fn title(&self) -> &'static str {
        "Held on a plateau"
    }

    fn needs(&self) -> &'static str {
        "two heap profiles under load"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let Some(heap) = context.go_heap() else { return Checked::NotCovered };
        if heap.is_delta {
            return Checked::NotCovered;
        }
        let most = heap.sites.sites.iter().map(|site| heap.site_change(site).inuse_bytes).max().unwrap_or(0);
        for site in plateaus(context, heap) {
            into.push(finding(context, heap, site, &kept(context, heap, site)));
        }
        Checked::Clear(bytes(most))
    }
}

/// Sites that hold a plateau: much passes through, and what is held is replaced all the time.
fn plateaus<'a>(context: &'a Context<'_>, heap: &'a Heap) -> impl Iterator<Item = &'a Site> {
    let t = context.thresholds;
    heap.sites.sites.iter().filter(move |site| {
        let change = heap.site_change(site);
        let holds = change.inuse_bytes >= t.retained_min_bytes && share(heap, site) >= t.retained_min_share;
        // Far more came than stayed.
        let passes = change.alloc_delta > change.inuse_bytes && change.survival() < t.leak_min_survival;
        holds && passes && heap.has_change() && !heap.is_delta
    })
}

/// The plateaus that objects of a pool may hold.
pub(super) fn poolable<'a>(context: &'a Context<'_>, heap: &'a Heap) -> impl Iterator<Item = &'a Site> {
    plateaus(context, heap).filter(|site| may_be_pooled(context, heap, site))
}

/// Whether objects of a pool may hold what stands at a site.
pub(super) fn may_be_pooled(context: &Context<'_>, heap: &Heap, site: &Site) -> bool {
    kept(context, heap, site).is_by_pool()
}

/// How a plateau is kept.
enum Kept {
    /// It is what a pool's `New` makes.
    ByPool,
    /// As a pool's objects would keep it: it is made anew faster than a cache could be of use. Seconds of mean age, where
    /// they are known, and who uses a pool nearby, and by which function.
    AsByPool(Option<f64>, Option<(StringId, StringId)>),
    /// Longer than a use takes; seconds of mean age.
    Long(f64),
    /// It outlived this many forced collections.
    ThroughForced(u64),
    /// So many goroutines are on the way that allocates it, each with this much.
    InHand(u64, i64),
}

impl Kept {
    fn is_by_pool(&self) -> bool {
        matches!(self, Self::ByPool | Self::AsByPool(..))
    }
}

fn kept(context: &Context<'_>, heap: &Heap, site: &Site) -> Kept {
    let t = context.thresholds;
    if let Some(forced) = outlived(context, heap, site) {
        return Kept::ThroughForced(forced);
    }
    if site.pool.is_some_and(|pool| !pool.is_overhead) {
        return Kept::ByPool;
    }
    let goroutines = goroutines_on(context, site);
    let each = heap.site_change(site).inuse_bytes / i64::try_from(goroutines).unwrap_or(i64::MAX).max(1);
    if goroutines > 0 && each <= t.in_hand_max_bytes {
        return Kept::InHand(goroutines, each);
    }
    let (age, user) = (age(heap, site), pool_user(context, site));
    let limit = if user.is_some() { t.retained_max_age_seconds } else { t.retained_lone_age_seconds };
    match age.filter(|&age| age > limit) {
        Some(age) => Kept::Long(age),
        None => Kept::AsByPool(age, user),
    }
}

/// Collections that were forced while all of it stood and little like it was made: two of them empty every pool, so no
/// pool held it.
fn outlived(context: &Context<'_>, heap: &Heap, site: &Site) -> Option<u64> {
    let of = |at: usize, column: usize| site.values.get(at).map_or(0, |values| values[column]);
    let left = of(heap.last, INUSE_SPACE);
    let stood = |at: usize| {
        let made = of(heap.last, ALLOC_SPACE).saturating_sub(of(at, ALLOC_SPACE));
        of(at, INUSE_SPACE).min(left).saturating_sub(made)
    };
    // Repeats of the last count too: that nothing changed is what is asked.
    let end = heap.series.snapshots.len().saturating_sub(1);
    (heap.first..=heap.last)
        .filter(|&at| stood(at) as f64 > context.thresholds.hoard_max_left * left as f64)
        .filter_map(|at| heap.forced.between(at, end))
        .find(|&forced| forced >= heap_hoard::EMPTIES)
}

/// Goroutines that stand on the way to a site, as the last goroutine profile has them.
fn goroutines_on(context: &Context<'_>, site: &Site) -> u64 {
    let Some(population) = context.waits.goroutines() else { return 0 };
    let functions: Vec<StringId> = context.own_functions(site.stack).collect();
    let is_on = |group: &&crate::waits::Group| group.frames.iter().any(|frame| functions.contains(&frame.function));
    population.groups.iter().filter(is_on).map(|group| population.count(group)).sum()
}

/// A function near a site that uses a pool, and the end of the pool that it calls.
fn pool_user(context: &Context<'_>, site: &Site) -> Option<(StringId, StringId)> {
    let near: Vec<StringId> = context.own_functions(site.stack).take(NEAR).collect();
    context.pool_users.iter().find(|(user, _)| near.contains(user)).copied()
}

/// Functions from a site outward that may hold the object it fills: further out, everyone calls everything.
const NEAR: usize = 3;

/// Mean age in seconds, by Little's law: what is in use is rate times mean age.
fn age(heap: &Heap, site: &Site) -> Option<f64> {
    let change = heap.site_change(site);
    heap.seconds.map(|seconds| change.inuse_bytes as f64 / (change.alloc_delta.max(1) as f64 / seconds))
}

/// Share of the heap that a site holds.
fn share(heap: &Heap, site: &Site) -> f64 {
    let total = heap.inuse(heap.last);
    heap.site_change(site).inuse_bytes as f64 / total.max(1) as f64
}

fn finding(context: &Context<'_>, heap: &Heap, site: &Site, kept: &Kept) -> Finding {
    let change = heap.site_change(site);
    let name = context.text(site.function);
    let pool = site.pool.filter(|pool| !pool.is_overhead).map(|pool| context.text(pool.caller).to_owned());
    let why = match kept {
        Kept::ByPool => "It is made by the New of a pool: objects that are out, or lie in it.".to_owned(),
        Kept::AsByPool(age, user) => {
            let age = age.map_or(String::new(), |age| {
                format!("What stands is made anew every {}, too fast for a cache to be of use. ", duration(age))
            });
            let near = user.map_or(String::new(), |(user, end)| {
                format!(" {} calls {}: a pool is near.", context.text(user), context.text(end))
            });
            format!(
                "{age}That is how a pool looks whose objects are put back without letting go of their buffers.{near}"
            )
        }
        Kept::Long(age) => format!(
            "What stands was made {} ago on average, longer than a use of a pooled object takes: most likely a cache or a \
             queue of fixed size, doing its work.",
            duration(*age)
        ),
        Kept::ThroughForced(forced) => format!(
            "It stood through {forced} forced collections, which empty every sync.Pool: something holds it on purpose, such \
             as a cache or a queue of fixed size."
        ),
        Kept::InHand(goroutines, each) => format!(
            "{} goroutines are on the way that allocates it, {} each: what requests have in hand looks so.",
            number(*goroutines),
            bytes(*each)
        ),
    };
    let fix = match kept {
        Kept::ByPool | Kept::AsByPool(..) => format!(
            "If a pooled object keeps what {name} makes, set the field to nil (or keep it only up to a size) before Put. If \
             it is a cache, give it a limit."
        ),
        Kept::Long(_) | Kept::ThroughForced(_) => {
            format!("None, if {name} fills a cache: give it a limit that the program can afford.")
        }
        Kept::InHand(..) => {
            format!("None, if so many at once are meant: bound how many run, or what each takes in {name}.")
        }
    };
    let detail = format!("It does not grow without end, so it is no leak. {why}");
    let size = change.inuse_bytes / change.inuse_objects.max(1);
    Finding {
        rule: "pool-retained".to_owned(),
        severity: if kept.is_by_pool() { Severity::L2 } else { Severity::L1 },
        known: if pool.is_some() { Decidability::Sampled } else { Decidability::NeedsAnnotation },
        claim: format!(
            "{} stay in use at {name}, {} of the heap, while {} passed through: {} objects of {} are held.",
            bytes(change.inuse_bytes),
            percent(share(heap, site)),
            bytes(change.alloc_delta),
            count(change.inuse_objects),
            bytes(size)
        ),
        detail,
        weight: change.inuse_bytes,
        headline: bytes(change.inuse_bytes),
        site: context.place(site.function, site.stack, pool),
        evidence: vec![
            context.heap_evidence(heap, EvidenceView::HeapTable, "inuse_space", name, format!("{} in use", bytes(change.inuse_bytes))),
            context.heap_evidence(heap, EvidenceView::HeapTable, "alloc_space", name, format!("{} allocated between the snapshots", bytes(change.alloc_delta))),
            context.heap_evidence(heap, EvidenceView::HeapGrowth, "inuse_space", name, "The plateau over the snapshots".to_owned()),
        ],
        facts: vec![
            Fact { value: bytes(change.inuse_bytes), label: "held".to_owned() },
            Fact { value: age(heap, site).map_or("–".to_owned(), duration), label: "mean age (Little’s law)".to_owned() },
            Fact { value: format!("{:.2}", change.survival().max(0.0)), label: "of new bytes survive".to_owned() },
            Fact { value: bytes(size), label: "mean object held".to_owned() },
        ],
        disproof: "In-use bytes of this function falling to a fraction after two forced collections without load: then they \
                   were in flight, or in a pool that the collector empties."
            .to_owned(),
        fix,
        next: "Regions around Get, Put and the reset, and a trace, show whether objects go back with something in them; a \
               heap profile after two forced collections shows what a pool held."
            .to_owned(),
        command: heap_hoard::CAPTURES.to_owned(),
    }
}
