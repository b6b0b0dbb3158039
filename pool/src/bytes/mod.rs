//! A pool of byte blocks: a pool of objects per size class, over chunks that the blocks are carved from.

mod arena;
mod builder;
mod chunk;
mod stats;

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pool_dump::{Action, Counter, DropReason};

use crate::census::is_due;
use crate::contract::ObjectPool;
use crate::counts::Count;
use crate::error::GetError;
use crate::guard::Guard;
use crate::leak::LeakReport;
use crate::pool::Pool;
use crate::record;
use crate::upkeep::Chore;

use arena::Arena;
pub use arena::Band;
pub use builder::BytePoolBuilder;
use chunk::Carved;
pub use stats::ByteStats;

type OnLeak = Arc<dyn Fn(&LeakReport) + Send + Sync>;

/// A pool of byte blocks in size classes of powers of two, carved from chunks. Clones are the same pool.
///
/// ```
/// let pool = pool::BytePool::builder("frames").build();
/// let mut block = pool.get(1500)?;
/// block[..5].copy_from_slice(b"hello");
/// assert_eq!((block.len(), block.capacity()), (1500, 2048));
/// # Ok::<(), pool::GetError>(())
/// ```
#[derive(Clone)]
pub struct BytePool {
    inner: Arc<Inner>,
}

struct Inner {
    name: String,
    arena: Arc<Arena>,
    /// Size of the blocks and their pool, the smallest first.
    classes: Vec<(usize, Pool<Carved>)>,
    on_leak: OnLeak,
    /// Time between maintenances in the background.
    every: Option<Duration>,
    last: Mutex<Instant>,
    /// The band that was last told, plus one.
    band: AtomicU32,
    compactions: Count,
    compactions_failed: Count,
    released: Count,
    moved: Count,
}

/// A block in the hands of its holder: as many bytes as were asked for. Dropping it puts it back.
#[derive(Debug)]
pub struct Block<'a> {
    guard: Guard<'a, Carved>,
    length: usize,
}

impl Block<'_> {
    /// Bytes of the whole block.
    pub fn capacity(&self) -> usize {
        self.guard.len()
    }
}

impl Deref for Block<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.guard.bytes().get(..self.length).unwrap_or_default()
    }
}

impl DerefMut for Block<'_> {
    fn deref_mut(&mut self) -> &mut [u8] {
        self.guard.bytes_mut().get_mut(..self.length).unwrap_or_default()
    }
}

/// What [`BytePool::maintain`] found and did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Maintenance {
    /// Free bytes ÷ chunk bytes before, 0 to 1.
    pub fragmentation: f64,
    /// The band it fell into.
    pub band: Band,
    /// Idle blocks that went home.
    pub moved_blocks: usize,
    /// Chunks that were released.
    pub released_chunks: usize,
    /// Whether a chunk was made ahead of need.
    pub preallocated: bool,
}

impl BytePool {
    /// Sets up a pool by its name: chunks of 256 KiB, blocks of 256 B to 64 KiB, not zeroed.
    pub fn builder(name: &str) -> BytePoolBuilder {
        BytePoolBuilder::new(name)
    }

    /// A block of at least so many bytes.
    ///
    /// # Errors
    /// More than the largest block, no memory, or the quota is used up. More than five such failures in a minute make the
    /// next [`BytePool::maintain`] compact.
    #[track_caller]
    pub fn get(&self, bytes: usize) -> Result<Block<'_>, GetError> {
        let class = self.inner.classes.iter().find(|(size, _)| *size >= bytes);
        let (_, pool) = class.ok_or(GetError::NoMemory { bytes: bytes as u64 })?;
        Ok(Block { guard: pool.get()?, length: bytes })
    }

    /// Looks at the fragmentation and does what its [`Band`] asks for. Call it now and then, or let it be called
    /// ([`BytePoolBuilder::maintain_every`]); it takes as long as there are idle blocks and chunks, and the pool may be used
    /// meanwhile.
    pub fn maintain(&self) -> Maintenance {
        let inner = &*self.inner;
        let fragmentation = self.stats().fragmentation();
        let band = Band::of(fragmentation, inner.arena.failures());
        if inner.band.swap(band as u32 + 1, Ordering::Relaxed) != band as u32 + 1 {
            let permille = (fragmentation * 1000.0) as u64;
            record::note(self.first_id(), 0, 0, Action::Fragmentation { permille }, None);
        }
        let mut done = Maintenance { fragmentation, band, moved_blocks: 0, released_chunks: 0, preallocated: false };
        match band {
            Band::Keep => {}
            Band::Steer => {
                done.preallocated = inner.arena.preallocate();
                done.moved_blocks = self.send_home(|block| block.chunk.is_cold());
            }
            Band::Compact => {
                done.moved_blocks = self.send_home(|_| true);
                done.released_chunks = self.release(done.moved_blocks);
            }
        }
        self.tell();
        done
    }

    /// What traces say of the whole pool stands with its smallest class: as of the last maintenance.
    fn tell(&self) {
        let Some((_, smallest)) = self.inner.classes.first() else { return };
        let stats = self.stats();
        for (counter, count) in [
            (Counter::ChunkBytes, stats.chunk_bytes),
            (Counter::FreeInPartBytes, stats.free_bytes),
            (Counter::Preallocated, stats.preallocated),
            (Counter::Compactions, stats.compactions),
            (Counter::CompactionsFailed, stats.compactions_failed),
        ] {
            smallest.core.counts.set(counter, count);
        }
    }

    /// Sends idle blocks home; gives their number.
    fn send_home(&self, wanted: impl Fn(&Carved) -> bool) -> usize {
        let shed = |(_, pool): &(usize, Pool<Carved>)| pool.core.shed(DropReason::Compacted, |block| !wanted(block));
        let moved = self.inner.classes.iter().map(shed).sum();
        self.inner.moved.add(moved as u64);
        moved
    }

    fn release(&self, moved: usize) -> usize {
        let inner = &*self.inner;
        let released = inner.arena.release();
        for (class, bytes) in &released {
            let id = inner.classes.get(*class).map_or(0, |(_, pool)| pool.id());
            record::note(id, 0, 0, Action::ChunkFree { bytes: *bytes }, None);
        }
        inner.compactions.add(1);
        inner.compactions_failed.add(u64::from(released.is_empty()));
        inner.released.add(released.len() as u64);
        let action = Action::Compact {
            released: released.len() as u64,
            moved: moved as u64,
            failed: u64::from(released.is_empty()),
        };
        record::note(self.first_id(), 0, 0, action, None);
        released.len()
    }

    /// Events of the whole pool stand under its smallest class.
    fn first_id(&self) -> u32 {
        self.inner.classes.first().map_or(0, |(_, pool)| pool.id())
    }

    /// The pool's name. Its classes are in traces as `NAME/SIZE`.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// What the pool has and has done.
    pub fn stats(&self) -> ByteStats {
        let inner = &*self.inner;
        let fill = inner.arena.fill();
        let (mut idle, mut active, mut idle_bytes) = (0, 0, 0);
        for (size, pool) in &inner.classes {
            let stats = pool.stats();
            idle += stats.idle + stats.victims;
            active += stats.active;
            idle_bytes += (stats.idle + stats.victims) * *size as u64;
        }
        ByteStats {
            chunks: fill.chunks,
            chunk_bytes: fill.total,
            free_bytes: fill.free_in_part + idle_bytes,
            idle_blocks: idle,
            active_blocks: active,
            preallocated: inner.arena.preallocated.get(),
            moved_blocks: inner.moved.get(),
            compactions: inner.compactions.get(),
            compactions_failed: inner.compactions_failed.get(),
            released_chunks: inner.released.get(),
            allocs_failed: inner.arena.allocs_failed.get(),
        }
    }
}

impl Chore for Inner {
    fn tend(self: Arc<Self>) {
        if self.every.is_some_and(|every| is_due(&self.last, every)) {
            BytePool { inner: self }.maintain();
        }
    }

    #[cfg(feature = "metrics")]
    fn publish(self: Arc<Self>) {
        let pool = BytePool { inner: self };
        crate::metrics::publish_bytes(pool.name(), &pool.stats());
    }
}

impl ObjectPool for BytePool {
    fn allocated_bytes(&self) -> u64 {
        self.inner.arena.total_bytes.load(Ordering::Relaxed)
    }

    fn peak_allocated(&self) -> u64 {
        self.inner.arena.peak_bytes.load(Ordering::Relaxed)
    }

    fn on_leak_detected(&self, report: &LeakReport) {
        (self.inner.on_leak)(report);
    }
}

impl std::fmt::Debug for BytePool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BytePool").field("name", &self.inner.name).finish_non_exhaustive()
    }
}
