//! What must hold for any input.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::io::Read;
use std::ops::ControlFlow;

use analysis::formats::{Body, Parsed, encode_pprof, parse};
use analysis::growth::{Growth, Scope};
use analysis::model::{Profile, ProfileKind, Symbols};
use analysis::session::Session;
use proptest::prelude::*;

const FIXTURES: [&str; 6] = [
    "leak-retained/go1.27.3/heap.5.pb.gz",
    "leak-retained/go1.19.8/heap.4.pb.gz",
    "custom-pool-lock/go1.27.3/goroutine.5.pb.gz",
    "custom-pool-lock/go1.27.3/mutex.5.pb.gz",
    "churn/go1.27.3/cpu.4.pb.gz",
    "churn/go1.27.3/threadcreate.5.pb.gz",
];

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../fixtures/go/{name}", env!("CARGO_MANIFEST_DIR"))).expect("the fixture is there")
}

fn inflated(name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    flate2::read::GzDecoder::new(fixture(name).as_slice()).read_to_end(&mut out).unwrap();
    out
}

fn read(bytes: &[u8], symbols: &mut Symbols) -> Option<Profile> {
    match parse(bytes, symbols, &mut |_| ControlFlow::Continue(())) {
        Ok(parsed) => match parsed.body {
            Body::Profile(profile) => Some(*profile),
            Body::Pools(_) => panic!("no profile"),
            Body::None => None,
        },
        Err(error) => {
            assert!(error.words.ends_with(|c: char| !c.is_whitespace()) && error.words.len() > 10, "{}", error.words);
            None
        }
    }
}

/// Everything of a profile in words that do not depend on ids.
fn told(symbols: &Symbols, profile: &Profile) -> String {
    let text = |id| symbols.strings.get(id);
    let mut out = format!("{:?} {:?} {:?} {}\n", profile.kind, profile.time, profile.duration, profile.period);
    for (row, &stack) in profile.stacks.iter().enumerate() {
        for &location in symbols.stacks.get(stack) {
            let location = symbols.locations.get(location);
            out.push_str(&format!("{:x} ", location.address));
            for line in location.lines {
                let function = line.function.and_then(|id| symbols.functions.get(id));
                out.push_str(&format!("{}:{}:{} ", function.map_or("", |f| text(f.name)), line.line, line.column));
            }
        }
        let values: Vec<i64> = profile.values.iter().map(|column| column[row]).collect();
        let labels: Vec<String> =
            profile.labels.get(profile.label_sets[row]).iter().map(|l| text(l.key).to_owned()).collect();
        out.push_str(&format!("{values:?} {labels:?}\n"));
    }
    out
}

#[test]
fn what_is_encoded_is_decoded_again() {
    for name in FIXTURES {
        let mut symbols = Symbols::default();
        let profile = read(&fixture(name), &mut symbols).expect("a fixture opens");
        let again = encode_pprof(&symbols, &profile);
        let mut other = Symbols::default();
        let found = read(&again, &mut other).expect("what was encoded opens");
        assert_eq!(told(&symbols, &profile), told(&other, &found), "{name}");
    }
}

#[test]
fn a_snapshot_against_itself_changes_nothing() {
    let mut session = Session::default();
    for name in ["a", "b"] {
        session.open(name, fixture(FIXTURES[0]), &mut |_| ControlFlow::Continue(())).unwrap();
    }
    let growth = Growth::by_function(&session, ProfileKind::Heap).unwrap();
    for (node, _) in growth.projection.iter() {
        for column in 0..4 {
            assert_eq!(growth.delta(0, 1, node, column, Scope::Cum).value, 0);
        }
    }
}

#[test]
fn the_total_is_the_sum_of_flat() {
    let mut session = Session::default();
    session.open("heap", fixture(FIXTURES[0]), &mut |_| ControlFlow::Continue(())).unwrap();
    let growth = Growth::by_function(&session, ProfileKind::Heap).unwrap();
    for column in 0..4 {
        let flat: i64 = growth.projection.iter().map(|(node, _)| growth.value(0, node, column, Scope::Flat)).sum();
        assert_eq!(flat, growth.total(0, column));
    }
}

#[test]
fn a_bomb_is_refused_in_words() {
    use std::io::Write;
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![0_u8; 1 << 20];
    for _ in 0..80 {
        bomb.write_all(&zeros).unwrap();
    }
    let error = parse(bomb.finish().unwrap(), &mut Symbols::default(), &mut |_| ControlFlow::Continue(()));
    let words = error.err().expect("it is refused").words;
    assert!(words.contains("inflates to more than 64 MB"), "{words}");
}

#[test]
fn a_cut_profile_keeps_what_was_read() {
    let whole = inflated(FIXTURES[0]);
    // Most of Go's file is samples; strings and functions come last, so that names are unknown and values stand.
    let cut = &whole[..whole.len() * 3 / 4];
    let mut symbols = Symbols::default();
    let Ok(Parsed { body: Body::Profile(profile), warnings, .. }) =
        parse(cut, &mut symbols, &mut |_| ControlFlow::Continue(()))
    else {
        panic!("it opens")
    };
    assert!(!profile.is_empty());
    assert!(warnings[0].starts_with("The profile breaks off: at byte "), "{warnings:?}");
}

#[test]
fn reading_can_be_stopped() {
    let mut session = Session::default();
    assert_eq!(session.open("heap", fixture(FIXTURES[0]), &mut |_| ControlFlow::Break(())), None);
    assert!(session.sources.is_empty());
}

fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let edits = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..24);
    (0..FIXTURES.len(), edits, any::<prop::sample::Index>(), any::<bool>()).prop_map(|(at, edits, end, cut)| {
        let mut bytes = inflated(FIXTURES[at]);
        for (place, byte, sort) in edits {
            let at = place.index(bytes.len());
            match sort {
                0 => bytes[at] = byte,
                1 => bytes[at] ^= 1 << (byte % 8),
                2 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        if cut {
            bytes.truncate(end.index(bytes.len()) + 1);
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_input_panics_and_every_answer_can_be_asked(bytes in mutated()) {
        let mut session = Session::default();
        session.open("mutated", &bytes, &mut |_| ControlFlow::Continue(()));
        session.open("whole", fixture(FIXTURES[0]), &mut |_| ControlFlow::Continue(()));
        analysis::findings::diagnose(&session, &analysis::findings::Thresholds::default());
        if let Some(profile) = session.profile(analysis::lens::SourceId(0)) {
            for column in &profile.values {
                prop_assert_eq!(column.len(), profile.stacks.len());
            }
        }
    }

    #[test]
    fn damaged_gzip_does_not_panic(at in any::<prop::sample::Index>(), byte in any::<u8>(), which in 0..FIXTURES.len()) {
        let mut bytes = fixture(FIXTURES[which]);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = read(&bytes, &mut Symbols::default());
        let _ = read(&bytes[..at], &mut Symbols::default());
    }
}
