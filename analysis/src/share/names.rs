//! A name that is not everyone's, and the forms in which texts say it.

use sha2::{Digest, Sha256};

/// What a name is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A function or type, with its package.
    Function,
    /// A source file or a mapped one.
    Path,
    /// A pool, a label, a thread, a line of a log.
    Word,
    /// A dump file.
    File,
}

/// A name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) kind: Kind,
    pub(super) text: String,
    /// Position of a dump file.
    pub(super) at: usize,
}

impl Name {
    /// Of a dump file of the session.
    pub(super) fn of_file(text: &str, at: usize) -> Self {
        Self { kind: Kind::File, text: text.to_owned(), at }
    }

    /// Forms in which it is said, and what each becomes.
    pub(super) fn forms(&self, salt: &str) -> Vec<(String, String)> {
        let text = self.text.as_str();
        match self.kind {
            Kind::Function => function_forms(text, salt),
            Kind::Path => path_forms(text, salt),
            Kind::Word => vec![(text.to_owned(), hashed("w", text, salt))],
            Kind::File => {
                let short = text.rsplit('/').next().unwrap_or(text);
                let new = format!("file-{}{}", self.at + 1, known_end(short));
                let mut forms = vec![(text.to_owned(), new.clone())];
                if short != text {
                    forms.push((short.to_owned(), new));
                }
                forms
            }
        }
    }
}

/// A package and what is in it: `example.com/a/b.(*T).f` is `example.com/a/b` and `(*T).f`.
pub(super) fn package_and_rest(name: &str) -> (&str, &str) {
    let slash = name.rfind('/').map_or(0, |at| at + 1);
    let tail = name.get(slash..).unwrap_or("");
    if let Some(at) = name.find("::") {
        return (name.get(..at).unwrap_or(""), name.get(at + 2..).unwrap_or(""));
    }
    match tail.find('.') {
        Some(at) => (name.get(..slash + at).unwrap_or(""), name.get(slash + at + 1..).unwrap_or("")),
        None => ("", name),
    }
}

fn function_forms(name: &str, salt: &str) -> Vec<(String, String)> {
    let (package, rest) = package_and_rest(name);
    let separator = if name.contains("::") { "::" } else { "." };
    let own = |rest: &str| hashed("f", rest, salt);
    let mut forms = Vec::new();
    if package.is_empty() {
        forms.push((rest.to_owned(), own(rest)));
        return forms;
    }
    let short = package.rsplit('/').next().unwrap_or(package);
    // The package main is everyone's.
    let new_package = if package == "main" { "main".to_owned() } else { hashed("p", package, salt) };
    let whole = |rest: &str, new: String| {
        let new = format!("{new_package}{separator}{new}");
        [(format!("{package}{separator}{rest}"), new.clone()), (format!("{short}{separator}{rest}"), new)]
    };
    if !rest.is_empty() {
        forms.extend(whole(rest, own(rest)));
        forms.push((rest.to_owned(), own(rest)));
    }
    // The type of a method is said alone, and so is the function that a closure stands in.
    let first = rest.trim_start_matches("(*").split([')', '.', '[', ':']).next().unwrap_or("");
    if first != rest && !first.is_empty() {
        forms.extend(whole(first, own(first)));
        forms.push((first.to_owned(), own(first)));
    }
    if package != "main" {
        forms.push((package.to_owned(), new_package.clone()));
        forms.push((short.to_owned(), new_package.clone()));
        // The module it is in.
        let mut parent = package;
        while let Some(at) = parent.rfind('/') {
            parent = parent.get(..at).unwrap_or("");
            if parent.contains('/') || parent.contains('.') {
                forms.push((parent.to_owned(), hashed("p", parent, salt)));
            }
        }
    }
    forms
}

fn path_forms(path: &str, salt: &str) -> Vec<(String, String)> {
    let base = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let end = base.rfind('.').and_then(|at| base.get(at..)).filter(|end| end.len() <= 6).unwrap_or("");
    let new = format!("{}{end}", hashed("s", base, salt));
    let mut forms = vec![(path.to_owned(), new.clone()), (base.to_owned(), new)];
    let mut parent = path;
    while let Some(at) = parent.rfind(['/', '\\']) {
        parent = parent.get(..at).unwrap_or("");
        if parent.len() > 4 {
            forms.push((parent.to_owned(), hashed("d", parent, salt)));
        }
    }
    forms
}

/// The end of a dump's name, if it tells nothing but its format.
fn known_end(name: &str) -> &'static str {
    const ENDS: [&str; 12] = [
        ".pb.gz",
        ".pooltrace",
        ".gctrace.txt",
        ".jsonl",
        ".json",
        ".trace",
        ".prof",
        ".out",
        ".txt",
        ".log",
        ".gz",
        ".zip",
    ];
    ENDS.into_iter().find(|end| name.ends_with(end)).unwrap_or("")
}

/// A letter for what it is of, and 30 bits of a hash: of ten thousand names two meet once in twenty times.
fn hashed(letter: &str, text: &str, salt: &str) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut sha = Sha256::new();
    for part in [salt, letter, text] {
        sha.update((part.len() as u64).to_le_bytes());
        sha.update(part.as_bytes());
    }
    let sum: [u8; 32] = sha.finalize().into();
    let bits = sum.iter().take(4).fold(0_u32, |bits, &byte| bits << 8 | u32::from(byte));
    let digits = (0..6).map(|at| char::from(LETTERS.get((bits >> (5 * at) & 31) as usize).copied().unwrap_or(b'a')));
    letter.chars().chain(digits).collect()
}
