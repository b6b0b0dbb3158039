//! Why an analysis cannot be made or opened, in words.

use std::fmt;

/// Why an analysis cannot be made or opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShareError {
    /// There is nothing to share.
    Nothing,
    /// It does not fit what a link may hold, pruned as far as it goes.
    TooLarge {
        /// Bytes of its text when all that can be left out is.
        least: usize,
        /// Bytes that are allowed.
        budget: usize,
    },
    /// The text is no analysis: it was cut, or changed on its way.
    Damaged(&'static str),
    /// It was written by a newer page than this one.
    Newer {
        /// Version of the text.
        found: u32,
    },
    /// It holds more than any analysis does: of what, and how much is the most.
    TooMuch(&'static str, u64),
}

impl fmt::Display for ShareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("There is nothing to share: no file is open."),
            Self::TooLarge { least, budget } => write!(
                f,
                "Even with all left out that can be, the analysis takes {least} bytes, and the link may have {budget}. Share \
                 it as a bundle or a report."
            ),
            Self::Damaged(what) => write!(
                f,
                "The analysis in this link is damaged ({what}): some of the address was lost or changed on its way. Ask for it \
                 again, in a message that does not wrap or shorten links, or as a bundle."
            ),
            Self::Newer { found } => write!(
                f,
                "The analysis in this link has format {found}, and this page reads formats up to {}. Open it on the page that \
                 made it, or ask for the files.",
                super::FORMAT
            ),
            Self::TooMuch(what, most) => write!(
                f,
                "The analysis in this link says that it holds more than {most} {what}, which no analysis does: it was not made \
                 by Poolscope, and was not opened. Ask for the files, or for a bundle."
            ),
        }
    }
}

impl std::error::Error for ShareError {}
