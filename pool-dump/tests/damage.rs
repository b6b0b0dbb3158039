//! Cut anywhere, any byte flipped, two behind one another, newer versions: everything that is whole is read, and what
//! is not is said.

#![allow(clippy::unwrap_used, clippy::panic)] // A test that fails panics.

mod common;

use common::{Said, read, small_dump};
use pool_dump::*;
use proptest::prelude::*;

const FILE_HEADER: usize = 16;
const CHUNK_HEADER: usize = 28;

/// Start and end of every chunk.
fn chunks(bytes: &[u8]) -> Vec<(usize, usize)> {
    let mut all = Vec::new();
    let mut at = FILE_HEADER;
    while at < bytes.len() {
        let length = u32::from_le_bytes(bytes[at + 4..at + 8].try_into().unwrap()) as usize;
        all.push((at, at + CHUNK_HEADER + length));
        at += CHUNK_HEADER + length;
    }
    all
}

/// Records of a whole dump by the chunk they are in.
fn records_by_chunk(bytes: &[u8]) -> Vec<Vec<String>> {
    let one = |&(start, end): &(usize, usize)| {
        let alone = [&bytes[..FILE_HEADER], &bytes[start..end]].concat();
        read(&alone).unwrap().records
    };
    chunks(bytes).iter().map(one).collect()
}

fn all_but(by_chunk: &[Vec<String>], lost: usize) -> Vec<String> {
    by_chunk.iter().enumerate().filter(|(index, _)| *index != lost).flat_map(|(_, records)| records.clone()).collect()
}

#[test]
fn every_flipped_byte_costs_its_chunk_only() {
    let bytes = small_dump(7);
    let by_chunk = records_by_chunk(&bytes);
    let chunks = chunks(&bytes);
    for place in 0..bytes.len() {
        for flip in [0xff, 0x01, 0x80] {
            let mut bad = bytes.clone();
            bad[place] ^= flip;
            assert!(is_dump(&bad), "byte {place}");
            let said = read(&bad).unwrap_or_else(|refused| panic!("byte {place}: {refused}"));
            let lost = chunks.iter().position(|(start, end)| (*start..*end).contains(&place)).unwrap_or(usize::MAX);
            assert_eq!(said.records, all_but(&by_chunk, lost), "byte {place} ^ {flip:#x}");
            let [damage] = said.damage.as_slice() else { panic!("byte {place}: {:?}", said.damage) };
            assert!((damage.offset..damage.offset + damage.length).contains(&place), "byte {place}: {damage}");
            let expected = if lost == usize::MAX { Some(0) } else { Some(1) };
            let is_last = lost == chunks.len() - 1;
            assert_eq!(damage.lost_chunks, if is_last { None } else { expected }, "byte {place}: {damage}");
        }
    }
}

#[test]
fn cut_anywhere_it_loads_up_to_there() {
    let bytes = small_dump(7);
    let by_chunk = records_by_chunk(&bytes);
    let chunks = chunks(&bytes);
    for length in 0..bytes.len() {
        let cut = &bytes[..length];
        if length < FILE_HEADER {
            let expected = if length == 0 { Refused::NotADump } else { Refused::HeaderCut { length } };
            assert_eq!(read(cut), Err(expected));
            continue;
        }
        let said = read(cut).unwrap();
        let whole = chunks.iter().filter(|(_, end)| *end <= length).count();
        assert_eq!(said.records, by_chunk[..whole].concat(), "{length} bytes");
        assert_eq!(said.damage.len(), 1, "{length} bytes: {:?}", said.damage);
    }
}

#[test]
fn two_processes_in_one_file_are_two_sections() {
    let (first, second) = (small_dump(7), small_dump(8));
    let both = read(&[first.clone(), second.clone()].concat()).unwrap();
    let expected = [read(&first).unwrap().records, read(&second).unwrap().records].concat();
    assert_eq!((both.sections, both.damage.len()), (2, 0));
    assert_eq!(both.records, expected);
}

#[test]
fn the_second_process_is_found_behind_a_first_that_was_cut_anywhere() {
    let (first, second) = (small_dump(7), small_dump(8));
    let by_chunk = records_by_chunk(&first);
    let chunks = chunks(&first);
    let behind = read(&second).unwrap().records;
    for length in FILE_HEADER..first.len() {
        let said = read(&[&first[..length], second.as_slice()].concat()).unwrap();
        let whole = chunks.iter().filter(|(_, end)| *end <= length).count();
        assert_eq!(said.records, [by_chunk[..whole].concat(), behind.clone()].concat(), "{length} bytes");
        assert_eq!(said.damage.len(), 1, "{length} bytes: {:?}", said.damage);
    }
}

#[test]
fn the_second_process_is_told_apart_without_its_header() {
    let (first, mut second) = (small_dump(7), small_dump(8));
    second[0] = 0;
    let said = read(&[first, second].concat()).unwrap();
    assert_eq!((said.sections, said.damage.len()), (2, 1));
}

#[test]
fn missing_and_doubled_chunks_are_said() {
    let bytes = small_dump(7);
    let chunks = chunks(&bytes);
    let (start, end) = chunks[3];
    let without = [&bytes[..start], &bytes[end..]].concat();
    let said = read(&without).unwrap();
    assert_eq!(
        said.damage.iter().map(|damage| (damage.kind, damage.lost_chunks)).collect::<Vec<_>>(),
        [(DamageKind::Missing, Some(1))]
    );
    let doubled = [&bytes[..end], &bytes[start..]].concat();
    let said = read(&doubled).unwrap();
    assert_eq!(said.damage.iter().map(|damage| damage.kind).collect::<Vec<_>>(), [DamageKind::OutOfOrder]);
}

#[test]
fn a_newer_major_is_refused_naming_both_versions() {
    let bytes = with_version(&small_dump(7), 2, 5);
    let words = read(&bytes).unwrap_err().to_string();
    assert!(words.contains("2.5") && words.contains(&Version::CURRENT.to_string()), "{words}");
    // Behind a section that can be read, it is said and that section kept.
    let both = read(&[small_dump(7), bytes].concat()).unwrap();
    assert_eq!(both.records, read(&small_dump(7)).unwrap().records);
    let [damage] = both.damage.as_slice() else { panic!("{both:?}") };
    assert!(damage.to_string().contains("2.5"), "{damage}");
}

#[test]
fn a_newer_minor_is_read_without_what_is_new() {
    let bytes = small_dump(7);
    let expected = read(&bytes).unwrap();
    let (start, end) = chunks(&bytes)[1];
    // A clock pair with a field more, a kind of chunk that is not known, and an event of a kind that is not known.
    let mut clock = bytes[start + CHUNK_HEADER..end].to_vec();
    clock[0] += 1;
    clock.push(42);
    let events = [
        9, 0, 100, 2, 99, 4, 5, 0, /* the unknown */ 99, 2, 1, 2, 0, 1, 2, 3, 4, /* a reset */ 5, 2, 1, 0, 1,
    ];
    let newer = [
        with_version(&bytes, 1, 77)[..start].to_vec(),
        chunk(2, 1, &clock, 1),
        chunk(1_000, 5, b"whatever", 2),
        chunk(8, 2, &events, 3),
        renumbered(&bytes[end..], 2),
    ]
    .concat();
    let said = read(&newer).unwrap();
    assert_eq!((said.sections, said.unknown, said.damage.len()), (1, 1, 0), "{said:?}");
    let mut records = said.records;
    let batch = records.remove(2);
    assert!(batch.contains("ThreadId(9)") && batch.contains("Nanos(102)"), "{batch}");
    assert_eq!(batch.matches("Reset").count(), 1);
    assert_eq!(records, expected.records);
}

#[test]
fn what_a_wrong_writer_wrote_is_read_up_to_the_mistake() {
    let bytes = small_dump(7);
    let (_, end) = chunks(&bytes)[0];
    let two_strings_and_a_cut_one = [3, 1, 1, b'a', 3, 2, 1, b'b', 9, 3];
    let said = read(&[&bytes[..end], &chunk(3, 3, &two_strings_and_a_cut_one, 1)].concat()).unwrap();
    assert_eq!(said.records[1..], ["Text(StringId(1), \"a\")", "Text(StringId(2), \"b\")"]);
    let kinds: Vec<DamageKind> = said.damage.iter().map(|damage| damage.kind).collect();
    assert!(matches!(kinds.as_slice(), [DamageKind::Malformed { .. }, DamageKind::NoEnd]), "{kinds:?}");
    // An event of a kind that its batch does not describe.
    let said = read(&[&bytes[..end], &chunk(8, 1, &[1, 0, 0, 1, 5, 0, 5, 0, 1, 0, 1, 6], 1)].concat()).unwrap();
    assert!(said.records[1].contains("Reset") && said.records[1].contains("BadEvent"), "{said:?}");
}

/// Headers within headers ask for a search at each; the reader must stay linear. It ends within the test's patience only
/// if it does: 30,000 headers of 1 MiB each would be 30 GB to search.
#[test]
fn a_hostile_file_of_headers_is_soon_read() {
    let header = &chunk(8, 1, &vec![0; 1 << 20], 0)[..CHUNK_HEADER];
    let hostile = [small_dump(7)[..FILE_HEADER].to_vec(), header.repeat(1 << 15)].concat();
    let said = read(&hostile).unwrap();
    assert_eq!((said.records.len(), said.damage.is_empty()), (0, false));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        let _ = read(&bytes);
        let _ = read(&[small_dump(7)[..FILE_HEADER].to_vec(), bytes].concat());
    }

    #[test]
    fn any_payload_is_read(kind in 0_u32..13, payload: Vec<u8>) {
        let said: Said = read(&[&small_dump(7)[..FILE_HEADER], &chunk(kind, 1, &payload, 0)].concat()).unwrap();
        prop_assert_eq!(said.sections, 1);
    }

    #[test]
    fn any_events_are_read(body: Vec<u8>) {
        // Every kind with every count of fields, so that the body is taken for events.
        let shapes: Vec<u8> = (0..30).flat_map(|kind| [kind, kind % 5]).collect();
        let payload = [vec![1, 0, 0, 30], shapes, body.iter().map(|byte| byte % 40).collect()].concat();
        let said = read(&[&small_dump(7)[..FILE_HEADER], &chunk(8, 1, &payload, 0)].concat()).unwrap();
        prop_assert_eq!(said.records.len(), 1);
    }
}

fn with_version(bytes: &[u8], major: u16, minor: u16) -> Vec<u8> {
    let mut header = bytes[..12].to_vec();
    header[8..10].copy_from_slice(&major.to_le_bytes());
    header[10..12].copy_from_slice(&minor.to_le_bytes());
    let crc = crc32fast::hash(&header).to_le_bytes();
    [&header, crc.as_slice(), &bytes[FILE_HEADER..]].concat()
}

fn chunk(kind: u32, records: u32, payload: &[u8], sequence: u32) -> Vec<u8> {
    let words = [payload.len() as u32, sequence, kind, records, crc32fast::hash(payload)];
    let mut header = b"\xf5PC\x01".to_vec();
    header.extend(words.into_iter().flat_map(u32::to_le_bytes));
    let crc = crc32fast::hash(&header).to_le_bytes();
    [&header, crc.as_slice(), payload].concat()
}

/// Whole chunks with their sequence moved on.
fn renumbered(bytes: &[u8], by: u32) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < out.len() {
        let word = |out: &[u8], index: usize| u32::from_le_bytes(out[at + index * 4..][..4].try_into().unwrap());
        let (length, sequence) = (word(&out, 1) as usize, word(&out, 2));
        out[at + 8..at + 12].copy_from_slice(&(sequence + by).to_le_bytes());
        let crc = crc32fast::hash(&out[at..at + 24]).to_le_bytes();
        out[at + 24..at + 28].copy_from_slice(&crc);
        at += CHUNK_HEADER + length;
    }
    out
}
