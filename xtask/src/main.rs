//! `cargo xtask`: set-up, serve, test, bench.

fn main() {}
