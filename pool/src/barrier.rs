//! A fence that costs one side nothing: the side that passes often only keeps the compiler from reordering, and the side
//! that passes seldom asks the kernel (`membarrier`) to run a full fence on every processor that runs a thread of ours.
//! Where the kernel cannot, both sides pay for a full fence.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering, compiler_fence};

/// Whether light sides leave the fence to heavy ones. Settled by [`prepare`] and never changed after it.
static IS_LOPSIDED: AtomicBool = AtomicBool::new(false);

/// To be called before whatever the two sides share is made: so both see how it was settled.
pub(crate) fn prepare() {
    static SETTLED: Once = Once::new();
    SETTLED.call_once(|| IS_LOPSIDED.store(kernel::register(), Ordering::Relaxed));
}

/// Of two threads, each of which stores, passes its side's fence, and loads what the other stored, one sees the other.
#[inline(always)]
pub(crate) fn light() {
    if IS_LOPSIDED.load(Ordering::Relaxed) {
        compiler_fence(Ordering::SeqCst);
    } else {
        full();
    }
}

/// The other side of [`light`]. `false`: the kernel no longer does what it had agreed to (a sandbox was closed since), so
/// a light side may not have been fenced, and nothing may be concluded from what is loaded.
#[must_use]
pub(crate) fn heavy() -> bool {
    full();
    !IS_LOPSIDED.load(Ordering::Relaxed) || kernel::fence_all_threads()
}

#[cfg(loom)]
fn full() {
    loom::sync::atomic::fence(loom::sync::atomic::Ordering::SeqCst);
}

#[cfg(not(loom))]
fn full() {
    std::sync::atomic::fence(Ordering::SeqCst);
}

#[cfg(all(target_os = "linux", not(miri), not(loom)))]
mod kernel {
    /// membarrier(2): registering makes later fences certain to be obeyed, until the process changes what it may call.
    pub(super) fn register() -> bool {
        membarrier(libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED)
    }

    pub(super) fn fence_all_threads() -> bool {
        membarrier(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED)
    }

    fn membarrier(command: libc::c_int) -> bool {
        // SAFETY: membarrier takes three integers and touches no memory of ours; an unknown command is an error code.
        unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
    }
}

#[cfg(not(all(target_os = "linux", not(miri), not(loom))))]
mod kernel {
    pub(super) fn register() -> bool {
        false
    }

    /// Never called, as registering failed.
    pub(super) fn fence_all_threads() -> bool {
        false
    }
}
