//! decode ∘ encode = identity, and a dump that is read and written again is the same bytes.

#![allow(clippy::unwrap_used, clippy::panic)] // A test that fails panics.

mod common;

use common::{one_of_each_action, read, small_dump};
use pool_dump::*;
use proptest::collection::vec;
use proptest::prelude::*;

fn any_action() -> impl Strategy<Value = Action> {
    let all = one_of_each_action();
    (0..all.len(), any::<(u64, u64, u64)>(), any::<u32>(), any::<bool>()).prop_map(
        move |(index, (a, b, c), id, flag)| {
            let stack = StackId(id);
            match all[index] {
                Action::New { .. } => Action::New { bytes: a, nanos: b, stack },
                Action::Attach { .. } => Action::Attach { bytes: a, stack },
                Action::Get { .. } => Action::Get { tier: tier(a), stack },
                Action::Put { .. } => Action::Put { bytes: a, stack },
                Action::Detach { .. } => Action::Detach { stack },
                Action::Touch { .. } => Action::Touch { stack },
                Action::Misuse { kind, .. } => Action::Misuse { kind, owner: PoolId(id), stack: StackId(a as u32) },
                Action::Leak { .. } => Action::Leak { age_nanos: a },
                Action::Unleaked { .. } => Action::Unleaked { age_nanos: a },
                Action::Wait { .. } => Action::Wait { nanos: a, timed_out: flag, stack },
                Action::Contended { .. } => Action::Contended { nanos: a },
                Action::Purge { .. } => Action::Purge { aged: a, dropped: b },
                Action::ChunkNew { .. } => Action::ChunkNew { bytes: a },
                Action::ChunkFree { .. } => Action::ChunkFree { bytes: a },
                Action::Fragmentation { .. } => Action::Fragmentation { permille: a },
                Action::Compact { .. } => Action::Compact { released: a, moved: b, failed: c },
                Action::Quota { .. } => Action::Quota { used: a, limit: b, refused: flag },
                Action::AllocFailed { .. } => Action::AllocFailed { bytes: a },
                plain @ (Action::Reset | Action::Age | Action::Drop { .. }) => plain,
            }
        },
    )
}

/// A tier with a name, or one of a newer minor.
fn tier(number: u64) -> Tier {
    let known = Tier::ALL.len() as u64;
    let index = usize::try_from(number % (known + 1)).unwrap();
    Tier::ALL.get(index).copied().unwrap_or(Tier::Other(number | 64))
}

prop_compose! {
    fn any_event()(time: u64, pool: u32, object: u64, generation: u32, action in any_action()) -> Event {
        let (pool, object) = (PoolId(pool), ObjectId(object));
        Event { time: Nanos(time), pool, object, generation: Generation(generation), action }
    }
}

prop_compose! {
    fn any_object()(object: u64, generation: u32, state in 0..4_usize, since: u64, bytes: u64, ids: (u32, u32)) -> LiveObject {
        let state = LiveState::ALL.get(state).copied().unwrap_or(LiveState::Other(99));
        let (object, generation, since) = (ObjectId(object), Generation(generation), Nanos(since));
        LiveObject { object, generation, state, since, bytes, stack: StackId(ids.0), thread: ThreadId(ids.1) }
    }
}

fn written(write: impl FnOnce(&mut Writer<Vec<u8>>)) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), &Process::default()).unwrap();
    write(&mut writer);
    writer.finish(&End { time: Nanos(0), lost: 0 }).unwrap()
}

fn records(bytes: &[u8]) -> Vec<Record<'_>> {
    let kept = |item| match item {
        Item::Record(record) => Some(record),
        Item::Section(_) => None,
        odd => panic!("{odd:?}"),
    };
    Reader::new(bytes).unwrap().filter_map(kept).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn events(thread: u32, lost: u64, events in vec(any_event(), 0..3_000)) {
        let batch = EventBatch { thread: ThreadId(thread), lost, events };
        let bytes = written(|writer| writer.events(&batch).unwrap());
        let mut got = EventBatch { thread: ThreadId(thread), lost: 0, events: Vec::new() };
        for record in records(&bytes) {
            if let Record::Events(part) = record {
                prop_assert_eq!(part.thread, got.thread);
                let before = got.events.len();
                got.lost += part.lost;
                got.events.extend(part.events().map(Result::unwrap));
                prop_assert_eq!(got.events.len() - before, part.count as usize);
            }
        }
        prop_assert_eq!(got, batch);
    }

    #[test]
    fn live_sets(time: u64, pool: u32, objects in vec(any_object(), 0..3_000)) {
        let set = LiveSet { time: Nanos(time), pool: PoolId(pool), total: objects.len() as u64, objects };
        let bytes = written(|writer| writer.live_set(&set).unwrap());
        let parts = records(&bytes).into_iter().filter_map(|record| match record {
            Record::LiveSet(part) => Some(part),
            _ => None,
        });
        let got: Vec<LiveObject> = parts.flat_map(|part| part.objects).collect();
        prop_assert_eq!(got, set.objects);
    }

    #[test]
    fn tables(
        texts in vec(".{0,40}", 0..20),
        places in vec(any::<(u32, u32)>(), 0..20),
        numbers: [u64; 8],
        ids: [u32; 4],
        flags: [bool; 2],
        wall: i64,
    ) {
        let mut expected = Vec::new();
        let pool = PoolInfo {
            id: PoolId(ids[0]), name: StringId(ids[1]), type_name: StringId(ids[2]), tenant: StringId(ids[3]),
            object_bytes: numbers[0], capacity_min: numbers[1], capacity_max: numbers[2],
            capacity_per_shard: numbers[3], shards: ids[0], retain_bytes: numbers[4],
            purge_interval_nanos: numbers[5], leak_threshold_nanos: numbers[6], leak_every: ids[1],
            record_every: ids[2], has_reset: flags[0], is_bytes: flags[1],
        };
        let clock = ClockPair { monotonic: Nanos(numbers[7]), wall: WallNanos(wall) };
        let bytes = written(|writer| {
            writer.pool(&pool).unwrap();
            writer.clock(clock).unwrap();
            for text in &texts {
                let id = writer.string(text);
                assert_eq!(writer.string(text), id, "interned");
                if !text.is_empty() {
                    expected.push(format!("{:?}", Record::Text(id, text.as_str().into())));
                }
            }
            let mut frames = Vec::new();
            for &(line, column) in &places {
                let frame = Frame { function: StringId(1), file: StringId(2), line, column };
                frames.push(writer.frame(frame));
                expected.push(format!("{:?}", Record::Frame(*frames.last().unwrap(), frame)));
                let stack = writer.stack(&frames);
                expected.push(format!("{:?}", Record::Stack(stack, frames.clone())));
            }
        });
        let mut got: Vec<String> = records(&bytes).iter().map(|record| format!("{record:?}")).collect();
        for single in [Record::Pool(pool), Record::Clock(clock)].map(|record| format!("{record:?}")) {
            prop_assert!(got.contains(&single), "{}", single);
        }
        got.retain(|record| ["Text(", "Frame(", "Stack("].iter().any(|kind| record.starts_with(kind)));
        expected.sort();
        expected.dedup();
        got.sort();
        prop_assert_eq!(got, expected);
    }
}

#[test]
fn read_and_written_again_it_says_the_same() {
    let bytes = small_dump(7);
    let again = rewritten(&bytes);
    assert_eq!(read(&again), read(&bytes));
    assert_eq!(rewritten(&again), again);
}

fn rewritten(bytes: &[u8]) -> Vec<u8> {
    let all = records(bytes);
    let Some((Record::Process(process), rest)) = all.split_first() else { panic!("{all:?}") };
    let mut writer = Writer::new(Vec::new(), process).unwrap();
    for record in rest {
        writer.record(record).unwrap();
    }
    writer.into_inner().unwrap()
}

#[test]
fn nothing_of_the_small_dump_is_lost() {
    let said = read(&small_dump(7)).unwrap();
    assert_eq!((said.sections, said.unknown, said.damage.as_slice()), (1, 0, [].as_slice()));
    for kind in ["Process(", "Clock(", "Text(", "Frame(", "Stack(", "Pool(", "Thread(", "LiveSet(", "Counters(", "End("]
    {
        assert!(said.records.iter().any(|record| record.starts_with(kind)), "{kind}");
    }
    for action in one_of_each_action() {
        assert!(said.records.iter().any(|record| record.contains(&format!("{action:?}"))), "{action:?}");
    }
}
