//! Heap profiles of the native pool: the command's text is that of Go 1.27.3's `go tool pprof -top`, for every sample type.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::path::Path;
use std::process::Command;

#[test]
fn heaps_of_the_native_pool_read_as_in_pprof() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/pool");
    let mut compared = 0;
    for mode in ["leak", "oversize"] {
        for entry in std::fs::read_dir(folder.join(mode)).expect("the fixtures are there") {
            let path = entry.unwrap().path();
            let name = path.to_string_lossy().into_owned();
            let Some(heap) = name.strip_suffix(".top.txt").map(|stem| format!("{stem}.pb.gz")) else { continue };
            let mut ours = String::new();
            for sample in ["alloc_objects", "alloc_space", "inuse_objects", "inuse_space"] {
                let mut command = Command::new(env!("CARGO_BIN_EXE_poolscope"));
                let output = command.args(["top", &heap, "--sample-index", sample]).output().unwrap();
                ours += &String::from_utf8(output.stdout).unwrap();
            }
            assert_eq!(ours, std::fs::read_to_string(&path).unwrap(), "{heap}");
            compared += 1;
        }
    }
    assert_eq!(compared, 3);
}
