//! A small dump with every kind of record and event, and what a reader says of bytes.

use pool_dump::*;

/// One event of every kind.
pub(crate) fn one_of_each_action() -> Vec<Action> {
    let stack = StackId(1);
    let mut actions = vec![
        Action::New { bytes: 4096, nanos: 850, stack },
        Action::Attach { bytes: 100, stack },
        Action::Put { bytes: 5000, stack },
        Action::Reset,
        Action::Age,
        Action::Detach { stack },
        Action::Touch { stack },
        Action::Leak { age_nanos: 30_000_000_000 },
        Action::Unleaked { age_nanos: 31_000_000_000 },
        Action::Wait { nanos: 1_000_000, timed_out: true, stack },
        Action::Contended { nanos: 777 },
        Action::Purge { aged: 3, dropped: 4 },
        Action::ChunkNew { bytes: 1 << 18 },
        Action::ChunkFree { bytes: 1 << 18 },
        Action::Fragmentation { permille: 351 },
        Action::Compact { released: 2, moved: 9, failed: 1 },
        Action::Quota { used: 80, limit: 100, refused: false },
        Action::AllocFailed { bytes: u64::MAX },
    ];
    actions.extend(Tier::ALL.iter().map(|&tier| Action::Get { tier, stack }));
    actions.extend(DropReason::ALL.iter().map(|&reason| Action::Drop { reason }));
    actions.extend(Misuse::ALL.iter().map(|&kind| Action::Misuse { kind, owner: PoolId(2), stack }));
    actions
}

/// A dump of one process with every kind of record, small enough to try every byte.
pub(crate) fn small_dump(pid: u32) -> Vec<u8> {
    let mut writer =
        Writer::new(Vec::new(), &Process { pid, program: "orders".into(), recorder: "test 0".into() }).unwrap();
    writer.clock(ClockPair { monotonic: Nanos(5), wall: WallNanos(1_700_000_000_000_000_000) }).unwrap();
    let [name, type_name, function, file, thread] =
        ["buffers", "Vec<u8>", "serve", "src/main.rs", "worker"].map(|text| writer.string(text));
    let frame = writer.frame(Frame { function, file, line: 41, column: 9 });
    let stack = writer.stack(&[frame, frame]);
    writer
        .pool(&PoolInfo { id: PoolId(1), name, type_name, shards: 2, has_reset: true, ..PoolInfo::default() })
        .unwrap();
    for id in [1, 2] {
        writer.thread(&ThreadInfo { id: ThreadId(id), name: thread }).unwrap();
    }
    let event = |(index, action): (usize, Action)| Event {
        // Goes back now and then, as the clocks of two processors may.
        time: Nanos(1_000_000 + index as u64 * 300 - (index as u64 % 5) * 400),
        pool: PoolId(1),
        object: ObjectId(index as u64 * 7 % 5),
        generation: Generation(index as u32 / 3),
        action,
    };
    let events = one_of_each_action().into_iter().enumerate().map(event).collect();
    writer.events(&EventBatch { thread: ThreadId(1), lost: 3, events }).unwrap();
    writer.events(&EventBatch { thread: ThreadId(2), lost: 0, events: vec![event((9, Action::Reset))] }).unwrap();
    let object = |id| LiveObject {
        object: ObjectId(id),
        generation: Generation(2),
        state: LiveState::Active,
        since: Nanos(900),
        bytes: 512,
        stack,
        thread: ThreadId(1),
    };
    let live = LiveSet { time: Nanos(2_000_000), pool: PoolId(1), total: 2, objects: vec![object(1), object(4)] };
    writer.live_set(&live).unwrap();
    let counts = Counter::ALL.iter().map(|&counter| (counter, 17)).collect();
    writer.counters(&Counters { time: Nanos(2_000_000), pool: PoolId(1), counts }).unwrap();
    writer.finish(&End { time: Nanos(2_100_000), lost: 3 }).unwrap()
}

/// Records in words, one each, and damage.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Said {
    pub sections: usize,
    pub records: Vec<String>,
    pub unknown: usize,
    pub damage: Vec<Damage>,
}

pub(crate) fn read(bytes: &[u8]) -> Result<Said, Refused> {
    let mut said = Said::default();
    for item in Reader::new(bytes)? {
        match item {
            Item::Section(_) => said.sections += 1,
            Item::Record(Record::Events(batch)) => {
                let events: Vec<_> = batch.events().collect();
                said.records.push(format!("{:?} lost {} of {}: {events:?}", batch.thread, batch.lost, batch.count));
            }
            Item::Record(record) => said.records.push(format!("{record:?}")),
            Item::Unknown { .. } => said.unknown += 1,
            Item::Damage(damage) => said.damage.push(damage),
        }
    }
    Ok(said)
}
