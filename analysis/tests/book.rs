//! The chapter on findings says what the rules say: each rule has its section with its title and needs, each threshold its
//! line with its default and reason, and there is no section or line of anything else. The chapter on the library compiles.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;

use analysis::findings::{Thresholds, all_rules};

const CHAPTER: &str = include_str!("../../docs/findings.md");

/// Sections by name.
fn sections() -> Vec<(&'static str, &'static str)> {
    CHAPTER.split("\n### `").skip(1).map(|section| section.split_once("`\n").unwrap()).collect()
}

#[test]
fn each_rule_has_its_section() {
    let sections = sections();
    for rule in all_rules() {
        let (_, text) =
            sections.iter().find(|(name, _)| *name == rule.name()).unwrap_or_else(|| panic!("{}", rule.name()));
        let head = format!("\n*{}.* Needs {}.\n", rule.title(), rule.needs());
        assert!(text.starts_with(&head), "{}: {head}", rule.name());
        for part in ["- **Says**: ", "- **Level**: ", "- **Wrong when**: ", "- **Fix**: "] {
            assert!(text.contains(part), "{} lacks {part}", rule.name());
        }
    }
}

#[test]
fn each_section_is_of_a_rule() {
    let rules: BTreeSet<&str> = all_rules().iter().map(|rule| rule.name()).collect();
    let named: Vec<&str> = sections().iter().map(|(name, _)| *name).collect();
    assert_eq!(named.iter().copied().collect::<BTreeSet<_>>(), rules);
    assert_eq!(named.len(), rules.len(), "a rule has two sections");
}

#[test]
fn each_threshold_is_said_once_as_it_is() {
    let mut lines: Vec<&str> = CHAPTER.lines().filter(|line| line.starts_with("| `")).collect();
    for line in Thresholds::default().all() {
        let row = format!("| `{}` | {} | {} |", line.name, line.default, line.reason);
        let said = lines.iter().position(|line| *line == row).unwrap_or_else(|| panic!("not in the chapter: {row}"));
        lines.remove(said);
    }
    assert!(lines.is_empty(), "of no threshold: {lines:?}");
}

#[test]
fn the_example_of_the_chapter_on_the_library_is_the_one_that_compiles() {
    let (_, example) = include_str!("../examples/findings.rs").split_once("print_stdout)]\n\n").unwrap();
    assert!(include_str!("../../docs/library.md").contains(&format!("```rust\n{example}```")));
}
