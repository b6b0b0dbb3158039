//! Replaces every one of many names in a text, the longest first.

use super::known_names::is_known_word;
use super::names::{Kind, Name};
use crate::order;

/// Names, and what they become.
pub(super) struct Replacer {
    /// By name, each once.
    names: Vec<(String, String, Kind)>,
}

impl Replacer {
    /// Of these names, in all their forms.
    pub(super) fn new(secrets: &[Name], salt: &str) -> Self {
        let mut names: Vec<(String, String, Kind)> = Vec::new();
        for secret in secrets {
            let forms = secret.forms(salt);
            let is_whole = |form: &str| form == secret.text;
            let kept = forms.into_iter().filter(|(form, _)| is_whole(form) || (form.len() > 2 && !is_known_word(form)));
            names.extend(kept.map(|(form, new)| (form, new, secret.kind)));
        }
        // What a name is of first: a function's file before a word of the same letters.
        order::sort_by(&mut names, |a, b| (a.0.as_str(), a.2, a.1.as_str()).cmp(&(b.0.as_str(), b.2, b.1.as_str())));
        names.dedup_by(|later, first| later.0 == first.0);
        Self { names }
    }

    /// The text without them.
    pub(super) fn replaced(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            let found =
                if before.is_some_and(is_of_name) && rest.starts_with(is_of_name) { None } else { self.longest(rest) };
            match found {
                Some((length, new)) => {
                    out.push_str(new);
                    at += length;
                }
                None => {
                    let next = rest.chars().next().unwrap_or(' ');
                    out.push(next);
                    at += next.len_utf8();
                }
            }
        }
        out
    }

    /// The longest name that a text begins with and that ends where a word ends.
    fn longest(&self, text: &str) -> Option<(usize, &str)> {
        let bytes = text.as_bytes();
        let (mut low, mut high, mut best) = (0, self.names.len(), None);
        for depth in 0.. {
            let own = self.names.get(low..high)?;
            if let Some((name, new, _)) = own.first().filter(|(name, ..)| name.len() == depth && depth > 0) {
                let goes_on =
                    name.ends_with(is_of_name) && text.get(depth..).is_some_and(|rest| rest.starts_with(is_of_name));
                if !goes_on {
                    best = Some((depth, new.as_str()));
                }
            }
            let Some(&byte) = bytes.get(depth) else { break };
            let letter = |name: &(String, String, Kind)| name.0.as_bytes().get(depth).copied();
            let begin = own.partition_point(|name| letter(name) < Some(byte));
            let end = own.partition_point(|name| letter(name) <= Some(byte));
            (low, high) = (low + begin, low + end);
            if low >= high {
                break;
            }
        }
        best
    }

    /// Every name and what it became, for a look before it is sent: those that are said whole.
    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs: Vec<&(String, String, Kind)> = self.names.iter().collect();
        order::sort_by(&mut pairs, |a, b| (a.2, &a.0).cmp(&(b.2, &b.0)));
        pairs.into_iter().map(|(name, new, _)| (name.clone(), new.clone())).collect()
    }
}

fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}
