//! `cargo xtask bench pool`: the native pool against other pools, and against Go's `sync.Pool` where Go is there.

use super::go::{Go, NO_GO};
use super::results::{Row, said};
use super::scale::Scale;
use crate::run::{command, watched};

pub(super) fn measure(scale: &Scale) -> Result<Vec<Row>, String> {
    let mut bench = command("cargo");
    // The page's profile is built for size; this one is for speed.
    bench.args(["bench", "--quiet", "--locked", "--profile", "release-cli"]);
    bench.args(["--package", "poolscope-pool", "--bench", "pool"]);
    let go = Go::find().map(|go| go.sync_pool(&scale.folder()?)).transpose()?;
    bench.envs(go.as_ref().map(|program| ("POOL_BENCH_GO", program)));
    if scale.is_small {
        bench.env("BENCH_ROUNDS", "1");
    }
    let mut rows = said(&watched(&mut bench)?)?;
    if go.is_none() {
        rows.push(Row::new("pairs", "", "Go's `sync.Pool`").missing(NO_GO));
    }
    Ok(rows)
}
