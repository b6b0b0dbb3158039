//! What `top` writes for other tools: a profile that reads back to the same numbers, folded stacks, CSV.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

fn heap(number: u32) -> String {
    format!("{}/../fixtures/go/leak-retained/go1.27.3/heap.{number}.pb.gz", env!("CARGO_MANIFEST_DIR"))
}

fn top(args: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_poolscope")).arg("top").args(args).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

fn json(args: &[&str]) -> Value {
    serde_json::from_slice(&top(args).stdout).unwrap()
}

#[test]
fn a_profile_that_was_written_has_the_numbers_of_what_it_was_made_of() {
    let (now, before) = (heap(5), heap(0));
    let cases: [&[&str]; 9] = [
        &[],
        &["--focus", "main"],
        &["--ignore", "runtime", "--hide", "main\\.main"],
        &["--show", "main|sync"],
        &["--show-from", "main\\."],
        &["--noinlines"],
        &["--base", &before],
        &["--diff-base", &before, "--focus", "main"],
        &["--base", &before, "--normalize"],
    ];
    for (at, options) in cases.iter().enumerate() {
        let options = [&["--relative-percentages"], *options].concat();
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("written.{at}.pb.gz"));
        std::fs::write(&path, top(&[&options[..], &["--proto", &now]].concat()).stdout).unwrap();
        let written = path.to_string_lossy().into_owned();
        let wanted = json(&[&options[..], &["--json", &now]].concat());
        let found = json(&["--json", &written]);
        for (name, wanted) in wanted["types"].as_object().unwrap() {
            assert_eq!(found["types"][name]["rows"], wanted["rows"], "{options:?} {name}");
            // A base's own total is of no one profile.
            if !options.contains(&"--diff-base") {
                assert_eq!(found["types"][name]["total"], wanted["total"], "{options:?} {name}");
            }
        }
    }
}

#[test]
fn folded_stacks_add_up_to_the_total() {
    let folded = String::from_utf8(top(&["--folded", "--sample-index", "inuse_space", &heap(5)]).stdout).unwrap();
    let sum: i64 = folded.lines().map(|line| line.rsplit_once(' ').unwrap().1.parse::<i64>().unwrap()).sum();
    let wanted = json(&["--json", "--sample-index", "inuse_space", &heap(5)]);
    assert_eq!(Some(sum), wanted["types"]["inuse_space"]["total"].as_i64());
    assert!(folded.lines().any(|line| line.contains("main.initSession")), "{folded}");
}

#[test]
fn csv_has_all_rows() {
    let csv = String::from_utf8(top(&["--csv", "--sample-index", "inuse_space", &heap(5)]).stdout).unwrap();
    let wanted = json(&["--json", "--sample-index", "inuse_space", &heap(5)]);
    let rows = wanted["types"]["inuse_space"]["rows"].as_array().unwrap();
    assert!(csv.starts_with("name,flat (bytes),cum (bytes)\r\n"), "{csv}");
    assert_eq!(csv.matches("\r\n").count(), rows.len() + 1);
    let first = format!("{},{},{}\r\n", rows[0]["name"].as_str().unwrap(), rows[0]["flat"], rows[0]["cum"]);
    assert!(csv.contains(&first), "{first}");
}
