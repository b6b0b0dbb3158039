//! What tests of traces share.

pub(crate) mod listing;
pub(crate) mod text;

use std::ops::ControlFlow;
use std::path::PathBuf;

use analysis::formats::ParseError;
use analysis::formats::go_trace;
use analysis::model::Symbols;
use analysis::model::trace::Trace;

/// A trace that was read.
pub(crate) struct Reading {
    pub(crate) trace: Trace,
    pub(crate) symbols: Symbols,
    pub(crate) warnings: Vec<String>,
}

impl Reading {
    /// Reads `bytes`.
    pub(crate) fn of(bytes: &[u8]) -> Result<Self, ParseError> {
        let mut symbols = Symbols::default();
        let (trace, warnings) = go_trace::read(bytes, &mut symbols, &mut |_| ControlFlow::Continue(()))?;
        Ok(Self { trace, symbols, warnings })
    }

    /// Every event, one a line.
    pub(crate) fn events(&self) -> String {
        listing::listing(&self.trace, &self.symbols)
    }
}

/// A folder of fixtures/go_trace.
pub(crate) fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/go_trace").join(name)
}

/// Files of a folder whose names end so, in order.
pub(crate) fn files(name: &str, end: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = entries.filter(|path| path.to_string_lossy().ends_with(end)).collect();
    paths.sort();
    paths
}

/// Fails at the first line that differs, which says more than two long texts.
pub(crate) fn assert_same_lines(name: &str, ours: &str, theirs: &str) {
    for (at, (ours, theirs)) in ours.lines().zip(theirs.lines()).enumerate() {
        assert_eq!(ours, theirs, "{name}, line {}: ours, Go's", at + 1);
    }
    assert_eq!(ours.lines().count(), theirs.lines().count(), "{name}: lines");
}
