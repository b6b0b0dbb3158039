//! A number over time.

/// Values with the time of each, times rising.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Series {
    /// Trace time in nanoseconds.
    pub times: Vec<i64>,
    /// What it was from then on.
    pub values: Vec<u64>,
}

impl Series {
    /// Adds a value; `time` is not before the last.
    pub fn push(&mut self, time: i64, value: u64) {
        self.times.push(time);
        self.values.push(value);
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// What it was at `time`; `None` before the first value.
    pub fn at(&self, time: i64) -> Option<u64> {
        let after = self.times.partition_point(|&other| other <= time);
        self.values.get(after.checked_sub(1)?).copied()
    }
}
