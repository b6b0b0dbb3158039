//! A pool whose idle objects are much larger than it makes them: they grew in use, and are kept at their largest.

use super::{Said, Seen, fact, number, pools, size};
use crate::findings::{Context, Finding, Severity};
use crate::lifecycle::State;
use crate::model::StackId;
use crate::model::pool::EventKind;

/// Looks at all pools with a history; gives the largest ratio of kept to made, `None` when there are none. A part of
/// `pool-oversize`.
pub(in crate::findings) fn check(context: &Context<'_>, into: &mut Vec<Finding>) -> Option<f64> {
    let mut most = None;
    for seen in pools(context).into_iter().flatten() {
        let Some(kept) = Kept::of(&seen) else { continue };
        most = Some(most.unwrap_or(0.0_f64).max(kept.ratio()));
        let excess = kept.bytes.saturating_sub(kept.made * kept.objects);
        let t = context.thresholds;
        if kept.ratio() >= t.oversize_ratio && excess >= t.kept_min_bytes {
            into.push(finding(&seen, &kept));
        }
    }
    most
}

struct Kept {
    objects: u64,
    bytes: u64,
    /// Size of an object when it was made.
    made: u64,
    /// The largest that is kept: its number, size, and who put it last.
    largest: (u64, u64, StackId),
}

impl Kept {
    fn of(seen: &Seen<'_>) -> Option<Self> {
        let making = seen.setup.making;
        let made = making.bytes.checked_div(making.count).unwrap_or(seen.setup.object_bytes);
        // A trace may have begun after all were made.
        if made == 0 {
            return None;
        }
        let (mut objects, mut bytes) = (0, 0_u64);
        let mut largest = None;
        for at in seen.life.lives.clone() {
            let Some(life) = seen.lifecycle.lives.get(at) else { continue };
            if matches!(life.state, State::Idle | State::Victim | State::Returned) {
                objects += 1;
                bytes = bytes.saturating_add(life.bytes);
                if largest.is_none_or(|(_, size)| size < life.bytes) {
                    largest = Some((at, life.bytes));
                }
            }
        }
        let (at, bytes_of) = largest?;
        let facts = seen.lifecycle.rows.facts.get(seen.lifecycle.rows_of(at)).unwrap_or_default();
        // Who put it when it had first grown so large.
        let grown = facts.iter().find(|fact| fact.kind == EventKind::Put && fact.value >= bytes_of)?;
        let object = seen.lifecycle.history.object(seen.lifecycle.lives.get(at)?.object)?;
        Some(Self { objects, bytes, made, largest: (object.number, bytes_of, grown.stack) })
    }

    fn ratio(&self) -> f64 {
        self.bytes as f64 / (self.made.saturating_mul(self.objects)).max(1) as f64
    }
}

fn finding(seen: &Seen<'_>, kept: &Kept) -> Finding {
    let (object, largest, stack) = kept.largest;
    let limit = match seen.setup.retain_bytes {
        0 => "The pool has no limit on what it keeps.".to_owned(),
        limit => format!("The pool keeps objects up to {}.", size(limit)),
    };
    seen.finding(Said {
        rule: "pool-oversize",
        severity: Severity::L2,
        claim: format!(
            "{}: {} idle objects hold {}, {:.0}× what they had when they were made; the largest has {}.",
            seen.name,
            number(kept.objects),
            size(kept.bytes),
            kept.ratio(),
            size(largest)
        ),
        detail: format!(
            "Objects grow to the largest use they ever had and stay so: a few large uses make every object of the pool \
             large in time. {limit}"
        ),
        weight: kept.bytes,
        headline: format!("{:.0}×", kept.ratio()),
        site: seen.place(stack),
        evidence: vec![
            seen.evidence(format!("The largest: {} in object #{object}", size(largest)), Some(object), None),
            seen.evidence(format!("{} idle at the end", size(kept.bytes)), None, None),
        ],
        facts: vec![
            fact(size(kept.bytes / kept.objects.max(1)), "mean object kept"),
            fact(size(kept.made), "mean object made"),
            fact(size(kept.bytes), "kept"),
            fact(number(kept.objects), "objects kept"),
        ],
        disproof: "Uses that need so much most of the time: then the room is not wasted.",
        fix: "Do not keep objects above a size (retain_bytes; in Go, if cap(buf) > limit, drop it), or pool by size class."
            .to_owned(),
        next: "The sizes over an object’s life, in the States view, show which use made it large.",
        rests_on_all: true,
    })
}
