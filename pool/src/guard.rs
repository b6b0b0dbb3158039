//! An object in the hands of its holder, which puts it back when it goes out of scope.

use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::panic::Location;

use crate::core::{Core, Site};
use crate::slot::SlotPtr;

/// An object of a pool, handed out. Dropping it puts the object back; if that happens because the thread panics, the
/// object is dropped instead, as it may have been left half changed.
pub struct Guard<'a, T: Send + 'static> {
    core: &'a Core<T>,
    slot: SlotPtr<T>,
}

// SAFETY: it gives access to a `T` and to the pool, which is shared by threads anyway; a put from another thread than the
// get's is what pools are made for. Without this line the pointer's own `Sync` (none) would forbid it.
unsafe impl<T: Send + Sync + 'static> Sync for Guard<'_, T> {}

impl<'a, T: Send + 'static> Guard<'a, T> {
    #[inline(always)]
    pub(crate) fn new(core: &'a Core<T>, slot: SlotPtr<T>) -> Self {
        Guard { core, slot }
    }

    /// Puts the object back, as dropping does, and lets the trace say who did.
    #[track_caller]
    pub fn put(self) {
        let site = Location::caller();
        let guard = ManuallyDrop::new(self);
        // SAFETY: the guard has the object and is not used again, not even dropped.
        unsafe { guard.core.put(guard.slot, Some(site)) };
    }

    /// Takes the object out of the pool for good. The way back in is [`crate::Pool::attach`].
    #[track_caller]
    pub fn detach(self) -> T {
        let site: Site = Location::caller();
        let guard = ManuallyDrop::new(self);
        // SAFETY: as in `put`.
        unsafe { guard.core.detach(guard.slot, site) }
    }

    /// Lets the trace say that the holder is at work here, if this hand-out is recorded: four times at most.
    #[track_caller]
    pub fn touch(&self) {
        // SAFETY: the guard has the object, so it lives.
        self.core.touch(unsafe { self.slot.head() }, Location::caller());
    }

    /// The object's number in traces, unique in the process.
    pub fn id(&self) -> u64 {
        // SAFETY: the guard has the object, so it lives.
        unsafe { self.slot.head() }.id
    }

    /// How often the object has been handed out, this time included.
    pub fn generation(&self) -> u32 {
        // SAFETY: the guard has the object, so it lives.
        unsafe { self.slot.head() }.state().generation()
    }
}

impl<T: Send + 'static> Deref for Guard<'_, T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: the guard alone has the object, and is borrowed for as long as the result.
        unsafe { &*self.slot.value() }
    }
}

impl<T: Send + 'static> DerefMut for Guard<'_, T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard alone has the object, and is borrowed alone for as long as the result.
        unsafe { &mut *self.slot.value() }
    }
}

impl<T: Send + 'static> Drop for Guard<'_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        if std::thread::panicking() {
            // SAFETY: the guard has the object and is not used again.
            unsafe { self.core.abandon(self.slot) };
        } else {
            // SAFETY: as above.
            unsafe { self.core.put(self.slot, None) };
        }
    }
}

impl<T: Send + fmt::Debug + 'static> fmt::Debug for Guard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Guard").field(&**self).finish()
    }
}
