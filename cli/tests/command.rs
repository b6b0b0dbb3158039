//! The built command, driven as a shell drives it: what goes to which stream, exit codes, shapes of JSON.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
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
fn compare_says_whether_the_fix_worked() {
    let (leak, healthy) = (fixture("leak-retained/go1.27.3"), fixture("healthy/go1.27.3"));
    let of = |before: &str, after: &str| poolscope(["compare", "--before", before, "--after", after]);
    let fixed = of(&leak, &healthy);
    let said = text(&fixed);
    assert!(said.starts_with("The fix worked: main.initSession’s growth fell from 3.8 MB/s ("), "{said}");
    assert!(
        said.contains("heap snapshots over 7.5 s") && said.contains("\nBetter:\n  growth: main.initSession  "),
        "{said}"
    );
    assert!(text(&of(&healthy, &leak)).starts_with("It got worse: main.initSession’s growth rose from 0 B/s ("));
    let [before, after] = [heaps("leak-retained/go1.26.6", 0..=4), heaps("leak-retained/go1.27.3", 0..=5)];
    let args = ["compare", "--json", "--before"].map(str::to_owned).into_iter();
    let found = json(&poolscope(args.chain(before).chain(["--after".to_owned()]).chain(after)));
    assert_eq!(found["verdict"]["conclusion"], "not-shown");
    assert_eq!((&found["before"]["told"]["heaps"], &found["after"]["files"][5]), (&5.into(), &"heap.5.pb.gz".into()));
    let growth = found["differences"].as_array().unwrap().iter().find(|row| row["measure"] == "growth").unwrap();
    assert!(growth["change"]["low"].as_f64().unwrap() <= growth["change"]["high"].as_f64().unwrap(), "{growth}");
    assert_eq!(poolscope(["compare", "--before", &leak]).status.code(), Some(2));
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

fn process_fixture(name: &str) -> String {
    format!("{}/../fixtures/process/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn check_takes_what_processes_and_kernels_say() {
    let native = ["memstats.jsonl", "smaps.txt"].map(|file| process_fixture(&format!("native/{file}")));
    let found = json(&on(&["check", "--json"], &native));
    let worst = &found["findings"][0];
    assert_eq!((worst["rule"].as_str(), worst["severity"].as_str()), (Some("rss-unexplained"), Some("L3")), "{found}");
    assert!(worst["evidence"][0]["link"].as_str().unwrap().contains("view=gc"), "{worst}");
    let kinds: Vec<&str> =
        found["files"].as_array().unwrap().iter().map(|file| file["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["memory statistics", "memory map"]);
    let cgroup = [process_fixture("cgroup/near.txt")];
    assert_eq!(on(&["check", "--fail-on", "L3"], &cgroup).status.code(), Some(1));
    assert_eq!(on(&["check", "--fail-on", "L1"], &[process_fixture("cgroup/roomy.txt")]).status.code(), Some(0));
    // What is known does not fail again; a finding of no function is known by its rule.
    let baseline = scratch("cgroup.json", &on(&["check", "--json"], &cgroup).stdout);
    assert_eq!(on(&["check", "--fail-on", "L1", "--baseline", &baseline], &cgroup).status.code(), Some(0));
    let kernel = [process_fixture("kernel/after.perf.txt.gz")];
    let sarif = json(&on(&["check", "--sarif"], &kernel));
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"].as_str(), Some("kernel-growth"));
    // The kernel's functions have no source here: the record stands for it.
    assert_eq!(
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str(),
        Some("after.perf.txt.gz")
    );
}

#[test]
fn what_is_not_understood_is_counted_and_shown() {
    let log =
        scratch("noisy.log", b"listening on :8080\nVmRSS:\t 100 kB\n`drop` <table>\nGET / 200\nVmRSS:\t 200 kB\n");
    let found = json(&poolscope(["check", "--json", &log]));
    let file = &found["files"][0];
    assert_eq!((file["kind"].as_str(), file["unread"].as_u64()), (Some("process status"), Some(3)), "{file}");
    assert_eq!(file["unread_first"][0].as_str(), Some("listening on :8080"));
    let said = text(&poolscope(["check", &log]));
    assert!(said.contains("noisy.log: 3 lines were not understood, such as “listening on :8080”"), "{said}");
    let markdown = text(&poolscope(["check", "--markdown", &log]));
    assert!(markdown.contains("### Not read\n\n- `noisy.log: 3 lines"), "{markdown}");
    let sarif = json(&poolscope(["check", "--sarif", &log]));
    let note = &sarif["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
    assert!(note.as_str().unwrap().contains("3 lines"), "{note}");
    let whole = json(&poolscope(["check", "--json", &process_fixture("cgroup/roomy.txt")]));
    assert_eq!(whole["files"][0]["unread"].as_u64(), Some(0));
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

fn pool_fixture(mode: &str) -> String {
    format!("{}/../fixtures/pool/{mode}/orders.pooltrace", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn pool_prints_every_number() {
    let found = json(&poolscope(["pool", "--json", &pool_fixture("wrong-pool")]));
    assert_eq!((found["ok"].as_bool(), found["processes"][0]["lost_events"].as_u64()), (Some(true), Some(0)));
    let pools = found["pools"].as_array().unwrap();
    let orders = pools.iter().find(|pool| pool["name"] == "orders").unwrap();
    // As pool/tests/fixtures.rs says of the same file.
    assert_eq!((orders["gets"].as_u64(), orders["puts"].as_u64()), (Some(1152), Some(1152)));
    let put = orders["transitions"].as_array().unwrap().iter().find(|edge| edge["name"] == "put").unwrap();
    assert_eq!(
        (put["from"].as_str(), put["to"].as_str(), put["count"].as_u64()),
        (Some("active"), Some("returned"), Some(1152))
    );
    let active = orders["dwell"].as_array().unwrap().iter().find(|dwell| dwell["state"] == "active").unwrap();
    assert_eq!((active["ended"].as_u64(), active["censored"].as_u64()), (Some(1152), Some(0)));
    assert!(active["p50_nanos"].as_u64() < active["p99_nanos"].as_u64());
    assert_eq!(orders["conservation"]["unaccounted"].as_i64(), Some(0));
    let breaches = orders["violation_events"].as_array().unwrap();
    assert_eq!((breaches.len(), breaches[0]["owner"].as_str()), (128, Some("refunds")));
    assert!(breaches[0]["at"].as_str().unwrap().starts_with("pool/examples/order_service.rs:"));
}

#[test]
fn pool_reads_well_as_text() {
    let said = text(&poolscope(["pool", &pool_fixture("leak")]));
    for part in [
        "ACTIVE       RETURNED     put",
        "balance holds, by the record: New ",
        "still out at the end",
        "Not used: replies/512",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let profile = poolscope(["pool", &fixture("leak-retained/go1.27.3/heap.5.pb.gz")]);
    assert_eq!(profile.status.code(), Some(2));
    assert!(words(&profile).contains("no pool trace"), "{}", words(&profile));
}

#[test]
fn check_takes_pool_traces_beside_profiles() {
    let files = [vec![pool_fixture("leak")], leak()].concat();
    let output = on(&["check", "--json", "--fail-on", "L3"], &files);
    assert_eq!(output.status.code(), Some(1));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rules: Vec<&str> = found["findings"].as_array().unwrap().iter().filter_map(|f| f["rule"].as_str()).collect();
    assert!(rules.contains(&"never-returned") && rules.contains(&"heap-leak"), "{rules:?}");
    assert_eq!(found["files"][0]["kind"].as_str(), Some("pool trace"));
    let never =
        found["findings"].as_array().unwrap().iter().find(|finding| finding["rule"] == "never-returned").unwrap();
    assert_eq!(never["site"]["pool"].as_str(), Some("orders"));
    assert!(never["evidence"][0]["link"].as_str().unwrap().contains("view=states&cur=orders.pooltrace&sel=orders"));
}

/// A folder of this test's own, empty.
fn empty_folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn convert_says_the_same_and_writes_all_or_nothing() {
    let folder = empty_folder("convert");
    let to = folder.join("new.pooltrace").to_string_lossy().into_owned();
    let from = pool_fixture("leak");
    let output = poolscope(["convert", &from, &to]);
    assert_eq!(output.status.code(), Some(0), "{}", words(&output));
    let [mut before, mut after] = [&from, &to].map(|file| json(&poolscope(["pool", "--json", file])));
    for report in [&mut before, &mut after] {
        for key in ["file", "bytes"] {
            report.as_object_mut().unwrap().remove(key);
        }
        report["pools"].as_array_mut().unwrap().iter_mut().for_each(|pool| pool["file"] = Value::Null);
    }
    assert_eq!(before, after);
    // Again over itself: what is written is what a writer of this version would write.
    let bytes = std::fs::read(&to).unwrap();
    assert_eq!(poolscope(["convert", &to, &to]).status.code(), Some(0));
    assert_eq!(std::fs::read(&to).unwrap(), bytes);

    // Damage would be hidden by a rewrite, so it is refused, and the file that was there stays.
    let mut damaged = bytes.clone();
    damaged[bytes.len() / 2] ^= 0xff;
    let damaged = scratch("damaged.pooltrace", &damaged);
    let newer = {
        let mut newer = bytes.clone();
        newer[10] = 9;
        let crc = crc32fast::hash(&newer[..12]);
        newer[12..16].copy_from_slice(&crc.to_le_bytes());
        scratch("newer.pooltrace", &newer)
    };
    for (from, said) in [
        (damaged.as_str(), "It is damaged"),
        (newer.as_str(), "It is of version 1.9, and this program writes 1.0"),
        (&fixture("leak-retained/go1.27.3/heap.5.pb.gz"), "no pool trace"),
        ("/nowhere.pooltrace", "There is no such file"),
    ] {
        let output = poolscope(["convert", from, &to]);
        assert_eq!(output.status.code(), Some(2), "{from}");
        assert!(words(&output).contains(said), "{}", words(&output));
    }
    assert_eq!(std::fs::read(&to).unwrap(), bytes);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "something half-written was left");
    // Where nothing can be written, nothing is.
    let nowhere = folder.join("no/such/folder.pooltrace").to_string_lossy().into_owned();
    assert_eq!(poolscope(["convert", &from, &nowhere]).status.code(), Some(2));
}

#[test]
fn convert_keeps_a_record_without_an_end_as_one() {
    let folder = empty_folder("convert-cut");
    let whole = std::fs::read(pool_fixture("healthy")).unwrap();
    // Up to the end mark, which is the last chunk: 28 bytes of header and a short payload.
    let end = whole.windows(3).rposition(|bytes| bytes == b"\xf5PC").unwrap();
    let cut = scratch("cut.pooltrace", &whole[..end]);
    let to = folder.join("cut.pooltrace").to_string_lossy().into_owned();
    assert_eq!(poolscope(["convert", &cut, &to]).status.code(), Some(0));
    let said = poolscope(["pool", &to]);
    assert!(words(&said).contains("no end mark") || words(&said).contains("No end mark"), "{}", words(&said));
}

#[cfg(unix)]
#[test]
fn convert_keeps_its_pages_out_of_swap_or_says_why_not() {
    let folder = empty_folder("convert-locked");
    let to = folder.join("new.pooltrace");
    let output = poolscope(["convert", "--lock-memory", &pool_fixture("healthy"), &to.to_string_lossy()]);
    match output.status.code() {
        Some(0) => assert!(to.exists()),
        _ => {
            assert!(words(&output).contains("--lock-memory: The system "), "{}", words(&output));
            assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
        }
    }
}

#[test]
fn pool_reads_what_a_go_trace_says_of_pools() {
    let file = format!("{}/../fixtures/go_pool/go1.27.3/trace.out", env!("CARGO_MANIFEST_DIR"));
    let truth: Value =
        serde_json::from_slice(&std::fs::read(file.replace("trace.out", "truth.json")).unwrap()).unwrap();
    let found = json(&poolscope(["pool", "--json", &file]));
    for pool in found["pools"].as_array().unwrap() {
        let name = pool["name"].as_str().unwrap();
        assert_eq!((&pool["gets"], &pool["puts"]), (&truth["gets"][name], &truth["puts"][name]), "{name}");
        let abandoned = pool["states"].as_array().unwrap().iter().find(|node| node["name"] == "ABANDONED").unwrap();
        assert!(abandoned["objects"].is_null(), "what the source cannot show is not 0");
    }
    // Compressed, it is the same trace.
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&std::fs::read(&file).unwrap()).unwrap();
    let compressed = scratch("trace.out", &gzip.finish().unwrap());
    assert_eq!(json(&poolscope(["pool", "--json", &compressed]))["pools"], found["pools"]);
    assert_eq!(
        json(&poolscope(["check", "--json", &compressed]))["findings"],
        json(&poolscope(["check", "--json", &file]))["findings"]
    );
    let without = poolscope(["pool", &fixture("pool-miss-gc/go1.27.3/trace.out")]);
    assert_eq!(without.status.code(), Some(2));
    assert!(words(&without).contains("contrib/go/poolscope"), "{}", words(&without));
}

/// A folder is opened with all levels of it, and so is an archive of it: the same files, the same verdict.
#[test]
fn check_opens_folders_and_archives_with_all_that_is_in_them() {
    let folder = empty_folder("session");
    let run = folder.join("run/later");
    std::fs::create_dir_all(&run).unwrap();
    let copy = |name: &str, to: &Path| std::fs::copy(fixture(&format!("leak-retained/go1.22.10/{name}")), to).unwrap();
    for (name, to) in [
        ("heap.0.pb.gz", folder.join("run/heap.0.pb.gz")),
        ("heap.2.pb.gz", run.join("heap.2.pb.gz")),
        ("heap.4.pb.gz", run.join("heap.10.pb.gz")),
        ("trace.out", folder.join("run/trace.out")),
    ] {
        copy(name, &to);
    }
    std::fs::write(folder.join("run/README"), "what this is").unwrap();
    std::fs::write(folder.join("run/.hidden"), "not a dump").unwrap();
    let names = |report: &Value| -> Vec<String> {
        let file = |file: &Value| format!("{}: {}", file["name"].as_str().unwrap(), file["kind"].as_str().unwrap());
        report["files"].as_array().unwrap().iter().map(file).collect()
    };
    let path = folder.join("run").to_string_lossy().into_owned();
    let of_folder = poolscope(["check", "--json", &path]);
    // A file that is no dump is said, and no fault of the folder.
    assert_eq!(of_folder.status.code(), Some(0), "{}", words(&of_folder));
    assert!(words(&of_folder).contains("README"), "{}", words(&of_folder));
    let of_folder = json(&of_folder);
    let wanted = [
        "run/README: unknown",
        "run/heap.0.pb.gz: heap profile",
        "run/later/heap.2.pb.gz: heap profile",
        "run/later/heap.10.pb.gz: heap profile",
        "run/trace.out: execution trace",
    ];
    assert_eq!(names(&of_folder), wanted);
    // The archive has them in its own order.
    let archive = folder.join("run.tar.gz").to_string_lossy().into_owned();
    let packed = Command::new("tar").args(["czf", &archive, "-C", &folder.to_string_lossy(), "run"]).status();
    assert!(packed.unwrap().success());
    let of_archive = json(&poolscope(["check", "--json", &archive]));
    let mut archived = names(&of_archive);
    archived.sort();
    let mut wanted: Vec<String> = wanted.iter().map(|name| format!("run.tar.gz/{name}")).collect();
    wanted.push("run.tar.gz/run/.hidden: unknown".to_owned());
    wanted.sort();
    assert_eq!(archived, wanted);
    let rules = |report: &Value| -> Vec<String> {
        report["findings"].as_array().unwrap().iter().map(|finding| finding["rule"].to_string()).collect()
    };
    assert_eq!(rules(&of_archive), rules(&of_folder));
    assert!(!rules(&of_folder).is_empty());
    // Nothing in it at all is as bad as no file.
    let empty = empty_folder("session-empty").to_string_lossy().into_owned();
    assert_eq!(poolscope(["check", &empty]).status.code(), Some(2));
}

#[test]
fn link_prints_a_link_that_opens() {
    let link = on(
        &["link", "--base-url", "https://example.org/p/", "--note", "heap-leak=look here", "--budget", "8192"],
        &leak(),
    );
    let address = text(&link);
    assert_eq!(link.status.code(), Some(0), "{}", words(&link));
    let fragment = address.trim().strip_prefix("https://example.org/p/").unwrap();
    assert!(fragment.starts_with("#v=1&view=findings&a=") && fragment.len() <= 8192, "{} bytes", fragment.len());
    assert!(words(&link).contains("passes through chats"), "{}", words(&link));
    let analysis = analysis::share::decode(fragment.split("&a=").nth(1).unwrap()).unwrap();
    assert_eq!(analysis.sources.len(), 6);
    assert!(analysis.sources.iter().all(|source| source.identity.is_some()));
    assert_eq!(analysis.notes[0].text, "look here");
    // Without names: said on stderr, in the analysis, and they are not in it.
    let hidden = on(&["link", "--base-url", "https://example.org/", "--redact", "--preview"], &leak());
    let analysis = analysis::share::decode(text(&hidden).trim().split("&a=").nth(1).unwrap()).unwrap();
    assert!(analysis.is_redacted && !format!("{analysis:?}").contains("initSession"));
    assert!(words(&hidden).contains("main.initSession → main.f"), "{}", words(&hidden));
    let wrong = on(&["link", "--base-url", "ftp://x/"], &leak());
    assert_eq!(wrong.status.code(), Some(2));
    let small = on(&["link", "--base-url", "https://x/", "--budget", "300"], &leak());
    assert_eq!((small.status.code(), text(&small)), (Some(2), String::new()));
    assert!(words(&small).contains("a bundle or a report"), "{}", words(&small));
}
