//! The page's part: Chromium opens the big files and says how long it took.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::OnceLock;

use super::results::{Row, said};
use super::scale::Scale;
use crate::run::{say, watched};
use crate::site;
use crate::test::playwright_on;

/// One site for all parts of a run.
static SITE: OnceLock<Result<PathBuf, String>> = OnceLock::new();

/// Runs a browser benchmark on files, which its variables name.
pub(super) fn measure(scale: &Scale, spec: &str, files: &[(&str, &OsStr)]) -> Result<Vec<Row>, String> {
    let site = SITE.get_or_init(site::dist).clone()?;
    let mut bench = playwright_on(site, &[spec, "--workers=1", "--reporter=line"])?;
    bench.envs(files.iter().copied());
    if scale.is_small {
        bench.env("BENCH_ROUNDS", "1");
    }
    say("Opening the same files in Chromium");
    said(&watched(&mut bench)?)
}
