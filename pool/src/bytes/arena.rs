//! The chunks of a byte pool, and what is done about fragmentation.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use super::chunk::{Carved, Chunk, Memory};
use crate::core::lock;
use crate::counts::Count;
use crate::error::GetError;
use crate::quota::{Charge, Quota};

/// Below this share of free bytes nothing is done.
const KEEP: f64 = 0.15;
/// Above this share everything idle is given back.
const COMPACT: f64 = 0.35;
/// More failed allocations than this a minute also ask for that.
const FAILURES: usize = 5;
const MINUTE: Duration = Duration::from_secs(60);

/// How fragmented a byte pool is: free bytes of partly used chunks (idle blocks are free bytes) ÷ bytes of all chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Band {
    /// Below 15 %: nothing to do.
    Keep,
    /// 15 to 35 %: a chunk is made ahead of need, and idle blocks of cold chunks go home.
    Steer,
    /// Above 35 %, or more than five failed allocations in a minute: all idle blocks go home, empty chunks are released.
    Compact,
}

impl Band {
    pub(super) fn of(fragmentation: f64, failures_in_a_minute: usize) -> Self {
        if fragmentation > COMPACT || failures_in_a_minute > FAILURES {
            Band::Compact
        } else if fragmentation >= KEEP {
            Band::Steer
        } else {
            Band::Keep
        }
    }
}

/// All chunks.
#[derive(Debug)]
pub(super) struct Arena {
    pub(super) chunk_bytes: usize,
    quota: Option<Quota>,
    chunks: Mutex<Chunks>,
    pub(super) total_bytes: AtomicU64,
    pub(super) peak_bytes: AtomicU64,
    pub(super) allocs_failed: Count,
    pub(super) preallocated: Count,
    /// The early purge, when the quota is near its limit.
    pub(super) near: OnceLock<Near>,
}

/// What is done when the quota is near its limit.
pub(super) struct Near(pub(super) Box<dyn Fn() + Send + Sync>);

impl std::fmt::Debug for Near {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Near")
    }
}

#[derive(Debug, Default)]
struct Chunks {
    by_class: Vec<Vec<Arc<Chunk>>>,
    /// Made ahead of need, for whichever class needs it first.
    spare: Option<Memory>,
    failures: VecDeque<Instant>,
}

/// Bytes of the chunks at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fill {
    pub(super) chunks: usize,
    pub(super) total: u64,
    /// Free in chunks that are partly used.
    pub(super) free_in_part: u64,
}

impl Arena {
    pub(super) fn new(chunk_bytes: usize, classes: usize, quota: Option<Quota>) -> Self {
        let by_class = (0..classes).map(|_| Vec::new()).collect();
        Arena {
            chunk_bytes,
            quota,
            chunks: Mutex::new(Chunks { by_class, ..Chunks::default() }),
            total_bytes: AtomicU64::new(0),
            peak_bytes: AtomicU64::new(0),
            allocs_failed: Count::default(),
            preallocated: Count::default(),
            near: OnceLock::new(),
        }
    }

    /// A block of a class, from its fullest chunk that has one: so the emptier ones get empty. `made` is told the bytes
    /// of a chunk that had to be made.
    pub(super) fn carve(&self, class: usize, block: usize, made: impl FnOnce(u64)) -> Result<Carved, GetError> {
        let spare = {
            let mut chunks = lock(&self.chunks);
            let of_class = chunks.by_class.get(class).map(Vec::as_slice).unwrap_or_default();
            let fullest =
                of_class.iter().filter(|chunk| chunk.free_blocks() > 0).min_by_key(|chunk| chunk.free_blocks());
            if let Some(block) = fullest.and_then(Chunk::carve) {
                return Ok(block);
            }
            chunks.spare.take()
        };
        // Without the lock: a quota's callback may look at the pool.
        let memory = match spare {
            Some(memory) => memory,
            None => self.allocate()?,
        };
        let bytes = memory.len() as u64;
        let chunk = Chunk::new(memory, block);
        let carved = chunk.carve().ok_or(GetError::NoMemory { bytes: block as u64 })?;
        if let Some(of_class) = lock(&self.chunks).by_class.get_mut(class) {
            of_class.push(chunk);
        }
        made(bytes);
        Ok(carved)
    }

    fn allocate(&self) -> Result<Memory, GetError> {
        let (memory, charge) = Memory::new(self.chunk_bytes, self.quota.as_ref()).inspect_err(|_| {
            self.allocs_failed.add(1);
            lock(&self.chunks).failures.push_back(Instant::now());
        })?;
        let bytes = memory.len() as u64;
        let now = self.total_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.peak_bytes.fetch_max(now, Ordering::Relaxed);
        if let (Charge::Near(_), Some(near)) = (charge, self.near.get()) {
            (near.0)();
        }
        Ok(memory)
    }

    /// Makes a chunk ahead of need. `false`: there is one, or it could not be made.
    pub(super) fn preallocate(&self) -> bool {
        if lock(&self.chunks).spare.is_some() {
            return false;
        }
        let Ok(memory) = self.allocate() else { return false };
        // Another thread may have been quicker: then its spare goes, and with it its charge.
        let extra = lock(&self.chunks).spare.replace(memory);
        if let Some(extra) = extra {
            self.total_bytes.fetch_sub(extra.len() as u64, Ordering::Relaxed);
        }
        self.preallocated.add(1);
        true
    }

    /// Releases empty chunks and the spare one; gives how many chunks, and bytes by class.
    pub(super) fn release(&self) -> Vec<(usize, u64)> {
        let mut released = Vec::new();
        let mut chunks = lock(&self.chunks);
        let mut gone: Vec<Arc<Chunk>> = Vec::new();
        for (class, of_class) in chunks.by_class.iter_mut().enumerate() {
            of_class.retain(|chunk| {
                // Carving needs the lock that is held here, so an empty chunk stays empty.
                if chunk.is_empty() {
                    released.push((class, chunk.len() as u64));
                    gone.push(Arc::clone(chunk));
                }
                !chunk.is_empty()
            });
        }
        if let Some(spare) = chunks.spare.take() {
            released.push((0, spare.len() as u64));
        }
        drop(chunks);
        let bytes: u64 = released.iter().map(|(_, bytes)| bytes).sum();
        self.total_bytes.fetch_sub(bytes, Ordering::Relaxed);
        released
    }

    pub(super) fn fill(&self) -> Fill {
        let chunks = lock(&self.chunks);
        let mut fill = Fill::default();
        for chunk in chunks.by_class.iter().flatten() {
            fill.chunks += 1;
            fill.total += chunk.len() as u64;
            if !chunk.is_empty() {
                fill.free_in_part += (chunk.free_blocks() * (chunk.len() / chunk.blocks().max(1))) as u64;
            }
        }
        fill
    }

    /// Failed allocations of the last minute.
    pub(super) fn failures(&self) -> usize {
        let mut chunks = lock(&self.chunks);
        while chunks.failures.front().is_some_and(|failure| failure.elapsed() > MINUTE) {
            chunks.failures.pop_front();
        }
        chunks.failures.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_are_those_of_the_watermarks() {
        let bands = [(0.149, 0), (0.15, 0), (0.35, 0), (0.351, 0), (0.0, 5), (0.0, 6)];
        let expected = [Band::Keep, Band::Steer, Band::Steer, Band::Compact, Band::Keep, Band::Compact];
        assert_eq!(bands.map(|(share, failures)| Band::of(share, failures)), expected);
    }
}
