//! The licences of everything that ships, as one text: each text once, under whose it is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use super::linked::{Id, Package};

/// How the names of files begin that hold a licence, or what it asks to be kept.
const BEGINNINGS: [&str; 6] = ["license", "licence", "copying", "notice", "unlicense", "copyright"];
/// The text that packages mean which say MIT and bring none; ours, without whose it is.
const MIT: &str = include_str!("../../../LICENSE-MIT");

/// Texts of these packages, and of `more` that is shipped beside them.
///
/// # Errors
/// When a package says no licence, or one whose text it does not bring.
pub(super) fn licences(
    ids: &BTreeSet<Id>,
    packages: &BTreeMap<Id, Package>,
    more: &[(&str, String)],
) -> Result<String, String> {
    let mut owners: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut text = String::from("What Poolscope's page and command are made of, and under which licences.\n\n");
    for id in ids {
        let (name, version) = id;
        let package = packages.get(id).ok_or_else(|| format!("{name} {version} says no licence."))?;
        text.push_str(&format!("{name} {version}: {}\n", package.licence));
        for found in texts(package).map_err(|error| format!("{name}: {error}."))? {
            owners.entry(found).or_default().insert(format!("{name} {version}"));
        }
    }
    for (name, found) in more {
        text.push_str(&format!("{name}\n"));
        owners.entry(found.clone()).or_default().insert((*name).to_owned());
    }
    for (licence, owners) in &owners {
        let owners: Vec<&str> = owners.iter().map(String::as_str).collect();
        text.push_str(&format!("\n{}\n{}\n\n{licence}\n", "=".repeat(80), owners.join(", ")));
    }
    Ok(text)
}

/// What a package brings; in the place of a text that is missing, that of MIT under its authors.
fn texts(package: &Package) -> Result<BTreeSet<String>, String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(&package.folder).map_err(|error| error.to_string())? {
        let path = entry.map_err(|error| error.to_string())?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        if path.is_file() && BEGINNINGS.iter().any(|begin| name.starts_with(begin)) {
            let text = fs::read(&path).map_err(|error| error.to_string())?;
            found.insert(String::from_utf8_lossy(&text).replace("\r\n", "\n").trim().to_owned());
        }
    }
    if found.is_empty() {
        if !package.licence.split(" OR ").any(|one| one == "MIT") {
            return Err(format!("it is under {}, and brings no text of that", package.licence));
        }
        let whose = if package.authors.is_empty() { "its authors".to_owned() } else { package.authors.join(", ") };
        found.insert(MIT.replace("2026 The Poolscope authors", &whose).trim().to_owned());
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn each_text_stands_once_under_whose_it_is() {
        let folder = std::env::temp_dir().join(format!("poolscope-licences-{}", std::process::id()));
        let package = |name: &str, licence: &str, text: Option<&str>| {
            let folder = folder.join(name);
            fs::create_dir_all(&folder).unwrap();
            if let Some(text) = text {
                fs::write(folder.join("LICENSE-MIT"), text).unwrap();
            }
            let (licence, authors) = (licence.to_owned(), vec!["Ada".to_owned()]);
            ((name.to_owned(), "1.0.0".to_owned()), Package { licence, authors, folder, checksum: None })
        };
        let packages = BTreeMap::from([
            package("a", "MIT OR Apache-2.0", Some("May be used.\r\n")),
            package("b", "MIT", Some("May be used.\n")),
            package("c", "MIT", None),
            package("d", "Zlib", None),
        ]);
        let ids = |names: &str| names.chars().map(|name| (name.to_string(), "1.0.0".to_owned())).collect();
        let text = licences(&ids("abc"), &packages, &[("std", "Rust's.".to_owned())]).unwrap();
        assert!(text.contains("\na 1.0.0, b 1.0.0\n\nMay be used.\n"), "{text}");
        assert!(text.contains("\nc 1.0.0\n\nMIT License\n\nCopyright (c) Ada\n"), "{text}");
        assert!(text.contains("\nstd\n\nRust's.\n"), "{text}");
        assert!(licences(&ids("ad"), &packages, &[]).unwrap_err().contains("Zlib"));
        assert!(licences(&ids("e"), &packages, &[]).is_err());
        fs::remove_dir_all(&folder).unwrap();
    }
}
