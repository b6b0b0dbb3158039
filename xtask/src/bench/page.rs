//! The page's part: Chromium opens the big files and says how long it took.

use std::ffi::OsStr;

use crate::run::{run, say};
use crate::test::playwright;

/// Runs a browser benchmark on files, which its variables name. It prints its own rows.
pub(super) fn measure(spec: &str, files: &[(&str, &OsStr)]) -> Result<(), String> {
    let mut bench = playwright(&[spec, "--workers=1", "--reporter=line"])?;
    bench.envs(files.iter().copied());
    say("Opening the same files in Chromium");
    run(&mut bench)
}
