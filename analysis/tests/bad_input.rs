//! What a person reads when a file is not what it should be: what was found, where, and what to do.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "common/message.rs"]
mod message;

use std::io::Write;
use std::ops::ControlFlow;

use analysis::session::{Content, Session};
use message::Message;

impl Message {
    fn sample(self, location: u64, value: u64) -> Self {
        self.bytes(2, &Message::default().number(1, location).number(2, value).0)
    }

    fn strings(self) -> Self {
        ["", "inuse_space", "bytes", "main.leak"].iter().fold(self, |out, text| out.bytes(6, text.as_bytes()))
    }

    fn sample_type(self) -> Self {
        self.bytes(1, &Message::default().number(1, 1).number(2, 2).0)
    }

    /// Location 1, one line in function 1, main.leak.
    fn code(self) -> Self {
        let line = Message::default().number(1, 1).number(2, 7);
        self.bytes(4, &Message::default().number(1, 1).bytes(4, &line.0).0)
            .bytes(5, &Message::default().number(1, 1).number(2, 3).0)
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn real() -> Vec<u8> {
    std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/go/leak-retained/go1.27.3/heap.5.pb.gz")).unwrap()
}

/// Opens `bytes` beside a profile that was loaded before, which must stay as it was. Gives whether anything could be
/// kept, and the words.
fn open(bytes: &[u8]) -> (bool, String) {
    let mut session = Session::default();
    let go_on = &mut |_| ControlFlow::Continue(());
    let before = session.open("before.pb.gz", real(), go_on).unwrap();
    let rows = session.profile(before).unwrap().stacks.len();
    let id = session.open("bad", bytes, go_on).unwrap();
    assert_eq!(session.profile(before).unwrap().stacks.len(), rows);
    match &session.source(id).unwrap().content {
        Content::Profile { warnings, .. } | Content::Pools { warnings, .. } | Content::Records { warnings } => {
            (true, warnings.join(" "))
        }
        Content::Refused { words } => (false, words.clone()),
    }
}

fn refused(bytes: &[u8]) -> String {
    let (is_kept, words) = open(bytes);
    assert!(!is_kept, "it was kept, with: {words}");
    words
}

fn kept(bytes: &[u8]) -> String {
    let (is_kept, words) = open(bytes);
    assert!(is_kept, "it was refused: {words}");
    words
}

#[test]
fn what_is_no_profile_is_named() {
    assert_eq!(
        refused(b""),
        "The file is empty: the capture wrote nothing. Check that the address answered, and capture it again."
    );
    assert_eq!(
        refused(b"it leaks, I think\n"),
        "This is text that begins with \u{201c}it leaks, I think\u{201d}, not a profile. Drop a pprof file: curl -so \
         heap.pb.gz localhost:6060/debug/pprof/heap"
    );
    assert!(refused(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").starts_with("This is a picture, not a dump."));
    assert!(refused(&gzip(b"some text")).contains("text that begins with \u{201c}some text\u{201d}"));
    assert!(refused(&[0xfe, 0xed, 0xfa, 0xce, 1, 2, 3, 4]).contains("begins with the bytes fe ed fa ce 01 02 03 04"));
}

#[test]
fn a_cut_gzip_keeps_what_came_before_the_cut() {
    let whole = real();
    let words = kept(&whole[..whole.len() * 3 / 4]);
    assert!(words.starts_with("The gzip data ends after "), "{words}");
    assert!(words.contains("the file was cut short") && words.contains("what came after is missing"), "{words}");
    assert!(refused(&whole[..15]).contains("nothing of it could be inflated"));
    let mut rotten = whole.clone();
    rotten[whole.len() / 2] ^= 0xff;
    let (_, words) = open(&rotten);
    assert!(words.contains("The gzip data is damaged near byte "), "{words}");
}

#[test]
fn ids_that_lead_nowhere_are_counted() {
    let words = kept(&Message::default().sample_type().sample(1, 10).sample(99, 5).code().strings().0);
    assert!(words.contains("99"), "{words}");
    let function = Message::default().sample_type().sample(1, 10).strings();
    let line = Message::default().number(1, 42);
    let words = kept(&function.bytes(4, &Message::default().number(1, 1).bytes(4, &line.0).0).0);
    assert!(words.contains("function that is not there"), "{words}");
}

#[test]
fn odd_values_are_values() {
    // A diff profile holds negative values; they are pprof's too.
    let negative = Message::default().sample_type().sample(1, -7_i64 as u64).code().strings().0;
    assert_eq!(kept(&negative), "");
    assert_eq!(kept(&Message::default().sample_type().strings().0), "");
    let untyped = refused(&Message::default().sample(1, 10).code().strings().0);
    assert!(untyped.contains("names no sample type"), "{untyped}");
}

#[test]
fn broken_numbers_and_lengths_say_where() {
    let start = Message::default().sample_type().sample(1, 10).code().strings().0;
    let mut endless = start.clone();
    endless.extend([0x48]);
    endless.extend([0xff; 12]);
    let words = kept(&endless);
    assert!(words.contains("a number runs over 64 bits") && words.contains(&(start.len() + 1).to_string()), "{words}");

    let mut long = start.clone();
    long.extend(Message::default().varint(2 << 3 | 2).varint(2 << 30).0);
    let words = kept(&long);
    assert!(words.contains("a length of 2147483648 bytes is declared where 0 are left"), "{words}");
    // The same where nothing came before it.
    let words = refused(&Message::default().varint(2 << 3 | 2).varint(2 << 30).0);
    assert!(words.contains("a length of 2147483648 bytes") && words.contains("Capture it again"), "{words}");
}

#[test]
fn a_gzip_bomb_is_not_inflated() {
    let bomb = gzip(&vec![0; 80 << 20]);
    assert!(bomb.len() < 100_000);
    let words = refused(&bomb);
    assert!(words.contains("inflates to more than 64 MB") && words.contains("decompress it first"), "{words}");
}
