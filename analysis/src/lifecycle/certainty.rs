//! How much of what happened is in a record.

use crate::words::count;

/// How much of what happened to a pool is in the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certainty {
    /// Events that the recorder counted as lost.
    pub lost_events: u64,
    /// Parts of the file are damaged or missing.
    pub is_damaged: bool,
    /// The record has its end mark.
    pub is_ended: bool,
    /// One get in so many is recorded, with its put.
    pub every: u32,
}

impl Certainty {
    /// Everything is there.
    pub fn is_whole(&self) -> bool {
        !self.has_losses() && self.every <= 1
    }

    /// Something that should be there is not. Sampling is no loss.
    pub fn has_losses(&self) -> bool {
        self.lost_events > 0 || self.is_damaged || !self.is_ended
    }

    /// What is missing, a sentence each.
    pub(super) fn doubts(&self) -> Vec<String> {
        let mut doubts = Vec::new();
        if self.lost_events > 0 {
            let lost = i64::try_from(self.lost_events).unwrap_or(i64::MAX);
            doubts.push(format!("The recorder lost {} events.", count(lost)));
        }
        if self.is_damaged {
            doubts.push("Parts of the file are damaged or missing.".to_owned());
        }
        if !self.is_ended {
            doubts.push("The record has no end mark: its last events are missing.".to_owned());
        }
        doubts
    }
}
