//! Archives: names lead down, nothing comes out of nothing, and the same archive gives the same files.

use analysis::formats::archive::unpack;

use super::Target;
use crate::mutate;

pub(super) const TARGET: Target = Target {
    name: "archive",
    run,
    repair: |bytes| mutate::sums(bytes),
    reshape: Some(mutate::members),
    seed: |fixture| fixture.name.starts_with("archive-").then(|| fixture.bytes()),
    written: &["PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"],
};

fn run(bytes: &[u8]) {
    let mut members = 0;
    let words = unpack(bytes, &mut |member| {
        members += 1;
        let is_down = member.name.split('/').all(|part| !matches!(part, "" | "." | ".."));
        assert!(is_down && !member.name.contains(char::is_control), "{:?}", member.name);
    });
    match words {
        Some(words) => assert!(members > 0 || !words.is_empty(), "an archive of nothing says so"),
        None => assert_eq!(members, 0),
    }
}
