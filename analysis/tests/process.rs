//! What Linux says of processes and control groups, read from real files and from what the kernel's documentation shows.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::ops::ControlFlow;

use analysis::model::record::{AddressSpace, Cgroup, MapOrigin, Record};
use analysis::session::{Content, Session};

fn fixture(path: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../fixtures/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn open(bytes: &[u8]) -> Session {
    let mut session = Session::default();
    session.open("file", bytes, &mut |_| ControlFlow::Continue(())).unwrap();
    session
}

fn words(session: &Session) -> String {
    match &session.sources[0].content {
        Content::Records { warnings } | Content::Profile { warnings, .. } | Content::Pools { warnings, .. } => {
            warnings.join(" ")
        }
        Content::Refused { words } => words.clone(),
    }
}

fn spaces(session: &Session) -> Vec<&AddressSpace> {
    let mut spaces = Vec::new();
    for (_, record) in session.records() {
        if let Record::AddressSpace(space) = record {
            spaces.push(&**space);
        }
    }
    spaces
}

fn groups(session: &Session) -> Vec<&Cgroup> {
    let mut groups = Vec::new();
    for (_, record) in session.records() {
        if let Record::Cgroup(group) = record {
            groups.push(&**group);
        }
    }
    groups
}

/// The sum of the lines of that key, in kilobytes.
fn sum(text: &str, key: &str) -> u64 {
    let lines = text.lines().filter_map(|line| line.strip_prefix(key)?.trim().strip_suffix(" kB"));
    lines.map(|kilobytes| kilobytes.trim().parse::<u64>().unwrap()).sum()
}

#[test]
fn every_range_with_its_numbers() {
    let bytes = fixture("go/leak-retained/go1.27.3/smaps.txt");
    let text = String::from_utf8(bytes.clone()).unwrap();
    let session = open(&bytes);
    let spaces = spaces(&session);
    let space = spaces[0];
    assert_eq!((spaces.len(), space.origin, words(&session).as_str()), (1, MapOrigin::Ranges, ""));
    assert_eq!(space.total.rss, sum(&text, "Rss:") << 10);
    assert_eq!(space.total.pss, sum(&text, "Pss:") << 10);
    assert_eq!(space.total.anonymous, sum(&text, "Anonymous:") << 10);
    assert_eq!(space.total.private_clean, sum(&text, "Private_Clean:") << 10);
    assert_eq!(space.total.huge, 0);
    assert_eq!(space.ranges.len(), text.matches("VmFlags").count());
    assert_eq!(space.program, "/opt/builds/bin/1.27.3/leak-retained");
    let largest = space.ranges.iter().max_by_key(|range| range.resident.rss).unwrap();
    assert_eq!((largest.start, largest.end, largest.resident.rss), (0x34fa_5f80_0000, 0x34fa_6480_0000, 69196 << 10));
    assert_eq!((largest.permissions.as_str(), largest.flags.as_str()), ("rw-p", "rd wr mr mw me ac"));
    assert_eq!((largest.kernel_page_bytes, largest.mmu_page_bytes), (4096, 4096));
}

#[test]
fn several_dumps_are_a_series_with_times() {
    let session = open(&fixture("process/huge/smaps.txt"));
    let spaces = spaces(&session);
    assert_eq!(spaces.len(), 4);
    let times: Vec<i64> = spaces.iter().map(|space| space.time.unwrap().unix_nanos()).collect();
    assert!(times.windows(2).all(|pair| (200_000_000..2_000_000_000).contains(&(pair[1] - pair[0]))), "{times:?}");
    let huge: Vec<u64> = spaces.iter().map(|space| space.total.huge >> 20).collect();
    assert_eq!(huge, [0, 0, 68, 68]);
    assert_eq!(session.sources[0].unread.lines, 0);
    // The same without times: addresses that begin anew begin a dump.
    let text = String::from_utf8(fixture("process/huge/smaps.txt")).unwrap();
    let bare: String = text.lines().filter(|line| !line.starts_with("2026-")).flat_map(|line| [line, "\n"]).collect();
    let session = open(bare.as_bytes());
    assert_eq!(self::spaces(&session).iter().map(|space| space.total.huge >> 20).collect::<Vec<_>>(), huge);
}

#[test]
fn a_roll_up_and_a_status() {
    let rollup = "55bf6a070000-7ffe19429000 ---p 00000000 00:00 0                          [rollup]\n\
                  Rss:                1732 kB\nPss:                 192 kB\nPss_Anon:            112 kB\n\
                  Anonymous:           112 kB\nAnonHugePages:         0 kB\nSwap:                  4 kB\n";
    let session = open(rollup.repeat(2).as_bytes());
    let read = spaces(&session);
    assert_eq!(read.len(), 2);
    assert_eq!((read[1].origin, read[1].ranges.len()), (MapOrigin::RollUp, 0));
    assert_eq!((read[1].total.rss, read[1].total.anonymous, read[1].total.swap), (1732 << 10, 112 << 10, 4 << 10));

    let session = open(&fixture("process/native/status.txt"));
    let read = spaces(&session);
    assert_eq!(read.len(), 4, "{}", words(&session));
    assert_eq!((read[0].origin, read[0].program.as_str()), (MapOrigin::Status, "capture"));
    assert!(read[0].process.is_some() && read[3].total.rss > 100 << 20, "{:?}", read[3]);
    assert!(read[3].total.file() > 12 << 20, "{:?}", read[3]);
    assert!(read[3].peak_rss_bytes >= Some(read[3].total.rss));
    assert_eq!(session.sources[0].unread.lines, 0, "{:?}", session.sources[0].unread.first);
    // Only what was searched out.
    let session = open(b"VmHWM:\t  20 kB\nVmRSS:\t  10 kB\nVmRSS:\t  12 kB\n");
    assert_eq!(spaces(&session).iter().map(|space| space.total.rss).collect::<Vec<_>>(), [10 << 10, 12 << 10]);
}

#[test]
fn control_groups_in_each_form() {
    let session = open(&fixture("process/cgroup/near.txt"));
    let read = groups(&session);
    assert_eq!((read.len(), session.sources[0].unread.lines), (1, 0), "{:?}", session.sources[0].unread);
    let near = read[0];
    assert_eq!(near.path, "/sys/fs/cgroup/system.slice/orders.service");
    assert_eq!((near.limit("memory.max"), near.limit("memory.high")), (Some(512 << 20), None));
    assert_eq!((near.get("memory.current"), near.get("anon")), (Some(509_607_936), Some(455_081_984)));
    assert_eq!(
        (near.get("events.oom_kill"), near.get("events.max"), near.get("inactive_file")),
        (Some(2), Some(1184), Some(8 << 20))
    );

    let session = open(&fixture("process/cgroup/roomy.txt"));
    let roomy = groups(&session)[0];
    assert_eq!((roomy.limit("memory.high"), roomy.get("anon")), (Some(400 << 20), Some(60 << 20)));
    assert_eq!((roomy.get("events.high"), session.sources[0].unread.lines), (Some(0), 0));

    // Files without heads, one after the other: `cat memory.stat memory.events`.
    let session = open(b"anon 4096\nfile 8192\nkernel 1\nlow 0\nhigh 3\nmax 0\noom 0\noom_kill 0\n");
    let bare = groups(&session)[0];
    assert_eq!((bare.get("anon"), bare.get("events.high"), bare.get("kernel")), (Some(4096), Some(3), Some(1)));

    assert!(words(&open(b"cache 12\nhit 3\nmiss 4\n")).starts_with("This is text that begins with"));

    // Version 1, real.
    let session = open(&fixture("process/cgroup/v1.txt"));
    let old = groups(&session)[0];
    assert_eq!((old.limit("memory.max"), old.get("memory.current").is_some()), (None, true));
    assert!(old.get("inactive_file").unwrap() > 1 << 20 && session.sources[0].unread.lines == 0);
}

#[test]
fn readings_in_turn_are_a_series() {
    let mut text = String::new();
    for (second, current) in [(1, 100), (2, 200), (3, 300)] {
        text.push_str(&format!(
            "2026-11-25T10:00:0{second}Z\nmemory.current: {current}\nmemory.max: max\nVmRSS: {current} kB\n"
        ));
    }
    let session = open(text.as_bytes());
    let read = groups(&session);
    assert_eq!(read.iter().filter_map(|group| group.get("memory.current")).collect::<Vec<_>>(), [100, 200, 300]);
    assert_eq!(spaces(&session).len(), 3);
    let seconds = |nanos: i64| nanos / 1_000_000_000 % 60;
    assert_eq!(read.iter().map(|group| seconds(group.time.unwrap().unix_nanos())).collect::<Vec<_>>(), [1, 2, 3]);
    // Without times the same name again begins the next reading.
    let session = open(b"memory.current: 1\nmemory.max: 9\nmemory.current: 2\nmemory.max: 9\n");
    assert_eq!(groups(&session).len(), 2);
}

#[test]
fn a_number_alone_is_refused_with_what_to_do() {
    for text in ["53477376\n", "max\n", "1795474799"] {
        let said = words(&open(text.as_bytes()));
        assert!(
            said.starts_with("This is a number alone") && said.contains("tail -n +1 /sys/fs/cgroup/memory.*"),
            "{said}"
        );
    }
    assert!(words(&open(b"2026-11-25T10:00:01Z\n")).starts_with("This is text that begins with"));
    assert!(words(&open(b"Name: x\nhello\n")).starts_with("This is text"));
}

#[test]
fn what_is_torn_is_said_and_the_rest_is_kept() {
    let bytes = fixture("go/churn/go1.27.3/smaps.txt");
    let text = String::from_utf8(bytes).unwrap();
    let whole = open(text.as_bytes());
    // The numbers of the second range are gone.
    let ranges: Vec<&str> = text.split_inclusive("VmFlags").collect();
    let torn =
        format!("{}: rd\n{}\n{}", ranges[0], "0064c000-008b2000 r--p 0024c000 fe:00 1 /opt/x y", ranges[2..].concat());
    let session = open(torn.as_bytes());
    assert!(words(&session).contains("lack their numbers"), "{}", words(&session));
    assert!(spaces(&session)[0].total.rss < spaces(&whole)[0].total.rss);
    assert_eq!(spaces(&session)[0].ranges[1].path, "/opt/x y");
    let session = open(b"0-1000 rw-p 0 0:0 0\nRss: 99999999999999999999 kB\nPss: x kB\n");
    assert_eq!(spaces(&session)[0].total.rss, u64::MAX);
    assert_eq!(session.sources[0].unread.lines, 1);
}
