//! Texts of stacks and of locks: against the binary profile of the same moment, by what real crashes say, and cut anywhere.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use analysis::lens::SourceId;
use analysis::model::record::{Races, Record, StackDump};
use analysis::model::{LabelValue, Profile, ProfileKind, StackId};
use analysis::session::Session;

fn fixtures(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures").join(folder)
}

fn opened(bytes: &[u8]) -> (Session, SourceId) {
    let mut session = Session::default();
    let id = session.open("text", bytes, &mut |_| ControlFlow::Continue(())).unwrap();
    (session, id)
}

fn stacks(name: &str) -> (Session, Vec<StackDump>) {
    let (session, _) = opened(&fs::read(fixtures("text/stacks").join(name)).unwrap());
    let dumps = session.records().filter_map(|(_, record)| match record {
        Record::Stacks(dump) => Some((**dump).clone()),
        _ => None,
    });
    let dumps = dumps.collect();
    (session, dumps)
}

fn frames(session: &Session, stack: StackId) -> Vec<(String, i64)> {
    let symbols = &session.symbols;
    let lines = symbols.stacks.get(stack).iter().flat_map(|&at| symbols.locations.get(at).lines);
    lines
        .filter_map(|line| Some((symbols.functions.get(line.function?)?.name, line.line)))
        .map(|(name, line)| (symbols.strings.get(name).to_owned(), line))
        .collect()
}

type Rows = BTreeMap<(Vec<(String, i64)>, Vec<(String, String)>), Vec<i64>>;

/// Values by stack and labels.
fn rows(session: &Session, profile: &Profile) -> Rows {
    let mut rows = Rows::new();
    let is_of_goroutines = matches!(profile.kind, ProfileKind::Goroutine | ProfileKind::GoroutineLeak);
    for (row, &stack) in profile.stacks.iter().enumerate() {
        let mut frames = frames(session, stack);
        // Text leaves out the runtime's own functions at the leaf of goroutines.
        let own = frames.iter().position(|(name, _)| !name.starts_with("runtime.")).filter(|_| is_of_goroutines);
        frames.drain(..own.unwrap_or(0));
        // Who writes a profile is at another line for each form of it.
        if frames.iter().any(|(name, _)| name == "runtime/pprof.(*Profile).WriteTo") {
            continue;
        }
        let text = |id| session.symbols.strings.get(id).to_owned();
        let label = |label: &analysis::model::Label| match label.value {
            LabelValue::Text(value) => (text(label.key), text(value)),
            LabelValue::Number(..) => (text(label.key), String::new()),
        };
        let mut labels: Vec<_> = profile.labels.get(profile.label_sets[row]).iter().map(label).collect();
        labels.sort();
        let sums = rows.entry((frames, labels)).or_insert_with(|| vec![0; profile.values.len()]);
        sums.iter_mut().zip(&profile.values).for_each(|(sum, column)| *sum += column[row]);
    }
    rows
}

#[test]
fn debug_1_text_says_what_the_binary_profile_of_the_moment_says() {
    let mut compared = 0;
    for scenario in fs::read_dir(fixtures("go")).unwrap() {
        for run in fs::read_dir(scenario.unwrap().path()).into_iter().flatten() {
            for file in fs::read_dir(run.unwrap().path()).into_iter().flatten() {
                let path = file.unwrap().path();
                let name = path.to_string_lossy().into_owned();
                let kind = path.file_name().unwrap().to_string_lossy().split('.').next().unwrap().to_owned();
                let is_ours = ["goroutine", "mutex", "block", "threadcreate"].contains(&kind.as_str());
                let Some(stem) = name.strip_suffix(".debug1.txt").filter(|_| is_ours) else { continue };
                let (text, text_id) = opened(&fs::read(&path).unwrap());
                let (binary, binary_id) = opened(&fs::read(format!("{stem}.pb.gz")).unwrap());
                let (a, b) = (text.profile(text_id).expect(&name), binary.profile(binary_id).unwrap());
                // A mutex profile without a sample does not tell from a block profile; its text does.
                assert!(a.kind == b.kind || b.kind == ProfileKind::Contention, "{name}: {:?} {:?}", a.kind, b.kind);
                assert_eq!((a.period, a.sample_types.len()), (b.period, b.sample_types.len()), "{name}");
                if kind != "threadcreate" {
                    compare(&name, &kind, &rows(&text, a), &rows(&binary, b));
                }
                assert_eq!(text.source(text_id).unwrap().unread.lines, 0, "{name}");
                compared += 1;
            }
        }
    }
    assert!(compared > 30, "{compared}");
}

/// Goroutines stand still between the two forms; counters of locks go on, so that later ones may be larger.
fn compare(name: &str, kind: &str, text: &Rows, binary: &Rows) {
    if kind == "goroutine" {
        assert_eq!(text, binary, "{name}");
        return;
    }
    assert!(binary.len() <= text.len() + 1, "{name}: {} {}", binary.len(), text.len());
    for (stack, values) in binary {
        let Some(own) = text.get(stack) else { panic!("{name}: {stack:?} is not in the text") };
        // Contentions, and nanoseconds.
        for (at, (own, value)) in own.iter().zip(values).enumerate() {
            let apart = [value / 100 + 5, value / 100 + 210_000_000][at];
            assert!((own - value).abs() <= apart, "{name}: {stack:?} {own} {value}");
        }
    }
}

#[test]
fn equal_counters_give_equal_nanoseconds() {
    // One snapshot of leak-retained in both forms: 606,985 ticks at 2.445 GHz; the fraction of 5 is in them already.
    let folder = fixtures("go/leak-retained/go1.27.3");
    let (text, id) = opened(&fs::read(folder.join("mutex.5.debug1.txt")).unwrap());
    let profile = text.profile(id).unwrap();
    let sums: Vec<i64> = profile.values.iter().map(|column| column.iter().sum()).collect();
    assert_eq!(sums, [5, 248_233]);
    let notes: Vec<&str> = profile.comments.iter().map(|&note| text.symbols.strings.get(note)).collect();
    assert_eq!(notes, ["sampling period=5"]);
}

#[test]
fn goroutines_of_debug_2_are_those_of_the_profile() {
    let path = fixtures("go/custom-pool-lock/go1.27.3/goroutine.5.debug2.txt");
    let (session, _) = opened(&fs::read(path).unwrap());
    let (_, record) = session.records().next().unwrap();
    let Record::Stacks(dump) = record else { panic!("{}", record.kind()) };
    assert_eq!((dump.rows.len(), dump.reason.as_str()), (104, ""));
    let text = |id| session.symbols.strings.get(id);
    let stuck: Vec<_> = dump.rows.iter().filter(|row| text(row.state) == "chan send").collect();
    assert_eq!(stuck.len(), 52);
    for row in stuck {
        let expected = [("main.(*ChanPool).Put".to_owned(), 73), ("main.returnExtra".to_owned(), 95)];
        assert_eq!(frames(&session, row.stack), expected);
        assert_eq!((row.created_by.is_some(), row.waits_for, row.wait_minutes), (true, None, None));
        let created = session.symbols.locations.get(row.created_at.unwrap()).lines[0];
        let function = session.symbols.functions.get(created.function.unwrap()).unwrap();
        assert_eq!((text(function.name), created.line), ("main.main.func1.2", 108));
    }
    assert_eq!(session.sources[0].unread.lines, 0);
}

#[test]
fn a_deadlock_keeps_its_reason_and_says_who_waits_for_one_lock() {
    for version in ["1.21.13", "1.22.10", "1.25.5", "1.27.3"] {
        let (session, dumps) = stacks(&format!("deadlock-go{version}.txt"));
        assert_eq!(dumps.len(), 1, "{version}");
        assert_eq!(dumps[0].reason, "fatal error: all goroutines are asleep - deadlock!");
        let waiting: Vec<_> = dumps[0]
            .rows
            .iter()
            .filter(|row| {
                frames(&session, row.stack)
                    .iter()
                    .any(|(name, _)| name.contains("sync.(*Mutex).Lock") || name.contains("lockSlow"))
            })
            .collect();
        assert_eq!(waiting.len(), 2, "{version}");
        assert!(waiting[0].waits_for.is_some() && waiting[0].waits_for == waiting[1].waits_for, "{version}");
    }
}

#[test]
fn sigquit_is_found_in_a_log_with_every_form_of_state() {
    for version in ["1.21.13", "1.22.10", "1.25.5", "1.27.3"] {
        let (session, dumps) = stacks(&format!("quit-go{version}.txt"));
        let [dump] = dumps.as_slice() else { panic!("{version}: {}", dumps.len()) };
        assert_eq!(dump.reason, "SIGQUIT: quit");
        let states: Vec<&str> = dump.rows.iter().map(|row| session.symbols.strings.get(row.state)).collect();
        for state in ["chan receive (nil chan)", "select (no cases)", "sync.Cond.Wait", "sleep"] {
            assert!(states.contains(&state), "{version}: {states:?}");
        }
        assert_eq!(dump.rows.iter().filter(|row| row.is_locked).count(), 1, "{version}");
        let deepest = dump.rows.iter().map(|row| frames(&session, row.stack).len()).max();
        assert!(deepest >= Some(95), "{version}: {deepest:?}");
        // The program's own two lines, and nothing else.
        assert_eq!(session.sources[0].unread.lines, 2, "{version}: {:?}", session.sources[0].unread.first);
    }
}

#[test]
fn a_log_that_puts_words_before_every_line_is_read_all_the_same() {
    let plain = fs::read_to_string(fixtures("text/stacks/deadlock-go1.27.3.txt")).unwrap();
    let numbered = |(at, line): (usize, &str)| format!("2024-05-01T10:00:{:02}Z app[7]: {line}\r\n", at % 60);
    let logged: String = plain.lines().enumerate().map(numbered).collect();
    let (session, _) = opened(logged.as_bytes());
    let (before, _) = opened(plain.as_bytes());
    let of = |session: &Session| match session.records().next().unwrap().1 {
        Record::Stacks(dump) => {
            (dump.reason.clone(), dump.rows.iter().map(|row| frames(session, row.stack)).collect::<Vec<_>>())
        }
        other => panic!("{}", other.kind()),
    };
    assert_eq!(of(&session), of(&before));
}

#[test]
fn races_name_both_accesses_and_who_created_their_goroutines() {
    for version in ["1.21.13", "1.22.10", "1.25.5", "1.27.3"] {
        let (session, _) = opened(&fs::read(fixtures(&format!("text/stacks/race-go{version}.txt"))).unwrap());
        let Record::Races(races) = session.records().next().unwrap().1 else { panic!("{version}") };
        let races: &Races = races;
        assert!(races.races.len() >= 2, "{version}");
        for race in &races.races {
            assert!(race.address > 0xc000000000 && ["read", "write"].contains(&race.now.what.as_str()), "{race:?}");
            for access in [&race.now, &race.before] {
                let named = frames(&session, access.stack);
                let own = named.iter().find(|(name, _)| name.starts_with("main."));
                assert!(own.is_some_and(|(_, line)| *line > 0), "{version}: {named:?}");
                // The main goroutine was created by nobody.
                let created = access.created.map(|stack| frames(&session, stack)[0].0.clone());
                assert_eq!(created.as_deref(), access.goroutine.map(|_| "main.main"), "{version}");
            }
        }
    }
}

#[test]
fn threads_by_gdb_are_named_with_what_they_do() {
    let (session, dumps) = stacks("gdb-order-service.txt");
    let [dump] = dumps.as_slice() else { panic!("{}", dumps.len()) };
    assert_eq!(dump.rows.len(), 19);
    let waits = |row: &analysis::model::record::DumpedStack| {
        frames(&session, row.stack).iter().any(|(name, _)| name == "pool::get::<impl pool::core::Core<T>>::wait")
    };
    let waiting: Vec<&str> =
        dump.rows.iter().filter(|row| waits(row)).map(|row| session.symbols.strings.get(row.name)).collect();
    assert_eq!(waiting.len(), 2);
    assert!(waiting.iter().all(|name| name.starts_with("worker-")), "{waiting:?}");
}

#[test]
fn threads_of_a_java_machine_say_what_they_wait_for_and_hold() {
    for version in ["jdk17", "jdk25"] {
        let (session, dumps) = stacks(&format!("jstack-{version}.txt"));
        let [dump] = dumps.as_slice() else { panic!("{version}: {}", dumps.len()) };
        assert_eq!(dump.reason, "Java-level deadlock of left, right");
        let text = |id| session.symbols.strings.get(id);
        let named = |start: &str| -> Vec<usize> {
            (0..dump.rows.len()).filter(|&at| text(dump.rows[at].name).starts_with(start)).collect()
        };
        let holders = |address| dump.held.iter().filter(move |held| held.address == address).map(|held| held.row);
        for (start, state) in [("booker", "BLOCKED (on object monitor)"), ("auditor", "WAITING (parking)")] {
            let waiting: Vec<usize> =
                named(start).into_iter().filter(|&at| text(dump.rows[at].state) == state).collect();
            assert_eq!(waiting.len(), 2, "{version} {start}");
            let address = dump.rows[waiting[0]].waits_for.unwrap();
            let holding: Vec<usize> = holders(address).collect();
            assert_eq!(holding.len(), 1, "{version} {start}");
            assert!(text(dump.rows[holding[0]].name).starts_with(start));
        }
        let workers = named("worker");
        let waiting = workers.iter().filter(|&&at| dump.rows[at].waits_for.is_some());
        assert_eq!(waiting.count(), 6, "{version}");
        // Nobody holds the monitor of the pool: who waits with wait() has given it up.
        assert!(dump.rows[workers[7]].waits_for.is_some_and(|address| holders(address).count() == 0));
        assert_eq!(session.sources[0].unread.lines, 0, "{version}: {:?}", session.sources[0].unread.first);
    }
}

#[test]
fn what_is_cut_at_any_line_keeps_what_is_whole_and_never_panics() {
    let mut files: Vec<PathBuf> =
        fs::read_dir(fixtures("text/stacks")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.extend(
        ["mutex.5.debug1.txt", "block.5.debug1.txt", "goroutine.5.debug1.txt"]
            .map(|name| fixtures("go/custom-pool-lock/go1.27.3").join(name)),
    );
    for file in files.iter().filter(|file| file.extension().is_some_and(|end| end == "txt")) {
        let bytes = fs::read(file).unwrap();
        let ends: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at] == b'\n').collect();
        // Every line of small files, and as many of large ones.
        for end in ends.iter().step_by(ends.len() / 120 + 1) {
            for cut in [end + 1, end / 2 + 1, end.saturating_sub(3)] {
                let (session, _) = opened(&bytes[..cut.max(1)]);
                for (_, record) in session.records() {
                    if let Record::Stacks(dump) = record {
                        assert!(dump.held.iter().all(|held| held.row < dump.rows.len()));
                    }
                }
            }
        }
        let whole = opened(&bytes).0;
        assert!(
            whole.records().count() + usize::from(whole.profile(whole.sources[0].id).is_some()) > 0,
            "{}",
            file.display()
        );
    }
}
