//! How a pool is set up.

use std::time::Duration;

use crate::core::{Core, Make};
use crate::error::GetError;
use crate::leak::{LeakLevel, LeakReport, log_and_dump};
use crate::pool::Pool;
use crate::purge::PurgePolicy;
use crate::quota::Quota;
use crate::{record, upkeep};

/// Time after which an object that is out counts as leaked, unless the builder is told otherwise: longer than nearly all
/// requests are allowed to take.
const LEAK_THRESHOLD: Duration = Duration::from_secs(30);

/// Idle objects at most in a shard's queue, unless the builder is told otherwise: what a burst leaves behind is dropped
/// beyond it, and not only by the next purge but one.
const PER_SHARD: usize = 1024;

type Reset<T> = Box<dyn Fn(&mut T) + Send + Sync>;
type IsClean<T> = Box<dyn Fn(&T) -> bool + Send + Sync>;
type SizeOf<T> = Box<dyn Fn(&T) -> u64 + Send + Sync>;
type OnLeak = Box<dyn Fn(&LeakReport) + Send + Sync>;

/// How a pool is set up, as it runs.
pub(crate) struct Settings<T> {
    pub(crate) name: String,
    pub(crate) reset: Option<Reset<T>>,
    pub(crate) is_clean: Option<IsClean<T>>,
    pub(crate) size_of: Option<SizeOf<T>>,
    pub(crate) capacity_min: usize,
    pub(crate) capacity_max: usize,
    pub(crate) capacity_per_shard: usize,
    pub(crate) shards: usize,
    pub(crate) patience: Duration,
    pub(crate) retain_bytes: u64,
    pub(crate) purge: PurgePolicy,
    pub(crate) leak: LeakLevel,
    pub(crate) leak_threshold: Duration,
    /// Frames of the stacks that are walked; 0 for none.
    pub(crate) stacks: usize,
    pub(crate) on_leak: OnLeak,
    pub(crate) quota: Option<Quota>,
    pub(crate) is_bytes: bool,
    /// Nothing to measure at a put.
    pub(crate) puts_are_plain: bool,
}

/// Sets a pool up. Without a word more than name and `new` it is unbounded, measures objects by their type, keeps up to
/// 1024 idle ones a shard, is purged when told, and watches one get in 128 for leaks.
#[must_use]
pub struct Builder<T: Send + 'static> {
    make: Make<T>,
    settings: Settings<T>,
    has_threshold: bool,
}

impl<T: Send + 'static> Builder<T> {
    pub(crate) fn new(name: &str, make: Make<T>) -> Self {
        let settings = Settings {
            name: name.to_owned(),
            reset: None,
            is_clean: None,
            size_of: None,
            capacity_min: 0,
            capacity_max: usize::MAX,
            capacity_per_shard: PER_SHARD,
            shards: std::thread::available_parallelism().map_or(1, usize::from),
            patience: Duration::ZERO,
            retain_bytes: u64::MAX,
            purge: PurgePolicy::default(),
            leak: LeakLevel::default(),
            leak_threshold: LEAK_THRESHOLD,
            stacks: 0,
            on_leak: Box::new(log_and_dump),
            quota: None,
            is_bytes: false,
            puts_are_plain: true,
        };
        Builder { make, settings, has_threshold: false }
    }

    /// What makes an object fit for its next holder; it runs at the put. If it panics the object is dropped.
    pub fn reset(mut self, reset: impl Fn(&mut T) + Send + Sync + 'static) -> Self {
        self.settings.reset = Some(Box::new(reset));
        self
    }

    /// Whether an object is fit for its next holder. It is asked when an object that was used before is handed out and that
    /// get is watched (for leaks or by a recorder); an object that is not is counted and recorded as a misuse, a dirty
    /// reuse, and handed out all the same.
    pub fn is_clean(mut self, is_clean: impl Fn(&T) -> bool + Send + Sync + 'static) -> Self {
        self.settings.is_clean = Some(Box::new(is_clean));
        self
    }

    /// Size of an object in bytes, with what it owns on the heap. It runs when the object is made and at each put.
    pub fn size_of(mut self, size_of: impl Fn(&T) -> u64 + Send + Sync + 'static) -> Self {
        self.settings.size_of = Some(Box::new(size_of));
        self
    }

    /// Idle objects that a purge leaves; so many are made at once.
    pub fn capacity_min(mut self, objects: usize) -> Self {
        self.settings.capacity_min = objects;
        self
    }

    /// Bounds the pool: so many objects at most, idle and out. A get that finds none waits for `patience` at most.
    pub fn bounded(mut self, objects: usize, patience: Duration) -> Self {
        self.settings.capacity_max = objects;
        self.settings.patience = patience;
        self
    }

    /// Idle objects at most in each shard's queue; what comes back beyond is dropped. Each thread holds up to eight more.
    pub fn capacity_per_shard(mut self, objects: usize) -> Self {
        self.settings.capacity_per_shard = objects;
        self
    }

    /// Shared queues; as many as there are processors unless told otherwise.
    pub fn shards(mut self, shards: usize) -> Self {
        self.settings.shards = shards.max(1);
        self
    }

    /// Objects that have grown beyond this, in bytes by [`Builder::size_of`], are dropped at their put.
    pub fn retain_bytes(mut self, bytes: u64) -> Self {
        self.settings.retain_bytes = bytes;
        self
    }

    /// When the pool is purged without being asked.
    pub fn purge(mut self, policy: PurgePolicy) -> Self {
        self.settings.purge = policy;
        self
    }

    /// How many gets are watched for leaks.
    pub fn leaks(mut self, level: LeakLevel) -> Self {
        self.settings.leak = level;
        self
    }

    /// Time after which an object that is out counts as leaked, 30 s unless told. Telling it starts the background thread,
    /// which looks every quarter of that time; without it, and without a recorder, only [`Pool::check_leaks`] and the
    /// pool's end look.
    pub fn leak_threshold(mut self, threshold: Duration) -> Self {
        self.settings.leak_threshold = threshold;
        self.has_threshold = true;
        self
    }

    /// Walks stacks of so many frames at gets that are watched (for leaks or by a recorder), at their puts and touches, and
    /// at misuses; without it only the call site is known. Some microseconds each.
    #[cfg(feature = "stacks")]
    pub fn stacks(mut self, frames: usize) -> Self {
        self.settings.stacks = frames;
        self
    }

    /// What is done with leaks, instead of [`log_and_dump`].
    pub fn on_leak(mut self, on_leak: impl Fn(&LeakReport) + Send + Sync + 'static) -> Self {
        self.settings.on_leak = Box::new(on_leak);
        self
    }

    /// Whose memory it is.
    pub fn quota(mut self, quota: Quota) -> Self {
        self.settings.quota = Some(quota);
        self
    }

    pub(crate) fn of_blocks(mut self) -> Self {
        self.settings.is_bytes = true;
        self
    }

    /// Makes the pool. Objects of its least number that a quota or the allocator refuses are not made.
    pub fn build(mut self) -> Pool<T> {
        self.settings.puts_are_plain = self.settings.size_of.is_none() && self.settings.retain_bytes == u64::MAX;
        let wants_upkeep =
            self.has_threshold || self.settings.purge != PurgePolicy::Manual || cfg!(feature = "metrics");
        let core = Core::new(self.make, self.settings);
        record::add_pool(&core);
        core.prefill();
        if wants_upkeep {
            upkeep::start();
        }
        Pool { core }
    }
}

impl<T: Send + 'static> std::fmt::Debug for Builder<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("name", &self.settings.name).finish_non_exhaustive()
    }
}

impl<T: Send + 'static> Core<T> {
    #[track_caller]
    fn prefill(&self) {
        let site = std::panic::Location::caller();
        for _ in 0..self.settings.capacity_min.min(self.settings.capacity_max) {
            if !self.reserve() {
                return;
            }
            let made: Result<_, GetError> = self.make_reserved(0, site);
            match made {
                Ok(slot) => {
                    self.counts.prefilled.add(1);
                    self.keep_new(slot);
                }
                Err(_) => return,
            }
        }
    }
}
