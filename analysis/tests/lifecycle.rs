//! Replay of small records of pools: what each object did, what is missing, what was broken.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod pool_writer;

use analysis::lifecycle::{State, Step, Window, occupancy, steps_in};
use analysis::model::pool::{DropReason as Reason, Misuse as Breach, Tier as Where};
use pool_dump::*;
use pool_writer::{Record, opened};

/// One object: made, used twice by two threads, aged, got from the victims, dropped.
fn one_life() -> Record {
    let mut record = Record::new();
    record.thread(1);
    record.at(100).made(1, 512).get(1, 1, Tier::New).at(200).put(1, 1, 600).at(210).reset(1, 1);
    record.thread(2);
    record.at(300).get(1, 2, Tier::Stolen).at(450).put(1, 2, 700).at(460).reset(1, 2);
    record.at(500).age(1, 2).at(600).get(1, 3, Tier::Victim).at(650).put(1, 3, 700).at(660).reset(1, 3);
    record.at(700).age(1, 3).at(800).drop(1, 3, DropReason::Purged);
    record
}

#[test]
fn one_life_is_told_whole() {
    let session = opened(&one_life().end(1_000));
    let lives = session.lives();
    let pool = &lives.pools[0];
    let steps = |from, to| pool.count(from, to);
    use State as S;
    assert_eq!(steps(S::Outside, S::Active), 1);
    assert_eq!((steps(S::Active, S::Returned), steps(S::Returned, S::Idle)), (3, 3));
    assert_eq!((steps(S::Idle, S::Active), steps(S::Victim, S::Active)), (1, 1));
    assert_eq!((steps(S::Idle, S::Victim), steps(S::Victim, S::Collected)), (2, 1));
    assert_eq!((pool.gets(), pool.gets_of(Where::Stolen), pool.gets_of(Where::Victim)), (3, 1, 1));
    assert_eq!((pool.puts, pool.dropped(Reason::Purged), pool.gaps, pool.unexplained), (3, 1, 0, 0));
    assert!(lives.violations.is_empty() && pool.is_conserved() && pool.is_sure());
    assert_eq!((pool.balance.came(), pool.balance.purged, pool.balance.unaccounted()), (1, 1, 0));
    let life = &lives.lives[0];
    assert_eq!((life.state, life.uses, life.generation, life.bytes), (S::Collected, 3, 3, 700));
    let active = pool.dwell_in(S::Active).unwrap();
    assert_eq!((active.ended(), active.censored(), active.quantile(0.5)), (3, 0, Some(100)));
    assert_eq!(pool.dwell_in(S::Idle).unwrap().ended(), 3);
    // Not one hand-out went from thread to thread: who took it gave it back.
    assert!(pool.handovers.iter().all(|handover| handover.across_threads == 0));
}

#[test]
fn windows_add_up_to_the_whole() {
    let session = opened(&one_life().end(1_000));
    let lives = session.lives();
    let pool = &lives.pools[0];
    let whole = Window { from: 0, to: 900 };
    assert_eq!(steps_in(lives, pool, whole), pool.steps);
    // The first event is at 0: 100 on the recorder's clock.
    let put = Step::new(State::Active, State::Returned);
    assert_eq!(
        steps_in(lives, pool, Window { from: 100, to: 349 }),
        [(put, 1), (Step::new(State::Returned, State::Idle), 1), (Step::new(State::Idle, State::Active), 1)]
    );
    let columns = occupancy(lives, pool, whole, 9).columns;
    let active: Vec<u64> = columns.iter().map(|column| column[State::Active.index()]).collect();
    // As of the end of each column: the first put falls on an edge, the second within one.
    assert_eq!(active, [1, 0, 1, 0, 0, 0, 0, 0, 0]);
    let last = columns.last().unwrap();
    assert_eq!((last[State::Collected.index()], last[State::Outside.index()]), (1, 0));
    // A window's columns are those of the whole: nothing before it is forgotten.
    let later = occupancy(lives, pool, Window { from: 200, to: 300 }, 1).columns;
    assert_eq!(later[0][State::Active.index()], 1);
}

#[test]
fn the_order_of_threads_in_the_file_does_not_matter() {
    let record = one_life();
    let (forth, back) = (opened(&record.end(1_000)), opened(&record.reversed().end(1_000)));
    assert_eq!(forth.lives().rows.times, back.lives().rows.times);
    assert_eq!(forth.lives().rows.steps, back.lives().rows.steps);
    assert_eq!(forth.lives().pools[0].steps, back.lives().pools[0].steps);
}

#[test]
fn hand_outs_order_events_where_clocks_disagree() {
    let mut record = Record::new();
    record.thread(1);
    record.at(100).made(1, 8).get(1, 1, Tier::New).at(200).put(1, 1, 8).reset(1, 1);
    // This thread's clock is 150 ns behind.
    record.thread(2);
    record.at(90).get(1, 2, Tier::Stolen).at(130).put(1, 2, 8).reset(1, 2);
    let session = opened(&record.end(400));
    let pool = &session.lives().pools[0];
    assert!(session.lives().violations.is_empty());
    assert_eq!((pool.gaps, pool.count(State::Idle, State::Active), pool.balance.idle), (0, 1, 1));
}

#[test]
fn breaches_are_told_with_their_event() {
    let mut record = Record::new();
    record.thread(1);
    record.at(100).made(1, 8).get(1, 1, Tier::New).at(200).put(1, 1, 8);
    // Out again while the reset has not run; then to a second holder; then given back twice; then touched.
    record.at(250).get(1, 2, Tier::Private).at(300).get(1, 3, Tier::Private);
    record.at(350).put(1, 3, 8).reset(1, 3).at(400).put(1, 3, 8).at(450).touch(1, 3);
    let session = opened(&record.end(500));
    let kinds: Vec<Breach> = session.lives().violations.iter().map(|violation| violation.kind).collect();
    assert_eq!(kinds, [Breach::DirtyReuse, Breach::SecondHolder, Breach::DoublePut, Breach::UseAfterPut]);
    let first = session.lives().violations[0];
    assert_eq!((first.time, first.generation, first.was_refused), (150, 2, false));
    assert_eq!(session.lives().lives[0].violations, 4);
    assert_eq!(session.function(first.stack), "get_site");
}

#[test]
fn what_the_pool_refused_is_told_once() {
    let mut record = Record::new();
    record.thread(1);
    record.at(100).made(1, 8).get(1, 1, Tier::New).at(200).put(1, 1, 8).at(250).get(1, 2, Tier::Private);
    record.misuse(1, 2, Misuse::DirtyReuse).misuse(1, 1, Misuse::StaleGeneration).misuse(0, 0, Misuse::ForeignPut);
    let session = opened(&record.end(500));
    let kinds: Vec<(Breach, bool)> = session.lives().violations.iter().map(|v| (v.kind, v.was_refused)).collect();
    assert_eq!(kinds, [(Breach::DirtyReuse, false), (Breach::StaleGeneration, true), (Breach::ForeignPut, true)]);
}

#[test]
fn lost_events_are_gaps_and_no_breaches() {
    let mut record = one_life();
    record.lose(17);
    record.at(810).made(2, 8).get(2, 1, Tier::New).at(820).get(2, 2, Tier::Private);
    let session = opened(&record.end(1_000));
    let pool = &session.lives().pools[0];
    assert!(session.lives().violations.is_empty());
    assert_eq!((pool.gaps, pool.certainty.lost_events, pool.is_sure()), (1, 17, false));
    assert!(session.warnings().contains("lost 17 events"), "{}", session.warnings());
}

#[test]
fn an_object_from_nowhere_breaks_the_balance() {
    let mut record = Record::new();
    record.thread(1);
    record.at(100).get(7, 4, Tier::Private).at(150).put(7, 4, 8).reset(7, 4);
    let session = opened(&record.end(500));
    let pool = &session.lives().pools[0];
    assert_eq!((pool.unexplained, pool.balance.unaccounted(), pool.is_conserved()), (1, -1, false));
}

#[test]
fn a_live_set_tells_where_objects_came_from() {
    let mut record = Record::new();
    record.live(50, &[(7, 3, LiveState::Idle, 0), (8, 2, LiveState::Active, 20)]);
    record.thread(1);
    record.at(100).get(7, 4, Tier::Private).at(150).put(7, 4, 8).reset(7, 4);
    let session = opened(&record.end(500));
    let pool = &session.lives().pools[0];
    assert_eq!((pool.balance.found, pool.balance.idle, pool.balance.active), (2, 1, 1));
    assert!(pool.is_conserved());
    // Out since 20, and the record ends at 500.
    assert_eq!(pool.sites[0].oldest_nanos, 480);
    assert_eq!(pool.dwell_in(State::Active).unwrap().censored(), 1);
    // How long the other had been idle is not known, so it is no length.
    assert_eq!(pool.dwell_in(State::Idle).unwrap().ended(), 0);
}

#[test]
fn sampled_pools_are_counted_by_themselves() {
    let mut record = Record::new();
    record.every(100);
    record.thread(1);
    record.at(100).made(1, 8).at(150).made(2, 8);
    record.at(200).get(1, 57, Tier::Private).at(260).put(1, 57, 8).reset(1, 57).at(400).age(1, 80);
    record.counters(450, &[(Counter::News, 2), (Counter::Active, 1), (Counter::Idle, 1), (Counter::Gets, 190)]);
    let session = opened(&record.end(500));
    let pool = &session.lives().pools[0];
    assert!(session.lives().violations.is_empty() && pool.is_conserved() && pool.is_sure());
    assert_eq!((pool.best_balance().active, pool.best_balance().idle), (1, 1));
    assert_eq!(pool.dwell_in(State::Active).unwrap().quantile(0.5), Some(60));
}

#[test]
fn a_snapshot_is_an_ordinary_profile() {
    let mut record = Record::new();
    record.thread(1);
    record.at(100).made(1, 512).get(1, 1, Tier::New).at(300).put(1, 1, 600).reset(1, 1);
    record.at(350).made(2, 100).get(2, 1, Tier::New);
    let mut session = opened(&record.end(500));
    let rows = |session: &mut pool_writer::Opened, time| {
        let id = session.session.pools_at(session.id, time).unwrap();
        assert_eq!(session.session.pools_at(session.id, time), Some(id));
        let profile = session.session.profile(id).unwrap();
        let value = |row: usize| profile.values.iter().map(|column| column[row]).collect::<Vec<_>>();
        let mut rows: Vec<_> =
            (0..profile.len()).map(|row| (session.function(profile.stacks[row]), value(row))).collect();
        rows.sort();
        rows
    };
    assert_eq!(rows(&mut session, 50), [("get_site".to_owned(), vec![1, 512, 1, 512])]);
    assert_eq!(
        rows(&mut session, 400),
        [("(idle in the pool)".to_owned(), vec![0, 0, 1, 600]), ("get_site".to_owned(), vec![2, 612, 1, 100])]
    );
    let id = session.id;
    session.session.close(id);
    assert!(session.session.sources.is_empty(), "what was made of a file goes with it");
}

mod asked {
    use super::*;
    use analysis::query::{
        Answer, Engine, LifeQuery, ObjectSort, ObjectsQuery, PoolKey, Query, SortKey, StatesQuery, TableQuery,
    };

    fn engine(bytes: &[u8]) -> (Engine, PoolKey) {
        let mut engine = Engine::default();
        let source =
            engine.session_mut().open("pool.pooltrace", bytes, &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
        (engine, PoolKey { source, pool: 0 })
    }

    #[test]
    fn the_graph_is_answered_for_any_window() {
        let (mut engine, key) = engine(&one_life().end(1_000));
        let mut ask = |window| match engine.answer(&Query::States(StatesQuery { key, window, columns: 9 })) {
            Ok(Answer::States(Some(states))) => states,
            other => panic!("{other:?}"),
        };
        let whole = ask(None);
        assert_eq!((whole.pool.as_str(), whole.type_name.as_str(), whole.span), ("buffers", "Vec<u8>", (0, 900)));
        let objects = |states: &analysis::query::StatesAnswer, state| {
            states.nodes.iter().find(|node| node.state == state).unwrap().objects
        };
        assert_eq!((objects(&whole, State::Outside), objects(&whole, State::Collected)), (Some(1), Some(1)));
        let put = whole.edges.iter().find(|edge| edge.name == "put").unwrap();
        assert_eq!((put.count, put.median_nanos, put.is_violation), (3, Some(100), false));
        assert_eq!((whole.balance.unaccounted, whole.doubts.len()), (0, 0));
        let early = ask(Some((0, 50)));
        assert_eq!((objects(&early, State::Active), objects(&early, State::Collected)), (Some(1), Some(0)));
        // The usual edges are there, with nothing on them.
        assert_eq!(early.edges.iter().find(|edge| edge.name == "second purge").unwrap().count, 0);
        assert!(whole.bands.iter().all(|band| band.counts.len() == 9));
    }

    /// Of two hundred gets the record has none: what is out, the pool itself must have counted.
    #[test]
    fn what_a_sample_does_not_show_is_not_none() {
        let mut record = Record::new();
        record.every(128);
        record.thread(1);
        record.at(100).made(1, 8).at(150).made(2, 8).at(160).made(3, 8);
        let ask = |record: &Record| {
            let (mut engine, key) = engine(&record.end(500));
            let states = engine.answer(&Query::States(StatesQuery { key, window: None, columns: 4 }));
            let (Ok(Answer::States(Some(states))), Ok(Answer::Pools(pools))) = (states, engine.answer(&Query::Pools))
            else {
                panic!("no such pool")
            };
            let objects = |state| states.nodes.iter().find(|node| node.state == state).unwrap().objects;
            let nodes = (objects(State::Active), objects(State::Idle), objects(State::Returned));
            let row = &pools.pools[0];
            assert_eq!(row.retained_bytes, None);
            (nodes, (row.active, row.idle), states.bands, row.doubts.join(" "))
        };
        let (nodes, row, _, doubts) = ask(&record);
        assert_eq!((nodes, row), ((None, None, None), (None, None)));
        assert!(doubts.contains("how many objects are out or idle is not known"), "{doubts}");
        record.counters(450, &[(Counter::News, 3), (Counter::Active, 2), (Counter::Idle, 1), (Counter::Gets, 200)]);
        let (nodes, row, bands, doubts) = ask(&record);
        assert_eq!((nodes, row), ((Some(2), Some(1), None), (Some(2), Some(1))));
        let active = bands.iter().find(|band| band.state == State::Active).unwrap();
        assert_eq!((active.counts.as_slice(), doubts.as_str()), ([2; 4].as_slice(), ""));
    }

    #[test]
    fn a_window_is_obeyed_by_counts_courses_times_and_objects() {
        let mut record = one_life();
        record.at(810).made(2, 64).get(2, 1, Tier::New).at(850).get(2, 2, Tier::Private);
        let (mut engine, key) = engine(&record.end(1_000));
        let mut states = |window| match engine.answer(&Query::States(StatesQuery { key, window, columns: 10 })) {
            Ok(Answer::States(Some(states))) => states,
            other => panic!("{other:?}"),
        };
        let whole = states(None);
        for edge in &whole.edges {
            assert_eq!(edge.course.last(), Some(&edge.count), "{}", edge.name);
            assert!(edge.course.is_sorted(), "{}", edge.name);
        }
        let second = whole.violations.iter().find(|kind| kind.name == "two holders at once").unwrap();
        assert_eq!((second.from, second.to), (State::Active, State::Active));
        assert_eq!(whole.breaches, [(750, 1)]);
        // Cut while the second object is out: its stay is censored there, and nothing before is counted.
        let late = states(Some((705, 740)));
        let active = late.dwell.iter().find(|dwell| dwell.state == State::Active).unwrap();
        assert_eq!((active.ended, active.censored, active.histogram.len()), (0, 1, 1));
        assert!(late.violations.is_empty() && late.breaches.is_empty());
        let mut numbers = |state, took, window| {
            let query = ObjectsQuery { key, state, took, window, limit: 9, ..ObjectsQuery::default() };
            match engine.answer(&Query::Objects(query)) {
                Ok(Answer::Objects(Some(page))) => page.rows.iter().map(|row| row.number).collect::<Vec<_>>(),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(numbers(Some(State::Active), None, None), [2]);
        // As of the window's end, not of the record's.
        assert_eq!(numbers(Some(State::Active), None, Some((0, 50))), [1]);
        assert_eq!(numbers(None, None, Some((0, 50))), [1]);
        let purged = Some((State::Victim, State::Collected));
        assert_eq!(numbers(None, purged, None), [1]);
        assert!(numbers(None, purged, Some((0, 50))).is_empty());
        assert_eq!(numbers(None, Some((State::Active, State::Active)), None), [2]);
    }

    #[test]
    fn objects_and_their_lives_are_answered_by_page() {
        let mut record = one_life();
        record.at(810).made(2, 64).get(2, 1, Tier::New).at(850).get(2, 2, Tier::Private);
        let (mut engine, key) = engine(&record.end(1_000));
        let query = ObjectsQuery { key, sort: ObjectSort::Suspicion, limit: 1, columns: 4, ..ObjectsQuery::default() };
        let page = match engine.answer(&Query::Objects(query)) {
            Ok(Answer::Objects(Some(page))) => page,
            other => panic!("{other:?}"),
        };
        assert_eq!((page.total, page.rows.len()), (2, 1));
        let row = &page.rows[0];
        assert_eq!((row.number, row.state, row.note.as_str()), (2, State::Active, "two holders at once"));
        assert_eq!(row.last_at, "get_site:41");
        assert_eq!((row.line[0].state, row.line.last().unwrap().to), (State::Active, 900));
        let life = match engine.answer(&Query::Life(LifeQuery { key, number: row.number, offset: 0, limit: 10 })) {
            Ok(Answer::Life(Some(life))) => life,
            other => panic!("{other:?}"),
        };
        let said: Vec<_> = life.events.iter().map(|event| (event.what.as_str(), event.violation.as_str())).collect();
        assert_eq!(said, [("New", ""), ("Get (made)", ""), ("second holder (private slot)", "two holders at once")]);
        assert_eq!((life.events[1].stays_nanos, life.events[2].stays_nanos), (Some(40), Some(150)));
    }

    #[test]
    fn two_moments_are_compared_in_the_heap_table() {
        let mut record = Record::new();
        record.thread(1);
        record.at(100).made(1, 512).get(1, 1, Tier::New).at(300).put(1, 1, 600).reset(1, 1);
        record.at(350).made(2, 100).get(2, 1, Tier::New).at(360).made(3, 100).get(3, 1, Tier::New);
        let (mut engine, key) = engine(&record.end(500));
        let mut at = |time| match engine.answer(&Query::PoolsAt { source: key.source, time }) {
            Ok(Answer::PoolsAt(Some(id))) => id,
            other => panic!("{other:?}"),
        };
        let (before, after) = (at(50), at(400));
        let lens = analysis::lens::Lens {
            sample_type: Some("inuse_space".to_owned()),
            current: Some(after),
            base: analysis::lens::Base::DiffBase(before),
            ..Default::default()
        };
        let query = TableQuery { lens, sort: SortKey::Name, ascending: true, limit: 10, ..TableQuery::default() };
        let table = match engine.answer(&Query::Table(query)) {
            Ok(Answer::Table(table)) => table,
            other => panic!("{other:?}"),
        };
        let rows: Vec<_> = table.rows.iter().map(|row| (row.name.as_str(), row.flat, row.delta.unwrap())).collect();
        assert_eq!(rows, [("(idle in the pool)", 600, 600), ("get_site", 200, -312)]);
        let files = match engine.answer(&Query::Files) {
            Ok(Answer::Files(files)) => files.files,
            other => panic!("{other:?}"),
        };
        assert_eq!((files.len(), files[0].badge.as_str()), (1, "PT"));
    }

    #[test]
    fn pools_are_counted_by_themselves_where_they_did() {
        let mut record = one_life();
        record.counters(900, &[(Counter::Gets, 12), (Counter::HitsPrivate, 9), (Counter::News, 1)]);
        let (mut engine, _) = engine(&record.end(1_000));
        let pools = match engine.answer(&Query::Pools) {
            Ok(Answer::Pools(pools)) => pools.pools,
            other => panic!("{other:?}"),
        };
        assert_eq!((pools[0].gets, pools[0].hits_private, pools[0].hits_stolen), (Some(12), Some(9), Some(1)));
        assert_eq!((pools[0].pid, pools[0].is_counted, pools[0].purged), (7, true, 1));
    }
}
