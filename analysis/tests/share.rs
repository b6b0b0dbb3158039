//! Analyses that travel: what comes out is what went in, with every total; names that were replaced are nowhere; hostile text
//! is refused in words.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::ops::ControlFlow;

use analysis::findings::Thresholds;
use analysis::lens::{Lens, SourceId};
use analysis::query::{Answer, Engine, FilesAnswer, Query, TableAnswer, TableQuery};
use analysis::share::{
    AMBER_BYTES, Draft, GREEN_BYTES, Note, Pin, Policy, RED_BYTES, ShareError, ShareQuery, decode, seal, share,
};

const RUN: &str = "go/leak-retained/go1.27.3";

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/../fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn open(engine: &mut Engine, name: &str, bytes: Vec<u8>) -> SourceId {
    engine.session_mut().open(name, bytes, &mut |_| ControlFlow::Continue(())).unwrap()
}

/// All that is known of a run: heaps, contention, goroutines, collector, memory; and native pools.
fn files() -> Vec<(String, Vec<u8>)> {
    let heaps = (0..=5).map(|at| format!("heap.{at}.pb.gz"));
    let others = ["mutex.5.pb.gz", "block.5.pb.gz", "goroutine.5.pb.gz", "gctrace.txt", "memstats.jsonl", "smaps.txt"];
    let names = heaps.chain(others.map(str::to_owned));
    let mut files: Vec<_> = names.map(|name| (name.clone(), fixture(&format!("{RUN}/{name}")))).collect();
    files.push(("leak.pooltrace".to_owned(), fixture(POOLS)));
    files
}

const POOLS: &str = "pool/leak/orders.pooltrace";

fn sender() -> Engine {
    let mut engine = Engine::default();
    engine.session_mut().takes_identities = true;
    for (name, bytes) in files() {
        open(&mut engine, &name, bytes);
    }
    engine
}

fn receiver(text: &str) -> Engine {
    let mut engine = Engine::default();
    engine.session_mut().open_shared(&decode(text).unwrap());
    engine
}

fn listed(engine: &mut Engine) -> FilesAnswer {
    let Ok(Answer::Files(files)) = engine.answer(&Query::Files) else { panic!("no files") };
    files
}

/// The table of a file by its name, all rows.
fn table(engine: &mut Engine, name: &str) -> TableAnswer {
    let id = listed(engine).files.iter().find(|file| file.name == name).map(|file| file.id);
    let lens = Lens { current: id, ..Lens::default() };
    let query = TableQuery { lens, limit: 1000, ..TableQuery::default() };
    match engine.answer(&Query::Table(query)) {
        Ok(Answer::Table(table)) => table,
        other => panic!("{name}: {other:?}"),
    }
}

const PROFILES: [&str; 5] = ["heap.0.pb.gz", "heap.5.pb.gz", "mutex.5.pb.gz", "block.5.pb.gz", "goroutine.5.pb.gz"];

#[test]
fn totals_stay_exact_however_much_is_pruned() {
    let mut sender = sender();
    let draft = Draft::of(&mut sender, "");
    let mut before = usize::MAX;
    for budget in [RED_BYTES, AMBER_BYTES, 16 << 10, 12 << 10, GREEN_BYTES] {
        let encoded = draft.encode(budget).unwrap();
        assert!(encoded.text.len() <= budget.min(before), "{} of {budget}", encoded.text.len());
        before = encoded.text.len();
        let mut receiver = receiver(&encoded.text);
        for name in PROFILES {
            let (theirs, ours) = (table(&mut sender, name), table(&mut receiver, name));
            assert_eq!(ours.totals, theirs.totals, "{name} in {budget} bytes");
            assert_eq!(ours.snapshots.len(), theirs.snapshots.len());
            let first = |table: &TableAnswer| {
                table
                    .rows
                    .iter()
                    .find(|row| row.name != "[pruned]")
                    .map(|row| (row.name.clone(), row.flat, row.cum.clone()))
            };
            assert_eq!(first(&ours).map(|row| row.0), first(&theirs).map(|row| row.0), "{name} in {budget} bytes");
        }
    }
}

#[test]
fn what_was_not_pruned_is_the_same_row_by_row() {
    let mut sender = sender();
    let encoded = Draft::of(&mut sender, "").encode(RED_BYTES).unwrap();
    let mut receiver = receiver(&encoded.text);
    for name in PROFILES {
        let (theirs, ours) = (table(&mut sender, name), table(&mut receiver, name));
        let rows = |table: &TableAnswer| {
            let mut rows: Vec<_> = table.rows.iter().map(|row| (row.name.clone(), row.flat, row.cum.clone())).collect();
            rows.sort();
            rows
        };
        assert_eq!(rows(&ours), rows(&theirs), "{name}");
    }
    assert_eq!(receiver.diagnose(&Thresholds::default()), sender.diagnose(&Thresholds::default()));
    let answers = |engine: &mut Engine| {
        let Ok(Answer::Pools(pools)) = engine.answer(&Query::Pools) else { panic!("no pools") };
        let query = analysis::query::StatesQuery { key: pools.pools[0].key, ..Default::default() };
        let states = engine.answer(&Query::States(query)).unwrap();
        let gc = analysis::query::gc(engine.session(), 0).unwrap();
        (pools, states, gc.runs, engine.contention("").unwrap().locks)
    };
    let (theirs, ours) = (answers(&mut sender), answers(&mut receiver));
    // Courses have fewer digits behind the point.
    assert_eq!(format!("{:?}", ours.0).len(), format!("{:?}", theirs.0).len());
    let Answer::States(Some(states)) = &ours.1 else { panic!("no states") };
    let Answer::States(Some(wanted)) = &theirs.1 else { panic!("no states") };
    assert_eq!(states.nodes, wanted.nodes);
    assert_eq!(states.balance, wanted.balance);
    assert_eq!(ours.2.len(), theirs.2.len());
    assert_eq!(ours.3.len(), theirs.3.len());
}

#[test]
fn real_files_take_the_places_of_shared_ones() {
    let mut sender = sender();
    let encoded = Draft::of(&mut sender, "").encode(AMBER_BYTES).unwrap();
    let mut receiver = receiver(&encoded.text);
    let before = listed(&mut receiver);
    assert!(before.files.iter().all(|file| file.is_shared && file.identity.is_some()), "{before:?}");
    let missing = |engine: &mut Engine| match engine.answer(&Query::Shared) {
        Ok(Answer::Shared(shared)) => shared.map(|shared| (shared.missing.len(), shared.arrived)),
        other => panic!("{other:?}"),
    };
    let count = files().len();
    assert_eq!(missing(&mut receiver), Some((count, 0)));
    // Another file of the same name stands beside, and is told.
    let other = open(&mut receiver, "heap.0.pb.gz", fixture(&format!("{RUN}/heap.1.pb.gz"))[..].to_vec());
    assert_eq!(missing(&mut receiver), Some((count - 1, 1)), "it is heap.1, whatever it is called");
    assert_eq!(receiver.session().source(other).unwrap().name, "heap.1.pb.gz");
    let wrong = open(&mut receiver, "heap.0.pb.gz", fixture("go/churn/go1.27.3/heap.0.pb.gz"));
    let said = receiver.session().source(wrong).unwrap().content.warnings().join(" ");
    assert!(said.contains("not the file that the shared analysis is of"), "{said}");
    receiver.close(wrong);
    for (name, bytes) in files() {
        if name != "heap.1.pb.gz" {
            open(&mut receiver, &format!("renamed-{name}"), bytes);
        }
    }
    assert_eq!(missing(&mut receiver), None);
    let after = listed(&mut receiver);
    assert!(after.files.iter().all(|file| !file.is_shared));
    let names = |files: &FilesAnswer| files.files.iter().map(|file| (file.id, file.name.clone())).collect::<Vec<_>>();
    assert_eq!(names(&after), names(&before));
    assert_eq!(receiver.diagnose(&Thresholds::default()).verdict, sender.diagnose(&Thresholds::default()).verdict);
}

#[test]
fn replaced_names_are_nowhere() {
    let mut sender = sender();
    let policy = Policy { salt: "salt".to_owned(), allow: Vec::new() };
    let query = ShareQuery {
        state: "#v=1&view=heap&sel=main.%28%2AsessionStore%29.put&cur=heap.5.pb.gz".to_owned(),
        notes: vec![Note::new(Pin::Site { node: "main.initSession".to_owned() }, "see main.initSession").unwrap()],
        budget_bytes: RED_BYTES as u32,
        redact: Some(policy.clone()),
        ..ShareQuery::default()
    };
    let encoded = share(&mut sender, &query).unwrap();
    let analysis = decode(&encoded.text).unwrap();
    assert!(analysis.is_redacted);
    let all = format!("{analysis:?}{:?}", analysis::link::pairs(&encoded.fragment));
    let symbols = &sender.session().symbols;
    let mut looked = 0;
    for (_, function) in symbols.functions.iter() {
        let name = symbols.strings.get(function.name);
        if let Some(own) = name.strip_prefix("main.").filter(|own| own.len() > 4) {
            looked += 1;
            assert!(!all.contains(own), "{own} is still there");
        }
    }
    assert!(looked > 3, "{looked} names of the program's own");
    for name in files().iter().map(|file| &file.0) {
        assert!(!all.contains(&format!("\"{name}")), "{name} is still there");
    }
    let row = &analysis.pools.pools[0];
    for word in encoded.replaced.iter().map(|(name, _)| name).filter(|name| name.len() > 6) {
        assert!(!all.contains(&format!("\"{word}\"")), "{word} is still there");
    }
    assert!(row.name.starts_with('w') || row.name.is_empty(), "{}", row.name);
    // What everyone has stays, and the same salt says the same.
    assert!(all.contains("runtime.") || all.contains("net/http"), "the standard library is kept");
    assert_eq!(share(&mut sender, &query).unwrap().fragment, encoded.fragment);
    let other = ShareQuery { redact: Some(Policy { salt: "pepper".to_owned(), ..policy }), ..query };
    assert_ne!(share(&mut sender, &other).unwrap().replaced, encoded.replaced);
}

#[test]
fn hostile_text_is_refused_in_words() {
    let mut sender = sender();
    let text = Draft::of(&mut sender, "").encode(AMBER_BYTES).unwrap().text;
    for cut in [0, 1, 5, 7, text.len() / 2, text.len() - 1] {
        let error = decode(&text[..cut]).expect_err("it was cut");
        assert!(matches!(error, ShareError::Damaged(_)), "{cut}: {error}");
    }
    for at in (0..text.len()).step_by(97) {
        let mut bytes = text.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let edited = String::from_utf8(bytes).unwrap();
        if edited != text {
            assert!(decode(&edited).is_err(), "letter {at} was changed");
        }
    }
    // The version is the first byte: 0x02 instead of 0x01.
    let newer = format!("Ag{}", &text[2..]);
    assert_eq!(decode(&newer), Err(ShareError::Newer { found: 2 }));
    assert!(ShareError::Newer { found: 2 }.to_string().contains("up to 1"));
    assert!(decode("not base64 at all!").is_err());
    // Line breaks of a mail are none of its letters.
    let wrapped: String =
        text.chars().enumerate().flat_map(|(at, c)| [Some(c), (at % 76 == 75).then_some('\n')]).flatten().collect();
    assert!(decode(&wrapped).is_ok());
}

#[test]
fn what_would_inflate_beyond_the_limit_is_refused_there() {
    // Some kilobytes of text that ask for more and more; the limit is 8 MiB.
    for megabytes in [9, 64, 256] {
        let bomb = seal(&vec![0; megabytes << 20]).unwrap();
        assert!(bomb.len() < megabytes * 2_000, "{}", bomb.len());
        assert_eq!(decode(&bomb), Err(ShareError::TooMuch("bytes", 8 << 20)), "{megabytes} MiB");
    }
    // Up to the limit it is the columns that are looked at.
    assert!(matches!(decode(&seal(&vec![0; 1 << 20]).unwrap()), Err(ShareError::Damaged(_))));
    assert!(matches!(decode(&"A".repeat(5 << 20)), Err(ShareError::TooMuch("bytes of text", _))));
}

#[test]
fn too_small_a_budget_says_how_much_it_takes() {
    let mut sender = sender();
    let Err(ShareError::TooLarge { least, budget: 500 }) = Draft::of(&mut sender, "").encode(500) else {
        panic!("it cannot fit")
    };
    assert!(least > 500 && least <= GREEN_BYTES, "{least}");
    assert_eq!(share(&mut Engine::default(), &ShareQuery::default()), Err(ShareError::Nothing));
}

/// What a receiver reads of it, in a few lines.
fn said(text: &str) -> String {
    let mut engine = receiver(text);
    let mut out = String::new();
    for file in listed(&mut engine).files {
        let hash = file.identity.map_or(String::new(), |identity| identity.short_hex());
        out.push_str(&format!("{} · {} · {} bytes · {hash}\n", file.name, file.kind, file.size_bytes));
    }
    let diagnosis = engine.diagnose(&Thresholds::default()).clone();
    out.push_str(&format!("{}\n", diagnosis.verdict.text));
    for finding in &diagnosis.findings {
        out.push_str(&format!(
            "{:?} {} {}: {}\n",
            finding.severity, finding.rule, finding.site.function, finding.claim
        ));
    }
    out.push_str(&format!("{} rules found nothing\n", diagnosis.clear.len()));
    assert!(diagnosis.clear.iter().all(|report| !report.title.is_empty()), "the receiver knows what rules look for");
    if let Ok(Answer::Table(table)) = engine.answer(&Query::Table(TableQuery { limit: 5, ..TableQuery::default() })) {
        out.push_str(&format!("{:?} over {} snapshots\n", table.totals, table.snapshots.len()));
        table.rows.iter().for_each(|row| out.push_str(&format!("{:?} {}\n", row.flat, row.name)));
    }
    if let Ok(Answer::Pools(pools)) = engine.answer(&Query::Pools) {
        for pool in pools.pools {
            out.push_str(&format!("pool {}: {:?} gets, {:?} out\n", pool.name, pool.gets, pool.active));
            let query = analysis::query::StatesQuery { key: pool.key, ..Default::default() };
            if let Ok(Answer::States(Some(states))) = engine.answer(&Query::States(query)) {
                let edges = states.edges.iter().filter(|edge| edge.count > 0);
                edges.for_each(|edge| out.push_str(&format!("  {} {}\n", edge.name, edge.count)));
            }
        }
    }
    if let Ok(Answer::Shared(Some(shared))) = engine.answer(&Query::Shared) {
        shared.notes.iter().for_each(|note| out.push_str(&format!("note on {:?}: {}\n", note.on, note.text)));
        shared.left_out.iter().for_each(|words| out.push_str(&format!("left out: {words}\n")));
    }
    out
}

/// Texts of every format that there was are kept for ever, and open. If this fails after a field was added to an answer, the
/// field is not at the end of its struct, or has no `#[serde(default)]`.
#[test]
fn analyses_of_every_format_open() {
    let folder = format!("{}/../fixtures/share", env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let Some(name) = path.to_str().and_then(|path| path.strip_suffix(".analysis.txt")) else { continue };
        count += 1;
        let found = said(&std::fs::read_to_string(&path).unwrap());
        let wanted = format!("{name}.says.txt");
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            std::fs::write(&wanted, &found).unwrap();
        }
        assert_eq!(found, std::fs::read_to_string(&wanted).unwrap(), "{name}");
    }
    assert!(count >= 2);
}

/// A crash says types and places in a text of the runtime's, which no table of names has.
#[test]
fn words_of_crashes_are_replaced_too() {
    let mut engine = Engine::default();
    open(&mut engine, "crash.txt", fixture("text/stacks/wrong-type-go1.27.3.txt"));
    open(&mut engine, "race.txt", fixture("text/stacks/race-go1.27.3.txt"));
    let redact = Some(Policy { salt: "salt".to_owned(), allow: Vec::new() });
    let query = ShareQuery { budget_bytes: AMBER_BYTES as u32, redact, ..ShareQuery::default() };
    let encoded = share(&mut engine, &query).unwrap();
    let all = format!("{:?}", decode(&encoded.text).unwrap());
    for word in ["main.T", "handle", "main.go", "interface conversion", "crash.txt", "race.txt"] {
        assert!(!all.contains(word), "{word} is still there");
    }
    assert!(all.contains("runtime.mapassign_faststr"), "the standard library is kept");
    let kept = Some(Policy { salt: "salt".to_owned(), allow: vec!["main.".to_owned()] });
    let encoded = share(&mut engine, &ShareQuery { redact: kept, ..query }).unwrap();
    assert!(format!("{:?}", decode(&encoded.text).unwrap()).contains("main.handle"), "what is allowed is kept");
}

/// The bytes of a trace are read by another worker than the one that answers: which they are is told later.
#[test]
fn a_trace_takes_its_place_once_its_bytes_are_known() {
    let identity = analysis::share::Identity::of(b"a trace");
    let add = |engine: &mut Engine, name: &str| engine.session_mut().add_trace(name, 7, Default::default(), None);
    let mut sender = sender();
    let trace = add(&mut sender, "trace.out");
    assert_eq!(sender.identified(trace, identity), trace);
    let mut receiver = receiver(&Draft::of(&mut sender, "").encode(AMBER_BYTES).unwrap().text);
    let came = add(&mut receiver, "copy.out");
    let place = receiver.identified(came, identity);
    assert_ne!(place, came);
    let row = listed(&mut receiver).files.into_iter().find(|file| file.id == place).unwrap();
    assert_eq!((row.name.as_str(), row.is_shared, row.kind.as_str()), ("trace.out", false, "execution trace"));
    assert!(receiver.session().source(came).is_none());
    assert_eq!(receiver.identified(place, identity), place);
}
