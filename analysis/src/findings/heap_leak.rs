//! Bytes in use that rise with what is allocated, and go on rising: retained.

use super::context::{Context, Heap};
use super::{Checked, Decidability, EvidenceView, Fact, Finding, Rule, Severity, heap_hoard, keeper, never_freed};
use crate::model::ProfileKind;
use crate::pools::{PoolEnd, end_of, is_standard};
use crate::sites::Site;
use crate::waits::owner_of;
use crate::words::{bytes, count, percent, signed_bytes};

/// `heap-leak`
pub(super) struct HeapLeak;

impl Rule for HeapLeak {
    fn name(&self) -> &'static str {
        "heap-leak"
    }

    fn title(&self) -> &'static str {
        "Retained objects"
    }

    fn needs(&self) -> &'static str {
        "two heap profiles, minutes apart"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let Some(heap) = &context.heap else { return Checked::NotCovered };
        if heap.kind == ProfileKind::Dhat {
            return never_freed::check(context, heap, into);
        }
        if !heap.has_change() {
            return Checked::NotCovered;
        }
        let total = heap.inuse_growth();
        let t = context.thresholds;
        let mut largest = 0;
        for site in &heap.sites.sites {
            let change = heap.site_change(site);
            largest = largest.max(change.inuse_delta);
            // Where nothing is collected, what is in use is no garbage: what rises over several snapshots stays.
            let is_held = !heap.is_go() && heap.points() >= 3;
            let stays = is_held || !heap.tells_allocated || change.survival() >= t.leak_min_survival;
            // The trend is asked of few: it looks at every pair of snapshots.
            let rises =
                || heap.points() < 3 || heap.trend(&site.values).is_some_and(|trend| trend.tau >= t.leak_min_tau);
            if change.grew() && change.inuse_delta >= t.leak_min_bytes && stays && rises() {
                into.push(finding(context, heap, site, total));
            }
        }
        Checked::Clear(signed_bytes(largest))
    }
}

fn finding(context: &Context<'_>, heap: &Heap, site: &Site, total: i64) -> Finding {
    let change = heap.site_change(site);
    let t = context.thresholds;
    let share = if total > 0 { (change.inuse_delta as f64 / total as f64).min(1.0) } else { 1.0 };
    let name = context.text(site.function);
    let pool = site.pool.filter(|pool| !pool.is_overhead).map(|pool| context.text(pool.caller).to_owned());
    let is_exact = change.inuse_error == 0.0;
    let goes_on = heap.still_grows(&site.values);
    let severity = match heap.points() {
        // A cache that was filled looks like this too, and is none of anyone's business.
        _ if !goes_on => Severity::L1,
        0..=2 => Severity::L2,
        _ if share >= t.leak_critical_share => Severity::L3,
        _ => Severity::L2,
    };
    let rate = heap.seconds.map(|seconds| change.inuse_delta as f64 / seconds);
    let per_second = rate.map_or(String::new(), |rate| format!(", {}/s", bytes(rate as i64)));
    let is_told = heap.tells_allocated;
    let of_allocated =
        if is_told { format!(" of the {} it allocated", bytes(change.alloc_delta)) } else { String::new() };
    let interval = Heap::interval(change.inuse_delta, change.inuse_error);
    let own_pool = if pool.is_none() { own_pool(context, site) } else { None };
    let through = match (&pool, &own_pool) {
        (Some(caller), _) => {
            format!(
                " The objects come from a pool that {caller} takes from: what is not put back is made again and kept."
            )
        }
        (None, Some((get, taker))) => format!(
            " The objects are a pool's: {taker} takes them by {get}, and what is not given back is made again and kept."
        ),
        (None, None) => String::new(),
    };
    let trend = heap.trend(&site.values);
    let rising = match trend {
        Some(trend) if heap.points() >= 3 => format!(
            " It rises over {} snapshots by {}{} (Theil–Sen; Mann–Kendall p {:.3}).",
            heap.points(),
            bytes(trend.slope as i64),
            if heap.seconds.is_some() { "/s" } else { " from one to the next" },
            trend.p
        ),
        _ => String::new(),
    };
    let stayed = stayed(heap);
    let keeper = keeper::probable(context, heap, site);
    let kept_by = keeper.as_ref().map_or(String::new(), |keeper| format!(" {}", keeper.words));
    let through = format!("{through}{}{stayed}{kept_by}", own_class(context, heap, site));
    let mut evidence = vec![
        context.heap_evidence(
            heap,
            EvidenceView::HeapTable,
            "inuse_space",
            name,
            format!(
                "{} in use now, {} since the first snapshot",
                bytes(change.inuse_bytes),
                signed_bytes(change.inuse_delta)
            ),
        ),
        context.heap_evidence(
            heap,
            EvidenceView::HeapGrowth,
            "inuse_space",
            name,
            format!("Bytes in use over {} snapshots", heap.points()),
        ),
        context.heap_evidence(heap, EvidenceView::HeapFlame, "inuse_space", name, "Call paths to it".to_owned()),
    ];
    if is_told {
        let survived = percent(change.survival().min(1.0));
        let text = format!("{} allocated in the same time: {survived} of it stayed", bytes(change.alloc_delta));
        evidence.insert(1, context.heap_evidence(heap, EvidenceView::HeapTable, "alloc_space", name, text));
    }
    let freed = keeper.map(|keeper| {
        evidence.push(keeper.evidence);
        keeper.fix
    });
    Finding {
        rule: "heap-leak".to_owned(),
        severity,
        known: if is_exact { Decidability::Proven } else { Decidability::Sampled },
        claim: format!(
            "{name} retains {}{of_allocated}{per_second}: {} of the heap's growth.",
            bytes(change.inuse_delta),
            percent(share)
        ),
        detail: if goes_on {
            format!(
                "{}: a leak, not a cost.{rising}{through}",
                if is_told { "In-use and allocated bytes rise together, and what is new stays" } else { "Bytes in use rise" }
            )
        } else {
            format!(
                "What is new stays, but it hardly grew in the later half of the snapshots: a cache that has filled, or a \
                 leak that pauses.{rising}{through}"
            )
        },
        weight: change.inuse_delta,
        headline: signed_bytes(change.inuse_delta),
        site: context.place(site.function, site.stack, pool),
        evidence,
        facts: vec![
            Fact {
                value: signed_bytes(change.inuse_delta),
                label: if is_exact {
                    "first → last, exact".to_owned()
                } else {
                    format!("95%: {} – {}", bytes(interval.low.max(0.0) as i64), bytes(interval.high as i64))
                },
            },
            Fact {
                value: rate.map_or("–".to_owned(), |rate| format!("{}/s", bytes(rate as i64))),
                label: if rate.is_some() { "mean rate".to_owned() } else { "no capture times".to_owned() },
            },
            Fact {
                value: if is_told { format!("{:.2}", change.survival().min(1.0)) } else { "–".to_owned() },
                label: if is_told { "of new bytes survive" } else { "allocation not told" }.to_owned(),
            },
            Fact { value: percent(share), label: "of all growth".to_owned() },
        ],
        disproof: if heap.is_go() {
            "In-use bytes of this function falling back after two forced collections, or staying flat over a longer window \
             with the same load."
        } else {
            "Bytes in use staying flat over a longer window with the same load."
        }
        .to_owned(),
        fix: freed.unwrap_or_else(|| match &own_pool {
            Some((_, taker)) => format!(
                "Give back on every way out of {taker}: defer it where the object is taken. What keeps one that is not given \
                 back no heap profile shows; a slice of it is enough. {} objects are held now.",
                count(change.inuse_objects)
            ),
            None => cure(heap, name, change.inuse_objects),
        }),
        next: if !stayed.is_empty() {
            "A goroutine profile shows whether blocked goroutines are the holders."
        } else if heap.is_go() {
            "Two captures after forced collections tell a leak, which stays, from an idle hoard of a pool, which two \
             collections empty; a goroutine profile shows whether blocked goroutines are the holders."
        } else {
            "Another one, minutes later under the same load, shows whether it goes on."
        }
        .to_owned(),
        command: match () {
            () if !stayed.is_empty() => "curl -so goroutine.pb.gz localhost:6060/debug/pprof/goroutine",
            () if heap.is_go() => heap_hoard::CAPTURES,
            () => heap.next_command(),
        }
        .to_owned(),
    }
}

/// The pool of the program's own that a site makes objects for: the function that hands them out, and who takes them.
fn own_pool<'a>(context: &Context<'a>, site: &Site) -> Option<(&'a str, &'a str)> {
    let symbols = &context.session.symbols;
    let mut names = symbols.function_names(symbols.stacks.get(site.stack)).map(|name| context.text(name));
    let get = names.find(|name| end_of(name) == Some(PoolEnd::Get) && !is_standard(name))?;
    let taker = names.find(|name| !is_standard(name) && owner_of(name) != owner_of(get))?;
    Some((get, taker))
}

/// What to do about a leak whose keeper is not told; `objects` are held now.
fn cure(heap: &Heap, name: &str, objects: i64) -> String {
    match heap.kind {
        ProfileKind::ClassHistogram => format!(
            "A heap dump names the holders: jcmd PID GC.heap_dump heap.hprof, then the dominators of {name} in Eclipse \
                 MAT. Empty what holds them when their owner is done; {} objects are held now.",
            count(objects)
        ),
        _ if !heap.is_go() => format!(
            "Find what is allocated at {name} and never freed; {} objects are held now.{}",
            count(objects),
            symbol(name)
        ),
        _ => format!(
            "Find who keeps what {name} returns: a map, slice, channel, or global that is filled and never emptied on \
                 this call path. Remove entries when their owner is done; {} objects are held now.",
            count(objects)
        ),
    }
}

/// Java's heaps are of arrays and strings; the program's own class beside them says whose they are.
fn own_class(context: &Context<'_>, heap: &Heap, site: &Site) -> String {
    if heap.kind != ProfileKind::ClassHistogram {
        return String::new();
    }
    let is_own = |name: &str| !name.ends_with("[]") && !LIBRARY.iter().any(|package| name.starts_with(package));
    let own =
        heap.sites.sites.iter().filter(|other| is_own(context.text(other.function)) && heap.grown_objects(other) > 0);
    match own.max_by_key(|other| heap.grown_objects(other)).filter(|other| other.function != site.function) {
        Some(own) => format!(
            " Of the program’s own classes, {} grew most: by {} objects, beside {} of this.",
            context.text(own.function),
            count(heap.grown_objects(own)),
            count(heap.grown_objects(site))
        ),
        None => String::new(),
    }
}

/// Packages of the Java platform.
const LIBRARY: [&str; 5] = ["java.", "javax.", "jdk.", "sun.", "com.sun."];

/// What forced collections say of growth that is still there.
fn stayed(heap: &Heap) -> String {
    // Repeats of the last count too: that nothing changed is what is told.
    let end = heap.series.snapshots.len().saturating_sub(1);
    match heap.forced.between(heap.first, end) {
        Some(forced) if forced >= heap_hoard::EMPTIES => {
            format!(" It stayed through {forced} forced collections, which empty every pool: no idle hoard.")
        }
        _ => String::new(),
    }
}

/// How an address without a name gets one.
fn symbol(name: &str) -> String {
    match name.split_once("+0x") {
        Some((module, offset)) => format!(" What the address is called says: addr2line -Cfie {module} 0x{offset}"),
        None => String::new(),
    }
}
