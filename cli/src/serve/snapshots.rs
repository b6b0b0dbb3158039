//! Snapshots of a program, in memory, and bounded there.

use std::sync::Arc;

/// Snapshots take at most this, however many may be kept.
pub(super) const MOST_BYTES: u64 = 512 << 20;
/// Profiles that one may have, for the numbers of their files.
const MOST_PROFILES: usize = 8;

/// What was taken, as far as it is kept.
pub(super) struct Snapshots {
    kept: Vec<Snapshot>,
    pub(super) kept_at_most: usize,
    /// How many were taken.
    pub(super) taken: usize,
}

/// Profiles that were taken one after the other: name and bytes each.
struct Snapshot {
    number: usize,
    files: Vec<(String, Arc<[u8]>)>,
}

impl Snapshots {
    pub(super) fn new(kept_at_most: usize) -> Self {
        Self { kept: Vec::new(), kept_at_most, taken: 0 }
    }

    /// Takes up another: kind and bytes of each profile.
    pub(super) fn put(&mut self, profiles: Vec<(&'static str, Vec<u8>)>) {
        self.taken += 1;
        let number = self.taken;
        // Four digits: names sort as they follow each other for a day of snapshots every ten seconds.
        let files = profiles.into_iter().map(|(kind, bytes)| (format!("{kind}.{number:04}.pb.gz"), bytes.into()));
        self.kept.push(Snapshot { number, files: files.collect() });
        self.thin();
    }

    pub(super) fn kept(&self) -> usize {
        self.kept.len()
    }

    /// Number, name and bytes of each file; a number is never given twice.
    pub(super) fn files(&self) -> impl Iterator<Item = (usize, &String, &Arc<[u8]>)> {
        self.kept.iter().flat_map(|snapshot| {
            let number = snapshot.number * MOST_PROFILES;
            snapshot.files.iter().enumerate().map(move |(at, (name, bytes))| (number + at, name, bytes))
        })
    }

    pub(super) fn bytes(&self) -> u64 {
        self.files().map(|(.., bytes)| bytes.len() as u64).sum()
    }

    /// Lets every second one of the older half go while there is too much: the course from the first on stays, ever more
    /// coarsely.
    fn thin(&mut self) {
        while self.kept.len() > 2 && (self.kept.len() > self.kept_at_most || self.bytes() > MOST_BYTES) {
            let half = self.kept.len().div_ceil(2);
            let mut at = 0;
            self.kept.retain(|_| {
                at += 1;
                at > half || at % 2 == 1
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_latest_stay_however_long_it_is_watched() {
        for most in 2..20 {
            let mut snapshots = Snapshots::new(most);
            for taken in 1..=200 {
                snapshots.put(vec![("heap", vec![0]), ("mutex", vec![1])]);
                let numbers: Vec<usize> = snapshots.kept.iter().map(|snapshot| snapshot.number).collect();
                assert!(numbers.len() <= most && numbers.len() >= taken.min(most / 2), "{most}: {numbers:?}");
                assert_eq!((numbers.first(), numbers.last()), (Some(&1), Some(&taken)), "{most}: {numbers:?}");
                assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
            }
        }
    }
}
