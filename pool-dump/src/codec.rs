//! Records to and from payloads. Each has its length in front, so that a reader steps over fields it does not know; a
//! field that an older minor did not write reads as zero.

use std::borrow::Cow;

use crate::batch::Batch;
use crate::chunk::{ChunkHeader, ChunkKind};
use crate::cursor::{Cursor, Malformed, Read};
use crate::ids::{FrameId, Generation, Nanos, ObjectId, PoolId, StackId, StringId, ThreadId, WallNanos};
use crate::record::{
    ClockPair, Counter, Counters, End, Frame, LiveObject, LiveSet, LiveState, PoolInfo, Process, Record, ThreadInfo,
};
use crate::varint;
use crate::writer::Entry;

/// Appends a record with its length in front.
pub(crate) fn encode_entry(out: &mut Vec<u8>, entry: &Entry<'_>) {
    let mut body = Vec::new();
    let mut number = |value: u64| varint::put(&mut body, value);
    match entry {
        Entry::Process(process) => {
            number(u64::from(process.pid));
            put_text(&mut body, &process.program);
            put_text(&mut body, &process.recorder);
        }
        Entry::Clock(pair) => {
            number(pair.monotonic.0);
            number(varint::zigzag(pair.wall.0));
        }
        Entry::Text(id, text) => {
            number(u64::from(id.0));
            put_text(&mut body, text);
        }
        Entry::Frame(id, frame) => {
            let Frame { function, file, line, column } = *frame;
            [id.0, function.0, file.0, line, column].into_iter().for_each(|value| number(u64::from(value)));
        }
        Entry::Stack(id, frames) => {
            number(u64::from(id.0));
            number(frames.len() as u64);
            frames.iter().for_each(|frame| number(u64::from(frame.0)));
        }
        Entry::Pool(pool) => encode_pool(&mut body, pool),
        Entry::Thread(thread) => {
            number(u64::from(thread.id.0));
            number(u64::from(thread.name.0));
        }
        Entry::Counters(counters) => {
            number(counters.time.0);
            number(u64::from(counters.pool.0));
            number(counters.counts.len() as u64);
            counters.counts.iter().for_each(|(counter, count)| {
                number(counter.code());
                number(*count);
            });
        }
        Entry::End(end) => {
            number(end.time.0);
            number(end.lost);
        }
    }
    varint::put(out, body.len() as u64);
    out.extend(body);
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    varint::put(out, text.len() as u64);
    out.extend(text.as_bytes());
}

fn encode_pool(out: &mut Vec<u8>, pool: &PoolInfo) {
    for value in [
        u64::from(pool.id.0),
        u64::from(pool.name.0),
        u64::from(pool.type_name.0),
        u64::from(pool.tenant.0),
        pool.object_bytes,
        pool.capacity_min,
        pool.capacity_max,
        pool.capacity_per_shard,
        u64::from(pool.shards),
        pool.retain_bytes,
        pool.purge_interval_nanos,
        pool.leak_threshold_nanos,
        u64::from(pool.leak_every),
        u64::from(pool.record_every),
        u64::from(pool.has_reset),
        u64::from(pool.is_bytes),
    ] {
        varint::put(out, value);
    }
}

/// The head of a live set, then its objects from the front until the payload is about `budget` bytes long; gives how
/// many it took.
pub(crate) fn encode_live(set: &LiveSet, from: usize, budget: usize) -> (Vec<u8>, usize) {
    let mut out = Vec::new();
    for value in [set.time.0, u64::from(set.pool.0), set.total] {
        varint::put(&mut out, value);
    }
    let mut taken = 0;
    for object in set.objects.iter().skip(from) {
        if out.len() >= budget {
            break;
        }
        let mut body = Vec::new();
        for value in [
            object.object.0,
            u64::from(object.generation.0),
            object.state.code(),
            object.since.0,
            object.bytes,
            u64::from(object.stack.0),
            u64::from(object.thread.0),
        ] {
            varint::put(&mut body, value);
        }
        varint::put(&mut out, body.len() as u64);
        out.extend(body);
        taken += 1;
    }
    (out, taken)
}

/// All records of a payload up to the first that is malformed. `offset` is where the payload starts in the file.
pub(crate) fn decode_payload<'a>(
    header: &ChunkHeader,
    payload: &'a [u8],
    offset: usize,
    out: &mut dyn FnMut(Record<'a>),
) -> Read<()> {
    match header.kind {
        ChunkKind::Events => {
            out(Record::Events(Batch::decode(payload, header.records, offset)?));
            Ok(())
        }
        ChunkKind::LiveSet => {
            let (set, result) = decode_live(payload)?;
            out(Record::LiveSet(set));
            result
        }
        kind => {
            let mut cursor = Cursor::new(payload);
            while !cursor.is_empty() {
                let mut entry = cursor.prefixed("a record with its length in front")?;
                out(decode_entry(kind, &mut entry)?);
            }
            Ok(())
        }
    }
}

fn decode_entry<'a>(kind: ChunkKind, entry: &mut Cursor<'a>) -> Read<Record<'a>> {
    Ok(match kind {
        ChunkKind::Process => Record::Process(Process {
            pid: entry.number_u32("a process number")?,
            program: text(entry)?.into_owned(),
            recorder: text(entry)?.into_owned(),
        }),
        ChunkKind::Clock => Record::Clock(ClockPair {
            monotonic: Nanos(entry.number("a time")?),
            wall: WallNanos(varint::unzigzag(entry.number("a time")?)),
        }),
        ChunkKind::Strings => Record::Text(StringId(entry.number_u32("a string's number")?), text(entry)?),
        ChunkKind::Frames => {
            let id = FrameId(entry.number_u32("a frame's number")?);
            let function = StringId(entry.number_u32("a function")?);
            let file = StringId(entry.number_u32("a file")?);
            let line = entry.number_u32("a line")?;
            Record::Frame(id, Frame { function, file, line, column: entry.later_u32("a column")? })
        }
        ChunkKind::Stacks => {
            let id = StackId(entry.number_u32("a stack's number")?);
            let count = entry.number("a count of frames")?;
            // Every frame takes a byte at least, so a count cannot make us reserve more than the payload is long.
            let mut frames = Vec::with_capacity(usize::try_from(count).unwrap_or(0).min(entry.rest().len()));
            for _ in 0..count {
                frames.push(FrameId(entry.number_u32("a frame")?));
            }
            Record::Stack(id, frames)
        }
        ChunkKind::Pools => Record::Pool(decode_pool(entry)?),
        ChunkKind::Threads => Record::Thread(ThreadInfo {
            id: ThreadId(entry.number_u32("a thread's number")?),
            name: StringId(entry.later_u32("a name")?),
        }),
        ChunkKind::Counters => {
            let time = Nanos(entry.number("a time")?);
            let pool = PoolId(entry.number_u32("a pool")?);
            let mut counts = Vec::new();
            for _ in 0..entry.number("a count of counters")? {
                counts.push((Counter::from_code(entry.number("a counter")?), entry.number("a count")?));
            }
            Record::Counters(Counters { time, pool, counts })
        }
        ChunkKind::End => {
            Record::End(End { time: Nanos(entry.number("a time")?), lost: entry.later_number("a count")? })
        }
        ChunkKind::Events | ChunkKind::LiveSet | ChunkKind::Unknown(_) => {
            return Err(entry.malformed("a kind of chunk that holds records"));
        }
    })
}

fn decode_pool(entry: &mut Cursor<'_>) -> Read<PoolInfo> {
    Ok(PoolInfo {
        id: PoolId(entry.number_u32("a pool's number")?),
        name: StringId(entry.number_u32("a name")?),
        type_name: StringId(entry.later_u32("a type")?),
        tenant: StringId(entry.later_u32("a tenant")?),
        object_bytes: entry.later_number("a size")?,
        capacity_min: entry.later_number("a capacity")?,
        capacity_max: entry.later_number("a capacity")?,
        capacity_per_shard: entry.later_number("a capacity")?,
        shards: entry.later_u32("a count of shards")?,
        retain_bytes: entry.later_number("a size")?,
        purge_interval_nanos: entry.later_number("a time")?,
        leak_threshold_nanos: entry.later_number("a time")?,
        leak_every: entry.later_u32("a rate")?,
        record_every: entry.later_u32("a rate")?,
        has_reset: entry.later_number("a flag")? != 0,
        is_bytes: entry.later_number("a flag")? != 0,
    })
}

fn decode_live(payload: &[u8]) -> Read<(LiveSet, Read<()>)> {
    let mut cursor = Cursor::new(payload);
    let time = Nanos(cursor.number("a time")?);
    let pool = PoolId(cursor.number_u32("a pool")?);
    let total = cursor.number("a count of objects")?;
    let mut objects = Vec::new();
    let mut result = Ok(());
    while !cursor.is_empty() && result.is_ok() {
        match decode_live_object(&mut cursor) {
            Ok(object) => objects.push(object),
            Err(malformed) => result = Err(malformed),
        }
    }
    Ok((LiveSet { time, pool, total, objects }, result))
}

fn decode_live_object(cursor: &mut Cursor<'_>) -> Read<LiveObject> {
    let mut entry = cursor.prefixed("an object with its length in front")?;
    Ok(LiveObject {
        object: ObjectId(entry.number("an object")?),
        generation: Generation(entry.number_u32("a generation")?),
        state: LiveState::from_code(entry.number("a state")?),
        since: Nanos(entry.later_number("a time")?),
        bytes: entry.later_number("a size")?,
        stack: StackId(entry.later_u32("a stack")?),
        thread: ThreadId(entry.later_u32("a thread")?),
    })
}

/// Text that is not UTF-8 is kept as far as it is.
fn text<'a>(entry: &mut Cursor<'a>) -> Read<Cow<'a, str>> {
    let malformed: Malformed = entry.malformed("a text with its length in front");
    let length = usize::try_from(entry.number("a length")?).map_err(|_| malformed)?;
    Ok(String::from_utf8_lossy(entry.bytes(length, malformed.expected)?))
}
