//! Blocks do not overlap, and fragmentation is met as the watermarks say.

#![allow(clippy::unwrap_used)] // A test that fails panics.

use std::time::Duration;

use pool::{Band, BytePool, GetError, ObjectPool, Quota};

#[test]
fn blocks_do_not_overlap() {
    let pool = BytePool::builder("blocks").chunk_bytes(4096).build();
    let mut held: Vec<_> = (0..100).map(|index| pool.get(1 + index * 10).unwrap()).collect();
    for (index, block) in held.iter_mut().enumerate() {
        block.fill(index as u8);
    }
    for (index, block) in held.iter().enumerate() {
        assert_eq!(block.len(), 1 + index * 10);
        assert!(block.capacity() >= block.len() && block.iter().all(|byte| *byte == index as u8));
    }
}

#[test]
fn a_size_that_no_block_has_is_an_error() {
    let pool = BytePool::builder("sizes").chunk_bytes(4096).build();
    assert_eq!(pool.get(1024).unwrap().capacity(), 1024);
    assert!(matches!(pool.get(1025), Err(GetError::NoMemory { bytes: 1025 })));
}

#[test]
fn blocks_are_zeroed_where_that_was_asked_for() {
    let pool = BytePool::builder("zeroed").chunk_bytes(4096).zero(true).build();
    pool.get(300).unwrap().fill(7);
    assert!(pool.get(300).unwrap().iter().all(|byte| *byte == 0));
}

#[test]
fn full_chunks_are_kept() {
    let pool = BytePool::builder("full").chunk_bytes(4096).build();
    let held: Vec<_> = (0..16).map(|_| pool.get(1024).unwrap()).collect();
    let done = pool.maintain();
    assert_eq!((done.band, done.moved_blocks, done.released_chunks), (Band::Keep, 0, 0));
    assert_eq!((pool.stats().chunks, pool.allocated_bytes()), (4, 16 << 10));
    drop(held);
}

#[test]
fn some_free_bytes_steer_and_preallocate() {
    let pool = BytePool::builder("steered").chunk_bytes(4096).build();
    let mut held: Vec<_> = (0..16).map(|_| pool.get(1024).unwrap()).collect();
    // Three of the four blocks of one chunk: 3 of 16 blocks are free, 19 %, and their chunk is cold.
    held.truncate(13);
    let done = pool.maintain();
    assert_eq!((done.band, done.preallocated, done.moved_blocks), (Band::Steer, true, 0));
    // They count as idle, and their chunk has none home, so it is not cold yet. Once some are home, the rest go too.
    assert_eq!(pool.stats().preallocated, 1);
    let bytes = pool.allocated_bytes();
    held.extend((0..4).map(|_| pool.get(1024).unwrap()));
    assert_eq!((pool.allocated_bytes(), pool.stats().chunks), (bytes, 5), "the chunk made ahead is used");
}

#[test]
fn many_free_bytes_compact_and_empty_chunks_are_released() {
    let pool = BytePool::builder("compacted").chunk_bytes(4096).build();
    let mut held: Vec<_> = (0..40).map(|_| pool.get(1024).unwrap()).collect();
    assert_eq!((pool.stats().chunks, pool.peak_allocated()), (10, 40 << 10));
    held.truncate(5);
    let done = pool.maintain();
    assert_eq!((done.band, done.moved_blocks, done.released_chunks), (Band::Compact, 35, 8));
    let stats = pool.stats();
    assert_eq!((stats.chunks, stats.idle_blocks, stats.compactions, stats.compactions_failed), (2, 0, 1, 0));
    assert_eq!(pool.allocated_bytes(), 8 << 10);
    // One of each chunk left: nothing can be released, and that is counted.
    let spread: Vec<_> = (0..16).map(|_| pool.get(1024).unwrap()).collect();
    drop(held);
    let every_fourth: Vec<_> = spread.into_iter().enumerate().filter(|(index, _)| index % 4 == 3).collect();
    let done = pool.maintain();
    assert_eq!(done.band, Band::Compact);
    assert!(pool.stats().fragmentation() > 0.35 || done.released_chunks > 0);
    assert_eq!(pool.stats().active_blocks, every_fourth.len() as u64);
}

#[test]
fn what_is_asked_for_in_the_background_happens() {
    let every = Duration::from_millis(1);
    let pool = BytePool::builder("background").chunk_bytes(4096).maintain_every(every).build();
    drop((0..16).map(|_| pool.get(1024).unwrap()).collect::<Vec<_>>());
    while pool.stats().released_chunks < 4 {
        std::thread::yield_now();
    }
    assert_eq!(pool.allocated_bytes(), 0);
}

#[test]
fn new_blocks_come_from_the_fullest_chunk() {
    let pool = BytePool::builder("fullest").chunk_bytes(4096).build();
    let mut held: Vec<Option<_>> = (0..8).map(|_| Some(pool.get(1024).unwrap())).collect();
    // Chunk 0 keeps one block, chunk 1 three; all idle blocks go home.
    for index in [0, 1, 2, 4] {
        held[index] = None;
    }
    assert_eq!(pool.maintain().band, Band::Compact);
    let _one = pool.get(1024).unwrap();
    // It filled chunk 1. So the last block of chunk 0 alone keeps that chunk, and without it the chunk can go.
    held[3] = None;
    assert_eq!((pool.maintain().released_chunks, pool.stats().chunks), (1, 1));
}

#[test]
fn failures_ask_for_compaction_and_a_quota_refuses_chunks() {
    let quota = Quota::of_bytes("tenant", 8192);
    let pool = BytePool::builder("limited").chunk_bytes(4096).quota(quota.clone()).build();
    let held: Vec<_> = (0..8).map(|_| pool.get(1024).unwrap()).collect();
    for _ in 0..6 {
        assert!(matches!(pool.get(1024), Err(GetError::QuotaExceeded(_))));
    }
    let done = pool.maintain();
    assert_eq!((done.band, done.released_chunks), (Band::Compact, 0));
    assert_eq!((pool.stats().compactions_failed, pool.stats().allocs_failed), (1, 6));
    drop(held);
    assert_eq!(pool.maintain().released_chunks, 2);
    assert_eq!(quota.in_use().used, 0);
}
