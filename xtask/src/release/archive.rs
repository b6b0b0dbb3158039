//! Files as one archive: in order, of one date, nobody's.

use flate2::{Compression, GzBuilder};
use tar::{EntryType, Header};

use crate::dist::Files;

/// A `.tar.gz` with everything below `folder`; `programs` may be run. All is of `seconds` since 1970.
pub(super) fn tar_gz(folder: &str, files: &Files, programs: &[&str], seconds: u64) -> Result<Vec<u8>, String> {
    let packed = || {
        let mut tar = tar::Builder::new(GzBuilder::new().write(Vec::new(), Compression::best()));
        for (path, bytes) in files {
            let mut header = Header::new_ustar();
            header.set_entry_type(EntryType::Regular);
            header.set_size(bytes.len() as u64);
            header.set_mode(if programs.contains(&path.as_str()) { 0o755 } else { 0o644 });
            header.set_mtime(seconds);
            header.set_uid(0);
            header.set_gid(0);
            tar.append_data(&mut header, format!("{folder}/{path}"), bytes.as_slice())?;
        }
        tar.into_inner()?.finish()
    };
    packed().map_err(|error: std::io::Error| format!("{folder} cannot be packed: {error}."))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Read;

    use super::*;

    #[test]
    fn an_archive_holds_its_files_and_nothing_of_the_machine() {
        let files = Files::from([("b/c".to_owned(), b"text".to_vec()), ("a".to_owned(), b"program".to_vec())]);
        let packed = tar_gz("x-1", &files, &["a"], 1_700_000_000).unwrap();
        assert_eq!(packed, tar_gz("x-1", &files, &["a"], 1_700_000_000).unwrap());
        // RFC 1952: no time in the head of gzip, and no system.
        assert_eq!((&packed[4..8], packed[9]), ([0; 4].as_slice(), 255));
        let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(packed.as_slice()));
        let entries = tar.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            let (mut bytes, path) = (Vec::new(), entry.path().unwrap().to_string_lossy().into_owned());
            entry.read_to_end(&mut bytes).unwrap();
            let header = entry.header();
            assert_eq!((header.mtime().unwrap(), header.uid().unwrap(), header.gid().unwrap()), (1_700_000_000, 0, 0));
            (path, bytes, header.mode().unwrap())
        });
        let expected = [("x-1/a", "program", 0o755), ("x-1/b/c", "text", 0o644)];
        assert!(entries.eq(expected.map(|(path, text, mode)| (path.to_owned(), text.as_bytes().to_vec(), mode))));
    }
}
