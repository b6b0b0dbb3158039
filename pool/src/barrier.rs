//! A fence that costs one side nothing: the side that passes often only keeps the compiler from reordering, and the side
//! that passes seldom asks the kernel (`membarrier`) to run a full fence on every processor that runs a thread of ours.
//! Where the kernel cannot, both sides pay for a full fence.

use std::sync::atomic::{AtomicBool, Ordering, compiler_fence};

/// Whether the process is registered for `membarrier`. It goes from false to true once, and the light side may be late
/// in seeing that: a full fence is never wrong.
static REGISTERED: AtomicBool = AtomicBool::new(false);

/// To be called before the first [`light`]: makes it cheap where that can be.
pub(crate) fn prepare() {
    if !REGISTERED.load(Ordering::Relaxed) && kernel::register() {
        REGISTERED.store(true, Ordering::Relaxed);
    }
}

/// Of two threads, each of which stores, passes its side's fence, and loads what the other stored, one sees the other.
#[inline(always)]
pub(crate) fn light() {
    if REGISTERED.load(Ordering::Relaxed) {
        compiler_fence(Ordering::SeqCst);
    } else {
        full();
    }
}

/// The other side of [`light`].
pub(crate) fn heavy() {
    full();
    // Even if this thread has not seen the registration that a light side has: asking costs little and is never wrong.
    kernel::fence_all_threads();
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
    const FENCE: libc::c_int = libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED;
    const REGISTER: libc::c_int = libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;

    pub(super) fn register() -> bool {
        membarrier(REGISTER)
    }

    pub(super) fn fence_all_threads() {
        // Fails only where registering failed, and then every light side runs a full fence.
        membarrier(FENCE);
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

    pub(super) fn fence_all_threads() {}
}
