//! What is wrong inside a trace, in words that name the goroutine, processor or id.

use std::fmt;

/// Something a trace must not do. Ends the generation that it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault(Box<str>);

impl Fault {
    #[cold]
    pub(super) fn new(words: impl Into<String>) -> Self {
        Self(words.into().into_boxed_str())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<crate::formats::cursor::Broken> for Fault {
    #[cold]
    fn from(broken: crate::formats::cursor::Broken) -> Self {
        Self::new(format!("{}", broken.what))
    }
}

/// A [`Fault`] as an `Err`, with the arguments of `format!`.
macro_rules! fault {
    ($($words:tt)*) => { Err($crate::formats::go_trace::fault::Fault::new(format!($($words)*))) };
}
pub(super) use fault;
