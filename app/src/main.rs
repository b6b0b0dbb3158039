//! The page and its worker, one WASM module for both.

fn main() {}
