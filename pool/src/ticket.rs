//! Objects without guards, for lifetimes that no scope has: foreign code, intrusive lists. A ticket can be copied, kept
//! too long, given twice or to the wrong pool; all of that is found out and refused.

use std::sync::atomic::Ordering;

use pool_dump::{Action, Misuse};

use crate::core::{Core, Site, lock};
use crate::error::TicketError;
use crate::record;
use crate::slot::{Head, Place, SlotPtr};

/// The right to one object of one pool, for one hand-out. Plain numbers: nothing happens when it is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket {
    pool: u32,
    index: u32,
    /// Low bits of the object's number, so that a place in the register that has another object now is told.
    check: u32,
    generation: u32,
}

impl Ticket {
    /// As numbers, to go through foreign code.
    pub fn into_bits(self) -> u128 {
        let Ticket { pool, index, check, generation } = self;
        let word = |high: u32, low: u32| u64::from(high) << 32 | u64::from(low);
        u128::from(word(pool, index)) << 64 | u128::from(word(check, generation))
    }

    /// Back from numbers. Any are allowed: what no pool has given is refused when it is used.
    pub fn from_bits(bits: u128) -> Self {
        let word = |shift: u32| (bits >> shift) as u32;
        Ticket { pool: word(96), index: word(64), check: word(32), generation: word(0) }
    }
}

/// Touches of one hand-out that go to the trace.
const TOUCHES: u32 = 4;

impl<T: Send + 'static> Core<T> {
    pub(crate) fn ticket(&self, slot: SlotPtr<T>) -> Ticket {
        // SAFETY: the caller has just got the object.
        let head = unsafe { slot.head() };
        let generation = head.state().generation();
        Ticket { pool: self.id, index: head.index, check: head.id as u32, generation }
    }

    /// Finds the object of a ticket and works on it while it cannot be freed.
    fn redeem<R>(
        &self,
        ticket: Ticket,
        at_rest: TicketError,
        work: impl FnOnce(SlotPtr<T>, &Head) -> Result<R, TicketError>,
    ) -> Result<R, TicketError> {
        if ticket.pool != self.id {
            let owner = ticket.pool;
            let is_known = record::is_pool(owner);
            return Err(if is_known { TicketError::WrongPool { owner } } else { TicketError::Foreign });
        }
        let register = lock(&self.register);
        let Some(slot) = register.get(ticket.index) else {
            // The object is gone; if it ever was, it was put before.
            return Err(if register.has_had(ticket.index) { at_rest } else { TicketError::Foreign });
        };
        // SAFETY: what is in the register lives while that is locked.
        let head = unsafe { slot.head() };
        let current = head.state();
        if head.id as u32 != ticket.check {
            return Err(at_rest);
        }
        if current.generation() != ticket.generation {
            let current = current.generation();
            // A generation that has not been yet was made up.
            let is_future = ticket.generation > current;
            let stale = TicketError::StaleGeneration { ticket: ticket.generation, current };
            return Err(if is_future { TicketError::Foreign } else { stale });
        }
        match current.place() {
            Place::Ticketed => work(slot, head),
            // On its way in by a copy of the ticket that was quicker, if it is not in yet.
            Place::Idle | Place::Victim | Place::Guarded => Err(at_rest),
        }
    }

    /// Puts by ticket. Of copies that race, one wins.
    pub(crate) fn give(&self, ticket: Ticket, site: Site) -> Result<(), TicketError> {
        let won = self.redeem(ticket, TicketError::DoublePut, |slot, head| {
            let state = head.state();
            // Out in nobody's hands but ours. The watch must survive, so the flags stay as they are.
            head.swap_state(state, state.with_place(Place::Guarded)).map_err(|_| TicketError::DoublePut)?;
            Ok(slot)
        });
        match won {
            Ok(slot) => {
                // SAFETY: the swap made the object ours.
                unsafe { self.put(slot, Some(site)) };
                Ok(())
            }
            Err(error) => Err(self.tell(error, ticket, site)),
        }
    }

    /// Where the object of a ticket is.
    pub(crate) fn point(&self, ticket: Ticket, site: Site) -> Result<*mut T, TicketError> {
        let found = self.redeem(ticket, TicketError::UseAfterPut, |slot, head| {
            self.touch(head, site);
            // SAFETY: the object is out, so it lives.
            Ok(unsafe { slot.value() })
        });
        found.map_err(|error| self.tell(error, ticket, site))
    }

    pub(crate) fn touch(&self, head: &Head, site: Site) {
        let state = head.state();
        if state.is_recorded() && head.touches.fetch_add(1, Ordering::Relaxed) < TOUCHES {
            record::note(self.id, head.id, state.generation(), Action::Touch { stack: self.walk() }, Some(site));
        }
    }

    fn tell(&self, error: TicketError, ticket: Ticket, site: Site) -> TicketError {
        let (kind, owner) = match error {
            TicketError::DoublePut => (Misuse::DoublePut, self.id),
            TicketError::Foreign => (Misuse::ForeignPut, 0),
            TicketError::StaleGeneration { .. } => (Misuse::StaleGeneration, self.id),
            TicketError::WrongPool { owner } => (Misuse::WrongPool, owner),
            TicketError::UseAfterPut => (Misuse::UseAfterPut, self.id),
        };
        // Object numbers fit in 32 bits for the first four billion; beyond, the register would have to be asked.
        let object = if owner == 0 { 0 } else { u64::from(ticket.check) };
        self.note_misuse(kind, object, ticket.generation, owner, site);
        error
    }
}
