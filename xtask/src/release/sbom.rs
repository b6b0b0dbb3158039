//! What an archive is made of, for programs: CycloneDX 1.5.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::linked::{Id, Linked, Package};

/// The list for what is called `name` and built of `linked`, and of the standard library of a compiler of that version. `time` is
/// that of the commit.
pub(super) fn sbom(
    name: &str,
    version: &str,
    time: &str,
    compiler: &str,
    linked: &Linked,
    packages: &BTreeMap<Id, Package>,
) -> Result<String, String> {
    let std = format!("pkg:generic/rust-std@{compiler}");
    let mut components = vec![json!({
        "type": "library", "bom-ref": std, "name": "std", "version": compiler, "purl": std,
        "description": "Rust's standard library",
        "licenses": [{ "expression": "MIT OR Apache-2.0" }],
    })];
    let mut dependencies = Vec::new();
    for (id, links) in linked {
        let package = packages.get(id).ok_or_else(|| format!("{} {} says no licence.", id.0, id.1))?;
        let mut component = json!({
            "type": "library", "bom-ref": purl(id), "name": id.0, "version": id.1, "purl": purl(id),
            "licenses": [{ "expression": package.licence }],
        });
        if let (Some(checksum), Some(fields)) = (&package.checksum, component.as_object_mut()) {
            fields.insert("hashes".to_owned(), json!([{ "alg": "SHA-256", "content": checksum }]));
        }
        components.push(component);
        let links: Vec<String> = links.iter().map(purl).chain([std.clone()]).collect();
        dependencies.push(json!({ "ref": purl(id), "dependsOn": links }));
    }
    let list: Value = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": time,
            "component": { "type": "application", "bom-ref": name, "name": name, "version": version },
        },
        "components": components,
        "dependencies": dependencies,
    });
    Ok(format!("{list:#}\n"))
}

/// Package URL, type cargo.
fn purl((name, version): &Id) -> String {
    format!("pkg:cargo/{name}@{}", version.replace('+', "%2B"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_list_names_what_is_linked_and_where_it_is_from() {
        let (ours, theirs) = (("ours".to_owned(), "0.1.0".to_owned()), ("b".to_owned(), "2.0.0+x".to_owned()));
        let package = |checksum: Option<&str>| Package {
            licence: "MIT".to_owned(),
            authors: Vec::new(),
            folder: std::path::PathBuf::new(),
            checksum: checksum.map(str::to_owned),
        };
        let linked =
            Linked::from([(ours.clone(), BTreeSet::from([theirs.clone()])), (theirs.clone(), BTreeSet::new())]);
        let packages = BTreeMap::from([(ours, package(None)), (theirs.clone(), package(Some("ff")))]);
        let text = sbom("x", "0.1.0", "2026-11-28T00:00:00Z", "1.95.0", &linked, &packages).unwrap();
        let list: Value = serde_json::from_str(&text).unwrap();
        let names: Vec<&str> =
            list["components"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["std", "b", "ours"]);
        assert_eq!(list["components"][1]["purl"], "pkg:cargo/b@2.0.0%2Bx");
        assert_eq!(list["components"][1]["hashes"][0]["content"], "ff");
        assert_eq!(list["dependencies"][1]["dependsOn"][0], "pkg:cargo/b@2.0.0%2Bx");
        assert!(sbom("x", "0.1.0", "", "", &linked, &BTreeMap::new()).is_err());
    }
}
