//! The least that a program needs: a pool, and a recorder that writes what happens to its objects.
//!
//! `cargo run --example minimal -- FOLDER`, then open the files of the folder in Poolscope.

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("dumps"), PathBuf::from);
    // Records until it is dropped, at the end of main.
    let _recorder = pool::Recorder::builder().in_folder(&folder)?;

    let buffers = pool::Pool::builder("buffers", || Vec::<u8>::with_capacity(4096))
        .reset(Vec::clear)
        .size_of(|buffer| buffer.capacity() as u64)
        .build();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for number in 0..1000 {
                    // A get fails only where a pool is bounded or has a quota.
                    let Ok(mut buffer) = buffers.get() else { continue };
                    buffer.extend_from_slice(format!("message {number}").as_bytes());
                } // and here the buffer goes back
            });
        }
    });
    let stats = buffers.stats();
    eprintln!("{} gets, {} buffers made; dumps in {}", stats.gets, stats.news, folder.display());
    Ok(())
}
