//! Byte pools whose chunks are mostly free and cannot be given back, because a few blocks in each are out. A Go heap that is so is
//! told of under the same name.

use super::{Said, Seen, fact, number, pools, size, time};
use crate::findings::process::check_fragmentation;
use crate::findings::{Checked, Context, Finding, Rule, Severity};
use crate::model::pool::Mark;
use crate::words::percent;

/// `fragmentation`
pub(super) struct Fragmentation;

impl Rule for Fragmentation {
    fn name(&self) -> &'static str {
        "fragmentation"
    }

    fn title(&self) -> &'static str {
        "Fragmentation"
    }

    fn needs(&self) -> &'static str {
        "memory statistics of a process, or a record of a byte pool"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let of_heap = check_fragmentation(context, into);
        let mut arenas: Vec<(&str, Vec<Seen<'_>>)> = Vec::new();
        for seen in pools(context).into_iter().flatten().filter(|seen| seen.setup.is_bytes) {
            // Size classes of one byte pool share its chunks; they are named for it.
            let name = seen.name.rsplit_once('/').map_or(seen.name, |(name, _)| name);
            match arenas.iter_mut().find(|(known, of)| *known == name && of.iter().all(|other| is_beside(other, &seen)))
            {
                Some((_, of)) => of.push(seen),
                None => arenas.push((name, vec![seen])),
            }
        }
        if arenas.is_empty() {
            return of_heap;
        }
        let t = context.thresholds;
        let mut worst = 0.0_f64;
        for (name, classes) in &arenas {
            let arena = Arena::of(classes);
            let free = arena.free_share();
            if arena.held < t.fragmentation_min_bytes {
                continue;
            }
            worst = worst.max(free);
            let most = classes.iter().max_by_key(|seen| seen.life.best_balance().active);
            if let Some(seen) = most.filter(|_| free >= t.fragmentation_watch_share) {
                into.push(finding(name, seen, &arena, free));
            }
        }
        Checked::Clear(format!("{} free", percent(worst)))
    }
}

fn is_beside(a: &Seen<'_>, b: &Seen<'_>) -> bool {
    a.source == b.source && a.setup.process == b.setup.process
}

/// Chunks of one byte pool at the end of the record.
#[derive(Default)]
struct Arena {
    /// Bytes of chunks that are held.
    held: u64,
    /// Bytes of blocks that are out.
    out: u64,
    blocks_out: u64,
    /// The last that the pool said of itself, per thousand.
    told: Option<(i64, u64)>,
    compactions: u64,
    released: u64,
    failed: u64,
}

impl Arena {
    fn of(classes: &[Seen<'_>]) -> Self {
        let mut arena = Self::default();
        for seen in classes {
            for mark in seen.marks() {
                match mark.what {
                    Mark::ChunkNew { bytes } => arena.held = arena.held.saturating_add(bytes),
                    Mark::ChunkFree { bytes } => arena.held = arena.held.saturating_sub(bytes),
                    Mark::Fragmentation { permille } if arena.told.is_none_or(|(at, _)| at <= mark.time) => {
                        arena.told = Some((mark.time, permille));
                    }
                    Mark::Compact { released, failed, .. } => {
                        arena.compactions += 1;
                        arena.released = arena.released.saturating_add(released);
                        arena.failed = arena.failed.saturating_add(failed);
                    }
                    _ => {}
                }
            }
            let active = crate::lifecycle::State::Active;
            arena.out = arena.out.saturating_add(seen.life.bytes.get(active.index()).copied().unwrap_or(0));
            arena.blocks_out += seen.life.best_balance().active;
        }
        arena
    }

    /// Share of held bytes that no block that is out uses.
    fn free_share(&self) -> f64 {
        if self.held == 0 { 0.0 } else { 1.0 - (self.out as f64 / self.held as f64).min(1.0) }
    }
}

/// `seen` is the class with most blocks out.
fn finding(name: &str, seen: &Seen<'_>, arena: &Arena, free: f64) -> Finding {
    let site = seen.life.sites.first();
    let t = seen.context.thresholds;
    let band = if free >= t.fragmentation_compact_share {
        "above the upper watermark, where the pool compacts"
    } else {
        "between the watermarks, where the pool fills its fullest chunks first"
    };
    let oldest = site.map_or(0, |site| site.oldest_nanos);
    let place = site.map_or(String::new(), |site| format!(" Most of them were taken at {}.", seen.at(site.got_at)));
    let told = arena.told.map(|(at, permille)| {
        let text = format!("The pool measured {} at the last change of band", percent(permille as f64 / 1000.0));
        seen.evidence(text, None, Some(at))
    });
    seen.finding(Said {
        rule: "fragmentation",
        severity: if free >= t.fragmentation_compact_share { Severity::L2 } else { Severity::L1 },
        claim: format!(
            "{name}: {} of chunks are held for {} in {} blocks that are out: {} free, {band}.",
            size(arena.held),
            size(arena.out),
            number(arena.blocks_out),
            percent(free)
        ),
        detail: format!(
            "A chunk can be given back only when all of its blocks are home; the blocks that are out, the oldest for {}, lie \
             spread over the chunks.{place} {} compactions released {} chunks; {} had to stay.",
            time(oldest),
            number(arena.compactions),
            number(arena.released),
            number(arena.failed)
        ),
        weight: arena.held.saturating_sub(arena.out),
        headline: format!("{} free", percent(free)),
        site: site.map_or(seen.whole(), |site| seen.place(site.got_at)),
        evidence: told
            .into_iter()
            .chain([seen.evidence(format!("{} blocks ACTIVE at the end", number(arena.blocks_out)), None, None)])
            .collect(),
        facts: vec![
            fact(percent(free), "of chunks free"),
            fact(size(arena.held), "held"),
            fact(size(arena.out), "in use"),
            fact(number(arena.failed), "chunks that had to stay"),
        ],
        disproof: "A burst that is about to come back: then the chunks are wanted again.",
        fix: "Take long-lived blocks from a byte pool of their own, so that short-lived ones leave whole chunks empty; or \
              copy what is kept out of its block."
            .to_owned(),
        next: "The pool’s heap profile at the end shows who holds the blocks that are out.",
        rests_on_all: true,
    })
}
