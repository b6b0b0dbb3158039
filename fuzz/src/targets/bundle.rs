//! Bundles: what does not match the list is told, names are labels, and an analysis in one is one or is refused.

use analysis::bundle::{Packer, Writer, read};
use analysis::share::{Note, Pin, decode};

use super::Target;
use crate::mutate;
use crate::seeds::Fixture;

pub(super) const TARGET: Target =
    Target { name: "bundle", run, repair: mutate::nothing, reshape: Some(mutate::members), seed, written: &[] };

/// No fixture is a bundle: each is written, from a profile or an analysis.
fn seed(fixture: &Fixture) -> Option<Vec<u8>> {
    match fixture {
        _ if fixture.is("outstanding.pb.gz") => Some(written(&[(&fixture.name, &fixture.bytes())])),
        _ if fixture.name == "links-v1.txt" => Some(written(&[("one", b"gc 1 @0.1s"), ("two", b"")])),
        _ => None,
    }
}

fn written(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut writer, mut out) = Writer::begin();
    for (name, bytes) in files {
        let mut packer = Packer::new(bytes);
        let packed = packer.push(bytes);
        let body = if packer.is_stored() { bytes.to_vec() } else { packed };
        let (head, tail) = writer.input(name, packer).expect("it is small");
        out.extend([head, body, tail].concat());
    }
    writer.look("#v=1&view=heap", Note::new(Pin::Session, "look").into_iter().collect());
    out.extend(writer.finish("{}").expect("it is small"));
    out
}

fn run(bytes: &[u8]) {
    let Some(opened) = read(bytes) else { return };
    for file in &opened.files {
        assert!(!file.name.is_empty() && !file.name.contains(char::is_control), "{:?}", file.name);
    }
    assert!(opened.state.is_empty() || opened.state.starts_with('#'));
    if let Some(text) = &opened.analysis {
        let _ = decode(text);
    }
}
