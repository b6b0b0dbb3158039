//! The built command, driven as a shell drives it: what goes to which stream, exit codes, shapes of JSON.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::ffi::OsStr;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn fixture(name: &str) -> String {
    format!("{}/../fixtures/go/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn heaps(run: &str, numbers: impl IntoIterator<Item = u32>) -> Vec<String> {
    numbers.into_iter().map(|n| fixture(&format!("{run}/heap.{n}.pb.gz"))).collect()
}

fn leak() -> Vec<String> {
    heaps("leak-retained/go1.27.3", 0..=5)
}

/// A file of this test's own.
fn scratch(name: &str, bytes: &[u8]) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, bytes).unwrap();
    path.to_string_lossy().into_owned()
}

fn poolscope<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Output {
    Command::new(env!("CARGO_BIN_EXE_poolscope")).args(args).stdin(Stdio::null()).output().unwrap()
}

fn on(args: &[&str], files: &[String]) -> Output {
    poolscope(args.iter().map(|arg| (*arg).to_owned()).chain(files.iter().cloned()))
}

fn json(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", words(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn words(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn top_prints_the_oracles_json() {
    let heap = fixture("leak-retained/go1.27.3/heap.5.pb.gz");
    let wanted: Value = serde_json::from_slice(&std::fs::read(format!("{heap}.oracle.json")).unwrap()).unwrap();
    let found = json(&poolscope(["top", "--json", &heap]));
    assert_eq!((&found["file"], &found["types"]), (&wanted["file"], &wanted["types"]));
    let one = json(&poolscope(["top", "--json", "--sample-index", "inuse_space", "--nodecount", "3", &heap]));
    assert_eq!(one["types"].as_object().unwrap().len(), 1);
    assert_eq!(one["types"]["inuse_space"]["rows"].as_array().unwrap().len(), 3);
}

#[test]
fn top_reads_standard_input() {
    let heap = fixture("leak-retained/go1.27.3/heap.5.pb.gz");
    let mut command = Command::new(env!("CARGO_BIN_EXE_poolscope"));
    command.args(["top", "--json", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(&std::fs::read(&heap).unwrap()).unwrap();
    let found = json(&child.wait_with_output().unwrap());
    assert_eq!(found["types"], json(&poolscope(["top", "--json", &heap]))["types"]);
}

#[test]
fn top_reads_as_pprofs() {
    let cpu = text(&poolscope(["top", "--focus", "gc", &fixture("churn/go1.27.3/cpu.4.pb.gz")]));
    let head: Vec<&str> = cpu.lines().take(7).collect();
    assert!(head[0].starts_with("File: ") && head[2] == "Type: cpu", "{head:?}");
    assert!(
        head[3].starts_with("Time: 2026-11-23 ") && head[4].starts_with("Duration: 1.47s, Total samples = "),
        "{head:?}"
    );
    assert_eq!(head[5..], ["Active filters:", "   focus=gc"]);
    let heap = text(&poolscope(["top", &fixture("leak-retained/go1.27.3/heap.5.pb.gz")]));
    assert!(heap.contains("      flat  flat%   sum%        cum   cum%\n"), "{heap}");
    let row = "  583.01kB  1.63% 97.13%   583.01kB  1.63%  compress/flate.newFastEnc (inline)\n";
    assert!(heap.contains(row), "{heap}");
}

#[test]
fn a_filter_that_leaves_nothing_says_so() {
    let output = poolscope(["top", "--focus", "nowhere", &fixture("leak-retained/go1.27.3/heap.5.pb.gz")]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(words(&output), "poolscope: Nothing is left after focus.\n");
}

#[test]
fn diff_has_what_pprof_lacks() {
    let found = json(&on(&["diff", "--json"], &heaps("leak-retained/go1.27.3", [0, 5])));
    let leak = &found["rows"][0];
    assert_eq!((leak["name"].as_str(), leak["change"].as_str()), (Some("main.initSession"), Some("grew")));
    let types: Vec<&str> = leak["values"].as_array().unwrap().iter().map(|v| v["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["alloc_objects", "alloc_space", "inuse_objects", "inuse_space"]);
    let inuse = &leak["values"][3]["flat"];
    let number = |key: &str| inuse[key].as_f64().unwrap();
    assert!((number("current") - number("base") - number("delta")).abs() < 0.5);
    assert!((number("per_second") * found["seconds"].as_f64().unwrap() - number("delta")).abs() < 1.0);
    assert!(number("low") < number("delta") && number("delta") < number("high"));
    assert!((number("ratio") - number("current") / number("base")).abs() < 1e-9);
    assert_eq!(inuse["significant"].as_bool(), Some(true));
}

#[test]
fn growth_ranks_the_leak_first() {
    let found = json(&on(&["growth", "--json"], &leak()));
    let leak = &found["rows"][0];
    assert_eq!(leak["name"].as_str(), Some("main.initSession"));
    for key in ["slope", "tau", "p", "share", "survival", "mean_age_seconds"] {
        assert!(leak[key].is_number(), "{key}: {leak}");
    }
    assert!(leak["share"].as_f64().unwrap() > 0.9 && leak["survival"].as_f64().unwrap() > 0.9);
    assert_eq!(leak["mean_size"].as_array().unwrap().len(), 2);
    // What is never freed ages a second a second, and its size does not drift.
    assert!((leak["mean_age_slope"].as_f64().unwrap() - 1.0).abs() < 0.05, "{leak}");
    assert!(leak["mean_size_slope"].as_f64().unwrap().abs() < 1.0, "{leak}");
    let churn = json(&on(&["growth", "--json"], &heaps("churn/go1.27.3", 0..=5)));
    let churned = churn["rows"].as_array().unwrap().iter().find(|row| row["name"] == "main.parseRecord").unwrap();
    assert!(churned["mean_age_slope"].as_f64().unwrap() < 0.1, "{churned}");
    assert_eq!(found["snapshots"].as_array().unwrap().len(), 6);
}

#[test]
fn check_is_a_gate() {
    assert_eq!(on(&["check"], &leak()).status.code(), Some(0));
    assert_eq!(on(&["check", "--fail-on", "L3"], &leak()).status.code(), Some(1));
    assert_eq!(on(&["check", "--fail-on", "L2"], &heaps("healthy/go1.27.3", 0..=4)).status.code(), Some(0));

    let report = on(&["check", "--json"], &leak());
    let found = json(&report);
    let worst = &found["findings"][0];
    let word = |key: &str| worst[key].as_str().unwrap();
    assert_eq!((word("rule"), word("severity"), word("known")), ("heap-leak", "L3", "sampled"));
    assert_eq!(worst["site"]["function"].as_str(), Some("main.initSession"));
    assert!(worst["site"]["line"].is_number() && worst["site"]["pool"].is_string(), "{}", worst["site"]);
    for key in ["claim", "disproof", "fix", "next"] {
        assert!(word(key).len() > 10, "{key}");
    }
    let evidence = &worst["evidence"][0];
    assert!(evidence["link"].as_str().unwrap().starts_with("#v="), "{evidence}");
    assert_eq!(evidence["file"].as_str(), Some("heap.5.pb.gz"));
    assert_eq!(found["verdict"]["findings"], Value::from(vec![0]));
    let file = &found["files"][0];
    assert_eq!((file["kind"].as_str(), file["state"].as_str()), (Some("heap profile"), Some("ok")));

    // What an earlier run found does not fail again, nor does what is expected.
    let baseline = scratch("baseline.json", &report.stdout);
    assert_eq!(on(&["check", "--fail-on", "L2", "--baseline", &baseline], &leak()).status.code(), Some(0));
    let expected = scratch("expected", b"# known\nheap-leak initSession$\n");
    let quiet = on(&["check", "--fail-on", "L2", "--suppress", &expected], &leak());
    assert_eq!(quiet.status.code(), Some(0));
    assert!(text(&quiet).contains("Suppressed: 1 finding"), "{}", text(&quiet));
}

#[test]
fn thresholds_are_the_users() {
    let lines = scratch("thresholds.toml", b"leak_min_bytes = 1073741824\n");
    let found = json(&on(&["check", "--json", "--thresholds", &lines], &leak()));
    assert!(found["findings"].as_array().unwrap().iter().all(|finding| finding["rule"] != "heap-leak"));
    let wrong = scratch("wrong.toml", b"leak_min_byte = 1\n");
    let output = on(&["check", "--thresholds", &wrong], &leak());
    assert_eq!(output.status.code(), Some(2));
    assert!(words(&output).contains("leak_min_byte"), "{}", words(&output));
}

#[test]
fn pools_of_the_users_own_are_counted() {
    // Once the user says that main.compress hands objects out, what is made below it is that pool's miss.
    let pools = b"[[pools]]\nfamily = \"scratches\"\nacquire = [\"main.compress\"]\n";
    let file = scratch("pools.toml", pools);
    let run = heaps("pool-miss-gc/go1.27.3", 0..=5);
    let found = json(&on(&["check", "--json", "--thresholds", &file], &run));
    let miss = found["findings"].as_array().unwrap().iter().find(|finding| finding["rule"] == "pool-miss").unwrap();
    assert!(miss["detail"].as_str().unwrap().contains("scratches"), "{miss}");
}

#[test]
fn check_speaks_sarif_and_markdown() {
    let sarif = json(&on(&["check", "--sarif"], &leak()));
    assert_eq!(sarif["version"].as_str(), Some("2.1.0"));
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!((result["ruleId"].as_str(), result["level"].as_str()), (Some("heap-leak"), Some("error")));
    assert!(result["locations"][0]["physicalLocation"]["region"]["startLine"].as_i64().unwrap() > 0);
    let markdown = text(&on(&["check", "--markdown"], &leak()));
    assert!(markdown.contains("### L3 · heap-leak: main.initSession retains "), "{markdown}");
}

#[test]
fn what_cannot_be_read_is_said_once_a_file() {
    let (empty, noise) = (scratch("empty", b""), scratch("noise.txt", b"it leaks\n"));
    let heap = fixture("leak-retained/go1.27.3/heap.5.pb.gz");
    for command in ["top", "check"] {
        let output = poolscope([command, &empty, &noise, "/nowhere/heap.pb.gz", &heap]);
        assert_eq!(output.status.code(), Some(2), "{command}");
        let lines: Vec<String> = words(&output).lines().map(str::to_owned).collect();
        assert_eq!(lines.len(), 3, "{command}: {lines:?}");
        assert!(lines[0].starts_with("poolscope: ") && lines[0].contains("The file is empty"), "{lines:?}");
        assert!(lines[1].contains("it leaks") && lines[2].ends_with("There is no such file."), "{lines:?}");
    }
    assert_eq!(poolscope(["top"]).status.code(), Some(2));
    assert_eq!(poolscope(["nonsense"]).status.code(), Some(2));
    assert_eq!(poolscope(["top", "--focus", "(", &heap]).status.code(), Some(2));
    assert_eq!(poolscope(["top", "--help"]).status.code(), Some(0));
}

#[test]
fn a_file_past_all_bounds_is_not_read() {
    let path = scratch("huge", b"");
    // Sparse: it has this length and takes no room.
    std::fs::File::options().write(true).open(&path).unwrap().set_len(5 << 30).unwrap();
    let output = poolscope(["top", &path]);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(words(&output).contains("The file has 5.0 GB, and 4 GB is the most that is read"), "{}", words(&output));
}
