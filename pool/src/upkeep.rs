//! The one background thread: leak scans, purges and maintenance that are due, emptying the recorder's rings, metrics. It is
//! started by the first pool or recorder that needs it, and never before.

use std::path::Path;
use std::sync::{Arc, Mutex, Once, Weak};
use std::time::{Duration, Instant};

use pool_dump::{Counters, LiveSet, Nanos, PoolId, PoolInfo, StringId};

use crate::census::{self, Seen};
use crate::clock::Scale;
use crate::core::{Core, Site, lock};
use crate::purge::PurgePolicy;
use crate::record::{self, Inspect};

/// Between two looks while a recorder runs: a ring of 16,384 events lasts four times as long at a million events a
/// second.
const RECORDING: Duration = Duration::from_millis(4);
/// Between two looks otherwise: what is due is due to a tenth of a second.
const RESTING: Duration = Duration::from_millis(50);
/// Between two questions for memory pressure, and between two settings of all metrics.
const SECOND: Duration = Duration::from_secs(1);
/// Share of time in which some process stood for memory, over ten seconds, from which on pools are purged, in percent.
/// Above a tenth the system is short of memory and not merely busy.
const STALLED_PERCENT: f64 = 10.0;

/// What else is looked after: byte pools.
pub(crate) trait Chore: Send + Sync {
    /// Does what is due.
    fn tend(self: Arc<Self>);
    /// Gauges and counters to the `metrics` facade.
    #[cfg(feature = "metrics")]
    fn publish(self: Arc<Self>);
}

static CHORES: Mutex<Vec<Weak<dyn Chore>>> = Mutex::new(Vec::new());

/// From now on it is looked after, for as long as it is there.
pub(crate) fn look_after(chore: Weak<dyn Chore>) {
    lock(&CHORES).push(chore);
    start();
}

fn chores() -> Vec<Arc<dyn Chore>> {
    let mut chores = lock(&CHORES);
    chores.retain(|chore| chore.strong_count() > 0);
    chores.iter().filter_map(Weak::upgrade).collect()
}

/// Starts the thread if it does not run. If the system has no thread for it, nothing happens in the background.
pub(crate) fn start() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let spawned = std::thread::Builder::new().name("pool-upkeep".to_owned()).spawn(run);
        if let Err(error) = spawned {
            eprintln!("Pools have no background thread, so they are purged and watched only when asked: {error}.");
        }
    });
}

fn run() {
    let mut last = Instant::now();
    loop {
        let is_recording = record::tend();
        let is_second = last.elapsed() >= SECOND;
        if is_second {
            last = Instant::now();
        }
        let pools = record::pools();
        let minds = pools.iter().any(|pool| pool.minds_pressure());
        let is_pressed = is_second && minds && is_stalled(Path::new("/proc/pressure/memory"));
        pools.iter().for_each(|pool| pool.tend(is_pressed));
        chores().into_iter().for_each(Chore::tend);
        #[cfg(feature = "metrics")]
        if is_second {
            pools.iter().for_each(|pool| pool.publish());
            chores().into_iter().for_each(Chore::publish);
        }
        // Not over the sleep: each may be the last of its pool.
        drop(pools);
        std::thread::sleep(if is_recording { RECORDING } else { RESTING });
    }
}

/// Whether processes stall for memory, as the kernel says: `some avg10=1.23 avg60=…`.
fn is_stalled(path: &Path) -> bool {
    // Without the file (another system, an older kernel) nothing is known to stall.
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let share = text.split_whitespace().find_map(|word| word.strip_prefix("avg10="));
    share.and_then(|share| share.parse::<f64>().ok()).is_some_and(|share| share > STALLED_PERCENT)
}

impl<T: Send + 'static> Inspect for Core<T> {
    fn id(&self) -> u32 {
        self.id
    }

    fn name(&self) -> &str {
        &self.settings.name
    }

    fn type_name(&self) -> &'static str {
        std::any::type_name::<T>()
    }

    fn info(&self, string: &mut dyn FnMut(&str) -> StringId) -> PoolInfo {
        let settings = &self.settings;
        // What has no limit is written as zero.
        let limit = |objects: usize| if objects == usize::MAX { 0 } else { objects as u64 };
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        PoolInfo {
            id: PoolId(self.id),
            name: string(&settings.name),
            type_name: string(self.type_name()),
            tenant: string(settings.quota.as_ref().map_or("", |quota| quota.tenant())),
            object_bytes: size_of::<T>() as u64,
            capacity_min: settings.capacity_min as u64,
            capacity_max: limit(settings.capacity_max),
            capacity_per_shard: limit(settings.capacity_per_shard),
            shards: self.shards.len() as u32,
            retain_bytes: if settings.retain_bytes == u64::MAX { 0 } else { settings.retain_bytes },
            purge_interval_nanos: match settings.purge {
                PurgePolicy::Interval(interval) => nanos(interval),
                PurgePolicy::Manual | PurgePolicy::Pressure => 0,
            },
            leak_threshold_nanos: nanos(settings.leak_threshold),
            leak_every: Some(settings.leak.every()).filter(|every| *every != u32::MAX).unwrap_or(0),
            record_every: 0,
            has_reset: settings.reset.is_some(),
            is_bytes: settings.is_bytes,
        }
    }

    fn counters(&self, time: Nanos) -> Counters {
        Core::counters(self, time)
    }

    fn live_set(&self, time: Nanos, scale: Scale) -> (LiveSet, Vec<Option<Site>>) {
        Core::live_set(self, time, scale)
    }

    fn rewatch(&self) {
        Core::rewatch(self);
    }

    fn minds_pressure(&self) -> bool {
        self.settings.purge == PurgePolicy::Pressure
    }

    fn tend(&self, pressure: bool) {
        let is_due = match self.settings.purge {
            PurgePolicy::Manual => false,
            PurgePolicy::Interval(interval) => lock(&self.last_purge).elapsed() >= interval,
            PurgePolicy::Pressure => pressure,
        };
        if is_due {
            self.purge();
        }
        if census::is_due(&self.last_scan, self.settings.leak_threshold / 4) {
            self.report_leaks(self.settings.leak_threshold, Seen::Watched);
        }
    }

    #[cfg(feature = "metrics")]
    fn publish(&self) {
        crate::metrics::publish(&self.settings.name, &self.stats(), &self.counts.new_latency);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // A test that fails panics.
    use super::*;

    #[test]
    fn pressure_is_what_the_kernel_says_of_some_processes() {
        let file = std::env::temp_dir().join(format!("pool-pressure-{}", std::process::id()));
        let full = "full avg10=99.00 avg60=0.00 avg300=0.00 total=0";
        for (share, expected) in [("0.00", false), ("10.00", false), ("10.01", true), ("?", false)] {
            std::fs::write(&file, format!("some avg10={share} avg60=0.00 avg300=0.00 total=0\n{full}\n")).unwrap();
            assert_eq!(is_stalled(&file), expected, "{share}");
        }
        std::fs::remove_file(&file).unwrap();
        assert!(!is_stalled(&file));
    }
}
