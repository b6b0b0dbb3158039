//! Text as Markdown takes it (CommonMark, and what trackers add: mentions, references, tables, mathematics).

/// Text that stands for itself in a line: no markup, no link, nobody notified.
pub fn words(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let letters: Vec<char> = text.chars().map(plain).collect();
    for (at, &letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| letters.get(before)).copied();
        let after = letters.get(at + 1).copied();
        let is_inside = before.is_some_and(char::is_alphanumeric) && after.is_some_and(char::is_alphanumeric);
        let is_markup = match letter {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '|' | '~' | '$' | '&' => true,
            '_' => !is_inside,
            // Only where a line begins are these heads, rules and lists.
            '#' | '-' | '+' | '=' => at == 0,
            '.' | ')' => letters.get(..at).is_some_and(|all| !all.is_empty() && all.iter().all(char::is_ascii_digit)),
            _ => false,
        };
        if is_markup {
            out.push('\\');
        }
        out.push(letter);
        // A space of no width keeps trackers from notifying people, and from making links of names.
        let is_reference = match letter {
            '@' => true,
            '#' => after.is_some_and(|after| after.is_ascii_digit()),
            ':' => after == Some('/'),
            'w' | 'W' => after == Some('.') && out.to_ascii_lowercase().ends_with("www"),
            '-' => out.to_ascii_uppercase().ends_with("GH-"),
            _ => false,
        };
        if is_reference {
            out.push('\u{200b}');
        }
    }
    out
}

/// Text as code in a line.
pub(super) fn code(text: &str) -> String {
    let text: String = text.chars().map(plain).map(|letter| if letter == '`' { '\'' } else { letter }).collect();
    format!("`{text}`")
}

/// Lines as a block of code that none of them can end.
pub(super) fn fenced(language: &str, lines: impl Iterator<Item = String>) -> String {
    let lines: Vec<String> = lines.map(|line| line.chars().map(plain).collect()).collect();
    let longest = lines.iter().flat_map(|line| line.split(|letter| letter != '`')).map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(3.max(longest + 1));
    format!("{fence}{language}\n{}\n{fence}", lines.join("\n"))
}

/// No line ends and none of the signs that turn the direction of writing.
fn plain(letter: char) -> char {
    let is_turn = matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}');
    if letter.is_control() || is_turn { ' ' } else { letter }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words() {
        assert_eq!(words("main.(*T).do_it"), "main.(\\*T).do_it");
        assert_eq!(words("<img src=x onerror=alert(1)>"), "\\<img src=x onerror=alert(1)\\>");
        assert_eq!(words("[a](javascript:alert)"), "\\[a\\](javascript:alert)");
        assert_eq!(words("@everyone #12 GH-3"), "@\u{200b}everyone #\u{200b}12 GH-\u{200b}3");
        assert_eq!(words("http://x www.y"), "http:\u{200b}//x www\u{200b}.y");
        assert_eq!(words("a\n# b\u{202e}"), "a # b ");
        assert_eq!((words("# a"), words("1. a"), words("_a_")), ("\\# a".into(), "1\\. a".into(), "\\_a\\_".into()));
        assert_eq!(code("a`b`\nc"), "`a'b' c`");
    }

    #[test]
    fn no_line_ends_its_block() {
        let block = fenced("", ["````".to_owned(), "a\n```\n<b>".to_owned()].into_iter());
        assert_eq!(block, "`````\n````\na ``` <b>\n`````");
    }
}
