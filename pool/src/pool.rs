//! The pool as its users see it.

use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use pool_dump::Counter;

use crate::builder::Builder;
use crate::census::Seen;
use crate::contract::ObjectPool;
use crate::core::Core;
use crate::error::{GetError, TicketError};
use crate::get::Wish;
use crate::guard::Guard;
use crate::leak::LeakReport;
use crate::slot::Place;
use crate::stats::Stats;
use crate::ticket::Ticket;

/// A pool of objects. Clones are the same pool; it is dropped with the last of them.
///
/// ```
/// let pool = pool::Pool::builder("scratch", || Vec::<u8>::with_capacity(4096))
///     .reset(Vec::clear)
///     .size_of(|buffer| buffer.capacity() as u64)
///     .retain_bytes(64 << 10)
///     .build();
/// {
///     let mut buffer = pool.get()?;
///     buffer.extend_from_slice(b"hello");
/// } // put here
/// let again = pool.get()?;
/// assert!(again.is_empty() && again.capacity() >= 4096);
/// # Ok::<(), pool::GetError>(())
/// ```
#[derive(Debug)]
pub struct Pool<T: Send + 'static> {
    pub(crate) core: Arc<Core<T>>,
}

impl<T: Send + 'static> Clone for Pool<T> {
    fn clone(&self) -> Self {
        Pool { core: Arc::clone(&self.core) }
    }
}

impl<T: Send + 'static> Pool<T> {
    /// Sets up a pool by its name and what makes an object.
    pub fn builder(name: &str, new: impl Fn() -> T + Send + Sync + 'static) -> Builder<T> {
        Builder::new(name, Box::new(move |_| Ok(new())))
    }

    /// The same where `new` is told the size that is wanted, in bytes ([`Pool::get_sized`]; 0 by [`Pool::get`]), and may
    /// fail.
    pub fn builder_sized(name: &str, new: impl Fn(usize) -> Result<T, GetError> + Send + Sync + 'static) -> Builder<T> {
        Builder::new(name, Box::new(new))
    }

    /// Hands out an object: an idle one, or a new one.
    ///
    /// # Errors
    /// None came back to a bounded pool in time, the quota is used up, or `new` failed.
    #[inline(always)]
    #[track_caller]
    pub fn get(&self) -> Result<Guard<'_, T>, GetError> {
        self.guard(self.wish(Place::Guarded))
    }

    /// The same; an object that must be made is made for so many bytes. An idle one may have any size.
    ///
    /// # Errors
    /// As for [`Pool::get`].
    #[track_caller]
    pub fn get_sized(&self, bytes: usize) -> Result<Guard<'_, T>, GetError> {
        self.guard(Wish { bytes, ..self.wish(Place::Guarded) })
    }

    /// The same; waits for so long, whatever the builder said. Zero does not wait.
    ///
    /// # Errors
    /// As for [`Pool::get`].
    #[track_caller]
    pub fn get_within(&self, patience: Duration) -> Result<Guard<'_, T>, GetError> {
        self.guard(Wish { patience, ..self.wish(Place::Guarded) })
    }

    #[inline(always)]
    #[track_caller]
    fn wish(&self, place: Place) -> Wish {
        Wish { bytes: 0, place, patience: self.core.settings.patience, site: Location::caller() }
    }

    #[inline(always)]
    fn guard(&self, wish: Wish) -> Result<Guard<'_, T>, GetError> {
        self.core.get(wish).map(|slot| Guard::new(&self.core, slot))
    }

    /// Hands out an object on a ticket.
    ///
    /// # Errors
    /// As for [`Pool::get`].
    #[track_caller]
    pub fn take(&self) -> Result<Ticket, GetError> {
        let slot = self.core.get(self.wish(Place::Ticketed))?;
        Ok(self.core.ticket(slot))
    }

    /// Where the object of a ticket is. The pointer may be used until the ticket is given back or the pool is dropped, by
    /// one thread at a time: the pool cannot see whether it is.
    ///
    /// # Errors
    /// The ticket is not, or no longer, good. That is counted and recorded as a misuse.
    #[track_caller]
    pub fn pointer(&self, ticket: Ticket) -> Result<*mut T, TicketError> {
        self.core.point(ticket, Location::caller())
    }

    /// Puts the object of a ticket back.
    ///
    /// # Errors
    /// As for [`Pool::pointer`]; the object, if there is one, is as it was.
    #[track_caller]
    pub fn give(&self, ticket: Ticket) -> Result<(), TicketError> {
        self.core.give(ticket, Location::caller())
    }

    /// Brings an object in that was made elsewhere, or was detached.
    ///
    /// # Errors
    /// A bounded pool is full, or the quota is: the object comes back.
    #[track_caller]
    pub fn attach(&self, object: T) -> Result<(), T> {
        self.core.attach(object, Location::caller())
    }

    /// Makes victims of all idle objects and drops those that were victims before, save for the least number.
    pub fn purge(&self) {
        self.core.purge();
    }

    /// Looks for objects that have been out for longer than the pool's threshold, and reports those that were not
    /// reported yet. Gives what it reported.
    pub fn check_leaks(&self) -> Option<LeakReport> {
        self.core.report_leaks(self.core.threshold(), Seen::Watched)
    }

    /// The pool's name.
    pub fn name(&self) -> &str {
        &self.core.settings.name
    }

    /// The pool's number in traces.
    pub fn id(&self) -> u32 {
        self.core.id
    }

    /// What the pool has counted.
    pub fn stats(&self) -> Stats {
        self.core.stats()
    }
}

impl<T: Send + 'static> ObjectPool for Pool<T> {
    fn allocated_bytes(&self) -> u64 {
        self.core.counts.get(Counter::AllocatedBytes)
    }

    fn peak_allocated(&self) -> u64 {
        self.core.counts.get(Counter::PeakBytes)
    }

    fn on_leak_detected(&self, report: &LeakReport) {
        (self.core.settings.on_leak)(report);
    }
}
