//! Records of pools that are cut, flipped, newer, lossy, or several in one file: said in words, nothing loaded lost.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod pool_writer;

use std::ops::ControlFlow;

use analysis::findings::{Thresholds, diagnose};
use analysis::lifecycle::{Lifecycle, State};
use analysis::query::{Answer, Engine, ObjectsQuery, PoolKey, Query, StatesQuery};
use analysis::session::{Content, Session};
use pool_dump::*;
use pool_writer::{Record, opened};

/// Events of [`small`] that are of objects.
const EVENTS: usize = 12;

/// A small record with something of everything.
fn small() -> Vec<u8> {
    let mut record = Record::new();
    record.live(40, &[(9, 3, LiveState::Idle, 0), (8, 2, LiveState::Active, 20)]);
    record.thread(1);
    record.at(100).made(1, 512).get(1, 1, Tier::New).at(200).put(1, 1, 600).reset(1, 1);
    record.misuse(1, 1, Misuse::DoublePut);
    record.thread(2);
    record.at(300).get(1, 2, Tier::Stolen).touch(1, 2).at(450).put(1, 2, 700).reset(1, 2);
    record.at(500).age(1, 2).at(600).drop(1, 2, DropReason::Purged);
    record.counters(700, &[(Counter::News, 3), (Counter::Active, 1), (Counter::Idle, 1), (Counter::DroppedPurged, 1)]);
    record.end(1_000)
}

/// Opens bytes beside a record that was loaded before, which must stay as it was, and asks everything there is to ask.
/// Gives what was kept, and the words.
fn asked<T>(bytes: &[u8], look: impl FnOnce(Option<&Lifecycle>, &str) -> T) -> T {
    let mut engine = Engine::default();
    let go_on = &mut |_| ControlFlow::Continue(());
    let before = engine.session_mut().open("before.pooltrace", small(), go_on).unwrap();
    let source = engine.session_mut().open("bad.pooltrace", bytes, go_on).unwrap();
    assert_eq!(engine.session().pools(before).unwrap().rows.len(), EVENTS);
    let pools = engine.session().pools(source).map_or(0, |lifecycle| lifecycle.pools.len());
    for pool in 0..pools as u32 {
        let key = PoolKey { source, pool };
        for query in [
            Query::States(StatesQuery { key, window: None, columns: 7 }),
            Query::States(StatesQuery { key, window: Some((i64::MAX, i64::MIN)), columns: 9 }),
            Query::Objects(ObjectsQuery { key, limit: 100, columns: 3, ..ObjectsQuery::default() }),
        ] {
            let answer = engine.answer(&query).unwrap();
            assert!(!matches!(answer, Answer::States(None) | Answer::Objects(None)));
        }
    }
    engine.answer(&Query::PoolsAt { source, time: 250 }).unwrap();
    let session = engine.session();
    diagnose(session, &Thresholds::default());
    let words = match &session.source(source).unwrap().content {
        Content::Pools { warnings, .. } => warnings.join(" "),
        Content::Refused { words } => words.clone(),
        Content::Profile { .. } | Content::Records { .. } => panic!("no record of pools"),
    };
    look(session.pools(source), &words)
}

#[test]
fn a_record_cut_at_any_byte_keeps_what_came_before() {
    let whole = small();
    let mut most = 0;
    for length in 1..whole.len() {
        asked(&whole[..length], |kept, words| {
            assert!(words.len() > 20, "cut at {length}: {words}");
            let Some(kept) = kept else { return };
            // More bytes never give fewer events; what is missing is never taken for a breach.
            assert!(kept.rows.len() >= most, "cut at {length}");
            most = kept.rows.len();
            assert!(kept.violations.iter().all(|violation| violation.was_refused), "cut at {length}");
            assert!(kept.pools.iter().all(|pool| !pool.is_sure()), "cut at {length}");
        });
    }
    assert_eq!(most, EVENTS);
}

#[test]
fn a_record_with_any_byte_flipped_is_read_around_it() {
    let whole = small();
    for at in 0..whole.len() {
        for flip in [0x01, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] ^= flip;
            asked(&bytes, |kept, words| {
                assert!(words.len() > 20, "byte {at}: {words}");
                let Some(kept) = kept else { return };
                assert!(kept.violations.iter().all(|violation| violation.was_refused), "byte {at}");
                assert!(kept.rows.len() <= EVENTS && kept.lives.len() <= 3, "byte {at}");
            });
        }
    }
}

/// The file's header, with another version.
fn with_version(bytes: &[u8], major: u16, minor: u16) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[8..10].copy_from_slice(&major.to_le_bytes());
    bytes[10..12].copy_from_slice(&minor.to_le_bytes());
    let crc = crc32fast::hash(&bytes[..12]);
    bytes[12..16].copy_from_slice(&crc.to_le_bytes());
    bytes
}

#[test]
fn a_newer_minor_is_read_and_a_newer_major_is_refused_naming_both() {
    let Version { major, minor } = Version::CURRENT;
    let newer = with_version(&small(), major, minor + 7);
    asked(&newer, |kept, words| {
        assert_eq!((kept.unwrap().rows.len(), words), (EVENTS, ""));
        assert_eq!(kept.unwrap().history.processes[0].version, format!("{major}.{}", minor + 7));
    });
    // A chunk of a kind that is not known yet, at the end of the process's own.
    let mut bytes = newer[..16].to_vec();
    let rest = &newer[16..];
    let first = 28 + u32::from_le_bytes(rest[4..8].try_into().unwrap()) as usize;
    bytes.extend(&rest[..first]);
    let mut chunk = vec![0xF5, b'P', b'C', major as u8];
    for number in [3, 1, 4_000, 5, crc32fast::hash(b"abc")] {
        chunk.extend(u32::to_le_bytes(number));
    }
    chunk.extend(crc32fast::hash(&chunk).to_le_bytes());
    bytes.extend(chunk);
    bytes.extend(b"abc");
    bytes.extend(&rest[first..]);
    asked(&bytes, |kept, words| {
        assert_eq!(kept.unwrap().rows.len(), EVENTS);
        assert!(words.contains("newer version"), "{words}");
    });
    asked(&with_version(&small(), major + 1, 0), |kept, words| {
        assert!(kept.is_none());
        assert!(
            words.contains(&format!("{}.0", major + 1)) && words.contains(&Version::CURRENT.to_string()),
            "{words}"
        );
    });
}

#[test]
fn clocks_that_go_back_are_told_and_cost_nothing() {
    let mut record = Record::new();
    record.thread(1);
    record.at(5_000).made(1, 8).get(1, 1, Tier::New).at(4_000).put(1, 1, 8).at(4_100).reset(1, 1);
    record.at(6_000).get(1, 2, Tier::Private).at(6_500).put(1, 2, 8).at(100).reset(1, 2);
    asked(&record.end(7_000), |kept, words| {
        let pool = &kept.unwrap().pools[0];
        assert!(words.contains("went back 2 times, by 6400 ns"), "{words}");
        assert!(kept.unwrap().violations.is_empty());
        assert_eq!((pool.gaps, pool.count(State::Active, State::Returned), pool.balance.idle), (0, 2, 1));
        // A length of time is never below nothing.
        assert_eq!(pool.dwell_in(State::Active).unwrap().quantile(0.5), Some(0));
    });
}

#[test]
fn two_processes_in_one_file_stay_apart() {
    let both = [small(), small()].concat();
    let session = opened(&both);
    let lives = session.lives();
    assert_eq!((lives.history.processes.len(), lives.pools.len(), lives.lives.len()), (2, 2, 6));
    let one = opened(&small());
    for pool in &lives.pools {
        assert_eq!((&pool.steps, pool.balance), (&one.lives().pools[0].steps, one.lives().pools[0].balance));
        assert!(pool.is_sure());
    }
    // The second is cut: the first does not suffer.
    asked(&both[..both.len() - 40], |kept, words| {
        let pools = &kept.unwrap().pools;
        assert_eq!((pools[0].is_sure(), pools[1].is_sure()), (true, false));
        assert!(!words.is_empty());
    });
    // The first is cut in the middle: the second is found.
    let half = [&small()[..small().len() / 2], &small()].concat();
    asked(&half, |kept, _| {
        let lives = kept.unwrap();
        assert_eq!((lives.history.processes.len(), lives.pools.last().unwrap().is_sure()), (2, true));
    });
}

#[test]
fn numbers_beyond_all_reason_are_taken() {
    let mut record = Record::new();
    record.thread(u32::MAX);
    record.at(u64::MAX).made(u64::MAX, u64::MAX).get(u64::MAX, u32::MAX, Tier::New);
    record.at(0).put(u64::MAX, u32::MAX, u64::MAX).drop(u64::MAX, 0, DropReason::Other(77));
    record.live(u64::MAX, &[(1 << 40, u32::MAX, LiveState::Active, u64::MAX), (5, 0, LiveState::Other(9), 1)]);
    record.counters(u64::MAX, &[(Counter::Active, u64::MAX), (Counter::News, u64::MAX), (Counter::Idle, u64::MAX)]);
    asked(&record.end(u64::MAX), |kept, _| assert_eq!(kept.unwrap().pools.len(), 1));
    let (mut engine, bytes) = (Engine::default(), record.end(u64::MAX));
    let source = engine.session_mut().open("x", bytes, &mut |_| ControlFlow::Continue(())).unwrap();
    let query = StatesQuery { key: PoolKey { source, pool: 0 }, window: None, columns: u32::MAX };
    assert!(matches!(engine.answer(&Query::States(query)), Ok(Answer::States(Some(_)))));
}

#[test]
fn a_hostile_file_does_not_make_memory_out_of_nothing() {
    // Every event of another pool, thread and object.
    let mut writer = Writer::new(Vec::new(), &Process::default()).unwrap();
    for number in 1..=100_000_u32 {
        let event = Event {
            time: Nanos(u64::from(number)),
            pool: PoolId(number),
            object: ObjectId(u64::from(number) << 32),
            generation: Generation(1),
            action: Action::Get { tier: Tier::Private, stack: StackId(number) },
        };
        writer.events(&EventBatch { thread: ThreadId(number), lost: 0, events: vec![event] }).unwrap();
    }
    let bytes = writer.into_inner().unwrap();
    let session = opened(&bytes);
    let lives = session.lives();
    assert_eq!((lives.pools.len(), lives.lives.len(), lives.history.threads.len()), (1 << 16, 100_000, 1 << 16));
    assert!(session.warnings().contains("not in the file"), "{}", session.warnings());
}

#[test]
fn the_fixture_of_every_version_is_read() {
    let folder = format!("{}/../fixtures/pool/format", env!("CARGO_MANIFEST_DIR"));
    let mut read = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "pooltrace") {
            let mut session = Session::default();
            let id = session.open("x", std::fs::read(&path).unwrap(), &mut |_| ControlFlow::Continue(())).unwrap();
            assert!(session.pools(id).is_some_and(|lives| !lives.rows.is_empty()), "{}", path.display());
            read += 1;
        }
    }
    assert!(read > 0);
}
