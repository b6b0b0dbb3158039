//! Ceilings: the table of them is that of the program, and what is beyond one is said in words that name it and the way round.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "common/message.rs"]
mod message;

use std::fmt::Write as _;
use std::ops::ControlFlow;

use analysis::bundle;
use analysis::formats::archive::unpack;
use analysis::limits::ALL;
use analysis::session::{Content, Session};
use analysis::share::{decode, seal};
use message::Message;
use pool_dump::{Counters, Nanos, PoolId, Process, Writer};

/// A profile with so many types; the names of its strings.
fn profile(types: usize, strings: &[&str]) -> Message {
    let one = Message::default().number(1, 1).number(2, 2).0;
    let message = (0..types).fold(Message::default(), |out, _| out.bytes(1, &one));
    ["", "inuse_space", "bytes"].iter().chain(strings).fold(message, |out, text| out.bytes(6, text.as_bytes()))
}

/// Opens a file; gives the session, and what is said of it.
fn open(bytes: &[u8]) -> (Session, String) {
    let mut session = Session::default();
    let id = session.open("large", bytes, &mut |_| ControlFlow::Continue(())).unwrap();
    let content = &session.source(id).unwrap().content;
    let words = match content {
        Content::Refused { words } => format!("refused: {words}"),
        content => content.warnings().join(" "),
    };
    (session, words)
}

#[track_caller]
fn says(words: &str, parts: &[&str]) {
    for part in parts {
        assert!(words.contains(part), "{part:?} is not in: {words}");
    }
}

#[test]
fn the_table_is_that_of_the_program() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reliability.md")).unwrap();
    let (_, table) = text.split_once("<!-- ceilings -->\n").unwrap();
    let (table, _) = table.split_once("<!-- end of ceilings -->").unwrap();
    let mut expected = "| reader | what | most | beyond |\n|---|---|---|---|\n".to_owned();
    for limit in ALL {
        let most = match limit.most {
            most if most >= 1 << 20 && most.is_multiple_of(1 << 20) => format!("{} Mi", most >> 20),
            most => most.to_string(),
        };
        writeln!(expected, "| {} | {} | {most} | {} |", limit.reader, limit.what, limit.beyond).unwrap();
    }
    assert_eq!(table, expected, "docs/reliability.md is to have:\n{expected}");
}

#[test]
fn a_stack_is_cut_at_its_outer_end() {
    let mut deep = Message::default();
    for _ in 0..5000 {
        deep = deep.number(1, 1);
    }
    let sample = deep.number(2, 70).0;
    let (session, words) = open(&profile(1, &[]).bytes(2, &sample).bytes(4, &Message::default().number(1, 1).0).0);
    says(&words, &["1 stacks are deeper than 4096 frames", "totals are whole", "capture with a lower limit of depth"]);
    let profile = session.profile(session.sources[0].id).unwrap();
    assert_eq!(session.symbols.stacks.get(profile.stacks[0]).len(), 4096);
    assert_eq!(profile.values, [[70]]);
}

#[test]
fn a_name_is_cut_between_letters() {
    let (session, words) = open(&profile(1, &[&"ä".repeat(40_000)]).0);
    says(&words, &["1 names are longer than 64 KB", "Look at the program"]);
    let longest = session.symbols.strings.iter().map(|id| session.symbols.strings.get(id).len()).max();
    assert_eq!(longest, Some(64 << 10));
}

#[test]
fn a_profile_of_too_many_types_is_refused() {
    let (_, words) = open(&profile(65, &[]).0);
    says(&words, &["refused: ", "65 sample types; 64 are the most", "several profiles"]);
    assert_eq!(open(&profile(64, &[]).0).1, "");
}

#[test]
fn values_that_are_left_out_take_no_memory() {
    let mut message = profile(64, &[]);
    for _ in 0..10_000 {
        message = message.bytes(2, &[]);
    }
    let (session, words) = open(&message.0);
    says(&words, &["of 10000 samples were read: the samples leave out most of their values", "Capture it again."]);
    let profile = session.profile(session.sources[0].id).unwrap();
    assert!(profile.stacks.len() < 3000, "{}", profile.stacks.len());
    assert!(profile.values.iter().all(|column| column.len() == profile.stacks.len()));
}

#[test]
fn json_beyond_any_statistics_is_refused() {
    let mut json = b"{\n\"memstats\":{}".to_vec();
    json.resize((64 << 20) + 1, b' ');
    says(&open(&json).1, &["refused: ", "larger than 64 MB", "Cut out the object"]);
}

#[test]
fn a_long_line_is_cut() {
    let text = format!("# HELP go_memstats_heap_alloc_bytes {}\ngo_memstats_heap_alloc_bytes 5\n", "a".repeat(70_000));
    says(&open(text.as_bytes()).1, &["1 lines are longer than 64 KB", "break them up"]);
}

#[test]
fn processes_are_told_apart_up_to_a_number() {
    let mut scrapes = String::new();
    for number in 0..66 {
        writeln!(scrapes, "go_memstats_heap_alloc_bytes{{instance=\"{number}\"}} 5").unwrap();
    }
    says(&open(scrapes.as_bytes()).1, &["more than 64 processes: 2 values", "grep ADDRESS FILE"]);
    let cycle = "gc 1 @0.1s 0%: 0.01+0.2+0.01 ms clock, 0.01+0/0.1/0+0.01 ms cpu, 4->4->1 MB, 5 MB goal, 1 P\n";
    says(
        &open(cycle.repeat(258).as_bytes()).1,
        &["256 processes are told apart in one log; 2 cycles", "Cut the log into parts"],
    );
    let machine = "[0.005s][info][gc] Using G1\n[0.1s][info][gc] GC(0) Pause Young (Normal) (G1 Evacuation Pause) 3M->1M(8M) 1.0ms\n";
    says(
        &open(machine.repeat(258).as_bytes()).1,
        &["256 machines are told apart in one log; 2 more", "Cut the log into parts"],
    );
}

#[test]
fn pools_are_told_apart_up_to_a_number() {
    let process = Process { pid: 7, program: "many".into(), recorder: "test 0".into() };
    let mut writer = Writer::new(Vec::new(), &process).unwrap();
    for number in 1..=(1 << 16) + 3 {
        writer.counters(&Counters { time: Nanos(5), pool: PoolId(number), counts: Vec::new() }).unwrap();
    }
    let (session, words) = open(&writer.into_inner().unwrap());
    says(&words, &["65536 pools are told apart; 3 more", "give pools that come and go one name"]);
    assert_eq!(session.pools(session.sources[0].id).unwrap().history.pools.len(), 1 << 16);
}

/// A zip of empty members.
fn zip(members: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for number in 0..members {
        let name = format!("{number:05}");
        out.extend_from_slice(b"PK\x03\x04\x14\0\0\0\0\0\0\0\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\x05\0\0\0");
        out.extend_from_slice(name.as_bytes());
    }
    out
}

#[test]
fn an_archive_of_too_many_is_left_out_from_there() {
    let mut found = 0;
    let words = unpack(&zip(2002), &mut |_| found += 1).unwrap().join(" ");
    assert_eq!(found, 2000);
    says(&words, &["up to 2000 files", "MB in all", "Unpack it, and open the files of interest"]);
}

#[test]
fn an_analysis_beyond_any_says_by_how_much() {
    let words = |text: &str| decode(text).unwrap_err().to_string();
    says(
        &words(&"A".repeat((4 << 20) + 1)),
        &["more than 4194304 bytes of text", "Ask for the files, or for a bundle"],
    );
    says(&words(&seal(&vec![0; (8 << 20) + 1]).unwrap()), &["more than 8388608 bytes,", "Ask for the files"]);
}

#[test]
fn a_view_that_no_page_writes_is_left_out_of_a_bundle() {
    let (mut writer, mut bytes) = bundle::Writer::begin();
    writer.look(&format!("#{}", "x".repeat(64 << 10)), Vec::new());
    bytes.extend(writer.finish("{}").unwrap());
    let opened = bundle::read(&bytes).unwrap();
    assert_eq!(opened.state, "");
    says(&opened.words.join(" "), &["more than 64 KB", "opened without"]);
}
