//! What the kernel allocated, by `perf script` (real records, counted apart by their lines) and by maps of bpftrace.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::ops::ControlFlow;

use analysis::model::{LabelValue, Profile, ProfileKind};
use analysis::session::{Content, Session};

fn open(name: &str, bytes: &[u8]) -> Session {
    let mut session = Session::default();
    session.open(name, bytes, &mut |_| ControlFlow::Continue(())).unwrap();
    session
}

fn record(name: &str) -> Session {
    let path = format!("{}/../fixtures/process/{name}", env!("CARGO_MANIFEST_DIR"));
    open(name, &std::fs::read(path).unwrap())
}

fn profiles(session: &Session) -> Vec<&Profile> {
    session.sources.iter().filter_map(|source| session.profile(source.id)).collect()
}

fn warnings(session: &Session) -> String {
    match &session.sources[0].content {
        Content::Profile { warnings, .. } | Content::Records { warnings } | Content::Pools { warnings, .. } => {
            warnings.join(" ")
        }
        Content::Refused { words } => words.clone(),
    }
}

fn sums(profile: &Profile) -> Vec<i64> {
    profile.values.iter().map(|column| column.iter().sum()).collect()
}

/// Function names of a row, leaf first.
fn names(session: &Session, profile: &Profile, row: usize) -> Vec<String> {
    let symbols = &session.symbols;
    let functions = symbols.function_names(symbols.stacks.get(profile.stacks[row]));
    functions.map(|name| symbols.strings.get(name).to_owned()).collect()
}

fn comments(session: &Session, profile: &Profile) -> Vec<String> {
    profile.comments.iter().map(|&id| session.symbols.strings.get(id).to_owned()).collect()
}

/// Numbers counted by a script that knows only lines and addresses.
#[test]
fn records_add_up_to_what_their_lines_say() {
    for (name, wanted) in [
        ("before", [2776, 1_573_416, 288, 73_888]),
        ("after", [4915, 2_804_136, 3717, 1_050_880]),
        ("closed", [5640, 3_199_760, 57, 1824]),
    ] {
        let session = record(&format!("kernel/{name}.perf.txt.gz"));
        let profile = profiles(&session)[0];
        assert_eq!(profile.kind, ProfileKind::Kernel);
        assert_eq!(sums(profile), wanted, "{name}");
        assert_eq!(session.sources[0].unread.lines, 0, "{name}: {:?}", session.sources[0].unread.first);
        let types: Vec<&str> = profile.sample_types.iter().map(|t| session.symbols.strings.get(t.name)).collect();
        assert_eq!(types, ["alloc_objects", "alloc_space", "inuse_objects", "inuse_space"]);
        assert!(profile.duration.unwrap().nanos() > 100_000_000);
    }
}

#[test]
fn a_stack_begins_at_the_call_site_and_sizes_are_labels() {
    let session = record("kernel/after.perf.txt.gz");
    let profile = profiles(&session)[0];
    let most = (0..profile.len()).max_by_key(|&row| profile.values[3][row]).unwrap();
    let stack = names(&session, profile, most);
    assert!(stack.contains(&"entry_SYSCALL_64_after_hwframe".to_owned()), "{stack:?}");
    assert!(!stack[0].starts_with("__kmalloc") && !stack[0].starts_with("kmem_cache_alloc"), "{stack:?}");
    let strings = &session.symbols.strings;
    let labels = profile.labels.get(profile.label_sets[most]);
    let of = |key: &str| labels.iter().find(|label| strings.get(label.key) == key).map(|label| label.value);
    let Some(LabelValue::Number(asked, unit)) = of("bytes") else { panic!("{labels:?}") };
    assert!(asked > 0 && strings.get(unit) == "bytes");
    let Some(LabelValue::Text(command)) = of("command") else { panic!("{labels:?}") };
    assert_eq!(strings.get(command), "pipes");
    // Without stacks the call site is all there is.
    let session = record("kernel/closed.perf.txt.gz");
    let profile = profiles(&session)[0];
    assert!((0..profile.len()).all(|row| names(&session, profile, row).len() == 1));
    assert!((0..profile.len()).any(|row| names(&session, profile, row)[0] == "alloc_pipe_info"));
}

#[test]
fn frees_are_matched_and_the_rest_is_counted() {
    let text = "\
a 1 [000] 1.0: kmem:kmalloc: call_site=f+0x1 ptr=0xff01 bytes_req=100 bytes_alloc=128 gfp_flags=GFP_KERNEL
a 1 [000] 1.1: kmem:kfree: call_site=g+0x1 ptr=0xff01
a 1 [000] 1.2: kmem:kfree: call_site=g+0x1 ptr=0xff02
a 1 [000] 1.3: kmem:kmalloc_node: call_site=ffffffff811e0b9d ptr=ffff880000001000 bytes_req=8 bytes_alloc=8 node=0
a 1 [000] 1.4: kmem:kmalloc: call_site=f+0x1 ptr=(nil) bytes_req=100 bytes_alloc=0 gfp_flags=GFP_KERNEL
a 1 [000] 1.5: kmem:kmem_cache_alloc: call_site=h+0x1 ptr=0xff03 name=dentry bytes_req=192 bytes_alloc=192
a 1 [000] 1.6: kmem:kmem_cache_alloc: call_site=h+0x1 ptr=0xff03 name=dentry bytes_req=192 bytes_alloc=192
a 1 [000] 2.0: kmem:mm_page_alloc: page=0xffffea0004 pfn=0x1234 order=2 migratetype=0 gfp_flags=GFP_KERNEL
a 1 [000] 2.0: sched:sched_switch: prev_comm=a next_comm=b
";
    let session = open("t", text.as_bytes());
    let profile = profiles(&session)[0];
    assert_eq!(sums(profile), [5, 128 + 8 + 192 * 2 + 16384, 3, 8 + 192 + 16384]);
    assert_eq!(comments(&session, profile), ["1 frees of memory that was allocated before the record began"]);
    let said = warnings(&session);
    assert!(
        said.contains("1 allocations failed") && said.contains("1 allocations lie where memory was still out"),
        "{said}"
    );
    assert_eq!(session.sources[0].unread.lines, 1);
    assert_eq!(profile.duration.unwrap().nanos(), 1_000_000_000);
    let frees = open("t", b"a 1 [000] 1.2: kmem:kfree: call_site=g+0x1 ptr=0xff02\n");
    assert!(matches!(frees.sources[0].content, Content::Refused { .. }));
    // ftrace's own lines.
    let ftrace = open(
        "t",
        b"  cat-7 [000] .....  12.5: kmalloc: call_site=f+0x1/0x9 ptr=00000000f1 bytes_req=3 bytes_alloc=8\n",
    );
    assert_eq!(sums(profiles(&ftrace)[0]), [1, 8, 1, 8]);
}

#[test]
fn maps_become_columns_and_printings_snapshots() {
    let session = record("bpftrace/outstanding.txt");
    let read = profiles(&session);
    assert_eq!((read.len(), read[0].kind), (2, ProfileKind::Probe), "{}", warnings(&session));
    assert_eq!(session.sources[0].unread.lines, 0, "{:?}", session.sources[0].unread.first);
    let types = |profile: &Profile| -> Vec<(String, String)> {
        let text = |id| session.symbols.strings.get(id).to_owned();
        profile.sample_types.iter().map(|t| (text(t.name), text(t.unit))).collect()
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(
        types(read[0]),
        [pair("outstanding_bytes", "bytes"), pair("request_bytes", "bytes"), pair("by_command", "count")]
    );
    assert_eq!(sums(read[0]), [452_160, 3830, 5507]);
    assert_eq!(sums(read[1]), [18_874_368, 229_330]);
    assert_eq!(names(&session, read[0], 0)[..2], ["alloc_pipe_info", "create_pipe_files"]);
    let last = read[0].len() - 1;
    assert_eq!(names(&session, read[0], last), ["kworker/0:1, 31"]);
    // Buckets are rows with the lower end as a label.
    let strings = &session.symbols.strings;
    let ends: Vec<i64> = read[0]
        .label_sets
        .iter()
        .flat_map(|&set| read[0].labels.get(set))
        .filter_map(|label| match label.value {
            LabelValue::Number(from, _) if strings.get(label.key) == "bytes" => Some(from),
            _ => None,
        })
        .collect();
    assert_eq!(ends, [8, 16, 32, 64, 128, 512, 4096]);
}

#[test]
fn every_form_of_a_map() {
    let text = "@: 7\n@x[1, a]: -3\n@s[nginx]: count 3, average 12, total 36\n@k[\n    f+1\n\n    malloc+2 (/usr/lib/libc.so.6)\n, bash, 9]: 4\n\
                @l: \n(..., 0)    1 |@|\n[0, 100)   5 |@@@@@|\n[1000, ...)   2 |@@|\n@big: 99999999999999999999\n";
    let session = open("t", text.as_bytes());
    let profile = profiles(&session)[0];
    assert_eq!(session.sources[0].unread.lines, 0, "{:?}", session.sources[0].unread.first);
    assert_eq!(sums(profile), [7, -3, 36, 4, 8, i64::MAX]);
    let row = profile.values[3].iter().position(|&value| value == 4).unwrap();
    assert_eq!(names(&session, profile, row), ["f", "malloc"]);
    let torn = open("t", b"@a: 1\n@k[\n    f+1\n    g");
    assert!(warnings(&torn).contains("The last key of @k is cut"), "{}", warnings(&torn));
    // What only begins so is no map.
    assert!(matches!(open("t", b"@param x: the thing\n@Override\n").sources[0].content, Content::Refused { .. }));
}
