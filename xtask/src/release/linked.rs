//! Which packages are in what ships: those that are linked into it, with the features that it asks for. What only builds, or runs
//! in the compiler, ships with nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;

use super::build::Clone;

/// Name and version.
pub(super) type Id = (String, String);

/// What is known of a package.
pub(super) struct Package {
    /// As SPDX has it.
    pub(super) licence: String,
    pub(super) authors: Vec<String>,
    /// Its source.
    pub(super) folder: PathBuf,
    /// SHA-256 of what the registry has; `None` is a package of ours.
    pub(super) checksum: Option<String>,
}

/// Packages, each with those it links.
pub(super) type Linked = BTreeMap<Id, BTreeSet<Id>>;

/// What is linked into a package, itself included.
pub(super) fn linked(clone: &Clone, package: &str, target: &str) -> Result<Linked, String> {
    let mut tree = clone.command("cargo");
    tree.args(["tree", "--locked", "--package", package, "--target", target]);
    tree.args(["--edges", "normal,no-proc-macro", "--prefix", "depth", "--format", "{p}"]);
    parse(&super::build::printed(&mut tree)?)
}

/// What either links.
pub(super) fn merge(linked: &mut Linked, more: Linked) {
    for (id, links) in more {
        linked.entry(id).or_default().extend(links);
    }
}

/// Lines such as `2serde_json v1.0.154 (*)`: depth, name, version, and words about where it is or that it stands above.
fn parse(tree: &str) -> Result<Linked, String> {
    let mut linked = Linked::new();
    let mut callers: Vec<Id> = Vec::new();
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let failed = || format!("cargo tree has a line that is not known here: {line}");
        let name_at = line.find(|c: char| !c.is_ascii_digit()).ok_or_else(failed)?;
        let (depth, rest) = line.split_at(name_at);
        let depth: usize = depth.parse().map_err(|_| failed())?;
        let mut words = rest.split(' ');
        let version = |word: &str| Some(word.strip_prefix('v')?.to_owned());
        let id = words.next().zip(words.next().and_then(version)).ok_or_else(failed)?;
        let id = (id.0.to_owned(), id.1);
        callers.truncate(depth);
        if let Some(caller) = callers.last() {
            linked.entry(caller.clone()).or_default().insert(id.clone());
        }
        linked.entry(id.clone()).or_default();
        callers.push(id);
    }
    Ok(linked)
}

/// Every package that the lock names.
pub(super) fn packages(clone: &Clone) -> Result<BTreeMap<Id, Package>, String> {
    let mut metadata = clone.command("cargo");
    metadata.args(["metadata", "--locked", "--format-version", "1"]);
    let metadata: Value = serde_json::from_str(&super::build::printed(&mut metadata)?)
        .map_err(|error| format!("cargo metadata cannot be read: {error}."))?;
    let lock = clone.read_text("Cargo.lock")?;
    let checksums = checksums(&lock);
    let packages = metadata.get("packages").and_then(Value::as_array).ok_or("cargo metadata names no packages.")?;
    let package = |package: &Value| {
        let text = |key: &str| package.get(key).and_then(Value::as_str).map(str::to_owned);
        let id = (text("name")?, text("version")?);
        let authors = package.get("authors")?.as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let folder = PathBuf::from(text("manifest_path")?).parent()?.to_owned();
        // The slash is how it was written once.
        let licence = text("license")?.replace('/', " OR ");
        let checksum = checksums.get(&id).cloned();
        Some((id, Package { licence, authors, folder, checksum }))
    };
    // A package that says no licence is missed below, if it ships.
    Ok(packages.iter().filter_map(package).collect())
}

fn checksums(lock: &str) -> BTreeMap<Id, String> {
    let of = |package: &str| {
        let field = |name: &str| {
            package.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \"")?.strip_suffix('"'))
        };
        Some(((field("name")?.to_owned(), field("version")?.to_owned()), field("checksum")?.to_owned()))
    };
    lock.split("[[package]]").filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn id(name: &str, version: &str) -> Id {
        (name.to_owned(), version.to_owned())
    }

    #[test]
    fn a_tree_says_who_links_whom() {
        let linked = parse("0a v1.0.0 (/x/a)\n1b v2.0.0+spec-1\n2c v3.0.0\n1c v3.0.0 (*)\n").unwrap();
        let (a, b, c) = (id("a", "1.0.0"), id("b", "2.0.0+spec-1"), id("c", "3.0.0"));
        assert_eq!(linked[&a], BTreeSet::from([b.clone(), c.clone()]));
        assert_eq!(linked[&b], BTreeSet::from([c.clone()]));
        assert!(linked[&c].is_empty() && linked.len() == 3);
        assert!(parse("a v1.0.0").is_err() && parse("0a").is_err());
    }

    #[test]
    fn the_lock_has_checksums_of_what_is_not_ours() {
        let lock = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nchecksum = \"ff\"\n\n[[package]]\nname = \"ours\"\nversion = \"0.1.0\"\n";
        assert_eq!(checksums(lock), BTreeMap::from([(id("a", "1.0.0"), "ff".to_owned())]));
    }
}
