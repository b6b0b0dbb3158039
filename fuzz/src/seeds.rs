//! What fuzzing starts from: the fixtures, and inputs that once broke something (`fixtures/fuzz/TARGET`).

use std::collections::BTreeMap;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use crate::Target;
use crate::mutate;

/// Traces written as text, as the tests of the reader have them.
#[path = "../../analysis/tests/conformance/text.rs"]
#[allow(dead_code)]
pub(crate) mod text;

/// A file below `fixtures/`.
pub(crate) struct Fixture {
    /// Its path there, with `-` for separators.
    pub(crate) name: String,
    path: PathBuf,
}

impl Fixture {
    /// Whether its name ends so.
    pub(crate) fn is(&self, end: &str) -> bool {
        self.name.ends_with(end)
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        std::fs::read(&self.path).expect("the fixtures are there")
    }

    pub(crate) fn text(&self) -> Option<String> {
        String::from_utf8(self.bytes()).ok()
    }

    pub(crate) fn inflated(&self) -> Option<Vec<u8>> {
        mutate::inflated(&self.bytes())
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

/// A fixture's bytes.
pub(crate) fn fixture(path: &str) -> Vec<u8> {
    std::fs::read(root().join(path)).expect("the fixtures are there")
}

fn walk(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { walk(&path, out) } else { out.push(path) }
    }
}

/// Names and bytes to start a target from, in the same order in every run.
pub fn of(target: &Target) -> Vec<(String, Vec<u8>)> {
    let root = root();
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    paths.sort();
    let broke = format!("fuzz-{}-", target.name);
    let mut out = Vec::new();
    for path in paths {
        let name = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().replace(MAIN_SEPARATOR, "-");
        let fixture = Fixture { name, path };
        let bytes = if fixture.name.starts_with(&broke) { Some(fixture.bytes()) } else { (target.seed)(&fixture) };
        out.extend(bytes.map(|bytes| (fixture.name, bytes)));
    }
    out.extend(target.written.iter().map(|text| ("written".to_owned(), text.as_bytes().to_vec())));
    out
}

/// Words of the seeds that are text, those of most seeds first: what a reader may look for, for an engine to put in.
pub fn words(seeds: &[(String, Vec<u8>)]) -> Vec<&str> {
    const MOST: usize = 1000;
    let mut counts = BTreeMap::<&str, (usize, usize)>::new();
    for (at, (_, bytes)) in seeds.iter().enumerate() {
        let Ok(text) = std::str::from_utf8(bytes) else { continue };
        // Between letters, punctuation belongs to the word as often as it parts two: both are words.
        let parts = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        let words = text.split_ascii_whitespace().chain(parts);
        for word in words.filter(|word| (2..=32).contains(&word.len()) && !word.contains(char::is_numeric)) {
            let (count, last) = counts.entry(word).or_default();
            if *count == 0 || *last != at {
                (*count, *last) = (*count + 1, at);
            }
        }
    }
    let mut words: Vec<_> = counts.into_iter().collect();
    words.sort_by_key(|(word, (count, _))| (std::cmp::Reverse(*count), *word));
    words.into_iter().map(|(word, _)| word).take(MOST).collect()
}
