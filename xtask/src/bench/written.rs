//! The page of figures: what was measured is put between its marks, and what stands around them is somebody's text.

use std::collections::BTreeMap;

/// `<!-- measured: heap/costs -->`, and after the table `<!-- end -->`.
const BEGIN: &str = "<!-- measured: ";
const BEGIN_ENDS: &str = " -->\n";
const END: &str = "<!-- end -->";

/// The page with these tables in their places; all else stays as it is.
///
/// # Errors
/// When a table has no place, or a place has no end: nothing that was measured is left out in silence.
pub(super) fn rewritten(page: &str, tables: &BTreeMap<String, String>) -> Result<String, String> {
    let mut written: Vec<&str> = Vec::new();
    let (mut text, mut rest) = (String::new(), page);
    while let Some((before, after)) = rest.split_once(BEGIN) {
        let (name, after) = after.split_once(BEGIN_ENDS).ok_or("A place for figures has no name.")?;
        let (old, after) = after.split_once(END).ok_or_else(|| format!("The figures of {name} have no end."))?;
        if old.contains(BEGIN) {
            return Err(format!("The figures of {name} have no end."));
        }
        let new = tables.get_key_value(name);
        text.push_str(&format!("{before}{BEGIN}{name}{BEGIN_ENDS}{}{END}", new.map_or(old, |(_, table)| table)));
        written.extend(new.map(|(name, _)| name.as_str()));
        rest = after;
    }
    text.push_str(rest);
    match tables.keys().find(|name| written.iter().filter(|known| known == name).count() != 1) {
        None => Ok(text),
        Some(name) => Err(format!("The page must have one place for {name}: {BEGIN}{name} --> and below it {END}.")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const PAGE: &str = "# Figures\n\nText.\n\n<!-- measured: heap/costs -->\nold\n<!-- end -->\n\nMore.\n\n<!-- measured: heap/page -->\n<!-- end -->\n";

    fn tables(names: &[&str]) -> BTreeMap<String, String> {
        names.iter().map(|name| ((*name).to_owned(), format!("| {name} |\n"))).collect()
    }

    #[test]
    fn tables_change_and_text_stays() {
        let written = rewritten(PAGE, &tables(&["heap/costs"])).unwrap();
        assert_eq!(written, PAGE.replace("old\n", "| heap/costs |\n"));
        let both = tables(&["heap/costs", "heap/page"]);
        let twice = rewritten(&rewritten(&written, &both).unwrap(), &both).unwrap();
        assert_eq!(twice, rewritten(PAGE, &both).unwrap());
        assert!(twice.contains("\n\nMore.\n\n") && twice.contains("| heap/page |\n<!-- end -->\n"));
    }

    #[test]
    fn a_table_without_a_place_is_refused() {
        assert!(rewritten(PAGE, &tables(&["heap/other"])).unwrap_err().contains("heap/other"));
        assert!(rewritten(&format!("{PAGE}{PAGE}"), &tables(&["heap/page"])).is_err());
        let endless = PAGE.replacen("<!-- end -->", "", 1);
        assert!(rewritten(&endless, &tables(&["heap/page"])).is_err());
    }

    #[test]
    fn the_page_has_a_place_for_each_part() {
        let page = std::fs::read_to_string(crate::run::root().join(super::super::PAGE)).unwrap();
        rewritten(&page, &BTreeMap::new()).unwrap();
        for (part, _) in super::super::PARTS {
            assert!(page.contains(&format!("{BEGIN}{part}/")), "{part}");
        }
    }
}
