//! Go's own test traces, and some more that are odd: sound ones event for event as Go's reader gives them, the others
//! with words that name what is wrong, and with every event that Go's reader gives before it stops.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod conformance;

use conformance::text::{TextTrace, unquote};
use conformance::{Reading, assert_same_lines, files};

#[test]
fn text_traces_are_read_as_go_reads_them() {
    let paths = files("", ".test");
    assert_eq!(paths.len(), 31);
    for path in paths {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = TextTrace::parse(&std::fs::read_to_string(&path).unwrap());
        let gos = std::fs::read_to_string(path.with_extension("events")).unwrap();
        let reading = Reading::of(&text.bytes);
        let Some(failure) = text.failure else {
            let reading = reading.unwrap();
            assert!(reading.warnings.is_empty(), "{name}: {:?}", reading.warnings);
            assert_same_lines(&name, &reading.events(), &gos);
            continue;
        };
        assert!(gos.lines().next_back().unwrap().starts_with("error: "), "{name}: Go's reader accepts it");
        let words = reading.as_ref().map_or_else(|error| error.words.clone(), |reading| reading.warnings.join(" "));
        assert!(words.contains(&failure), "{name} should say “{failure}”, and says: {words}");
        let events = reading.map_or(String::new(), |reading| reading.events());
        let is_event = |line: &&str| !line.contains(" Sync n=") && !line.starts_with("error: ");
        for (ours, gos) in events.lines().filter(is_event).zip(gos.lines().filter(is_event)) {
            assert_eq!(ours, gos, "{name}: ours, Go's");
        }
        assert!(events.lines().count() + 1 >= gos.lines().count(), "{name} keeps less than Go's reader gives");
    }
}

#[test]
fn traces_that_once_broke_gos_reader_do_not_panic() {
    let paths = files("fuzz", "");
    assert_eq!(paths.len(), 17);
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let literal = text.lines().find_map(|line| line.strip_prefix("[]byte(")?.strip_suffix(')')).unwrap();
        let bytes = unquote(literal);
        if let Ok(reading) = Reading::of(&bytes) {
            assert!(reading.trace.events.iter().map(|event| event.time).is_sorted(), "{}", path.display());
            assert!(reading.trace.event_count() <= 4 * bytes.len() + 2, "{}", path.display());
        }
    }
}

#[test]
fn a_generation_that_is_missing_takes_no_other_with_it() {
    let path = files("", "ours-generation-missing.test").pop().unwrap();
    let reading = Reading::of(&TextTrace::parse(&std::fs::read_to_string(path).unwrap()).bytes).unwrap();
    let ends = reading.events().lines().filter(|line| line.contains(" TaskEnd ")).count();
    assert_eq!(ends, 2, "one task ends in each of the two generations that are there: {}", reading.events());
}
