//! Reads a line piece by piece, and knows where it could have been cut: the runtime writes each piece by a call of its own,
//! so that what others write stands between pieces, never within one.

/// Where a line breaks off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cut {
    /// Ends of the pieces that fit.
    pub(super) ends: Vec<usize>,
}

impl Cut {
    /// Ends that are tried as the cut: what looks like a piece may be another's, so the cut may be before it.
    pub(super) const KEPT: usize = 4;
}

pub(super) struct Scan<'a> {
    text: &'a str,
    at: usize,
    ends: Vec<usize>,
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, ends: Vec::new() }
    }

    /// Where the next piece begins.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn cut(&mut self) -> Cut {
        Cut { ends: std::mem::take(&mut self.ends) }
    }

    fn step(&mut self, length: usize) {
        self.at += length;
        self.ends.push(self.at);
    }

    /// These words, or the cut.
    pub(super) fn text(&mut self, words: &str) -> Result<(), Cut> {
        if self.has(words) { Ok(()) } else { Err(self.cut()) }
    }

    /// Whether these words are next; they are passed then.
    pub(super) fn has(&mut self, words: &str) -> bool {
        let has = self.rest().starts_with(words);
        if has {
            self.step(words.len());
        }
        has
    }

    fn number(&mut self) -> Result<&'a str, Cut> {
        let rest = self.rest();
        let length = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
        let number = rest.get(..length).filter(|number| number.starts_with(|c: char| c.is_ascii_digit()));
        let Some(number) = number else { return Err(self.cut()) };
        self.step(length);
        Ok(number)
    }

    /// A whole number; one too large is the largest.
    pub(super) fn whole(&mut self) -> Result<u64, Cut> {
        let number = self.number()?;
        if number.contains('.') {
            return Err(self.cut());
        }
        Ok(number.parse().unwrap_or(u64::MAX))
    }

    /// A number times `factor`, rounded; one too large is the largest.
    pub(super) fn scaled(&mut self, factor: f64) -> Result<i64, Cut> {
        match self.number()?.parse::<f64>() {
            Ok(number) => Ok((number * factor).round() as i64),
            Err(_) => Err(self.cut()),
        }
    }

    /// Milliseconds as nanoseconds.
    pub(super) fn millis(&mut self) -> Result<i64, Cut> {
        self.scaled(1e6)
    }
}
