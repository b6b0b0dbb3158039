//! Where rules draw their lines, each with its reason. The user can change any of them.

use serde::{Deserialize, Serialize};

use crate::link::entries;
use crate::pools::PoolPattern;

/// One line, as it is shown and changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// Its name, as in the thresholds file.
    pub name: &'static str,
    /// What it is now.
    pub value: f64,
    /// What it is if nobody changes it.
    pub default: f64,
    /// What it means, and why it is there.
    pub reason: String,
}

/// Each line once, with its reason: the type, what it is at first, and the list of all come from here.
macro_rules! thresholds {
    ($($(#[doc = $reason:literal])+ $name:ident: $type:ty = $default:expr,)+) => {
        /// All lines in one place.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Thresholds {
            $($(#[doc = $reason])+ pub $name: $type,)+
            /// Pools of the user's own, beside those that are known.
            pub pools: Vec<PoolPattern>,
        }

        impl Default for Thresholds {
            fn default() -> Self {
                Self { $($name: $default,)+ pools: Vec::new() }
            }
        }

        impl Thresholds {
            /// Every line, in the order of their rules.
            pub fn all(&self) -> Vec<Threshold> {
                let plain = Self::default();
                vec![$(Threshold {
                    name: stringify!($name),
                    value: self.$name as f64,
                    default: plain.$name as f64,
                    reason: [$($reason),+].concat().trim().to_owned(),
                },)+]
            }

            /// Moves the line of that name.
            ///
            /// # Errors
            /// In words, when there is none or the value is no number of its kind.
            pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
                match name {
                    $(stringify!($name) => {
                        self.$name = value.trim().parse().map_err(|_| format!("{name} takes a number, and “{value}” is none."))?;
                    })+
                    _ => return Err(format!("There is no threshold “{name}”.")),
                }
                Ok(())
            }
        }
    };
}

impl Thresholds {
    /// The lines with those moved that a link names (`th=`); what it names wrongly is left as it was.
    pub fn changed(link: &str) -> Self {
        let mut thresholds = Self::default();
        for (name, value) in entries(link) {
            // A link of another version may name lines that are not here: the others hold.
            let _ = thresholds.set(&name, &value);
        }
        thresholds
    }
}

thresholds! {
    /// Growth below this is not called a leak: two samples at Go's default rate of 512 kB could be chance.
    leak_min_bytes: i64 = 2 << 20,
    /// Share of newly allocated bytes that must stay for growth to be “retained” rather than “busy”.
    leak_min_survival: f64 = 0.5,
    /// Share of all growth from which a leak is critical: fixing this one site is then most of the cure.
    leak_critical_share: f64 = 0.5,
    /// Kendall's tau from which a series of snapshots counts as rising steadily.
    leak_min_tau: f64 = 0.6,
    /// Churn below this rate costs a collector little: at 8 MB/s and the smallest heap of 4 MB it runs twice a second.
    churn_min_bytes_per_second: f64 = 8.0 * 1_048_576.0,
    /// Churn above this rate makes the collector run more than ten times a second on a heap of 4 MB.
    churn_warning_bytes_per_second: f64 = 40.0 * 1_048_576.0,
    /// Share of new bytes that may survive for allocation to count as churn.
    churn_max_survival: f64 = 0.1,
    /// Share of all allocation below which a site is not worth a word.
    churn_min_share: f64 = 0.1,
    /// Bytes a second below which a line of source that allocates is not worth a word: an eighth of what counts as churn.
    escape_min_bytes_per_second: f64 = 1_048_576.0,
    /// Misses of a pool per second that are worth a word: below, its `New` costs nothing that can be felt.
    miss_min_per_second: f64 = 500.0,
    /// Share of all allocated bytes from which a pool's misses are a warning.
    miss_warning_share: f64 = 0.1,
    /// Objects made by `New` of a pool that may stay in use before it reads as “never put back”.
    miss_max_survival: f64 = 0.5,
    /// How much larger than made are the objects that stay, for a pool to be called oversized: one doubling is what
    /// `append` does by itself.
    oversize_ratio: f64 = 2.0,
    /// Bytes held below which an oversized or retained plateau is not worth a word.
    retained_min_bytes: i64 = 8 << 20,
    /// Share of the heap that a plateau must hold to be worth a warning.
    retained_min_share: f64 = 0.3,
    /// Seconds of mean age from which what stands reads as a cache's: what a pooled object keeps is made anew with each
    /// use, within a request or a few, and a cache is worth its room only if it serves many.
    retained_max_age_seconds: f64 = 5.0,
    /// The same where no pool is seen near: a cache whose entries go faster spares nobody work.
    retained_lone_age_seconds: f64 = 1.0,
    /// Bytes for each goroutine on the way that allocates them, up to which a plateau is what requests have in hand.
    in_hand_max_bytes: i64 = 1 << 20,
    /// Bytes that must fall for what stood to have been an idle hoard: below, it is of no use to anyone.
    hoard_min_bytes: i64 = 4 << 20,
    /// Share of what stood that may be left for it to have been a hoard: half, as a leak loses nothing and a hoard all but
    /// what is in use.
    hoard_max_left: f64 = 0.5,
    /// Share of what a line of a pool’s New makes from which a size counts as one of its own: rarer ones are first tries.
    mixed_min_share: f64 = 0.1,
    /// Pool bookkeeping allocations per second: a pool allocates its table once a collection, so more than a few
    /// hundred a second means that pools themselves come and go.
    per_request_min_per_second: f64 = 300.0,
    /// Seconds after which an object that is out counts as never given back, where its pool names no threshold: as long
    /// as a pool of ours waits by itself, longer than requests take.
    leak_age_seconds: f64 = 30.0,
    /// Objects never given back from which it is critical if it goes on; a third of it is worth a warning. Fewer may be
    /// what some threads still work on.
    leak_min_objects: u64 = 10,
    /// Share of objects that come back late from which that is a warning: below, it is the tail that every load has.
    late_min_share: f64 = 0.01,
    /// Events below which shares of them say nothing: at 100, a share is known to ten points (95 %).
    pool_min_events: u64 = 100,
    /// Share of hand-outs that end in another thread from which that is worth a word.
    cross_thread_min_share: f64 = 0.1,
    /// Share of gets that steal from which handing across threads costs: a steal locks another thread's queue.
    cross_thread_min_stolen: f64 = 0.25,
    /// Bytes kept beyond what objects had when they were made, below which that is not worth a word.
    kept_min_bytes: u64 = 512 << 10,
    /// Share of gets that make what a purge had dropped from which the pool thrashes.
    thrash_min_share: f64 = 0.25,
    /// Objects a second made in the stead of dropped ones from which it is a storm.
    storm_min_per_second: f64 = 100.0,
    /// Share of gets that do so from which it is a storm.
    storm_min_share: f64 = 0.25,
    /// Gets below which a pool without hits may just be new.
    useless_min_gets: u64 = 1_000,
    /// Share of hits below which a pool is of no use: a get that misses pays for both.
    useless_max_hits: f64 = 0.1,
    /// Share of victims taken again below which the victim generation is of no use.
    useless_max_victims: f64 = 0.01,
    /// Time lost waiting for a pool, as threads that do nothing else, from which it is worth a word.
    contention_min_threads: f64 = 0.05,
    /// The same for a warning: half a thread.
    contention_warning_threads: f64 = 0.5,
    /// The same for a warning, as a share of gets that wait: then the bound, not the work, sets the pace.
    contention_warning_share: f64 = 0.25,
    /// Goroutines or threads blocked in a pool's get or put from which that is worth a word: fewer come and go under any load.
    blocked_min: u64 = 5,
    /// The same for a warning where only one snapshot is there, which cannot tell whether they stay.
    blocked_warning: u64 = 20,
    /// Mean wait for a lock, in milliseconds, from which it is slow: a lock is for work of microseconds.
    lock_wait_millis: f64 = 5.0,
    /// Microseconds that one Put in a hundred may take: a Put of a sync.Pool stores into a slot, in less than one.
    put_p99_micros: f64 = 10.0,
    /// Microseconds that one New in a hundred may take: an object of a few kB is made and cleared in one or two.
    alloc_p99_micros: f64 = 15.0,
    /// Goroutines by which a group must grow over the snapshots: a pool of workers that starts up grows by fewer.
    goroutine_leak_min: u64 = 10,
    /// Bytes of a byte pool's chunks below which there is nothing to gain: some chunks are always held.
    fragmentation_min_bytes: u64 = 512 << 10,
    /// Free share of chunks from which a byte pool steers gets: the pool's lower watermark.
    fragmentation_watch_share: f64 = 0.15,
    /// Free share of chunks above which it compacts: the pool's upper watermark.
    fragmentation_compact_share: f64 = 0.35,
    /// Memory below which it is not worth a word that a process holds it for nothing: Go keeps some MB at hand by itself.
    held_min_bytes: u64 = 16 << 20,
    /// Share of what a Go heap holds, beyond its goal and a tenth, from which it is fragmented.
    fragmentation_heap_share: f64 = 0.25,
    /// Share of a resident Go heap that must lie in huge pages for them to be the reason: where fewer do, it is something else.
    huge_min_share: f64 = 0.5,
    /// Share of a resident Go heap beyond what the runtime holds from which huge pages bloat it.
    huge_bloat_share: f64 = 0.25,
    /// Share of resident memory that the runtime knows nothing of from which that is worth a warning.
    unexplained_min_share: f64 = 0.25,
    /// Share of its limit from which a control group is near it.
    quota_near_share: f64 = 0.8,
    /// The same for a warning: what a tenth of the limit leaves is taken by one burst.
    quota_warning_share: f64 = 0.9,
    /// Bytes of the kernel that one call site holds more than before, below which a burst of open files explains them.
    kernel_growth_min_bytes: i64 = 256 << 10,
    /// Cycles of the collector a second, asked for by nobody, that are worth a word: above, each processor is stopped more
    /// than forty times a second, and a sync.Pool keeps nothing for a tenth of a second.
    gc_min_per_second: f64 = 20.0,
    /// The same for a warning: a cycle begins when the one before has hardly ended.
    gc_warning_per_second: f64 = 40.0,
    /// Share of all processors’ time that the collector takes, worth a word: Go plans for a quarter while it marks.
    gc_min_cpu: f64 = 0.05,
    /// The same for a warning.
    gc_warning_cpu: f64 = 0.1,
    /// The same that is critical: the collector’s own quarter is used up always.
    gc_critical_cpu: f64 = 0.25,
    /// Share of the processors’ time that goroutines spend marking before they may allocate, worth a word.
    assist_min_share: f64 = 0.02,
    /// The same for a warning: one part in twenty of every request’s time.
    assist_warning_share: f64 = 0.05,
    /// Milliseconds that a Go program may stand still for the collector: its stops take microseconds of work.
    pause_max_millis: f64 = 10.0,
    /// Milliseconds that a Java program may: G1’s own goal.
    pause_max_millis_java: f64 = 200.0,
    /// Bytes that stay in use below which little room costs nothing that can be felt: they are marked in a millisecond.
    gc_thrash_min_live: u64 = 8 << 20,
    /// Room between what stays in use and the next cycle, as a share of it, from which the collector thrashes: GOGC=100
    /// leaves all of it again.
    gc_thrash_max_room: f64 = 0.25,
    /// Cycles a second from which so little room is a cost.
    gc_thrash_min_per_second: f64 = 5.0,
    /// Full collections a second from which a full Java heap is thrashing.
    gc_thrash_min_full_per_second: f64 = 0.2,
    /// Collections that the program asked for below which it may be a capture’s doing.
    forced_min_count: u64 = 5,
    /// The same a minute: a timer of two minutes is rare enough to be left.
    forced_min_per_minute: f64 = 1.0,
    /// The same for a warning: more often than once in six seconds.
    forced_warning_per_minute: f64 = 10.0,
    /// Cycles a second from which a sync.Pool that misses may be emptied by them: an idle object lives two, less than half a
    /// second.
    mismatch_min_per_second: f64 = 4.0,
    /// Growth of objects that are allocated and not freed, over the time watched, from which it is no noise of cycles.
    balance_min_growth: f64 = 0.25,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_moves_lines_and_nonsense_moves_none() {
        let moved = Thresholds::changed("leak_min_bytes:1024;nope:3;churn_min_share:x;leak_min_tau:0.9");
        assert_eq!(moved, Thresholds { leak_min_bytes: 1024, leak_min_tau: 0.9, ..Thresholds::default() });
        let all = moved.all();
        assert!(all.iter().all(|line| line.reason.ends_with('.') && line.value.is_finite()), "{all:?}");
        assert_eq!(all.iter().filter(|line| line.value != line.default).count(), 2);
    }
}
