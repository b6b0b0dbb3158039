//! Whether two builds are the same, and what differs.

use sha2::{Digest, Sha256};

use super::build::Clone;
use crate::dist::Files;
use crate::run::say;

/// Builds twice, in two folders, and compares; `false` when something differs.
pub(crate) fn verify() -> Result<bool, String> {
    let first = Clone::of_head("first")?.build()?;
    let second = Clone::of_head("the/second/in/another/folder")?.build()?;
    let mut differ = differences(&first.contents, &second.contents);
    differ.extend(differences(&first.files, &second.files));
    for line in &differ {
        println!("{line}");
    }
    if differ.is_empty() {
        print!("{}", sums(&first.files));
        say(&format!(
            "The same bytes twice: {} files of the release, {} in its archives",
            first.files.len(),
            first.contents.len()
        ));
    }
    Ok(differ.is_empty())
}

/// As `sha256sum` writes them.
pub(super) fn sums(files: &Files) -> String {
    files.iter().map(|(path, bytes)| format!("{}  {path}\n", sum(bytes))).collect()
}

fn sum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A line for each file that is not the same in both.
fn differences(first: &Files, second: &Files) -> Vec<String> {
    let paths: std::collections::BTreeSet<&String> = first.keys().chain(second.keys()).collect();
    let line = |path: &String| match (first.get(path), second.get(path)) {
        (Some(a), Some(b)) if sum(a) == sum(b) => None,
        (Some(a), Some(b)) => {
            let at = a.iter().zip(b).position(|(a, b)| a != b).unwrap_or(a.len().min(b.len()));
            Some(format!("{path} differs: {} and {} bytes, the first that differs is at {at}", a.len(), b.len()))
        }
        (is_first, _) => {
            Some(format!("{path} is only in the {} build", if is_first.is_some() { "first" } else { "second" }))
        }
    };
    paths.into_iter().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(pairs: &[(&str, &str)]) -> Files {
        pairs.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
    }

    #[test]
    fn what_differs_is_named() {
        let first = files(&[("a", "same"), ("b", "one"), ("c", "x"), ("e", "long")]);
        let second = files(&[("a", "same"), ("b", "own"), ("d", "x"), ("e", "longer")]);
        let lines = differences(&first, &second);
        assert_eq!(
            lines,
            [
                "b differs: 3 and 3 bytes, the first that differs is at 1",
                "c is only in the first build",
                "d is only in the second build",
                "e differs: 4 and 6 bytes, the first that differs is at 4",
            ]
        );
        assert!(differences(&first, &first).is_empty());
    }

    #[test]
    fn sums_are_as_sha256sum_checks_them() {
        let text = sums(&files(&[("abc.txt", "abc")]));
        assert_eq!(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  abc.txt\n");
    }
}
