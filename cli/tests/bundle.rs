//! Bundles of the command: files come out as they went in, and a redacted one names nothing of the program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::path::PathBuf;
use std::process::{Command, Output};

fn heaps() -> Vec<String> {
    let heap = |n| format!("{}/../fixtures/go/leak-retained/go1.27.3/heap.{n}.pb.gz", env!("CARGO_MANIFEST_DIR"));
    (0..=5).map(heap).collect()
}

fn scratch(name: &str) -> String {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name).to_string_lossy().into_owned()
}

fn poolscope(args: &[&str], files: &[String]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_poolscope")).args(args).args(files).output().unwrap()
}

fn members(path: &str) -> Vec<(String, Vec<u8>)> {
    let mut members = Vec::new();
    analysis::formats::archive::unpack(&std::fs::read(path).unwrap(), &mut |member| {
        members.push((member.name, member.bytes));
    });
    members
}

#[test]
fn files_come_out_as_they_went_in_and_the_command_reads_them() {
    let (out, again) = (scratch("a.poolscope"), scratch("b.poolscope"));
    for path in [&out, &again] {
        let made = poolscope(&["bundle", "-o", path], &heaps());
        assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
    }
    assert_eq!(std::fs::read(&out).unwrap(), std::fs::read(&again).unwrap());
    let opened = analysis::bundle::read(&std::fs::read(&out).unwrap()).unwrap();
    assert_eq!((opened.words.len(), opened.files.len()), (0, 6));
    for (file, path) in opened.files.iter().zip(heaps()) {
        assert!(path.ends_with(file.name.as_str()), "{}", file.name);
        assert_eq!(file.bytes, std::fs::read(&path).unwrap());
    }
    let direct = poolscope(&["check", "--json"], &heaps()).stdout;
    assert_eq!(poolscope(&["check", "--json"], &[out]).stdout, direct);
}

#[test]
fn an_analysis_alone_says_the_same_and_redacted_it_names_nothing() {
    let plain = scratch("plain.poolscope");
    let made = poolscope(&["bundle", "--analysis-only", "-o", &plain], &heaps());
    assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
    let names: Vec<String> = members(&plain).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["mimetype", "analysis.txt", "findings.json", "manifest.json"]);
    let said = String::from_utf8(poolscope(&["check", "--json"], &[plain]).stdout).unwrap();
    assert!(said.contains("main.initSession retains 29.1 MB"), "{said}");
    let hidden = scratch("hidden.poolscope");
    let made = poolscope(&["bundle", "--analysis-only", "--redact", "-o", &hidden], &heaps());
    assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
    for (name, bytes) in members(&hidden) {
        let text = match name.as_str() {
            "analysis.txt" => format!("{:?}", analysis::share::decode(&String::from_utf8(bytes).unwrap()).unwrap()),
            _ => String::from_utf8(bytes).unwrap(),
        };
        for secret in ["initSession", "acquireSession", "heap.5", "leak-retained"] {
            assert!(!text.contains(secret), "{name} tells {secret}");
        }
    }
    let refused = poolscope(&["bundle", "--redact", "-o", &scratch("no.poolscope")], &heaps());
    assert_eq!(refused.status.code(), Some(2));
    assert!(!PathBuf::from(scratch("no.poolscope")).exists());
}
