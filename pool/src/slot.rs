//! A pooled object with what the pool knows of it, in one allocation.

use std::cell::UnsafeCell;
use std::panic::Location;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};

/// Where an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the primary generation.
    Idle,
    /// In the victim generation.
    Victim,
    /// In a guard.
    Guarded,
    /// Out on a ticket.
    Ticketed,
}

/// How closely a hand-out is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Watch {
    /// Counted only.
    Not,
    /// Its age is taken.
    Leak,
    /// Its age is taken, and its get and put go to the trace.
    Record,
}

/// Place, watch flags and generation in one word, so that a put by ticket is one compare-and-swap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State(u64);

impl State {
    const PLACE: u64 = 0b11;
    const WATCHED: u64 = 0b100;
    const RECORDED: u64 = 0b1000;
    const GENERATION: u32 = 32;

    pub(crate) const NEW: State = State(0);

    pub(crate) fn place(self) -> Place {
        match self.0 & Self::PLACE {
            0 => Place::Idle,
            1 => Place::Victim,
            2 => Place::Guarded,
            _ => Place::Ticketed,
        }
    }

    #[inline]
    fn code(place: Place) -> u64 {
        match place {
            Place::Idle => 0,
            Place::Victim => 1,
            Place::Guarded => 2,
            Place::Ticketed => 3,
        }
    }

    /// Whether this hand-out is recorded or watched for leaks, so that its end must be told too.
    #[inline]
    pub(crate) fn is_watched(self) -> bool {
        self.0 & Self::WATCHED != 0
    }

    /// Whether the get of this hand-out is in the trace.
    pub(crate) fn is_recorded(self) -> bool {
        self.0 & Self::RECORDED != 0
    }

    /// How often it was handed out.
    #[inline]
    pub(crate) fn generation(self) -> u32 {
        (self.0 >> Self::GENERATION) as u32
    }

    /// Handed out once more.
    #[inline]
    pub(crate) fn handed_out(self, place: Place, watch: Watch) -> State {
        let generation = self.generation().wrapping_add(1);
        let watched = match watch {
            Watch::Not => 0,
            Watch::Leak => Self::WATCHED,
            Watch::Record => Self::WATCHED | Self::RECORDED,
        };
        State(u64::from(generation) << Self::GENERATION | watched | Self::code(place))
    }

    /// In another place, not watched.
    #[inline]
    pub(crate) fn moved_to(self, place: Place) -> State {
        State(u64::from(self.generation()) << Self::GENERATION | Self::code(place))
    }

    /// In another place, watched as before.
    pub(crate) fn with_place(self, place: Place) -> State {
        State(self.0 & !Self::PLACE | Self::code(place))
    }

    pub(crate) fn is_out(self) -> bool {
        matches!(self.place(), Place::Guarded | Place::Ticketed)
    }
}

/// What the pool knows of an object. Written by whoever holds the object; read by anyone, who may see a mix of two
/// moments: such readers (leak scans, dumps) check the state again.
#[derive(Debug)]
pub(crate) struct Head {
    state: AtomicU64,
    /// Unique in the process.
    pub(crate) id: u64,
    /// Its place in the pool's register.
    pub(crate) index: u32,
    /// The thread of the last watched get.
    pub(crate) thread: AtomicU32,
    /// The generation that was reported as leaked; 0 for none.
    pub(crate) alarmed: AtomicU32,
    /// Touches of this generation.
    pub(crate) touches: AtomicU32,
    /// The stack of the last watched get; 0 for none.
    pub(crate) stack: AtomicU32,
    /// Ticks at the last watched get.
    pub(crate) since: AtomicU64,
    /// Size when last measured.
    pub(crate) bytes: AtomicU64,
    site: AtomicPtr<Location<'static>>,
}

impl Head {
    pub(crate) fn new(id: u64, index: u32, bytes: u64) -> Self {
        Head {
            state: AtomicU64::new(State::NEW.0),
            id,
            index,
            thread: AtomicU32::new(0),
            alarmed: AtomicU32::new(0),
            touches: AtomicU32::new(0),
            stack: AtomicU32::new(0),
            since: AtomicU64::new(0),
            bytes: AtomicU64::new(bytes),
            site: AtomicPtr::new(ptr::null_mut()),
        }
    }

    #[inline]
    pub(crate) fn state(&self) -> State {
        State(self.state.load(Ordering::Acquire))
    }

    /// For whoever holds the object.
    #[inline]
    pub(crate) fn set_state(&self, state: State) {
        self.state.store(state.0, Ordering::Release);
    }

    /// For tickets, of which copies may race: only one wins.
    pub(crate) fn swap_state(&self, from: State, to: State) -> Result<(), State> {
        let swapped = self.state.compare_exchange(from.0, to.0, Ordering::AcqRel, Ordering::Acquire);
        swapped.map(|_| ()).map_err(State)
    }

    #[inline]
    pub(crate) fn set_site(&self, site: &'static Location<'static>) {
        self.site.store(ptr::from_ref(site).cast_mut(), Ordering::Relaxed);
    }

    /// Who has it, or had it last.
    pub(crate) fn site(&self) -> Option<&'static Location<'static>> {
        let site = NonNull::new(self.site.load(Ordering::Relaxed))?;
        // SAFETY: only `set_site` stores it, from a reference that lives for ever and that nobody may write through.
        Some(unsafe { site.as_ref() })
    }
}

/// An object and its head.
#[derive(Debug)]
pub(crate) struct Slot<T> {
    pub(crate) head: Head,
    pub(crate) value: UnsafeCell<T>,
}

/// A pointer to a slot of the pool that holds the pointer. Who has it has the object, one at a time.
#[derive(Debug)]
pub(crate) struct SlotPtr<T>(pub(crate) NonNull<Slot<T>>);

impl<T> Clone for SlotPtr<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for SlotPtr<T> {}

// SAFETY: it is an owning pointer to a T (as a Box is) while it stands in a tier or a guard; the register's copies are
// used for the head only, which is atomic.
unsafe impl<T: Send> Send for SlotPtr<T> {}

impl<T> SlotPtr<T> {
    pub(crate) fn new(slot: Slot<T>) -> Self {
        SlotPtr(NonNull::from(Box::leak(Box::new(slot))))
    }

    /// # Safety
    /// The slot has not been freed.
    #[inline]
    pub(crate) unsafe fn head<'a>(self) -> &'a Head {
        // SAFETY: the slot lives, says the caller; only a shared borrow of the head is made, and all writes to it go
        // through atomics. The field is reached by pointer, so no borrow of the value comes into being.
        unsafe { &(*self.0.as_ptr()).head }
    }

    /// # Safety
    /// The slot has not been freed.
    #[inline]
    pub(crate) unsafe fn value(self) -> *mut T {
        // SAFETY: the slot lives, says the caller; the pointer is computed through the cell, no borrow is made.
        unsafe { (*self.0.as_ptr()).value.get() }
    }

    /// Takes the object out and frees the slot.
    ///
    /// # Safety
    /// The caller has the object, and no copy of this pointer is used again.
    pub(crate) unsafe fn into_value(self) -> T {
        // SAFETY: the pointer came from `Box::leak` in `new`, and this is its last use, says the caller.
        let slot = unsafe { Box::from_raw(self.0.as_ptr()) };
        slot.value.into_inner()
    }
}
