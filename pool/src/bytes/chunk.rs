//! A chunk of memory that blocks of one size are carved from.

use std::cell::UnsafeCell;
use std::sync::{Arc, Mutex};

use crate::core::lock;
use crate::error::GetError;
use crate::quota::{Charge, Quota};

/// Memory for a chunk, charged to the quota for as long as it is there.
#[derive(Debug)]
pub(super) struct Memory {
    bytes: Box<[UnsafeCell<u8>]>,
    quota: Option<Quota>,
}

// SAFETY: the bytes are reached through blocks only, and each byte through one block at a time: see `Chunk::carve`.
unsafe impl Sync for Memory {}

impl Memory {
    /// Zeroed bytes.
    ///
    /// # Errors
    /// The quota is used up, or the allocator has no memory: never an abort.
    pub(super) fn new(bytes: usize, quota: Option<&Quota>) -> Result<(Self, Charge), GetError> {
        let mut memory: Vec<UnsafeCell<u8>> = Vec::new();
        memory.try_reserve_exact(bytes).map_err(|_| GetError::NoMemory { bytes: bytes as u64 })?;
        let charge = quota.map_or(Ok(Charge::Fine), |quota| quota.charge(bytes as u64))?;
        memory.resize_with(bytes, || UnsafeCell::new(0));
        Ok((Memory { bytes: memory.into_boxed_slice(), quota: quota.cloned() }, charge))
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if let Some(quota) = &self.quota {
            quota.release(self.bytes.len() as u64);
        }
    }
}

/// Memory cut into blocks of one size.
#[derive(Debug)]
pub(super) struct Chunk {
    memory: Memory,
    block: usize,
    /// Numbers of the blocks that are home. A block that is not here is in exactly one [`Carved`].
    free: Mutex<Vec<u32>>,
}

impl Chunk {
    pub(super) fn new(memory: Memory, block: usize) -> Arc<Self> {
        let blocks = (memory.len() / block.max(1)) as u32;
        Arc::new(Chunk { memory, block, free: Mutex::new((0..blocks).rev().collect()) })
    }

    pub(super) fn blocks(&self) -> usize {
        self.memory.len() / self.block.max(1)
    }

    pub(super) fn free_blocks(&self) -> usize {
        lock(&self.free).len()
    }

    pub(super) fn len(&self) -> usize {
        self.memory.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.free_blocks() == self.blocks()
    }

    /// Less than half used by blocks that are not home: what empties first when its idle blocks go home.
    pub(super) fn is_cold(&self) -> bool {
        self.free_blocks() * 2 > self.blocks()
    }

    /// A block, if one is home.
    pub(super) fn carve(self: &Arc<Self>) -> Option<Carved> {
        let number = lock(&self.free).pop()?;
        Some(Carved { chunk: Arc::clone(self), number })
    }
}

/// A block: the sole right to its bytes. It goes home when it is dropped.
#[derive(Debug)]
pub(super) struct Carved {
    pub(super) chunk: Arc<Chunk>,
    number: u32,
}

impl Carved {
    pub(super) fn len(&self) -> usize {
        self.chunk.block
    }

    pub(super) fn bytes(&self) -> &[u8] {
        let cells = self.cells();
        // SAFETY: `UnsafeCell<u8>` is laid out as `u8`; the bytes were zeroed at the start. This block alone reaches them
        // (its number is in no other `Carved` and not in `free`), and it is borrowed, so nobody writes meanwhile.
        unsafe { std::slice::from_raw_parts(cells.as_ptr().cast(), cells.len()) }
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        let cells = self.cells();
        // SAFETY: as in `bytes`, and it is borrowed alone. Writing through a shared slice of cells is what they allow.
        unsafe { std::slice::from_raw_parts_mut(UnsafeCell::raw_get(cells.as_ptr()), cells.len()) }
    }

    fn cells(&self) -> &[UnsafeCell<u8>] {
        let start = self.number as usize * self.chunk.block;
        self.chunk.memory.bytes.get(start..start + self.chunk.block).unwrap_or_default()
    }
}

impl Drop for Carved {
    fn drop(&mut self) {
        lock(&self.chunk.free).push(self.number);
    }
}
