//! Lives of a Go program's objects: from what contrib/go/poolscope says in a trace, and from Go's allocation events.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::HashMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use analysis::formats::go_trace;
use analysis::handed::Handed;
use analysis::lifecycle::{Lifecycle, State, TraceWalk, from_trace, replay, site};
use analysis::model::Symbols;
use analysis::model::pool::{History, Mark, Tier};
use analysis::model::trace::{AllocFreeType, EventType, Trace};
use analysis::query::pool_row;
use analysis::session::Session;
use analysis::trace_digest::trace_digest;
use serde_json::Value;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures").join(name)
}

fn trace(file: &Path) -> (Trace, Symbols) {
    let mut symbols = Symbols::default();
    let read = go_trace::read(&fs::read(file).unwrap(), &mut symbols, &mut |_| ControlFlow::Continue(()));
    (read.unwrap().0, symbols)
}

fn annotated(version: &str) -> (Lifecycle, Symbols, Value, Trace) {
    let folder = folder("go_pool").join(version);
    let (trace, mut symbols) = trace(&folder.join("trace.out"));
    let history = from_trace(&trace, &mut symbols).unwrap();
    let truth = serde_json::from_slice(&fs::read(folder.join("truth.json")).unwrap()).unwrap();
    (replay(history), symbols, truth, trace)
}

#[test]
fn annotated_pools_are_counted_as_the_program_did() {
    for version in ["go1.22.10", "go1.27.3"] {
        let (lives, symbols, truth, trace) = annotated(version);
        assert_eq!(lives.pools.len(), 2, "{version}");
        for pool in &lives.pools {
            let name = symbols.strings.get(lives.history.pool(pool.pool).unwrap().name);
            let counted = |key: &str| truth[key][name].as_u64().unwrap();
            assert_eq!((pool.gets(), pool.gets_of(Tier::New)), (counted("gets"), counted("news")), "{version} {name}");
            assert_eq!((pool.puts, pool.balance.new), (counted("puts"), counted("news")), "{version} {name}");
            // Each New is timed by its region.
            let making = lives.history.pool(pool.pool).unwrap().making;
            assert_eq!(making.count, counted("news"), "{version} {name}");
            assert!(making.max_nanos > 0 && making.nanos < 1_000_000 * making.count, "{version} {name}: {making:?}");
            assert!(making.bytes / making.count >= 256 && making.bytes / making.count < 1_100, "{name}: {making:?}");
            assert_eq!((pool.gaps, pool.unexplained, pool.violations), (0, 0, 0), "{version} {name}");
            assert!(pool.is_conserved() && pool.is_sure(), "{version} {name}: {:?}", pool.balance);
            // What was got and not put is out or has died.
            let gone = pool.balance.active + pool.count(State::Active, State::Abandoned);
            assert_eq!(gone, counted("gets") - counted("puts"), "{version} {name}");
            let cycles = trace.events.iter().filter(|event| event.event_type == EventType::GcBegin).count();
            let purges = lives.history.marks.iter().filter(|mark| mark.pool == pool.pool);
            assert!(purges.filter(|mark| matches!(mark.what, Mark::Purge { .. })).count() <= cycles);
        }
        // The wrapper's own frames are gone.
        let gets = lives.rows.facts.iter().filter(|fact| fact.kind == analysis::model::pool::EventKind::Get);
        for fact in gets {
            let at = site(&symbols, fact.stack);
            assert!(at.starts_with("main."), "{version}: {at}");
        }
    }
}

#[test]
fn what_a_source_cannot_show_is_unknown() {
    let (lives, ..) = annotated("go1.27.3");
    let source = lives.history.source;
    let shown = State::ALL.map(|state| state.is_shown_by(source));
    assert!(shown[State::Active.index()] && shown[State::Victim.index()] && !shown[State::Abandoned.index()]);
}

#[test]
fn allocations_and_frees_are_lives_of_objects_by_type() {
    // The trace of Go 1.23 has none of these events.
    let (without, mut symbols) = trace(&folder("go/leak-retained/go1.23.9-traceallocfree/trace.out"));
    assert!(from_trace(&without, &mut symbols).is_none());
    for version in ["go1.24.11-traceallocfree", "go1.27.3-traceallocfree"] {
        let (trace, mut symbols) = trace(&folder("go/leak-retained").join(version).join("trace.out"));
        let count = |kind| trace.alloc_free.iter().filter(|event| event.kind == kind).count() as u64;
        let (made, there, freed) =
            (count(AllocFreeType::ObjectAlloc), count(AllocFreeType::Object), count(AllocFreeType::ObjectFree));
        let lives = replay(from_trace(&trace, &mut symbols).unwrap());
        let sum = |of: fn(&analysis::lifecycle::PoolLife) -> u64| lives.pools.iter().map(of).sum::<u64>();
        assert_eq!((sum(|pool| pool.balance.new), sum(|pool| pool.balance.found)), (made, there), "{version}");
        // The same by hand: what was at an address, and whether it was seen made.
        let (mut at, mut died, mut whole_lives) = (HashMap::new(), 0, 0);
        for event in trace.alloc_free.iter() {
            let before = match event.kind {
                AllocFreeType::Object => at.insert(event.number, false),
                AllocFreeType::ObjectAlloc => at.insert(event.number, true),
                AllocFreeType::ObjectFree => at.remove(&event.number),
                _ => None,
            };
            died += u64::from(before.is_some());
            whole_lives += u64::from(before == Some(true));
        }
        assert_eq!(sum(|pool| pool.balance.purged), died, "{version}");
        assert_eq!(sum(|pool| pool.balance.unknown), at.len() as u64, "{version}");
        assert_eq!(sum(|pool| pool.balance.unaccounted().unsigned_abs()), 0, "{version}");
        assert!(lives.violations.is_empty() && sum(|pool| pool.gaps) == 0, "{version}");
        // Nothing says where an object is between.
        assert_eq!(sum(|pool| pool.balance.active + pool.balance.idle), 0, "{version}");
        let dwell = lives.pools.iter().filter_map(|pool| pool.dwell_in(State::Unknown));
        assert_eq!(dwell.map(|dwell| dwell.ended()).sum::<u64>(), whole_lives, "{version}");
        // No collection ended while the trace of 1.27.3 was taken.
        assert_eq!((made > 0, died > 0), (true, freed > 0), "{version}");
    }
}

const TRACES: [&str; 3] = ["go_pool/go1.22.10", "go_pool/go1.27.3", "go/leak-retained/go1.24.11-traceallocfree"];

#[test]
fn a_walk_in_steps_finds_the_same() {
    for name in TRACES {
        let (trace, mut symbols) = trace(&folder(name).join("trace.out"));
        let at_once = from_trace(&trace, &mut symbols);
        let mut walk = TraceWalk::new(&trace, &mut symbols);
        let mut steps = 0;
        while !walk.follow(&trace, &mut symbols, 97) {
            steps += 1;
        }
        assert_eq!(walk.events(), at_once.as_ref().unwrap().events.len(), "{name}");
        assert!(walk.finish(&trace) == at_once && steps > 10, "{name}");
    }
}

#[test]
fn a_history_handed_to_another_engine_is_the_same_there() {
    for name in TRACES {
        let (trace, mut symbols) = trace(&folder(name).join("trace.out"));
        let history = from_trace(&trace, &mut symbols).unwrap();
        let bytes = postcard::to_allocvec(&Handed::pack(history.clone(), &symbols)).unwrap();
        // Tables that hold something already, so that no row keeps its number.
        let mut other = Symbols::default();
        go_trace::read(&fs::read(folder("go/leak-retained/go1.22.10/trace.out")).unwrap(), &mut other, &mut |_| {
            ControlFlow::Continue(())
        })
        .unwrap();
        let handed: Handed<History> = postcard::from_bytes(&bytes).unwrap();
        let there = handed.unpack(&mut other);
        let stacks = |history: &History| history.events.iter().map(|event| event.stack).collect::<Vec<_>>();
        assert_ne!(stacks(&there), stacks(&history), "{name}");
        for (here, there) in history.events.iter().zip(&there.events).step_by(17) {
            assert_eq!(site(&symbols, here.stack), site(&other, there.stack), "{name}");
        }
        for ((_, here), (_, there)) in history.pools().zip(there.pools()) {
            assert_eq!(symbols.strings.get(here.name), other.strings.get(there.name), "{name}");
        }
        // And back, where every row is known.
        let rows = symbols.strings.len();
        let back = Handed::pack(there, &other).unpack(&mut symbols);
        assert!(back == history, "{name}");
        assert_eq!(symbols.strings.len(), rows, "{name}");
    }
}

#[test]
fn what_a_record_does_not_tell_of_a_pool_is_not_zero() {
    let rows = |name: &str| {
        let (trace, mut symbols) = trace(&folder(name).join("trace.out"));
        let history = from_trace(&trace, &mut symbols);
        let digest = trace_digest(&trace, &mut symbols, &[]);
        let mut session = Session::default();
        session.symbols = symbols;
        let id = session.add_trace("trace.out", 0, digest, history);
        let lives = session.pools(id).unwrap();
        lives.pools.iter().map(|pool| pool_row(&session, id, lives, pool)).collect::<Vec<_>>()
    };
    let pools = rows("go_pool/go1.27.3");
    let sessions = pools.iter().find(|row| row.name == "sessions").unwrap();
    assert_eq!((sessions.gets, sessions.puts, sessions.missed), (Some(200), Some(180), Some(28)));
    assert_eq!((sessions.hits_private, sessions.hits_shared, sessions.hits_stolen), (None, None, None));
    assert_eq!((sessions.hits_unplaced, sessions.hits_victim, sessions.contended), (169, Some(3), None));
    assert_eq!((sessions.active, sessions.idle, sessions.victims), (Some(20), Some(5), Some(1)));
    for row in rows("go/leak-retained/go1.24.11-traceallocfree") {
        assert_eq!((row.gets, row.puts, row.missed, row.hit_ratio), (None, None, None, None), "{}", row.name);
        assert_eq!((row.active, row.idle, row.victims, row.retained_bytes), (None, None, None, None), "{}", row.name);
        assert_eq!(row.made + row.found, row.alive + row.purged, "{}", row.name);
    }
}
