//! A dump of every version that ever was, kept for ever, and what it says.

#![allow(clippy::unwrap_used, clippy::panic)] // A test that fails panics.

mod common;

use std::path::PathBuf;

use common::{read, small_dump};
use pool_dump::Version;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/pool/format")
}

#[test]
fn every_version_says_what_it_always_said() {
    let mut versions = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "pooltrace") {
            let said = read(&std::fs::read(&path).unwrap()).unwrap();
            assert_eq!((said.damage.len(), said.unknown), (0, 0), "{}", path.display());
            let text: String = said.records.iter().map(|record| record.clone() + "\n").collect();
            assert_eq!(text, std::fs::read_to_string(path.with_extension("txt")).unwrap(), "{}", path.display());
            versions += 1;
        }
    }
    let current = folder().join(format!("{}.pooltrace", Version::CURRENT));
    assert!(current.exists() && versions > 0, "the newest version has no fixture");
}

#[test]
#[ignore = "writes the fixture of the newest version: once, when there is a new one"]
fn write_the_newest() {
    let path = folder().join(format!("{}.pooltrace", Version::CURRENT));
    assert!(!path.exists(), "{} is kept as it is", path.display());
    let bytes = small_dump(7);
    let text: String = read(&bytes).unwrap().records.iter().map(|record| record.clone() + "\n").collect();
    std::fs::create_dir_all(folder()).unwrap();
    std::fs::write(&path, bytes).unwrap();
    std::fs::write(path.with_extension("txt"), text).unwrap();
}
