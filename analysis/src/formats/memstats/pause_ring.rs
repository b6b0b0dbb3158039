//! The last 256 pauses, as `runtime.MemStats` keeps them: two rings, the latest at `(NumGC+255)%256`.

use crate::model::Nanos;
use crate::model::record::EndedPause;

/// Pauses by their end, each once, earliest first. A slot without an end was never used.
pub(super) fn resolve(lengths: &[i64], ends: &[i64]) -> Vec<EndedPause> {
    let both = lengths.iter().zip(ends).filter(|&(&nanos, &end)| end > 0 && nanos >= 0);
    let mut pauses: Vec<EndedPause> =
        both.map(|(&nanos, &end)| EndedPause { end: Nanos::from_unix_nanos(end), nanos }).collect();
    order(&mut pauses);
    pauses
}

/// By end, each once: readings one after the other tell most pauses again.
pub(super) fn order(pauses: &mut Vec<EndedPause>) {
    crate::order::sort_by_key(pauses, |pause| pause.end);
    pauses.dedup();
}
