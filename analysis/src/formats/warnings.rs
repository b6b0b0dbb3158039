//! What was wrong with a file that could be read all the same: each sort of trouble once, with its count.

/// Collects sentences; equal troubles are counted, and the first of them is described.
#[derive(Default)]
pub(super) struct Warnings {
    sentences: Vec<String>,
    counted: Vec<(&'static str, u64, String)>,
}

impl Warnings {
    /// A sentence that stands alone.
    pub(super) fn once(&mut self, sentence: String) {
        self.sentences.push(sentence);
    }

    /// One more of `trouble`; `first` describes the first.
    #[cold]
    pub(super) fn count(&mut self, trouble: &'static str, first: impl FnOnce() -> String) {
        match self.counted.iter_mut().find(|(known, ..)| *known == trouble) {
            Some((_, count, _)) => *count += 1,
            None => self.counted.push((trouble, 1, first())),
        }
    }

    /// All of them, as sentences.
    pub(super) fn into_words(self) -> Vec<String> {
        let counted = self.counted.into_iter().map(|(trouble, count, first)| format!("{count} {trouble} ({first})."));
        self.sentences.into_iter().chain(counted).collect()
    }
}
