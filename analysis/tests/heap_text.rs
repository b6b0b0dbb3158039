//! Heaps as text against the binary profile of the same moment, and text that is cut or made up.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use analysis::lens::SourceId;
use analysis::model::{Profile, ProfileKind};
use analysis::session::{Content, Session};

fn texts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/text/heap")
}

fn opened(bytes: &[u8]) -> (Session, SourceId) {
    let mut session = Session::default();
    let id = session.open("heap", bytes, &mut |_| ControlFlow::Continue(())).unwrap();
    (session, id)
}

fn warnings(session: &Session, id: SourceId) -> String {
    match &session.source(id).unwrap().content {
        Content::Profile { warnings, .. } | Content::Records { warnings } => warnings.join(" "),
        Content::Refused { words } => words.clone(),
        Content::Pools { .. } => panic!("pools"),
    }
}

/// A stack as function and line of every frame, leaf first, with the size of its objects.
type Key = (Vec<(String, i64)>, String);

/// Values by stack.
fn by_stack(session: &Session, profile: &Profile) -> BTreeMap<Key, Vec<i64>> {
    let symbols = &session.symbols;
    let mut rows: BTreeMap<Key, Vec<i64>> = BTreeMap::new();
    for (row, &stack) in profile.stacks.iter().enumerate() {
        let lines = symbols.stacks.get(stack).iter().flat_map(|&at| symbols.locations.get(at).lines);
        let frame = |line: &analysis::model::Line| {
            let function = symbols.functions.get(line.function.unwrap()).unwrap();
            // Text holds type arguments as `[...]`.
            let name = symbols.strings.get(function.name);
            let name = name.split_once('[').map_or(name.to_owned(), |(head, rest)| {
                format!("{head}[...]{}", rest.rsplit_once(']').map_or("", |(_, tail)| tail))
            });
            (name, line.line)
        };
        let labels =
            format!("{:?}", profile.labels.get(profile.label_sets[row]).iter().map(|l| l.value).collect::<Vec<_>>());
        let sums = rows.entry((lines.map(frame).collect(), labels)).or_insert_with(|| vec![0; 4]);
        sums.iter_mut().zip(&profile.values).for_each(|(sum, column)| *sum += column[row]);
    }
    // The text was written after the binary profile: what writing allocates is no part of the comparison.
    rows.retain(|(frames, _), _| !frames.iter().any(|(name, _)| name.starts_with("runtime/pprof.(*")));
    rows.retain(|_, values| values.iter().any(|&value| value != 0));
    rows
}

/// Folders of texts, each beside its `.pb.gz`.
fn pairs() -> Vec<(PathBuf, PathBuf)> {
    let folder = std::env::var_os("POOLSCOPE_HEAP_TEXTS").map_or_else(texts, PathBuf::from);
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let pair = |text: PathBuf| {
        let name = text.to_str()?.strip_suffix(".debug1.txt")?;
        let binary = PathBuf::from(format!("{name}.pb.gz"));
        Some((text, binary))
    };
    files.filter_map(pair).collect()
}

#[test]
fn text_says_what_the_binary_profile_of_the_same_moment_says() {
    let pairs = pairs();
    assert!(!pairs.is_empty());
    for (text, binary) in pairs {
        let file = text.display();
        let (session, id) = opened(&fs::read(&text).unwrap());
        let (other, other_id) = opened(&fs::read(binary).unwrap());
        let (ours, theirs) = (session.profile(id).unwrap(), other.profile(other_id).unwrap());
        assert_eq!(warnings(&session, id), "", "{file}");
        assert_eq!(session.source(id).unwrap().unread.lines, 0, "{:?}", session.source(id).unwrap().unread);
        assert_eq!((ours.kind, ours.period), (ProfileKind::Heap, theirs.period));
        // The text tells only when the last collection ended.
        let apart = (ours.as_of.unwrap() - theirs.time.unwrap()).nanos().abs();
        assert!(ours.time.is_none() && apart < 2_000_000_000, "{file}: {apart} ns");
        let (ours, theirs) = (by_stack(&session, ours), by_stack(&other, theirs));
        let only = |a: &BTreeMap<Key, Vec<i64>>, b: &BTreeMap<Key, Vec<i64>>| -> Vec<Key> {
            a.keys().filter(|key| !b.contains_key(*key)).cloned().collect()
        };
        assert_eq!((only(&ours, &theirs), only(&theirs, &ours)), (vec![], vec![]), "{file}");
        for (key, values) in &theirs {
            let near = ours[key].iter().zip(values).all(|(a, b)| a == b);
            assert!(near, "{file}: {key:?}: {:?} and {values:?}", ours[key]);
        }
    }
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(texts().join(name)).unwrap()
}

/// Sums of all columns of every profile of a file, by name.
fn sums(session: &Session) -> Vec<BTreeMap<String, i64>> {
    let profiles = session.sources.iter().filter_map(|source| session.profile(source.id));
    let sums = profiles.map(|profile| {
        let names = profile.sample_types.iter().map(|t| session.symbols.strings.get(t.name).to_owned());
        names.zip(profile.values.iter().map(|column| column.iter().sum())).collect()
    });
    sums.collect()
}

/// Objects and bytes in use by function of the leaf.
fn leaves(session: &Session, at: usize) -> BTreeMap<String, (i64, i64)> {
    let profile = session.profile(session.sources[at].id).unwrap();
    let column = |name: &str| {
        let at = profile.sample_types.iter().position(|t| session.symbols.strings.get(t.name) == name).unwrap();
        &profile.values[at]
    };
    let mut sums: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for (row, &stack) in profile.stacks.iter().enumerate() {
        let leaf = session.symbols.function_names(session.symbols.stacks.get(stack)).next().unwrap();
        let sum = sums.entry(session.symbols.strings.get(leaf).to_owned()).or_default();
        *sum = (sum.0 + column("inuse_objects")[row], sum.1 + column("inuse_space")[row]);
    }
    sums
}

fn whole(name: &str) -> Session {
    let (session, id) = opened(&fixture(name));
    assert_eq!(warnings(&session, id), "", "{name}");
    assert_eq!(session.source(id).unwrap().unread.lines, 0, "{name}: {:?}", session.source(id).unwrap().unread);
    session
}

#[test]
fn every_allocation_of_an_old_program_is_summed_up() {
    let (session, id) = opened(&fixture("allocfreetrace-go1.19.8.txt"));
    assert_eq!(warnings(&session, id), "");
    assert!(session.source(id).unwrap().unread.first.iter().all(|line| line.starts_with("gc ")));
    let sums = &sums(&session)[0];
    // Counted with other means: 45 tracealloc blocks, of which 31 are not freed.
    let counted = ["alloc_objects", "alloc_space", "inuse_objects", "inuse_space"].map(|name| sums[name]);
    assert_eq!(counted, [45, 34_600, 31, 31_560]);
    assert_eq!(session.profile(session.sources[0].id).unwrap().kind, ProfileKind::AllocFreeTrace);
    let leaves = leaves(&session, 0);
    assert_eq!((leaves["main.main"], leaves["main.makeBlob"]), ((4, 992), (4, 4096)));
}

#[test]
fn dhat_says_what_valgrind_printed_at_the_end() {
    for rounds in 1..=3 {
        let session = whole(&format!("leak.{rounds}.dhat.json"));
        let sums = &sums(&session)[0];
        // 8,000 sessions a round, of two blocks, and as many strings; one session in four is kept.
        assert_eq!((sums["alloc_space"], sums["alloc_objects"]), (41_660_000 * rounds, 24_000 * rounds));
        assert_eq!((sums["inuse_space"], sums["inuse_objects"]), (10_224_000 * rounds, 4_000 * rounds));
        assert!(sums["peak_space"] > sums["inuse_space"]);
        assert_eq!(leaves(&session, 0)["new_session"], (4_000 * rounds, 10_224_000 * rounds));
    }
    let cut = fixture("leak.1.dhat.json");
    let (session, id) = opened(&cut[..cut.len() - 40]);
    assert!(warnings(&session, id).contains("cannot be read"), "{}", warnings(&session, id));
}

#[test]
fn jemalloc_is_scaled_to_what_the_program_holds() {
    for (name, columns) in [("leak", 4), ("leak-noaccum", 2)] {
        for round in 0..3_i64 {
            let session = whole(&format!("{name}.{round}.jemalloc.heap"));
            assert_eq!(sums(&session)[0].len(), columns);
            // 2,000 sessions a round are kept: 1,016 and 4,096 bytes, in slots of 1,024 and 4,096.
            let kept = 2_000 * (round + 1);
            let leaves = leaves(&session, 0);
            let near = |slot: i64| {
                let found = leaves
                    .iter()
                    .filter(|(_, (objects, bytes))| *objects > 100 && (bytes / objects - slot).abs() < slot / 20);
                found.map(|(name, (objects, _))| (name.clone(), *objects)).collect::<Vec<_>>()
            };
            for slot in [1024, 4096] {
                let found = near(slot);
                assert_eq!(found.len(), 1, "{leaves:?}");
                assert!(found[0].0.starts_with("leakje+0x"), "{found:?}");
                // Sampled every 16 kB: five standard errors.
                let p = -(-(slot as f64) / 16384.0).exp_m1();
                let error = (kept as f64 * (1.0 - p) / p).sqrt();
                assert!((found[0].1 - kept).abs() as f64 <= 5.0 * error, "{found:?}, {kept} ± {error}");
            }
        }
    }
}

#[test]
fn a_series_of_class_histograms_in_one_file() {
    let session = whole("leak.class_histogram.jdk17.txt");
    let totals: Vec<(i64, i64)> = sums(&session).iter().map(|s| (s["inuse_objects"], s["inuse_space"])).collect();
    assert_eq!(totals, [(56_406, 23_424_624), (75_906, 37_237_392), (95_406, 51_017_392)]);
    assert_eq!(leaves(&session, 0)["Leak$Session"], (5_251, 126_024));
    assert_eq!(leaves(&session, 0)["byte[]"], (17_771, 22_093_240));
    whole("leak.class_histogram.jdk25.txt");
}

#[test]
fn a_text_that_was_cut_says_so_wherever_it_was() {
    let cuttable = [
        ("leak-retained-go1.19.8.debug1.txt", ""),
        ("leak.2.jemalloc.heap", "MAPPED_LIBRARIES"),
        ("leak.class_histogram.jdk25.txt", "breaks off"),
    ];
    for (name, words) in cuttable {
        let whole = fixture(name);
        let rows = String::from_utf8(whole.clone()).unwrap();
        let end = rows.find("# runtime.MemStats").or(rows.find("MAPPED_LIBRARIES")).or(rows.find("Total")).unwrap();
        for at in (200..end - 20).step_by(257) {
            let (session, id) = opened(&whole[..at]);
            let said = warnings(&session, id);
            assert!(session.profile(id).is_some(), "{name} at {at}: {said}");
            assert!(!said.is_empty(), "{name} at {at}");
            assert!(said.contains(words) || said.contains("breaks off after a stack"), "{name} at {at}: {said}");
        }
    }
}
