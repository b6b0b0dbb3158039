//! The command `poolscope`.

fn main() {}
