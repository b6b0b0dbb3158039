//! The native pool's example service, run for real: once with each fault, all at the same time.

use std::path::Path;

use crate::run::{command, run, say};

/// Leaves a trace and heap profiles of each fault in a folder of its name below `folder`.
pub(crate) fn dumps(folder: &Path) -> Result<(), String> {
    let folder = std::path::absolute(folder).map_err(|error| error.to_string())?;
    say(&format!("Running the example service of the native pool with every fault, into {}", folder.display()));
    let service =
        ["run", "--quiet", "--locked", "--package", "poolscope-pool", "--example", "order_service", "--", "all"];
    run(command("cargo").args(service).arg(folder))
}
