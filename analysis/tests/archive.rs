//! Archives that real tools made (fixtures/archive/make.py), whole, cut at every byte and damaged.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use analysis::formats::archive::unpack;
use analysis::session::{Content, Session};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

fn archive(name: &str) -> Vec<u8> {
    fs::read(fixtures().join("archive").join(name)).unwrap()
}

type Members = Vec<(String, Vec<u8>)>;

fn unpacked(bytes: &[u8]) -> (Members, Vec<String>) {
    let mut members = Vec::new();
    let words = unpack(bytes, &mut |member| members.push((member.name, member.bytes))).expect("an archive");
    (members, words)
}

fn heaps() -> [Vec<u8>; 2] {
    [0, 4].map(|n| fs::read(fixtures().join(format!("go/leak-retained/go1.22.10/heap.{n}.pb.gz"))).unwrap())
}

const ALL: [&str; 6] = ["run.zip", "stream.zip", "bzip2.zip", "nested.zip", "gnu.tar.gz", "pax.tar.gz"];

#[test]
fn members_are_what_was_packed() {
    let [first, last] = heaps();
    let long = format!("run/{}heap.4.pb.gz", "a-long-folder-name/".repeat(8));
    let wanted: [(&str, &[&str]); 5] = [
        ("run.zip", &["run/heap.0.pb.gz", "run/later/heap.4.pb.gz"]),
        ("stream.zip", &["heap.0.pb.gz", "heap.4.pb.gz"]),
        ("nested.zip", &["a/heap.0.pb.gz", "b.tar.gz/deep/heap.4.pb.gz"]),
        ("gnu.tar.gz", &["run/heap.0.pb.gz", &long]),
        ("pax.tar.gz", &["run/heap.0.pb.gz", &long]),
    ];
    for (name, members) in wanted {
        let (found, words) = unpacked(&archive(name));
        assert_eq!(words, Vec::<String>::new(), "{name}");
        let [first, last] = [&first, &last].map(Clone::clone);
        let wanted: Members = members.iter().map(|name| (*name).to_owned()).zip([first, last]).collect();
        assert!(found == wanted, "{name}: {:?}", found.iter().map(|member| &member.0).collect::<Vec<_>>());
    }
}

#[test]
fn what_cannot_be_unpacked_is_named() {
    let (found, words) = unpacked(&archive("bzip2.zip"));
    assert_eq!(found.len(), 1);
    assert!(words.len() == 1 && words[0].contains("heap.4.pb.gz") && words[0].contains("bzip2"), "{words:?}");
    // A byte of the data of the second member.
    let mut bytes = archive("run.zip");
    let [_, last] = heaps();
    let at = bytes.windows(64).position(|part| part == &last[500..564]).unwrap();
    bytes[at] ^= 0x20;
    let (found, words) = unpacked(&bytes);
    assert_eq!(found.len(), 2);
    assert!(words.len() == 1 && words[0].contains("run/later/heap.4.pb.gz does not match its checksum"), "{words:?}");
}

#[test]
fn an_archive_in_an_archive_in_an_archive_is_left() {
    let inner = archive("nested.zip");
    let mut header = [0_u8; 512];
    header[..10].copy_from_slice(b"nested.zip");
    header[124..135].copy_from_slice(format!("{:011o}", inner.len()).as_bytes());
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let mut tar = header.to_vec();
    tar.extend_from_slice(&inner);
    tar.resize(tar.len().next_multiple_of(512) + 1024, 0);
    let (found, words) = unpacked(&tar);
    assert_eq!(found.iter().map(|member| member.0.as_str()).collect::<Vec<_>>(), ["nested.zip/a/heap.0.pb.gz"]);
    assert!(words.len() == 1 && words[0].starts_with("nested.zip/b.tar.gz is an archive in"), "{words:?}");
}

/// Where the list at the end is cut off, what comes before it is read all the same.
#[test]
fn cut_anywhere_it_keeps_what_is_whole_and_says_so() {
    let [first, _] = heaps();
    for name in ALL {
        let whole = archive(name);
        for end in 0..whole.len() {
            let mut found = Vec::new();
            let Some(words) = unpack(&whole[..end], &mut |member| found.push(member)) else {
                assert!(end < 600, "{name} cut at {end} is no archive");
                continue;
            };
            // The length of zip's comment stands last, and tells nothing.
            assert!(!words.is_empty() || end + 2 >= whole.len(), "{name} cut at {end}");
            if end > whole.len() * 2 / 3 {
                assert!(found.first().is_some_and(|member| member.bytes == first), "{name} cut at {end}: {words:?}");
            }
        }
    }
}

#[test]
fn no_damage_makes_it_panic_or_grow() {
    let mut seed = 1_u64;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    for name in ALL {
        let whole = archive(name);
        for _ in 0..1_500 {
            let mut bytes = whole.clone();
            for _ in 0..=random(4) {
                let at = random(bytes.len());
                bytes[at] = random(256) as u8;
            }
            let mut total = 0;
            unpack(&bytes, &mut |member| {
                total += member.bytes.len();
                assert!(!member.name.split('/').any(|part| part == ".." || part.is_empty()), "{}", member.name);
            });
            assert!(total < 64 << 20, "{total}");
        }
    }
}

/// 64 MB of zeros in each of forty members that share their data: what it comes to is bounded, and said.
#[test]
fn a_bomb_is_not_unpacked() {
    use std::io::Write;
    let mut packer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(&vec![0; 100 << 20]).unwrap();
    let data = packer.finish().unwrap();
    let mut zip = b"PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0\0\0\0\0".to_vec();
    zip.extend((data.len() as u32).to_le_bytes());
    zip.extend((100_u32 << 20).to_le_bytes());
    zip.extend([1, 0, 0, 0, b'a']);
    zip.extend(&data);
    let (found, words) = unpacked(&zip);
    assert!(found.is_empty());
    assert!(words.iter().any(|words| words.contains("which no dump does")), "{words:?}");
}

#[test]
fn opened_as_one_file_it_is_refused_with_the_way_to_open_it() {
    for name in ALL {
        let mut session = Session::default();
        let id = session.open(name, archive(name), &mut |_| ControlFlow::Continue(())).unwrap();
        let Content::Refused { words } = &session.source(id).unwrap().content else { panic!("{name}") };
        assert!(words.contains("poolscope check"), "{words}");
    }
    assert!(unpack(&heaps()[0], &mut |_| {}).is_none());
    assert!(unpack(b"gc 1 @0.028s 4%: 0.44+3.3+0.006 ms clock", &mut |_| {}).is_none());
}
