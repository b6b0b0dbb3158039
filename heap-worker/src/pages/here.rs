//! Where the reader is, and links from there.

use std::cell::RefCell;

use analysis::export::Table;
use analysis::link::{VERSION, encoded, pairs};
use analysis::markup::escaped;

/// The pairs of the address, and the tables that were written here, whole.
pub(crate) struct Here(Vec<(String, String)>, RefCell<Vec<Table>>);

impl Here {
    /// Of a fragment.
    pub(crate) fn new(fragment: &str) -> Self {
        Self(pairs(fragment), RefCell::default())
    }

    /// Keeps a table, for those who want it whole.
    pub(super) fn keep(&self, table: Table) {
        self.1.borrow_mut().push(table);
    }

    /// The tables that were written.
    pub(crate) fn take_tables(self) -> Vec<Table> {
        self.1.into_inner()
    }

    /// The value of a key, empty when it is not there.
    pub(crate) fn get(&self, key: &str) -> &str {
        self.0.iter().find(|(known, _)| known == key).map_or("", |(_, value)| value)
    }

    /// An `href` from here: all as it is, but for these pairs; an empty value takes a pair out.
    pub(crate) fn with(&self, changes: &[(&str, &str)]) -> String {
        escaped(&self.fragment(changes))
    }

    /// [`with`](Self::with) as it is, not for markup.
    pub(crate) fn fragment(&self, changes: &[(&str, &str)]) -> String {
        let kept = self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let is_kept = |key: &str| !["v", "part"].contains(&key) && !changes.iter().any(|(changed, _)| *changed == key);
        fragment(kept.filter(|(key, _)| is_kept(key)).chain(changes.iter().copied()))
    }

    /// An `href` to another view, which drops what is looked at in this one. What holds for all views stays.
    pub(crate) fn to(&self, pairs: &[(&str, &str)]) -> String {
        let kept = self.0.iter().filter(|(key, _)| KEPT.contains(&key.as_str()));
        escaped(&fragment(pairs.iter().copied().chain(kept.map(|(key, value)| (key.as_str(), value.as_str())))))
    }
}

/// What holds for all views: thresholds, clocks, groups, notes, and the files that all this is about.
const KEPT: [&str; 7] = ["th", "off", "grp", "notes", "files", "url", "hash"];

fn fragment<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = format!("#v={VERSION}");
    for (key, value) in pairs.filter(|(_, value)| !value.is_empty()) {
        out.push_str(&format!("&{key}={}", encoded(value)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_keep_what_they_do_not_change() {
        let here = Here::new("#v=1&view=gc&by=pause&th=a:1&sel=x");
        assert_eq!((here.get("view"), here.get("nope")), ("gc", ""));
        assert_eq!(here.with(&[("by", "heap"), ("sel", "")]), "#v=1&amp;view=gc&amp;th=a:1&amp;by=heap");
        assert_eq!(here.to(&[("view", "heap"), ("sel", "a<b")]), "#v=1&amp;view=heap&amp;sel=a%3Cb&amp;th=a:1");
    }
}
