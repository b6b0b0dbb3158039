//! Lines of a stack: a call, where it is, who created the goroutine (runtime/traceback.go).

/// `main.(*T).f(0x1, {0x2, 0x3}, ...)`: its function, and its first argument where it is an address.
pub(in crate::formats) fn call(line: &str) -> Option<(&str, Option<u64>)> {
    let inside = line.strip_suffix(')')?;
    // The parenthesis that the last one closes: names hold some of their own.
    let mut depth = 1;
    let open = inside.char_indices().rev().find_map(|(at, c)| {
        match c {
            ')' => depth += 1,
            '(' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at)
    })?;
    let (name, arguments) = (inside.get(..open)?, inside.get(open + 1..)?);
    let is_name = name == "panic" || name.contains('.') && !name.ends_with('.');
    let begins_well = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let first = arguments.split([',', '}', ')']).next().unwrap_or("").trim_end_matches('?');
    let first = crate::formats::named_stack::hex(first).filter(|&address| address > 0xffff);
    (is_name && begins_well && !name.contains(char::is_whitespace)).then_some((name, first))
}

/// `\t/path/file.go:12 +0x1d`, perhaps with registers behind it.
pub(in crate::formats) fn place(line: &str) -> Option<(&str, i64)> {
    let line = line.strip_prefix(['\t', ' '])?.trim();
    let end = [" +0x", " fp=0x", " pc=0x"].iter().filter_map(|mark| line.find(mark)).min().unwrap_or(line.len());
    crate::formats::text::file_and_line(line.get(..end)?.trim_end())
}

/// `created by F in goroutine N`, or `created by F` up to Go 1.20.
pub(super) fn created_by(line: &str) -> Option<(&str, Option<u64>)> {
    let rest = line.strip_prefix("created by ")?;
    match rest.rsplit_once(" in goroutine ") {
        Some((function, number)) => Some((function, number.trim().parse().ok())),
        None => Some((rest.trim_end(), None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_told_from_lines_of_a_log() {
        assert_eq!(
            call("main.(*ChanPool).Put(0x8fd988, {0x8b1350?, 0x1?}, 0x2)"),
            Some(("main.(*ChanPool).Put", Some(0x8fd988)))
        );
        assert_eq!(call("main.(*T[...]).f(...)"), Some(("main.(*T[...]).f", None)));
        assert_eq!(call("main.main.func1({0x4a2b20?, 0x4e9a08})"), Some(("main.main.func1", None)));
        assert_eq!(call("panic({0x4a2b20?, 0x4e9a08?})"), Some(("panic", None)));
        for other in
            ["gc 5 @0.9s: 1 MB goal, 2 P (forced)", "2024/05/01 all is (very) well (really)", "f(x)", "x.y", "a.b c(d)"]
        {
            assert_eq!(call(other), None, "{other}");
        }
    }

    #[test]
    fn places_are_read_with_what_stands_behind_them() {
        assert_eq!(place("\t/a b/m.go:28 +0x25 fp=0x1 sp=0x2 pc=0x3"), Some(("/a b/m.go", 28)));
        assert_eq!(place("\tC:/x/m.go:7"), Some(("C:/x/m.go", 7)));
        assert_eq!(place("    /go/sema.go:114 +0x2e"), Some(("/go/sema.go", 114)));
        assert_eq!(place("\tgoroutine running on other thread; stack unavailable"), None);
        assert_eq!(place("/a/m.go:28"), None);
        assert_eq!(created_by("created by main.main in goroutine 1"), Some(("main.main", Some(1))));
        assert_eq!(created_by("created by main.main"), Some(("main.main", None)));
    }
}
