//! What the compiler says of escaping values, read from real builds.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::fs;
use std::ops::ControlFlow;

use analysis::model::record::{EscapeKind, EscapeNotes, Record};
use analysis::session::Session;

fn read(name: &str) -> Vec<u8> {
    fs::read(format!("{}/../fixtures/text/escape/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The notes, and how many lines were not understood.
fn notes(bytes: &[u8]) -> (EscapeNotes, u64) {
    let mut session = Session::default();
    session.open("escape.txt", bytes, &mut |_| ControlFlow::Continue(())).unwrap();
    let source = &session.sources[0];
    match source.records.as_slice() {
        [Record::Escape(notes)] => (notes.as_ref().clone(), source.unread.lines),
        other => panic!("{other:?}, {:?}", source.unread),
    }
}

/// `line:column text` of every note.
fn listed(notes: &EscapeNotes) -> Vec<String> {
    notes.notes.iter().map(|note| format!("{}:{} {}", note.line, note.column, note.text())).collect()
}

#[test]
fn notes_are_kept_and_the_rest_is_counted() {
    let (churn, unread) = notes(&read("churn-go1.27.3.m.txt"));
    assert_eq!(unread, 0);
    let wanted = [
        "24:18 leaking param: line",
        "25:7 &record{...} escapes to heap",
        "25:27 ([]byte)(line) escapes to heap",
        "27:16 make(map[string]string, len(r.fields)) escapes to heap",
        "37:6 moved to heap: sb",
        "39:41 k escapes to heap",
        "39:45 i + k escapes to heap",
        "44:19 leaking param: ctx",
        "56:55 leaking param: r",
        "60:67 leaking param: ctx",
        "60:57 w escapes to heap",
        "60:62 func literal escapes to heap",
        "56:50 func literal escapes to heap",
    ];
    assert_eq!(listed(&churn), wanted);
    assert!(
        churn.notes.iter().all(|note| note.file == "scen/churn/main.go" && note.package == "poolcorpus/scen/churn")
    );
    assert!(churn.others > 20 && !churn.has_flow);
    for name in ["healthy-go1.27.3.m.txt", "leak-retained-go1.19.8.m.txt"] {
        assert_eq!(notes(&read(name)).1, 0, "{name}");
    }
}

#[test]
fn a_value_told_twice_is_one_note_with_its_way() {
    let (with_flow, unread) = notes(&read("healthy-go1.27.3.m2.txt"));
    assert_eq!(unread, 0);
    let (plain, _) = notes(&read("healthy-go1.27.3.m.txt"));
    // The closure of a `go` statement is told with its way only.
    let more: Vec<String> = listed(&with_flow).into_iter().filter(|note| !listed(&plain).contains(note)).collect();
    assert_eq!(more, ["69:4 func literal escapes to heap"]);
    assert_eq!(with_flow.notes.len(), plain.notes.len() + 1);
    let made = with_flow.notes.iter().find(|note| note.subject == "new(bytes.Buffer)").unwrap();
    assert_eq!(
        made.flow,
        [
            "flow: b ← &{storage for new(bytes.Buffer)}:",
            "  from new(bytes.Buffer) (spill) at scen/healthy/main.go:22:10",
            "  from b := new(bytes.Buffer) (assign) at scen/healthy/main.go:22:4",
            "flow: ~r0 ← b:",
            "  from b (interface-converted) at scen/healthy/main.go:24:9",
            "  from return b (return) at scen/healthy/main.go:24:2",
        ]
    );
    // Two builds in one file say nothing new.
    let twice = [read("healthy-go1.27.3.m2.txt"), read("healthy-go1.27.3.m2.txt")].concat();
    assert_eq!(notes(&twice).0.notes, with_flow.notes);
}

#[test]
fn a_moved_variable_is_moved_even_where_its_way_comes_first() {
    let text = "# a.b/c [a.b/c.test]\n.\\x.go:5:2: v escapes to heap in F:\n.\\x.go:5:2:   flow: p ← &v:\n.\\x.go:5:2:     \
                from &v (address-of) at .\\x.go:6:7\n.\\x.go:5:2: moved to heap: v\nx.go:9: w escapes to heap\n";
    let (found, unread) = notes(text.as_bytes());
    assert_eq!(unread, 0);
    let first = &found.notes[0];
    assert_eq!((first.kind, first.file.as_str(), first.package.as_str()), (EscapeKind::MovedToHeap, "./x.go", "a.b/c"));
    assert_eq!(first.flow.len(), 2);
    assert_eq!(listed(&found)[1], "9:0 w escapes to heap");
}

#[test]
fn a_heading_and_a_log_line_are_no_build() {
    let mut session = Session::default();
    for text in ["# Notes\nit leaks\n", "main.go:12: listening on :8080\n"] {
        session.open("notes.txt", text.as_bytes(), &mut |_| ControlFlow::Continue(())).unwrap();
    }
    for source in &session.sources {
        assert!(source.records.is_empty() && matches!(source.content, analysis::session::Content::Refused { .. }));
    }
}

#[test]
fn what_the_compiler_writes_as_json_is_what_it_prints() {
    let (json, unread) = notes(&read("healthy-go1.27.3.json"));
    let (text, _) = notes(&read("healthy-go1.27.3.m2.txt"));
    assert_eq!(unread, 0);
    let sorted = |notes: &EscapeNotes| {
        let mut list = listed(notes);
        list.sort();
        list
    };
    assert_eq!(sorted(&json), sorted(&text));
    let flow = |notes: &EscapeNotes, root: &str| {
        let made = notes.notes.iter().find(|note| note.subject == "new(bytes.Buffer)").unwrap();
        made.flow.iter().map(|line| line.replace(root, "")).collect::<Vec<_>>()
    };
    assert_eq!(flow(&json, "/opt/builds/gen/"), flow(&text, ""));
    assert_eq!(json.notes[0].file, "/opt/builds/gen/scen/healthy/main.go");
}
