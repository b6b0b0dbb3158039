//! A batch of events of one thread, packed: differences to the event before, and a table of shapes in front.
//!
//! The shapes say for each kind in the batch how many fields follow the common ones, as the line programs of DWARF do
//! for their opcodes: so a reader steps over kinds and fields that came with a newer minor.

use crate::cursor::{Cursor, Malformed, Read};
use crate::event::{Action, DropReason, Event, Misuse, Tier};
use crate::ids::{Generation, Nanos, ObjectId, PoolId, StackId, ThreadId};
use crate::varint;

/// Fields of a kind that this version knows at most; a newer minor may have more, which are stepped over.
const KNOWN_FIELDS: usize = 3;
/// Kinds are numbers below this: one byte of a varint.
const KINDS: usize = 128;

type Fields = [u64; KNOWN_FIELDS];

/// Events of one thread, unpacked one by one while they are iterated.
#[derive(Clone, Debug)]
pub struct Batch<'a> {
    /// Whose.
    pub thread: ThreadId,
    /// Events of this thread that were not kept since its batch before.
    pub lost: u64,
    /// Events in the batch as its header says, those of unknown kinds included.
    pub count: u32,
    /// Where the payload starts in the file.
    pub(crate) offset: usize,
    shapes: [u8; KINDS],
    base: Nanos,
    body: Cursor<'a>,
}

/// No kind has so many fields; it marks kinds that the batch has not.
const ABSENT: u8 = u8::MAX;

impl<'a> Batch<'a> {
    pub(crate) fn decode(payload: &'a [u8], count: u32, offset: usize) -> Read<Self> {
        let mut cursor = Cursor::new(payload);
        let thread = ThreadId(cursor.number_u32("a thread")?);
        let lost = cursor.number("a count of lost events")?;
        let base = Nanos(cursor.number("a time")?);
        let mut shapes = [ABSENT; KINDS];
        for _ in 0..cursor.number("a count of shapes")? {
            let malformed = cursor.malformed("a kind of event below 128");
            let kind = cursor.byte("a kind of event")?;
            let fields = cursor.byte("a count of fields")?;
            *shapes.get_mut(usize::from(kind)).ok_or(malformed)? = fields;
        }
        Ok(Batch { thread, lost, count, offset, shapes, base, body: cursor })
    }

    /// The events, in the order in which the thread made them. Kinds of a newer minor are left out.
    pub fn events(&self) -> Events<'a> {
        let before = Event {
            time: self.base,
            pool: PoolId(0),
            object: ObjectId(0),
            generation: Generation(0),
            action: Action::Reset,
        };
        Events { shapes: self.shapes, body: self.body.clone(), before, offset: self.offset, unknown: 0 }
    }
}

/// Iterates over the events of a [`Batch`].
#[derive(Clone, Debug)]
pub struct Events<'a> {
    shapes: [u8; KINDS],
    body: Cursor<'a>,
    before: Event,
    offset: usize,
    unknown: u64,
}

/// A batch that cannot be unpacked further, though its checksum is right: its writer was at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadEvent {
    /// Where in the file.
    pub offset: usize,
    /// What was expected there.
    pub expected: &'static str,
}

impl Events<'_> {
    /// Events of kinds that this version does not know, of those seen so far.
    pub fn unknown(&self) -> u64 {
        self.unknown
    }

    /// The next event of a known kind, or `None` at the end.
    #[inline]
    fn step(&mut self) -> Read<Option<Event>> {
        while !self.body.is_empty() {
            let malformed = self.body.malformed("a kind of event that the batch describes");
            let kind = self.body.byte("a kind of event")?;
            let fields = *self.shapes.get(usize::from(kind)).ok_or(malformed)?;
            if fields == ABSENT {
                return Err(malformed);
            }
            let time = self.before.time.0.wrapping_add(self.delta("a time")?);
            let pool = PoolId(self.body.number_u32("a pool")?);
            let object = ObjectId(self.before.object.0.wrapping_add(self.delta("an object")?));
            let generation = Generation(self.body.number_u32("a generation")?);
            let mut known: Fields = [0; KNOWN_FIELDS];
            for index in 0..usize::from(fields) {
                let value = self.body.number("a field of an event")?;
                if let Some(place) = known.get_mut(index) {
                    *place = value;
                }
            }
            self.before.time = Nanos(time);
            self.before.object = object;
            match action_from_fields(kind, known) {
                Some(action) => return Ok(Some(Event { time: Nanos(time), pool, object, generation, action })),
                None => self.unknown += 1,
            }
        }
        Ok(None)
    }

    #[inline]
    fn delta(&mut self, expected: &'static str) -> Read<u64> {
        Ok(varint::unzigzag(self.body.number(expected)?) as u64)
    }
}

impl Iterator for Events<'_> {
    type Item = Result<Event, BadEvent>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match self.step() {
            Ok(event) => event.map(Ok),
            Err(Malformed { at, expected }) => {
                // Nothing after it can be trusted.
                self.body = Cursor::new(&[]);
                Some(Err(BadEvent { offset: self.offset + at, expected }))
            }
        }
    }
}

/// Packs events from the front until the payload is about `budget` bytes long; gives how many it took.
pub(crate) fn encode(thread: ThreadId, lost: u64, events: &[Event], budget: usize) -> (Vec<u8>, usize) {
    let base = events.first().map_or(Nanos(0), |event| event.time);
    let mut shapes = [ABSENT; KINDS];
    let mut body = Vec::new();
    let (mut time, mut object, mut taken) = (base.0, 0, 0);
    for event in events {
        if body.len() >= budget {
            break;
        }
        let (kind, fields, count) = fields_of(event.action);
        if let Some(shape) = shapes.get_mut(usize::from(kind)) {
            *shape = count;
        }
        body.push(kind);
        varint::put_delta(&mut body, time, event.time.0);
        varint::put(&mut body, u64::from(event.pool.0));
        varint::put_delta(&mut body, object, event.object.0);
        varint::put(&mut body, u64::from(event.generation.0));
        for field in fields.into_iter().take(usize::from(count)) {
            varint::put(&mut body, field);
        }
        (time, object) = (event.time.0, event.object.0);
        taken += 1;
    }
    let mut payload = Vec::with_capacity(body.len() + KINDS);
    for number in [u64::from(thread.0), lost, base.0] {
        varint::put(&mut payload, number);
    }
    let used: Vec<(u8, u8)> = (0_u8..).zip(shapes).filter(|(_, fields)| *fields != ABSENT).collect();
    varint::put(&mut payload, used.len() as u64);
    payload.extend(used.into_iter().flat_map(|(kind, fields)| [kind, fields]));
    payload.extend(body);
    (payload, taken)
}

/// The number of a kind, its fields, and how many of them are its own.
fn fields_of(action: Action) -> (u8, Fields, u8) {
    let stacked = |stack: StackId| u64::from(stack.0);
    match action {
        Action::New { bytes, nanos, stack } => (1, [bytes, nanos, stacked(stack)], 3),
        Action::Attach { bytes, stack } => (2, [bytes, stacked(stack), 0], 2),
        Action::Get { tier, stack } => (3, [tier.code(), stacked(stack), 0], 2),
        Action::Put { bytes, stack } => (4, [bytes, stacked(stack), 0], 2),
        Action::Reset => (5, [0; 3], 0),
        Action::Age => (6, [0; 3], 0),
        Action::Drop { reason } => (7, [reason.code(), 0, 0], 1),
        Action::Detach { stack } => (8, [stacked(stack), 0, 0], 1),
        Action::Touch { stack } => (9, [stacked(stack), 0, 0], 1),
        Action::Misuse { kind, owner, stack } => (10, [kind.code(), u64::from(owner.0), stacked(stack)], 3),
        Action::Leak { age_nanos } => (11, [age_nanos, 0, 0], 1),
        Action::Unleaked { age_nanos } => (12, [age_nanos, 0, 0], 1),
        Action::Wait { nanos, timed_out, stack } => (13, [nanos, u64::from(timed_out), stacked(stack)], 3),
        Action::Contended { nanos } => (14, [nanos, 0, 0], 1),
        Action::Purge { aged, dropped } => (15, [aged, dropped, 0], 2),
        Action::ChunkNew { bytes } => (16, [bytes, 0, 0], 1),
        Action::ChunkFree { bytes } => (17, [bytes, 0, 0], 1),
        Action::Fragmentation { permille } => (18, [permille, 0, 0], 1),
        Action::Compact { released, moved, failed } => (19, [released, moved, failed], 3),
        Action::Quota { used, limit, refused } => (20, [used, limit, u64::from(refused)], 3),
        Action::AllocFailed { bytes } => (21, [bytes, 0, 0], 1),
    }
}

/// `None`: a kind of a newer minor.
#[inline]
fn action_from_fields(kind: u8, [a, b, c]: Fields) -> Option<Action> {
    // A stack beyond 32 bits cannot be in the table, so it is as good as none.
    let stack = |number: u64| StackId(u32::try_from(number).unwrap_or(0));
    Some(match kind {
        1 => Action::New { bytes: a, nanos: b, stack: stack(c) },
        2 => Action::Attach { bytes: a, stack: stack(b) },
        3 => Action::Get { tier: Tier::from_code(a), stack: stack(b) },
        4 => Action::Put { bytes: a, stack: stack(b) },
        5 => Action::Reset,
        6 => Action::Age,
        7 => Action::Drop { reason: DropReason::from_code(a) },
        8 => Action::Detach { stack: stack(a) },
        9 => Action::Touch { stack: stack(a) },
        10 => {
            Action::Misuse { kind: Misuse::from_code(a), owner: PoolId(u32::try_from(b).unwrap_or(0)), stack: stack(c) }
        }
        11 => Action::Leak { age_nanos: a },
        12 => Action::Unleaked { age_nanos: a },
        13 => Action::Wait { nanos: a, timed_out: b != 0, stack: stack(c) },
        14 => Action::Contended { nanos: a },
        15 => Action::Purge { aged: a, dropped: b },
        16 => Action::ChunkNew { bytes: a },
        17 => Action::ChunkFree { bytes: a },
        18 => Action::Fragmentation { permille: a },
        19 => Action::Compact { released: a, moved: b, failed: c },
        20 => Action::Quota { used: a, limit: b, refused: c != 0 },
        21 => Action::AllocFailed { bytes: a },
        _ => return None,
    })
}
