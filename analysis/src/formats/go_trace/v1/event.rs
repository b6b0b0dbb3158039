//! An event in its place, read again.

use super::kind::Kind;
use super::place::{Place, known_slot};
use super::wire::Wire;
use crate::model::trace::Goroutines;

/// An event in its place.
pub(super) struct Event<'a> {
    pub(super) kind: Kind,
    /// Nanoseconds since the first event.
    pub(super) time: i64,
    /// Whose it is: a [`slot`](super::place::slot).
    pub(super) goroutine: u32,
    /// The goroutine it names: a [`slot`](super::place::slot), and 0 if it names none.
    pub(super) named: u32,
    /// The processor, −1 for none.
    pub(super) proc: i32,
    /// Of a system call: whether its goroutine lost the processor in it.
    pub(super) is_blocking: bool,
    /// Without the time in front and the stack behind.
    pub(super) args: [u64; 4],
    /// The number of the stack, 0 for none.
    pub(super) stack: u32,
    /// What was logged.
    pub(super) text: &'a [u8],
}

impl<'a> Event<'a> {
    /// Reads what lies at `place`, which was read before; `time` is its time in nanoseconds.
    pub(super) fn at(place: &Place, time: i64, bytes: &'a [u8], minor: u8, goroutines: &Goroutines) -> Option<Self> {
        let raw = Wire::new(bytes, place.at as usize, minor).event().ok()??;
        let [_, first, second, third, fourth] = raw.args;
        let args = [first, second, third, fourth];
        let stack = if raw.kind.has_stack() { args.get(raw.kind.args() - 2).copied().unwrap_or(0) as u32 } else { 0 };
        let named = match place.kind {
            Kind::GoCreate | Kind::GoUnblock => known_slot(goroutines, first),
            _ => 0,
        };
        Some(Self {
            kind: place.kind,
            time,
            goroutine: place.goroutine,
            named,
            proc: place.proc,
            is_blocking: place.is_blocking,
            args,
            stack,
            text: raw.body,
        })
    }
}
