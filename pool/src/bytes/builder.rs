//! How a byte pool is set up.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use pool_dump::Action;

use super::arena::{Arena, Near};
use super::chunk::Carved;
use super::{BytePool, Inner, OnLeak};
use crate::counts::Count;
use crate::leak::{LeakLevel, LeakReport, log_and_dump};
use crate::pool::Pool;
use crate::quota::Quota;
use crate::record;
use crate::upkeep::{self, Chore};

/// The smallest block: below it the pool's own bookkeeping is larger than the block.
const SMALLEST: usize = 256;
/// A chunk holds at least so many blocks of the largest class: with fewer, hardly a chunk would ever be partly used.
const BLOCKS_AT_LEAST: usize = 4;
/// Bytes of a chunk unless the builder is told otherwise: large enough to be rare, small enough to get empty.
const CHUNK_BYTES: usize = 256 << 10;

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
    pub(super) fn new(name: &str) -> Self {
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
