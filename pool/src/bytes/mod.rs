//! A pool of byte blocks: a pool of objects per size class, over chunks that the blocks are carved from.

mod arena;
mod chunk;

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use pool_dump::{Action, DropReason};

use crate::census::is_due;
use crate::contract::ObjectPool;
use crate::counts::Count;
use crate::error::GetError;
use crate::guard::Guard;
use crate::leak::{LeakLevel, LeakReport, log_and_dump};
use crate::pool::Pool;
use crate::quota::Quota;
use crate::record;
use crate::upkeep::{self, Chore};

pub use arena::Band;
use arena::{Arena, Near};
use chunk::Carved;

/// The smallest block: below it the pool's own bookkeeping is larger than the block.
const SMALLEST: usize = 256;
/// A chunk holds at least so many blocks of the largest class: with fewer, hardly a chunk would ever be partly used.
const BLOCKS_AT_LEAST: usize = 4;
/// Bytes of a chunk unless the builder is told otherwise: large enough to be rare, small enough to get empty.
const CHUNK_BYTES: usize = 256 << 10;

type OnLeak = Arc<dyn Fn(&LeakReport) + Send + Sync>;

/// Sets a byte pool up.
#[must_use]
pub struct BytePoolBuilder {
    name: String,
    chunk_bytes: usize,
    quota: Option<Quota>,
    zero: bool,
    leak: LeakLevel,
    leak_threshold: Option<Duration>,
    on_leak: OnLeak,
    every: Option<Duration>,
}

impl BytePoolBuilder {
    /// Bytes of a chunk, rounded up to a power of two; at least 1024. A quarter of it is the largest block.
    pub fn chunk_bytes(mut self, bytes: usize) -> Self {
        self.chunk_bytes = bytes.max(SMALLEST * BLOCKS_AT_LEAST).next_power_of_two();
        self
    }

    /// Whose memory it is; whole chunks are charged.
    pub fn quota(mut self, quota: Quota) -> Self {
        self.quota = Some(quota);
        self
    }

    /// Whether blocks are zeroed at their put. Otherwise a block holds what its holder before left there.
    pub fn zero(mut self, zero: bool) -> Self {
        self.zero = zero;
        self
    }

    /// How many gets are watched for leaks.
    pub fn leaks(mut self, level: LeakLevel) -> Self {
        self.leak = level;
        self
    }

    /// As [`crate::Builder::leak_threshold`].
    pub fn leak_threshold(mut self, threshold: Duration) -> Self {
        self.leak_threshold = Some(threshold);
        self
    }

    /// Calls [`BytePool::maintain`] in the background, each time this long has passed.
    pub fn maintain_every(mut self, interval: Duration) -> Self {
        self.every = Some(interval);
        self
    }

    /// What is done with leaks, instead of [`log_and_dump`].
    pub fn on_leak(mut self, on_leak: impl Fn(&LeakReport) + Send + Sync + 'static) -> Self {
        self.on_leak = Arc::new(on_leak);
        self
    }

    /// Makes the pool. It has no chunk yet.
    pub fn build(self) -> BytePool {
        let sizes = |from: usize| std::iter::successors(Some(from), |size| size.checked_mul(2));
        let sizes: Vec<usize> =
            sizes(SMALLEST).take_while(|size| *size <= self.chunk_bytes / BLOCKS_AT_LEAST).collect();
        let arena = Arc::new(Arena::new(self.chunk_bytes, sizes.len(), self.quota));
        let classes = sizes
            .into_iter()
            .enumerate()
            .map(|(class, size)| {
                let arena = Arc::clone(&arena);
                // Its own number is not known before it is built.
                let id = Arc::new(AtomicU32::new(0));
                let own = Arc::clone(&id);
                let new = move |_| {
                    let made = |bytes| {
                        record::note(own.load(Ordering::Relaxed), 0, 0, Action::ChunkNew { bytes }, None);
                    };
                    arena.carve(class, size, made)
                };
                let on_leak = Arc::clone(&self.on_leak);
                let mut builder = Pool::builder_sized(&format!("{}/{size}", self.name), new)
                    .size_of(|block: &Carved| block.len() as u64)
                    .leaks(self.leak)
                    .on_leak(move |report| on_leak(report))
                    .of_blocks();
                if let Some(threshold) = self.leak_threshold {
                    builder = builder.leak_threshold(threshold);
                }
                if self.zero {
                    builder = builder.reset(|block| block.bytes_mut().fill(0));
                }
                let pool = builder.build();
                id.store(pool.id(), Ordering::Relaxed);
                (size, pool)
            })
            .collect();
        let inner = Arc::new_cyclic(|me: &Weak<Inner>| {
            let me = Weak::clone(me);
            let near = move || {
                if let Some(inner) = me.upgrade() {
                    inner.classes.iter().for_each(|(_, pool)| pool.purge());
                }
            };
            // The arena is new, so it has none.
            let _ = arena.near.set(Near(Box::new(near)));
            Inner {
                name: self.name,
                arena,
                classes,
                on_leak: self.on_leak,
                every: self.every,
                last: Mutex::new(Instant::now()),
                band: AtomicU32::new(0),
                compactions: Count::default(),
                compactions_failed: Count::default(),
                released: Count::default(),
                moved: Count::default(),
            }
        });
        if self.every.is_some() || cfg!(feature = "metrics") {
            let chore: Arc<dyn Chore> = Arc::clone(&inner) as _;
            upkeep::look_after(Arc::downgrade(&chore));
        }
        BytePool { inner }
    }
}

impl std::fmt::Debug for BytePoolBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BytePoolBuilder").field("name", &self.name).finish_non_exhaustive()
    }
}

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

/// What a byte pool has and has done.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ByteStats {
    /// Chunks, without the one made ahead of need.
    pub chunks: usize,
    /// Their bytes.
    pub chunk_bytes: u64,
    /// Free bytes of partly used chunks, idle blocks included.
    pub free_bytes: u64,
    /// Idle blocks.
    pub idle_blocks: u64,
    /// Blocks that are out.
    pub active_blocks: u64,
    /// Chunks made ahead of need.
    pub preallocated: u64,
    /// Blocks that went home because their chunk was cold, or by compaction.
    pub moved_blocks: u64,
    /// Compactions.
    pub compactions: u64,
    /// Compactions that released nothing.
    pub compactions_failed: u64,
    /// Chunks released.
    pub released_chunks: u64,
    /// Chunks that could not be made.
    pub allocs_failed: u64,
}

impl ByteStats {
    /// Free bytes of partly used chunks ÷ bytes of all chunks, 0 to 1.
    pub fn fragmentation(&self) -> f64 {
        if self.chunk_bytes == 0 { 0.0 } else { self.free_bytes as f64 / self.chunk_bytes as f64 }
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
        let on_leak: OnLeak = Arc::new(log_and_dump);
        BytePoolBuilder {
            name: name.to_owned(),
            chunk_bytes: CHUNK_BYTES,
            quota: None,
            zero: false,
            leak: LeakLevel::default(),
            leak_threshold: None,
            on_leak,
            every: None,
        }
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
                done.released_chunks = self.release();
            }
        }
        done
    }

    /// Sends idle blocks home; gives their number.
    fn send_home(&self, wanted: impl Fn(&Carved) -> bool) -> usize {
        let shed = |(_, pool): &(usize, Pool<Carved>)| pool.core.shed(DropReason::Compacted, |block| !wanted(block));
        let moved = self.inner.classes.iter().map(shed).sum();
        self.inner.moved.add(moved as u64);
        moved
    }

    fn release(&self) -> usize {
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
            moved: inner.moved.get(),
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
