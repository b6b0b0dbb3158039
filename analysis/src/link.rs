//! The fragment of the page's address: what a link keeps, in readable pairs, versioned.

use crate::findings::{Evidence, EvidenceView};
use crate::lens::{Base, SourceId};
use crate::session::Session;

/// Version of the pairs that links are written in.
pub const VERSION: &str = "1";

/// What makes pairs of version `n + 2` of those of version `n + 1`, by `n`: one for each version that there was. A pair that is
/// renamed or comes to mean something else makes a new version; one that is added does not.
const UPGRADES: [fn(Pairs) -> Pairs; 0] = [];

type Pairs = Vec<(String, String)>;

/// A link of a version that is not known here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherVersion(pub String);

impl std::fmt::Display for OtherVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(found) = self;
        write!(
            f,
            "This link has version {found}, and this page reads links up to version {VERSION}. Open it on the page that made it."
        )
    }
}

/// The pairs of a fragment of any version that there was, as the newest has them, without the version.
///
/// # Errors
/// When it is of a version that is not known here.
pub fn upgraded(fragment: &str) -> Result<Pairs, OtherVersion> {
    upgraded_by(fragment, &UPGRADES)
}

fn upgraded_by(fragment: &str, upgrades: &[fn(Pairs) -> Pairs]) -> Result<Pairs, OtherVersion> {
    let all = pairs(fragment);
    // What is written by hand has no version, and is of today.
    let newest = upgrades.len() + 1;
    let told = all.iter().find(|(key, _)| key == "v").map(|(_, value)| value.as_str());
    let version = told.map_or(Ok(newest), str::parse::<usize>).unwrap_or(0);
    if version == 0 || version > newest {
        return Err(OtherVersion(told.unwrap_or("").to_owned()));
    }
    let own = all.into_iter().filter(|(key, _)| key != "v").collect();
    Ok(upgrades.iter().skip(version - 1).fold(own, |pairs, upgrade| upgrade(pairs)))
}

/// Longest fragment of a link that only says what is looked at: with the address before it, it stays under what every mail
/// program, chat and issue tracker takes.
pub const MOST_BYTES: usize = 1_900;

/// Pairs that give way when a fragment is longer, in this order: what each is.
const GIVE_WAY: [(&str, &str); 5] = [
    ("notes", "The notes: share the analysis, which has room for them."),
    ("files", "Which files it is about: send them, or their names, along."),
    ("grp", "Which files are before and after."),
    ("off", "Clocks that were set by hand."),
    ("q", "What was searched for."),
];

/// A fragment of at most [`MOST_BYTES`], as far as leaving out pairs makes it so, and what was left out, a sentence each.
pub fn fitted(whole: &str) -> (String, Vec<&'static str>) {
    let mut kept: Pairs = pairs(whole).into_iter().filter(|(key, _)| key != "v").collect();
    let text = |kept: &Pairs| fragment(kept.iter().map(|(key, value)| (key.as_str(), value.clone())));
    let (mut out, mut words) = (text(&kept), Vec::new());
    for (key, what) in GIVE_WAY {
        if out.len() <= MOST_BYTES {
            break;
        }
        if kept.iter().any(|(own, _)| own == key) {
            kept.retain(|(own, _)| own != key);
            words.push(what);
            out = text(&kept);
        }
    }
    (out, words)
}

/// The pair of an analysis ([`crate::share`]).
pub const ANALYSIS: &str = "a";

/// Percent-encodes what would end a value or a pair.
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => out.push(char::from(byte)),
            b'-' | b'_' | b'.' | b'~' | b'/' | b':' | b'*' | b'(' | b')' | b',' | b'$' | b'@' | b'!' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Undoes [`encoded`]; what is not encoded right stays as it is.
pub fn decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let byte = match (first, tail) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        match byte {
            Some(byte) => {
                out.push(byte);
                rest = tail.get(2..).unwrap_or(&[]);
            }
            None => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

/// The pairs of a fragment, without `#`, in order, decoded.
pub fn pairs(fragment: &str) -> Vec<(String, String)> {
    let fragment = fragment.strip_prefix('#').unwrap_or(fragment);
    let pair = |part: &str| {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        (decoded(key), decoded(value))
    };
    fragment.split('&').filter(|part| !part.is_empty()).map(pair).collect()
}

/// The fragment of these pairs; empty values are left out.
pub fn fragment<'a>(pairs: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let mut out = format!("#v={VERSION}");
    for (key, value) in pairs {
        if !value.is_empty() {
            out.push_str(&format!("&{key}={}", encoded(&value)));
        }
    }
    out
}

/// Entries of a value that holds several, such as thresholds that were changed: `name:value`, apart by `;`. The names are
/// encoded, so that a file may be called anything.
pub fn entries(text: &str) -> impl Iterator<Item = (String, String)> {
    let entry = |part: &str| part.split_once(':').map(|(name, value)| (decoded(name), decoded(value)));
    text.split(';').filter_map(entry)
}

/// The same with one entry set, or taken out where its value is empty.
pub fn with_entry(text: &str, name: &str, value: &str) -> String {
    let mut out = String::new();
    let kept = entries(text).filter(|(known, _)| known != name);
    let new = (!value.is_empty()).then(|| (name.to_owned(), value.to_owned()));
    for (name, value) in kept.chain(new) {
        let part = |text: &str| encoded(text).replace(':', "%3A");
        out.push_str(&format!("{}{}:{}", if out.is_empty() { "" } else { ";" }, part(&name), part(&value)));
    }
    out
}

/// The link that shows a piece of evidence.
pub fn of_evidence(session: &Session, evidence: &Evidence) -> String {
    let name = |id: SourceId| session.source(id).map_or(String::new(), |source| source.name.clone());
    let (view, tab) = match evidence.view {
        EvidenceView::HeapTable => ("heap", "table"),
        EvidenceView::HeapFlame => ("heap", "flame"),
        EvidenceView::HeapGrowth => ("heap", "growth"),
        EvidenceView::States => ("states", ""),
        EvidenceView::Files => ("files", ""),
        EvidenceView::Contention => ("contention", ""),
        EvidenceView::Gc => ("gc", ""),
        EvidenceView::Escape => ("heap", "escape"),
        EvidenceView::Timeline => ("timeline", ""),
    };
    let node_key = match evidence.view {
        EvidenceView::Contention | EvidenceView::Gc | EvidenceView::Escape => "pick",
        EvidenceView::Timeline => "at",
        _ => "sel",
    };
    let base = match evidence.lens.base {
        Base::None => String::new(),
        Base::Base(id) | Base::DiffBase(id) => name(id),
    };
    // The state graph is of a file, which no lens names.
    let current = if evidence.view == EvidenceView::States { Some(evidence.source) } else { evidence.lens.current };
    fragment([
        ("view", view.to_owned()),
        ("tab", tab.to_owned()),
        ("type", evidence.lens.sample_type.clone().unwrap_or_default()),
        ("base", base),
        ("cur", current.map_or(String::new(), name)),
        (node_key, evidence.node.clone()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_older_versions_are_made_new_and_those_of_newer_ones_refused() {
        let renamed = |pairs: Pairs| {
            pairs.into_iter().map(|(key, value)| (if key == "old" { "new".to_owned() } else { key }, value)).collect()
        };
        let upgrades: [fn(Pairs) -> Pairs; 1] = [renamed];
        let one = |key: &str| vec![(key.to_owned(), "x".to_owned())];
        assert_eq!(upgraded_by("#v=1&old=x", &upgrades), Ok(one("new")));
        assert_eq!(upgraded_by("#v=2&old=x", &upgrades), Ok(one("old")));
        assert_eq!(upgraded_by("#old=x", &upgrades), Ok(one("old")));
        for version in ["3", "0", "-1", "x", "", "99999999999999999999"] {
            let error = upgraded_by(&format!("#v={version}&old=x"), &upgrades);
            assert_eq!(error, Err(OtherVersion(version.to_owned())));
        }
        assert_eq!(VERSION, (UPGRADES.len() + 1).to_string());
        assert!(OtherVersion("7".to_owned()).to_string().contains("version 7"));
    }

    #[test]
    fn what_gives_way_is_told() {
        let short = "#v=1&view=heap&notes=w:x&sel=main.f";
        assert_eq!(fitted(short), (short.to_owned(), Vec::new()));
        let long = format!("{short}&files={}&q={}", "f".repeat(900), "q".repeat(1000));
        let (fitted, words) = fitted(&long);
        assert!(fitted.len() <= MOST_BYTES && fitted.contains("sel=main.f") && fitted.contains("q=qqq"));
        assert_eq!(words.len(), 2, "{words:?}");
        assert!(!fitted.contains("notes=") && !fitted.contains("files="));
    }

    #[test]
    fn what_is_encoded_comes_back() {
        for text in ["main.(*T).f", "a&b=c#d e%41é", "", "100%", "sync.(*Pool).Get[go.shape.[]uint8]"] {
            assert_eq!(decoded(&encoded(text)), text);
        }
        let list = with_entry(&with_entry(&with_entry("", "a:b;c", "1"), "d", "2"), "a:b;c", "3%");
        assert_eq!(
            entries(&list).collect::<Vec<_>>(),
            [("d", "2"), ("a:b;c", "3%")].map(|(a, b)| (a.to_owned(), b.to_owned()))
        );
        assert_eq!(with_entry(&list, "d", ""), with_entry("", "a:b;c", "3%"));
        let fragment = fragment([("view", "heap".to_owned()), ("focus", "a&b".to_owned()), ("sel", String::new())]);
        assert_eq!(fragment, "#v=1&view=heap&focus=a%26b");
        assert_eq!(pairs(&fragment)[2], ("focus".to_owned(), "a&b".to_owned()));
    }
}
