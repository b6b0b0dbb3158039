//! What a byte pool says of itself.

/// What a byte pool has and has done.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ByteStats {
    /// Chunks, without the one made ahead of need.
    pub chunks: usize,
    /// Their bytes.
    pub chunk_bytes: u64,
    /// Free bytes of partly used chunks, idle blocks included.
    pub free_bytes: u64,
    /// Idle blocks.
    pub idle_blocks: u64,
    /// Blocks that are out.
    pub active_blocks: u64,
    /// Chunks made ahead of need.
    pub preallocated: u64,
    /// Blocks that went home because their chunk was cold, or by compaction.
    pub moved_blocks: u64,
    /// Compactions.
    pub compactions: u64,
    /// Compactions that released nothing.
    pub compactions_failed: u64,
    /// Chunks released.
    pub released_chunks: u64,
    /// Chunks that could not be made.
    pub allocs_failed: u64,
}

impl ByteStats {
    /// Free bytes of partly used chunks ÷ bytes of all chunks, 0 to 1.
    pub fn fragmentation(&self) -> f64 {
        if self.chunk_bytes == 0 { 0.0 } else { self.free_bytes as f64 / self.chunk_bytes as f64 }
    }
}
