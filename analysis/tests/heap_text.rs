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
