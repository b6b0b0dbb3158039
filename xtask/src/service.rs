//! The native pool's example service, run for real: once in each fault mode, all at the same time.

use std::path::Path;

use crate::run::{command, root, run, say};

/// Every fault that `pool/examples/order_service.rs` has a switch for.
const MODES: [&str; 11] = [
    "healthy",
    "leak",
    "double-put",
    "dirty-reuse",
    "cross-thread",
    "oversize",
    "purge-thrash",
    "new-storm",
    "contention",
    "fragmentation",
    "wrong-pool",
];

/// Leaves a trace and heap profiles of each mode in a folder of its name below `folder`.
pub(crate) fn dumps(folder: &Path) -> Result<(), String> {
    let folder = std::path::absolute(folder).map_err(|error| error.to_string())?;
    let package = ["--package", "poolscope-pool", "--example", "order_service"];
    run(command("cargo").args(["build", "--quiet", "--locked"]).args(package))?;
    say(&format!("Running the example service of the native pool in {} modes, into {}", MODES.len(), folder.display()));
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), Into::into);
    let start = |mode: &'static str| {
        let mut service = command(target.join("debug/examples/order_service"));
        let started = service.arg(mode).arg(folder.join(mode)).spawn();
        started.map(|child| (mode, child)).map_err(|error| format!("The example service did not start: {error}."))
    };
    // All are started before any is waited for.
    let running = MODES.into_iter().map(start).collect::<Result<Vec<_>, _>>()?;
    for (mode, mut child) in running {
        let status = child.wait().map_err(|error| error.to_string())?;
        if !status.success() {
            return Err(format!("The example service failed in mode {mode} ({status})."));
        }
    }
    Ok(())
}
