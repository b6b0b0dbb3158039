//! Bundles: what goes in comes out, the same bytes every time, and what is wrong with one is said while the rest loads.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use analysis::bundle::{Packer, Writer, read};
use analysis::share::{Note, Pin};
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use std::io::Write;

const MIME: &[u8] = b"application/vnd.poolscope+zip";

fn written(files: &[(&str, &[u8])], piece: usize) -> Vec<u8> {
    let (mut writer, mut out) = Writer::begin();
    for (name, bytes) in files {
        let mut packer = Packer::new(bytes);
        let mut body = Vec::new();
        for piece in bytes.chunks(piece) {
            let packed = packer.push(piece);
            body.extend(if packer.is_stored() { piece } else { &packed });
        }
        let (head, tail) = writer.input(name, packer).unwrap();
        out.extend([head, body, tail].concat());
    }
    writer.look("#v=1&view=heap", vec![Note::new(Pin::Session, "look <here>").unwrap()]);
    writer.kinds(|name| format!("kind of {name}"));
    out.extend(writer.finish("{}").unwrap());
    out
}

fn heap(number: u32) -> Vec<u8> {
    std::fs::read(format!("{}/../fixtures/go/leak-retained/go1.27.3/heap.{number}.pb.gz", env!("CARGO_MANIFEST_DIR")))
        .unwrap()
}

/// A zip of stored members, or deflated ones that tell another size.
fn zip(members: &[(&str, &[u8])], is_deflated: bool) -> Vec<u8> {
    let (mut out, mut list) = (Vec::new(), Vec::new());
    for (name, bytes) in members {
        let deflated = is_deflated && *name != "mimetype";
        let mut crc = Crc::new();
        crc.update(bytes);
        let packed = if deflated {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        } else {
            bytes.to_vec()
        };
        let mut fields = vec![20, 0, 0, 0, if deflated { 8 } else { 0 }, 0, 0, 0, 0x21, 0];
        for number in [crc.sum(), packed.len() as u32, bytes.len() as u32] {
            fields.extend(number.to_le_bytes());
        }
        fields.extend((name.len() as u16).to_le_bytes());
        fields.extend([0, 0]);
        list.extend(
            [b"PK\x01\x02\x14\0".as_slice(), &fields, &[0; 10], &(out.len() as u32).to_le_bytes(), name.as_bytes()]
                .concat(),
        );
        out.extend([b"PK\x03\x04".as_slice(), &fields, name.as_bytes(), &packed].concat());
    }
    let (at, count) = (out.len() as u32, members.len() as u16);
    out.extend(&list);
    out.extend(b"PK\x05\x06\0\0\0\0");
    for part in
        [&count.to_le_bytes()[..], &count.to_le_bytes(), &(list.len() as u32).to_le_bytes(), &at.to_le_bytes(), &[0, 0]]
    {
        out.extend(part);
    }
    out
}

/// A bundle with this list and these members.
fn bundle(manifest: &str, members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut all = vec![("mimetype", MIME)];
    all.extend(members);
    all.push(("manifest.json", manifest.as_bytes()));
    zip(&all, false)
}

#[test]
fn what_goes_in_comes_out_and_the_bytes_are_the_same() {
    let (gz, text) = (heap(0), b"gc 1 @0.1s 0%: \n".repeat(20_000));
    let files: [(&str, &[u8]); 3] = [("run/heap.0.pb.gz", &gz), ("gc.log", &text), ("../../<b>\n.pb", b"")];
    let bytes = written(&files, 1 << 20);
    assert_eq!(bytes, written(&files, 1 << 20));
    assert!(bytes.len() < gz.len() + text.len() / 10, "text is deflated");
    let opened = read(&bytes).unwrap();
    assert_eq!(opened.words, Vec::<String>::new());
    let names: Vec<&str> = opened.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["run/heap.0.pb.gz", "gc.log", "../../<b>_.pb"]);
    assert_eq!((&opened.files[0].bytes, &opened.files[1].bytes), (&gz, &text));
    assert_eq!((opened.state.as_str(), opened.notes[0].text.as_str()), ("#v=1&view=heap", "look <here>"));
    // Any tool opens it, and names in it lead nowhere.
    let mut members = Vec::new();
    let words = analysis::formats::archive::unpack(&bytes, &mut |member| members.push(member.name)).unwrap();
    assert_eq!(words, Vec::<String>::new());
    assert!(members.contains(&"files/0003-b__.pb".to_owned()), "{members:?}");
    assert!(read(&gz).is_none() && read(b"").is_none() && read(b"PK\x03\x04").is_none());
}

#[test]
fn what_is_not_as_the_list_says_is_told_and_the_rest_loads() {
    let whole = written(&[("a", b"aaa"), ("b", b"bbb")], 1 << 20);
    let sha = "3608bca1e44ea6c4d268eb6db02260269892c0b42b86bbf1e77a6fa16c3c9282"; // of "bbb", as sha256sum has it wrong for "bbB"
    let list = |rest: &str| format!("{{\"format\":1,\"made_by\":\"t\",\"files\":[{rest}],\"state\":\"#v=1&view=gc\"}}");
    let file = |name: &str, member: &str| format!("{{\"name\":\"{name}\",\"member\":\"{member}\"}}");
    let cases: [(Vec<u8>, &[&str], &str); 7] = [
        (
            bundle(
                &list(&file("a", "files/1-a")),
                &[("files/1-a", b"x"), ("../../etc/cron", b"y"), ("/abs", b"z"), ("C:\\x", b"w")],
            ),
            &["a"],
            "leads out of the bundle",
        ),
        (bundle(&list(&file("a", "files/1-a")), &[("files/1-a", b"x"), ("files/1-a", b"evil")]), &["a"], "twice"),
        (
            bundle(&list(&[file("a", "files/1-a"), file("b", "files/2-b")].join(",")), &[("files/1-a", b"x")]),
            &["a"],
            "b is named by the bundle's list and not in",
        ),
        (
            bundle(
                &list(&format!(
                    "{},{{\"name\":\"b\",\"member\":\"files/2-b\",\"sha256\":\"{sha}\",\"length_bytes\":3}}",
                    file("a", "files/1-a")
                )),
                &[("files/1-a", b"x"), ("files/2-b", b"bbB")],
            ),
            &["a"],
            "b is not the file that was bundled",
        ),
        (
            bundle("{\"format\":7,\"made_by\":\"Poolscope 9\"}", &[("files/0001-a", b"x")]),
            &["a"],
            "newer program (Poolscope 9) in format 7",
        ),
        (bundle("{\"format\":", &[("files/0001-a", b"x")]), &["a"], "list cannot be read"),
        (zip(&[("mimetype", MIME), ("files/0001-a", b"x")], false), &["a"], "list (manifest.json) is missing"),
    ];
    for (bytes, names, words) in cases {
        let opened = read(&bytes).unwrap();
        assert!(opened.words.iter().any(|said| said.contains(words)), "{words}: {:?}", opened.words);
        assert_eq!(opened.files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), names, "{words}");
        assert_eq!(opened.files[0].bytes, b"x", "{words}");
    }
    // Cut anywhere, or with any byte changed, it is read as far as it goes.
    for length in 0..whole.len() {
        let _ = read(&whole[..length]);
        let mut changed = whole.clone();
        changed[length] ^= 0x55;
        let _ = read(&changed);
    }
    let cut = read(&whole[..whole.len() - 30]).unwrap();
    assert_eq!(cut.files.len(), 2);
    assert!(cut.words[0].contains("cut short"), "{:?}", cut.words);
}

#[test]
fn a_bomb_is_not_unpacked() {
    let zeros = vec![0; 300 << 20];
    let bytes =
        zip(&[("mimetype", MIME), ("files/0001-a", &zeros), ("files/0002-b", b"x"), ("manifest.json", b"{}")], true);
    assert!(bytes.len() < 1 << 20);
    let opened = read(&bytes).unwrap();
    assert!(opened.words.iter().any(|words| words.contains("which no dump does")), "{:?}", opened.words);
    assert_eq!(opened.files.last().unwrap().name, "b");
}

#[test]
fn notes_and_names_are_bounded() {
    let notes: Vec<String> =
        (0..500).map(|n| format!("{{\"on\":\"Session\",\"text\":\"{}\"}}", "x".repeat(2_000 + n))).collect();
    let name = "y".repeat(100_000);
    let list = format!(
        "{{\"format\":1,\"made_by\":\"\",\"notes\":[{}],\"state\":\"javascript:alert(1)\",\"files\":[{{\"name\":\"{name}\",\"member\":\"files/1\"}}]}}",
        notes.join(",")
    );
    let opened = read(&bundle(&list, &[("files/1", b"x")])).unwrap();
    assert_eq!(
        (opened.notes.len(), opened.notes[0].text.len(), opened.state.as_str()),
        (Note::MOST, Note::MOST_CHARS, "")
    );
    assert_eq!(opened.files[0].name.len(), 400);
}
