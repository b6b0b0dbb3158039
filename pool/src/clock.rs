//! Time as the recorder takes it: the processor's own counter where it runs evenly, which costs a third of asking the
//! system; turned into nanoseconds when a dump is written, not when an event happens.

use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use pool_dump::{ClockPair, Nanos, WallNanos};

/// A reading of the counter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticks(pub(crate) u64);

/// The same moment on counter and system clock, taken once; the process's monotonic time starts a second before it, so
/// that no reading is zero.
struct Anchor {
    ticks: Ticks,
    instant: Instant,
}

const ANCHOR_NANOS: u64 = 1_000_000_000;

fn anchor() -> &'static Anchor {
    static ANCHOR: OnceLock<Anchor> = OnceLock::new();
    ANCHOR.get_or_init(|| {
        let (ticks, instant) = together(Instant::now);
        Anchor { ticks, instant }
    })
}

/// Tries of which one is not disturbed by another thread that takes the processor.
const TRIES: usize = 4;

/// The counter and another clock at the same moment: of a few tries the one that took least.
fn together<V>(other: impl Fn() -> V) -> (Ticks, V) {
    let once = || {
        let before = counter::read();
        let value = other();
        let took = counter::read().saturating_sub(before);
        (took, Ticks(before + took / 2), value)
    };
    let mut best = once();
    for _ in 1..TRIES {
        let next = once();
        if next.0 < best.0 {
            best = next;
        }
    }
    (best.1, best.2)
}

/// The counter now.
#[inline]
pub(crate) fn now() -> Ticks {
    Ticks(counter::read())
}

/// Turns readings into nanoseconds. Made anew for each use, as the ratio grows more exact while the process runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    anchor: Ticks,
    nanos_per_tick: f64,
}

impl Scale {
    pub(crate) fn now() -> Self {
        let anchor = anchor();
        let (now, instant) = together(Instant::now);
        let elapsed = instant.saturating_duration_since(anchor.instant).as_nanos() as f64;
        let ticks = now.0.saturating_sub(anchor.ticks.0);
        // A process that has just begun knows no ratio; then nothing has happened yet either.
        let nanos_per_tick = if ticks == 0 { 1.0 } else { elapsed / ticks as f64 };
        Scale { anchor: anchor.ticks, nanos_per_tick }
    }

    pub(crate) fn nanos(self, ticks: Ticks) -> Nanos {
        let since = ticks.0.wrapping_sub(self.anchor.0) as i64;
        let nanos = (since as f64 * self.nanos_per_tick) as i64;
        Nanos(ANCHOR_NANOS.saturating_add_signed(nanos))
    }

    /// Time between two readings.
    pub(crate) fn between(self, from: Ticks, to: Ticks) -> u64 {
        (to.0.saturating_sub(from.0) as f64 * self.nanos_per_tick) as u64
    }
}

/// The same moment on the monotonic and the wall clock.
pub(crate) fn pair() -> ClockPair {
    let (ticks, wall) = together(SystemTime::now);
    // A wall clock before 1970 is a clock that is not set.
    let wall = wall.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as i64);
    ClockPair { monotonic: Scale::now().nanos(ticks), wall: WallNanos(wall) }
}

/// Anchors the clock; to be called long before the first reading is turned into nanoseconds.
pub(crate) fn prepare() {
    anchor();
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
mod counter {
    use std::arch::x86_64::{__cpuid, _rdtsc};
    use std::sync::atomic::{AtomicU8, Ordering};

    const UNKNOWN: u8 = 0;
    const EVEN: u8 = 1;
    const UNEVEN: u8 = 2;

    static KIND: AtomicU8 = AtomicU8::new(UNKNOWN);

    #[inline]
    pub(super) fn read() -> u64 {
        match KIND.load(Ordering::Relaxed) {
            // SAFETY: every x86-64 processor has RDTSC; it reads a counter and touches no memory.
            EVEN => unsafe { _rdtsc() },
            UNEVEN => super::system_nanos(),
            _ => find_out(),
        }
    }

    #[cold]
    fn find_out() -> u64 {
        const EXTENDED: u32 = 0x8000_0000;
        const POWER: u32 = 0x8000_0007;
        /// AMD and Intel manuals, CPUID 8000_0007h, EDX bit 8: the counter runs at one rate in all power states.
        const INVARIANT: u32 = 1 << 8;
        let is_even = __cpuid(EXTENDED).eax >= POWER && __cpuid(POWER).edx & INVARIANT != 0;
        KIND.store(if is_even { EVEN } else { UNEVEN }, Ordering::Relaxed);
        read()
    }
}

#[cfg(not(all(target_arch = "x86_64", not(miri))))]
mod counter {
    pub(super) fn read() -> u64 {
        super::system_nanos()
    }
}

/// Nanoseconds of the system's monotonic clock since the first call.
fn system_nanos() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_nanos() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaled_readings_follow_the_system_clock() {
        prepare();
        let (start, system) = (now(), Instant::now());
        while system.elapsed().as_millis() < 20 {
            std::thread::yield_now();
        }
        let (end, passed) = (now(), system.elapsed().as_nanos() as f64);
        let scale = Scale::now();
        assert!(scale.nanos(end) > scale.nanos(start));
        let ratio = scale.between(start, end) as f64 / passed;
        // The machine may stop us between two readings; a wrong scale would be off by the processor's GHz.
        assert!((0.5..2.0).contains(&ratio), "{ratio}");
    }
}
